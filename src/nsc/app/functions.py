"""A Python function of a user's own -> a Program that runs it.

In: a function, names and ranges as far as they are given. Out: Program. Non-goals:
which way it is called (trial), running it (runs).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nsc.app.trial import DEAR_S, MOST_ROWS, Way, way_of
from nsc.compilation import VERIFICATION, drawn
from nsc.errors import InputError, OracleError
from nsc.program import Program, draw_inputs
from nsc.runs import (
    CallByCall,
    Calls,
    Form,
    NotNamedError,
    digest_of,
    spelled,
    told,
)

Ranges = Mapping[str, tuple[float, float]]
_NAMED = (
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)
_INTEGERS = (int, "int", np.int64, np.int32)
MOST_LISTED = 20  # parameters in a message


@dataclass(frozen=True)
class _Parameters:
    """What a function takes.

    Args:
        names: of its parameters, in order.
        required: those without a default.
        by_place: those that have no name for callers.
        whole: those annotated as integers.
        takes_more: whether it takes names (or values) that it does not list.
    """

    names: tuple[str, ...]
    required: tuple[str, ...]
    by_place: tuple[str, ...]
    whole: tuple[str, ...]
    takes_more: bool


def program_of_function(
    function: Callable[..., Any],
    *,
    inputs: Ranges | Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    domain: Ranges | None = None,
    vectorized: bool | None = None,
    call_limit: float = 10.0,
    is_kept: bool = False,
    seed: int = 0,
) -> Program:
    """Make a Program of a function of scalars, or of arrays.

    Args:
        inputs: name -> (lo, hi), or names; by default the parameters without a default
            value.
        outputs: names; by default the keys of a dict that it returns, "return" for a
            number, y1, y2, ... for a tuple.
        domain: name -> (lo, hi), of inputs that `inputs` gives none.
        vectorized: whether it takes arrays; None is told by trying.
        call_limit: seconds that a call may take.
        is_kept: whether its runs are to be kept: then it is said if they cannot be.
        seed: of its compilation: trying calls it on inputs that will verify.

    Raises:
        InputError: it cannot be called with these inputs, or the outputs are no
            numbers.
    """
    parameters = _parameters_of(function)
    names, ranges = _inputs(function, parameters, inputs, domain or {})
    choices = _choices(function, parameters, names)
    draft = Program.from_callable(
        function,
        names,
        ranges=ranges,
        whole=parameters.whole,
    )
    x = drawn(
        lambda n, generator: draw_inputs(draft, n, generator=generator),
        MOST_ROWS,
        seed=seed,
        stream=VERIFICATION,
        number=0,
    )
    way = way_of(choices, x, vectorized)
    output_names, way = _output_names(way, outputs)
    program = Program.from_callable(
        function,
        names,
        outputs=output_names,
        ranges=ranges,
        whole=parameters.whole,
    )
    runs, why = _runs(way, call_limit)
    notes = _notes(way, why if is_kept else "")
    return replace(program, function=runs, notes=notes)


def _parameters_of(function: Callable[..., Any]) -> _Parameters:
    """Read a function's parameters; some that C has made tell none."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return _Parameters((), (), (), (), takes_more=True)
    several = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    named = [p for p in found if p.kind not in several]
    return _Parameters(
        tuple(p.name for p in named),
        tuple(p.name for p in named if p.default is p.empty),
        tuple(p.name for p in named if p.kind not in _NAMED),
        tuple(p.name for p in named if p.annotation in _INTEGERS),
        takes_more=len(named) < len(found),
    )


def _inputs(
    function: Callable[..., Any],
    parameters: _Parameters,
    inputs: Ranges | Sequence[str] | None,
    domain: Ranges,
) -> tuple[list[str], dict[str, tuple[float, float]]]:
    """Return the names of the inputs, and their ranges; refuse what does not fit."""
    if isinstance(inputs, str):
        raise InputError(
            "inputs must map names to (lo, hi), as in {'a': (0, 1)}, or list names; found"
            f" {inputs!r}"
        )
    names = list(inputs if inputs is not None else parameters.required)
    if not names:
        names = list(domain)
    if not names:
        raise InputError(
            f"{_name(function)} has no parameters to be inputs: name them with their"
            " ranges, as in inputs={'a': (0, 1)}"
        )
    ranges = dict(inputs) if isinstance(inputs, Mapping) else {}
    both = sorted(set(ranges) & set(domain))
    if both:
        raise InputError(
            f"domain must not name '{both[0]}', which inputs gives a range; leave one"
            " of them out"
        )
    is_listed = not _are_nameless(parameters, names)
    if is_listed and not _takes_array(parameters, names):
        _check_names(function, parameters, names)
    return names, {**ranges, **domain}


def takes_one_array(
    function: Callable[..., Any], names: Sequence[str]
) -> bool:
    """Say whether a function takes all its inputs in one array."""
    return _takes_array(_parameters_of(function), names)


def input_names(
    function: Callable[..., Any], named: Sequence[str]
) -> list[str]:
    """Return which parameters are inputs: those without a default, and those named.

    A function that takes all inputs in one array has those that are named.
    """
    parameters = _parameters_of(function)
    is_unnamed = not parameters.required or _takes_array(parameters, named)
    if named and is_unnamed and len(named) > len(parameters.required):
        return list(named)
    return [
        name
        for name in parameters.names
        if name in parameters.required or name in named
    ]


def form_of(program: Program) -> Form:
    """Return the form in which a program's function gives its outputs."""
    runs = program.function
    is_called_by_row = isinstance(runs, CallByCall)
    calls = runs.function if is_called_by_row else getattr(runs, "calls", None)
    assert isinstance(calls, Calls), "it was made here"
    return calls.form


def _takes_array(parameters: _Parameters, names: Sequence[str]) -> bool:
    """Say whether all inputs go into one parameter, which is none of them."""
    is_named = any(name in parameters.names for name in names)
    return len(parameters.required) == 1 and not is_named


def _are_nameless(parameters: _Parameters, names: Sequence[str]) -> bool:
    """Say whether parameters have no names for callers, as numpy's functions'."""
    is_named = any(name in parameters.names for name in names)
    is_by_place = parameters.required == parameters.by_place
    return (
        is_by_place and len(parameters.required) == len(names) and not is_named
    )


def _check_names(
    function: Callable[..., Any],
    parameters: _Parameters,
    names: Sequence[str],
) -> None:
    listed = ", ".join(parameters.names[:MOST_LISTED])
    missing = [name for name in parameters.required if name not in names]
    if missing:
        raise InputError(
            f"inputs must give '{missing[0]}' a range, which {_name(function)} has no"
            f" default value for; found {', '.join(names[:MOST_LISTED])}"
        )
    if parameters.takes_more:
        return
    for name in names:
        if name not in parameters.names:
            raise InputError(
                f"'{name}' is no parameter of {_name(function)}; it has"
                f" {listed or 'none'}"
            )


def _choices(
    function: Callable[..., Any],
    parameters: _Parameters,
    names: Sequence[str],
) -> list[Calls]:
    """List how a function may take its inputs, the likeliest first."""
    whole = tuple(name in parameters.whole for name in names)
    calls = Calls(function, tuple(names), "name", whole)
    by_place = replace(calls, passing="place")
    if _takes_array(parameters, names):
        in_array = replace(calls, passing="array")
        return [by_place, in_array] if len(names) == 1 else [in_array]
    if _are_nameless(parameters, names) or not parameters.names:
        return [by_place, calls]
    if any(name in parameters.by_place for name in names):
        ordered = [name for name in parameters.names if name in names]
        places = tuple(list(names).index(name) for name in ordered)
        return [replace(by_place, places=places)]
    return [calls]


def _output_names(
    way: Way, outputs: Sequence[str] | None
) -> tuple[tuple[str, ...], Way]:
    """Return the names of the outputs, and how exactly these are had.

    Raises:
        InputError: they are no outputs of the function.
    """
    found = way.keys
    if outputs is None:
        if found is None:
            numbered = [f"y{k}" for k in range(1, way.n_outputs + 1)]
            found = (
                ("return",) if way.calls.form == "number" else tuple(numbered)
            )
        return found, way
    if isinstance(outputs, str) or not outputs:
        raise InputError(
            f"outputs must be names, as in ['y']; found {outputs!r}"
        )
    wanted = tuple(outputs)
    if found is None and len(wanted) != way.n_outputs:
        raise InputError(
            f"outputs must name the {way.n_outputs} numbers that"
            f" {_name(way.calls.function)} returns; found {', '.join(wanted)}"
        )
    missing = [name for name in wanted if name not in (found or wanted)]
    if missing:
        raise InputError(
            f"outputs must be keys of the dict that {_name(way.calls.function)} returns,"
            f" {', '.join(found or ())}; found '{missing[0]}'"
        )
    if found is None:
        return wanted, way
    calls = replace(way.calls, outputs=wanted, n_outputs=len(wanted))
    y = way.y[:, [found.index(name) for name in wanted]]
    return wanted, replace(way, calls=calls, y=y, n_outputs=len(wanted))


def _runs(way: Way, call_limit: float) -> tuple[Callable[..., Any], str]:
    """Return what runs a function, and why its runs cannot be kept."""
    calls = way.calls
    if way.is_vectorized:
        return AllAtOnce(calls), (
            "it is called with arrays, all rows at once; vectorized=False calls it row by"
            " row and keeps what each gave"
        )
    digest = why = ""
    try:
        besides = (calls.names, calls.passing, calls.outputs, calls.places)
        digest = digest_of(calls.function, *besides)
    except NotNamedError as error:
        why = str(error)
    tried = None
    if not way.noise and np.isfinite(way.y).all():
        tried = (way.x, way.y, way.seconds)
    runs = CallByCall(calls, way.n_outputs, call_limit, digest, tried=tried)
    return runs, why


@dataclass(frozen=True)
class AllAtOnce:
    """An oracle over a function of arrays."""

    calls: Calls

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return outputs `n o` of inputs `n i`.

        Raises:
            OracleError: the function raised something; the first row on which it does
                so alone is named.
        """
        try:
            return self.calls.wanted(self.calls.all(x))
        except Exception as error:  # whatever a user's function raises
            raise self._refusal(x, error) from error

    def _refusal(self, x: np.ndarray, error: Exception) -> OracleError:
        for row in x:
            try:
                self.calls.all(row[None])
            except Exception as alone:  # the same, but of this row
                where = ", ".join(f"{v:.6g}" for v in row)
                return OracleError(
                    f"the program failed at ({where}): {told(alone)}"
                )
        return OracleError(
            f"the program failed on {len(x)} rows at once, and on none alone:"
            f" {told(error)}"
        )


def _notes(way: Way, not_kept: str) -> tuple[str, ...]:
    """Say what of a function its user should know."""
    name = _name(way.calls.function)
    notes: list[str] = []
    if way.noise:
        share = f" ({100 * way.noise / way.spread:.2g} % of their spread)"
        notes.append(
            f"{name} gives different outputs for the same inputs, by up to"
            f" {way.noise:.3g}{share if way.spread else ''}: the surrogate learns what"
            " they are on average, and verification counts the rest as error"
        )
    if way.seconds > DEAR_S:
        notes.append(
            f"{name} was called {way.n_calls} times first, {spelled(way.seconds)} each,"
            " to see what it takes and gives"
        )
    if not_kept:
        notes.append(f"runs of {name} are not kept: {not_kept}")
    return tuple(notes)


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)
