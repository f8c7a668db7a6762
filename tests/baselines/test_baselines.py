"""Baselines: what they train on, what they make, what they refuse."""

from dataclasses import replace

import numpy as np
import pytest
from small_programs import TRAIN, record

from nsc.baselines import (
    BASELINES,
    Tasks,
    gains_of,
    read_library,
    read_starts,
    read_tasks,
    train_baseline,
)
from nsc.baselines.derivatives import loss_and_gradient
from nsc.baselines.library import (
    build_library,
    compnet_digest,
    trained_parameters,
)
from nsc.baselines.maml import MamlConfig, train_maml
from nsc.baselines.pretrained import regression_of, train_pretrained
from nsc.compnet import CompNet, load_compnet
from nsc.errors import InputError, StoreError
from nsc.program import parse_program
from nsc.record import shared_inputs, write_records
from nsc.surrogate import COVERING, forward, random_parameters, scale_outputs


def ignore(*told):
    """Take progress."""


def test_the_weighted_regression_is_the_sum_over_all_programs(folder):
    tasks = read_tasks(folder / "train")
    examples, constant = regression_of(tasks)
    assert examples.y.shape == (1, 2 * 1024)  # two arities
    for seed in range(3):
        w = random_parameters(COVERING, seed=seed)
        [loss], _ = loss_and_gradient(w[None], COVERING, examples)
        naive = 0.0
        for arity, outputs in zip(tasks.arity, tasks.outputs, strict=True):
            x = shared_inputs()[:1024, :arity]
            y = outputs[:1024].astype(np.float64)
            naive += ((forward(w, COVERING, x)[:, 0] - y) ** 2).sum()
        naive /= len(tasks) * 1024
        assert loss + constant == pytest.approx(naive, rel=1e-9)


def test_its_gradient_is_the_mean_of_the_programs_gradients(folder):
    tasks = read_tasks(folder / "train")
    examples, _ = regression_of(tasks)
    w = random_parameters(COVERING, seed=1)[None]
    _, found = loss_and_gradient(w, COVERING, examples)
    rows = np.arange(1024)
    every = type(examples).mean(
        tasks.inputs(rows), tasks.outputs[:, rows].astype(np.float64)
    )
    _, each = loss_and_gradient(
        np.repeat(w, len(tasks), axis=0), COVERING, every
    )
    np.testing.assert_allclose(found[0], each.mean(axis=0), atol=1e-9)


def test_tasks_are_varying_outputs_below_ten(tmp_path):
    plain = record("a + b", 2)
    two = replace(
        plain,
        n_outputs=2,
        outputs=np.repeat(plain.outputs, 2, axis=1) * [[1, 2]],
    )
    kept = [plain, two]
    left_out = [
        replace(plain, scale=(16.0,)),
        replace(plain, outputs=np.ones_like(plain.outputs)),
        replace(plain, outputs=plain.outputs * np.nan),
    ]
    write_records(tmp_path / "a.parquet", [*kept, *left_out])
    tasks = read_tasks(tmp_path)
    assert tasks.arity.tolist() == [2, 2, 2]
    np.testing.assert_array_equal(tasks.outputs[2], 2 * tasks.outputs[0])
    write_records(tmp_path / "a.parquet", left_out)
    with pytest.raises(InputError, match="no program to train on.*below 10"):
        read_tasks(tmp_path)
    write_records(tmp_path / "a.parquet", [replace(plain, input_seed=7)])
    with pytest.raises(InputError, match="inputs of seed 7; expected 2048"):
        read_tasks(tmp_path)


def test_pretraining_approaches_the_mean_of_the_programs(folder):
    tasks = read_tasks(folder / "train")
    losses = []
    w = train_pretrained(
        tasks, [0, 1], lambda step, loss: losses.append(loss), steps=300
    )
    assert w.shape == (2, 65) and losses[-1] < 0.8 * losses[0]
    again = train_pretrained(tasks, [0, 1], ignore, steps=300)
    np.testing.assert_array_equal(w, again)
    assert np.abs(w[0] - w[1]).max() > 0.01


@pytest.mark.parametrize("is_second_order", [False, True])
def test_maml_learns_to_be_finetuned(folder, is_second_order):
    tasks = read_tasks(folder / "train")
    config = MamlConfig(is_second_order=is_second_order, epochs=100)
    losses = []
    w = train_maml(tasks, 0, config, lambda step, loss: losses.append(loss))
    again = train_maml(tasks, 0, config, ignore)
    np.testing.assert_array_equal(w, again)
    begun = train_maml(tasks, 0, replace(config, epochs=0), ignore)
    assert gains_of(many(w, tasks), tasks).zero_shot > 1
    np.testing.assert_array_equal(begun, random_parameters(COVERING, seed=0))


def many(w: np.ndarray, tasks: Tasks) -> np.ndarray:
    return np.repeat(w[None, None], len(tasks), axis=1)


def trained(program) -> np.ndarray:
    y = program.outputs[:512]
    w = trained_parameters(program, 0)
    return scale_outputs(
        w, COVERING, np.array([y.std()]), np.array([y.mean()])
    )


def test_gains_are_over_random_starts(folder):
    tasks = read_tasks(folder / "train")
    best = np.stack([trained(record(*program)) for program in TRAIN])
    own = gains_of(best[None], tasks)
    assert own.programs == 7 and own.zero_shot > 100 and own.finetuned > 10
    swapped = gains_of(best[None, ::-1], tasks)
    assert swapped.zero_shot < own.zero_shot / 10


def start_of(library, text):
    dag = parse_program(text).dag
    compnet = load_compnet()
    return library.start_for(compnet.emit(dag), compnet.embed(dag))


def test_the_nearest_start_is_the_program_itself_where_it_is_there(folder):
    library = build_library(folder / "train", load_compnet(), 0, ignore)
    assert len(library) == len(TRAIN)
    assert sorted(library.used.tolist()) == sorted(n for _, n in TRAIN)
    for program in TRAIN:
        found = record(*program)
        x = shared_inputs()[:, : found.n_inputs]
        w = start_of(library, found.text)
        y = forward(w, COVERING, x)
        assert ((y - found.outputs) ** 2).mean() < 0.01 * found.outputs.var()


def test_mean_spread_and_inputs_are_the_programs_own(folder):
    library = build_library(folder / "train", load_compnet(), 0, ignore)
    text = "double f(double p, double q) { return 900 - 50 * q * q; }"
    x = shared_inputs()[:, :2]
    y = forward(start_of(library, text), COVERING, x)[:, 0]
    wanted = 900 - 50 * x[:, 1] ** 2
    assert y.mean() == pytest.approx(wanted.mean(), abs=5)
    assert y.std() == pytest.approx(wanted.std(), rel=0.3)
    moved = forward(start_of(library, text), COVERING, x * [0, 1])[:, 0]
    np.testing.assert_allclose(y, moved)
    text = "double f(double p, double q, double r) { return p * q * r; }"
    assert start_of(library, text) is None


def test_real_programs_come_first_and_one_of_each_cluster(tmp_path):
    records = [
        record("a + 1", 1, cluster="x"),
        record("1 + a", 1, cluster="x"),
        record("a * a", 1, cluster="y"),
        record("a * b", 2, cluster="z", origin="gsl:vector.c"),
        record("2.0", 1, cluster="w"),
    ]
    write_records(tmp_path / "a.parquet", records)
    compnet = load_compnet()
    every = build_library(tmp_path, compnet, 0, ignore)
    assert sorted(every.used.tolist()) == [1, 1, 2]
    one = build_library(tmp_path, compnet, 0, ignore, limit=1)
    assert one.used.tolist() == [2]
    write_records(tmp_path / "a.parquet", records[-1:])
    with pytest.raises(InputError, match="no program that a CompNet can read"):
        build_library(tmp_path, compnet, 0, ignore)


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_makes_a_file_of_the_same_bits(name, folder, tmp_path):
    rows = []
    first, second = (
        train_baseline(
            name,
            folder / "train",
            tmp_path / file,
            seed=1,
            steps=20,
            on_row=rows.append,
        ).read_bytes()
        for file in ("first", "second")
    )
    assert first == second
    assert any("zero_shot" in row for row in rows)
    if name == "nearest":
        found = read_library(tmp_path / "first")
        assert found.compnet == compnet_digest(load_compnet())
    else:
        kind = name.rstrip("12")
        starts = read_starts(tmp_path / "first", kind)
        assert starts.w.shape == (3, 65) and np.isfinite(starts.w).all()
        assert starts.about["seeds"] == [3, 4, 5]
        np.testing.assert_array_equal(starts.start(4), starts.w[1])


def test_maml_keeps_the_order_that_validates_better(folder, tmp_path):
    rows = []
    path = train_baseline(
        "maml",
        folder / "train",
        tmp_path / "maml",
        steps=20,
        on_row=rows.append,
    )
    gains = {
        r["baseline"][-1]: r["finetuned"] for r in rows if "finetuned" in r
    }
    better = max(gains, key=gains.__getitem__)
    assert read_starts(path, "maml").about["order"] == int(better)


def test_maml_needs_validation_records(folder, tmp_path):
    alone = tmp_path / "train"
    alone.mkdir()
    (alone / "a.parquet").write_bytes(
        (folder / "train" / "shard-00000.parquet").read_bytes()
    )
    with pytest.raises(InputError, match="validation.*not there.*maml1 or"):
        train_baseline("maml", alone, tmp_path / "maml")


def test_what_is_refused(folder, tmp_path):
    data, path = folder / "train", tmp_path / "file"
    with pytest.raises(InputError, match="^baseline must be one of pretrain"):
        train_baseline("magic", data, path)
    with pytest.raises(InputError, match="^compnet must be left out for"):
        train_baseline("maml", data, path, compnet="file")
    with pytest.raises(InputError, match="^output must be a file"):
        train_baseline("maml", data, tmp_path)
    with pytest.raises(InputError, match="^seed must be 0 or more; found -1"):
        train_baseline("maml", data, path, seed=-1)
    with pytest.raises(InputError, match="^steps must be 1 or more; found 0"):
        train_baseline("maml", data, path, steps=0)
    with pytest.raises(StoreError, match="there is no shard of records"):
        train_baseline("pretrained", tmp_path / "none", path)
    assert not path.exists()


def test_files_are_checked(folder, tmp_path):
    path = train_baseline(
        "maml1", folder / "train", tmp_path / "maml", steps=1
    )
    with pytest.raises(StoreError, match="holds maml; expected pretrained"):
        read_starts(path, "pretrained")
    with pytest.raises(StoreError, match="holds maml; expected nearest"):
        read_library(path)
    data = bytearray(path.read_bytes())
    data[-3] ^= 16
    path.write_bytes(data)
    with pytest.raises(StoreError, match="is damaged"):
        read_starts(path, "maml")
    with pytest.raises(StoreError, match="there is no trained baseline at"):
        read_starts(tmp_path / "none", "maml")


def test_a_library_is_bound_to_its_compnet(folder):
    compnet = load_compnet()
    library = build_library(folder / "train", compnet, 0, ignore)
    assert library.expect_embeddings_of(compnet) is compnet
    arrays = compnet.arrays | {"base": compnet.arrays["base"] + 1}
    other = CompNet(arrays, compnet.metadata)
    with pytest.raises(InputError, match="embedded by another one"):
        library.expect_embeddings_of(other)
    with pytest.raises(InputError, match="embedded by another one"):
        library.expect_embeddings_of(None)
