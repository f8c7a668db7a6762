"""Training: torch and numpy are one function, runs resume bit by bit."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.needs("torch")

from nsc.app import main  # noqa: E402
from nsc.compnet import load_compnet  # noqa: E402
from nsc.compnet.config import ModelConfig  # noqa: E402
from nsc.compnet.training import TrainConfig  # noqa: E402
from nsc.errors import InputError, StoreError  # noqa: E402
from nsc.exestack import write_synthetic  # noqa: E402

SMALL = TrainConfig(
    ModelConfig(16, 24, 16, 8, 8, 32),
    steps=24,
    batch=16,
    warmup_steps=4,
    checkpoint_every=8,
    programs=150,
    workers=1,
)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """One shard of grown programs is made in this process, and small."""
    import nsc.compnet.training.corpus as corpus

    monkeypatch.setattr(corpus, "SHARD", 150)
    monkeypatch.setattr(
        corpus,
        "ProcessPoolExecutor",
        lambda *args, **kwargs: ThreadPoolExecutor(1),
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    write_synthetic(folder, programs=120, seed=5, shard_size=60)
    return folder


def arrays_of(path):
    return load_compnet(path).arrays


def test_training_learns_and_resumes_bit_by_bit(data, tmp_path, interrupt):
    from nsc.compnet.training import train_compnet

    rows = []
    whole = train_compnet(
        data, tmp_path / "whole", SMALL, progress=rows.append
    )
    rows = [row for row in rows if "step" in row]
    assert [r["step"] for r in rows] == [8, 16, 24]
    assert rows[-1]["roots"] < rows[0]["roots"]

    for _ in range(2):
        interrupt(train_compnet, data, tmp_path / "parts", SMALL)
    parts = train_compnet(data, tmp_path / "parts", SMALL)
    for name, array in arrays_of(whole).items():
        np.testing.assert_array_equal(
            array, arrays_of(parts)[name], err_msg=name
        )
    assert load_compnet(parts).metadata["steps"] == 24


@pytest.mark.slow
def test_processes_share_batches_and_lose_the_same(data, tmp_path):
    from nsc.compnet.training import train_compnet

    alone, shared = [], []
    one = train_compnet(data, tmp_path / "one", SMALL, progress=alone.append)
    two = train_compnet(
        data,
        tmp_path / "two",
        replace(SMALL, processes=2),
        progress=shared.append,
    )
    for a, b in zip(alone, shared, strict=True):
        if "grown" in a:
            continue
        for name in ("nodes", "roots", "surrogates", "errors"):
            assert a[name] == pytest.approx(b[name], abs=2e-4), name
    for name, array in arrays_of(one).items():
        np.testing.assert_allclose(
            array, arrays_of(two)[name], atol=1e-4, err_msg=name
        )
    with pytest.raises(
        InputError,
        match="^processes must be at most the 16 programs of a batch",
    ):
        replace(SMALL, processes=17)


def losses_of(data, folder, config):
    from nsc.compnet.training import train_compnet

    rows = []
    train_compnet(data, folder, config, progress=rows.append)
    return np.array(
        [
            [row[name] for name in ("nodes", "roots", "surrogates")]
            for row in rows
            if "step" in row
        ]
    )


def test_matrices_in_bfloat16_lose_nearly_the_same(data, tmp_path):
    first = replace(SMALL, steps=6, checkpoint_every=3)
    single = losses_of(data, tmp_path / "single", first)
    half = losses_of(data, tmp_path / "half", replace(first, bf16=True))
    np.testing.assert_allclose(half, single, atol=0.05)
    assert not np.array_equal(half, single)


@pytest.mark.needs("cuda")
def test_a_gpu_loses_the_same_and_takes_a_run_over(data, tmp_path):
    first = replace(SMALL, steps=4, checkpoint_every=1)
    here, there = (
        losses_of(data, tmp_path / d, replace(first, device=d))
        for d in ("cpu", "cuda")
    )
    np.testing.assert_allclose(here, there, atol=2e-3)


def test_a_run_from_before_there_were_devices_goes_on(
    data, tmp_path, interrupt
):
    import torch

    from nsc.compnet.training import train_compnet

    interrupt(train_compnet, data, tmp_path / "run", SMALL)
    path = tmp_path / "run" / "state.pt"
    state = torch.load(path, weights_only=True)
    state["config"] = {
        k: v for k, v in state["config"].items() if k not in ("device", "bf16")
    }
    torch.save(state, path)
    assert (
        load_compnet(train_compnet(data, tmp_path / "run", SMALL)).metadata[
            "steps"
        ]
        == SMALL.steps
    )


@pytest.mark.parametrize("encoder", ["dag", "bert"])
@pytest.mark.parametrize(
    ("device", "said"),
    [("tpu", "expects cpu or cuda; found 'tpu'"), ("cuda", "no such device")],
)
def test_a_device_that_is_not_there_is_told_before_anything_is_written(
    data, tmp_path, capsys, monkeypatch, encoder, device, said
):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    command = [
        "train",
        "--encoder",
        encoder,
        "--data",
        str(data),
        "-o",
        str(tmp_path / "run"),
        "--device",
        device,
    ]
    assert main(command) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_another_run_is_never_overwritten(data, tmp_path):
    from nsc.compnet.training import train_compnet

    train_compnet(data, tmp_path, SMALL)
    other = replace(SMALL, learning_rate=1e-3)
    with pytest.raises(
        InputError,
        match=(
            "holds another run .learning_rate 0.0008 there, 0.001 here.; choose another"
            " folder"
        ),
    ):
        train_compnet(data, tmp_path, other)


def test_a_damaged_state_is_refused(data, tmp_path, interrupt):
    from nsc.compnet.training import train_compnet

    interrupt(train_compnet, data, tmp_path, SMALL)
    state = tmp_path / "state.pt"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(StoreError, match="not a readable training state"):
        train_compnet(data, tmp_path, SMALL)


@pytest.mark.parametrize(
    "name", ["steps", "programs", "workers", "threads", "processes"]
)
def test_settings_that_ask_for_nothing_are_refused(
    data, tmp_path, capsys, name
):
    command = [
        "train",
        "--data",
        str(data),
        "-o",
        str(tmp_path / "run"),
        f"--{name}",
        "0",
    ]
    assert main(command) == 2
    assert f"{name} must be at least 1; found 0" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_command_line(data, tmp_path, capsys, monkeypatch):
    import nsc.compnet.training as module

    monkeypatch.setattr(
        module,
        "TrainConfig",
        lambda **given: replace(SMALL, checkpoint_every=5, **given),
    )
    assert (
        main(
            [
                "train",
                "--data",
                str(data),
                "-o",
                str(tmp_path / "run"),
                "--steps",
                "10",
            ]
        )
        == 0
    )
    *log, path = capsys.readouterr().out.strip().splitlines()
    assert [json.loads(line).get("step") for line in log] == [
        None,
        None,
        5,
        10,
    ]
    assert main(["evaluate", "--data", str(data), "--compnet", path]) == 0
    assert "true mean" in capsys.readouterr().out
    assert (
        main(
            [
                "evaluate",
                "--data",
                str(data),
                "--compnet",
                path,
                "--train",
                str(data),
            ]
        )
        == 2
    )
    assert "no program is left" in capsys.readouterr().err


def test_no_records_is_an_input_error(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert (
        main(
            [
                "train",
                "--data",
                str(tmp_path / "empty"),
                "-o",
                str(tmp_path / "run"),
                "--steps",
                "1",
            ]
        )
        == 2
    )
    assert "no record shards" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_grown_programs_are_the_same_whatever_the_workers_and_where_it_was_killed(
    data, tmp_path, monkeypatch
):
    import nsc.compnet.training.corpus as corpus

    whole = corpus.grow(data, [3, 0], 200)
    assert 100 < len(whole) <= 200 and np.isfinite(whole.targets.outputs).all()
    again = corpus.grow(data, [3, 0], 200)
    np.testing.assert_array_equal(whole.targets.outputs, again.targets.outputs)
    assert not np.array_equal(
        whole.packed.kinds[:50],
        corpus.grow(data, [3, 1], 200).packed.kinds[:50],
    )
    read = corpus.grown_corpus(
        data,
        tmp_path,
        programs=150,
        seed=3,
        workers=1,
        progress=lambda line: None,
    )
    kept = {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("*.npz")}
    same = corpus.grown_corpus(
        data,
        tmp_path,
        programs=150,
        seed=3,
        workers=2,
        progress=lambda line: None,
    )
    assert {
        p.name: p.stat().st_mtime_ns for p in tmp_path.glob("*.npz")
    } == kept
    np.testing.assert_array_equal(read.targets.shapes, same.targets.shapes)


def test_fewer_programs_than_a_batch_are_refused(data, tmp_path):
    from nsc.compnet.training import train_compnet

    with pytest.raises(
        InputError,
        match="^programs must be enough for a batch: .* less than a batch of 16",
    ):
        train_compnet(data, tmp_path, replace(SMALL, programs=8))


@pytest.mark.slow
def test_other_records_are_grown_from_anew(data, tmp_path):
    import nsc.compnet.training.corpus as corpus

    def grown():
        return corpus.grown_corpus(
            tmp_path / "train",
            tmp_path / "cache",
            programs=150,
            seed=3,
            workers=1,
            progress=lambda line: None,
        )

    write_synthetic(tmp_path / "train", programs=40, seed=1, shard_size=40)
    first = grown()
    shutil.rmtree(tmp_path / "train")
    write_synthetic(tmp_path / "train", programs=40, seed=2, shard_size=40)
    second = grown()
    assert (
        first.origin != second.origin
        and len(list((tmp_path / "cache").glob("*.npz"))) == 2
    )
    write_synthetic(tmp_path / "test", programs=20, seed=2, shard_size=20)
    assert grown().left_out > 0
