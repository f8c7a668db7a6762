"""Gradients of models and of what runs promise are those of their values."""

import numpy as np
import pytest

from nsc.optimization.acquisition import Acquisition, Limit
from nsc.optimization.model import Fitter, warp_of
from nsc.optimization.quadratic import fit_quadratic

STEP = 1e-3


def fitted(seed=0, function=lambda u: np.sin(3 * u[:, 0]) + u[:, 1] ** 2):
    u = np.random.default_rng(seed).uniform(-1, 1, (14, 2))
    model = Fitter(may_warp=False)(u, function(u))
    assert model is not None
    return model


def slopes(function, u):
    steps = STEP * np.eye(u.shape[1])
    return np.stack(
        [(function(u + s) - function(u - s)) / (2 * STEP) for s in steps],
        axis=1,
    )


def test_a_model_knows_its_slopes():
    model = fitted()
    u = np.random.default_rng(1).uniform(-1, 1, (6, 2))
    said = model.with_slopes(u)
    mean, deviation = model(u)
    assert said.mean == pytest.approx(mean)
    assert said.deviation == pytest.approx(deviation)
    wanted = slopes(lambda v: model(v)[0], u)
    assert said.mean_slope == pytest.approx(wanted, rel=1e-2, abs=1e-3)
    wanted = slopes(lambda v: model(v)[1], u)
    assert said.deviation_slope == pytest.approx(wanted, rel=2e-2, abs=2e-3)


def test_a_promise_knows_its_slopes():
    def ragged(u):
        return np.random.default_rng(5).normal(size=len(u))

    limit = Limit(fitted(2, ragged), 0.1, 0)
    promise = Acquisition(fitted(3, ragged), 0.0, (limit,))
    u = np.random.default_rng(1).uniform(-1, 1, (5, 2))
    value, slope = promise(u)
    assert value == pytest.approx(promise.values(u))
    wanted = slopes(promise.values, u)
    assert slope == pytest.approx(wanted, rel=2e-2, abs=1e-2)


def test_far_below_all_a_promise_is_still_finite():
    promise = Acquisition(fitted(), -1e4)
    value, slope = promise(np.zeros((1, 2)))
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()


def test_logarithms_keep_the_order():
    y = np.array([3.0, -2.0, 1e6, 5.0, -1.99])
    warped = warp_of(y, is_log=True)(y)
    assert (np.argsort(warped) == np.argsort(y)).all()


def test_quadratic_functions_are_found_exactly():
    u = np.random.default_rng(0).uniform(-1, 1, (20, 3))
    y = (u[:, 0] - 0.2) ** 2 + u[:, 1] * u[:, 2] - 3 * u[:, 2]
    near = fit_quadratic(u, np.stack([y, -y], axis=1), u[4], 0.3)
    there = np.array([0.1, -0.4, 0.7])
    value, slope = near(there)
    wanted = (0.1 - 0.2) ** 2 - 0.4 * 0.7 - 3 * 0.7
    assert value == pytest.approx([wanted, -wanted])
    assert slope[0] == pytest.approx([2 * (0.1 - 0.2), 0.7, -0.4 - 3])
