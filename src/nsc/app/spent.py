"""What the seconds of a compilation went into.

In: phases by name. Out: seconds by name. Non-goals: what a phase does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Spent:
    """Seconds by what they were spent on."""

    def __init__(self) -> None:
        self.time_s: dict[str, float] = {}

    @contextmanager
    def on(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.add(what, time.perf_counter() - started)

    def add(self, what: str, seconds: float) -> None:
        self.time_s[what] = self.time_s.get(what, 0.0) + seconds
