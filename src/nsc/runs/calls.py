"""Calls of a Python function: how it takes its inputs, and the numbers that it gives.

In: a function, inputs `i` or `n i`. Out: float64 `o` or `n o`. Non-goals: which way is
its own (app), running it in processes (pool). Workers import this file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, NamedTuple

import numpy as np

from nsc.runs.executable import Array, RowByRow, told

# each input by its name, by its place, or all of them in one array
Passing = Literal["name", "place", "array"]

Form = Literal["number", "tuple", "dict", "array"]


class BadReturnError(TypeError):
    """A function gave something else than numbers."""


class Found(NamedTuple):
    """What a call gave.

    Args:
        keys: of a dict; None where it was none.
        values: float64 `o`, or `n o`.
        form: in which they came.
    """

    keys: tuple[str, ...] | None
    values: Array
    form: Form


@dataclass(frozen=True)
class Calls:
    """How a function is called.

    Args:
        function: the user's own.
        names: of its inputs.
        passing: how it takes them.
        whole: which of them are integers.
        places: the order in which it takes them, where by place; () is theirs.
        outputs: the keys of the outputs that are wanted, in order; () is all.
        n_outputs: how many numbers it gives; 0 is not known yet.
        form: in which it gives them.
    """

    function: Callable[..., Any]
    names: tuple[str, ...]
    passing: Passing
    whole: tuple[bool, ...]
    places: tuple[int, ...] = ()
    outputs: tuple[str, ...] = ()
    n_outputs: int = 0
    form: Form = "number"

    def __call__(self, row: Array) -> Array:
        """Call it with scalars, or one array `i`; returns `o`."""
        return self.wanted(self.one(row))

    def one(self, row: Array) -> Found:
        """Call it on one example `i`."""
        if self.passing == "array":
            return _numbers(self.function(row.copy()))
        values = [
            int(value) if is_whole else float(value)
            for value, is_whole in zip(row, self.whole, strict=True)
        ]
        return _numbers(self._passed(values))

    def all(self, x: Array) -> Found:
        """Call it once on arrays of `n` examples `n i`."""
        if self.passing == "array":
            return _columns(self.function(x.copy()), len(x))
        columns = [
            column.astype(np.int64 if is_whole else np.float64)
            for column, is_whole in zip(x.T, self.whole, strict=True)
        ]
        return _columns(self._passed(columns), len(x))

    def wanted(self, found: Found) -> Array:
        """Return the outputs that are wanted, in their order.

        Raises:
            BadReturnError: one of them is not there, or there are more.
        """
        if found.keys is None or not self.outputs:
            n = found.values.shape[-1]
            if self.n_outputs and n != self.n_outputs:
                raise BadReturnError(
                    f"it returned {n} numbers; expected {self.n_outputs}, as before"
                )
            return found.values
        missing = [name for name in self.outputs if name not in found.keys]
        if missing:
            raise BadReturnError(
                f"it returned no '{missing[0]}'; found {', '.join(found.keys)}"
            )
        order = [found.keys.index(name) for name in self.outputs]
        return found.values[..., order]

    def _passed(self, values: Sequence[Any]) -> Any:
        """Call the function with a value for each input."""
        if self.passing == "place":
            order = self.places or range(len(values))
            return self.function(*(values[k] for k in order))
        return self.function(**dict(zip(self.names, values, strict=True)))


@dataclass(frozen=True)
class CallByCall(RowByRow):
    """A function of a user's own, one call an example.

    What it raises is told with its place.

    Args:
        tried: what calls gave before: inputs `n i`, outputs `n o`, and seconds of each.
    """

    tried: tuple[Array, Array, float] | None = None

    def said(self, error: Exception) -> str:
        """Say what the function raised, and where; what it returned has no place."""
        if isinstance(error, BadReturnError):
            return str(error)
        return told(error)


def _numbers(found: Any) -> Found:
    """Read what a call on one example gave."""
    if isinstance(found, Mapping):
        keys = tuple(map(str, found))
        return Found(keys, _vector(list(found.values())), "dict")
    if _is_number(found):
        return Found(None, _vector([found]), "number")
    is_vector = isinstance(found, np.ndarray) and found.ndim == 1
    if isinstance(found, list | tuple) or is_vector:
        form: Form = "array" if is_vector else "tuple"
        return Found(None, _vector(found), form)
    raise BadReturnError(
        f"it returned {_kind(found)}; expected a number, a tuple of numbers or a dict of"
        " numbers"
    )


def _vector(values: Sequence[Any] | np.ndarray) -> Array:
    wrong = [value for value in values if not _is_number(value)]
    if wrong:
        raise BadReturnError(
            f"among what it returned is {_kind(wrong[0])}; expected numbers"
        )
    if not len(values):
        raise BadReturnError("it returned nothing; expected numbers")
    return np.array([float(value) for value in values])


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    return isinstance(value, Real | np.bool_)


def _columns(found: Any, n: int) -> Found:
    """Read what a call on `n` examples gave: `n`, `n o`, or several of `n`."""
    if isinstance(found, Mapping):
        keys = tuple(map(str, found))
        columns = [_column(value, n) for value in found.values()]
        return Found(keys, np.stack(columns, axis=1), "dict")
    if isinstance(found, list | tuple):
        if not found:
            raise BadReturnError("it returned nothing; expected arrays")
        columns = [_column(value, n) for value in found]
        return Found(None, np.stack(columns, axis=1), "tuple")
    array = _real(found)
    if array.ndim == 2 and len(array) == n and array.shape[1]:
        return Found(None, array, "array")
    return Found(None, _column(found, n)[:, None], "number")


def _column(found: Any, n: int) -> Array:
    array = _real(found)
    if array.shape != (n,):
        raise BadReturnError(
            f"it returned an array of shape {array.shape} for {n} rows; expected"
            f" ({n},)"
        )
    return array


def _real(found: Any) -> Array:
    """Return an array of real numbers, its own."""
    try:
        array = np.asarray(found)
        if array.dtype.kind in "fiub":
            return np.array(array, np.float64)
    except (TypeError, ValueError):
        pass
    raise BadReturnError(
        f"it returned {_kind(found)}; expected arrays of real numbers"
    )


def _kind(value: Any) -> str:
    """Say in few words what a value is."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    return f"a {type(value).__name__}"
