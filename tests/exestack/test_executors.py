"""Who does the work: processes and Ray give the same bits, whoever of them dies."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from nsc.errors import InputError
from nsc.exestack import build_dataset
from nsc.exestack.dataset import executors
from nsc.exestack.dataset.executors import (
    MAX_DEATHS,
    WorkersDied,
    on_processes,
    on_ray,
)
from nsc.host import exclusive


def doubled(item: int) -> int:
    return 2 * item


def dies_once(item: tuple[int, str]) -> int:
    """Kill the worker that gets item 3 first."""
    k, marker = item
    if k == 3 and not os.path.exists(marker):
        open(marker, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * k


def dies(item: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)


def test_all_items_are_worked_on():
    assert sorted(on_processes(doubled, range(40), 2)) == [
        2 * k for k in range(40)
    ]


def test_a_killed_process_costs_nothing(tmp_path):
    items = [(k, str(tmp_path / "died")) for k in range(12)]
    assert sorted(on_processes(dies_once, items, 2)) == [
        2 * k for k in range(12)
    ]
    assert (tmp_path / "died").exists()


def test_an_item_that_a_broken_pool_refuses_is_not_lost(monkeypatch):
    submit, refused = executors.ProcessPoolExecutor.submit, []

    def refuses_once(pool, work, *item):
        if item == (5,) and not refused:
            refused.append(5)
            raise BrokenProcessPool
        return submit(pool, work, *item)

    monkeypatch.setattr(executors.ProcessPoolExecutor, "submit", refuses_once)
    assert sorted(on_processes(doubled, range(12), 2)) == [
        2 * k for k in range(12)
    ] and refused == [5]


def fails_on_seven(item: int) -> int:
    if item == 7:
        raise ValueError("seven")
    return item


def test_what_the_work_raises_ends_the_run():
    with pytest.raises(ValueError, match="seven"):
        list(on_processes(fails_on_seven, range(12), 2))


def test_nothing_to_do_is_done_at_once():
    assert list(on_processes(doubled, [], 2)) == []


def test_items_are_taken_as_workers_become_free():
    """A source of a million files is not read into memory first."""
    taken = []

    def items():
        for k in range(1000):
            taken.append(k)
            yield k

    results = on_processes(doubled, items(), 2)
    assert next(results) in (0, 2, 4, 6, 8, 10)
    assert len(taken) <= 2 * executors.WAITING_PER_WORKER + 1
    results.close()


def test_every_result_is_given_once_whoever_dies(tmp_path):
    """Two workers die, at different items, and their items are tried again."""
    first = [(k, str(tmp_path / "first")) for k in range(8)]
    second = [(k, str(tmp_path / "second")) for k in range(8)]
    done = list(on_processes(dies_once, first + second, 2))
    assert sorted(done) == sorted(2 * [2 * k for k in range(8)])
    assert (tmp_path / "first").exists() and (tmp_path / "second").exists()


def test_workers_that_always_die_end_the_run():
    with pytest.raises(
        WorkersDied,
        match=f"died {MAX_DEATHS} times with nothing done in between",
    ):
        list(on_processes(dies, [1], 1))


@pytest.mark.slow
def test_a_build_killed_anywhere_goes_on(many, digests, tmp_path):
    build_dataset([f"tree:{many}"], tmp_path / "whole")
    command = [
        sys.executable,
        "-m",
        "nsc",
        "data",
        "build",
        f"tree:{many}",
        "-o",
        str(tmp_path / "killed"),
        "--workers",
        "1",
    ]
    r = random.Random(7)
    for _ in range(3):
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(r.uniform(0.6, 3.0))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    manifest = build_dataset([f"tree:{many}"], tmp_path / "killed")
    assert manifest["records"] == 200 and digests(
        tmp_path / "killed"
    ) == digests(tmp_path / "whole")
    assert not [p for p in (tmp_path / "killed").rglob(".*") if p.is_file()]


def running(group: int) -> list[str]:
    """The processes of a group that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _, _, fields = stat.read_text().rpartition(") ")
            state, _, its_group = fields.split()[:3]
            found += (
                [stat.parent.name]
                if int(its_group) == group and state not in "ZX"
                else []
            )
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_workers_end_with_a_build_that_is_killed(many, tmp_path):
    command = [
        sys.executable,
        "-m",
        "nsc",
        "data",
        "build",
        f"tree:{many}",
        "-o",
        str(tmp_path / "out"),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # itself, the fork server, a worker
    while len(running(process.pid)) < 3 and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(200):
        if not running(process.pid):
            return
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    pytest.fail("workers go on without the build that asked for them")


def test_unknown_executor(many, digests, tmp_path):
    with pytest.raises(
        InputError, match="unknown executor 'spark'; known are process, ray"
    ):
        build_dataset([f"tree:{many}"], tmp_path / "out", executor="spark")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ray_gives_the_same_bits_though_a_worker_is_killed(
    many, digests, tmp_path
):
    ray = pytest.importorskip("ray")
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    items = [(k, str(tmp_path / "died")) for k in range(12)]
    assert sorted(on_ray(dies_once, items, 2, None)) == [
        2 * k for k in range(12)
    ]
    assert (tmp_path / "died").exists()
    build_dataset([f"tree:{many}"], tmp_path / "processes", workers=2)
    manifest = build_dataset(
        [f"tree:{many}"], tmp_path / "ray", workers=2, executor="ray"
    )
    assert manifest["records"] == 200 and digests(tmp_path / "ray") == digests(
        tmp_path / "processes"
    )


def test_one_process_writes_a_folder(many, tmp_path):
    manifest = build_dataset([f"tree:{many}"], tmp_path / "out")
    with (
        exclusive(tmp_path / "out"),
        pytest.raises(
            InputError, match="another process is writing .*: wait for it"
        ),
    ):
        build_dataset([f"tree:{many}"], tmp_path / "out")
    assert (
        build_dataset([f"tree:{many}"], tmp_path / "out")["records"]
        == manifest["records"]
    )
