"""Whether a program gives other outputs when it is run again at the same inputs.

In: what runs it, runs that were learned from. Out: notes, and how often it ran. C in the
sandbox is not run again: nothing in there differs from run to run. Non-goals: rows of a
table with the same inputs (data).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nsc.app.data import GivenRows
from nsc.app.running import Running
from nsc.compilation import Compilation
from nsc.errors import NscError
from nsc.oracle import Oracle, run_oracle
from nsc.program import Program
from nsc.report import Teacher
from nsc.runs import Runner

FIRST = 3  # inputs that tell whether there is any noise, at most
SHARE = 0.1  # of the runs that were learned from, about
MORE = 3  # times as many tell how much, where there is
LEAST_NMSE = 1e-12  # noise over the variance, below which it is rounding
FACT = "repeated"  # what it is called beside the runs that are kept


@dataclass(frozen=True)
class Noise:
    """What running again showed.

    Args:
        runs: how often the program ran again.
    """

    notes: tuple[str, ...] = ()
    runs: int = 0


def noise_of(program: Program, running: Running, found: Compilation) -> Noise:
    """Run a program again at a few inputs that it learned from, if it may differ.

    Where it does, it runs again at a few more: they tell how much.
    """
    learned = found.learned
    function = program.function
    has_runs = function is not None and not isinstance(function, GivenRows)
    # who hands over an oracle beside C text answers for it: it is not checked
    can_differ = has_runs and not program.text
    if not can_differ or learned is None or found.is_ended:
        return Noise()
    again = _Again(running, found.y.shape[1])
    given = running.given
    own = 0 if given is None else len(given.x)  # others' rows are no runs
    x = learned.x[own:]
    y = learned.y[own:]
    first = max(1, min(FIRST, int(SHARE * len(x))))
    squares = _squares(again(x[:first]), y[:first])
    if not squares.any():
        return Noise(runs=again.n_made)
    rest = slice(first, first + MORE * first)
    squares = np.concatenate([squares, _squares(again(x[rest]), y[rest])])
    variance = squares.mean(axis=0)
    notes = _said_of_noise(variance, found.y, found.surrogate.output_names)
    return Noise(notes, again.n_made)


class _Again:
    """Runs a program again, past what is kept of its runs.

    A program whose runs are kept is run again once: what that gave is noted beside them.
    """

    def __init__(self, running: Running, n_outputs: int):
        self.running = running
        self.n_outputs = n_outputs
        self.n_made = 0
        known = running.facts.get(FACT, {"x": [], "y": []})
        rows = map(tuple, known["x"])
        self.known = dict(zip(rows, known["y"], strict=True))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return outputs `n o` of inputs `n i`; NaN where a run fails."""
        rows = [tuple(row) for row in x.tolist()]
        missing = [k for k, row in enumerate(rows) if row not in self.known]
        if missing:
            made = self._run(x[missing])
            self.n_made += len(missing)
            for k, y in zip(missing, made.tolist(), strict=True):
                self.known[rows[k]] = y
            self._remember()
        found = [self.known[row] for row in rows]
        return np.array(found, np.float64).reshape(len(x), self.n_outputs)

    def _remember(self) -> None:
        """Note what was run again, if runs are kept."""
        x = [list(row) for row in self.known]
        fact = {"x": x, "y": list(self.known.values())}
        self.running.note(**{FACT: fact})

    def _run(self, x: np.ndarray) -> np.ndarray:
        runner = self.running.runner
        if runner is None:
            return _tolerant(self.running.oracle, x, self.n_outputs)
        again = Runner(
            runner.executable,
            runner.refuse,
            workers=runner.workers,
            seconds=runner.seconds,
            cluster=runner.cluster,
        )
        return again.outcomes(x)


def _tolerant(oracle: Oracle, x: np.ndarray, n_outputs: int) -> np.ndarray:
    """Run an oracle; NaN everywhere where it fails on something."""
    try:
        return run_oracle(oracle, x, n_outputs)
    except NscError:
        return np.full((len(x), n_outputs), np.nan)


def _squares(again: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return half the squared differences, `n o`, of runs that did not fail."""
    has = np.isfinite(again).all(axis=1)
    return (again[has] - y[has]) ** 2 / 2


def _said_of_noise(
    variance: np.ndarray, y: np.ndarray, names: Sequence[str]
) -> tuple[str, ...]:
    """Say how much outputs vary, and what that means.

    Args:
        variance: of each output at the same inputs, `o`.
        y: outputs at different inputs, `n o`.
    """
    spread = np.asarray(y.var(axis=0))
    told = [
        (name, float(noise), float(noise / of))
        for name, noise, of in zip(names, variance, spread, strict=True)
        if of > 0 and noise / of > LEAST_NMSE
    ]
    if not told:
        return ()
    if len(names) == 1:
        _, noise, least = told[0]
        return (
            f"outputs vary by about {np.sqrt(noise):.2g} (standard deviation) when run"
            " again at the same inputs: no surrogate can be better than about nmse"
            f" {least:.2g}",
        )
    each = "; ".join(
        f"{name} by about {np.sqrt(noise):.2g}, so that no surrogate can be better than"
        f" about nmse {least:.2g}"
        for name, noise, least in told
    )
    return (
        f"outputs vary when run again at the same inputs (standard deviation): {each}",
    )


def said_of_fitted_noise(
    teacher: Teacher | None, found: Compilation
) -> tuple[str, ...]:
    """Say what noise was fitted to runs, where nothing can run again to tell."""
    if teacher is None:
        return ()
    names = found.surrogate.output_names
    spread = np.asarray(found.y.var(axis=0))
    told = [
        f"{name} by about {noise:.2g} (nmse {noise**2 / of:.2g})"
        for name, noise, of in zip(names, teacher.noise, spread, strict=False)
        if noise > 0 and of > 0
    ]
    if not told:
        return ()
    return (
        "outputs seem to vary at the same inputs (standard deviation, fitted):"
        f" {', '.join(told)}; no surrogate can be better than about that nmse",
    )
