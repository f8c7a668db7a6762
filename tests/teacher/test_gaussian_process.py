"""Gaussian processes are exact."""

import numpy as np
import pytest

from nsc.teacher import KERNELS, fit_process, process_of
from nsc.teacher.kernels import apart
from nsc.teacher.process import _objective, _prior


def examples(n: int = 20, inputs: int = 3) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    u = generator.uniform(-1, 1, (n, inputs))
    return u, np.sin(u @ np.arange(1.0, inputs + 1.0))


def hyperparameters(kernel, inputs: int = 3) -> np.ndarray:
    generator = np.random.default_rng(1)
    h = 0.3 * generator.normal(size=kernel.count(inputs) + 1)
    h[-1] = -5.0
    return h


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=list(KERNELS))
def test_the_gradient_is_that_of_the_likelihood(kernel):
    u, y = examples()
    h = hyperparameters(kernel)
    known = (apart(u, u), y, np.ones((len(u), 1)), _prior(kernel, 3))

    def loss(h):
        return _objective(kernel, h, *known)[0]

    _, slope = _objective(kernel, h, *known)
    step = 1e-5 * np.eye(len(h))
    found = [(loss(h + s) - loss(h - s)) / 2e-5 for s in step]
    np.testing.assert_allclose(found, slope, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=list(KERNELS))
def test_an_example_left_out_is_predicted_as_told(kernel):
    u, y = examples()
    basis = np.column_stack([np.ones(len(u)), u])
    whole = process_of(kernel, u, y, basis, hyperparameters(kernel))
    for k in (0, 7):
        kept = np.arange(len(u)) != k
        part = whole.given(u[kept], y[kept], basis[kept])
        found, _ = part(u[[k]], basis[[k]])
        np.testing.assert_allclose(y[k] - found[0], whole.left_out[k])


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=list(KERNELS))
def test_a_linear_function_beside_a_linear_basis_is_exact(kernel):
    u, _ = examples()
    y = 3.0 + u @ [1.0, 2.0, -1.0]
    basis = np.column_stack([np.ones(len(u)), u])
    process = process_of(kernel, u, y, basis, hyperparameters(kernel))
    far = 5.0 * u[:3]
    found, _ = process(far, np.column_stack([np.ones(3), far]))
    np.testing.assert_allclose(found, 3.0 + far @ [1.0, 2.0, -1.0])


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=list(KERNELS))
def test_a_fit_finds_a_smooth_function(kernel):
    u, y = examples(60)
    wanted, truth = examples(80)
    process = fit_process(kernel, u, y, np.ones((len(u), 1)))
    assert process is not None
    found, deviation = process(wanted, np.ones((len(wanted), 1)))
    assert ((found - truth) ** 2).mean() < 3e-2 * truth.var()
    assert deviation[: len(u)].max() < 0.1


@pytest.mark.parametrize("name", ["RBF", "Matern-5/2"])
def test_values_are_those_of_scikit_learn(name):
    gp = pytest.importorskip("sklearn.gaussian_process")
    kernels = gp.kernels
    u, y = examples()
    kernel = KERNELS[name]
    h = hyperparameters(kernel)
    ours = process_of(kernel, u, y, np.empty((len(u), 0)), h)
    lengths = np.exp(h[:-1])
    shape = (
        kernels.RBF(lengths)
        if name == "RBF"
        else kernels.Matern(lengths, nu=2.5)
    )
    theirs = gp.GaussianProcessRegressor(
        kernels.ConstantKernel(ours.variance) * shape,
        alpha=ours.noise**2,
        optimizer=None,
    ).fit(u, y)
    wanted = np.random.default_rng(2).uniform(-1, 1, (30, 3))
    mean, deviation = theirs.predict(wanted, return_std=True)
    found, ours_deviation = ours(wanted, np.empty((30, 0)))
    np.testing.assert_allclose(found, mean, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ours_deviation, deviation, rtol=1e-5)
