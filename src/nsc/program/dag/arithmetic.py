"""C's binary operators on symbolic numbers.

In: an operator, two `Number`s. Out: a `Number` with C's integer-ness. Non-goals: pointers, && and ||.
"""

from __future__ import annotations

from nsc.program.dag.builder import Builder
from nsc.program.dag.memory import Number
from nsc.program.refusal import Refusal

_ARITHMETIC = {"+": "ADD", "-": "SUB", "*": "MUL"}
_COMPARISONS = {  # operator -> (operation, swap sides, negate)
    "<": ("LT", False, False), ">": ("LT", True, False), "<=": ("LT", True, True),
    ">=": ("LT", False, True), "==": ("EQ", False, False), "!=": ("EQ", False, True),
}  # fmt: skip
_BITS = {
    "&": lambda x, y: x & y, "|": lambda x, y: x | y, "^": lambda x, y: x ^ y,
    "<<": lambda x, y: x << (y & 63), ">>": lambda x, y: x >> (y & 63),
}  # fmt: skip


def combine(b: Builder, operator: str, left: Number, right: Number) -> Number:
    """Apply an arithmetic or comparison operator."""
    x, y = left.node, right.node
    is_int = left.is_int and right.is_int
    arithmetic = _ARITHMETIC.get(operator)
    if arithmetic is not None:
        return Number(b.make(arithmetic, x, y), is_int)
    if operator == "/":
        ratio = b.make("DIV", x, y)
        return Number(b.make("TRUNC", ratio), True) if is_int else Number(ratio)
    if operator == "%":
        return Number(b.make("FMOD", x, y), True)
    if operator in _COMPARISONS:
        op, swap, negate = _COMPARISONS[operator]
        found = b.make(op, y, x) if swap else b.make(op, x, y)
        return Number(b.make("NOT", found) if negate else found, True)
    return _bits(b, operator, left, right)


def _bits(b: Builder, operator: str, left: Number, right: Number) -> Number:
    known_left, known_right = b.value(left.node), b.value(right.node)
    if known_left is not None and known_right is not None and operator in _BITS:
        return Number(b.literal(float(_BITS[operator](int(known_left), int(known_right)))), True)
    if operator == "<<" and known_right is not None:
        return Number(b.make("MUL", left.node, b.literal(2.0**known_right)), True)
    if operator == ">>" and known_right is not None:
        scaled = b.make("MUL", left.node, b.literal(2.0**-known_right))
        return Number(b.make("FLOOR", scaled), True)
    raise Refusal("bit_operation", f"'{operator}' on a value that depends on an input", b.at)
