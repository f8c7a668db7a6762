"""Processes that end: of their own accord, in time, or with their whole group.

In: a command, where and how long it may run. Out: its exit code and its messages.
Non-goals: which commands, other limits (sandbox).
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

MOST_MESSAGES = 1 << 20
GRACE_S = 5.0  # a killed process that a file system holds up is left to it


def run_bounded(
    command: Sequence[str],
    work: Path,
    environment: Mapping[str, str],
    wall_s: float,
) -> tuple[int | None, str]:
    """Run a process group; after it, or after an error, none of it runs any more.

    Returns:
        (exit code, or None on timeout; the first MOST_MESSAGES bytes that it wrote to
        stderr)
    """
    process = subprocess.Popen(
        command,
        cwd=work,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + wall_s
    try:
        messages = _first_bytes(process, deadline)
        code = process.wait(max(0.0, deadline - time.monotonic()))
        return code, messages.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        _kill_group(process)


def _first_bytes(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Read what a process writes to stderr to its end; keep the first of it."""
    assert process.stderr is not None
    kept = b""
    with selectors.DefaultSelector() as ready:
        ready.register(process.stderr, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not ready.select(left):
                raise subprocess.TimeoutExpired(process.args, 0)
            part = os.read(process.stderr.fileno(), 1 << 16)
            if not part:
                return kept
            kept += part[: MOST_MESSAGES - len(kept)]


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        pass
    if process.stderr is not None:
        process.stderr.close()
