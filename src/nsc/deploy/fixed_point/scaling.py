"""Inputs and outputs as integers.

In: inputs and outputs of a `Function`. Out: how each is scaled, and the values of scaled
ones. Non-goals: layers (network), C (c_text).

A real input is its place in the domain, from -largest to largest. A whole one is itself:
what is beyond the domain is brought to its end. A real output is its place in a range
that the network kept to on all inputs that were tried; a whole one is itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nsc.deploy.fixed_point.arithmetic import LARGEST_32, Format, shifted
from nsc.deploy.languages.function import Input, Output
from nsc.errors import InputError
from nsc.surrogate import OneOf, Whole

# that the range of an output is longer than what was seen of it, to each side
MARGIN = 1 / 16
LEAST_HALF = 2.0**-800  # of an output's range: its inverse is a number


@dataclass(frozen=True)
class RealInput:
    """round((x - middle) * factor), at most `largest` in size."""

    name: str
    identifier: str
    middle: float
    factor: float
    largest: int

    def integers(self, x: np.ndarray) -> np.ndarray:
        """Scale `n` inputs; a NaN becomes the domain's lower end."""
        scaled = (x - self.middle) * self.factor
        rounded = np.trunc(np.where(scaled < 0, scaled - 0.5, scaled + 0.5))
        is_more = scaled > -self.largest
        kept = np.where(is_more, np.minimum(rounded, self.largest), 0.0)
        return np.where(is_more, kept, -self.largest).astype(np.int64)

    def scaled(self, q: np.ndarray) -> np.ndarray:
        """Return what the first layer reads."""
        return np.clip(q, -self.largest, self.largest)


@dataclass(frozen=True)
class WholeInput:
    """An integer from `lo` to `hi`; the layers read ((x - lo) * factor + start) / 2^by."""

    name: str
    identifier: str
    lo: int
    hi: int
    factor: int
    start: int
    by: int
    largest: int

    def integers(self, x: np.ndarray) -> np.ndarray:
        """Return `n` inputs as they are."""
        return x.astype(np.int64)

    def scaled(self, q: np.ndarray) -> np.ndarray:
        """Return what the first layer reads."""
        beyond = np.clip(q, self.lo, self.hi) - self.lo
        place = shifted(beyond * self.factor + self.start, self.by)
        return np.clip(place, -self.largest, self.largest)


@dataclass(frozen=True)
class RealOutput:
    """An output is middle + q * step; the last layer's row is scaled by `gain`."""

    name: str
    identifier: str
    middle: float
    step: float
    bits: int
    largest: int

    @property
    def gain(self) -> float:
        """What the network's output, less `middle`, is multiplied by."""
        return 1 / (self.step * 2.0**self.bits)

    def integers(self, acc: np.ndarray, by: int) -> np.ndarray:
        """Return `n` outputs of sums that are divided by 2^by."""
        divided = shifted(acc, max(by, 0)) << max(-by, 0)
        return np.clip(divided, -self.largest, self.largest)

    def values(self, q: np.ndarray) -> np.ndarray:
        """Return `n` outputs in the program's units."""
        return self.middle + q * self.step


@dataclass(frozen=True)
class WholeOutput:
    """An output is the nearest integer from `lo` to `hi`."""

    name: str
    identifier: str
    lo: int
    hi: int
    middle: float = 0.0
    gain: float = 1.0
    bits: int = 0

    def integers(self, acc: np.ndarray, by: int) -> np.ndarray:
        """Return `n` outputs of sums that are divided by 2^by."""
        return np.clip(shifted(acc, by), self.lo, self.hi)

    def values(self, q: np.ndarray) -> np.ndarray:
        """Return `n` outputs in the program's units."""
        return q.astype(np.float64)


@dataclass(frozen=True)
class OneOfOutput:
    """An output is the value behind the last threshold that the network is above."""

    name: str
    identifier: str
    thresholds: tuple[float, ...]
    results: tuple[int, ...]
    middle: float = 0.0
    gain: float = 1.0
    bits: int = 0

    def steps(self, by: int) -> list[int]:
        """Return the thresholds as sums that are divided by 2^by."""
        sums = [math.floor(t * 2.0**by) for t in self.thresholds]
        return [min(max(s, -LARGEST_32), LARGEST_32) for s in sums]

    def integers(self, acc: np.ndarray, by: int) -> np.ndarray:
        """Return `n` outputs of sums that are divided by 2^by."""
        above = acc[:, None] > np.array(self.steps(by), np.int64)
        return np.array(self.results)[above.sum(axis=1)]

    def values(self, q: np.ndarray) -> np.ndarray:
        """Return `n` outputs in the program's units."""
        return q.astype(np.float64)


AnyInput = RealInput | WholeInput
AnyOutput = RealOutput | WholeOutput | OneOfOutput


def input_of(given: Input, *, is_whole: bool, kind: Format) -> AnyInput:
    """Say how an input is scaled.

    Raises:
        InputError: it is an integer of more than 32 bits.
    """
    half = (given.hi - given.lo) / 2
    middle = (given.hi + given.lo) / 2
    if not is_whole:
        factor = kind.largest / half
        return RealInput(
            given.name, given.identifier, middle, factor, kind.largest
        )
    lo = math.ceil(given.lo)
    hi = math.floor(given.hi)
    _expect_32_bits(given.name, max(abs(lo), abs(hi)), kind)
    by = min(60 - kind.bits, 30)
    slope = kind.largest / half * 2.0**by
    start = (lo - middle) * slope
    return WholeInput(
        given.name,
        given.identifier,
        lo,
        hi,
        round(slope),
        round(start),
        by,
        kind.largest,
    )


def output_of(output: Output, y: np.ndarray, kind: Format) -> AnyOutput:
    """Say how an output is scaled.

    Args:
        y: what the network gives for it on all inputs that are tried.

    Raises:
        InputError: it is one of values that are no integers of 32 bits.
    """
    names = output.name, output.identifier
    rules = list(output.rules)
    if not rules:
        return _real_output(names, y, kind)
    limits = [rule for rule in rules if isinstance(rule, Whole)]
    if limits == rules:
        return WholeOutput(*names, *_within_32_bits(limits))
    first, *rest = rules
    if isinstance(first, OneOf):
        values = _after(first.values, rest)
        return _one_of(names, first.thresholds, values, kind)
    return _one_of(names, (0.5,), [0.0, 1.0], kind)


def _real_output(
    names: tuple[str, str], y: np.ndarray, kind: Format
) -> RealOutput:
    """Scale an output by what it ranged over, and MARGIN."""
    lo = float(y.min())
    hi = float(y.max())
    half = (hi - lo) / 2 * (1 + 2 * MARGIN)
    if half == 0:
        half = max(abs(hi), 2.0**-100) * MARGIN
    # what underflows is a constant
    step = max(half, LEAST_HALF) / kind.largest
    return RealOutput(*names, (hi + lo) / 2, step, kind.bits, kind.largest)


def _within_32_bits(limits: list[Whole]) -> tuple[int, int]:
    """Return the least and the largest integer of all limits and 32 bits."""
    lo = max(-LARGEST_32, *(limit.lo for limit in limits))
    hi = min(LARGEST_32, *(limit.hi for limit in limits))
    return int(lo), int(hi)


def _after(
    values: tuple[float, ...], rules: list[Whole | OneOf | str | None]
) -> list[float]:
    """Return what becomes of values that are rounded once more."""
    found = np.array(values)
    for rule in rules:
        if isinstance(rule, Whole | OneOf):
            found = rule.nearest(found)
        elif rule == "bool":
            found = (found > 0.5).astype(np.float64)
    return [float(v) for v in found]


def _one_of(
    names: tuple[str, str],
    thresholds: tuple[float, ...],
    values: list[float],
    kind: Format,
) -> OneOfOutput:
    for value in values:
        if value != int(value):
            raise InputError(
                f"the export as {kind.name} must be left out: '{names[0]}' is one of"
                f" a few values, and {value:g} is no integer; export c has them"
            )
        _expect_32_bits(names[0], abs(value), kind)
    return OneOfOutput(*names, thresholds, tuple(map(int, values)))


def _expect_32_bits(name: str, size: float, kind: Format) -> None:
    if size > LARGEST_32:
        raise InputError(
            f"the export as {kind.name} must be left out: '{name}' reaches {size:.3g},"
            " which 32 bits do not hold; export c does"
        )
