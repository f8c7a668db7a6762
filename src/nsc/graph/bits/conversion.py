"""C's conversions of integers that are made of fields.

In: nodes, an integer type. Out: nodes. Non-goals: other integers,
which are taken to fit.
"""

from __future__ import annotations

from nsc.graph.bits.fields import field_of, is_positive
from nsc.graph.bits.formats import FORMATS, SIGNED, WHOLE
from nsc.graph.bits.sums import Terms, atoms_of, terms_of
from nsc.graph.builder import DagBuilder
from nsc.graph.dag import TRUTHS


def as_integer(
    b: DagBuilder,
    node: int,
    signed: bool,
    bits: int,
    *,
    doubtful: bool = False,
) -> int:
    """Convert an integer that may be made of fields to a type of so many bits.

    `(int)HIGH(x) -> SIGNED_HIGH(x)`; `(unsigned)BITS(x) -> LOW(x)`; what may overflow
    wraps around: `(unsigned)n -> n - FLOOR(n / 2^32) * 2^32`.

    Args:
        doubtful: whether the integer may not fit, even if nothing in it says so.
    """
    if not b.has_passing:
        return node
    op = b.op(node)
    if op in ("BITS", "SIGNED_BITS") and bits == 32:
        return as_integer(
            b, field_of(b, "LOW", b.children(node)[0]), signed, bits
        )
    if op in WHOLE and FORMATS[WHOLE[op]].bits == bits:
        return _with_signedness(b, WHOLE[op], b.children(node)[0], signed)
    low, end = _limits(signed, bits)
    least, most = b.range(node)
    if least >= low and most < end:
        return node
    if not doubtful and not _may_overflow(b, node, signed, bits):
        return node
    terms = terms_of(b, node)
    if _is_highest_bit(b, terms, bits):
        (truth,) = atoms_of(terms)
        return b.make("MUL", truth, b.literal(low)) if signed else node
    return _wrapped(b, node, signed, bits)


def _with_signedness(b: DagBuilder, name: str, x: int, signed: bool) -> int:
    """Read all bits of x with a sign, or without; of a number >= 0 that is the same."""
    is_plain = not signed or is_positive(b, x)
    return b.make(name if is_plain else f"SIGNED_{name}", x)


def _limits(signed: bool, bits: int) -> tuple[float, float]:
    """Return the least value of an integer type, and the first one above all."""
    return (
        (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1))
        if signed
        else (0.0, 2.0**bits)
    )


def _is_highest_bit(b: DagBuilder, terms: Terms, bits: int) -> bool:
    """Say whether a sum is a truth value shifted into the highest bit."""
    if list(terms.values()) != [2.0 ** (bits - 1)]:
        return False
    return (
        all(b.op(atom) in TRUTHS for atom in atoms_of(terms))
        and None not in terms
    )


def wrapped(b: DagBuilder, node: int, signed: bool, bits: int) -> int:
    """Convert an integer to so many bits, of which it may have more."""
    low, end = _limits(signed, bits)
    least, most = b.range(node)
    if least >= low and most < end:
        return node
    return _wrapped(b, node, signed, bits)


def _wrapped(b: DagBuilder, node: int, signed: bool, bits: int) -> int:
    """Take an integer modulo 2^bits, into its type's limits."""
    low, _ = _limits(signed, bits)
    shifted = b.make("SUB", node, b.literal(low)) if signed else node
    turns = b.make("FLOOR", b.make("MUL", shifted, b.literal(2.0**-bits)))
    return b.make("SUB", node, b.make("MUL", turns, b.literal(2.0**bits)))


def _may_overflow(b: DagBuilder, node: int, signed: bool, bits: int) -> bool:
    """Say whether an integer has fields in it that do not fit, or their sign."""
    todo = [node]
    seen = {node}
    while todo:
        for atom, count in terms_of(b, todo.pop()).items():
            if atom is not None and b.op(atom) in ("SEL", "BITOR"):
                sides = set(b.children(atom)[-2:]) - seen
                todo += sides
                seen |= sides
            elif _is_too_wide(b, atom, count, signed, bits):
                return True
    return False


def _is_too_wide(
    b: DagBuilder, atom: int | None, count: float, signed: bool, bits: int
) -> bool:
    """Say whether a term may lie outside an integer type.

    Terms that are no fields are other integers, which are taken to fit.
    """
    op = "LIT" if atom is None else b.op(atom)
    if op == "LIT":
        return abs(count) >= 2.0 ** (bits - 1)
    if op in TRUTHS:
        is_borrowed = count < 0 and not signed
        return abs(count) >= 2.0 ** (bits - 1) or is_borrowed
    if op in WHOLE or op == "LOW":
        width = 64 if "BITS" in op else 32
        is_the_same_type = op in SIGNED and signed and count == 1
        return width > bits or (width == bits and not is_the_same_type)
    is_shifted_field = op == "FLOOR"
    return is_shifted_field and (bits < 32 or count != 1)
