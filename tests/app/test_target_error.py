"""Compiling until an error is small enough, and when that is given up."""

from functools import partial

import numpy as np
import pytest

import nsc
from nsc.app import CompileOptions, compile_program
from nsc.compilation import CompilationConfig, Start, surrogate_compilation
from nsc.program import parse_program
from nsc.surrogate import Surrogate, Topology

WAVE = "#include <math.h>\ndouble wave(double x, double y) { return sin(3*x) * y; }\n"


def test_target_error_grows_until_met():
    surrogate = nsc.compile(
        WAVE,
        budget=32,
        target_error=2e-3,
        initial="random",
        topology="covering",
    )
    report = surrogate.report
    assert report["target_reached"] and report["test"]["rmse"] <= 2e-3
    assert len(report["rounds"]) > 1


VERIFICATION = 500


def searched(errors: list[float], reach: float, **limits):
    """Search for an rmse of 1e-4 where each verification finds what it is told to.

    The program is y = x, which the start computes; on the inputs of each verification
    it is off by the next of `errors`. Inputs are within `reach` of zero.
    """
    topology = Topology((1, 33, 1), "relu")  # as wide as layers become
    w = np.zeros(topology.n_parameters)
    w[[0, 66]] = 1.0  # x = relu(x) - relu(-x)
    w[[1, 67]] = -1.0
    told = iter(errors)

    def oracle(x):
        signs = np.where(np.arange(len(x)) % 2, 1.0, -1.0)[:, None]
        return x + signs * next(told) if len(x) == VERIFICATION else x

    box = np.array([reach])
    config = CompilationConfig(
        budget=64,
        verification=VERIFICATION,
        target_error=1e-4,
        restarts=0,
        **limits,
    )
    return surrogate_compilation(
        oracle,
        (Start(topology, (("given", w),)),),
        lambda n, generator: generator.uniform(-reach, reach, (n, 1)),
        Surrogate((), -box, box, ("x",), ("y",)),
        config,
    )


@pytest.mark.parametrize(
    ("errors", "reach", "limits", "rounds", "why"),
    [
        # three rounds are too early to tell, four are not
        ([1e-2, 8e-3, 7e-3, 6e-3], 1.0, {}, 4, "do not bring it near"),
        # one gain as large as before, and it is reached
        ([1e-2, 8e-3, 7e-4, 6e-4, 9e-5], 1.0, {}, 5, ""),
        # hardly anything is learnt yet
        ([1e-2] * 10, 0.01, {"max_budget": 10**6}, 10, "10 rounds are over"),
        (
            [1e-2, 1e-3],
            1.0,
            {"max_budget": 300},
            2,
            "at most 300 examples are tried",
        ),
        ([1e-5], 1.0, {}, 1, ""),
    ],
)
def test_a_hopeless_target_is_given_up(errors, reach, limits, rounds, why):
    found = searched(errors, reach, **limits)
    assert [r.rmse for r in found.rounds] == pytest.approx(errors[:rounds])
    assert why in found.given_up and bool(why) == bool(found.given_up)
    assert found.reached == (not why)


def test_a_time_limit_ends_between_rounds():
    report = nsc.compile(
        WAVE, budget=64, target_error=1e-6, time_limit=1e-9, timing=False
    ).report
    assert (
        len(report["rounds"]) == 1
        and sum(report["program_runs"][use] for use in ("train", "validation"))
        == 64
    )
    assert any(
        "the time limit of 1e-09 s is over" in n for n in report["notes"]
    )


def test_a_time_limit_ends_a_round(monkeypatch):
    """The round that is under way is dropped, but what it ran counts."""
    grown = []
    timed = partial(
        surrogate_compilation, clock=lambda: 10.0 * ("late" in grown)
    )
    monkeypatch.setattr("nsc.app.pipeline.surrogate_compilation", timed)
    plain = {"initial": "random", "topology": "covering"}  # one race
    # builds what both need
    first = nsc.compile(WAVE, budget=64, timing=False, **plain)
    limit_s = 2.5

    def progress(what: str, fraction: float) -> None:
        if what.startswith("running the program"):
            grown.append(what)
        if len(grown) == 2 and fraction > 0:  # finetuning in the second round
            grown.append("late")

    options = CompileOptions(
        budget=64, target_error=1e-6, time_limit=limit_s, **plain
    )
    program = parse_program(WAVE)
    kept = compile_program(program, options, timing=False, progress=progress)
    found = kept.evidence.compilation
    assert grown[2:] == ["late"] and len(found.rounds) == 1
    assert "the time limit of 2.5 s is over" in kept.notes[0]
    assert sum(found.runs[use] for use in ("train", "validation")) == 256
    x = np.linspace(-1, 1, 50).reshape(25, 2)
    np.testing.assert_array_equal(kept.surrogate(x), first(x))


def test_the_target_is_in_the_report():
    report = nsc.compile(
        WAVE, budget=32, target_error=0.5, verification=200, timing=False
    ).report
    assert report["target_error"] == 0.5 and report["target_reached"] is True
    assert [r["budget"] for r in report["rounds"]] == [32]
