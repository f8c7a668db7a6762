"""A seeded source of chance: the same seed throws the same numbers.

In: a seed. Out: numbers and choices. Non-goals: what is chosen, and how often (taste.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice(Random):
    """A seeded source of chance whose `choice` is quick."""

    def choice(self, seq: Sequence[T]) -> T:
        return seq[int(self.random() * len(seq))]
