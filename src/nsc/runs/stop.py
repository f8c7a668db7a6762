"""Ctrl-C that asks for an end first, and only the second time forces one.

In: nothing. Out: whether it was pressed. Non-goals: what follows.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Wish:
    """Whether the user wants the running to end."""

    is_there: bool = False


@contextmanager
def heeding_interrupts(*, is_wanted: bool) -> Iterator[Wish]:
    """Note the first Ctrl-C; a second one does what it did before.

    Args:
        is_wanted: else every one does what it did.
    """
    wish = Wish()
    before = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if not is_wanted or not is_main or not callable(before):
        yield wish
        return

    def note(number: int, frame: FrameType | None) -> None:
        if wish.is_there:
            before(number, frame)
        wish.is_there = True

    signal.signal(signal.SIGINT, note)
    try:
        yield wish
    finally:
        signal.signal(signal.SIGINT, before)
