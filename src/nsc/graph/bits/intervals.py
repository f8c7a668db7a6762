"""The ranges of fields of numbers that lie in a range.

In: ranges. Out: a range. Non-goals: known numbers (constants.py).
"""

from __future__ import annotations

import math

from nsc.graph.bits.formats import FROM, MANTISSA, SIGNED, Format, format_of
from nsc.graph.nodes import UNKNOWN, Range


def range_of_field(op: str, args: list[Range]) -> Range:
    """Return the range of an operation on fields, from its arguments' ranges."""
    if op == "BITOR":
        return _range_of_or(args[0], args[1])
    if op == "LOW":
        return 0.0, 2.0**32 - 1
    low, high = args[0]
    largest = max(abs(low), abs(high))
    smallest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    if op in FROM or math.isinf(largest):
        return UNKNOWN
    if op == "EXPONENT":
        return _exponent(smallest) if smallest else -math.inf, _exponent(
            largest
        )
    if op in MANTISSA:
        return 0.0, format_of(op).exponent_step - 1
    return _range_of_whole(
        format_of(op), op in SIGNED, args[0], (smallest, largest)
    )


def _exponent(size: float) -> float:
    return float(math.frexp(size)[1] - 1)


def _range_of_whole(
    fmt: Format, is_signed: bool, number: Range, size: Range
) -> Range:
    """Bound all bits of a number: they grow with its size; the sign is the highest."""
    smallest = fmt.field_of(size[0])
    largest = fmt.field_of(size[1])
    low, high = number
    if low >= 0:
        return smallest, largest
    if not is_signed:
        return 0.0, fmt.sign + largest
    return -fmt.sign, largest if high >= 0 else -1.0


def _range_of_or(x: Range, y: Range) -> Range:
    """Bound `x | y` of numbers >= 0: at least the larger, at most the sum."""
    if min(x[0], y[0]) < 0 or math.isinf(x[1]) or math.isinf(y[1]):
        return UNKNOWN
    return max(x[0], y[0]), x[1] + y[1]
