"""Levenberg-Marquardt on large networks is the reference, whichever way it solves."""

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.finetune import FinetuneData, LmSettings, finetune
from nsc.finetune.lm import LARGE_FROM, RESIDUALS_UP_TO
from nsc.surrogate import Topology, random_parameters

WIDE = Topology((9, 32, 32, 1))
# the larger of two by one unit is the smallest that is solved in blocks
BELOW = Topology((4, 6, 6, 2), "tanh")
ABOVE = Topology((4, 7, 6, 2), "tanh")
TWO_OUTPUTS = Topology((3, 16, 20, 2), "relu")


def problem(topology, n, weighted):
    """Smooth targets on `n` examples, and others for validation and test."""
    r = np.random.default_rng(0)
    sets = []
    for size in (n, 40, 21):
        x = r.uniform(-1, 1, (size, topology.n_inputs))
        waves = [np.sin((o + 1) * x.sum(1)) for o in range(topology.n_outputs)]
        sets += [x, np.stack(waves, axis=1)]
    weights = r.uniform(0.0, 2.0, (1, n)) if weighted else None
    return FinetuneData(*sets, weights=weights)


def over_residuals(topology, n):
    most = RESIDUALS_UP_TO * topology.n_parameters
    return n * topology.n_outputs <= most


def test_the_cases_are_on_both_sides_of_the_rules():
    assert BELOW.n_parameters < LARGE_FROM <= ABOVE.n_parameters
    assert over_residuals(WIDE, 1638)
    assert not over_residuals(WIDE, 2900)
    assert over_residuals(TWO_OUTPUTS, 301)
    assert not over_residuals(TWO_OUTPUTS, 700)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    ("topology", "n"),
    [
        (WIDE, 1),
        (WIDE, 63),
        (WIDE, 301),
        (WIDE, 1638),
        (WIDE, 2900),
        (BELOW, 100),
        (ABOVE, 100),
        (TWO_OUTPUTS, 64),
        (TWO_OUTPUTS, 301),
        (TWO_OUTPUTS, 700),
    ],
    ids=str,
)
def test_steps_are_those_of_the_reference(topology, n, weighted):
    data = problem(topology, n, weighted)
    w = random_parameters(topology, seed=0)
    reference, compiled = (
        finetune(w, topology, data, LmSettings(steps=4, backend=backend))
        for backend in ("reference", "cpu")
    )
    np.testing.assert_allclose(
        compiled.w_final, reference.w_final, rtol=1e-9, atol=1e-11
    )
    np.testing.assert_allclose(
        compiled.train_loss, reference.train_loss, rtol=1e-7, atol=1e-13
    )
    np.testing.assert_allclose(
        compiled.test_at_best, reference.test_at_best, rtol=1e-7
    )


@pytest.mark.parametrize("n", [64, 301])
def test_a_ridge_pulls_parameters_of_large_networks_too(n):
    data = problem(WIDE, n, weighted=False)
    w = random_parameters(WIDE, seed=0)
    reference, compiled = (
        finetune(
            w, WIDE, data, LmSettings(steps=3, ridge=1e-2, backend=backend)
        )
        for backend in ("reference", "cpu")
    )
    np.testing.assert_allclose(
        compiled.w_final, reference.w_final, rtol=1e-9, atol=1e-11
    )


@pytest.mark.parametrize("n", [100, 2900])
def test_bits_of_large_networks_do_not_depend_on_threads(n):
    data = problem(WIDE, n, weighted=False)
    w = np.stack([random_parameters(WIDE, seed=s) for s in range(3)])
    settings = LmSettings(steps=2)
    alone = finetune(w[1], WIDE, data, settings, threads=1)
    together = finetune(w, WIDE, data, settings, threads=2)
    np.testing.assert_array_equal(together.w_final[1], alone.w_final[0])


def test_large_systems_without_damping_end_without_nonsense():
    """More parameters than residuals: undamped, the normal equations have no solution."""
    data = problem(WIDE, 20, weighted=False)
    w = random_parameters(WIDE, seed=0)
    settings = LmSettings(steps=30, damping=0.0)
    found = finetune(w, WIDE, data, settings)
    assert np.isfinite(found.w).all()
    assert found.train_loss[0, -1] <= found.train_loss[0, 0]


HUGE = Topology((9, 64, 64, 1))


def test_few_examples_are_learned_by_networks_of_any_size():
    data = problem(HUGE, 100, weighted=True)
    w = random_parameters(HUGE, seed=0)
    found = finetune(w, HUGE, data, LmSettings(steps=40))
    assert found.train_loss[0, -1] < 1e-4 * found.train_loss[0, 0]


@pytest.mark.parametrize(
    ("n", "settings", "message"),
    [
        (3001, LmSettings(), r"parameters or training examples.*are 3001\)"),
        (100, LmSettings(ridge=1e-6), "at most 3000 parameters, 9-64-64-1"),
        (100, LmSettings(backend="reference"), "at most 3000 parameters, 9-6"),
    ],
    ids=["many examples", "a ridge", "the reference"],
)
def test_systems_that_are_too_large_are_refused(n, settings, message):
    data = problem(HUGE, n, weighted=False)
    w = random_parameters(HUGE, seed=0)
    with pytest.raises(InputError, match=message):
        finetune(w, HUGE, data, settings)
