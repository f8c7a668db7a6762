"""Polynomials by least squares."""

import numpy as np
import pytest

from nsc.teacher import count_monomials, fit_polynomial

U = np.random.default_rng(0).uniform(-1, 1, (30, 3))
Y = np.column_stack([np.exp(U[:, 0]), U[:, 1] * U[:, 2] + 1])


@pytest.mark.parametrize("degree", [0, 1, 2])
def test_what_is_missed_without_an_example_is_what_the_others_say(degree):
    fit = fit_polynomial(U, Y, degree)
    assert fit is not None
    for k in (0, 7, 29):
        others = np.arange(len(U)) != k
        without = fit_polynomial(U[others], Y[others], degree)
        assert without is not None
        missed = Y[k] - without(U[k : k + 1])[0]
        assert fit.missed[k] == pytest.approx(missed, rel=1e-9, abs=1e-12)


def test_a_polynomial_is_found_again():
    fit = fit_polynomial(U, Y, 2)
    assert fit is not None
    assert fit(U)[:, 1] == pytest.approx(Y[:, 1], abs=1e-13)


def test_monomials_are_counted():
    assert [count_monomials(3, degree) for degree in (0, 1, 2)] == [1, 4, 10]


def test_too_few_or_equal_examples_settle_nothing():
    assert fit_polynomial(U[:3], Y[:3], 1) is None
    assert fit_polynomial(np.zeros((9, 3)), Y[:9], 1) is None
