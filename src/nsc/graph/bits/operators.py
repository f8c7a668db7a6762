"""C's bit operators on fields of numbers.

In: an operator, nodes. Out: a node, None where the operands are like any integers
(integers.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from nsc.graph.bits.conversion import as_integer
from nsc.graph.bits.fields import (
    exponent_of,
    field_of,
    is_negative,
    is_positive,
)
from nsc.graph.bits.formats import (
    FIELD_OPS,
    FORMATS,
    MANTISSA,
    SIGNED,
    WHOLE,
    Format,
    format_of,
)
from nsc.graph.bits.sums import atoms_of, constant_of, terms_of
from nsc.graph.builder import DagBuilder
from nsc.graph.dag import TRUTHS
from nsc.refusal import Refusal


class _Field(NamedTuple):
    """All bits of a number, as an operand.

    Args:
        op: HIGH, BITS, WORD, or one of them signed.
        name: the same, unsigned.
        number: the node behind it.
    """

    op: str
    name: str
    number: int

    @property
    def format(self) -> Format:
        return FORMATS[self.name]

    @property
    def is_signed(self) -> bool:
        return self.op in SIGNED


def on_field(b: DagBuilder, operator: str, x: int, y: int) -> int | None:
    """Apply a bit operator where a field is an operand.

    Returns:
        A node; None where no operand is a field, or it is like any integer.
    """
    if operator in ("<<", ">>"):
        return _OPERATORS[operator](b, x, y)
    mask = b.value(y)
    if operator == "&" and mask is not None:
        x = _unrounded(b, x, int(mask))
    if b.op(x) not in FIELD_OPS:
        x, y = y, x
    return _OPERATORS[operator](b, x, y)


def _field_at(b: DagBuilder, node: int) -> _Field | None:
    op = b.op(node)
    if op not in WHOLE:
        return None
    return _Field(op, WHOLE[op], b.children(node)[0])


def _shift_right(b: DagBuilder, x: int, y: int) -> int | None:
    """`HIGH(x) >> 31 -> x < 0` and the like, see `_shifted` and `_is_any`."""
    if _wraps(b, x):
        message = "bits are shifted after a subtraction that wraps around"
        raise Refusal("bit_operation", message, b.at)
    by = b.value(y)
    field = _field_at(b, x)
    if field is not None:
        return None if by is None else _shifted(b, field, int(by))
    if b.op(x) == "BITOR" and by == 31:
        return _is_any(b, *b.children(x))
    return None


def _shift_left(b: DagBuilder, x: int, y: int) -> int | None:
    """`HIGH(x) << n -> (HIGH(x) & mask) * 2**n`: the mask drops what is shifted out."""
    field = _field_at(b, x)
    by = b.value(y)
    if field is None or by is None:
        return None
    kept_bits = b.literal(2.0 ** (field.format.bits - by) - 1)
    kept = on_field(b, "&", x, kept_bits)
    return None if kept is None else b.make("MUL", kept, b.literal(2.0**by))


def _and(b: DagBuilder, x: int, y: int) -> int | None:
    """`HIGH(x) & 0x7fffffff -> HIGH(|x|)` and the like, see `_masked`."""
    mask = b.value(y)
    field = _field_at(b, x)
    if field is None or mask is None:
        return None
    return _masked(b, field, int(mask))


def _or(b: DagBuilder, x: int, y: int) -> int | None:
    """`HIGH(x) | 0x80000000 -> HIGH(|x|) + 0x80000000`.

    And `HIGH_MANTISSA(x) | C -> HIGH_MANTISSA(x) + C`: where no bit is one in both, the
    sum is the union.
    """
    field = _field_at(b, x)
    if field is None:
        return _beside_mantissa(b, x, y)
    if b.value(y) == field.format.sign:
        size = field_of(b, field.name, b.make("ABS", field.number))
        return b.make("ADD", size, y)
    return (
        _with_sign(b, "|", x, y, field)
        if _is_sign(b, y, field.format)
        else None
    )


def _xor(b: DagBuilder, x: int, y: int) -> int | None:
    """`HIGH(x) ^ 0x80000000 -> HIGH(-x)`; beside a mantissa it is as `_or`."""
    field = _field_at(b, x)
    if field is None:
        return _beside_mantissa(b, x, y)
    if b.value(y) == field.format.sign:
        return b.make(field.op, b.make("NEG", field.number))
    return (
        _with_sign(b, "^", x, y, field)
        if _is_sign(b, y, field.format)
        else None
    )


_OPERATORS: Mapping[str, Callable[[DagBuilder, int, int], int | None]] = {
    ">>": _shift_right,
    "<<": _shift_left,
    "&": _and,
    "|": _or,
    "^": _xor,
}


def _beside_mantissa(b: DagBuilder, x: int, y: int) -> int | None:
    """Put bits above a mantissa, as `(hx & 0xfffff) | 0x3ff00000`."""
    op = b.op(x)
    bits = b.value(y)
    if op not in MANTISSA or bits is None:
        return None
    is_above = bits % format_of(op).exponent_step == 0
    return b.make("ADD", x, y) if is_above else None


def _wraps(b: DagBuilder, node: int) -> bool:
    """Say whether an unsigned field is subtracted, and not from ones alone."""
    terms = terms_of(b, node)
    is_subtracted = any(
        terms[atom] < 0 and (b.op(atom) in FORMATS or b.op(atom) == "LOW")
        for atom in atoms_of(terms)
    )
    return is_subtracted and constant_of(terms) < 2.0**32 - 1


def _unrounded(b: DagBuilder, node: int, mask: int) -> int:
    """`(HIGH(x) + C) & mask -> HIGH(x) & mask`, where the mask clears C's bits.

    Adding half of the lowest bit that stays, and then clearing those below, is
    rounding, which is not modelled. It may clear two thirds of the mantissa.
    """
    terms = terms_of(b, node)
    atoms = atoms_of(terms)
    if len(atoms) != 1:
        return node
    (atom,) = atoms
    if terms[atom] != 1 or b.op(atom) not in WHOLE:
        return node
    lowest = mask & -mask
    coarsest = 2.0 ** (format_of(b.op(atom)).mantissa * 2 // 3)
    is_rounding = 0 <= constant_of(terms) < 4 * lowest <= 4 * coarsest
    return atom if is_rounding else node


def _is_sign(b: DagBuilder, node: int, fmt: Format) -> bool:
    """Say whether a node is the bit of the sign, or zero."""
    terms = {atom: count for atom, count in terms_of(b, node).items() if count}
    if [abs(count) for count in terms.values()] != [fmt.sign]:
        return False
    return all(b.op(atom) in TRUTHS for atom in atoms_of(terms))


def _with_sign(
    b: DagBuilder, operator: str, x: int, y: int, field: _Field
) -> int:
    """Set or flip a sign, as `hx ^= hy & 0x80000000`: y is the bit of one, or zero.

    `HIGH(x) ^ s * 0x80000000 -> HIGH(s ? -x : x)`,
    `HIGH(x) | s * 0x80000000 -> HIGH(s ? -|x| : x)`.
    """
    number = field.number
    if is_positive(b, number):
        return b.make("ADD", x, y)
    (truth,) = (atom for atom, count in terms_of(b, y).items() if count)
    size = b.make("ABS", number)
    if truth is None:  # as INT_MIN: the bit itself
        changed = b.make("NEG", number if operator == "^" else size)
        return field_of(b, field.name, changed)
    if truth == is_negative(b, number):  # its own
        return field_of(b, field.name, size) if operator == "^" else x
    changed = b.make("NEG", number if operator == "^" else size)
    return b.make(field.op, b.make("SEL", truth, changed, number))


def _shifted(b: DagBuilder, field: _Field, by: int) -> int | None:
    """Take the sign, the exponent or the upper half out of a field.

    `HIGH(x) >> 31 -> x < 0`, `BITS(x) >> 32 -> HIGH(x)`,
    `HIGH(x) >> 20 -> EXPONENT(x) + 1023 + (x < 0) * 2048`.
    """
    fmt = field.format
    x = field.number
    if by == fmt.bits - 1:
        negative = is_negative(b, x)
        return b.make("NEG", negative) if field.is_signed else negative
    if field.name == "BITS" and by == 32:
        return as_integer(b, b.make("HIGH", x), field.is_signed, 32)
    if by != fmt.mantissa:
        return None
    biased = b.make("ADD", exponent_of(b, x), b.literal(float(fmt.bias)))
    if is_positive(b, x):
        return biased
    negative = is_negative(b, x)
    sign = 2.0 ** (fmt.bits - 1 - by)
    worth = b.literal(-sign if field.is_signed else sign)
    return b.make("ADD", biased, b.make("MUL", negative, worth))


def _masked(b: DagBuilder, field: _Field, mask: int) -> int | None:
    """Look at some bits of a field.

    `HIGH(x) & 0 -> 0`, `HIGH(x) & 0xffffffff -> HIGH(x)`,
    `HIGH(x) & 0x7fffffff -> HIGH(|x|)`, `HIGH(x) & 0x80000000 -> (x < 0) * 0x80000000`,
    `HIGH(x) & 0xfffff -> HIGH_MANTISSA(x)`,
    `HIGH(x) & 0x7ff00000 -> (EXPONENT(x) + 1023) * 0x100000`.
    """
    fmt = field.format
    x = field.number
    every = (1 << fmt.bits) - 1
    mask = _with_low_bits(mask & every, fmt)
    if not mask:
        return b.literal(0.0)
    if mask == every:
        return b.make(field.op, x)
    if mask == int(fmt.sign) - 1:
        return field_of(b, field.name, b.make("ABS", x))
    if mask == int(fmt.sign):
        return b.make("MUL", is_negative(b, x), b.literal(fmt.sign))
    if mask == (1 << fmt.mantissa) - 1:
        return b.make(f"{field.name}_MANTISSA", x)
    if mask == int(fmt.infinity):
        biased = b.make("ADD", exponent_of(b, x), b.literal(float(fmt.bias)))
        return b.make("MUL", biased, b.literal(fmt.exponent_step))
    if field.name == "BITS" and mask & -mask < 2**11:
        message = "the last bits of a double are not modelled"
        raise Refusal("bit_operation", message, b.at)
    return None


def _with_low_bits(mask: int, fmt: Format) -> int:
    """Keep the lowest bits that a mask clears: clearing them is rounding."""
    n_cleared = (mask & -mask).bit_length() - 1
    if 0 < n_cleared <= fmt.mantissa * 2 // 3:
        return mask | (1 << n_cleared) - 1
    return mask


def _is_any(b: DagBuilder, x: int, y: int) -> int | None:
    """`(x | -x) >> 31 -> x != 0`: of x and -x one has the highest bit."""
    for field, negative in ((x, y), (y, x)):
        is_field = b.op(field) == "LOW" or b.op(field) in FORMATS
        if (
            is_field
            and b.op(negative) == "NEG"
            and b.children(negative) == (field,)
        ):
            return b.make("NOT", b.make("EQ", field, b.literal(0.0)))
    return None
