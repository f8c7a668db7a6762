"""A data set's folder: what it is for, and that one process writes it.

In: the folder. Out: a note in it, and a lock on that. Non-goals: the data.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nsc.errors import InputError
from nsc.host.atomic import write_whole
from nsc.host.json_file import read_json


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a claimed folder as long as it is written to.

    The lock is the kernel's: a killed process holds nothing.

    Raises:
        InputError: another process has it.
    """
    with (folder / "build.json").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"another process is writing {folder}: wait for it or choose another"
                " folder"
            ) from None
        yield


def claim(folder: Path, what: dict[str, Any]) -> None:
    """Note in build.json what a folder is for, where nothing is noted.

    Args:
        folder: one that exists.
        what: plain values, by what they say.

    Raises:
        InputError: it is for something else, or the note is damaged.
    """
    file = folder / "build.json"
    if not file.exists():
        write_whole(file, json.dumps(what, indent=1))
        return
    held = read_json(file)
    if held != what:
        found = ", ".join(f"{k} {v}" for k, v in held.items())[:300]
        raise InputError(
            f"{folder} holds a build with {found}; choose another folder"
        )
