"""What a walk asks of an array library beyond what numpy and torch spell alike.

In: arrays. Out: arrays of the same library. Non-goals: torch's side (device.py).
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Protocol

import numpy as np

from nsc.compnet.functions import FUNCTIONS, POLE, apply

Array = Any  # of numpy, or of torch on one device


class Arrays(Protocol):
    """An array library. `xp` has what both spell alike: where, isnan, isfinite, stack,
    concat.
    """

    xp: ModuleType

    def full(self, n: int, value: float) -> Array: ...

    def double(self, a: Array) -> Array: ...

    def single(self, a: Array) -> Array: ...

    def whole(self, a: Array) -> Array: ...

    def sorted(self, a: Array) -> Array: ...

    def sum_by(self, owner: Array, values: Array, n: int) -> Array: ...

    def apply(self, function: int, a: Array) -> Array: ...


class NumpyArrays:
    """The numpy side of `Arrays`."""

    xp = np

    def full(self, n: int, value: float) -> np.ndarray:
        """Return `n` doubles."""
        return np.full(n, value)

    def double(self, a: np.ndarray) -> np.ndarray:
        return a.astype(np.float64)

    def single(self, a: np.ndarray) -> np.ndarray:
        return a.astype(np.float32)

    def whole(self, a: np.ndarray) -> np.ndarray:
        return a.astype(np.int64)

    def sorted(self, a: np.ndarray) -> np.ndarray:
        """Sort each row."""
        return np.sort(a, axis=1)

    def sum_by(self, owner: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
        """Add up values by who owns them, 0..n-1."""
        return np.bincount(owner, values, n)

    def apply(self, function: int, a: np.ndarray) -> np.ndarray:
        """Apply FUNCTIONS[function]."""
        return apply(function, a)


def apply_softly(arrays: Arrays, function: int, a: Array, spread: Array) -> Array:
    """Apply a function whose pole is cut off: RECIP is linear within POLE standard
    deviations of zero.

    a: any shape; spread: the argument's standard deviation, of a shape that broadcasts.
    """
    if FUNCTIONS[function] != "RECIP":
        return arrays.apply(function, a)
    edge = POLE * spread + 1e-30
    return arrays.xp.where(abs(a) > edge, 1.0 / a, a / edge / edge)
