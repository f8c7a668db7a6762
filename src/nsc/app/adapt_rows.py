"""Measurements in a table -> the columns that are a program's inputs and outputs.

In: a file or columns, the program's names. Out: inputs and outputs, each row once, and
how much outputs on the same inputs differ. Non-goals: adapting (nsc.adaptation).

Columns are found by the program's own names. Where they are called otherwise they are
named in the program's order, and a note says which was taken for which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nsc.app.data import merged
from nsc.app.frames import PATH
from nsc.app.table import (
    MOST_LISTED,
    Choose,
    Table,
    checked_column,
    chosen,
    read_table,
)
from nsc.errors import InputError
from nsc.program import Program, is_drawn, with_whole_inputs

RETURN = "return"  # what a program's returned value is called
FEWEST = 10  # rows with different inputs
MOST = 5000  # that can be waited for
FEWEST_REPEATS = (
    5  # rows beside others with the same inputs, that tell the noise
)

Array = np.ndarray


@dataclass(frozen=True)
class InputColumns:
    """Which columns are inputs.

    Args:
        own: those of the program's inputs, in its order.
        extra: those that the program does not know.
    """

    own: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """All of them, the program's first."""
        return (*self.own, *self.extra)


@dataclass(frozen=True)
class OutputColumns:
    """Which columns are outputs.

    Args:
        names: of the columns.
        numbers: which of the program's outputs each is.
    """

    names: tuple[str, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Measurements:
    """Measurements, each input once.

    Args:
        x: `n i`, the program's inputs first.
        y: `n o`.
        n_rows: rows of the table.
        noise: standard deviation of outputs on the same inputs, `o`; None without
            repeats.
        notes: what was made of repeats.
    """

    x: Array
    y: Array
    n_rows: int
    noise: Array | None
    notes: tuple[str, ...]


class Data:
    """A table that is read as far as it is needed.

    Args:
        given: a path, a data frame, or a dict of columns.
    """

    def __init__(self, given: Any):
        self.given = Path(given) if isinstance(given, str) else given
        is_table = isinstance(given, Mapping) or hasattr(given, "columns")
        if not isinstance(self.given, Path) and not is_table:
            raise InputError(
                "data must be a path, a data frame or a dict of columns; found"
                f" {type(given).__name__}"
            )
        self.path = str(given) if isinstance(self.given, Path) else PATH
        names: list[str] = []

        def see(found: Sequence[str]) -> Sequence[str]:
            names.extend(found)
            return []

        self._read(see)
        self.names = tuple(names)

    def table(self, columns: Sequence[str]) -> Table:
        """Read columns.

        Raises:
            InputError: one is not there, or holds something else than finite numbers.
        """
        return self._read(lambda names: columns)

    def _read(self, choose: Choose) -> Table:
        if isinstance(self.given, Path):
            return read_table(self.given, choose)
        given = self.given
        keys = list(given if isinstance(given, Mapping) else given.columns)
        by_name = {str(key): key for key in keys}
        wanted = chosen(PATH, [str(key) for key in keys], choose)
        columns = {
            name: checked_column(PATH, name, given[by_name[name]])
            for name in wanted
        }
        if len({len(column) for column in columns.values()}) > 1:
            raise InputError("data must have as many rows in every column")
        return Table(PATH, columns)


def match_inputs(
    data: Data, program: str, own: Sequence[str], named: Sequence[str]
) -> InputColumns:
    """Find the columns of a program's inputs.

    Args:
        named: columns that are inputs; () for the program's own names alone.

    Raises:
        InputError: an input without a column.
    """
    listed = ", ".join(data.names[:MOST_LISTED])
    if not named:
        missing = [name for name in own if name not in data.names]
        if missing:
            raise InputError(
                f"{data.path}:1: expected a column for each input of {program}; there is"
                f" none called '{missing[0]}'; found {listed}: rename one, or name"
                f" {len(own)} columns as inputs, in the order of {', '.join(own)}"
            )
        return InputColumns(tuple(own), ())
    data.table(named)
    missing = [name for name in own if name not in named]
    if not missing:
        extra = tuple(name for name in named if name not in own)
        return InputColumns(tuple(own), extra)
    if len(missing) == len(own) <= len(named):
        count = len(own)
        return InputColumns(tuple(named[:count]), tuple(named[count:]))
    raise InputError(
        f"expected a column among the inputs for each of {program}'s,"
        f" {', '.join(own)}; '{missing[0]}' is missing; found {', '.join(named)}"
    )


def match_outputs(
    data: Data,
    program: str,
    own: Sequence[str],
    named: Sequence[str],
    inputs: Sequence[str],
) -> OutputColumns:
    """Find the columns of a program's outputs.

    Args:
        named: columns; () for the program's own names, or the only column that is no
            input.

    Raises:
        InputError: they do not match.
    """
    rest = [name for name in data.names if name not in inputs]
    if not named and all(name in rest for name in own):
        named = own
    if not named and len(own) == 1 and len(rest) == 1:
        named = rest
    both = [name for name in named if name in inputs]
    if both:
        raise InputError(
            f"outputs must be other columns than the inputs; found '{both[0]}' in both"
        )
    meant = _with_return(named, own)
    if meant and all(name in own for name in meant):
        numbers = [list(own).index(name) for name in meant]
        return OutputColumns(tuple(named), tuple(numbers))
    if len(named) == len(own) and not any(name in own for name in named):
        return OutputColumns(tuple(named), tuple(range(len(own))))
    listed = ", ".join(rest[:MOST_LISTED]) or "none"
    found = ", ".join(named) if named else f"none; other columns are {listed}"
    raise InputError(
        f"outputs must name the columns in which {program}'s outputs"
        f" ({', '.join(own)}) were measured; found {found}"
    )


def _with_return(named: Sequence[str], own: Sequence[str]) -> list[str]:
    """Take the only name that is no output's for what is returned, which has none."""
    unknown = [name for name in named if name not in own]
    is_returned = RETURN in own and RETURN not in named and len(unknown) == 1
    return [RETURN if is_returned and n in unknown else n for n in named]


def measurements_of(
    data: Data, inputs: InputColumns, outputs: OutputColumns
) -> Measurements:
    """Read measurements.

    Raises:
        InputError: too few rows, or columns that tell nothing.
    """
    table = data.table([*inputs.all, *outputs.names])
    rows = merged(table, inputs.all, outputs.names, may_be_constant=inputs.own)
    if len(rows.x) < FEWEST:
        raise InputError(
            f"{data.path} must have at least {FEWEST} rows with different inputs, to tell"
            f" what helps from what does not; found {len(rows.x)}"
        )
    if len(rows.x) > MOST:
        raise InputError(
            f"{data.path} must have at most {MOST:,} rows with different inputs, for so"
            f" many need no program; found {len(rows.x):,}: take fewer, or learn them"
            " alone with nsc compile --data (nsc.fit)"
        )
    x = np.stack([table.columns[name] for name in inputs.all], axis=1)
    y = np.stack([table.columns[name] for name in outputs.names], axis=1)
    return Measurements(
        rows.x, rows.y, len(x), _noise_of_repeats(x, y), rows.notes
    )


def _noise_of_repeats(x: Array, y: Array) -> Array | None:
    """Return the pooled standard deviation of outputs on the same inputs.

    None where they are too few to tell.
    """
    _, of_row, counts = np.unique(
        x, axis=0, return_inverse=True, return_counts=True
    )
    of_row = of_row.ravel()
    freedom = len(x) - len(counts)
    if freedom < FEWEST_REPEATS:
        return None
    sums = np.zeros((len(counts), y.shape[1]))
    np.add.at(sums, of_row, y)
    apart = y - (sums / counts[:, None])[of_row]
    return np.sqrt((apart**2).sum(axis=0) / freedom)


def ranges_in(
    data: Data, inputs: InputColumns, own: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Return the range of each of the program's inputs in the measurements.

    Raises:
        InputError: a column that is constant, or empty.
    """
    table = data.table(inputs.own)
    found: dict[str, tuple[float, float]] = {}
    for name, column in zip(own, inputs.own, strict=True):
        values = table.columns[column]
        if not len(values):
            raise InputError(
                f"{data.path} must have rows below the columns' names; found none"
            )
        found[name] = (float(values.min()), float(values.max()))
    return found


def expect_inside(
    data: Data,
    inputs: InputColumns,
    own: Sequence[str],
    ends: tuple[Array, Array],
    advice: str,
) -> None:
    """Refuse measurements where nothing is known of the program.

    Args:
        ends: the least and the largest value of each input.
        advice: what to do; {domain} stands for the range that would do.
    """
    table = data.table(inputs.own)
    for name, column, lo, hi in zip(own, inputs.own, *ends, strict=True):
        values = table.columns[column]
        outside = np.flatnonzero((values < lo) | (values > hi))
        if not len(outside):
            continue
        row = int(outside[0])
        wanted = (min(lo, values.min()), max(hi, values.max()))
        domain = f"domain={{'{name}': ({wanted[0]:.10g}, {wanted[1]:.10g})}}"
        raise InputError(
            f"{table.place(row)}: expected '{column}' in the program's domain,"
            f" {lo:.10g} to {hi:.10g}; found {values[row]:.10g} ({len(outside)} of"
            f" {len(values)} rows): leave such rows out, or"
            f" {advice.format(domain=domain)}"
        )


def expect_drawn(data: Data, inputs: InputColumns, program: Program) -> None:
    """Refuse measurements that a program's compilation would never draw."""
    table = data.table(inputs.own)
    x = np.stack([table.columns[name] for name in inputs.own], axis=1)
    broken = np.argwhere(with_whole_inputs(program, x) != x)
    if len(broken):
        row, k = broken[0]
        raise InputError(
            f"{table.place(row)}: expected a whole number, as"
            f" '{program.signature.inputs[k].name}' is an integer; found"
            f" {x[row, k]:.10g}"
        )
    outside = np.flatnonzero(~is_drawn(program, x))
    if len(outside):
        raise InputError(
            f"{table.place(int(outside[0]))}: expected inputs that fulfil what was asked"
            f" of them ({len(outside)} of {len(x)} rows do not): leave such rows out, or"
            " ask for less"
        )
