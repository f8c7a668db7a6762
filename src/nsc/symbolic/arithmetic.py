"""C's binary operators on symbolic numbers.

In: an operator, two `Number`s. Out: a `Number` with C's integer-ness. Non-goals:
pointers, && and ||.
"""

from __future__ import annotations

from nsc.graph import Builder, bitwise
from nsc.symbolic.values import Number

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
    """Apply an arithmetic, comparison or bit operator.

    Raises:
        Refusal: `bit_operation`, the bits of both sides depend on inputs.
    """
    x = left.node
    y = right.node
    is_int = left.is_int and right.is_int
    arithmetic = _ARITHMETIC.get(operator)
    if arithmetic is not None:
        return Number(b.make(arithmetic, x, y), is_int)
    if operator == "/":
        return _divided(b, x, y, is_int)
    if operator == "%":
        return Number(b.make("FMOD", x, y), True)
    if operator in _COMPARISONS:
        return _compared(b, operator, x, y)
    return Number(bitwise(b, operator, x, y), True)


def _divided(b: Builder, x: int, y: int, is_int: bool) -> Number:
    if is_int:
        return Number(b.make("TRUNC", b.quotient(x, y)), True)
    return Number(b.make("DIV", x, y))


def _compared(b: Builder, operator: str, x: int, y: int) -> Number:
    operation, is_swapped, is_negated = _COMPARISONS[operator]
    found = b.make(operation, y, x) if is_swapped else b.make(operation, x, y)
    return Number(b.make("NOT", found) if is_negated else found, True)
