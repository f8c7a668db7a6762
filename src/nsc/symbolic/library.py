"""Calls of the standard library: values, and what it writes through pointers.

In: a call with its evaluated arguments. Out: its value and changed states.
Non-goals: functions that the program defines (statements.py), the formulas themselves
(calls.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsc.refusal import Refusal
from nsc.symbolic import calls
from nsc.symbolic.ast import Ast
from nsc.symbolic.memory import (
    Address,
    Number,
    Place,
    State,
    Value,
    below,
    convert,
    read,
    subpaths,
)
from nsc.symbolic.sizes import size_of
from nsc.symbolic.stand_ins import stand_in
from nsc.syntax import Array, Scalar, Void

if TYPE_CHECKING:
    from nsc.symbolic.expressions import Evaluator


ASSERTIONS = frozenset(
    ("assert", "static_assert", "_Static_assert", "__builtin_assume")
)


def assertion(e: Evaluator, ast: Ast, state: State) -> None:
    """Take an assertion to hold: only what its condition assigns matters, and no
    condition is too odd.
    """
    after = state.copy()
    frame = e.frame
    scopes = list(e.frame.scopes)
    depth = list(e.call_depth)
    try:
        for kid in ast.kids:
            e.value(kid, after)
    except Refusal:  # perhaps inside a call
        e.frame = frame
        e.frame.scopes = scopes
        e.call_depth = depth
        return
    state.become(after)


def library_call(
    e: Evaluator, ast: Ast, arguments: list, state: State
) -> Value | Place | None:
    """Evaluate a call of a function that the program does not define."""
    name = ast.data
    if name == "__builtin_expect":
        return arguments[0]
    if name in e.bodiless:
        return _guessed(e, ast, arguments, state)
    bare = name.removeprefix("__builtin_")
    rule, arity = _RULES.get(bare) or _RULES.get(bare.removesuffix("f")) or (None, 0)
    if rule is not None:
        if arity is not None and len(arguments) != arity:
            raise Refusal("argument_count", f"'{name}' takes {arity} arguments", ast.at)
        return rule(e, ast, arguments, state)
    known = calls.known_call(name)
    if known is None or not all(isinstance(a, Number) for a in arguments):
        raise Refusal("unknown_call", f"'{name}' has no symbolic meaning", ast.at)
    for k in calls.TAKES_INTEGER.get(known, ()):
        if k < len(arguments) and not arguments[k].is_int:
            arguments[k] = Number(e.b.make("TRUNC", arguments[k].node), True)
    made = calls.call(e.b, known, [a.node for a in arguments])
    if made is None:
        raise Refusal(
            "unknown_call", f"'{name}' does not take {len(arguments)} arguments", ast.at
        )
    return Number(*made)


def _guessed(e: Evaluator, ast: Ast, arguments: list, state: State) -> Number | None:
    """Let what a function's name is nearest to stand in for it; where it says nothing,
    its value is zero.
    """
    name = ast.data
    result = e.bodiless[ast.data]
    if isinstance(result, Void) and all(isinstance(a, Number) for a in arguments):
        return None
    if not isinstance(result, Scalar) or not all(
        isinstance(a, Number) for a in arguments
    ):
        raise Refusal(
            "unknown_call",
            f"'{name}' has no body and is no function of numbers",
            ast.at,
        )
    found = stand_in(name, len(arguments))
    e.guesses[name, len(arguments)] = found.name if found else ""
    if found is None:
        return e.number(0.0, result.kind != "float")
    if found.function is None:
        value = Number(*calls.call(e.b, found.name, [a.node for a in arguments]))
    else:
        # it meets no function of the program
        own = e.functions
        e.functions = {found.name: found.function}
        try:
            value = e.load(e.run_function(e, found.name, arguments, state, ast), state)
        finally:
            e.functions = own
    return convert(e.b, value, result)


def _sincos(e: Evaluator, ast: Ast, arguments: list, state: State) -> None:
    x, *pointers = arguments
    for op, pointer in zip(("SIN", "COS"), pointers, strict=True):
        e.store(e.target(pointer, ast), Number(e.b.make(op, x.node)), state)


def _stop(e: Evaluator, ast: Ast, arguments: list, state: State) -> None:
    """What ends the program gives no outputs, so that any will do."""
    state.returned = True


def _modf(e: Evaluator, ast: Ast, arguments: list, state: State) -> Number:
    x, pointer = arguments
    whole = e.b.make("TRUNC", x.node)
    e.store(e.target(pointer, ast), Number(whole), state)
    return Number(e.b.make("SUB", x.node, whole))


def _frexp(e: Evaluator, ast: Ast, arguments: list, state: State) -> Number:
    x, pointer = arguments
    fraction, exponent = calls.frexp(e.b, x.node)
    e.store(e.target(pointer, ast), Number(exponent, True), state)
    return Number(fraction)


def _remquo(e: Evaluator, ast: Ast, arguments: list, state: State) -> Number:
    """The quotient is stored whole; C promises its sign and lowest three bits only."""
    x, y, pointer = arguments
    quotient = e.b.make("ROUND", e.b.make("DIV", x.node, y.node))
    e.store(e.target(pointer, ast), Number(quotient, True), state)
    return Number(e.b.make("SUB", x.node, e.b.make("MUL", y.node, quotient)))


def _copy(e: Evaluator, ast: Ast, arguments: list, state: State) -> Value:
    """`memcpy` and `memmove` between objects whose scalars have the same types."""
    to, source, size = arguments
    pairs = list(
        zip(_cells(e, ast, to, size), _cells(e, ast, source, size), strict=True)
    )
    if any(a.type != b.type for a, b in pairs):
        raise Refusal(
            "unknown_call",
            "bytes are copied between objects of different types",
            ast.at,
        )
    for place, value in [(a, read(e.b, state, b)) for a, b in pairs]:
        e.store(place, value, state)
    return to


def _fill(e: Evaluator, ast: Ast, arguments: list, state: State) -> Value:
    """`memset` to zero."""
    to, byte, size = arguments
    if e.b.value(byte.node) != 0:
        raise Refusal(
            "unknown_call", "bytes are set to something other than zero", ast.at
        )
    for place in _cells(e, ast, to, size):
        if not isinstance(place.type, Scalar):
            raise Refusal("unknown_call", "pointers are set to zero bytes", ast.at)
        e.store(place, e.number(0.0, place.type.kind != "float"), state)
    return to


def _cells(e: Evaluator, ast: Ast, address: Value, size: Number) -> list[Place]:
    """List the scalars in the `size` bytes from an address on."""
    n_bytes = e.b.value(size.node)
    if not isinstance(address, Address) or address.view is not None or n_bytes is None:
        raise Refusal("unknown_call", f"what '{ast.data}' covers is not known", ast.at)
    width = size_of(address.type, ast.at)
    if address.index is None:
        first = None
        available = 1
        whole = address.type
    else:
        first = address.index
        available = e.length(address, ast) - address.index
        whole = Array(address.type, e.length(address, ast))
    count, rest = divmod(int(n_bytes), width)
    if rest or not 0 <= count <= available:
        raise Refusal(
            "unknown_call",
            f"'{ast.data}' covers {n_bytes:g} bytes of {available} times {width}",
            ast.at,
        )
    place = Place(address.object, ((None, address.path),), whole)
    if first is None:
        parts = [place][:count]
    else:
        parts = [below(place, (k,), address.type) for k in range(first, first + count)]
    return [
        below(part, path, ctype)
        for part in parts
        for path, ctype in subpaths(part.type)
    ]


_RULES = {  # with how many arguments they take
    "abort": (_stop, None),
    "exit": (_stop, None),
    "unreachable": (_stop, None),
    "trap": (_stop, None),
    "sincos": (_sincos, 3),
    "modf": (_modf, 2),
    "frexp": (_frexp, 2),
    "remquo": (_remquo, 3),
    "memcpy": (_copy, 3),
    "memmove": (_copy, 3),
    "memset": (_fill, 3),
}
