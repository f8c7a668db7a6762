"""Comparisons of words with literals, as comparisons of the numbers behind them.

In: nodes and the numbers they are. Out: a simpler node, None where there is none; rules
of the builder.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nsc.graph.bits.fields import (
    FORMATS,
    OF_ONE,
    SIGNED,
    SMALLEST_NORMAL,
    is_negative,
    is_positive,
    linear,
)
from nsc.refusal import Refusal

if TYPE_CHECKING:
    from nsc.graph.builder import Builder


def less(b: Builder, args: tuple[int, ...], known: list[float | None]) -> int | None:
    """Simplify `word < literal` and `literal < word`."""
    if not b.has_words:
        return None
    for side in (0, 1):
        if known[1 - side] is not None:
            atom, threshold, flipped = _solved(b, args[side], known[1 - side])
            if atom is not None:
                _refuse_wrapping(b, args[side], atom)
                is_below = (side == 0) != flipped
                found = _below(
                    b,
                    atom,
                    math.ceil(threshold) if is_below else math.floor(threshold) + 1,
                )
                return found if found is None or is_below else b.make("NOT", found)
    return None


def _refuse_wrapping(b: Builder, node: int, atom: int) -> None:
    """Refuse `word - c` below zero, which an unsigned word never is and a signed one
    may be, and `2 word` above.
    """
    if node == atom or b.op(atom) not in FORMATS:
        return
    low, high = b.range(node)
    if low < 0 or high >= 2.0 ** FORMATS[b.op(atom)].bits:
        raise Refusal(
            "bit_operation",
            "bits are compared after a subtraction that may wrap around",
            b.at,
        )


def equal(b: Builder, args: tuple[int, ...], known: list[float | None]) -> int | None:
    """Simplify `word == literal`."""
    if not b.has_words:
        return None
    for side in (0, 1):
        if known[1 - side] is None:
            continue
        if known[1 - side] == 0 and b.op(args[side]) == "BITOR":
            return _both_zero(b, *b.nodes[args[side]][1:])
        if known[1 - side] == 0 and b.op(args[side]) == "LOW":
            return _has_no_low(b, b.nodes[args[side]][1])
        atom, value, _ = _solved(b, args[side], known[1 - side])
        if atom is None:
            continue
        if value != int(value):
            return b.literal(0.0)
        above = _below(b, atom, int(value))
        below = _below(b, atom, int(value) + 1)
        return (
            None
            if above is None or below is None
            else b.make("AND", b.make("NOT", above), below)
        )
    return None


def _both_zero(b: Builder, x: int, y: int) -> int:
    """Return whether `x | y` is zero, as in `((ix - 0x3ff00000) | lx) == 0`, which is
    |x| == 1.
    """
    zero = b.literal(0.0)
    for high, low in ((x, y), (y, x)):
        atom, value, _ = _solved(b, high, 0.0)
        is_pair = (
            atom is not None
            and b.op(low) == "LOW"
            and b.op(atom) in ("HIGH", "SIGNED_HIGH")
        )
        if is_pair and value >= 0 and _is_same(b, b.nodes[atom][1], b.nodes[low][1]):
            return b.make(
                "EQ", b.nodes[atom][1], b.literal(FORMATS["HIGH"].number_of(value))
            )
    return b.make("AND", b.make("EQ", x, zero), b.make("EQ", y, zero))


def _has_no_low(b: Builder, x: int) -> int:
    """Return whether the lower half of a double is zero, as that of small whole numbers
    is.
    """
    exponent = b.make("EXPONENT", b.make("ABS", x))
    places = b.make("SUB", b.literal(20.0), exponent)
    scaled = b.make("MUL", x, b.make("POW", b.literal(2.0), places))
    return b.make(
        "LT",
        b.make("ABS", b.make("SUB", scaled, b.make("ROUND", scaled))),
        b.literal(1e-6),
    )


def _is_same(b: Builder, x: int, y: int) -> bool:
    """Say whether two numbers have the same size."""
    return x == y or b.nodes[x] == ("ABS", y) or b.nodes[y] == ("ABS", x)


def _solved(b: Builder, node: int, value: float) -> tuple[int | None, float, bool]:
    """Solve `k word + c ~ value` for the word: (word, value, whether k is negative);
    None where it is no such sum.
    """
    if b.op(node) not in OF_ONE and b.op(node) not in ("ADD", "SUB", "NEG"):
        return None, 0.0, False
    parts = linear(b, node)
    atoms = [atom for atom in parts if atom is not None]
    if len(atoms) != 1 or b.op(atoms[0]) not in (*FORMATS, *SIGNED, "EXPONENT"):
        return None, 0.0, False
    count = parts[atoms[0]]
    return atoms[0], (value - parts.get(None, 0.0)) / count, count < 0


def _below(b: Builder, atom: int, limit: int) -> int | None:
    """Return whether a word is below a whole number; None where that takes more than a
    comparison.
    """
    op, x = b.nodes[atom]
    if op == "EXPONENT":
        return _less_than(b, x, 2.0 ** max(min(limit, 1000), -1000))
    fmt = FORMATS[SIGNED.get(op, op)]
    # a literal that large is unsigned, and so is the comparison
    if op in SIGNED and limit >= fmt.sign:
        return _below(b, b.make(SIGNED[op], x), limit)
    if op in FORMATS and not is_positive(b, x):
        if limit > fmt.sign:
            return None
        size = b.make(
            "AND",
            b.make("NOT", is_negative(b, x)),
            _less_than(b, x, fmt.number_of(limit)),
        )
        return size if limit > 0 else b.literal(0.0)
    if limit <= 0:
        return (
            is_negative(b, x)
            if limit == 0 and op in SIGNED
            else None
            if op in SIGNED
            else b.literal(0.0)
        )
    return _less_than(b, x, fmt.number_of(limit))


def _less_than(b: Builder, x: int, limit: float) -> int:
    """Return x < limit; below the smallest normal number only zero is left of a size."""
    if math.isinf(limit):
        return b.literal(1.0)
    if limit <= SMALLEST_NORMAL and is_positive(b, x):
        return b.make("EQ", x, b.literal(0.0))
    return b.make("LT", x, b.literal(limit))
