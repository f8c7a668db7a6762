"""From fields to the numbers behind them.

In: nodes of fields. Out: nodes of numbers. Non-goals: known fields (constants.py); what
has no number behind it when the DAG is finished (lowering.py).
"""

from __future__ import annotations

import math

from nsc.graph.bits.fields import exponent_of
from nsc.graph.bits.formats import FORMATS, MANTISSA, OF_ONE, WHOLE, Format
from nsc.graph.bits.sums import Terms, atoms_of, constant_of, sum_of, terms_of
from nsc.graph.builder import DagBuilder
from nsc.graph.dag import TRUTHS
from nsc.refusal import Refusal

_COUNT_OF_HIGH = {
    "BITS": 2.0**32,
    "HIGH": 1.0,
}  # by the field that is asked for


def from_field(
    b: DagBuilder, name: str, node: int, low: int | None = None
) -> int:
    """Return the number with a field; `low` is the other half where the field is HIGH.

    `FROM_HIGH(HIGH(x) + 3 * 0x100000) -> x * 2**3`,
    `FROM_HIGH(HIGH(x) + s * 0x80000000) -> s ? -x : x`,
    `FROM_HIGH((k + 1023) * 0x100000) -> 2**k`.

    Raises:
        Refusal: `uses_union`, the integer is too small to be meant as a number.
    """
    fmt = FORMATS[name]
    turn = 2.0**fmt.bits  # multiples of it wrap around
    terms = {a: k for a, k in terms_of(b, node).items() if k % turn or not k}
    other = b.literal(0.0) if low is None else low
    terms = _odd_as_truth(b, fmt, terms)
    for atom, count in terms.items():
        if _is_sign(b, fmt, atom, count):
            rest = _without_sign(fmt, terms, atom)
            if not any(rest.values()):  # minus zero, if nothing is added to it
                return b.make(f"FROM_{name}", node, other)
            size = from_field(b, name, sum_of(b, rest), low)
            truth = b.literal(1.0) if atom is None else atom
            return b.make("SEL", truth, b.make("NEG", size), size)
    found = _rescaled(b, name, terms)
    if found is not None:
        return found
    if _is_exponent_field(b, fmt, node, terms) and b.value(other) == 0:
        return _power_with_field(b, terms, fmt, -fmt.bias)
    known = b.value(node)
    if known and abs(known) < fmt.exponent_step:
        message = "an integer is stored where a number is read"
        raise Refusal("uses_union", message, b.at)
    return b.make(f"FROM_{name}", node, other)


def _is_sign(
    b: DagBuilder, fmt: Format, atom: int | None, count: float
) -> bool:
    """Say whether a term of a field is its highest bit, with either sign."""
    if atom is not None:
        return b.op(atom) in TRUTHS and abs(count) == fmt.sign
    return (
        fmt.sign <= count < 2 * fmt.sign or -fmt.sign <= count < -fmt.sign / 2
    )


def _without_sign(fmt: Format, terms: Terms, sign: int | None) -> Terms:
    """Leave the highest bit out of a sum; of a constant the other bits remain."""
    rest = {atom: count for atom, count in terms.items() if atom != sign}
    if sign is None:
        count = terms[None]
        rest[None] = count - math.copysign(fmt.sign, count)
    return rest


def _odd_as_truth(b: DagBuilder, fmt: Format, terms: Terms) -> Terms:
    """`k << 31 -> (k != FLOOR(k / 2) * 2) << 31`, beside a constant.

    Of an integer k only the lowest bit stays in the field: whether k is odd.
    """
    atoms = atoms_of(terms)
    if len(atoms) != 1 or b.op(atoms[0]) not in ("FLOOR", "TRUNC", "ROUND"):
        return terms
    (k,) = atoms
    constant = constant_of(terms)
    if abs(terms[k]) != fmt.sign or not 0 <= constant < fmt.sign:
        return terms
    halves = b.make("FLOOR", b.make("MUL", k, b.literal(0.5)))
    is_even = b.make("EQ", k, b.make("MUL", halves, b.literal(2.0)))
    return {b.make("NOT", is_even): fmt.sign, None: constant}


def _rescaled(b: DagBuilder, name: str, terms: Terms) -> int | None:
    """Return the number whose field is that of another, with a change of the exponent.

    `FROM_HIGH(HIGH(x) + n * 0x100000) -> x * 2**n`, and of the mantissa alone
    `FROM_HIGH(HIGH_MANTISSA(x) + n * 0x100000) -> m * 2**(n - 1023)`, where m, which is
    `|x| * 2**-EXPONENT(x)`, lies in [1, 2).
    """
    fmt = FORMATS[name]
    for atom, count in terms.items():
        if atom is None or not _is_field_of_number(b, name, atom, count):
            continue
        (x,) = b.children(atom)
        rest = {
            other: k
            for other, k in terms.items()
            if other != atom and (other is None or b.op(other) != "LOW")
        }
        if not _is_exponent(b, rest, fmt):
            return None
        if b.op(atom) not in MANTISSA:
            return b.make("MUL", x, _power_with_field(b, rest, fmt, 0))
        size = b.make("ABS", x)
        two = b.literal(2.0)
        down = b.make("POW", two, b.make("NEG", exponent_of(b, x)))
        fraction = b.make("MUL", size, down)
        return b.make(
            "MUL", fraction, _power_with_field(b, rest, fmt, -fmt.bias)
        )
    return None


def _is_field_of_number(
    b: DagBuilder, name: str, atom: int, count: float
) -> bool:
    """Say whether a term is a number's field, where that field is asked for.

    HIGH is the upper half of BITS, so that 2^32 times it is as good. As the WORD of a
    float it is another number.
    """
    op = b.op(atom)
    if op not in OF_ONE:
        return False
    of = WHOLE.get(op) or MANTISSA.get(op)
    is_half = of == "HIGH" and count == _COUNT_OF_HIGH.get(name)
    return (of == name and count == 1.0) or is_half


def _is_exponent(b: DagBuilder, terms: Terms, fmt: Format) -> bool:
    """Say whether a sum changes a field's exponent alone.

    And by less than there are exponents.
    """
    if any(count % fmt.exponent_step for count in terms.values()):
        return False
    if atoms_of(terms):
        low, high = b.range(sum_of(b, terms))
    else:
        low = high = constant_of(terms)
    return max(abs(low), abs(high)) < (fmt.bias + 1) * fmt.exponent_step


def _is_exponent_field(
    b: DagBuilder, fmt: Format, node: int, terms: Terms
) -> bool:
    """Say whether a field has no mantissa and no sign: it is that of a power of two."""
    if b.value(node) is not None:
        return False
    if any(count % fmt.exponent_step for count in terms.values()):
        return False
    low, high = b.range(sum_of(b, terms))
    return low >= 0 and high < fmt.sign


def _power_with_field(
    b: DagBuilder, terms: Terms, fmt: Format, plus: int
) -> int:
    """Return the power of two of an exponent field, `plus` added to the exponent."""
    exponents = {
        atom: count / fmt.exponent_step for atom, count in terms.items()
    }
    exponents[None] = constant_of(exponents) + plus
    two = b.literal(2.0)
    return b.make("POW", two, sum_of(b, exponents))
