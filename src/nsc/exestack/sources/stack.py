"""The Stack's parquet files: flat columns, or one row a repository.

In: a parquet file. Out: `Found`s in row order, read in batches of 64 rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from nsc.errors import InputError
from nsc.exestack.sources.text import Found, Unreadable, checked

WRONG_TYPE = "wrong_type"
# pyarrow's own errors are among these
_DAMAGED = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    NotImplementedError,
    MemoryError,
)


def open_stack(path: Path) -> pq.ParquetFile:
    """Open one of The Stack's files.

    It has v1's flat columns, or a repository's `files` in a row.

    Raises:
        InputError: it is no parquet file, or has neither layout.
    """
    try:
        file = pq.ParquetFile(path)
    except _DAMAGED as error:
        raise InputError(
            f"{path} is not a readable parquet file: {error}"
        ) from None
    names = set(file.schema_arrow.names)
    if not names & {"content", "files"}:
        raise InputError(
            f"{path} has neither The Stack's column 'content' nor 'files'; found"
            f" {', '.join(sorted(names))}"
        )
    return file


def read_stack(file: pq.ParquetFile, name: str) -> Iterator[Found]:
    """Read the C files of an open file; what is damaged costs its rows alone.

    Args:
        name: stands for the repository where none is given.
    """
    for k in range(file.num_row_groups):
        try:
            for batch in file.iter_batches(batch_size=64, row_groups=[k]):
                for row in batch.to_pylist():
                    yield from _stack_rows(row, name)
        except _DAMAGED:
            yield Unreadable(name, f"row group {k}", "damaged_page")


def _stack_rows(row: dict[str, Any], name: str) -> Iterator[Found]:
    """Read a row: a file, or a repository with its files."""
    given = _first(row, "repo_name", "max_stars_repo_name")
    repository = given if isinstance(given, str) else name
    items = row["files"] or [] if "files" in row else [row]
    if not isinstance(items, list):
        yield Unreadable(repository, "?", WRONG_TYPE)
        return
    for item in items:
        if isinstance(item, dict):
            yield from _stack_row(item, repository)
        else:
            yield Unreadable(repository, "?", WRONG_TYPE)


def _stack_row(row: dict[str, Any], repository: str) -> Iterator[Found]:
    language = str(_first(row, "lang", "language", "ext") or "c")
    if language.lower() not in ("c", "h"):
        return
    name = str(
        _first(row, "max_stars_repo_path", "path", "hexsha", "blob_id") or "?"
    )
    content = row.get("content")
    if content is None:
        yield Unreadable(repository, name, "no_content")
        return
    if isinstance(content, str):
        content = content.encode("utf-8", "replace")
    if isinstance(content, bytes):
        yield checked(repository, name, content, _licences(row))
    else:
        yield Unreadable(repository, name, WRONG_TYPE)


def _licences(row: dict[str, Any]) -> str:
    found = _first(row, "max_stars_repo_licenses", "detected_licenses") or []
    names = found if isinstance(found, list) else [found]
    return ", ".join(str(name) for name in names if name is not None)


def _first(row: dict[str, Any], *columns: str) -> Any:
    """Return the first of some columns' values that is not empty; the layouts differ."""
    return next((row[name] for name in columns if row.get(name)), None)
