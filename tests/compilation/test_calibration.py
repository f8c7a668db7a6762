"""Calibrated deviations hold as often as they say, whatever errors are like."""

import numpy as np
import pytest

from nsc.compilation import calibrate
from nsc.compilation.calibration import FEWEST_CALIBRATING, TIMES

N = 4000


def draws(seed: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return disagreement and error of one output, `n 1` each."""
    generator = np.random.default_rng(seed)
    d = np.exp(generator.normal(size=(N, 1)))
    of = {
        "told": lambda: 0.2 * d * generator.normal(size=(N, 1)),
        "not told": lambda: generator.normal(size=(N, 1)),
        "heavy": lambda: d * generator.standard_t(2, size=(N, 1)),
        "partly": lambda: np.hypot(d, 3) * generator.normal(size=(N, 1)),
    }
    return d, of[kind]()


@pytest.mark.parametrize("kind", ["told", "not told", "heavy", "partly"])
def test_intervals_hold_where_nothing_calibrated(kind):
    d, error = draws(0, kind)
    found = calibrate(d, error, seed=1)
    assert found.n_calibrated + found.n_judged == N
    assert 0.93 < found.held[0] < 0.97
    d, error = draws(1, kind)
    std = np.hypot(found.scale * d, found.constant)
    assert 0.93 < (np.abs(error) <= TIMES * std).mean() < 0.97


def test_disagreement_counts_where_it_tells():
    told = calibrate(*draws(0, "told"), seed=1)
    assert told.scale[0] == pytest.approx(0.2, rel=0.15)
    assert told.constant[0] < 0.1
    useless = calibrate(*draws(0, "not told"), seed=1)
    assert useless.scale[0] < 0.1
    assert useless.constant[0] == pytest.approx(1.0, rel=0.15)


def test_outputs_are_calibrated_each_by_itself():
    (d, small), (_, large) = draws(0, "told"), draws(1, "not told")
    found = calibrate(np.hstack([d, 0 * d]), np.hstack([small, large]), seed=1)
    assert found.constant[1] == pytest.approx(1.0, rel=0.15)
    assert found.scale[1] == 0


def test_errors_that_are_mostly_zero_keep_a_deviation():
    d, error = draws(0, "told")
    rare = np.where(np.arange(N)[:, None] % 50 == 0, 1.0, 0.0)
    found = calibrate(d, rare, seed=1)
    std = np.hypot(found.scale * d, found.constant)
    assert std.min() > 0
    assert found.held[0] > 0.95
    exact = calibrate(d, 0 * error, seed=1)
    assert exact.held == (1.0,)


def test_networks_that_agree_where_they_are_wrong_are_not_believed():
    d, error = draws(0, "not told")
    d[::3] = 0.0
    found = calibrate(d, error, seed=1)
    assert found.constant[0] > 0.5
    assert 0.93 < found.held[0] < 0.97


def test_few_inputs_give_wide_intervals():
    held = []
    for seed in range(40):
        d, error = draws(seed, "partly")
        few = slice(FEWEST_CALIBRATING)
        found = calibrate(d[few], error[few], seed=seed)
        std = np.hypot(found.scale * d, found.constant)
        held.append((np.abs(error) <= TIMES * std).mean())
    assert np.mean(held) > 0.9
