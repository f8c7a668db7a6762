"""Levenberg-Marquardt: steps by hand, why it stops, weights, what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.finetune import FinetuneData, LmSettings, finetune
from nsc.finetune.backends import BACKENDS
from nsc.surrogate import COVERING, Topology, random_parameters

# v relu(u x + b) + c, parameters (u, b, v, c)
TINY = Topology((1, 1, 1), "relu")
START = np.array([1.0, 0.0, 1.0, 0.0])


def one_example(y, y_validation=None):
    """Return one example at x = 1, where every derivative of the start is 1."""
    x = np.ones((1, 1))
    held = y if y_validation is None else y_validation
    return FinetuneData(x, np.full((1, 1), y), x, np.full((1, 1), held))


def run(data, backend, **settings):
    return finetune(START, TINY, data, LmSettings(backend=backend, **settings))


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_step_by_hand(backend):
    """J is (1, 1, 1, 1), r is 1 - 3: (J J^T + 1) step = J r gives -2 / (4 + 1) each."""
    found = run(one_example(3.0), backend, steps=1, damping=1.0)
    np.testing.assert_allclose(found.w_final[0], START + 0.4, rtol=1e-12)
    residual = 1.4 * 1.8 + 0.4 - 3.0
    np.testing.assert_allclose(
        found.train_loss[0], [4.0, residual**2], rtol=1e-9
    )
    assert found.best_step.tolist() == [1]


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_accepted_step_divides_the_damping(backend):
    """The second step is the first of a run from there with half the damping."""
    twice = run(
        one_example(3.0), backend, steps=2, damping=1.0, damping_down=2.0
    )
    once = run(one_example(3.0), backend, steps=1, damping=1.0)
    settings = LmSettings(backend=backend, steps=1, damping=0.5)
    rest = finetune(once.w_final[0], TINY, one_example(3.0), settings)
    np.testing.assert_allclose(twice.w_final, rest.w_final, rtol=1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_rejected_step_moves_nothing(backend):
    """At the optimum no step is better: damping grows until none is short enough."""
    found = run(one_example(1.0), backend, steps=100, tolerance=0.0)
    np.testing.assert_array_equal(found.w_final[0], START)
    assert found.stopped == ("no_progress",)
    # 0.1 * 4^22 is the first above 1e12
    assert found.steps_run.tolist() == [22]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_ridge_pulls_towards_zero(backend):
    """With r = 0 the step solves (J J^T + ridge) step = ridge w."""
    ridge = 0.5
    found = run(one_example(1.0), backend, steps=1, ridge=ridge, damping=0.0)
    system = np.ones((4, 4)) + ridge * np.eye(4)
    expected = START - np.linalg.solve(system, ridge * START)
    np.testing.assert_allclose(found.w_final[0], expected, rtol=1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("y_validation", "settings", "why", "steps"),
    [
        (3.0, {"steps": 2}, "step_limit", 2),
        (3.0, {"steps": 100}, "converged", None),
        # what is learned makes validation worse from the first step on
        (-3.0, {"steps": 100, "patience": 2, "tolerance": 0.0}, "patience", 2),
        # no gain is enough: five losses are more than twice two
        (
            3.0,
            {
                "plateau_steps": 2,
                "plateau_gain": 0.0,
                "tolerance": 0.0,
                "damping": 9.0,
            },
            "plateau",
            4,
        ),
    ],
)
def test_why_it_stops(backend, y_validation, settings, why, steps):
    found = run(one_example(3.0, y_validation), backend, **settings)
    assert found.stopped == (why,)
    if steps is not None:
        assert found.steps_run.tolist() == [steps]
    assert np.isnan(found.train_loss[0, found.steps_run[0] + 1 :]).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_best_parameters_are_those_of_validation(backend):
    found = run(one_example(3.0, -3.0), backend, steps=5)
    np.testing.assert_array_equal(found.w[0], START)
    assert found.best_step.tolist() == [0]
    assert found.validation_loss[0, 0] == found.best_validation[0] == 16.0
    assert (found.w_final[0] != START).any()


@pytest.mark.parametrize("backend", BACKENDS)
def test_weights_by_hand(backend):
    """Two examples at x = 1 and weights (2, 0): the second one might as well not be."""
    x = np.ones((2, 1))
    y = np.array([[3.0], [-50.0]])
    data = FinetuneData(x, y, x[:1], y[:1], weights=np.array([[2.0, 0.0]]))
    settings = LmSettings(backend=backend, steps=1, damping=1.0)
    found = finetune(START, TINY, data, settings)
    # the mean over two residuals of weight 2 and 0 is the one of weight 1
    np.testing.assert_allclose(found.w_final[0], START + 0.4, rtol=1e-9)
    assert found.train_loss[0, 0] == pytest.approx(4.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_steps_measure_the_start(backend):
    w = random_parameters(COVERING, seed=0)
    x = np.random.default_rng(0).uniform(-1, 1, (10, 9))
    data = FinetuneData(x, x[:, :1], x, x[:, 1:2])
    found = finetune(w, COVERING, data, LmSettings(steps=0, backend=backend))
    assert found.train_loss.shape == (1, 1)
    np.testing.assert_array_equal(found.w_final[0], w)
    assert found.stopped == ("step_limit",)


@pytest.mark.parametrize("backend", BACKENDS)
def test_progress_is_shown_every_twenty_steps(backend):
    seen = []
    data = one_example(1.0)
    settings = LmSettings(backend=backend, steps=22, tolerance=0.0)
    finetune(START, TINY, data, settings, progress=lambda *at: seen.append(at))
    shown = [at for at in seen if not np.isnan(at[2])]
    assert shown == [(20, 22, 0.0)]


def test_settings_are_checked():
    with pytest.raises(InputError, match="steps must be 0 or more; found -1"):
        LmSettings(steps=-1)
    with pytest.raises(InputError, match="steps must be 0 or more"):
        replace(LmSettings(), steps=-5)
