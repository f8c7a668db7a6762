"""Comparisons of fields with literals, as comparisons of the numbers behind them.

In: nodes and the numbers they are. Out: a simpler node, None where there is none; rules
of the builder.

All bits of a number >= 0, read as an integer, grow with the number: comparing the bits
is comparing the numbers. The sign is the highest bit: unsigned fields of numbers below
zero are above all others, and signed ones below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from nsc.graph.bits.fields import is_negative, is_positive
from nsc.graph.bits.formats import (
    FORMATS,
    OF_ONE,
    SIGNED,
    SMALLEST_NORMAL,
    WHOLE,
    format_of,
)
from nsc.graph.bits.sums import atoms_of, constant_of, terms_of
from nsc.graph.builder import Args, DagBuilder, Known, Rule
from nsc.refusal import Refusal

_MAX_EXPONENT = 1000  # beyond it all doubles are on one side
# by which small whole numbers may be off when they are scaled
_NEARLY_WHOLE = 1e-6


class _Solved(NamedTuple):
    """A field compared with a value; `is_flipped`: the sides change places."""

    field: int
    value: float
    is_flipped: bool


def _less(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`HIGH(x) < C -> x < D` of x >= 0, and `C < HIGH(x) -> !(x < D)`.

    D is the least number whose field is C, or the one after it.
    """
    if not b.has_passing:
        return None
    for side, literal in ((args[0], known[1]), (args[1], known[0])):
        solved = None if literal is None else _solved(b, side, literal)
        if solved is None:
            continue
        _refuse_wrapping(b, side, solved.field)
        is_below = (side == args[0]) != solved.is_flipped
        if is_below:
            return _below(b, solved.field, math.ceil(solved.value))
        found = _below(b, solved.field, math.floor(solved.value) + 1)
        return None if found is None else b.make("NOT", found)
    return None


def _refuse_wrapping(b: DagBuilder, node: int, field: int) -> None:
    """Refuse sums of an unsigned field that may leave its limits.

    `field - c` may be below zero, where C wraps around, and `2 * field` too large.
    """
    if node == field or b.op(field) not in FORMATS:
        return
    low, high = b.range(node)
    if low < 0 or high >= 2.0 ** format_of(b.op(field)).bits:
        message = "bits are compared after a subtraction that may wrap around"
        raise Refusal("bit_operation", message, b.at)


def _equal(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`HIGH(x) == C -> D <= x && x < E` of x >= 0.

    D and E are the least numbers whose fields are C and C + 1. For `x | y == 0` see
    `_both_zero`, for `LOW(x) == 0` `_has_no_low`.
    """
    if not b.has_passing:
        return None
    for side, literal in ((args[0], known[1]), (args[1], known[0])):
        if literal is None:
            continue
        if literal == 0 and b.op(side) == "BITOR":
            return _both_zero(b, *b.children(side))
        if literal == 0 and b.op(side) == "LOW":
            return _has_no_low(b, b.children(side)[0])
        solved = _solved(b, side, literal)
        if solved is None:
            continue
        if solved.value != int(solved.value):
            return b.literal(0.0)
        above = _below(b, solved.field, int(solved.value))
        below = _below(b, solved.field, int(solved.value) + 1)
        if above is None or below is None:
            return None
        return b.make("AND", b.make("NOT", above), below)
    return None


def _both_zero(b: DagBuilder, x: int, y: int) -> int:
    """`(x | y) == 0 -> x == 0 && y == 0`; of a number's two halves one comparison.

    `((HIGH(x) - 0x3ff00000) | LOW(x)) == 0 -> x == 1`.
    """
    zero = b.literal(0.0)
    for high, low in ((x, y), (y, x)):
        solved = _solved(b, high, 0.0)
        if solved is None or b.op(low) != "LOW" or solved.value < 0:
            continue
        if b.op(solved.field) not in ("HIGH", "SIGNED_HIGH"):
            continue
        (number,) = b.children(solved.field)
        if _is_same_size(b, number, b.children(low)[0]):
            expected = FORMATS["HIGH"].number_of(solved.value)
            return b.make("EQ", number, b.literal(expected))
    return b.make("AND", b.make("EQ", x, zero), b.make("EQ", y, zero))


def _has_no_low(b: DagBuilder, x: int) -> int:
    """`LOW(x) == 0 -> x * 2**(20 - EXPONENT(x))` is whole, as of small whole numbers.

    Above the lower half a double has 20 bits of mantissa.
    """
    exponent = b.make("EXPONENT", b.make("ABS", x))
    places = b.make("SUB", b.literal(20.0), exponent)
    scaled = b.make("MUL", x, b.make("POW", b.literal(2.0), places))
    distance = b.make("ABS", b.make("SUB", scaled, b.make("ROUND", scaled)))
    return b.make("LT", distance, b.literal(_NEARLY_WHOLE))


def _is_same_size(b: DagBuilder, x: int, y: int) -> bool:
    """Say whether two numbers are the same but for the sign."""
    return x == y or _is_absolute_of(b, x, y) or _is_absolute_of(b, y, x)


def _is_absolute_of(b: DagBuilder, x: int, y: int) -> bool:
    return b.op(x) == "ABS" and b.children(x) == (y,)


def _solved(b: DagBuilder, node: int, value: float) -> _Solved | None:
    """Solve `k * field + c ~ value` for the field; None where it is no such sum."""
    if b.op(node) not in OF_ONE and b.op(node) not in ("ADD", "SUB", "NEG"):
        return None
    terms = terms_of(b, node)
    atoms = atoms_of(terms)
    if len(atoms) != 1:
        return None
    (field,) = atoms
    if b.op(field) not in WHOLE and b.op(field) != "EXPONENT":
        return None
    count = terms[field]
    return _Solved(field, (value - constant_of(terms)) / count, count < 0)


def _below(b: DagBuilder, field: int, limit: int) -> int | None:
    """Return whether a field is below a whole number.

    None where that takes more than a comparison.
    """
    op = b.op(field)
    (x,) = b.children(field)
    if op == "EXPONENT":
        exponent = max(min(limit, _MAX_EXPONENT), -_MAX_EXPONENT)
        return _less_than(b, x, 2.0**exponent)
    if op in SIGNED:
        return _signed_below(b, SIGNED[op], x, limit)
    return _unsigned_below(b, op, x, limit)


def _signed_below(b: DagBuilder, name: str, x: int, limit: int) -> int | None:
    """`SIGNED_HIGH(x) < 0 -> x < 0`, and of larger numbers as of x >= 0.

    Those below zero are below every field, as their numbers are below every number.
    """
    fmt = FORMATS[name]
    if (
        limit >= fmt.sign
    ):  # a literal that large is unsigned, and so is the comparison
        return _below(b, b.make(name, x), limit)
    if limit < 0:
        return None
    return (
        is_negative(b, x)
        if limit == 0
        else _less_than(b, x, fmt.number_of(limit))
    )


def _unsigned_below(
    b: DagBuilder, name: str, x: int, limit: int
) -> int | None:
    """`HIGH(x) < C -> x >= 0 && x < D`."""
    fmt = FORMATS[name]
    if is_positive(b, x):
        if limit <= 0:
            return b.literal(0.0)
        return _less_than(b, x, fmt.number_of(limit))
    if limit > fmt.sign:
        return None
    not_negative = b.make("NOT", is_negative(b, x))
    small = _less_than(b, x, fmt.number_of(limit))
    found = b.make("AND", not_negative, small)
    return found if limit > 0 else b.literal(0.0)


def _less_than(b: DagBuilder, x: int, limit: float) -> int:
    """Return x < limit; of sizes below the smallest normal one only zero is left."""
    if math.isinf(limit):
        return b.literal(1.0)
    if limit <= SMALLEST_NORMAL and is_positive(b, x):
        return b.make("EQ", x, b.literal(0.0))
    return b.make("LT", x, b.literal(limit))


COMPARISONS: Mapping[str, Rule] = {"LT": _less, "EQ": _equal}
