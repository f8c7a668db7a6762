"""What a walk asks of an array library beyond what numpy and torch spell alike.

In: arrays. Out: arrays of the same library. Non-goals: torch's side (device.py).
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import numpy as np

from nsc.compnet.functions import FUNCTIONS, POLE, apply

Array = Any  # of numpy, or of torch on one device
TINY = 1e-30


@runtime_checkable
class Arrays(Protocol):
    """An array library."""

    @property
    def xp(self) -> ModuleType:
        """What both spell alike: where, isnan, isfinite, stack, concat."""
        ...

    def full(self, n: int, value: float) -> Array:
        """Return `n` doubles."""
        ...

    def double(self, a: Array) -> Array: ...

    def single(self, a: Array) -> Array: ...

    def whole(self, a: Array) -> Array: ...

    def sorted(self, a: Array) -> Array:
        """Sort each row."""
        ...

    def sum_by(self, owner: Array, values: Array, n: int) -> Array:
        """Add up values by who owns them, 0..n-1."""
        ...

    def apply(self, function: int, a: Array) -> Array:
        """Apply FUNCTIONS[function]."""
        ...


class NumpyArrays:
    """The numpy side of `Arrays`."""

    @property
    def xp(self) -> ModuleType:
        return np

    def full(self, n: int, value: float) -> np.ndarray:
        return np.full(n, value)

    def double(self, a: np.ndarray) -> np.ndarray:
        return a.astype(np.float64)

    def single(self, a: np.ndarray) -> np.ndarray:
        return a.astype(np.float32)

    def whole(self, a: np.ndarray) -> np.ndarray:
        return a.astype(np.int64)

    def sorted(self, a: np.ndarray) -> np.ndarray:
        return np.sort(a, axis=1)

    def sum_by(
        self, owner: np.ndarray, values: np.ndarray, n: int
    ) -> np.ndarray:
        return np.bincount(owner, values, n)

    def apply(self, function: int, a: np.ndarray) -> np.ndarray:
        return apply(function, a)


def apply_softly(
    arrays: Arrays, function: int, a: Array, spread: Array
) -> Array:
    """Apply a function whose pole is cut off.

    RECIP is linear within POLE standard deviations of zero.

    Args:
        a: any shape.
        spread: the argument's standard deviation, of a shape that broadcasts.
    """
    if FUNCTIONS[function] != "RECIP":
        return arrays.apply(function, a)
    edge = POLE * spread + TINY
    return arrays.xp.where(abs(a) > edge, 1.0 / a, a / edge / edge)
