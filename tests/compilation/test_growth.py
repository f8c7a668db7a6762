"""What follows a round that missed its target."""

import numpy as np
import pytest

from nsc.compilation import (
    CompilationConfig,
    Round,
    plan_next,
    reason_to_give_up,
)
from nsc.compilation.growth import wider
from nsc.errors import InputError
from nsc.finetune import AdamSettings, FinetuneResult, LmSettings
from nsc.surrogate import (
    COVERING,
    Member,
    Topology,
    forward,
    random_parameters,
)
from nsc.verify import verify

CONFIG = CompilationConfig(target_error=1e-4)


@pytest.mark.parametrize(
    ("errors", "budget", "spread", "why"),
    [
        ([1e-2, 8e-3, 7e-3], 1024, 1.0, None),  # too early to tell
        ([1e-2, 8e-3, 7e-3, 6e-3], 1024, 1.0, "do not bring it near"),
        # hardly anything is learnt yet
        ([1e-2, 8e-3, 7e-3, 6e-3], 1024, 0.01, None),
        # one gain as large as before, and it is reached
        ([1e-2, 8e-3, 7e-4, 6e-4], 1024, 1.0, None),
        ([1e-2, 1e-3], 65536, 1.0, "at most 32768 examples"),
        ([1e-2] * 10, 1024, 0.01, "10 rounds are over"),
    ],
)
def test_a_hopeless_target_is_given_up(errors, budget, spread, why):
    rounds = [Round(1024, "9-4-4-1", rmse) for rmse in errors]
    y = spread * np.array([[-1.0], [1.0]] * 500)
    found = reason_to_give_up(
        rounds, budget, verify(y, y + errors[-1]), CONFIG
    )
    assert (found is None) if why is None else (why in found)


def test_without_a_target_there_is_no_other_round():
    y = np.ones((10, 1))
    found = reason_to_give_up([], 10, verify(y, y), CompilationConfig())
    assert found == "there is no target"


def result(train, validation):
    """Return a finetuning of one step with these losses at its best step."""
    curve = np.array([[1.0, 0.0]])
    return FinetuneResult(
        w=np.zeros((1, 65)),
        w_final=np.zeros((1, 65)),
        train_loss=curve + [[0.0, train]],
        validation_loss=curve + [[0.0, validation]],
        test_loss=np.full((1, 2), np.nan),
        best_step=np.array([1]),
        stopped=("step_limit",),
        optimizer="lm",
        backend="cpu",
        seconds=0.0,
    )


def member(topology=COVERING):
    return Member(topology, random_parameters(topology, seed=0))


def test_where_training_and_validation_agree_the_topology_limits():
    given = member()
    plan = plan_next([given], [result(1e-3, 2e-3)], 1000, CONFIG)
    assert plan.budget == 1000
    [start] = plan.starts
    assert start.topology.widths == (9, 8, 8, 1)
    x = np.random.default_rng(0).uniform(-1, 1, (5, 9))
    np.testing.assert_allclose(
        forward(start.w, start.topology, x), forward(given.w, COVERING, x)
    )
    assert start.candidates[0][0] == "widened"


@pytest.mark.parametrize(
    ("losses", "budget"),
    [
        ((1e-3, 4e-3), 1000),  # it overfits
        (
            (1e-3, 1e-3),
            130,
        ),  # no more than twice as many examples as parameters
        ((1e-3, np.nan), 1000),  # nothing is known
    ],
)
def test_elsewhere_the_examples_limit(losses, budget):
    given = member()
    plan = plan_next([given], [result(*losses)], budget, CONFIG)
    assert plan.budget == max(2 * budget, 256)
    [start] = plan.starts
    assert start.topology == COVERING and start.w is given.w


def test_one_starved_member_gets_everybody_more_examples():
    plan = plan_next(
        [member()] * 2, [result(1e-3, 1e-3), result(1e-3, 1e-2)], 500, CONFIG
    )
    assert plan.budget == 1000
    assert [str(s.topology) for s in plan.starts] == ["9-8-8-1", "9-4-4-1"]


def test_after_a_zero_shot_round_come_the_first_examples():
    plan = plan_next([member()], [], 0, CONFIG)
    assert plan.budget == 256
    assert plan.starts[0].candidates[0][0] == "given"


@pytest.mark.parametrize(
    ("topology", "settings", "hidden"),
    [
        (COVERING, LmSettings(), (8, 8)),
        (Topology((2, 16, 1)), LmSettings(), (32,)),
        (
            Topology((2, 64, 1)),
            LmSettings(),
            None,
        ),  # no layer is wider than 64
        (Topology((2, 1)), LmSettings(), None),  # there is no layer to widen
        (Topology((9, 32, 32, 1)), LmSettings(), None),  # 4,865 parameters
        (Topology((9, 32, 32, 1)), AdamSettings(), (64, 64)),
    ],
)
def test_layers_double_as_long_as_they_can_be_finetuned(
    topology, settings, hidden
):
    assert wider(topology, settings) == hidden


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"budget": -1}, r"^budget must be 0 \(zero-shot\) .* found -1"),
        (
            {"verification": 0},
            "^verification must be at least 1 input; found 0",
        ),
        ({"target_error": 0.0}, "^target_error must be above 0; found 0.0"),
        (
            {"target_error": float("nan")},
            "^target_error must be above 0; found nan",
        ),
        (
            {"target_error": 0.1, "time_limit": 0.0},
            "^time_limit must be above 0 seconds; found 0.0",
        ),
        (
            {"time_limit": 5.0},
            "^time_limit ends the search for a target error",
        ),
        (
            {"seed": -1},
            "the seed and the number of restarts .* found -1 and 7",
        ),
        (
            {"restarts": -2},
            "the seed and the number of restarts .* found 0 and -2",
        ),
    ],
)
def test_numbers_that_make_no_sense(settings, message):
    with pytest.raises(InputError, match=message):
        CompilationConfig(**settings)
