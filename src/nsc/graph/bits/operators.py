"""C's bit operators on words.

In: an operator, nodes. Out: a node, None where an operand is like any integer
(bits.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsc.graph.bits.fields import (
    FORMATS,
    MANTISSA,
    SIGNED,
    WORDS,
    Format,
    as_integer,
    exponent_of,
    is_negative,
    is_positive,
    linear,
    word,
)
from nsc.graph.dag import TRUTHS
from nsc.refusal import Refusal

if TYPE_CHECKING:
    from nsc.graph.builder import Builder


def bits_of_word(b: Builder, operator: str, x: int, y: int) -> int | None:  # noqa: C901
    """Apply a bit operator where a word is an operand; None where none is, or it is
    like any integer.
    """
    if operator == "&" and b.value(y) is not None:
        x = _unrounded(b, x, int(b.value(y)))
    if b.op(x) not in WORDS:
        x, y = (y, x) if operator not in ("<<", ">>") else (x, y)
    op = b.op(x)
    known = b.value(y)
    if operator == ">>" and _wraps(b, x):
        raise Refusal(
            "bit_operation",
            "bits are shifted after a subtraction that wraps around",
            b.at,
        )
    if known is not None and operator == "<<" and (op in SIGNED or op in FORMATS):
        kept = bits_of_word(
            b, "&", x, b.literal(2.0 ** (FORMATS[SIGNED.get(op, op)].bits - known) - 1)
        )
        return None if kept is None else b.make("MUL", kept, b.literal(2.0**known))
    if op in SIGNED or op in FORMATS:
        name = SIGNED.get(op, op)
        number = b.nodes[x][1]
        if known is not None and operator == ">>":
            return _shifted(b, name, op, number, int(known))
        if known is not None and operator == "&":
            return _masked(b, name, op, number, int(known))
        if known == FORMATS[name].sign and operator == "^":
            return b.make(op, b.make("NEG", number))
        if known == FORMATS[name].sign and operator == "|":
            return b.make("ADD", word(b, name, b.make("ABS", number)), y)
        if operator in ("|", "^") and _is_sign(b, y, FORMATS[name]):
            return _with_sign(b, operator, x, y)
    if op == "BITOR" and operator == ">>" and known == 31:
        return _is_any(b, *b.nodes[x][1:])
    is_apart = (
        op in MANTISSA
        and known is not None
        and known % 2.0 ** FORMATS[MANTISSA[op]].mantissa == 0
    )
    return b.make("ADD", x, y) if operator in ("|", "^") and is_apart else None


def _wraps(b: Builder, node: int) -> bool:
    """Say whether an unsigned word is subtracted, and not from ones alone."""
    parts = linear(b, node)
    words = [
        a
        for a, k in parts.items()
        if a is not None and k < 0 and (b.op(a) in FORMATS or b.op(a) == "LOW")
    ]
    return bool(words) and parts.get(None, 0.0) < 2.0**32 - 1


def _unrounded(b: Builder, node: int, mask: int) -> int:
    """Return the word in `word + c` where a mask clears no less than c's bits: that is
    rounding.
    """
    lowest = mask & -mask
    parts = linear(b, node)
    atoms = [
        a
        for a, count in parts.items()
        if a is not None and count == 1 and b.op(a) in (*FORMATS, *SIGNED)
    ]
    if len(atoms) != 1 or sum(a is not None for a in parts) != 1:
        return node
    fmt = FORMATS[SIGNED.get(b.op(atoms[0]), b.op(atoms[0]))]
    is_rounding = (
        0 <= parts.get(None, 0.0) < 4 * lowest <= 4 * 2.0 ** (fmt.mantissa * 2 // 3)
    )
    return atoms[0] if is_rounding else node


def _is_sign(b: Builder, node: int, fmt: Format) -> bool:
    """Say whether a node is the bit of the sign, or zero."""
    parts = {atom: count for atom, count in linear(b, node).items() if count}
    return list(map(abs, parts.values())) == [fmt.sign] and all(
        a is None or b.op(a) in TRUTHS for a in parts
    )


def _with_sign(b: Builder, operator: str, x: int, y: int) -> int:
    """Set or flip the sign of a word x's number by y, which is the bit of a sign, or
    zero: `hx ^= hx & 0x80000000`.
    """
    op, number = b.nodes[x]
    if is_positive(b, number):
        return b.make("ADD", x, y)
    (truth,) = (atom for atom, count in linear(b, y).items() if count)
    size = b.make("ABS", number)
    if truth == is_negative(b, number):  # its own
        return word(b, SIGNED.get(op, op), size) if operator == "^" else x
    changed = b.make("NEG", number if operator == "^" else size)
    return b.make(op, b.make("SEL", truth, changed, number))


def _shifted(b: Builder, name: str, op: str, x: int, by: int) -> int | None:
    fmt = FORMATS[name]
    if by == fmt.bits - 1:
        negative = is_negative(b, x)
        return b.make("NEG", negative) if op in SIGNED else negative
    if name == "BITS" and by == 32:
        return as_integer(b, b.make("HIGH", x), op in SIGNED, 32)
    if by != fmt.mantissa:
        return None
    biased = b.make("ADD", exponent_of(b, x), b.literal(float(fmt.bias)))
    if is_positive(b, x):
        return biased
    sign = 2.0 ** (fmt.bits - 1 - by) * (-1 if op in SIGNED else 1)
    return b.make("ADD", biased, b.make("MUL", is_negative(b, x), b.literal(sign)))


def _masked(b: Builder, name: str, op: str, x: int, mask: int) -> int | None:
    fmt = FORMATS[name]
    every = (1 << fmt.bits) - 1
    mask &= every
    if not mask:
        return b.literal(0.0)
    low = (mask & -mask).bit_length() - 1  # bits cleared below all others
    if 0 < low <= fmt.mantissa * 2 // 3:  # is rounding
        mask |= (1 << low) - 1
    if mask == every:
        return b.make(op, x)
    if mask == int(fmt.sign) - 1:
        return word(b, name, b.make("ABS", x))
    if mask == int(fmt.sign):
        return b.make("MUL", is_negative(b, x), b.literal(fmt.sign))
    if mask == (1 << fmt.mantissa) - 1:
        return b.make(f"{name}_MANTISSA", x)
    if mask == int(fmt.infinity):
        return b.make(
            "MUL",
            b.make("ADD", exponent_of(b, x), b.literal(float(fmt.bias))),
            b.literal(2.0**fmt.mantissa),
        )
    if name == "BITS" and mask & -mask < 2**11:
        raise Refusal(
            "bit_operation", "the last bits of a double are not modelled", b.at
        )
    return None


def _is_any(b: Builder, x: int, y: int) -> int | None:
    """Return the highest bit of `x | -x`, which is whether x is not zero."""
    for u, v in ((x, y), (y, x)):
        if (
            b.op(v) == "NEG"
            and b.nodes[v][1] == u
            and (b.op(u) == "LOW" or b.op(u) in FORMATS)
        ):
            return b.make("NOT", b.make("EQ", u, b.literal(0.0)))
    return None
