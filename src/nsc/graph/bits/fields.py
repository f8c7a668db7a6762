"""The bits of numbers as symbolic integers: what C reads through a union.

A field (see formats.py) is a node of its own while a DAG is built. Masks and shifts of
fields become powers and absolute values of the numbers behind them (operators.py),
comparisons comparisons of these (comparisons.py), and fields numbers again
(numbers.py); what remains at the end is written with logarithms (lowering.py). So are
read the functions of fdlibm, and what has been copied from it.
In: nodes. Out: nodes. Non-goals: subnormal numbers, NaN; clearing low bits is rounding,
which is not modelled.
"""

from __future__ import annotations

from nsc.graph.bits.formats import FROM
from nsc.graph.builder import DagBuilder
from nsc.refusal import Refusal

# From which on a constant rounds away what it is added to, as far as a field shows:
# three quarters of the mantissa's bits.
_LARGE_OF_FLOATS = 2.0**18
_LARGE_OF_DOUBLES = 2.0**40
# those that are meant to round to whole numbers
_ROUNDERS = (1.5 * 2.0**23, 1.5 * 2.0**52)


def field_of(b: DagBuilder, name: str, x: int) -> int:
    """Return a field (HIGH, LOW, BITS, WORD) of the number x, unsigned.

    `HIGH(FROM_HIGH(h, l)) -> h` and `LOW(FROM_HIGH(h, l)) -> l`: what was written is
    read back.

    Raises:
        Refusal: `bit_operation`, the number has been rounded by adding a large one,
            which is not modelled.
    """
    x = _rounded(
        b, x, _LARGE_OF_FLOATS if name == "WORD" else _LARGE_OF_DOUBLES
    )
    op = b.op(x)
    if name == "LOW" and op == "FROM_HIGH":
        return b.children(x)[1]
    if FROM.get(op) == name:
        return b.children(x)[0]
    return b.make(name, x)


def _rounded(b: DagBuilder, x: int, large: float) -> int:
    """`x + 0x1.8p52 -> ROUND(x) + 0x1.8p52`: that sum is rounded to a whole number.

    Args:
        large: from which on a constant rounds away what it is added to.
    """
    op = b.op(x)
    if op not in ("ADD", "SUB"):
        return x
    sides = list(b.children(x))
    for position, side in enumerate(sides):
        constant = b.value(side)
        if constant is None or abs(constant) < large:
            continue
        if abs(constant) not in _ROUNDERS:
            message = "a large constant rounds what it is added to"
            raise Refusal("bit_operation", message, b.at)
        other = 1 - position
        sides[other] = b.make("ROUND", sides[other])
        return b.make(op, *sides)
    return x


def is_positive(b: DagBuilder, x: int) -> bool:
    """Say whether a number is known to be no less than zero."""
    return b.op(x) in ("ABS", "SQ", "SQRT", "EXP") or b.range(x)[0] >= 0


def is_negative(b: DagBuilder, x: int) -> int:
    """Return the node of `x < 0`."""
    return b.make("LT", x, b.literal(0.0))


def exponent_of(b: DagBuilder, x: int) -> int:
    """Return the node of floor(log2 |x|)."""
    return b.make("EXPONENT", b.make("ABS", x))
