"""Folders that appear whole or not at all, and replace only their own kind.

In: a path, and a file that such folders hold. Out: a folder to fill, which takes the
path. Non-goals: what is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nsc.errors import InputError
from nsc.host.temporary import temporary_folder


@contextmanager
def replacing_folder(out: Path, mark: str) -> Iterator[Path]:
    """Fill a new folder; at the end it takes its place, after an error it is gone.

    Args:
        out: its place: free, an empty folder, or one that holds `mark`.
        mark: a file's name, by which a folder of this kind is known.

    Raises:
        InputError: something else is there.
    """
    is_free = not out.exists() or (out.is_dir() and not any(out.iterdir()))
    if not is_free and not (out / mark).is_file():
        raise InputError(
            f"{out} is there, and was not written by this command (it has no"
            f" {mark}); name a new folder"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(f".{out.name}.", inside=out.parent) as work:
        made = work / "made"
        made.mkdir()
        yield made
        if out.exists():
            os.replace(out, work / "old")
        os.replace(made, out)
