"""Errors and the distribution-free bound."""

import math

import numpy as np
import pytest

from nsc.verify import largest_rank, verify


def test_a_worked_example():
    truth = np.array([[0.0], [2.0]])
    found = verify(truth, truth + np.array([[0.0], [2.0]]))
    assert (found.mse, found.rmse, found.nmse, found.max_abs) == (
        2.0,
        math.sqrt(2),
        2.0,
        2.0,
    )
    assert found.bound is None  # two inputs say nothing at 99 %


def test_no_variance():
    assert verify(np.ones((5, 1)), np.ones((5, 1))).nmse == 0
    assert verify(np.ones((5, 1)), np.zeros((5, 1))).as_json()["nmse"] is None


@pytest.mark.parametrize(("n", "rank"), [(918, 0), (919, 1), (1400, 2), (4096, 11)])
def test_order_statistic(n, rank):
    """1 - 0.995**n >= 0.99 first at n = 919; larger ranks by the binomial tail."""
    tail = sum(math.comb(n, k) * 0.005**k * 0.995 ** (n - k) for k in range(rank))
    assert largest_rank(n, 0.005, 0.99) == rank
    assert 1 - tail >= 0.99
    next_tail = tail + math.comb(n, rank) * 0.005**rank * 0.995 ** (n - rank)
    assert 1 - next_tail < 0.99


def test_the_bound_holds_as_often_as_it_says():
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        error = generator.exponential(size=(1000, 1))
        bound = verify(np.zeros((1000, 1)), error).bound
        held += math.exp(-bound.error) <= bound.fraction
    assert held >= 290


def test_of_several_looks_each_is_stricter():
    errors = np.linspace(0, 1, 4096)[:, None]
    one, ten = (
        verify(np.zeros((4096, 1)), errors, looks=looks).bound for looks in (1, 10)
    )
    assert ten.error > one.error and ten.confidence == 0.99
    assert (
        ten.error == verify(np.zeros((4096, 1)), errors, confidence=0.999).bound.error
    )


def test_the_sentence():
    found = verify(np.zeros((4096, 1)), np.full((4096, 1), 0.25))
    assert (
        found.bound.sentence()
        == "with 99 % confidence at most 0.5 % of inputs in the domain exceed |error|"
        " 0.25"
    )
