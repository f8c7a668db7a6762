"""A teacher says what it knows, and how well."""

import numpy as np
import pytest

from nsc.teacher import Known, teach


def inputs(n: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (n, width))


def smooth(u: np.ndarray) -> np.ndarray:
    return np.exp(u[:, 0]) * (2.0 + np.sin(2 * u[:, 1]))


def nmse(found: np.ndarray, truth: np.ndarray) -> float:
    return float(((found - truth) ** 2).mean() / truth.var())


def test_thirty_runs_teach_a_smooth_function():
    u, wanted = inputs(30, 2), inputs(500, 2, seed=1)
    values = teach(u, smooth(u), wanted)
    assert values is not None
    error = nmse(values.y, smooth(wanted))
    assert error < 1e-4
    assert values.nmse > error / 10


def test_what_was_known_is_used_where_it_is_right():
    u, wanted = inputs(8, 4), inputs(500, 4, seed=1)
    known = Known("the text", smooth(u), smooth(wanted))
    values = teach(u, smooth(u), wanted, known)
    assert values is not None
    assert nmse(values.y, smooth(wanted)) < 1e-6
    assert "the text" in values.models[0][0]


def test_what_was_known_is_left_where_it_is_wrong():
    u, wanted = inputs(60, 2), inputs(500, 2, seed=1)
    wrong = Known("the text", u[:, 0] ** 3, wanted[:, 0] ** 3)
    values = teach(u, smooth(u), wanted, wrong)
    assert values is not None
    assert nmse(values.y, smooth(wanted)) < 1e-5


def test_noise_is_told():
    u = inputs(100, 1)
    noise = 0.1 * np.random.default_rng(2).normal(size=100)
    values = teach(u, np.sin(3 * u[:, 0]) + noise, u)
    assert values is not None
    assert 0.05 < values.noise < 0.2


@pytest.mark.parametrize("n", [0, 3, 501])
def test_too_few_or_too_many_runs_are_not_taught_from(n):
    u = inputs(n, 2)
    assert teach(u, u.sum(axis=1), u) is None


def test_a_constant_is_not_taught():
    u = inputs(10, 2)
    assert teach(u, np.full(10, 3.0), u) is None


def test_the_same_runs_teach_the_same_bits():
    u, wanted = inputs(30, 3), inputs(100, 3, seed=1)
    first = teach(u, smooth(u), wanted)
    again = teach(u, smooth(u), wanted)
    assert first is not None
    assert again is not None
    assert first.y.tobytes() == again.y.tobytes()


@pytest.mark.parametrize("bend", [smooth, lambda u: np.abs(u).sum(axis=1)])
def test_what_a_kernel_cannot_follow_is_no_noise(bend):
    u = inputs(60, 2)
    values = teach(u, bend(u), u[:5])
    assert values is not None
    assert values.noise == 0
    untold = teach(u, bend(u), u[:5], tells_noise=False)
    assert untold is not None
    assert untold.y.tobytes() == values.y.tobytes()


def test_a_quadratic_is_found_whatever_kernels_say():
    u = inputs(14, 2)
    wanted = inputs(50, 2)[::-1]

    def quadratic(x):
        return 3.0 + x[:, 0] - 2.0 * x[:, 0] * x[:, 1] + x[:, 1] ** 2

    values = teach(u, quadratic(u), wanted)
    assert values is not None
    assert values.nmse < 1e-10
    assert np.allclose(values.y, quadratic(wanted), atol=1e-4)
    assert "quadratic" in dict(values.models)
