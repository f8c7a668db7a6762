"""Measurements that constants are fitted to.

In: a table, a Program. Out: `Measurements`, rows divided into those that are fitted to
and those that judge. Non-goals: reading files (table), running.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nsc.app.goals import output_names
from nsc.app.objective_runs import Measurements
from nsc.app.table import Table, read_table
from nsc.errors import InputError
from nsc.program import Program

HELD_BACK = 0.25  # of the rows, that judge
LEAST_HELD = 2
FEWEST = 8  # rows
DIVIDING = 6  # a stream of random numbers


def read_measured(path: Path) -> Table:
    """Read all columns of a file of measurements.

    Raises:
        InputError: it is no table of finite numbers, or has too few rows.
    """
    try:
        table = read_table(path, lambda names: names)
    except InputError as error:
        text = str(error)
        named = "data must"
        if text.startswith(named):
            text = "fit must" + text.removeprefix(named)
        raise InputError(text) from None
    n = len(next(iter(table.columns.values()), ()))
    if n < FEWEST:
        raise InputError(
            f"fit must have at least {FEWEST} rows, some of which judge; {path} has {n}"
        )
    return table


def ranges_of(table: Table) -> dict[str, tuple[float, float]]:
    """Return what columns range over; of one value a little more."""
    found: dict[str, tuple[float, float]] = {}
    for name, column in table.columns.items():
        lo = float(column.min())
        hi = float(column.max())
        found[name] = (lo, hi) if lo < hi else (lo, lo + max(1.0, abs(lo)))
    return found


def measurements_of(
    table: Table, program: Program, tuned: Sequence[str], seed: int
) -> Measurements:
    """Divide measurements into what is fitted to and what judges.

    Raises:
        InputError: an input without a column, or no column that is an output.
    """
    leaves = program.signature.inputs
    n = len(next(iter(table.columns.values())))
    inputs = np.zeros((n, len(leaves)))
    for k, leaf in enumerate(leaves):
        if leaf.name in tuned:
            continue
        if leaf.name not in table.columns:
            raise InputError(
                "fit must have a column for every input that is not tuned or fixed;"
                f" {table.path} has none named '{leaf.name}'; its columns are"
                f" {', '.join(table.columns)}"
            )
        inputs[:, k] = table.columns[leaf.name]
        if leaf.type.kind != "float":
            _expect_whole(table, leaf.name)
    outputs, columns = _outputs(table, program)
    y = np.stack([table.columns[name] for name in columns], axis=1)
    spread = y.std(axis=0)
    for name, each in zip(columns, spread, strict=True):
        if not each > 0:
            raise InputError(
                f"{table.path}: column '{name}' has one value alone, which tells nothing"
                " of constants"
            )
    order = np.random.default_rng([seed, DIVIDING]).permutation(n)
    n_held = max(LEAST_HELD, round(HELD_BACK * n))
    places = [k for k, leaf in enumerate(leaves) if leaf.name in tuned]
    scale = spread if len(columns) > 1 else np.ones(1)
    held = np.sort(order[:n_held])
    learned = np.sort(order[n_held:])
    return Measurements(
        inputs, tuple(places), outputs, y, scale, learned, held
    )


def _expect_whole(table: Table, name: str) -> None:
    column = table.columns[name]
    wrong = np.flatnonzero(column != np.floor(column))
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"{table.place(row)}: '{name}' is an integer: expected a whole number; found"
            f" {column[row]:.10g}"
        )


def _outputs(
    table: Table, program: Program
) -> tuple[tuple[int, ...], list[str]]:
    """Say which outputs are measured, and their columns.

    Of a program with one output, the only column that is no input is that.
    """
    names = output_names(program)
    found = [name for name in names if name in table.columns]
    if found:
        return tuple(names.index(name) for name in found), found
    inputs = {leaf.name for leaf in program.signature.inputs}
    inputs |= {leaf.name for leaf, _ in program.signature.fixed}
    others = [name for name in table.columns if name not in inputs]
    if len(names) == 1 and len(others) == 1:
        return (0,), others
    raise InputError(
        f"fit must have a column for an output, {', '.join(names)}; {table.path} has"
        f" {', '.join(table.columns)}"
    )
