"""Rows that exist of a program that is there, too: its first examples, once checked.

In: a table, Program, what runs it. Out: `Given`. Non-goals: rows without a program
(data).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nsc.app.data import SHUFFLE
from nsc.app.options import CompileOptions
from nsc.app.running import Running
from nsc.app.table import Table, read_table
from nsc.compilation import Given
from nsc.errors import InputError
from nsc.oracle import run_oracle
from nsc.program import Program, with_whole_inputs

CHECKED = 64  # rows of a dear program that are run again
MOST_APART = 1e-4  # of an output's spread: what rounding in a file makes


@dataclass(frozen=True)
class FirstRows:
    """A file with rows of a program.

    Args:
        inputs, outputs: its columns, in the order of the program's; () is its names.
    """

    path: Path
    inputs: Sequence[str] = ()
    outputs: Sequence[str] = ()


def with_first_rows(
    program: Program,
    running: Running,
    rows: FirstRows | None,
    options: CompileOptions,
) -> tuple[Program, Running]:
    """Let rows of a file be the first examples, if they are the program's.

    Raises:
        InputError: a row that is outside the domain, or that the program gives other
            outputs for.
    """
    if rows is None:
        return program, running
    if options.sampling == "adaptive":
        raise InputError(
            "sampling must be uniform or sobol with rows of a table, which nobody chose;"
            " found 'adaptive'"
        )
    table, x, y = read_rows(program, rows)
    shuffled = np.random.default_rng([options.seed, SHUFFLE])
    order = shuffled.permutation(len(x))
    checked = order[:CHECKED] if running.cost.is_dear else order
    _check_outputs(running, table, x, y, np.sort(checked))
    note = (
        f"{min(len(x), options.budget):,} of the examples to learn from are rows of"
        f" {table.path}; {len(checked):,} of its {len(x):,} rows were run again, and the"
        " program gave the same"
    )
    given = Given(x[order], y[order])
    program = replace(program, notes=(*program.notes, note))
    return program, replace(running, given=given)


def read_rows(
    program: Program, rows: FirstRows
) -> tuple[Table, np.ndarray, np.ndarray]:
    """Read rows of a program's inputs and outputs.

    Returns:
        The table, inputs `n i` and outputs `n o`.

    Raises:
        InputError: a column or rows are missing, or a row is outside the domain.
    """
    leaves = (program.signature.inputs, program.signature.outputs)
    names = [[leaf.name for leaf in some] for some in leaves]
    inputs = _columns(rows.inputs, names[0], "inputs")
    outputs = _columns(rows.outputs, names[1], "outputs")
    table = read_table(rows.path, lambda there: [*inputs, *outputs])
    x = np.stack([table.columns[name] for name in inputs], axis=1)
    y = np.stack([table.columns[name] for name in outputs], axis=1)
    if not len(x):
        raise InputError(
            f"{table.path} must have rows below the columns' names; found none"
        )
    _check_inputs(program, table, x)
    return table, x, y


def expect_in_order(program: Program, rows: FirstRows) -> None:
    """Refuse columns that are called as other inputs or outputs are.

    Where the program need not give what is in the rows, nothing else would tell.
    """
    leaves = (program.signature.inputs, program.signature.outputs)
    sides = zip(
        (rows.inputs, rows.outputs), leaves, ("inputs", "outputs"), strict=True
    )
    for given, some, argument in sides:
        own = [leaf.name for leaf in some]
        for found, name in zip(given, own, strict=False):
            if found != name and found in own:
                raise InputError(
                    f"{argument} must be columns in the program's order,"
                    f" {', '.join(own)}; found '{found}' in the place of '{name}': order"
                    f" them so, or leave {argument} out, which takes columns by their"
                    " names"
                )


def _columns(
    given: Sequence[str], own: Sequence[str], argument: str
) -> list[str]:
    """Return which columns hold a program's inputs, or its outputs."""
    if given and len(given) != len(own):
        raise InputError(
            f"each of {', '.join(own)} must have its column among {argument}; found"
            f" {', '.join(given)}"
        )
    return list(given or own)


def _check_inputs(program: Program, table: Table, x: np.ndarray) -> None:
    """Refuse rows that no compilation of the program would draw."""
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    is_outside = (x < lo) | (x > hi)
    if is_outside.any():
        row, k = np.argwhere(is_outside)[0]
        name = program.signature.inputs[k].name
        low = x[:, k].min()
        high = x[:, k].max()
        raise InputError(
            f"{table.place(row)}: expected '{name}' in the domain, {lo[k]:.10g} to"
            f" {hi[k]:.10g}; found {x[row, k]:.10g}: leave the row out, or give"
            f" domain={{'{name}': ({low:.10g}, {high:.10g})}}"
        )
    is_broken = with_whole_inputs(program, x) != x
    if is_broken.any():
        row, k = np.argwhere(is_broken)[0]
        name = program.signature.inputs[k].name
        raise InputError(
            f"{table.place(row)}: expected a whole number, as '{name}' is an integer;"
            f" found {x[row, k]:.10g}"
        )


def _check_outputs(
    running: Running,
    table: Table,
    x: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
) -> None:
    """Refuse rows that the program gives other outputs for."""
    own = run_oracle(running.oracle, x[rows], y.shape[1])
    apart = np.abs(own - y[rows])
    allowed = MOST_APART * (np.abs(own) + own.std(axis=0))
    wrong = np.flatnonzero((apart > allowed).any(axis=1))
    if not len(wrong):
        return
    first = wrong[0]
    row = int(rows[first])
    k = int((apart - allowed)[first].argmax())
    raise InputError(
        f"{table.place(row)}: expected {own[first, k]:.10g}, which the program gives"
        f" there; found {y[row, k]:.10g} ({len(wrong)} of {len(rows)} rows differ): are"
        " they rows of this program, and its units and columns the same?"
    )
