"""The compiled backend is the reference, faster: values, bits, protocols, edge cases,
cache.
"""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import nsc.host.native as kernels
from nsc.finetune import (
    OPTIMIZERS,
    AdamSettings,
    FinetuneData,
    LmSettings,
    finetune,
)
from nsc.finetune.backends.kernel import load_kernel
from nsc.surrogate import COVERING, Topology, random_parameters

GRID = [
    Topology((9, 4, 4, 1)),
    Topology((3, 4, 4, 2)),
    Topology((6, 8, 4, 1), "relu"),
    Topology((2, 5, 3), "tanh"),
    Topology((2, 12, 9, 7, 1)),
]
LM = LmSettings(steps=20)
LM_ROW = OPTIMIZERS["lm"]
ADAM = AdamSettings(steps=100, evaluate_every=3)


def problem(topology, n, p=1, seed=0):
    """Smooth targets on `n` examples, others for validation and test; the last input is
    never used.
    """
    r = np.random.default_rng(seed)
    made = []
    for size in (n, 40, 21):
        x = r.uniform(-1, 1, (p, size, topology.n_inputs))
        x[..., -1] *= topology.n_inputs == 2
        waves = [
            np.sin((o + 1) * x.sum(-1)) + x[..., 0] ** 2
            for o in range(topology.n_outputs)
        ]
        made += [x, np.stack(waves, axis=-1)]
    return FinetuneData(*made)


def starts(topology, p):
    return np.stack([random_parameters(topology, seed=s) for s in range(p)])


def pick(data, ks):
    return FinetuneData(*(a[ks] for a in data.arrays()))


@pytest.mark.parametrize("n", [1, 7, 100, 300])
@pytest.mark.parametrize("topology", GRID, ids=str)
def test_lm_follows_the_reference(topology, n):
    data, w = problem(topology, n, p=3), starts(topology, 3)
    a, b = (
        finetune(w, topology, data, replace(LM, backend=name))
        for name in ("reference", "cpu")
    )
    assert (a.backend, b.backend) == ("reference", "cpu")
    assert a.stopped == b.stopped and a.train_loss.shape == b.train_loss.shape
    for mine, theirs in (
        (a.train_loss, b.train_loss),
        (a.validation_loss, b.validation_loss),
        (a.test_loss, b.test_loss),
    ):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-12)
    np.testing.assert_array_equal(a.best_step, b.best_step)
    np.testing.assert_allclose(a.test_at_best, b.test_at_best, rtol=1e-6)


@pytest.mark.parametrize("n", [1, 7, 100, 300])
@pytest.mark.parametrize("topology", GRID, ids=str)
def test_adam_follows_the_reference_to_a_hundred_thousandth(topology, n):
    data, w = problem(topology, n, p=9), starts(topology, 9)
    a, b = (
        finetune(w, topology, data, replace(ADAM, backend=name))
        for name in ("reference", "cpu")
    )
    floor = (
        1e-6 * a.train_loss[:, :1].max()
    )  # losses near zero are rounding in float32
    np.testing.assert_allclose(
        a.train_loss, b.train_loss, rtol=1e-5, atol=floor
    )
    np.testing.assert_allclose(
        a.validation_loss, b.validation_loss, rtol=1e-5, atol=floor
    )
    assert (
        np.isfinite(b.validation_loss[:, [0, 3, 99, 100]]).all()
        and np.isnan(b.validation_loss[:, [1, 2, 98]]).all()
    )
    assert (np.isfinite(b.test_loss) <= np.isfinite(b.validation_loss)).all()
    assert np.isfinite(b.test_at_best).all()


@pytest.mark.parametrize(
    ("config", "n"),
    [(LM, 50), (ADAM, 12), (ADAM, 250)],
    ids=["lm", "adam few", "adam many"],
)
def test_bits_do_not_depend_on_threads_order_or_neighbours(config, n):
    data, w = problem(COVERING, n, p=21), starts(COVERING, 21)
    whole = finetune(w, COVERING, data, config, threads=1)
    order = np.random.default_rng(0).permutation(21)
    for ks, threads in (
        (np.arange(21), 2),
        (order, 2),
        (np.array([5]), 1),
        (np.array([20, 3, 3]), 3),
    ):
        part = finetune(
            w[ks], COVERING, pick(data, ks), config, threads=threads
        )
        length = part.train_loss.shape[1]
        np.testing.assert_array_equal(part.w, whole.w[ks])
        np.testing.assert_array_equal(part.w_final, whole.w_final[ks])
        np.testing.assert_array_equal(
            part.train_loss, whole.train_loss[ks, :length]
        )


@pytest.mark.parametrize("backend", ["reference", "cpu"])
@pytest.mark.parametrize("n", [20, 250])
def test_adam_stops_at_a_target(backend, n):
    data, w = problem(COVERING, n, p=3), starts(COVERING, 3)
    free = finetune(w, COVERING, data, replace(ADAM, backend=backend))
    target = (
        float(np.sort(free.test_at_best)[1]) * 1.0001
    )  # two of three reach it
    found = finetune(
        w, COVERING, data, replace(ADAM, target_loss=target, backend=backend)
    )
    reached = found.test_at_best <= target
    assert reached.sum() == 2
    for k in range(3):
        assert (found.stopped[k] == "target") == reached[k]
        if reached[k]:
            assert np.isfinite(found.train_loss[k, : found.best_step[k]]).all()
            assert np.isnan(
                found.train_loss[k, found.best_step[k] + 1 :]
            ).all()


@pytest.mark.parametrize("config", [LM, ADAM], ids=["lm", "adam"])
def test_weights_of_unused_inputs_stay(config):
    data, w = problem(COVERING, 300, p=2), starts(COVERING, 2)
    found = finetune(w, COVERING, data, config)
    unused = COVERING.layers(w)[0][0][..., -1]
    np.testing.assert_array_equal(
        COVERING.layers(found.w)[0][0][..., -1], unused
    )
    nothing = FinetuneData(
        *(
            np.zeros_like(a) if k % 2 == 0 else a
            for k, a in enumerate(data.arrays())
        )
    )
    assert np.isfinite(
        finetune(w, COVERING, nothing, config).best_validation
    ).all()


@pytest.mark.parametrize("config", [LM, ADAM], ids=["lm", "adam"])
def test_odd_examples(config):
    data, w = problem(COVERING, 30), starts(COVERING, 1)
    equal = FinetuneData(
        *(np.ones_like(a) if k % 2 else a for k, a in enumerate(data.arrays()))
    )
    assert finetune(w, COVERING, equal, config).best_validation[0] < 0.5
    huge = FinetuneData(
        *(a * 1e6 if k % 2 == 0 else a for k, a in enumerate(data.arrays()))
    )
    result = finetune(w, COVERING, huge, config)
    assert (
        np.isfinite(result.w).all()
        and np.isfinite(result.best_validation).all()
    )


def test_shared_examples_are_everybodys():
    data, w = problem(COVERING, 60), starts(COVERING, 4)
    shared = finetune(w, COVERING, data, LM)
    copied = finetune(
        w,
        COVERING,
        FinetuneData(*(np.repeat(a, 4, axis=0) for a in data.arrays())),
        LM,
    )
    np.testing.assert_array_equal(shared.w, copied.w)


@pytest.mark.parametrize(("count", "threads"), [(1, None), (5, 1), (5, 3)])
def test_an_interrupted_kernel_stops(count, threads):
    """One surrogate or a race of several: the first exception ends all, and nothing is
    shown after it.
    """
    seen = []

    def stop(step, limit, best):
        seen.append(step)
        if step:
            raise KeyboardInterrupt

    examples = problem(COVERING, 300)
    with pytest.raises(KeyboardInterrupt):
        finetune(
            starts(COVERING, count),
            COVERING,
            examples,
            LmSettings(),
            threads=threads,
            progress=stop,
        )
    assert sum(step > 0 for step in seen) == 1


def test_a_race_shows_its_mean_step_and_best_loss():
    seen = []
    w, config = starts(COVERING, 4), LmSettings(steps=60, patience=60)
    found = finetune(
        w,
        COVERING,
        problem(COVERING, 300),
        config,
        progress=lambda *at: seen.append(at),
    )
    steps, limits, losses = zip(
        *(at for at in seen if at[2] == at[2]), strict=True
    )
    assert (
        list(steps) == sorted(steps)
        and set(limits) == {60}
        and 20 <= steps[-1] <= 60
    )
    assert (
        list(losses) == sorted(losses, reverse=True)
        and losses[-1] >= found.best_validation.min()
    )
    alone = finetune(w, COVERING, problem(COVERING, 300), config)
    np.testing.assert_array_equal(found.w, alone.w)


def test_a_read_only_cache_does(tmp_path, monkeypatch):
    (tmp_path / "kernels").write_text("a file where the folder should be")
    monkeypatch.setattr(kernels, "cache_folder", lambda: tmp_path)
    lines = []
    assert load_kernel(LM_ROW, Topology((1, 13, 1)), lines.append).nsc_run
    assert lines == ["building the finetuning kernel for 1-13-1 (once)"]
    # inputs are an argument: the same kernel
    load_kernel(LM_ROW, Topology((5, 13, 1)), lines.append)
    assert len(lines) == 1


def test_processes_may_race_for_a_kernel(tmp_path):
    code = (
        "import nsc.host.native as k; from nsc.finetune.backends.kernel import"
        " load_kernel; from pathlib import Path;from nsc.surrogate import"
        f" Topology; from nsc.finetune import OPTIMIZERS;k.cache_folder = lambda: Path({str(tmp_path)!r});"
        " print(bool(load_kernel(OPTIMIZERS['adam'], Topology((1, 3, 1))).nsc_run_lanes))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    assert [p.communicate()[0].strip() for p in running] == ["True"] * 3
    assert len(list((tmp_path / "kernels").iterdir())) == 1


@pytest.mark.parametrize("config", [LM, ADAM], ids=["lm", "adam"])
def test_bits_do_not_depend_on_the_inputs_that_others_use(config):
    data, w = problem(COVERING, 60, p=6), starts(COVERING, 6)
    for k, x in enumerate(data.arrays()[::2]):
        x[1::2, :, 3:] = 0
        x[2, :, 0] = k * 0.0
    whole = finetune(w, COVERING, data, config)
    for k in range(6):
        alone = finetune(w[[k]], COVERING, pick(data, [k]), config)
        np.testing.assert_array_equal(alone.w[0], whole.w[k])
        np.testing.assert_array_equal(
            alone.train_loss[0],
            whole.train_loss[k, : alone.train_loss.shape[1]],
        )
        assert alone.stopped[0] == whole.stopped[k]
