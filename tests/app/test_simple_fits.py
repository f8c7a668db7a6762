"""A surrogate that is worse than a simple fit is told of."""

import numpy as np
import pytest

import nsc
from nsc.app.simple_fits import _best_fit
from nsc.errors import InputError

# its values are linear, and a network of one unit is none
LINEAR = "double f(double x, double y) { return 3 * x - 2 * y; }"
POOR = {
    "topology": "2-1-1",
    "initial": "random",
    "budget": 600,
    "restarts": 0,
    "timing": False,
    "activation": "relu",
}


def test_a_surrogate_that_loses_is_told_of_first():
    report = nsc.compile(LINEAR, **POOR).report
    assert report["notes"][0].startswith(
        "worse than a simple fit to the same runs: return (nmse "
    )


def test_strict_makes_it_an_error():
    with pytest.raises(InputError, match="^f is worse than a simple fit"):
        nsc.compile(LINEAR, **POOR, strict=True)


def test_a_good_surrogate_is_not_told_of():
    report = nsc.compile(LINEAR, budget=100, timing=False, strict=True).report
    assert not any("simple fit" in note for note in report["notes"])


def test_the_best_polynomial_is_found():
    generator = np.random.default_rng(0)
    u, fresh = generator.uniform(-1, 1, (2, 50, 2))

    def square(u):
        return u[:, 0] * u[:, 1] + u[:, 0]

    error, what = _best_fit((u, square(u)), (fresh, square(fresh)))
    assert what == "quadratic"
    assert error < 1e-20


def test_few_runs_fit_no_polynomial():
    generator = np.random.default_rng(0)
    u, fresh = generator.uniform(-1, 1, (2, 4, 5))
    _, what = _best_fit((u, u[:, 0]), (fresh, fresh[:, 0]))
    assert what == "a constant"
