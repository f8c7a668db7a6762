"""Temporary folders that signals leave nothing of.

In: a prefix. Out: a folder, for a while. Non-goals: what is in it.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def signals_held() -> Iterator[None]:
    """Let signals wait for a moment that must not be cut in two."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def temporary_folder(
    prefix: str, inside: Path | None = None
) -> Iterator[Path]:
    """Make a folder, and remove it in one go.

    Python's own leaves it where Ctrl-C comes while it is being removed.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    folder: str | None = None
    try:
        folder = tempfile.mkdtemp(prefix=prefix, dir=inside)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield Path(folder)
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
