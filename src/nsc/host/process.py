"""Processes that end: of their own accord, in time, or with their whole group.

In: a command, where and how long it may run. Out: its exit code and its messages.
Non-goals: which commands, other limits (sandbox).
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

GRACE_S = 5.0  # a killed process that a file system holds up is left to it


def run_bounded(
    command: Sequence[str], work: Path, environment: Mapping[str, str], wall_s: float
) -> tuple[int | None, str]:
    """Run a process group; after it, or after an error, none of it runs any more.

    Returns:
        (exit code, or None on timeout; what it wrote to stderr)
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
    try:
        _, messages = process.communicate(timeout=wall_s)
        return process.returncode, messages.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        _kill_group(process)


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
