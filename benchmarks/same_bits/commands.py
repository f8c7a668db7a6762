"""The nsc command of the checkout that PYTHONPATH names.

In: words of a command line. Out: exit code, stdout, stderr.
Non-goals: what they are worth.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from digests import Found, of_text, refused

PLAIN = {"COLUMNS": "120", "TERM": "dumb", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Done:
    """What a command line came to."""

    code: int
    stdout: str
    stderr: str


def nsc_command(*words: str) -> Done:
    """Run `nsc WORDS...` in this folder, as on a plain terminal of fixed width."""
    done = subprocess.run(
        [sys.executable, "-m", "nsc", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=os.environ | PLAIN,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def made_by(words: list[str], found: Callable[[Done], Found]) -> Found:
    """Run a command and digest what it made; where it is refused, why."""
    done = nsc_command(*words)
    if done.code:
        return {"refusal": refused(f"{done.code} {done.stderr}")}
    try:
        return found(done)
    except Exception as error:  # a file that is missing, or is not what it was
        return {"unreadable": refused(f"{type(error).__name__} {error}")}


def printed(words: list[str], name: str) -> Found:
    """Run a command and digest what it printed."""
    return made_by(words, lambda done: {name: of_text(done.stdout)})
