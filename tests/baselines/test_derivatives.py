"""Derivatives against finite differences, and MAML's gradient as a whole."""

import numpy as np
import pytest

from nsc.baselines.derivatives import (
    Examples,
    hessian_product,
    loss_and_gradient,
)
from nsc.baselines.maml import MamlConfig, meta_gradient
from nsc.surrogate import COVERING, Topology, forward, random_parameters

STEP = 1e-5
rng = np.random.default_rng(0)


def examples(p: int, n: int = 6) -> Examples:
    return Examples(
        rng.uniform(-1, 1, (p, n, 9)),
        rng.normal(size=(p, n)),
        rng.uniform(0, 1, (p, n)),
    )


def slopes(function, w: np.ndarray) -> np.ndarray:
    """Differentiate by central differences: w (65,) -> (65, ...)."""
    steps = STEP * np.eye(len(w))
    return np.stack(
        [(function(w + s) - function(w - s)) / (2 * STEP) for s in steps]
    )


@pytest.mark.parametrize("topology", [COVERING, Topology((9, 5, 1))])
def test_the_gradient_is_that_of_the_forward_pass(topology):
    given = examples(2)
    w = np.stack([random_parameters(topology, seed=k) for k in range(2)])
    loss, gradient = loss_and_gradient(w, topology, given)

    def losses(v, k):
        residual = forward(v, topology, given.x[k])[:, 0] - given.y[k]
        return (given.weights[k] * residual**2).sum()

    for k in range(2):
        assert loss[k] == pytest.approx(losses(w[k], k))
        expected = slopes(lambda v, k=k: losses(v, k), w[k])
        np.testing.assert_allclose(gradient[k], expected, atol=1e-7)


def test_products_with_the_hessian_are_differences_of_gradients():
    given = examples(3)
    w = np.stack([random_parameters(COVERING, seed=k) for k in range(3)])
    v = rng.normal(size=w.shape)
    found = hessian_product(w, COVERING, given, v)
    _, after = loss_and_gradient(w + STEP * v, COVERING, given)
    _, before = loss_and_gradient(w - STEP * v, COVERING, given)
    np.testing.assert_allclose(found, (after - before) / (2 * STEP), atol=1e-7)


def test_the_second_order_gradient_goes_through_the_inner_step():
    inner, outer = examples(3), examples(3)
    w = random_parameters(COVERING, seed=4)
    config = MamlConfig(is_second_order=True, alpha=0.3)
    loss, gradient = meta_gradient(w, inner, outer, config)

    def losses(v):
        shared = np.stack([v] * 3)
        _, slope = loss_and_gradient(shared, COVERING, inner)
        stepped = shared - config.alpha * slope
        return loss_and_gradient(stepped, COVERING, outer)[0]

    np.testing.assert_allclose(loss, losses(w))
    np.testing.assert_allclose(gradient, slopes(losses, w).T, atol=1e-7)
    first = MamlConfig(is_second_order=False, alpha=0.3)
    _, cut_short = meta_gradient(w, inner, outer, first)
    assert np.abs(gradient - cut_short).max() > 1e-3
