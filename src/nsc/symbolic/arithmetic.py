"""C's binary operators on symbolic numbers.

In: an operator, two `Number`s. Out: a `Number` with C's integer-ness. Non-goals:
pointers, && and ||.
"""

from __future__ import annotations

from nsc.graph import Builder, bitwise
from nsc.symbolic.memory import Number

_ARITHMETIC = {"+": "ADD", "-": "SUB", "*": "MUL"}
_COMPARISONS = {  # operator -> (operation, swap sides, negate)
    "<": ("LT", False, False),
    ">": ("LT", True, False),
    "<=": ("LT", True, True),
    ">=": ("LT", False, True),
    "==": ("EQ", False, False),
    "!=": ("EQ", False, True),
}


def combine(b: Builder, operator: str, left: Number, right: Number) -> Number:
    """Apply an arithmetic or comparison operator."""
    x = left.node
    y = right.node
    is_int = left.is_int and right.is_int
    arithmetic = _ARITHMETIC.get(operator)
    if arithmetic is not None:
        return Number(b.make(arithmetic, x, y), is_int)
    if operator == "/":
        ratio = b.quotient(x, y) if is_int else b.make("DIV", x, y)
        return Number(b.make("TRUNC", ratio), True) if is_int else Number(ratio)
    if operator == "%":
        return Number(b.make("FMOD", x, y), True)
    if operator in _COMPARISONS:
        op, swap, negate = _COMPARISONS[operator]
        found = b.make(op, y, x) if swap else b.make(op, x, y)
        return Number(b.make("NOT", found) if negate else found, True)
    return Number(bitwise(b, operator, x, y), True)
