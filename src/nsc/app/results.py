"""Writing results: everything appears whole or not at all.

In: paths, texts, bytes, a surrogate. Out: files. Non-goals: any computation.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from nsc.errors import InputError
from nsc.host import write_whole
from nsc.surrogate import Surrogate

SURROGATE_FILE = "surrogate.safetensors"


def write_text(path: Path, text: str) -> None:
    """Write a text file; it appears whole or not at all.

    Raises:
        InputError: it cannot be written there.
    """
    try:
        write_whole(path, text)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def check_writable(folder: Path) -> None:
    """Make sure results can be written before work starts.

    Raises:
        InputError: the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None


def write_results(
    folder: Path,
    surrogate: Surrogate,
    files: Mapping[str, bytes],
    *,
    stale: Collection[str] = (),
) -> None:
    """Write a surrogate and the files beside it.

    Args:
        files: what the others hold, by name.
        stale: names of files that an earlier compilation may have left.

    Raises:
        InputError: they cannot be written there; nothing half-written is left.
    """
    try:
        _write_all(folder, surrogate, files)
        for name in stale:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None


def _write_all(folder: Path, surrogate: Surrogate, files: Mapping[str, bytes]) -> None:
    """Write every file into a hidden folder beside, then move them into place."""
    work = Path(tempfile.mkdtemp(prefix=".nsc-", dir=folder))
    try:
        surrogate.save(work / SURROGATE_FILE)
        for name, data in files.items():
            (work / name).write_bytes(data)
        for name in (SURROGATE_FILE, *files):
            os.replace(work / name, folder / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
