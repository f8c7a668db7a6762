"""Races by hand: handicaps, who wins, one history of the race and what follows."""

from dataclasses import replace

import numpy as np
import pytest

from nsc.finetune import (
    AdamSettings,
    FinetuneData,
    LmSettings,
    finetune,
    finetune_best_of,
    handicap,
    split_examples,
)
from nsc.surrogate import COVERING, Topology, random_parameters

LINE = Topology((1, 1))  # weight, bias


def test_handicaps_by_hand():
    assert handicap(30) == 2.0
    assert handicap(300) == pytest.approx(1.1)
    assert handicap(3, trust=3) == 2.0
    assert handicap(0) == 1e30


@pytest.mark.parametrize(
    ("handicaps", "winner"),
    [(None, 0), ([1.0, 1.0], 0), ([3.9, 1.0], 0), ([4.1, 1.0], 1)],
)
def test_the_smallest_handicapped_loss_wins(handicaps, winner):
    """Validation losses are 1 and 4: the first start can afford a factor below 4."""
    zeros = np.zeros((2, 1))
    data = FinetuneData(zeros, zeros, zeros, zeros)
    starts = np.array([[0.0, 1.0], [0.0, 2.0]])
    factors = None if handicaps is None else np.array(handicaps)
    found, won = finetune_best_of(
        starts, LINE, data, LmSettings(steps=0), handicaps=factors
    )
    assert won == winner
    assert found.best_validation.tolist() == [[1.0], [4.0]][winner]
    np.testing.assert_array_equal(found.w[0], starts[winner])


def waves():
    x = np.random.default_rng(0).uniform(-1, 1, (300, 9))
    y = np.sin(3 * x[:, :1]) * x[:, 1:2]
    starts = np.stack([random_parameters(COVERING, seed=k) for k in range(3)])
    return starts, split_examples(x, y, seed=0)


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_the_winner_goes_on_from_where_it_was(backend):
    starts, data = waves()
    settings = LmSettings(steps=110, patience=1000, backend=backend)
    found, winner = finetune_best_of(starts, COVERING, data, settings)
    race = finetune(starts, COVERING, data, replace(settings, steps=80))
    assert winner == int(np.argmin(race.best_validation))
    rest = replace(settings, steps=30, damping=1e-3)
    last = finetune(race.w_final[winner], COVERING, data, rest)
    np.testing.assert_array_equal(found.w_final, last.w_final)
    assert found.train_loss.shape == (1, 111)
    np.testing.assert_array_equal(
        found.train_loss[0, :81], race.train_loss[winner, :81]
    )
    np.testing.assert_array_equal(found.train_loss[0, 80:], last.train_loss[0])
    best = found.best_step[0]
    assert found.validation_loss[0, best] == found.best_validation[0]
    assert found.backend == backend


def test_what_has_a_memory_runs_to_the_end():
    """Adam's moments are not in its parameters: every start takes all its epochs."""
    starts, data = waves()
    settings = AdamSettings(steps=100)
    found, winner = finetune_best_of(starts, COVERING, data, settings)
    everyone = finetune(starts, COVERING, data, settings)
    assert winner == int(np.argmin(everyone.best_validation))
    np.testing.assert_array_equal(found.w[0], everyone.w[winner])
    assert found.train_loss.shape == (1, 101)


def test_a_single_start_has_no_race():
    starts, data = waves()
    settings = LmSettings(steps=90)
    found, winner = finetune_best_of(starts[1], COVERING, data, settings)
    alone = finetune(starts[1], COVERING, data, settings)
    assert winner == 0
    np.testing.assert_array_equal(found.w, alone.w)
