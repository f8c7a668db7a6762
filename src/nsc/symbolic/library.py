"""Calls of functions that the program does not define: mostly the standard library.

In: a call with its evaluated arguments. Out: its value, and what it writes through
pointers. Non-goals: functions that the program defines (functions.py), the formulas
themselves (calls.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from nsc.graph import Builder
from nsc.refusal import Refusal
from nsc.symbolic import calls
from nsc.symbolic.ast import Ast
from nsc.symbolic.functions import run_function
from nsc.symbolic.machine import Machine
from nsc.symbolic.memory import below, convert, read, subpaths
from nsc.symbolic.places import pointer_of
from nsc.symbolic.sizes import size_of
from nsc.symbolic.stand_ins import StandIn, stand_in
from nsc.symbolic.states import State
from nsc.symbolic.values import (
    Address,
    Number,
    Place,
    Result,
    is_integer,
    number_of,
    place_of,
)
from nsc.syntax import Array, Scalar, Void

ASSERTIONS = frozenset(
    ("assert", "static_assert", "_Static_assert", "__builtin_assume")
)

_STREAMS = ("stdout", "stderr")

Arguments = list[Result]


class _Known(NamedTuple):
    """A function that does more than a formula can.

    Args:
        evaluate: gives its value, from the call and its arguments.
        arity: how many arguments it takes; None for any number.
    """

    evaluate: Callable[[Machine, Ast, Arguments, State], Result]
    arity: int | None


def assertion(machine: Machine, ast: Ast, state: State) -> None:
    """Take an assertion to hold: only what its condition assigns matters.

    No condition is too odd: what cannot be evaluated is left out.
    """
    after = machine.copied(state)
    frame = machine.frame
    scopes = list(frame.scopes)
    call_depth = machine.call_depth
    try:
        for argument in ast.kids:
            machine.value(argument, after)
    except Refusal:  # perhaps inside a call
        machine.frame = frame
        machine.frame.scopes = scopes
        machine.call_depth = call_depth
        return
    state.become(after)


def printing(machine: Machine, ast: Ast, state: State) -> None:
    """Print nothing: only what the arguments do matters. It gives no value."""
    for argument in ast.kids:
        is_stream = argument.kind == "name" and argument.data in _STREAMS
        if argument.kind != "string" and not is_stream:
            machine.value(argument, state)


def library_call(
    machine: Machine, ast: Ast, arguments: Arguments, state: State
) -> Result:
    """Evaluate a call of a function that the program does not define.

    Raises:
        Refusal: `unknown_call` or `argument_count`.
    """
    name = ast.data
    if name == "__builtin_expect":
        if len(arguments) != 2:
            raise Refusal(
                "argument_count", f"'{name}' takes 2 arguments", ast.at
            )
        return arguments[0]
    if name in machine.program.bodiless:
        return _guessed(machine, ast, arguments, state)
    bare = name.removeprefix("__builtin_")
    known = _KNOWN.get(bare) or _KNOWN.get(bare.removesuffix("f"))
    if known is None:
        return _formula(machine.builder, ast, arguments)
    if known.arity is not None and len(arguments) != known.arity:
        message = f"'{name}' takes {known.arity} arguments"
        raise Refusal("argument_count", message, ast.at)
    return known.evaluate(machine, ast, arguments, state)


def _formula(b: Builder, ast: Ast, arguments: Arguments) -> Number:
    """Evaluate a function of numbers."""
    name = calls.known_call(ast.data)
    numbers = _numbers(arguments)
    if name is None or numbers is None:
        message = f"'{ast.data}' has no symbolic meaning"
        raise Refusal("unknown_call", message, ast.at)
    for k in calls.TAKES_INTEGER.get(name, ()):
        if k < len(numbers) and not numbers[k].is_int:
            numbers[k] = Number(b.make("TRUNC", numbers[k].node), True)
    made = calls.call(b, name, [number.node for number in numbers])
    if made is None:
        message = f"'{ast.data}' does not take {len(arguments)} arguments"
        raise Refusal("unknown_call", message, ast.at)
    return Number(*made)


def _numbers(arguments: Arguments) -> list[Number] | None:
    """Return arguments that are all numbers, None where one is not."""
    numbers = [
        argument for argument in arguments if isinstance(argument, Number)
    ]
    return numbers if len(numbers) == len(arguments) else None


def _guessed(
    machine: Machine, ast: Ast, arguments: Arguments, state: State
) -> Result:
    """Let what a function's name is nearest to stand in for it.

    Where the name says nothing, its value is zero.
    """
    name = ast.data
    result = machine.program.bodiless[name]
    numbers = _numbers(arguments)
    if isinstance(result, Void) and numbers is not None:
        return None
    if not isinstance(result, Scalar) or numbers is None:
        message = f"'{name}' has no body and is no function of numbers"
        raise Refusal("unknown_call", message, ast.at)
    found = stand_in(name, len(numbers))
    machine.guesses[name, len(numbers)] = found.name if found else ""
    if found is None:
        return machine.number(0.0, is_integer(result))
    value = _stood_in(machine, ast, found, numbers, state)
    return convert(machine.builder, value, result)


def _stood_in(
    machine: Machine,
    ast: Ast,
    found: StandIn,
    numbers: list[Number],
    state: State,
) -> Number:
    """Evaluate what stands in for a function; it meets no function of the program."""
    if found.function is None:
        nodes = [number.node for number in numbers]
        made = calls.call(machine.builder, found.name, nodes)
        assert made is not None, "a stand-in takes as many arguments"
        return Number(*made)
    program = machine.program
    machine.program = program._replace(functions={found.name: found.function})
    try:
        place = run_function(machine, found.name, numbers, state, ast.at)
    finally:
        machine.program = program
    assert place is not None, "functions of the lexicon have a value"
    return number_of(machine.load(place, state), ast.at)


def _target(machine: Machine, ast: Ast, pointer: Result) -> Place:
    """Return where an argument points to."""
    return machine.target(pointer_of(pointer, ast.at), ast.at)


def _sincos(
    machine: Machine, ast: Ast, arguments: Arguments, state: State
) -> None:
    first, *pointers = arguments
    x = number_of(first, ast.at).node
    for op, pointer in zip(("SIN", "COS"), pointers, strict=True):
        place = _target(machine, ast, pointer)
        machine.store(place, Number(machine.builder.make(op, x)), state)


def _stop(
    machine: Machine, ast: Ast, arguments: Arguments, state: State
) -> None:
    """End the program: there are no outputs, so that any will do."""
    state.returned = True


def _modf(
    machine: Machine, ast: Ast, arguments: Arguments, state: State
) -> Number:
    b = machine.builder
    first, pointer = arguments
    x = number_of(first, ast.at).node
    whole = b.make("TRUNC", x)
    machine.store(_target(machine, ast, pointer), Number(whole), state)
    return Number(b.make("SUB", x, whole))


def _frexp(
    machine: Machine, ast: Ast, arguments: Arguments, state: State
) -> Number:
    first, pointer = arguments
    x = number_of(first, ast.at).node
    fraction, exponent = calls.frexp(machine.builder, x)
    machine.store(
        _target(machine, ast, pointer), Number(exponent, True), state
    )
    return Number(fraction)


def _remquo(
    machine: Machine, ast: Ast, arguments: Arguments, state: State
) -> Number:
    """Divide; the quotient is stored whole, though C promises its last bits only."""
    b = machine.builder
    first, second, pointer = arguments
    x = number_of(first, ast.at).node
    y = number_of(second, ast.at).node
    quotient = b.make("ROUND", b.make("DIV", x, y))
    machine.store(
        _target(machine, ast, pointer), Number(quotient, True), state
    )
    return Number(b.make("SUB", x, b.make("MUL", y, quotient)))


def _copy(
    machine: Machine, ast: Ast, arguments: Arguments, state: State
) -> Result:
    """Do `memcpy` and `memmove` between objects whose scalars have the same types."""
    to, source, size = arguments
    targets = _cells(machine, ast, to, size)
    sources = _cells(machine, ast, source, size)
    pairs = list(zip(targets, sources, strict=False))
    is_odd = len(targets) != len(sources)
    if is_odd or any(target.type != source.type for target, source in pairs):
        message = "bytes are copied between objects of different types"
        raise Refusal("unknown_call", message, ast.at)
    # all are read before one is written: they may overlap
    values = [read(machine.builder, state, source) for _, source in pairs]
    for (target, _), value in zip(pairs, values, strict=True):
        machine.store(target, value, state)
    return to


def _fill(
    machine: Machine, ast: Ast, arguments: Arguments, state: State
) -> Result:
    """Do `memset` to zero."""
    to, byte, size = arguments
    if machine.builder.value(number_of(byte, ast.at).node) != 0:
        message = "bytes are set to something other than zero"
        raise Refusal("unknown_call", message, ast.at)
    for place in _cells(machine, ast, to, size):
        if not isinstance(place.type, Scalar):
            raise Refusal(
                "unknown_call", "pointers are set to zero bytes", ast.at
            )
        machine.store(
            place, machine.number(0.0, is_integer(place.type)), state
        )
    return to


def _cells(
    machine: Machine, ast: Ast, address: Result, size: Result
) -> list[Place]:
    """List the scalars in the `size` bytes from an address on."""
    n_bytes = machine.builder.value(number_of(size, ast.at).node)
    if (
        not isinstance(address, Address)
        or address.view is not None
        or n_bytes is None
    ):
        raise Refusal(
            "unknown_call", f"what '{ast.data}' covers is not known", ast.at
        )
    width = size_of(address.type, ast.at)
    available = _elements_left(machine, address)
    count, rest = divmod(int(n_bytes), width)
    if rest or not 0 <= count <= available:
        message = f"'{ast.data}' covers {n_bytes:g} bytes of {available} times {width}"
        raise Refusal("unknown_call", message, ast.at)
    return [
        below(element, path, ctype, ast.at)
        for element in _elements(machine, address, count)
        for path, ctype in subpaths(element.type)
    ]


def _elements_left(machine: Machine, address: Address) -> int:
    """Count what a pointer points to, and the array's elements after it."""
    if address.index is None:
        return 1
    if address.index < 0:
        message = "a pointer in front of an array is used"
        raise Refusal("index_out_of_bounds", message, machine.builder.at)
    return machine.length(address) - address.index


def _elements(machine: Machine, address: Address, count: int) -> list[Place]:
    """List what a pointer points to, and elements after it, `count` in all."""
    if address.index is None:
        return [place_of(address.object, address.path, address.type)][:count]
    array = Array(address.type, machine.length(address))
    whole = place_of(address.object, address.path, array)
    covered = range(address.index, address.index + count)
    at = machine.builder.at
    return [below(whole, (k,), address.type, at) for k in covered]


_KNOWN = {
    "abort": _Known(_stop, None),
    "exit": _Known(_stop, None),
    "unreachable": _Known(_stop, None),
    "trap": _Known(_stop, None),
    "sincos": _Known(_sincos, 3),
    "modf": _Known(_modf, 2),
    "frexp": _Known(_frexp, 2),
    "remquo": _Known(_remquo, 3),
    "memcpy": _Known(_copy, 3),
    "memmove": _Known(_copy, 3),
    "memset": _Known(_fill, 3),
}
