"""Surrogate compilation as a whole: budgets, rounds, limits, what is counted."""

from dataclasses import replace

import numpy as np
import pytest

from nsc.compilation import CompilationConfig, Start, surrogate_compilation
from nsc.errors import OracleError
from nsc.finetune import LmSettings
from nsc.surrogate import COVERING, Surrogate, Topology, random_parameters

LO = np.array([0.0, -5.0])
HI = np.array([10.0, 5.0])
TEMPLATE = Surrogate((), LO, HI, ("a", "b"), ("y",))
CONFIG = CompilationConfig(
    budget=40, restarts=1, verification=200, finetune=LmSettings(steps=30)
)
STARTS = (Start(COVERING, (("given", random_parameters(COVERING, seed=0)),)),)


def wave(x):
    return np.sin(x[:, :1] / 3) * x[:, 1:2]


def draw(n, generator):
    return generator.uniform(LO, HI, (n, 2))


def run(config=CONFIG, oracle=wave, starts=STARTS, template=TEMPLATE, **more):
    return surrogate_compilation(
        oracle, starts, draw, template, config, **more
    )


def test_what_a_compilation_tells():
    found = run()
    assert found.runs == {"train": 32, "validation": 8, "verification": 200}
    assert [(r.budget, r.topology) for r in found.rounds] == [(40, "9-4-4-1")]
    assert found.reached is None and found.given_up == ""
    assert found.x.shape == (200, 2) and found.y.shape == (200, 1)
    np.testing.assert_array_equal(found.y, wave(found.x))
    assert set(found.time_s) == {"execute", "finetune", "verify"}
    assert found.surrogate.input_names == ("a", "b")
    assert found.verification.n == 200


def test_the_same_seed_gives_the_same_bits():
    first, again, other = run(), run(), run(replace(CONFIG, seed=1))
    w = first.surrogate.members[0].w
    np.testing.assert_array_equal(w, again.surrogate.members[0].w)
    np.testing.assert_array_equal(first.x, again.x)
    assert (w != other.surrogate.members[0].w).any()
    assert (first.x != other.x).any()


def test_a_budget_of_zero_runs_the_program_for_verification_only():
    calls = []

    def counted(x):
        calls.append(len(x))
        return wave(x)

    found = run(replace(CONFIG, budget=0), oracle=counted)
    assert calls == [200]
    assert found.runs == {"train": 0, "validation": 0, "verification": 200}
    assert found.results == () and found.winners == ()
    np.testing.assert_array_equal(found.surrogate.members[0].w, STARTS[0].w)


def test_members_share_the_columns_of_the_outputs():
    def both(x):
        return np.concatenate(
            [wave(x), 100 + x.sum(axis=1, keepdims=True)], axis=1
        )

    template = Surrogate((), LO, HI, ("a", "b"), ("y", "z"))
    starts = (STARTS[0], replace(STARTS[0]))
    found = run(oracle=both, starts=starts, template=template)
    assert len(found.results) == len(found.winners) == 2
    alone = run()
    np.testing.assert_array_equal(
        found.surrogate.members[0].w, alone.surrogate.members[0].w
    )
    far = found.surrogate(found.x)[:, 1]
    assert abs(far.mean() - 100 - found.x.sum(axis=1).mean()) < 5


def test_examples_are_kept_from_round_to_round():
    calls = []

    def counted(x):
        calls.append(len(x))
        return wave(x)

    config = replace(CONFIG, target_error=1e-9, max_budget=600)
    found = run(config, oracle=counted)
    assert [r.budget for r in found.rounds][:2] == [40, 256]
    assert sum(calls) == sum(found.runs.values())
    assert calls[:4] == [40, 200, 216, 200]
    assert found.reached is False and found.given_up
    assert found.runs["verification"] == 200 * len(found.rounds)


def test_a_target_that_holds_ends_the_search():
    found = run(replace(CONFIG, target_error=1e9))
    assert found.reached is True and found.given_up == ""
    assert len(found.rounds) == 1


class Clock:
    """Time that stands still until told."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


HARD = replace(CONFIG, target_error=1e-9, time_limit=60.0)


def test_a_time_limit_ends_between_rounds():
    clock = Clock()

    def slow(x):
        clock.now += 61.0
        return wave(x)

    found = run(HARD, oracle=slow, clock=clock)
    assert len(found.rounds) == 1  # the first round is never given up
    assert found.given_up == "the time limit of 60 s is over"
    assert found.runs == {"train": 32, "validation": 8, "verification": 200}


def test_a_time_limit_ends_a_round():
    """The round that is under way is dropped, but what it ran counts."""
    clock = Clock()
    verified = []

    def show(what, fraction):
        verified.extend([what] * what.startswith("verifying"))
        if verified and what.startswith("running the program"):
            clock.now = 61.0

    kept = run(HARD, progress=show, clock=clock)
    assert len(kept.rounds) == 1 and len(verified) == 1
    assert kept.runs == {
        "train": 256 - 8,
        "validation": 8,
        "verification": 200,
    }
    assert kept.given_up == "the time limit of 60 s is over"
    assert kept.reached is False
    first = run()
    np.testing.assert_array_equal(
        kept.surrogate.members[0].w, first.surrogate.members[0].w
    )


def test_time_is_counted_by_phase():
    clock = Clock()

    def slow(x):
        clock.now += 2.0
        return wave(x)

    found = run(oracle=slow, clock=clock)
    assert found.time_s == {"execute": 2.0, "finetune": 0.0, "verify": 2.0}


def test_what_use_makes_of_outputs_is_verified():
    found = run(oracle=lambda x: np.round(wave(x)), rounding=np.round)
    errors = np.round(found.surrogate(found.x)) - found.y
    assert found.verification.max_abs == np.abs(errors).max()


def test_more_looks_make_a_bound_harder():
    once = run().verification
    often = run(replace(CONFIG, target_error=1e9)).verification
    assert once.bound.fraction <= often.bound.fraction


def test_progress_says_what_happens():
    seen = []
    run(progress=lambda what, fraction: seen.append((what, fraction)))
    said = [what for what, _ in seen]
    assert said[0] == "running the program on 40 inputs"
    assert said[-1] == "verifying on 200 fresh inputs"
    assert any(what.startswith("finetuning 9-4-4-1: step ") for what in said)
    assert all(0 <= fraction <= 1 for _, fraction in seen)


@pytest.mark.parametrize(
    ("oracle", "message"),
    [
        (lambda x: np.full(len(x), np.nan), "NaN or infinity on 40 of 40"),
        (lambda x: np.zeros((len(x), 2)), r"an array of shape \(40, 2\)"),
        (lambda x: ["one"] * len(x), "no array of numbers; found list"),
        (lambda x: 1j * x[:, 0], "complex numbers for 40 inputs"),
        (lambda x: 1e200 * x[:, 0], "squares of that overflow"),
    ],
)
def test_programs_that_fail(oracle, message):
    with pytest.raises(OracleError, match=message):
        run(oracle=oracle)


def test_an_oracle_may_change_and_keep_what_it_gets():
    kept = []

    def rude(x):
        y = wave(x)
        x[:] = 0.0
        kept.append(y)
        return y

    found = run(oracle=rude)
    polite = run()
    kept[0][:] = 0.0
    np.testing.assert_array_equal(found.x, polite.x)
    np.testing.assert_array_equal(
        found.surrogate.members[0].w, polite.surrogate.members[0].w
    )


def test_a_widened_round_says_its_topology():
    config = replace(CONFIG, target_error=1e-12, budget=400, max_budget=400)
    start = Start(Topology((9, 1, 1, 1)), (("zeros", np.zeros(14)),))
    found = run(config, starts=(start,))
    topologies = [r.topology for r in found.rounds]
    assert topologies[:2] == ["9-1-1-1", "9-2-2-1"]
    assert {r.budget for r in found.rounds} == {400}
