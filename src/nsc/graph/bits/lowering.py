"""What is left of fields when a DAG is finished, written with logarithms and powers.

In: roots. Out: roots without operations on fields. Non-goals: simplification
(operators.py, comparisons.py).
"""

from __future__ import annotations

import math

from nsc.graph.bits.fields import is_negative, is_positive
from nsc.graph.bits.formats import (
    FIELD_OPS,
    FROM,
    MANTISSA,
    SIGNED,
    SLACK,
    Format,
    format_of,
)
from nsc.graph.builder import DagBuilder
from nsc.graph.nodes import Range
from nsc.refusal import Refusal

_EXPONENT_OF_ZERO = -1023.0


def without_fields(b: DagBuilder, roots: list[int]) -> list[int]:
    """Write the fields that are left with logarithms and powers.

    Raises:
        Refusal: `bit_operation`, what has no such form is needed.
    """
    made: dict[int, int] = {}
    for node in b.needed(roots):
        op = b.op(node)
        children = b.children(node)
        written = [made[child] for child in children]
        b.at = b.passing_at.get(node, b.at)
        if op in FROM:
            field_range = b.range(children[0])
            made[node] = _number_written(
                b, format_of(op), written, field_range
            )
        elif op in FIELD_OPS:
            made[node] = _field_written(b, op, written[0])
        elif children:
            made[node] = b.make(op, *written)
        else:
            made[node] = node
    return [made[root] for root in roots]


def _field_written(b: DagBuilder, op: str, x: int) -> int:
    """Write a field of the number x; that of zero is zero.

    `EXPONENT(x) -> FLOOR(log|x| / log 2)`,
    `HIGH_MANTISSA(x) -> FLOOR((|x| / 2**EXPONENT(x) - 1) * 0x100000)`,
    `HIGH(x) -> (EXPONENT(x) + 1023) * 0x100000 + HIGH_MANTISSA(x)`, and of x < 0
    0x80000000 more.
    """
    if op == "BITOR":
        message = "'|' on two values that depend on inputs"
        raise Refusal("bit_operation", message, b.at)
    size = b.make("ABS", x)
    one = b.literal(1.0)
    is_zero = b.make("EQ", size, b.literal(0.0))
    logarithm = b.make("MUL", b.make("LOG", size), b.literal(1 / math.log(2)))
    exponent = b.make("FLOOR", b.make("ADD", logarithm, b.literal(SLACK)))
    if op == "EXPONENT":
        return b.make("SEL", is_zero, b.literal(_EXPONENT_OF_ZERO), exponent)
    fmt = format_of(op)
    down = b.make("POW", b.literal(2.0), b.make("NEG", exponent))
    fraction = b.make("SUB", b.make("MUL", size, down), one)
    scaled = b.make("MUL", fraction, b.literal(fmt.exponent_step))
    mantissa = b.make(
        "FLOOR", b.make("ADD", scaled, b.literal(SLACK * 2.0**20))
    )
    if op in MANTISSA:
        return b.make("SEL", is_zero, b.literal(0.0), mantissa)
    if op == "LOW":
        zero = b.literal(0.0)
        low = b.make("FMOD", mantissa, b.literal(2.0**32))
        return b.make("SEL", is_zero, zero, low)
    biased_exponent = b.make("ADD", exponent, b.literal(float(fmt.bias)))
    biased = b.make("MUL", biased_exponent, b.literal(fmt.exponent_step))
    zero = b.literal(0.0)
    whole = b.make("SEL", is_zero, zero, b.make("ADD", biased, mantissa))
    if is_positive(b, x):
        return whole
    sign = b.literal(-fmt.sign if op in SIGNED else fmt.sign)
    return b.make("ADD", whole, b.make("MUL", is_negative(b, x), sign))


def _number_written(
    b: DagBuilder, fmt: Format, fields: list[int], within: Range
) -> int:
    """Write the number >= 0 with a field that lies in a range.

    `FROM_HIGH(h, l) -> (1 + e - FLOOR(e)) * 2**(FLOOR(e) - 1023)` with
    `e = h / 0x100000 + l / 2^52`: the exponent, and behind the point the mantissa.
    """
    if within[0] < 0 or within[1] >= fmt.sign:
        message = "these bits may be those of a negative number"
        raise Refusal("bit_operation", message, b.at)
    high, low = fields
    high_part = b.make("MUL", high, b.literal(2.0**-fmt.mantissa))
    low_part = b.make("MUL", low, b.literal(2.0**-52))
    both = b.make("ADD", high_part, low_part)
    exponent = b.make("FLOOR", both)
    fraction = b.make("ADD", b.make("SUB", both, exponent), b.literal(1.0))
    two = b.literal(2.0)
    power = b.make(
        "POW", two, b.make("ADD", exponent, b.literal(-float(fmt.bias)))
    )
    return b.make("MUL", fraction, power)
