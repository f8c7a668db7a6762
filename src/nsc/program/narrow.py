"""A Program -> the same, drawn where conditions hold, or from a user's own inputs.

In: Program, conditions, a table of inputs. Out: Program. Non-goals: reading files (app).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nsc.conditions import parse_condition
from nsc.errors import DomainError
from nsc.program.domain import Range, stated_range
from nsc.program.drawing import Sample, Table
from nsc.program.program import Program
from nsc.program.units import expect_fulfilled
from nsc.syntax import Leaf, Signature

FEWEST_ROWS = 8  # of a sample


def with_box_of(
    sample: Table, signature: Signature, ranges: Mapping[str, Range]
) -> dict[str, Range]:
    """Give inputs without a range what a sample ranges over.

    Raises:
        DomainError: an input has one value there.
    """
    found = dict(ranges)
    for leaf in signature.inputs:
        has_range = stated_range(leaf, ranges) is not None
        if has_range or not len(sample.columns.get(leaf.name, ())):
            continue
        column = _held(sample, leaf)
        lo = float(column.min())
        hi = float(column.max())
        if lo == hi:
            raise DomainError(
                f"sample must have several values of every input; {sample.path} has"
                f" '{leaf.name}' = {lo:.10g} alone: fix it with"
                f" fix={{'{leaf.name}': {lo:.10g}}}"
            )
        found[leaf.name] = (lo, hi)
    return found


def narrowed(
    program: Program, where: Sequence[str] = (), sample: Table | None = None
) -> Program:
    """Have a program's inputs drawn where conditions hold, and from a sample.

    Args:
        where: conditions between inputs, all of which must hold.
        sample: rows to draw from; those outside the domain are left out, with a note.

    Raises:
        DomainError: a condition that is none, or that hardly ever holds; a sample that
            does not fit the program.
    """
    signature = program.signature
    names = [leaf.name for leaf in signature.inputs]
    fixed = {leaf.name: value for leaf, value in signature.fixed}
    texts = [where] if isinstance(where, str) else where
    conditions = tuple(parse_condition(text, names, fixed) for text in texts)
    drawing = replace(
        program.drawing,
        conditions=(*program.drawing.conditions, *conditions),
    )
    program = replace(program, drawing=drawing)
    if sample is None:
        expect_fulfilled(program)
        return program
    logarithmic = drawing.log_names(names)
    if logarithmic:
        raise DomainError(
            "domain must not be logarithmic with a sample, whose rows say how inputs are"
            f" drawn: give '{logarithmic[0]}' a plain range, or leave the sample out"
        )
    table, notes = _fitting(sample, program)
    rows, more = _rows_inside(program, table)
    left_out = len(sample.columns[names[0]]) - len(rows)
    found = Sample(table.path, rows, n_left_out=left_out)
    return replace(
        program,
        drawing=replace(drawing, sample=found),
        notes=(*program.notes, *notes, *more),
    )


def _fitting(table: Table, program: Program) -> tuple[Table, tuple[str, ...]]:
    """Take the columns that are inputs, and the rows that have the values that are fixed.

    Returns:
        The table, its columns in the inputs' order; and notes on what was left out.

    Raises:
        DomainError: an input without a column.
    """
    signature = program.signature
    names = [leaf.name for leaf in signature.inputs]
    missing = [name for name in names if name not in table.columns]
    if missing:
        there = ", ".join(table.columns) or "none"
        raise DomainError(
            f"sample must have a column for every input of {program.name}: {table.path}"
            f" has none named '{missing[0]}'; its columns are {there}"
        )
    fixed = [pair for pair in signature.fixed if pair[0].name in table.columns]
    known = {*names, *(leaf.name for leaf, _ in fixed)}
    extra = [name for name in table.columns if name not in known]
    notes: list[str] = []
    if extra:
        notes.append(
            f"{table.path}: columns that are no inputs are left out:"
            f" {', '.join(extra)}"
        )
    n = len(table.columns[names[0]])
    kept = np.ones(n, bool)
    for leaf, value in fixed:
        kept &= _held(table, leaf) == value
    if not kept.all():
        notes.append(
            f"{n - kept.sum():,} of {n:,} rows of {table.path} are left out: they have"
            " other values of inputs that are fixed"
        )
    for leaf in signature.inputs:
        _held(table, leaf)  # at once, where it says which line is at fault
    columns = {name: table.columns[name][kept] for name in names}
    lines: Sequence[int] = ()
    if len(table.lines):
        lines = np.array(table.lines)[kept].tolist()
    return Table(table.path, columns, lines), tuple(notes)


def _rows_inside(
    program: Program, table: Table
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the rows that a program can take, `n i`, and what was left out.

    Raises:
        DomainError: a value that its type cannot hold, or hardly a row is left.
    """
    leaves = program.signature.inputs
    columns = [_held(table, leaf) for leaf in leaves]
    x = np.stack(columns, axis=1)
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    is_inside = ((x >= lo) & (x <= hi)).all(axis=1)
    is_fit = is_inside & program.drawing.holds(x)
    notes: list[str] = []
    reasons = (
        ((~is_inside).sum(), "they are outside the domain"),
        (
            (is_inside & ~is_fit).sum(),
            f"'{program.drawing.where}' does not hold",
        ),
    )
    for count, why in reasons:
        if count:
            notes.append(
                f"{count:,} of {len(x):,} rows of {table.path} are left out: {why}"
            )
    x = x[is_fit]
    if len(x) < FEWEST_ROWS:
        said = f" ({'; '.join(notes)})" if notes else ""
        raise DomainError(
            f"sample must have at least {FEWEST_ROWS} rows to draw from; {table.path} has"
            f" {len(x)}{said}"
        )
    return x, tuple(notes)


def _held(table: Table, leaf: Leaf) -> np.ndarray:
    """Return an input's column as variables of its type hold it.

    Raises:
        DomainError: they cannot, or it holds no numbers.
    """
    if leaf.name in table.problems:
        raise DomainError(table.problems[leaf.name])
    column = np.array(table.columns[leaf.name], np.float64)
    if leaf.type.kind != "float":
        wrong = np.flatnonzero(column != np.floor(column))
        if len(wrong):
            row = int(wrong[0])
            raise DomainError(
                f"{table.place(row)}: '{leaf.name}' is an integer"
                f" ({leaf.type.spelling}): expected a whole number; found"
                f" {column[row]:.10g}"
            )
    elif leaf.type.bits == 32:
        return column.astype(np.float32).astype(np.float64)
    return column
