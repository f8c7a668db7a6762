"""Where C text comes from: local trees, archives in them, and The Stack's parquet files.

In: a source like `tree:DIR` or `stack:FILE.parquet`. Out: `SourceText`s in a fixed order, or `Unreadable`s with
a named reason. Nothing here parses C. A hostile file costs one counted reason, never the run.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from nsc.errors import InputError

MAX_BYTES = 2_000_000  # of one file
MAX_ARCHIVE_BYTES = 512 << 20  # unpacked, of one archive
MAX_LINE = 20_000
SUFFIXES = (".c", ".h")
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".zip")


@dataclass(frozen=True)
class SourceText:
    """One C file: its text and where it is from.

    Args:
        origin: the source tree, package or data set.
        path: within the origin.
        licence: as the origin states it; "" where it does not.
        package: the folder whose headers the file may include; "" where there is none.
    """

    origin: str
    path: str
    text: str
    licence: str = ""
    package: str = ""

    @property
    def content_hash(self) -> str:
        return hashlib.blake2b(self.text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Unreadable:
    """A file that is no C text, and why."""

    origin: str
    path: str
    reason: str


Found = SourceText | Unreadable


def read_source_texts(source: str) -> Iterator[Found]:
    """Read `tree:DIR` or `stack:FILE.parquet`, in an order that depends on their content alone.

    Raises:
        InputError: another kind of source, or nothing at that place.
    """
    kind, _, place = source.partition(":")
    path = Path(place)
    if kind == "tree":
        if not path.is_dir():
            raise InputError(f"{source}: expected a folder; there is none at {place}")
        return _tree(path)
    if kind == "stack":
        if not path.is_file():
            raise InputError(f"{source}: expected a parquet file; there is none at {place}")
        return _stack(path)
    raise InputError(f"'{source}' is no source; expected tree:DIR or stack:FILE.parquet")


def _tree(root: Path) -> Iterator[Found]:
    """Walk a folder by name; links are not followed. The first folder below the root names the origin."""
    for folder, folders, names in os.walk(root, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(root)
            origin = relative.parts[0] if len(relative.parts) > 1 else root.resolve().name
            if name.endswith(ARCHIVES) and not path.is_symlink():
                yield from _archive(path, origin)
            elif name.endswith(SUFFIXES):
                found = _file(path, origin, str(relative))
                package = root / origin if len(relative.parts) > 1 else root
                yield replace(found, package=str(package)) if isinstance(found, SourceText) else found


def _file(path: Path, origin: str, relative: str) -> Found:
    if path.is_symlink() or not path.is_file():
        return Unreadable(origin, relative, "not_a_file")
    try:
        if path.stat().st_size > MAX_BYTES:
            return Unreadable(origin, relative, "too_large")
        return checked(origin, relative, path.read_bytes())
    except OSError:
        return Unreadable(origin, relative, "unreadable")


def checked(origin: str, path: str, data: bytes, licence: str = "") -> Found:
    """Decide whether bytes are C text: no zero bytes, UTF-8 or Latin-1, no line of a generated blob."""
    if len(data) > MAX_BYTES:
        return Unreadable(origin, path, "too_large")
    if b"\0" in data:
        return Unreadable(origin, path, "binary")
    if max(map(len, data.split(b"\n")), default=0) > MAX_LINE:
        return Unreadable(origin, path, "endless_line")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return SourceText(origin, path, text, licence)


def _archive(path: Path, origin: str) -> Iterator[Found]:
    """Read an archive's C files from memory; nothing is unpacked to disk, and a bomb is cut off."""
    try:
        members = _zip_members(path) if path.name.endswith(".zip") else _tar_members(path)
        left = MAX_ARCHIVE_BYTES
        for name, size, read in members:
            left -= size
            if left < 0:
                yield Unreadable(origin, f"{path.name}:{name}", "archive_too_large")
                return
            if name.endswith(SUFFIXES):
                if size > MAX_BYTES:
                    yield Unreadable(origin, f"{path.name}:{name}", "too_large")
                else:
                    yield checked(origin, f"{path.name}:{name}", read())
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError):
        yield Unreadable(origin, path.name, "broken_archive")


def _tar_members(path: Path) -> Iterator[tuple]:
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile():
                yield member.name, member.size, lambda m=member: archive.extractfile(m).read(MAX_BYTES + 1)


def _zip_members(path: Path) -> Iterator[tuple]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                yield member.filename, member.file_size, lambda m=member: _limited(archive.open(m))


def _limited(stream: io.BufferedIOBase) -> bytes:
    with stream:
        return stream.read(MAX_BYTES + 1)


def _stack(path: Path) -> Iterator[Found]:
    """Read The Stack: v1's flat columns (`content`, `lang`...), or one row a repository with nested `files`."""
    try:
        file = pq.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not a readable parquet file: {error}") from None
    names = set(file.schema_arrow.names)
    if not names & {"content", "files"}:
        raise InputError(
            f"{path} has neither The Stack's column 'content' nor 'files'; found {', '.join(sorted(names))}"
        )
    for batch in file.iter_batches(batch_size=64):
        for row in batch.to_pylist():
            rows = row["files"] or [] if "files" in names else [row]
            repository = row.get("repo_name") or row.get("max_stars_repo_name") or path.stem
            for item in rows:
                yield from _stack_row(item, repository)


def _stack_row(row: dict, repository: str) -> Iterator[Found]:
    language = (row.get("lang") or row.get("language") or row.get("ext") or "c").lower()
    name = row.get("max_stars_repo_path") or row.get("path") or row.get("hexsha") or row.get("blob_id") or "?"
    if language not in ("c", "h"):
        return
    licences = row.get("max_stars_repo_licenses") or row.get("detected_licenses") or []
    content = row.get("content")
    if content is None:
        yield Unreadable(repository, name, "no_content")
    else:
        yield checked(repository, name, content.encode("utf-8", "replace"), ", ".join(licences))
