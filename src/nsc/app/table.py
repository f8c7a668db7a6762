"""Tables of numbers in files: CSV, parquet, npz.

In: a path, names of columns. Out: `Table`. Non-goals: what columns are for (data). A cell
that is no finite number is refused with its place: which rows count is their owner's to
say.
"""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nsc.app.options import MAX_EXAMPLES
from nsc.errors import InputError

MOST_LINE = 1 << 20  # characters
MOST_LISTED = 20  # columns in a message
SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Table:
    """Columns of equal length.

    Args:
        path: of the file, or what messages call a table that is in none.
        columns: name -> float64 `n`.
        lines: the line of each row; None where rows have none.
    """

    path: str
    columns: Mapping[str, np.ndarray]
    lines: np.ndarray | None = None

    def place(self, row: int) -> str:
        """Say where a row stands: "runs.csv:12", or "row 11 of runs.npz"."""
        if self.lines is None:
            return f"row {row + 1} of {self.path}"
        return f"{self.path}:{self.lines[row]}"


# names of a file's columns, in order -> those that are wanted
Choose = Callable[[Sequence[str]], Sequence[str]]


def read_table(path: Path, choose: Choose) -> Table:
    """Read the columns of a file that are wanted.

    Raises:
        InputError: there is no such file, or it is no table of finite numbers.
    """
    readers = {".csv": _csv, ".tsv": _csv, ".txt": _csv}
    readers |= {".parquet": _parquet, ".npz": _npz}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"data must be a .csv, .parquet or .npz file; found {path}"
        )
    if not path.is_file():
        raise InputError(f"data must be a file; there is none: {path}")
    return reader(path, choose)


def chosen(path: str, names: Sequence[str], choose: Choose) -> list[str]:
    """Choose among a table's columns; each must be there once."""
    for k, name in enumerate(names):
        if name in names[:k]:
            raise InputError(
                f"{path}:1: expected each column's name once; '{name}' is there twice:"
                " rename one"
            )
    wanted = list(choose(names))
    for name in wanted:
        if name not in names:
            listed = ", ".join(names[:MOST_LISTED])
            raise InputError(
                f"{path}:1: there is no column '{name}'; found {listed}"
            )
    return wanted


def checked_column(path: str, name: str, values: Any) -> np.ndarray:
    """Return a column as float64; a value that is no finite number is refused."""
    found = np.asarray(values)
    if found.ndim != 1 or found.dtype.kind not in "fiub":
        raise InputError(
            f"{path}: column '{name}' must hold real numbers, one a row; found an array"
            f" of shape {found.shape} and type {found.dtype}"
        )
    column = np.array(found, np.float64)
    bad = np.flatnonzero(~np.isfinite(column))
    if len(bad):
        raise InputError(
            f"{path}: row {bad[0] + 1}, column '{name}': expected a finite number; found"
            f" {column[bad[0]]} ({len(bad)} of {len(column)} rows): leave such rows out"
        )
    if len(column) > MAX_EXAMPLES:
        raise InputError(
            f"{path} must have at most {MAX_EXAMPLES:,} rows; found {len(column):,}"
        )
    return column


def _csv(path: Path, choose: Choose) -> Table:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            return _Csv(str(path), file).read(choose)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path}: expected UTF-8 text; byte {error.start} is none: save it as"
                " UTF-8"
            ) from None


class _Csv:
    """A CSV file that is being read."""

    def __init__(self, path: str, file: io.TextIOBase):
        self.path = path
        self.file = file
        self.number = 0  # of the line that was read last
        self.line = ""  # all lines of the row that is being read

    def read(self, choose: Choose) -> Table:
        """Read header and rows."""
        names, separator = self._header()
        wanted = chosen(self.path, names, choose)
        places = [names.index(name) for name in wanted]
        columns = [array("d") for _ in wanted]
        lines = array("q")
        faults: list[tuple[int, str]] = []
        for start, cells in self._rows(separator):
            if len(cells) != len(names):
                raise InputError(
                    f"{self.path}:{start}: expected {len(names)} cells, as in the first"
                    f" line; found {len(cells)}"
                )
            for column, place in zip(columns, places, strict=True):
                value = _number(cells[place])
                if value is None or not math.isfinite(value):
                    found = self._fault(cells, place, start, separator)
                    faults.append((start, found))
                    value = math.nan
                column.append(value)
            lines.append(start)
            if len(lines) > MAX_EXAMPLES:
                raise InputError(
                    f"{self.path}:{start}: expected at most {MAX_EXAMPLES:,} rows; found"
                    " more: leave some out"
                )
        _refuse_faults(faults, len(lines))
        arrays = [np.array(column, np.float64) for column in columns]
        by_name = dict(zip(wanted, arrays, strict=True))
        return Table(self.path, by_name, np.array(lines, np.int64))

    def _header(self) -> tuple[list[str], str]:
        """Read the columns' names, and tell what separates cells."""
        self.line = first = self._next_line() or ""
        if not first.strip():
            raise InputError(
                f"{self.path}:1: expected the columns' names; the line is empty"
            )
        separator = max(SEPARATORS, key=first.count)
        [names] = csv.reader([first], delimiter=separator)
        names = [name.strip() for name in names]
        if all(_number(name) is not None for name in names):
            raise InputError(
                f"{self.path}:1: expected the columns' names; found numbers: write names"
                " above them"
            )
        return names, separator

    def _rows(self, separator: str) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of each row that is not blank."""
        reader = csv.reader(self._lines(), delimiter=separator)
        while True:
            self.line = ""
            start = self.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise InputError(
                    f"{self.path}:{start}: expected a row of cells: {error}"
                ) from None
            if cells:
                yield start, cells

    def _lines(self) -> Iterator[str]:
        while (line := self._next_line()) is not None:
            self.line += line
            yield line

    def _next_line(self) -> str | None:
        line = self.file.readline(MOST_LINE)
        if not line:
            return None
        self.number += 1
        if len(line) >= MOST_LINE and not line.endswith("\n"):
            raise InputError(
                f"{self.path}:{self.number}: expected lines of less than {MOST_LINE:,}"
                " characters; is it a table?"
            )
        return line

    def _fault(
        self, cells: Sequence[str], place: int, start: int, separator: str
    ) -> str:
        """Say what is wrong with a cell that is no finite number."""
        column = _column_of(self.line, place, separator)
        found = cells[place].strip()[:40]
        return (
            f"{self.path}:{start}:{column}: expected a finite number; found"
            f" {found!r}: mend the cell, or leave the row out"
        )


def _refuse_faults(faults: Sequence[tuple[int, str]], n_rows: int) -> None:
    """Refuse cells that are no finite numbers: the first, and in which lines others are."""
    if not faults:
        return
    lines = list(dict.fromkeys(line for line, _ in faults))
    said = faults[0][1]
    if len(lines) == n_rows > 1:
        said += f" (all {n_rows} rows have such a cell: is the column text?)"
    elif len(lines) > 1:
        shown = ", ".join(map(str, lines[:MOST_LISTED]))
        more = ", ..." if len(lines) > MOST_LISTED else ""
        said += (
            f" ({len(lines)} of {n_rows} rows have such a cell, in lines"
            f" {shown}{more})"
        )
    raise InputError(said)


def _number(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def _column_of(line: str, place: int, separator: str) -> int:
    """Return where in a row's text a cell begins, from 1."""
    is_quoted = False
    for at, character in enumerate(line, 1):
        if place == 0:
            return at
        if character == '"':
            is_quoted = not is_quoted
        elif character == separator and not is_quoted:
            place -= 1
    return len(line) + 1


def _parquet(path: Path, choose: Choose) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows > MAX_EXAMPLES:
                raise InputError(
                    f"{path} must have at most {MAX_EXAMPLES:,} rows; found"
                    f" {file.metadata.num_rows:,}"
                )
            names = file.schema_arrow.names
            wanted = chosen(str(path), names, choose)
            read = file.read(columns=wanted)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path} cannot be read as parquet: {str(error)[:200]}"
        ) from None
    columns = {
        name: checked_column(
            str(path), name, read[name].to_numpy(zero_copy_only=False)
        )
        for name in wanted
    }
    return Table(str(path), columns)


def _npz_fault(error: Exception) -> str:
    """Say what numpy found, without its advice to unpickle, which runs code."""
    if "pickle" in str(error):
        return "expected what numpy.savez writes of arrays of numbers; found pickled data"
    return str(error)[:200]


def _npz(path: Path, choose: Choose) -> Table:
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    except Exception as error:  # zip's, numpy's and zlib's, of any kind
        raise InputError(
            f"{path} cannot be read as arrays of numbers: {_npz_fault(error)}"
        ) from None
    split = _split(found)
    wanted = chosen(str(path), list(split), choose)
    columns = {
        name: checked_column(str(path), name, split[name]) for name in wanted
    }
    if len({len(column) for column in columns.values()}) > 1:
        lengths = ", ".join(f"{n}: {len(c)}" for n, c in columns.items())
        raise InputError(
            f"{path}: columns must have one length; found {lengths}"
        )
    return Table(str(path), columns)


def _split(found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Name the columns of arrays `n k`: x1, x2, ..."""
    split: dict[str, np.ndarray] = {}
    for name, values in found.items():
        if values.ndim != 2:
            split[name] = values
            continue
        for k in range(values.shape[1]):
            split[f"{name}{k + 1}"] = values[:, k]
    return split
