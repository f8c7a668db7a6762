"""A user's own inputs, read from a file: CSV with a header, parquet, or numpy's .npz.

In: a path, or columns. Out: `Table`. Non-goals: which columns are inputs (program).

A cell that is no finite number is a fault only if its column is an input.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nsc.errors import InputError
from nsc.host import read_regular
from nsc.program import Table

MOST_BYTES = 1 << 30
KINDS = (".csv", ".parquet", ".npz")


def read_sample(
    given: str | Path | Mapping[str, Any] | Table | None,
) -> Table | None:
    """Read inputs from a file by its name's ending, or take them as columns.

    Raises:
        InputError: it cannot be read; where, what was expected, and what was found.
    """
    if given is None or isinstance(given, Table):
        return given
    if isinstance(given, Mapping):
        return _of_arrays("sample", given)
    if not isinstance(given, str | Path):
        raise InputError(
            "sample must be a path, or map names to columns, as in {'x': [0, 1]}; found"
            f" {type(given).__name__}"
        )
    path = Path(given)
    if path.suffix not in KINDS:
        raise InputError(
            f"sample must be a file {', '.join(KINDS[:-1])} or {KINDS[-1]}; found"
            f" '{path}'"
        )
    try:
        data = read_regular(path, MOST_BYTES)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {path}: {why}") from None
    if len(data) > MOST_BYTES:
        raise InputError(
            f"{path}: expected at most {MOST_BYTES >> 20} MiB; take fewer rows"
        )
    if path.suffix == ".csv":
        return _of_csv(str(path), data)
    if path.suffix == ".npz":
        return _of_npz(str(path), data)
    return _of_parquet(str(path), data)


def _of_csv(path: str, data: bytes) -> Table:
    """Read rows of numbers below a header of names."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: expected UTF-8 text; found other bytes at {error.start}"
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: {error}") from None
    if not rows:
        raise InputError(
            f"{path}:1:1: expected a header that names the inputs; found nothing"
        )
    names = [name.strip() for name in rows[0]]
    _expect_names(path, names)
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) != len(names):
            raise InputError(
                f"{path}:{line}:1: expected {len(names)} columns, as in the header;"
                f" found {len(row)}"
            )
    return _of_cells(path, names, rows[1:], lines[1:])


def _expect_names(path: str, names: Sequence[str]) -> None:
    """Refuse a header that names nothing, or something twice."""
    for k, name in enumerate(names):
        if name in names[:k]:
            raise InputError(
                f"{path}:1: expected different names; found '{name}' twice"
            )
    try:
        numbers = [float(name) for name in names]
    except ValueError:
        return
    raise InputError(
        f"{path}:1:1: expected a header that names the inputs; found the numbers"
        f" {', '.join(f'{v:g}' for v in numbers[:4])}"
    )


def _of_cells(
    path: str,
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    lines: Sequence[int],
) -> Table:
    columns: dict[str, np.ndarray] = {}
    problems: dict[str, str] = {}
    for k, name in enumerate(names):
        found = np.full(len(rows), np.nan)
        for n, row in enumerate(rows):
            value = _number(row[k])
            if value is None:
                column = 1 + sum(len(cell) + 1 for cell in row[:k])
                problems[name] = (
                    f"{path}:{lines[n]}:{column}: expected a finite number for"
                    f" '{name}'; found '{row[k][:40]}'"
                )
                break
            found[n] = value
        columns[name] = found
    return Table(path, columns, lines, problems)


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _of_npz(path: str, data: bytes) -> Table:
    """Read one array a column."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path}: expected arrays by name, as numpy.savez writes them; {error}"
        ) from None
    except (AttributeError, TypeError):
        raise InputError(
            f"{path}: expected arrays by name, as numpy.savez writes them; found one"
            " array"
        ) from None
    return _of_arrays(path, arrays)


def _of_parquet(path: str, data: bytes) -> Table:
    """Read the columns of numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: no parquet file: {error}") from None
    columns: dict[str, np.ndarray] = {}
    problems: dict[str, str] = {}
    for name in table.column_names:
        column = table.column(name)
        columns[name] = np.full(len(column), np.nan)
        if column.null_count:
            missing = column.is_null().to_numpy()
            row = int(np.argmax(missing)) + 1
            problems[name] = (
                f"{path}: row {row}: expected a number for '{name}'; found nothing"
            )
            continue
        try:
            columns[name] = column.cast(pa.float64()).to_numpy()
        except pa.ArrowException:
            problems[name] = (
                f"{path}: expected numbers that doubles hold for '{name}'; found"
                f" {column.type}"
            )
    return _checked(Table(path, columns, (), problems))


def _of_arrays(path: str, arrays: Mapping[str, Any]) -> Table:
    """Take one array a column."""
    columns: dict[str, np.ndarray] = {}
    problems: dict[str, str] = {}
    for name, given in arrays.items():
        found = np.asarray(given)
        if found.dtype.kind not in "biuf" or found.ndim != 1:
            problems[name] = (
                f"{path}: expected a column of numbers for '{name}'; found an array"
                f" {found.dtype} of shape {found.shape}"
            )
            found = np.empty(0)
        columns[name] = found.astype(np.float64)
    return _checked(Table(path, columns, (), problems))


def _checked(table: Table) -> Table:
    """Find what is no finite number, and columns of other lengths."""
    problems = dict(table.problems)
    lengths: dict[int, str] = {}
    for name, column in table.columns.items():
        if name in problems:
            continue
        lengths.setdefault(len(column), name)
        wrong = ~np.isfinite(column)
        if wrong.any():
            row = int(np.argmax(wrong))
            problems[name] = (
                f"{table.place(row)}: expected a finite number for '{name}'; found"
                f" {column[row]}"
            )
    if len(lengths) > 1:
        said = " and ".join(f"{n} in '{name}'" for n, name in lengths.items())
        raise InputError(
            f"{table.path}: expected as many rows in every column; found {said}"
        )
    return Table(table.path, table.columns, table.lines, problems)
