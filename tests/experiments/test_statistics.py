"""Means, percentiles and intervals are what they are called."""

import numpy as np
import pytest

from nsc.experiments.job import Measured
from nsc.experiments.statistics import (
    Bootstrap,
    Values,
    gains,
    geometric,
    least_improving,
    percentiles,
    values_of,
)


def of(values):
    values = np.asarray(values, float)
    names = tuple(f"p{k}" for k in range(values.shape[0]))
    return Values(names, tuple(range(values.shape[1])), values)


def test_improvement_is_the_ratio_of_arithmetic_means():
    random = of([[[1.0, 3.0]], [[8.0, 8.0]]])
    other = of([[[0.5, 0.5]], [[4.0, 0.0]]])
    assert gains(random, other, 0).tolist() == [[4.0], [4.0]]
    assert geometric(np.array([1.0, 100.0])) == pytest.approx(10)


def test_values_below_the_floor_count_as_it():
    assert gains(of([[[1e-9]]]), of([[[1e-12]]]), 1e-7).tolist() == [[1.0]]


def test_missing_trials_leave_a_program_out():
    measured = [Measured("a", 0.1, t, 2.0, 2.0, 0) for t in range(2)]
    measured += [Measured("b", 0.1, 0, 2.0, 2.0, 0)]
    values = values_of(measured, ["a", "b", "c"])
    assert np.isnan(values.values[1, 0, 1]) and values.trials == 2
    found = Bootstrap(values, values, 0)
    assert found.kept.tolist() == [0]
    assert found.over_programs().improvement == 1
    assert np.isnan(found.of_program(1).improvement)


def test_intervals_hold_the_truth_as_often_as_they_say():
    generator = np.random.default_rng(5)
    misses = 0
    for _ in range(60):
        spread = generator.normal(0, 0.5, (12, 1, 1))
        noise = generator.normal(0, 0.3, (2, 12, 1, 9))
        random = of(np.exp(spread + noise[0]))
        other = of(np.exp(spread + noise[1]) / 2)
        found = Bootstrap(random, other, 0).over_programs()
        assert found.low < found.improvement < found.high
        misses += not found.low <= 2 <= found.high
    assert misses <= 3


def test_one_trial_tells_no_interval_of_a_program():
    found = Bootstrap(of([[[2.0]]]), of([[[1.0]]]), 0).of_program(0)
    assert found.improvement == pytest.approx(2) and np.isnan(found.low)


def test_percentiles_and_the_least_that_improves():
    values = np.arange(0.0, 101.0) / 50  # 1 at percentile 50
    assert percentiles(values) == {
        0: 0.0,
        25: 0.5,
        50: 1.0,
        75: 1.5,
        100: 2.0,
    }
    assert least_improving(values) == 51
    assert least_improving(np.array([0.5, 0.9])) is None
    assert least_improving(np.array([1.5])) == 0
