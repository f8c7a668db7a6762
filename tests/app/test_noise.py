"""Programs that give other outputs when they are run again are found out."""

import random
from types import SimpleNamespace

import numpy as np
import pytest

import nsc
from nsc.app.noise import FIRST, MORE, noise_of
from nsc.compilation import Examples
from nsc.errors import OracleError
from nsc.runs import Batch, Description, Runner

X = np.random.default_rng(0).uniform(-1, 1, (40, 2))
NAMES = ("y", "z")


class Program:
    """Runs in this process; its second output may be noisy.

    Args:
        spread: standard deviation of the noise.
    """

    def __init__(self, spread: float):
        self.spread = spread
        self.n_runs = 0
        self.generator = np.random.default_rng(1)
        self.description = Description(2, 1.0)

    def __call__(self, x):
        self.n_runs += len(x)
        noise = self.spread * self.generator.normal(size=len(x))
        y = np.stack([x[:, 0], x.sum(axis=1) + noise], axis=1)
        return Batch(y, {}, 1e-6, len(x))


def told(program, *, facts=None, is_ended=False):
    runner = Runner(program, lambda x, failed: OracleError("failed"))
    facts = {} if facts is None else facts
    running = SimpleNamespace(
        runner=runner, given=None, facts=facts, note=facts.update
    )
    found = SimpleNamespace(
        learned=Examples(X, program(X).outputs),
        y=program(X).outputs,
        is_ended=is_ended,
        surrogate=SimpleNamespace(output_names=NAMES),
    )
    return noise_of(SimpleNamespace(function=program, text=""), running, found)


def test_noise_is_told_of_the_output_that_has_it():
    found = told(Program(0.1))
    [note] = found.notes
    assert note.startswith("outputs vary when run again at the same inputs")
    assert "z by about 0.1" in note or "z by about 0.0" in note
    assert "y by" not in note
    assert found.runs == FIRST + MORE * FIRST


def test_what_does_not_vary_is_run_again_a_few_times_only():
    program = Program(0.0)
    found = told(program)
    assert found.notes == ()
    assert found.runs == FIRST
    assert program.n_runs == 2 * len(X) + FIRST


def test_rounding_is_no_noise():
    assert told(Program(1e-15)).notes == ()


def test_what_was_run_again_before_is_not_run_once_more():
    facts = {}
    first = told(Program(0.1), facts=facts)
    again = told(Program(0.1), facts=facts)
    assert first.notes == again.notes
    assert again.runs == 0


def test_a_user_who_ended_the_running_waits_for_nothing():
    program = Program(0.1)
    assert told(program, is_ended=True).runs == 0


def noisy(a, b):
    return a * b + random.gauss(0, 0.1)


def steady(a, b):
    return a * b


@pytest.mark.parametrize("function", [noisy, steady])
def test_python_functions_are_run_again(function):
    ranges = {"a": (-1, 1), "b": (-1, 1)}
    surrogate = nsc.compile(
        function,
        domain=ranges,
        vectorized=False,
        budget=40,
        verification=200,
        topology="9-4-1",
        restarts=0,
    )
    report = surrogate.report
    assert report is not None
    notes = [n for n in report["notes"] if n.startswith("outputs vary by")]
    assert len(notes) == (function is noisy)
    assert report["check_runs"]["noise"] == (
        FIRST + MORE * FIRST if function is noisy else FIRST
    )


def test_c_in_the_sandbox_is_not_run_again():
    surrogate = nsc.compile(
        "double f(double a) { return a * a; }",
        budget=20,
        topology="9-4-1",
        restarts=0,
        timing=False,
    )
    assert surrogate.report is not None
    assert "noise" not in surrogate.report["check_runs"]


@pytest.mark.with_teacher
@pytest.mark.parametrize("spread", [0.1, 0.0])
def test_noise_of_rows_is_fitted_and_told(spread):
    generator = np.random.default_rng(0)
    x = generator.uniform(-1, 1, (125, 1))
    y = np.sin(3 * x) + spread * generator.normal(size=(125, 1))
    surrogate = nsc.fit(x, y, topology="9-4-1", restarts=0)
    assert surrogate.report is not None
    notes = surrogate.report["notes"]
    assert any("seem to vary" in n for n in notes) == (spread > 0)
