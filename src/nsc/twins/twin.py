"""A coarser program, and what running such programs costs.

In / Out: nothing. Non-goals: finding one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nsc.program import Program
from nsc.sandbox import Built

# numbers that change, by the place of the literal
Key = tuple[tuple[int, float], ...]


def key_of(values: Mapping[int, float]) -> Key:
    """Return what numbers change to, to look it up by."""
    return tuple(sorted(values.items()))


@dataclass(frozen=True)
class Twin:
    """A coarser program.

    Args:
        said: what was reduced: "N 200 -> 20".
        price: of a call, over the program's.
        error: over the variance of the program's outputs.
    """

    values: Key
    said: str
    program: Program
    built: Built
    price: float
    error: float = np.inf


@dataclass
class Cost:
    """What a search has cost.

    Args:
        price: instructions of a call of the program.
        spent: in runs of the program.
        allowed: what may be spent.
    """

    price: float = 0.0
    spent: float = 0.0
    allowed: float = 0.0

    @property
    def is_all_spent(self) -> bool:
        """Say whether the search may run nothing more."""
        return self.spent >= self.allowed
