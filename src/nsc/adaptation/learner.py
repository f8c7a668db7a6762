"""Surrogates that learn from measurements in their own way, of inputs of any kind.

In: a `Learner`, inputs (texts, say), measured values. Out: the learner of all of them,
and errors on measurements that nothing learned from, against their number.
Non-goals: networks of numbers (pattern), where measurements come from (app).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

import numpy as np

from nsc.adaptation.judge import Progress
from nsc.adaptation.network import Column

Inputs = Sequence[Any]
Predict = Callable[[Inputs], Column]
# (inputs, measured, seed) -> what predicts
Method = Callable[[Inputs, Column, int], Predict]
JUDGED = 0.25  # of the measurements, at most, in a split
MOST_JUDGED = 91
SIZES = (20, 50, 100, 200, 400, 800, 1600, 3200)
_RESAMPLED = 2_000
_SEED = 100


class Learner(Protocol):
    """A surrogate that few measurements correct; a structured model, say."""

    @property
    def measure(self) -> str:
        """The name of the error that it is judged by."""
        ...

    def __call__(self, x: Inputs) -> Column:
        """Predict; NaN for an input that it cannot read."""
        ...

    def learn(self, x: Inputs, y: Column, seed: int) -> Learner:
        """Return what it is after measurements `n` of inputs that it can read."""
        ...

    def scratch(self, seed: int) -> Learner:
        """Return one of the same kind that knows nothing."""
        ...

    def error(self, predicted: Column, true: Column) -> float:
        """Return how wrong predictions are."""
        ...


@dataclass(frozen=True)
class Split:
    """Numbers of measurements to learn from, and of those that judge."""

    learning: np.ndarray
    judging: np.ndarray


@dataclass(frozen=True)
class Judged:
    """Errors of one method at one number of measurements.

    Args:
        method: its name.
        size: measurements that it learned from; their mean where splits differ.
        errors: one a split.
    """

    method: str
    size: int
    errors: Column

    @property
    def mean(self) -> float:
        """The mean over splits."""
        return float(self.errors.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Where the mean lies in 95 % of resampled splits."""
        rng = np.random.default_rng(0)
        drawn = rng.choice(self.errors, (_RESAMPLED, len(self.errors)))
        low, high = np.percentile(drawn.mean(axis=1), [2.5, 97.5])
        return float(low), float(high)


@dataclass(frozen=True)
class LearnerAdaptation:
    """A learner, adapted.

    Args:
        learner: of all measurements.
        judged: errors of "program", "scratch" and "adapted" at each number.
    """

    learner: Learner
    judged: list[Judged]


def is_learner(found: Any) -> TypeGuard[Learner]:
    """Say whether it can be adapted in its own way."""
    return all(
        callable(getattr(found, name, None))
        for name in ("learn", "scratch", "error")
    )


def random_splits(n: int, size: int, count: int) -> list[Split]:
    """Divide measurements at random; the judges of a split hang not on the size.

    Args:
        n: how many there are.
        size: how many are learned from.
        count: of splits.
    """
    judged = most_judged(n)
    if size > n - judged:
        raise AssertionError("who learns does not judge")
    orders = [
        np.random.default_rng(_SEED + seed).permutation(n)
        for seed in range(count)
    ]
    return [Split(order[:size], order[n - judged :]) for order in orders]


def most_judged(n: int) -> int:
    """Tell how many of `n` measurements judge."""
    return min(MOST_JUDGED, int(JUDGED * n))


def group_splits(groups: Sequence[str], fewest: int) -> dict[str, Split]:
    """Let each group judge what learns from all the others.

    Args:
        groups: of each measurement; "" is none of its own and never judges.
        fewest: measurements that a group needs to judge.
    """
    of = np.array(groups)
    names, counts = np.unique(of, return_counts=True)
    return {
        str(name): Split(
            np.flatnonzero(of != name), np.flatnonzero(of == name)
        )
        for name, count in zip(names, counts, strict=True)
        if name and count >= fewest and count < len(of)
    }


def as_it_is(predict: Predict) -> Method:
    """Take what predicts as a method that learns nothing."""
    return lambda x, y, seed: predict


def from_scratch(learner: Learner) -> Method:
    """Take a learner as a method that learns from measurements alone."""
    return lambda x, y, seed: learner.scratch(seed).learn(x, y, seed)


def judge_methods(
    methods: Mapping[str, Method],
    x: Inputs,
    y: Column,
    splits: Sequence[Split],
    error: Callable[[Column, Column], float],
) -> list[Judged]:
    """Judge methods by the same splits.

    Args:
        methods: by name.
        x, y: inputs and what was measured.
        splits: who learns from what, and is judged by what.
        error: of predictions and truth.
    """
    found: dict[str, list[float]] = {name: [] for name in methods}
    for seed, split in enumerate(splits):
        learning = [x[k] for k in split.learning]
        judging = [x[k] for k in split.judging]
        for name, method in methods.items():
            predict = method(learning, y[split.learning], seed)
            told = error(predict(judging), y[split.judging])
            found[name].append(told)
    size = round(np.mean([len(split.learning) for split in splits]))
    return [
        Judged(name, int(size), np.array(errors))
        for name, errors in found.items()
    ]


def adapt_learner(
    learner: Learner,
    x: Inputs,
    y: Column,
    *,
    seed: int = 0,
    splits: int = 5,
    progress: Progress = lambda what, fraction: None,
) -> LearnerAdaptation:
    """Adapt a learner to measurements, and say how much that helps.

    Args:
        x: inputs that it can read.
        y: measured, `n`.
        seed: of what is drawn.
        splits: how often measurements are divided; 0 judges nothing.
        progress: told what is happening, and the fraction of it that is done.
    """
    methods: dict[str, Method] = {
        "program": as_it_is(learner),
        "scratch": from_scratch(learner),
        "adapted": learner.learn,
    }
    most = len(y) - most_judged(len(y))
    sizes = [size for size in SIZES if size < 0.8 * most][-3:] + [most]
    judged: list[Judged] = []
    for k, size in enumerate(sizes if splits else []):
        progress(f"judging {size} measurements", k / len(sizes))
        divided = random_splits(len(y), size, splits)
        judged += judge_methods(methods, x, y, divided, learner.error)
    progress("adapting", 1.0)
    return LearnerAdaptation(learner.learn(x, y, seed), judged)
