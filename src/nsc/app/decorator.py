"""`@nsc.surrogate`: a Python function that is answered by its surrogate.

In: a function, what `nsc.compile` is told of it. Out: an object that is called as the
function is. Non-goals: compiling (api).
"""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nsc.app.api import compile
from nsc.app.functions import (
    form_of,
    program_of_function,
    takes_one_array,
)
from nsc.app.options import CompileOptions
from nsc.errors import InputError
from nsc.runs import Form
from nsc.surrogate import (
    OutsideDomainWarning,
    Surrogate,
    checked_policy,
    said_of_outside,
)

# what says how the function is called, and not how it is compiled
_READING = ("inputs", "outputs", "domain", "vectorized")


def surrogate(
    inputs: Mapping[str, tuple[float, float]] | Sequence[str] | None = None,
    *,
    outside: str = "warn",
    **options: Any,
) -> Callable[[Callable[..., Any]], SurrogateFunction]:
    """Decorate a Python function, so that its surrogate answers for it.

    It is compiled when it is first called, or by `.compile()`.

    Args:
        inputs: name -> (lo, hi), as of `nsc.compile`.
        outside: what becomes of inputs outside the domain: "warn" says so once and
            answers all the same, "raise" refuses, "clip" takes the nearest inputs of the
            domain, "nan" answers NaN, "original" calls the function.
        options: other arguments of `nsc.compile`: budget, outputs, vectorized, ...

    Raises:
        InputError: an `outside` that is none of these.

    Example:
        >>> @nsc.surrogate(inputs={"a": (0, 1)}, budget=256)
        ... def f(a):
        ...     return a * a
        >>> abs(f(0.5) - 0.25) < 0.01, f.original(0.5)
        (True, 0.25)
    """
    if callable(inputs):
        raise InputError(
            "surrogate needs the inputs' ranges: @nsc.surrogate(inputs={'a': (0, 1)})"
        )
    outside = checked_policy(outside)

    def decorated(function: Callable[..., Any]) -> SurrogateFunction:
        return SurrogateFunction(function, outside, inputs=inputs, **options)

    return decorated


class SurrogateFunction:
    """A function that is answered by its surrogate, and called as before.

    Args:
        function: the original.
        outside: see `surrogate`.
        options: arguments of `nsc.compile`.
    """

    def __init__(
        self, function: Callable[..., Any], outside: str, **options: Any
    ):
        self.__name__ = type(function).__name__  # where it has none of its own
        functools.update_wrapper(self, function)
        self.original = function
        self.outside = outside
        self.options = options
        self._surrogate: Surrogate | None = None
        self.form: Form = "number"
        self._has_warned = False
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        state = "compiled" if self._surrogate else "not compiled yet"
        return f"<surrogate of {self.__name__}, {state}>"

    def compile(self, **options: Any) -> Surrogate:
        """Compile it now, again if it was; options are those of `nsc.compile`."""
        options = {**self.options, **options}
        reading = {k: options.pop(k) for k in _READING if k in options}
        with self._lock:
            program = program_of_function(
                self.original,
                call_limit=options.get(
                    "call_limit", CompileOptions.call_limit
                ),
                is_kept=options.get("folder") is not None,
                seed=options.get("seed", CompileOptions.seed),
                **reading,
            )
            found = compile(program, **options)
            self.form = form_of(program)
            self._surrogate = found
        return found

    @property
    def surrogate(self) -> Surrogate:
        """Its surrogate, compiled if it is not yet."""
        return self._surrogate or self.compile()

    @property
    def report(self) -> dict[str, Any] | None:
        """The report of its surrogate."""
        return self.surrogate.report

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Answer as the function does: numbers for numbers, arrays for arrays.

        Raises:
            InputError: arguments that are no inputs, or other than numbers; inputs
                outside the domain, if these are refused.
        """
        found = self.surrogate
        if takes_one_array(self.original, found.input_names):
            x = self._from_array(*args, **kwargs)
        else:
            x = _stacked(self._bound(args, kwargs))
        rows = x.reshape(-1, x.shape[-1])
        is_inside = found.in_domain(rows)
        answer = found.evaluate
        if not is_inside.all():
            if self.outside == "original":
                return self.original(*args, **kwargs)
            if self.outside in ("clip", "nan"):
                answer = functools.partial(found, outside=self.outside)
            else:
                self._tell(rows[~is_inside])
        n_outputs = len(found.output_names)
        y = answer(rows).reshape(*x.shape[:-1], n_outputs)
        return self._as_returned(y)

    def _from_array(self, x: Any, **others: Any) -> np.ndarray:
        n_inputs = len(self.surrogate.input_names)
        array = _real(x, "the array of inputs")
        if others or array.ndim not in (1, 2) or array.shape[-1] != n_inputs:
            raise InputError(
                f"{self.__name__} takes one array, with a row of {n_inputs} inputs an"
                f" example; found an array of shape {array.shape}"
            )
        return array

    def _bound(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> list[np.ndarray]:
        """Return the inputs' values; other arguments keep their defaults."""
        names = self.surrogate.input_names
        given = _named(self.original, names, args, kwargs)
        others = [name for name in given if name not in names]
        missing = [name for name in names if name not in given]
        if others or missing:
            what = f"found '{others[0]}'" if others else f"no '{missing[0]}'"
            raise InputError(
                f"the surrogate of {self.__name__} takes {', '.join(names)}, and other"
                f" arguments stay at their defaults; {what}: call .original for others"
            )
        return [_real(given[name], name) for name in names]

    def _tell(self, rows: np.ndarray) -> None:
        """Refuse inputs outside the domain, or warn of them once."""
        said = said_of_outside(self.surrogate, rows)
        message = f"{self.__name__}: {said}"
        if self.outside == "raise":
            raise InputError(message)
        if not self._has_warned:
            self._has_warned = True
            warnings.warn(message, OutsideDomainWarning, stacklevel=3)

    def _as_returned(self, y: np.ndarray) -> Any:
        """Give outputs `... o` the form in which the function gives them."""
        columns = [y[..., k] for k in range(y.shape[-1])]
        if y.ndim == 1:
            columns = [float(column) for column in columns]
        form = self.form
        if form == "array":
            return y
        if form == "dict":
            return dict(zip(self.surrogate.output_names, columns, strict=True))
        if form == "tuple":
            return tuple(columns)
        return columns[0]


def _stacked(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Return inputs `... i`, each of a shape that fits the others'."""
    try:
        return np.stack(np.broadcast_arrays(*columns), axis=-1)
    except ValueError:
        shapes = ", ".join(str(column.shape) for column in columns)
        raise InputError(
            f"inputs must be numbers, or arrays of one shape; found {shapes}"
        ) from None


def _named(
    function: Callable[..., Any],
    names: Sequence[str],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a call's arguments by name, but for those at their defaults."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return dict(zip(names, args, strict=False)) | dict(kwargs)
    parameters = signature.parameters
    if not any(name in parameters for name in names):
        return dict(zip(names, args, strict=False)) | dict(kwargs)
    given: dict[str, Any] = {}
    for name, value in signature.bind(*args, **kwargs).arguments.items():
        parameter = parameters[name]
        if parameter.kind is parameter.VAR_KEYWORD:
            given |= value
        elif name in names or value is not parameter.default:
            given[name] = value
    return given


def _real(value: Any, name: str) -> np.ndarray:
    """Return real numbers as an array.

    Raises:
        InputError: they are something else.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise InputError(
            f"{name} must be numbers; found {type(value).__name__} {value!r:.60}"
        )
    return np.array(array, np.float64)
