"""Arrays and data frames -> a table, with the names of its columns.

In: what `nsc.fit` is given. Out: `Table`, inputs, outputs. Non-goals: files (table).
No library of frames is imported: a frame is what has columns, and gives them by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nsc.app.table import MOST_LISTED, Table, checked_column
from nsc.errors import InputError

PATH = "<data>"


def table_of(
    x: Any, y: Any, names: Sequence[str] | None, outputs: Sequence[str] | None
) -> tuple[Table, list[str], list[str]]:
    """Put inputs and outputs into one table.

    Args:
        x: a frame, a dict of columns, or an array `n i`.
        y: the same with outputs, an array `n`, or names of columns of `x`.
        names: of the inputs: of a frame those that are taken, all by default.
        outputs: the same of the outputs.

    Raises:
        InputError: they are no tables of finite numbers, of one length.
    """
    columns = _columns(x, "X", "x")
    if isinstance(y, str) or _is_list_of_names(y):
        wanted = [y] if isinstance(y, str) else list(y)
        held = {name: _taken(columns, name) for name in wanted}
        columns = {k: v for k, v in columns.items() if k not in held}
    else:
        held = _columns(y, "y", "y")
    columns = _chosen(columns, names, "names", is_frame=_has_names(x))
    held = _chosen(held, outputs, "outputs", is_frame=_has_names(y))
    both = [name for name in columns if name in held]
    if both:
        raise InputError(
            f"inputs and outputs must differ in name; found '{both[0]}' in both"
        )
    lengths = {len(column) for column in (*columns.values(), *held.values())}
    if len(lengths) > 1:
        raise InputError(
            f"X and y must have the same rows; found {sorted(lengths)}"
        )
    return Table(PATH, {**columns, **held}), list(columns), list(held)


def _is_list_of_names(y: Any) -> bool:
    is_list = isinstance(y, list | tuple) and len(y) > 0
    return is_list and all(isinstance(name, str) for name in y)


def _has_names(given: Any) -> bool:
    return isinstance(given, Mapping) or hasattr(given, "columns")


def _columns(given: Any, what: str, letter: str) -> dict[str, np.ndarray]:
    """Return columns by name; those of an array are numbered."""
    if _has_names(given):
        keys = list(given if isinstance(given, Mapping) else given.columns)
        names = [str(key) for key in keys]
        if len(set(names)) < len(names):
            raise InputError(f"{what} must have each column's name once")
        return {
            name: checked_column(what, name, given[key])
            for name, key in zip(names, keys, strict=True)
        }
    name = getattr(given, "name", None)
    try:
        array = np.asarray(given)
    except ValueError:
        array = np.zeros(0, object)
    if array.ndim == 1 and letter == "y":
        called = name if isinstance(name, str) and name else "y"
        return {called: checked_column(what, called, array)}
    if array.ndim != 2 or not array.size:
        raise InputError(
            f"{what} must be a data frame, or an array with a row an example; found"
            f" {type(given).__name__} of shape {array.shape}"
        )
    return {
        f"{letter}{k + 1}": checked_column(what, f"{letter}{k + 1}", column)
        for k, column in enumerate(array.T)
    }


def _chosen(
    columns: dict[str, np.ndarray],
    names: Sequence[str] | None,
    argument: str,
    *,
    is_frame: bool,
) -> dict[str, np.ndarray]:
    """Name the columns of an array, or choose among those of a frame."""
    if names is None:
        return columns
    if isinstance(names, str):
        names = [names]
    if is_frame:
        return {name: _taken(columns, name) for name in names}
    if len(names) != len(columns):
        raise InputError(
            f"{argument} must name {len(columns)} columns; found {len(names)}"
        )
    return dict(zip(names, columns.values(), strict=True))


def _taken(columns: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name not in columns:
        listed = ", ".join(list(columns)[:MOST_LISTED])
        raise InputError(f"there is no column '{name}'; found {listed}")
    return columns[name]
