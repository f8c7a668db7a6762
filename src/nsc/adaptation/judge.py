# ruff: noqa: F722 (axes, not forward references)
"""How wrong program, scratch and adapted are on measurements that none has learned from.

In: a `Problem`. Out: held-out errors by nested cross-validation, and errors against the
number of measurements, by repeated splits. Non-goals: drawing them (app).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nsc.adaptation.choice import folds_of
from nsc.adaptation.network import Column
from nsc.adaptation.problem import Problem, learn

SIZES = (5, 10, 20, 50, 100, 200, 500)
TESTED = 0.25  # of the measurements, at least, in a split
SPLITS = 5
LINES = ("program", "scratch_network", "scratch_process", "adapted")
OUTER_FOLDS = 5
MANY = 300  # measurements from which on one fold in five judges
_RESAMPLED = 2000

# (what is happening, fraction of it that is done)
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class HeldOut:
    """What each measurement is more than what was learned without it says.

    Args:
        program, scratch, adapted: `n`; NaN at rows that were not held out.
    """

    program: Column
    scratch: Column
    adapted: Column

    def rmse(self, line: str) -> float:
        """Return the root mean squared error of "program", "scratch" or "adapted"."""
        return root_mean_square(getattr(self, line))

    def interval(self, line: str, seed: int) -> tuple[float, float]:
        """Return where the rmse lies in 90 % of resampled measurements."""
        missed = getattr(self, line)
        missed = missed[np.isfinite(missed)]
        generator = np.random.default_rng(seed)
        drawn = generator.integers(len(missed), size=(_RESAMPLED, len(missed)))
        errors = np.sqrt((missed[drawn] ** 2).mean(axis=1))
        lo, hi = np.quantile(errors, (0.05, 0.95))
        return float(lo), float(hi)


@dataclass(frozen=True)
class Curve:
    """Errors against the number of measurements that were learned from.

    Args:
        sizes: those numbers.
        rmse: line -> `size split`, root mean squared errors.
    """

    sizes: tuple[int, ...]
    rmse: dict[str, Float[np.ndarray, "k r"]]


def root_mean_square(missed: Column) -> float:
    """Return the root of the mean of the squares that there are."""
    return float(np.sqrt(np.nanmean(missed**2)))


def held_out(problem: Problem, *, seed: int, progress: Progress) -> HeldOut:
    """Learn without each fold in turn, choice and distillation included.

    Where measurements are many, one fold alone is held out.
    """
    n = len(problem.y)
    folds = folds_of(n, seed) % OUTER_FOLDS
    wanted = range(OUTER_FOLDS) if n < MANY else range(1)
    scratch = np.full(n, np.nan)
    adapted = np.full(n, np.nan)
    for fold in wanted:
        progress("held-out error", fold / len(wanted))
        own = folds == fold
        learned = learn(problem, np.flatnonzero(~own), seed)
        network, _ = learned.distilled(seed)
        adapted[own] = problem.y[own] - network(problem.u[own])
        scratch[own] = problem.y[own] - learned.scratch()(problem.u[own])
    program = np.where(
        np.isfinite(adapted), problem.y - problem.program_y, np.nan
    )
    return HeldOut(program, scratch, adapted)


def curve(
    problem: Problem, *, splits: int, seed: int, progress: Progress
) -> Curve:
    """Learn from more and more measurements, and try on the others."""
    n = len(problem.y)
    most = n - max(2, round(TESTED * n))
    sizes = sizes_up_to(most)
    rmse = {line: np.full((len(sizes), splits), np.nan) for line in LINES}
    for split in range(splits):
        order = np.random.default_rng([seed, split]).permutation(n)
        test = order[most:]
        for k, size in enumerate(sizes):
            done = (split * len(sizes) + k) / (splits * len(sizes))
            progress("error against the number of measurements", done)
            for line, error in _errors(problem, order[:size], test, seed):
                rmse[line][k, split] = error
    return Curve(sizes, rmse)


def sizes_up_to(most: int) -> tuple[int, ...]:
    """Return numbers of measurements to learn from, the last all that there are."""
    return (*[s for s in SIZES if 1.2 * s < most], most)


def _errors(
    problem: Problem, rows: np.ndarray, test: np.ndarray, seed: int
) -> Sequence[tuple[str, float]]:
    """Return each line's error on some measurements, learned from others."""
    learned = learn(problem, rows, seed)
    u = problem.u[test]
    said = {
        "program": problem.program_y[test],
        "scratch_network": learned.scratch(is_network=True)(u),
        "scratch_process": learned.scratch(is_network=False)(u),
        "adapted": learned.adapted(u),
    }
    y = problem.y[test]
    return [(line, root_mean_square(y - v)) for line, v in said.items()]
