"""One run of a program on the command line: bounded in time and in what it prints.

In: arguments. Out: `Ended`. Non-goals: what is in the text.

The program has a folder of its own, which is gone afterwards, and a process group of its
own: who is late is killed with all that it started, and what it left running goes with
it. Output goes to files, not through pipes: what it started may hold these open.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_OUTPUT = 1 << 20  # bytes that a run may print
LOOK_S = 0.05  # between two looks at what was printed
DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Args:
        code: its exit code; negative for a signal.
        out, error: what it printed, at most `MOST_OUTPUT` bytes.
        is_late: whether it was killed because its time was over.
        is_loud: because it printed too much.
    """

    code: int
    out: str
    error: str
    is_late: bool = False
    is_loud: bool = False


def run_once(arguments: Sequence[str], seconds: float) -> Ended:
    """Run a program; it reads nothing.

    Raises:
        OSError: it cannot be started.
    """
    with tempfile.TemporaryDirectory(
        prefix="nsc-run-", ignore_cleanup_errors=True
    ) as folder:
        place = Path(folder) / "work"
        place.mkdir()
        paths = (Path(folder) / "out", Path(folder) / "error")
        with paths[0].open("wb") as out, paths[1].open("wb") as error:
            process = subprocess.Popen(
                list(arguments),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=error,
                cwd=place,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
            with killed_at_the_end(process):
                is_late, is_loud = _watched(process, paths, seconds)
        printed, told = (_read(path) for path in paths)
        return Ended(process.returncode, printed, told, is_late, is_loud)


def end_with_parent() -> None:
    """Let the kernel kill this process when who started it is gone, where it can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)


@contextlib.contextmanager
def killed_at_the_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill a process with all of its group, whatever happens."""
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _watched(
    process: subprocess.Popen[bytes], paths: Sequence[Path], seconds: float
) -> tuple[bool, bool]:
    """Wait for an end; says whether time, or room for what it prints, was over."""
    until = time.monotonic() + seconds
    with contextlib.ExitStack() as stack:
        ended = _end_of(process, stack)
        while process.poll() is None:
            if time.monotonic() >= until:
                return True, False
            if any(path.stat().st_size > MOST_OUTPUT for path in paths):
                return False, True
            wait = min(LOOK_S, max(0.0, until - time.monotonic()))
            select.select(ended, (), (), wait if ended else min(wait, 0.002))
    is_loud = any(path.stat().st_size > MOST_OUTPUT for path in paths)
    return False, is_loud


def _end_of(
    process: subprocess.Popen[bytes], stack: contextlib.ExitStack
) -> list[int]:
    """Return what becomes readable when a process ends, where the system has that."""
    if not hasattr(os, "pidfd_open"):
        return []
    try:
        found = os.pidfd_open(process.pid)
    except OSError:
        return []
    stack.callback(os.close, found)
    return [found]


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MOST_OUTPUT).decode("utf-8", "replace")


def last_line(text: str) -> str:
    """Return the last line that says something, cut to what fits in a message."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:120] if lines else ""
