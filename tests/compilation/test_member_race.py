"""The finetuning of one member: who starts, who wins, in which units."""

from dataclasses import replace

import numpy as np
import pytest

from nsc.compilation import CompilationConfig, Start, finetune_member
from nsc.finetune import (
    AdamSettings,
    LmSettings,
    Predictions,
    finetune,
    split_examples,
)
from nsc.surrogate import COVERING, forward, random_parameters, scale_outputs

CONFIG = CompilationConfig(restarts=2, finetune=LmSettings(steps=60))
GAIN = np.array([50.0])
SHIFT = np.array([300.0])


def target(u):
    """Return outputs in a program's units: far from 0, of a spread that is not 1."""
    return 50.0 * np.sin(2 * u[:, :1]) * u[:, 1:2] + 300.0


def examples(n, seed=0):
    u = np.random.default_rng(seed).uniform(-1, 1, (n, 2))
    return u, target(u)


def fitted():
    """Return parameters that know the target, in its units."""
    u, y = examples(300, seed=9)
    data = split_examples(u, (y - SHIFT) / GAIN, seed=0)
    w = random_parameters(COVERING, seed=0)
    found = finetune(w, COVERING, data, LmSettings(steps=60))
    return scale_outputs(found.w[0], COVERING, GAIN, SHIFT)


def ignore(step, limit, best):
    pass


def run(start, n, config=CONFIG, number=0):
    u, y = examples(n)
    return finetune_member(
        start, u, y, number=number, config=config, progress=ignore
    )


def error_of(member):
    u, y = examples(500, seed=5)
    return float(np.abs(forward(member.w, member.topology, u) - y).max())


def test_a_member_computes_in_the_programs_units():
    found = run(Start(COVERING, (("known", fitted()),)), 200)
    assert error_of(found.member) < 5.0
    assert found.n_validation == 40
    assert found.result.optimizer == "lm"


def test_a_start_that_knows_the_program_beats_random_ones():
    start = Start(COVERING, (("known", fitted()),))
    assert run(start, 20).winner == "known"


def test_a_start_that_knows_nothing_has_no_better_chance():
    useless = Start(COVERING, (("zeros", np.zeros(65)),), is_informed=False)
    assert run(useless, 200).winner.startswith("random ")


def test_random_starts_differ_by_member():
    start = Start(COVERING, (("zeros", np.zeros(65)),), is_informed=False)
    first, second = (run(start, 50, number=k) for k in range(2))
    again = run(start, 50, number=0)
    np.testing.assert_array_equal(first.member.w, again.member.w)
    assert (first.member.w != second.member.w).any()


def test_a_single_example_trains_and_validates_and_nothing_is_chosen_by_it():
    found = run(Start(COVERING, (("known", fitted()),)), 1)
    assert found.n_validation == 0
    assert found.winner == "known"  # a random start cannot win


def predictions():
    u, y = examples(256, seed=3)
    return Predictions(u, y)


def test_on_few_examples_predictions_are_all_there_is():
    start = Start(COVERING, (("text", fitted()),), predicted=predictions())
    found = run(start, 8)
    assert found.winner == "text, with predictions"
    assert found.n_validation == 0
    assert error_of(found.member) < 20.0


def test_on_more_examples_what_heeded_predictions_races():
    start = Start(COVERING, (("text", fitted()),), predicted=predictions())
    found = run(start, 60)
    assert found.n_validation == 12
    assert found.winner in (
        "text, with predictions",
        "text",
        "random 1",
        "random 2",
    )


def test_contradicted_predictions_make_a_start_like_any_other():
    u, y = examples(256, seed=3)
    wrong = Predictions(u, 1000.0 - 3 * y)
    misread = scale_outputs(
        fitted(), COVERING, np.array([-3.0]), np.array([1000.0])
    )
    believed = Start(COVERING, (("text", misread),), predicted=wrong)
    plain = replace(believed, predicted=None, is_informed=False)
    first, second = (run(start, 30) for start in (believed, plain))
    np.testing.assert_array_equal(first.member.w, second.member.w)
    assert first.winner == second.winner


@pytest.mark.parametrize("n", [5, 60])
def test_an_optimizer_without_weights_does_without_predictions(n):
    adam = replace(CONFIG, finetune=AdamSettings(steps=20))
    start = Start(COVERING, (("text", fitted()),), predicted=predictions())
    heeding = run(start, n, adam)
    alone = run(replace(start, predicted=None), n, adam)
    assert "predictions" not in heeding.winner
    np.testing.assert_array_equal(heeding.member.w, alone.member.w)


def test_no_restarts_no_random_starts():
    config = replace(CONFIG, restarts=0)
    start = Start(COVERING, (("zeros", np.zeros(65)),), is_informed=False)
    assert run(start, 50, config).winner == "zeros"


def test_the_backend_travels_in_the_settings():
    reference = LmSettings(steps=10, backend="reference")
    config = replace(CONFIG, finetune=reference)
    start = Start(COVERING, (("text", fitted()),), predicted=predictions())
    assert run(start, 5, config).result.backend == "reference"
    assert run(start, 60, config).result.backend == "reference"


def test_without_runs_a_start_is_fitted_to_predictions_to_the_end():
    start = Start(COVERING, (("text", random_parameters(COVERING, seed=0)),))
    assert start.without_runs is start.w
    predicting = replace(start, predicted=predictions())
    u, y = examples(100, seed=8)
    before = np.abs(forward(start.w, COVERING, u) - y).mean()
    after = np.abs(forward(predicting.without_runs, COVERING, u) - y).mean()
    assert after < 0.1 * before
