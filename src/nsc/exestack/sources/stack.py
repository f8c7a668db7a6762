"""The Stack's parquet files: flat columns, or one row a repository.

In: a parquet file. Out: `Found`s in row order, read in batches of 64 rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from nsc.errors import InputError
from nsc.exestack.sources.text import Found, Unreadable, checked


def open_stack(path: Path) -> pq.ParquetFile:
    """Open one of The Stack's files.

    It has v1's flat columns, or a repository's `files` in a row.

    Raises:
        InputError: it is no parquet file, or has neither layout.
    """
    try:
        file = pq.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not a readable parquet file: {error}") from None
    names = set(file.schema_arrow.names)
    if not names & {"content", "files"}:
        raise InputError(
            f"{path} has neither The Stack's column 'content' nor 'files'; found"
            f" {', '.join(sorted(names))}"
        )
    return file


def read_stack(file: pq.ParquetFile, name: str) -> Iterator[Found]:
    """Read the C files of an open file.

    Args:
        name: stands for the repository where none is given.
    """
    names = set(file.schema_arrow.names)
    for batch in file.iter_batches(batch_size=64):
        for row in batch.to_pylist():
            rows = row["files"] or [] if "files" in names else [row]
            repository = row.get("repo_name") or row.get("max_stars_repo_name") or name
            for item in rows:
                yield from _stack_row(item, repository)


def _stack_row(row: dict, repository: str) -> Iterator[Found]:
    language = _first(row, "lang", "language", "ext") or "c"
    if language.lower() not in ("c", "h"):
        return
    name = _first(row, "max_stars_repo_path", "path", "hexsha", "blob_id") or "?"
    licences = _first(row, "max_stars_repo_licenses", "detected_licenses") or []
    content = row.get("content")
    if content is None:
        yield Unreadable(repository, name, "no_content")
        return
    data = content.encode("utf-8", "replace")
    yield checked(repository, name, data, ", ".join(licences))


def _first(row: dict, *columns: str):
    """Return the first of some columns' values that is not empty; the layouts differ."""
    return next((row[name] for name in columns if row.get(name)), None)
