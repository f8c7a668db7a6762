"""Errors and the distribution-free bound."""

import json
import math

import numpy as np
import pytest

from nsc.verify import Population, largest_rank, verify


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


@pytest.mark.parametrize(
    ("n", "rank"), [(918, 0), (919, 1), (1400, 2), (4096, 11)]
)
def test_order_statistic(n, rank):
    """1 - 0.995**n >= 0.99 first at n = 919; larger ranks by the binomial tail."""
    tail = sum(
        math.comb(n, k) * 0.005**k * 0.995 ** (n - k) for k in range(rank)
    )
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
        verify(np.zeros((4096, 1)), errors, looks=looks).bound
        for looks in (1, 10)
    )
    assert ten.error > one.error and ten.confidence == 0.99
    assert (
        ten.error
        == verify(np.zeros((4096, 1)), errors, confidence=0.999).bound.error
    )


def test_the_sentence():
    found = verify(np.zeros((4096, 1)), np.full((4096, 1), 0.25))
    assert (
        found.bound.sentence()
        == "with 99 % confidence at most 0.5 % of inputs in the domain exceed |error|"
        " 0.25"
    )


@pytest.mark.parametrize(
    ("n", "fraction", "confidence", "rank"),
    [
        (1, 0.5, 0.5, 1),  # one draw is above the median half the time
        (1, 0.5, 0.51, 0),
        (2, 0.5, 0.75, 1),  # both are below it with 1/4
        (3, 0.5, 0.5, 2),  # two of three are above it with 1/2
        (3, 0.5, 0.875, 1),
        (10, 0.1, 0.65, 1),  # 1 - 0.9**10 = 0.651
        (10, 0.1, 0.66, 0),
        (0, 0.1, 0.5, 0),
    ],
)
def test_ranks_by_hand(n, fraction, confidence, rank):
    assert largest_rank(n, fraction, confidence - 1e-12) == rank


def test_a_rank_is_larger_for_more_draws_and_smaller_for_more_confidence():
    of_more = [largest_rank(n, 0.05, 0.95) for n in (50, 100, 400, 1600)]
    assert of_more == sorted(of_more) and of_more[0] == 0 < of_more[1]
    of_surer = [largest_rank(1000, 0.05, c) for c in (0.5, 0.9, 0.99, 0.9999)]
    assert of_surer == sorted(of_surer, reverse=True) and of_surer[0] == 50


@pytest.mark.parametrize(
    ("n", "confidence"), [(60, 0.9), (300, 0.95), (1200, 0.99)]
)
def test_every_stated_bound_covers_as_often_as_it_says(n, confidence):
    """Of 2,000 simulated verifications: the errors' quantiles are known exactly."""
    generator = np.random.default_rng(1)
    truth = np.zeros((n, 1))
    held = 0
    for _ in range(2000 if n < 1000 else 500):
        bound = verify(
            truth, generator.random((n, 1)), confidence=confidence
        ).bound
        held += 1 - bound.error <= bound.fraction
    n_trials = 2000 if n < 1000 else 500
    # three standard deviations below; and not by far more often than it says
    slack = 3 * math.sqrt(confidence * (1 - confidence) / n_trials)
    assert confidence - slack <= held / n_trials


def test_few_inputs_give_a_bound_for_a_larger_share():
    errors = np.linspace(0, 1, 5000)[:, None]
    fractions = []
    for n in (16, 17, 44, 90, 228, 459, 919):
        found = verify(np.zeros((n, 1)), errors[:n]).bound
        fractions.append(None if found is None else found.fraction)
    assert fractions == [None, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005]


def test_the_largest_error_of_an_input_is_bounded_over_all_outputs():
    truth = np.zeros((919, 2))
    predicted = np.zeros((919, 2))
    predicted[3] = 0.5, -2.0
    found = verify(truth, predicted)
    assert (found.max_abs, found.bound.error) == (2.0, 2.0)
    assert [output.max_abs for output in found.outputs] == [0.5, 2.0]
    assert [output.bound.error for output in found.outputs] == [0.5, 2.0]
    assert found.mean_abs == pytest.approx(2.5 / (919 * 2))
    assert found.quantiles == {
        "0.5": 0.0,
        "0.9": 0.0,
        "0.99": 0.0,
        "0.999": (pytest.approx(np.quantile([0.0] * 918 + [2.0], 0.999))),
    }


def test_outputs_that_do_not_vary_are_left_out_of_the_normalised_error():
    truth = np.c_[[0.0, 2.0], [7.0, 7.0]]
    predicted = truth + [[0.0, 1.0], [2.0, 1.0]]
    found = verify(truth, predicted)
    assert found.nmse == 2.0  # of the first output alone: mse 2 by variance 1
    assert [output.nmse for output in found.outputs] == [2.0, math.inf]
    assert found.mse == 1.5


def test_as_json_is_plain():
    truth = np.c_[np.linspace(0, 1, 2000), np.ones(2000)]
    found = verify(truth, truth + 0.25).as_json()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["bound"]["sentence"].startswith(
        "with 99 % confidence at most 0.5 %"
    )
    assert [output["nmse"] is None for output in found["outputs"]] == [
        False,
        True,
    ]
    assert verify(truth[:3], truth[:3]).as_json()["bound"] is None


def test_the_share_of_wrong_integers_is_of_outputs_whose_values_come_up_again():
    truth = np.arange(4096.0)[:, None]
    few = truth % 100
    assert verify(few, few + (truth < 1024), whole=[True]).wrong == 0.25
    assert verify(truth, truth + 1, whole=[True]).wrong is None
    both = np.hstack([few, truth])
    found = verify(both, both + [0, 1], whole=[True, True])
    assert found.wrong == 0.0 and found.outputs[1].wrong is None


def test_all_inputs_that_there_are_leave_no_doubt():
    truth = np.zeros((256, 2))
    predicted = truth.copy()
    predicted[7, 1] = 0.12341
    every = Population("inputs in the domain where a < b", 256)
    found = verify(truth, predicted, population=every)
    assert found.is_exact and found.bound is not None
    assert found.bound.is_certain
    assert (found.bound.confidence, found.bound.fraction) == (1.0, 0.0)
    assert found.bound.error == 0.12341
    # three digits that hold: no less than the error
    assert found.bound.sentence() == (
        "none of the 256 inputs in the domain where a < b exceeds |error| 0.124: the"
        " program ran on each"
    )
    assert (
        found.outputs[0]
        .bound.sentence()
        .endswith("exceeds |error| 0: the program ran on each")
    )
    some = verify(truth[:200], predicted[:200], population=every)
    assert not some.is_exact and some.bound.fraction == 0.05


@pytest.mark.parametrize("value", [1e-9, 0.1, 0.99999, 1234.5, 3e20, 7.0])
def test_an_error_is_never_rounded_down_where_none_exceeds_it(value):
    one = Population(size=1)
    bound = verify(
        np.zeros((1, 1)), np.full((1, 1), value), population=one
    ).bound
    said = bound.sentence().split("|error| ")[1].split(":")[0]
    assert value <= float(said) <= 1.01 * value
