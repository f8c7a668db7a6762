"""Rows of a table -> what is learned from and what verifies, and a Program of them.

In: a table, which columns are inputs and outputs. Out: Program, `Given`, notes.
Non-goals: reading files (table), finetuning.

Rows come from whoever made them, and nothing draws more: what verifies is a random part
of them, and the bound speaks of rows like these, not of a domain.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nsc.app.options import CompileOptions
from nsc.app.table import Table
from nsc.compilation import Given
from nsc.errors import InputError, OracleError
from nsc.oracle import LARGEST_OUTPUT
from nsc.program import Program
from nsc.surrogate import identifier
from nsc.verify import Population

HELD_BACK = 0.2  # of the rows, that verify
FEWEST = 16  # rows with different inputs
LEAST_HELD = 4
SHUFFLE = 4  # of a seed's streams: the others draw inputs and starts
ROUNDING = 1e-12  # of a sum of equal numbers, relative


@dataclass(frozen=True)
class GivenRows:
    """Stands for a program that nobody has: it has examples, and cannot be run."""

    given: Given

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Refuse to run.

        Raises:
            OracleError: always.
        """
        raise OracleError(
            "rows of a table cannot be run on other inputs than their own"
        )


@dataclass(frozen=True)
class Rows:
    """Examples with different inputs.

    Args:
        x, y: `n i` and `n o`.
        first: the row of the table that each was first in.
        notes: what was made of rows with the same inputs.
    """

    x: np.ndarray
    y: np.ndarray
    first: np.ndarray
    notes: tuple[str, ...] = ()


def program_of_rows(
    table: Table,
    inputs: Sequence[str],
    outputs: Sequence[str],
    options: CompileOptions,
    *,
    budget: int | None,
    name: str = "data",
    fewest: int = FEWEST,
) -> tuple[Program, CompileOptions]:
    """Make a Program of rows, and the options that fit their number.

    Args:
        inputs, outputs: columns of the table.
        budget: rows to learn from; None is all that do not verify.
        name: of the exported C function.
        fewest: rows with different inputs that there must be.

    Raises:
        InputError: too few rows, or columns that tell nothing.
    """
    _refuse_options(options)
    rows = merged(table, inputs, outputs)
    names, renamed = c_names([*inputs, *outputs])
    n_held = _n_held(len(rows.x), table, options, fewest)
    n_left = len(rows.x) - n_held
    n_learned = n_left if budget is None else min(budget, n_left)
    order = np.random.default_rng([options.seed, SHUFFLE]).permutation(
        len(rows.x)
    )
    held = order[:n_held]
    learned = order[n_held : n_held + n_learned]
    given = Given(
        rows.x[learned],
        rows.y[learned],
        (rows.x[held], rows.y[held]),
        Population("rows that come about as these did"),
    )
    lo = rows.x.min(axis=0).tolist()
    hi = rows.x.max(axis=0).tolist()
    own = names[: len(inputs)]
    ends = zip(lo, hi, strict=True)
    program = Program.from_callable(
        GivenRows(given),
        own,
        outputs=names[len(inputs) :],
        ranges=dict(zip(own, ends, strict=True)),
        name=identifier(name),
    )
    said = (
        f"{table.path}: {n_learned:,} rows to learn from, {n_held:,} to verify on; no"
        " program ran, and the bound speaks of rows like these"
    )
    program = replace(
        program,
        path=table.path,
        notes=(said, *rows.notes, *renamed),
    )
    return program, replace(options, budget=n_learned, verification=n_held)


def _refuse_options(options: CompileOptions) -> None:
    """Refuse what needs more than rows."""
    if options.target_error is not None:
        raise InputError(
            "target_error must be left out with rows of a table: there are no more of"
            " them to draw, and they verify one network alone"
        )
    if options.text_only:
        raise InputError("text_only must be left out with rows of a table")
    if options.sampling != "uniform":
        raise InputError(
            "sampling must be left out with rows of a table, which are all there is;"
            f" found '{options.sampling}'"
        )
    if options.initialiser.runs_program:
        raise InputError(
            "initial must run no program with rows of a table, which are all there is;"
            f" found {options.initial}"
        )


def _n_held(n: int, table: Table, options: CompileOptions, fewest: int) -> int:
    """Return how many of `n` rows verify."""
    if n < fewest:
        raise InputError(
            f"{table.path} must have at least {fewest} rows with different inputs; found"
            f" {n}"
        )
    if options.verification is None:
        return max(LEAST_HELD, round(HELD_BACK * n))
    if not LEAST_HELD <= options.verification <= n - LEAST_HELD:
        raise InputError(
            f"verification must leave some of the {n} rows of {table.path} to learn"
            f" from, and be at least {LEAST_HELD}; found {options.verification}"
        )
    return options.verification


def merged(
    table: Table,
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    may_be_constant: Collection[str] = (),
) -> Rows:
    """Return the rows, each input once: copies must not verify what learned from them.

    Args:
        may_be_constant: columns that tell something without varying.

    Raises:
        InputError: a column that is constant, or numbers that are too large.
    """
    _check_columns(table, inputs, outputs, may_be_constant)
    x = np.stack([table.columns[name] for name in inputs], axis=1) + 0.0
    y = np.stack([table.columns[name] for name in outputs], axis=1)
    _, first, of_row, counts = np.unique(
        x, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    if len(first) == len(x):
        return Rows(x, y, np.arange(len(x)))
    sums = np.zeros((len(first), y.shape[1]))
    np.add.at(sums, of_row, y)
    means = sums / counts[:, None]
    is_one = (y == y[first][of_row]).all(axis=1)
    is_same = np.ones(len(first), bool)
    np.logical_and.at(is_same, of_row, is_one)
    means[is_same] = y[first][is_same]
    order = np.argsort(first)
    notes = [_said_of_copies(len(x), len(first))]
    if not is_same.all():
        notes.append(_said_of_noise(y, means[of_row], of_row, counts, outputs))
    return Rows(x[first][order], means[order], first[order], tuple(notes))


def _said_of_copies(n: int, n_unique: int) -> str:
    return (
        f"{n - n_unique:,} of {n:,} rows have the inputs of an earlier one: each input"
        " counts once"
    )


def _said_of_noise(
    y: np.ndarray,
    means: np.ndarray,
    of_row: np.ndarray,
    counts: np.ndarray,
    outputs: Sequence[str],
) -> str:
    """Say how far outputs on the same inputs are apart."""
    repeated = counts[of_row] > 1
    freedom = repeated.sum() - (counts > 1).sum()
    apart = (y - means)[repeated]
    noise = np.sqrt((apart**2).sum(axis=0) / freedom)
    spread = y.std(axis=0)
    said = ", ".join(
        f"{name} by {n:.3g} ({100 * n / s:.2g} % of its spread)"
        for name, n, s in zip(outputs, noise, spread, strict=True)
        if n > ROUNDING * s
    )
    return (
        f"rows with the same inputs have different outputs, {said} (standard deviation):"
        " the surrogate learns their mean, and is verified on means"
    )


def _check_columns(
    table: Table,
    inputs: Sequence[str],
    outputs: Sequence[str],
    may_be_constant: Collection[str],
) -> None:
    for k, name in enumerate([*inputs, *outputs]):
        if name in [*inputs, *outputs][:k]:
            raise InputError(
                f"inputs and outputs must be different columns; found '{name}' twice"
            )
        column = table.columns[name]
        if not len(column):
            raise InputError(
                f"{table.path} must have rows below the columns' names; found none"
            )
        is_constant = column.min() == column.max()
        if is_constant and name not in may_be_constant:
            raise InputError(
                f"{table.path}: column '{name}' is {column[0]:.10g} in every row, which"
                " tells nothing: leave it out"
            )
        if np.abs(column).max() > LARGEST_OUTPUT:
            row = int(np.abs(column).argmax())
            raise InputError(
                f"{table.place(row)}: column '{name}': squares of {column[row]:.3g}"
                " overflow: scale it"
            )


def c_names(columns: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return names that C can have for columns, and notes on those that differ."""
    names = [identifier(column) for column in columns]
    notes: list[str] = []
    for k, (name, column) in enumerate(zip(names, columns, strict=True)):
        if name in names[:k]:
            other = columns[names.index(name)]
            raise InputError(
                f"columns '{other}' and '{column}' would both be called '{name}' in C:"
                " rename one"
            )
        if name != column:
            notes.append(f"column '{column}' is called '{name}'")
    return names, notes
