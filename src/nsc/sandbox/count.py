"""How often programs ran, whoever ran them.

In: runs, as they happen. Out: their number while somebody counts. Non-goals: what they
were for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class RunCount:
    """How many inputs programs have run on, those that they failed on too."""

    n: int = 0


_COUNTING: ContextVar[tuple[RunCount, ...]] = ContextVar(
    "counting", default=()
)


@contextmanager
def counted_runs() -> Iterator[RunCount]:
    """Count the runs of this thread while this is open."""
    count = RunCount()
    token = _COUNTING.set((*_COUNTING.get(), count))
    try:
        yield count
    finally:
        _COUNTING.reset(token)


def add_runs(n: int) -> None:
    """Tell those who count that a program ran on `n` more inputs."""
    for count in _COUNTING.get():
        count.n += n
