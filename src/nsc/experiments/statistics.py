"""Improvements over random initialisation, and how sure they are.

In: values of trials. Out: geometric means, percentiles, intervals. Source: ICML 2024,
section 5 (preprint 5.1.4): the improvement of a configuration (initialisation, program,
size) is the mean value of random initialisation over that of this one; means over
configurations are geometric. Non-goals: what values are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nsc.experiments.job import Measured

PERCENTILES = (0, 25, 50, 75, 100)
LEVEL = 0.95
RESAMPLES = 1000
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Values:
    """The values of one run.

    Args:
        programs, sizes: names of the axes.
        values: `program size trial`; NaN where a trial is missing.
    """

    programs: tuple[str, ...]
    sizes: tuple[float, ...]
    values: np.ndarray

    @property
    def trials(self) -> int:
        """How many trials there are of each program and size."""
        return self.values.shape[2]


@dataclass(frozen=True)
class Interval:
    """An improvement and its 95 % interval; NaN where there is none."""

    improvement: float
    low: float
    high: float


def values_of(measured: Iterable[Measured], programs: Sequence[str]) -> Values:
    """Arrange a run's values."""
    found = list(measured)
    sizes = sorted({m.size for m in found})
    trials = sorted({m.trial for m in found})
    values = np.full((len(programs), len(sizes), len(trials)), np.nan)
    at = {name: k for k, name in enumerate(programs)}
    for m in found:
        if m.program in at:
            place = at[m.program], sizes.index(m.size), trials.index(m.trial)
            values[place] = m.value
    return Values(tuple(programs), tuple(sizes), values)


def gains(random: Values, other: Values, floor: float) -> np.ndarray:
    """Return improvements, `program size`; NaN where a run lacks a trial."""
    return _ratio(random.values, other.values, floor)


def _ratio(random: np.ndarray, other: np.ndarray, floor: float) -> np.ndarray:
    """Divide means over the last axis; values below the floor count as it."""
    reference = np.maximum(random.mean(axis=-1), floor)
    return reference / np.maximum(other.mean(axis=-1), floor)


def geometric(values: np.ndarray) -> float:
    """Return the geometric mean of positive numbers; NaN of none."""
    kept = values[np.isfinite(values)]
    return float(np.exp(np.log(kept).mean())) if len(kept) else NAN


class Bootstrap:
    """Improvements of one start, and how sure they are.

    Trials of every program are drawn again, random ones and the others apart, all sizes
    of a trial together; and for means over programs, programs too. That is more than
    programs alone: what is drawn by chance does not look sure where programs are few.

    Args:
        random, other: values of all programs.
        floor: values below count as it.
    """

    def __init__(self, random: Values, other: Values, floor: float):
        found = gains(random, other, floor)
        self.logs = np.log(found)
        self.kept = np.flatnonzero(np.isfinite(found).all(axis=1))
        self.row = {int(k): row for row, k in enumerate(self.kept)}
        self.has_trials = min(random.trials, other.trials) > 1
        generator = np.random.default_rng(0)
        pair = (random.values[self.kept], other.values[self.kept])
        count = len(self.kept)
        # of all resamples: improvements of each program, and means over programs
        self.programs = np.empty((RESAMPLES, count))
        self.means = np.empty((RESAMPLES, found.shape[1] + 1))
        for k in range(RESAMPLES if count else 0):
            drawn = [_drawn(values, generator) for values in pair]
            logs = np.log(_ratio(drawn[0], drawn[1], floor))
            chosen = generator.integers(0, count, count)
            self.programs[k] = logs.mean(axis=1)
            self.means[k, :-1] = logs[chosen].mean(axis=0)
            self.means[k, -1] = self.means[k, :-1].mean()

    def over_programs(self, size: int | None = None) -> Interval:
        """Return the geometric mean over programs, at one size or over all."""
        if not len(self.kept):
            return Interval(NAN, NAN, NAN)
        logs = self.logs[self.kept]
        mean = logs.mean() if size is None else logs[:, size].mean()
        column = self.means[:, -1 if size is None else size]
        return Interval(float(np.exp(mean)), *_quantiles(column))

    def of_program(self, k: int) -> Interval:
        """Return the geometric mean over the sizes of one program."""
        if k not in self.row:
            return Interval(NAN, NAN, NAN)
        mean = float(np.exp(self.logs[k].mean()))
        if not self.has_trials:
            return Interval(mean, NAN, NAN)
        return Interval(mean, *_quantiles(self.programs[:, self.row[k]]))


def _drawn(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw trials again, with replacement: `program size trial`."""
    programs, _, trials = values.shape
    chosen = generator.integers(0, trials, (programs, 1, trials))
    return np.take_along_axis(values, chosen, axis=2)


def _quantiles(logs: np.ndarray) -> tuple[float, float]:
    rest = (1 - LEVEL) / 2
    low, high = np.exp(np.quantile(logs, (rest, 1 - rest)))
    return float(low), float(high)


def percentiles(values: np.ndarray) -> dict[int, float]:
    """Return percentiles of improvements over all configurations."""
    kept = values[np.isfinite(values)]
    if not len(kept):
        return {}
    found = np.percentile(kept, PERCENTILES)
    return dict(zip(PERCENTILES, map(float, found), strict=True))


def least_improving(values: np.ndarray) -> int | None:
    """Return the least whole percentile that improves (MPI); None where none does."""
    kept = values[np.isfinite(values)]
    if not len(kept):
        return None
    above = np.percentile(kept, range(101)) > 1.0
    return int(above.argmax()) if above.any() else None
