"""The network's derivatives, against differences of its loss, for every activation."""

import numpy as np
import pytest

from nsc.finetune.network import NormalEquations, gradient, mean_squared_error
from nsc.surrogate import Topology, forward, random_parameters

STEP = 1e-6


def problem(activation, n=9):
    topology = Topology((3, 4, 3, 2), activation)
    r = np.random.default_rng(0)
    x = r.uniform(-1, 1, (n, 3))
    y = r.normal(size=(n, 2))
    return topology, random_parameters(topology, seed=3), x, y


def differences(f, w):
    """Return the derivatives of f by each parameter, `w ...`."""
    moves = STEP * np.eye(len(w))
    return np.array([(f(w + m) - f(w - m)) / (2 * STEP) for m in moves])


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_the_gradient_is_the_losss(activation):
    topology, w, x, y = problem(activation)

    def loss(w):
        return mean_squared_error(w[None], topology, x[None], y[None])[0]

    found, slope = gradient(w[None], topology, x[None], y[None])
    assert found[0] == pytest.approx(loss(w))
    np.testing.assert_allclose(slope[0], differences(loss, w), atol=1e-7)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_the_normal_equations_are_of_the_residuals_derivatives(activation):
    topology, w, x, y = problem(activation)
    jacobian = differences(lambda w: forward(w, topology, x).T.ravel(), w)
    residual = (forward(w, topology, x) - y).T.ravel()
    curvature, slope = NormalEquations(topology, x, y).assemble(w)
    np.testing.assert_allclose(
        curvature, jacobian @ jacobian.T / y.size, atol=1e-7
    )
    np.testing.assert_allclose(slope, jacobian @ residual / y.size, atol=1e-7)


def test_weights_multiply_squared_residuals():
    topology, w, x, y = problem("tanh")
    weights = np.arange(9.0)
    system = NormalEquations(topology, x, y, weights)
    squares = (forward(w, topology, x) - y) ** 2
    assert system.loss(w) == pytest.approx((weights[:, None] * squares).mean())
    _, slope = system.assemble(w)
    numeric = differences(system.loss, w)
    np.testing.assert_allclose(2 * slope, numeric, atol=1e-6)


def test_assembling_does_not_depend_on_what_was_measured_before():
    topology, w, x, y = problem("sigmoid")
    fresh, measured, elsewhere = (
        NormalEquations(topology, x, y) for _ in range(3)
    )
    measured.loss(w)
    elsewhere.loss(w + 1)
    expected = fresh.assemble(w)
    for system in (measured, elsewhere):
        for mine, theirs in zip(system.assemble(w), expected, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_weights_of_zero_inputs_are_left_out():
    topology, w, x, y = problem("sigmoid")
    x[:, 1] = 0
    system = NormalEquations(topology, x, y)
    left_out = set(range(len(w))) - set(system.used.tolist())
    assert left_out == {
        1,
        4,
        7,
        10,
    }  # the second of three weights of four units
    curvature, slope = system.assemble(w)
    assert (
        curvature.shape == (len(w) - 4, len(w) - 4)
        and len(slope) == len(w) - 4
    )
