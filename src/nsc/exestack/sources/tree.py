"""C files below a folder, and those in archives there.

In: a folder. Out: `Found`s in name order. Links are not followed; archives are read in
memory.
"""

from __future__ import annotations

import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO

from nsc.exestack.sources.text import (
    MAX_BYTES,
    SUFFIXES,
    Found,
    SourceText,
    Unreadable,
    checked,
)
from nsc.host import NotAFile, open_regular, read_regular

MAX_ARCHIVE_BYTES = 512 << 20  # unpacked, of one archive
BROKEN_ARCHIVE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    LookupError,
    OverflowError,
    MemoryError,
)
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".zip")


def read_tree(root: Path) -> Iterator[Found]:
    """Walk a folder by name. The first folder below the root names the origin."""
    for path in _walk(root):
        relative = path.relative_to(root)
        is_nested = len(relative.parts) > 1
        folder = relative.parts[0] if is_nested else root.resolve().name
        origin = _spelled(folder)
        package = root / folder if is_nested else root
        if not path.name.endswith(ARCHIVES):
            yield _file(path, origin, _spelled(relative), "", package)
        elif not path.is_symlink():
            yield from _archive(path, origin)


def read_package(folder: Path, origin: str, licence: str) -> Iterator[Found]:
    """Walk one package's folder; paths start with its name."""
    for path in _walk(folder):
        if not path.name.endswith(ARCHIVES):
            relative = f"{origin}/{_spelled(path.relative_to(folder))}"
            yield _file(path, origin, relative, licence, folder)


def _spelled(path: str | Path) -> str:
    """Spell a path that is no UTF-8 with escapes; files and records know it by that."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root, followlinks=False):
        folders.sort()
        for name in sorted(names):
            if name.endswith((*SUFFIXES, *ARCHIVES)):
                yield Path(folder, name)


def _file(
    path: Path, origin: str, relative: str, licence: str, package: Path
) -> Found:
    if path.is_symlink():
        return Unreadable(origin, relative, "not_a_file")
    try:
        data = read_regular(path, MAX_BYTES, follow=False)
        found = checked(origin, relative, data, licence)
    except NotAFile:
        return Unreadable(origin, relative, "not_a_file")
    except OSError:
        return Unreadable(origin, relative, "unreadable")
    if isinstance(found, SourceText):
        return replace(found, package=str(package))
    return found


def _archive(path: Path, origin: str) -> Iterator[Found]:
    """Read an archive's C files from memory.

    Nothing is unpacked to disk, and a bomb is cut off.
    """
    shown = _spelled(path.name)
    members_of = _zip_members if path.name.endswith(".zip") else _tar_members
    left = MAX_ARCHIVE_BYTES
    try:
        for name, size, read in members_of(path):
            place = f"{shown}:{_spelled(name)}"
            left -= max(size, 0)
            if left < 0:
                yield Unreadable(origin, place, "archive_too_large")
                return
            if not name.endswith(SUFFIXES):
                continue
            if size > MAX_BYTES:
                yield Unreadable(origin, place, "too_large")
            else:
                yield checked(origin, place, read())
    except BROKEN_ARCHIVE:
        yield Unreadable(origin, shown, "broken_archive")


Member = tuple[str, int, Callable[[], bytes]]  # name, bytes, what reads it


def _open(path: Path) -> IO[bytes]:
    """Open an archive that is a file: a pipe would hold the build up."""
    return os.fdopen(open_regular(path, follow=False), "rb")


def _tar_members(path: Path) -> Iterator[Member]:
    with _open(path) as file, tarfile.open(fileobj=file) as archive:
        for member in archive:
            if member.isfile():
                content = archive.extractfile(member)
                if content is not None:
                    yield member.name, member.size, partial(_limited, content)


def _zip_members(path: Path) -> Iterator[Member]:
    with _open(path) as file, zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                content = partial(archive.open, member)
                yield (
                    member.filename,
                    member.file_size,
                    partial(_opened, content),
                )


def _opened(open_: Callable[[], IO[bytes]]) -> bytes:
    return _limited(open_())


def _limited(stream: IO[bytes]) -> bytes:
    with stream:
        return stream.read(MAX_BYTES + 1)
