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
    language = (row.get("lang") or row.get("language") or row.get("ext") or "c").lower()
    name = (
        row.get("max_stars_repo_path")
        or row.get("path")
        or row.get("hexsha")
        or row.get("blob_id")
        or "?"
    )
    if language not in ("c", "h"):
        return
    licences = row.get("max_stars_repo_licenses") or row.get("detected_licenses") or []
    content = row.get("content")
    if content is None:
        yield Unreadable(repository, name, "no_content")
    else:
        yield checked(
            repository, name, content.encode("utf-8", "replace"), ", ".join(licences)
        )
