"""What the type behind an output can hold: whole numbers, or a few values.

In: a network's real outputs. Out: the values that stand for them. Non-goals: which
outputs are of which kind (the application knows programs).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from nsc.errors import InputError


@dataclass(frozen=True)
class Whole:
    """Whole numbers from `lo` to `hi`; halves go away from zero, as in C's round."""

    lo: float
    hi: float

    def nearest(self, y: np.ndarray) -> np.ndarray:
        """Return what stands for `n` real outputs."""
        nearest = np.clip(np.trunc(y + np.copysign(0.5, y)), self.lo, self.hi)
        return nearest + 0.0  # no integer is -0

    def sentence(self) -> str:
        """Say it in words."""
        return f"rounded to the nearest integer in [{self.lo:.17g}, {self.hi:.17g}]"


@dataclass(frozen=True)
class OneOf:
    """A few values, ascending: an output becomes the one that it is nearest to."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        is_ascending = all(a < b for a, b in pairwise(self.values))
        if not self.values or not is_ascending:
            raise InputError(
                f"values must ascend, one at least; found {self.values}"
            )

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The midpoints: above one, an output is the next value."""
        return tuple(a / 2 + b / 2 for a, b in pairwise(self.values))

    def nearest(self, y: np.ndarray) -> np.ndarray:
        """Return what stands for `n` real outputs."""
        above = y[:, None] > np.array(self.thresholds)
        nearest = np.array(self.values)[above.sum(axis=1)]
        return np.where(np.isnan(y), y, nearest)

    def sentence(self) -> str:
        """Say it in words."""
        values = ", ".join(f"{v:.17g}" for v in self.values)
        return f"the nearest of {values}"


Held = Whole | OneOf | None  # None: any real number


def to_json(held: Held) -> Any:
    """Return plain values."""
    if held is None:
        return None
    if isinstance(held, Whole):
        return {"whole": [held.lo, held.hi]}
    return {"one_of": list(held.values)}


def from_json(found: Any) -> Held:
    """Read back what `to_json` gave.

    Raises:
        ValueError, KeyError, TypeError, InputError: it is something else.
    """
    if found is None:
        return None
    if "whole" in found:
        lo, hi = map(float, found["whole"])
        return Whole(lo, hi)
    return OneOf(tuple(map(float, found["one_of"])))
