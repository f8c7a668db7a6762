"""Writing results: everything appears whole or not at all.

In: paths, texts, bytes, a surrogate. Out: files. Non-goals: any computation.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nsc.errors import InputError
from nsc.host import temporary_folder, write_whole
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


def check_writable(folder: Path, names: Collection[str] = ()) -> None:
    """Make sure results can be written before work starts; nothing is made.

    Args:
        names: of the files that may be written.

    Raises:
        InputError: the folder cannot be made or written to, or a file cannot be
            replaced.
    """
    with _telling_where(folder):
        _check_targets(folder, names)
        there = next(
            f for f in (folder, *folder.absolute().parents) if f.exists()
        )
        with tempfile.TemporaryFile(dir=there):
            pass


def write_results(
    folder: Path,
    surrogate: Surrogate,
    files: Mapping[str, bytes],
    *,
    stale: Collection[str] = (),
) -> None:
    """Write a surrogate and the files beside it as one set.

    Args:
        files: what the others hold, by name.
        stale: names of files that an earlier compilation may have left.

    Raises:
        InputError: they cannot be written there; the folder is as it was.
    """
    names = (SURROGATE_FILE, *files)
    with _telling_where(folder):
        _check_targets(folder, (*names, *stale))
        folder.mkdir(parents=True, exist_ok=True)
        with temporary_folder(".nsc-", folder) as work:
            surrogate.save(work / SURROGATE_FILE)
            for name, data in files.items():
                (work / name).write_bytes(data)
            _swap(work, folder, names, stale)


@contextmanager
def _telling_where(folder: Path) -> Iterator[None]:
    """Say of an error of the system which folder was to be written."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot write to {folder}: {error.strerror}"
        ) from None


def _check_targets(folder: Path, names: Collection[str]) -> None:
    """Refuse names that no file can take: of folders, which none replaces."""
    for path in (folder / name for name in names):
        if path.is_dir() and not path.is_symlink():
            raise InputError(
                f"cannot write {path}: there is a folder of that name"
            )


def _swap(
    work: Path, folder: Path, names: Collection[str], stale: Collection[str]
) -> None:
    """Move files into place and stale ones away; all of it is undone after an error."""
    kept = work / "replaced"
    kept.mkdir()
    done: list[str] = []
    try:
        for name in (*names, *stale):
            if os.path.lexists(folder / name):
                _keep(folder / name, kept / name)
            done.append(name)
            if name in names:
                os.replace(work / name, folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
    except BaseException:  # a signal too
        for name in done:
            _restore(kept / name, folder / name)
        raise


def _keep(path: Path, copy: Path) -> None:
    """Give a file a second name, or make a copy where file systems have no links."""
    try:
        os.link(path, copy, follow_symlinks=False)
    except OSError:
        shutil.copy2(path, copy, follow_symlinks=False)


def _restore(kept: Path, path: Path) -> None:
    """Put a file back; one that was not there is gone again."""
    if os.path.lexists(kept):
        os.replace(kept, path)
    else:
        path.unlink(missing_ok=True)
