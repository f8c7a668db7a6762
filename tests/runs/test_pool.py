"""Whatever happens to workers, each sample has its outputs or a named failure."""

import json
import os
import pickle
import socket
import subprocess
import sys
import time
from multiprocessing.connection import Connection

import numpy as np
import pytest
import run_functions

from nsc.errors import OracleError
from nsc.runs import Plan, RowByRow, Runner, spelled
from nsc.runs.worker import BOOT

X = np.linspace(0, 1, 21)[:, None]  # 0.5 is in it
DEAR_S = 0.2  # what runners take a run for, so that they start processes


class Failed(OracleError):
    """What failed, for tests."""

    def __init__(self, x, failed):
        super().__init__("failed")
        self.failed = {float(x[k, 0]): why for k, why in failed.items()}


def runner(function, **options):
    executable = RowByRow(function, 1, call_limit=0.5)
    options = {"workers": 2, "seconds": DEAR_S, **options}
    return Runner(executable, Failed, **options)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_bits_do_not_hang_on_the_workers(workers):
    x = np.random.default_rng(0).uniform(size=(40, 1))
    found = runner(run_functions.square, workers=workers)(x)
    assert found.tobytes() == (x**2).tobytes()


def test_workers_are_used_where_it_takes_long_and_only_there():
    told = []
    alone = runner(lambda row: row[0], seconds=1e-6)  # cannot be pickled
    assert (alone(X) == X).all()
    both = runner(
        run_functions.slow_square, progress=lambda what, _: told.append(what)
    )
    both(X)
    assert "21 of 21 runs" in told[-1] and told[-1].endswith("left")


def test_a_worker_that_dies_costs_its_sample():
    with pytest.raises(Failed) as caught:
        runner(run_functions.dies)(X)
    assert caught.value.failed == {0.5: ("worker_died", "signal 9")}


def test_a_worker_that_dies_once_costs_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("NSC_TEST_DIED", str(tmp_path / "died"))
    assert (runner(run_functions.dies_once)(X) == X**2).all()
    assert (tmp_path / "died").exists()


@pytest.mark.slow
def test_a_worker_that_hangs_costs_its_sample():
    started = time.monotonic()
    with pytest.raises(Failed) as caught:
        runner(run_functions.hangs)(X)
    assert caught.value.failed == {0.5: ("out_of_time", "")}
    assert time.monotonic() - started < 50


def test_what_a_function_raises_costs_its_sample():
    with pytest.raises(Failed) as caught:
        runner(run_functions.raises)(X)
    [(where, why)] = caught.value.failed.items()
    assert where == 0.5
    assert why == ("raised", "ZeroDivisionError: float division by zero")


def test_equal_inputs_run_once(tmp_path, monkeypatch):
    calls = tmp_path / "calls"
    monkeypatch.setenv("NSC_TEST_CALLS", str(calls))
    x = np.tile([[0.25], [0.75]], (10, 1))
    assert (runner(run_functions.counted)(x) == x**2).all()
    assert sorted(calls.read_text().split()) == ["0.25", "0.75"]


def test_no_worker_outlives_the_pool(tmp_path):
    before = set(os.listdir("/proc")) if os.path.isdir("/proc") else set()
    runner(run_functions.slow_square)(X)
    left = [
        pid
        for pid in set(os.listdir("/proc")) - before
        if pid.isdigit() and _is_worker_of_ours(pid)
    ]
    assert left == []


def _is_worker_of_ours(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            parent = file.read().rsplit(")", 1)[1].split()[1]
    except OSError:
        return False
    return int(parent) == os.getpid()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3e-6, "3 us"),
        (0.0014, "1.4 ms"),
        (35, "35 s"),
        (600, "10 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_seconds_are_spelled(seconds, said):
    assert spelled(seconds) == said


def test_a_plan_is_a_sentence():
    plan = Plan((("training", 1024), ("verification", 512)), 0.0014, 2)
    assert plan.sentence() == (
        "1,024 + 512 runs (training + verification), of about 1.4 ms on 2 cores:"
        " 1.08 s"
    )
    more = Plan(plan.runs, 1.0, 2, beside=90, beside_what="coarser programs")
    assert more.sentence().endswith("; coarser programs take up to 45 s more")
    kept = Plan(plan.runs, 0.0014, 1, kept=536)
    assert "536 of them kept from before" in kept.sentence()
    assert kept.left == 1000


@pytest.mark.parametrize("is_read", [True, False])
def test_a_worker_ends_when_nobody_listens_any_more(is_read):
    ours, theirs = socket.socketpair()
    words = [sys.executable, "-c", BOOT, json.dumps(sys.path)]
    process = subprocess.Popen(
        [*words, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stderr=subprocess.DEVNULL,
    )
    theirs.close()
    connection = Connection(ours.detach())
    connection.send_bytes(pickle.dumps(len))
    assert connection.recv() is None
    connection.send([1, 2, 3])
    assert connection.poll(30)
    if is_read:
        assert connection.recv() == 3
    connection.close()
    assert process.wait(30) == 0
