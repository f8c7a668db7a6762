"""What a surrogate is called with -> rows of inputs, and outputs in the same form.

In: arrays, data frames, dicts, values by name. Out: `Rows`. Non-goals: evaluating; where
inputs lie (outside). No library of frames is imported: a frame is what has columns, and
gives them by name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from nsc.errors import InputError

MOST_LISTED = 20  # names in a message
REAL_KINDS = "fiub"  # of numpy's types


@dataclass(frozen=True)
class Rows:
    """Inputs, and the form that outputs are wanted in.

    Args:
        x: `n i`, float64.
        put: outputs `n o` -> what the caller gets.
        is_one: whether they came as one example, without `n`.
    """

    x: np.ndarray
    put: Callable[[np.ndarray], Any]
    is_one: bool = False


@dataclass(frozen=True)
class Names:
    """What inputs and outputs are called.

    Args:
        whole: which inputs are integers; () where none is.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    whole: tuple[bool, ...] = ()


def rows_of(given: Any, named: Mapping[str, Any], names: Names) -> Rows:
    """Read inputs in whatever form they come.

    Args:
        given: an array `n i` or `i`, a frame, a dict; None where values come by name.
        named: values by name.

    Raises:
        InputError: names or numbers that do not fit.
    """
    if given is None:
        rows = _by_name(named, names)
    elif named:
        raise InputError(
            f"inputs must come as one table or by name, not both; found a"
            f" {type(given).__name__} and {', '.join(named)}"
        )
    else:
        rows = _of_table(given, names)
    if any(names.whole):
        _expect_whole(rows.x, names)
    return rows


def identifier(text: str) -> str:
    """Return a name that C can have for a column: "wind speed" is wind_speed."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_") or "x"
    return name if name[0].isalpha() else f"x{name}"


def _of_table(given: Any, names: Names) -> Rows:
    columns = _columns_of(given)
    if columns is not None:
        return _of_frame(given, columns, names)
    if isinstance(given, Mapping):
        return _by_name(cast("Mapping[Any, Any]", given), names)
    fields = getattr(getattr(given, "dtype", None), "names", None)
    if fields:  # a structured array
        return _by_name({field: given[field] for field in fields}, names)
    labels: Any = getattr(given, "index", None)
    if _is_of("pandas", given) and _are_names(labels):  # a row of a frame
        return _by_name(dict(zip(labels, given, strict=True)), names)
    return _of_array(given, names)


def _columns_of(given: Any) -> list[Any] | None:
    """Return a frame's keys; None for what is no frame."""
    for attribute in ("column_names", "columns"):
        found = getattr(given, attribute, None)
        if found is not None and not callable(found):
            return list(found)
    return None


def _are_names(labels: Any) -> bool:
    try:
        return len(labels) > 0 and all(isinstance(n, str) for n in labels)
    except TypeError:
        return False


def _of_array(given: Any, names: Names) -> Rows:
    x = _real(given, "inputs")
    n_inputs = len(names.inputs)
    if x.ndim not in (1, 2) or x.shape[-1] != n_inputs:
        raise InputError(
            f"expected inputs {', '.join(names.inputs)} (n x {n_inputs}); found"
            f" {x.shape}"
        )
    if x.ndim == 1:
        return Rows(x[None], lambda y: y[0], is_one=True)
    return Rows(x, lambda y: y)


def _of_frame(given: Any, columns: Sequence[Any], names: Names) -> Rows:
    keys = _keys(columns, names)
    try:
        x = np.stack(
            [_real(given[keys[n]], f"column '{n}'") for n in names.inputs],
            axis=1,
        )
    except TypeError:
        raise InputError(
            f"a {type(given).__name__} gives no columns by name: collect it into a data"
            " frame"
        ) from None
    return Rows(x, lambda y: _framed(y, given, names.outputs))


def _framed(y: np.ndarray, given: Any, outputs: Sequence[str]) -> Any:
    """Return outputs as a frame of the same library, or a series if there is one."""
    is_single = len(outputs) == 1
    if _is_of("pandas", given):
        pandas = sys.modules["pandas"]
        if is_single:
            return pandas.Series(y[:, 0], given.index, name=outputs[0])
        return pandas.DataFrame(y, given.index, list(outputs))
    if _is_of("polars", given):
        polars = sys.modules["polars"]
        columns = [
            polars.Series(name, np.ascontiguousarray(y[:, k]))
            for k, name in enumerate(outputs)
        ]
        return columns[0] if is_single else polars.DataFrame(columns)
    return y


def _is_of(library: str, given: Any) -> bool:
    """Say whether an object's class is, or comes from, one of a library."""
    return library in sys.modules and any(
        base.__module__.partition(".")[0] == library
        for base in type(given).__mro__
    )


def _by_name(given: Mapping[Any, Any], names: Names) -> Rows:
    keys = _keys(list(given), names)
    columns = [
        _real(given[keys[name]], f"input '{name}'") for name in names.inputs
    ]
    try:
        columns = list(np.broadcast_arrays(*columns))
        has_shape = columns[0].ndim <= 1
    except ValueError:
        has_shape = False
    if not has_shape:
        shapes = ", ".join(
            f"{name}: {np.shape(given[keys[name]])}" for name in names.inputs
        )
        raise InputError(
            "inputs by name must be numbers, or arrays of one length; found"
            f" {shapes}"
        )
    shape = columns[0].shape
    x = np.stack([column.reshape(-1) for column in columns], axis=1)
    return Rows(
        x,
        lambda y: _named(y, shape, names.outputs),
        is_one=not shape,
    )


def _named(
    y: np.ndarray, shape: tuple[int, ...], outputs: Sequence[str]
) -> Any:
    """Return outputs by name; a single one by itself."""
    columns = [np.ascontiguousarray(column) for column in y.T]
    found = [c.reshape(shape) if shape else float(c[0]) for c in columns]
    if len(outputs) == 1:
        return found[0]
    return dict(zip(outputs, found, strict=True))


def _keys(keys: Sequence[Any], names: Names) -> dict[str, Any]:
    """Find each input among a table's keys, whatever their order.

    Raises:
        InputError: inputs that are missing, or there twice, and names that are none.
    """
    found: dict[str, Any] = {}
    extra: list[str] = []
    twice: list[str] = []
    for key in keys:
        name = str(key)
        if name not in names.inputs and identifier(name) in names.inputs:
            name = identifier(name)
        if name in found:
            twice.append(name)
        elif name in names.inputs:
            found[name] = key
        else:
            extra.append(name)
    missing = [name for name in names.inputs if name not in found]
    problems = {"missing": missing, "unknown": extra, "there twice": twice}
    said = "; ".join(
        f"{what}: {_listed(which)}"
        for what, which in problems.items()
        if which
    )
    if said:
        raise InputError(
            f"inputs must be named {_listed(names.inputs)}, each once, in any order;"
            f" {said}"
        )
    return found


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_LISTED])
    more = len(names) - MOST_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def _real(values: Any, what: str) -> np.ndarray:
    """Return real numbers as float64.

    Raises:
        InputError: they are something else, or hidden by a mask.
    """
    if _has_masked(values):
        raise InputError(
            f"{what} must have no masked entries: fill them, or leave such rows out"
        )
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    try:
        if kind in REAL_KINDS and hasattr(values, "isna"):  # pandas, with gaps
            return values.to_numpy(np.float64, na_value=np.nan)
        found = np.asarray(values)
        if found.dtype.kind in REAL_KINDS:
            return found.astype(np.float64, copy=False)
    except (TypeError, ValueError):
        found = np.zeros(0, object)
    raise InputError(
        f"{what} must be real numbers; found {type(values).__name__} of type"
        f" {getattr(values, 'dtype', found.dtype)}"
    )


def _has_masked(values: Any) -> bool:
    mask: Any = getattr(values, "mask", False)
    return isinstance(values, np.ma.MaskedArray) and bool(np.any(mask))


def _expect_whole(x: np.ndarray, names: Names) -> None:
    """Refuse numbers that an integer input cannot hold.

    Raises:
        InputError: says which, and where.
    """
    for k, is_whole in enumerate(names.whole):
        if not is_whole:
            continue
        column = x[:, k]
        with np.errstate(invalid="ignore"):
            fits = np.isfinite(column) & (np.floor(column) == column)
        if not fits.all():
            row = int(np.flatnonzero(~fits)[0])
            raise InputError(
                f"input '{names.inputs[k]}' must be whole numbers, as the program takes"
                f" them; found {column[row]:.10g} in row {row + 1}: round it"
            )
