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
    """Return improvements, `program size`; NaN where a run lacks one."""
    return _ratio(random.values, other.values, floor)


def _ratio(random: np.ndarray, other: np.ndarray, floor: float) -> np.ndarray:
    """Divide means over the last axis; values below the floor count as it."""
    reference = np.maximum(random.mean(axis=-1), floor)
    return reference / np.maximum(other.mean(axis=-1), floor)


def geometric(values: np.ndarray) -> float:
    """Return the geometric mean of positive numbers; NaN of none."""
    kept = values[np.isfinite(values)]
    return float(np.exp(np.log(kept).mean())) if len(kept) else float("nan")


def over_programs(values: np.ndarray) -> Interval:
    """Resample programs.

    Args:
        values: improvements, `program size`; all sizes of a program go together.
    """
    kept = values[np.isfinite(values).all(axis=1)]
    if not len(kept):
        return Interval(*[float("nan")] * 3)
    logs = np.log(kept).mean(axis=1)
    generator = np.random.default_rng(0)
    chosen = generator.integers(0, len(logs), (RESAMPLES, len(logs)))
    low, high = _quantiles(logs[chosen].mean(axis=1))
    return Interval(float(np.exp(logs.mean())), low, high)


def over_trials(
    random: np.ndarray, other: np.ndarray, floor: float
) -> Interval:
    """Resample trials of one program, random ones and the others apart.

    Args:
        random, other: values, `size trial`.
    """
    improvement = geometric(_ratio(random, other, floor))
    trials = random.shape[-1]
    if trials < 2 or other.shape[-1] < 2:
        return Interval(improvement, float("nan"), float("nan"))
    generator = np.random.default_rng(0)
    means = []
    for _ in range(RESAMPLES):
        a = random[:, generator.integers(0, trials, trials)]
        b = other[:, generator.integers(0, other.shape[-1], trials)]
        means.append(np.log(_ratio(a, b, floor)).mean())
    return Interval(improvement, *_quantiles(np.array(means)))


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
