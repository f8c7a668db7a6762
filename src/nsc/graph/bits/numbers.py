"""From words to the numbers behind them: symbolically, of known words, by ranges, and
of what is left at the end.

In: nodes, numbers, ranges. Out: the same. Non-goals: simplification (operators.py,
comparisons.py).
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

from nsc.graph.bits.fields import (
    FORMATS,
    FROM,
    MANTISSA,
    OF_ONE,
    SIGNED,
    SLACK,
    WORDS,
    Format,
    Range,
    exponent_of,
    is_negative,
    is_positive,
    linear,
    total,
)
from nsc.graph.dag import TRUTHS
from nsc.refusal import Refusal

if TYPE_CHECKING:
    from nsc.graph.builder import Builder


def from_word(b: Builder, name: str, node: int, low: int | None = None) -> int:
    """Return the number with a word; `low` is the other half where the word is HIGH."""
    fmt = FORMATS[name]
    # the rest wraps around
    parts = {a: k for a, k in linear(b, node).items() if k % 2.0**fmt.bits or not k}
    other = b.literal(0.0) if low is None else low
    parts = _odd_as_truth(b, fmt, parts)
    for atom, count in parts.items():
        if _is_sign(b, fmt, atom, count):
            left = (
                {None: count - math.copysign(fmt.sign, count)} if atom is None else {}
            )
            rest = {a: k for a, k in parts.items() if a != atom} | left
            if not any(rest.values()):  # minus zero, if nothing is added to it
                return b.make(f"FROM_{name}", node, other)
            size = from_word(b, name, total(b, rest), low)
            return b.make(
                "SEL",
                b.literal(1.0) if atom is None else atom,
                b.make("NEG", size),
                size,
            )
    found = _rescaled(b, name, parts)
    if found is not None:
        return found
    is_power = b.value(node) is None and all(
        k % 2.0**fmt.mantissa == 0 for k in parts.values()
    )
    low_end, high_end = b.range(total(b, parts)) if is_power else (-1.0, -1.0)
    if is_power and low_end >= 0 and high_end < fmt.sign and b.value(other) == 0:
        return _power_of_two(b, parts, fmt, -fmt.bias)
    if b.value(node) and abs(b.value(node)) < 2.0**fmt.mantissa:
        raise Refusal("uses_union", "an integer is stored where a number is read", b.at)
    return b.make(f"FROM_{name}", node, other)


def _is_sign(b: Builder, fmt: Format, atom: int | None, count: float) -> bool:
    """Say whether a part of a word is its highest bit, as an unsigned or a signed
    number.
    """
    if atom is not None:
        return b.op(atom) in TRUTHS and abs(count) == fmt.sign
    return fmt.sign <= count < 2 * fmt.sign or -fmt.sign <= count < -fmt.sign / 2


def _odd_as_truth(
    b: Builder, fmt: Format, parts: dict[int | None, float]
) -> dict[int | None, float]:
    """Write `k << 31` beside a constant as whether the integer k is odd."""
    atoms = [atom for atom in parts if atom is not None]
    is_integer = len(atoms) == 1 and b.op(atoms[0]) in ("FLOOR", "TRUNC", "ROUND")
    if not (
        is_integer
        and abs(parts[atoms[0]]) == fmt.sign
        and 0 <= parts.get(None, 0.0) < fmt.sign
    ):
        return parts
    halves = b.make("FLOOR", b.make("MUL", atoms[0], b.literal(0.5)))
    odd = b.make("NOT", b.make("EQ", atoms[0], b.make("MUL", halves, b.literal(2.0))))
    return {odd: fmt.sign, None: parts.get(None, 0.0)}


def _rescaled(b: Builder, name: str, parts: dict[int | None, float]) -> int | None:
    """Return the number whose word is that of another, or its mantissa, and a change of
    the exponent.
    """
    fmt = FORMATS[name]
    for atom, count in parts.items():
        if atom is None or b.op(atom) not in OF_ONE:
            continue
        op, x = b.nodes[atom]
        of = SIGNED.get(op) or MANTISSA.get(op) or op
        if (of, count) not in (
            (name, 1.0),
            ("HIGH", 2.0**32 if name == "BITS" else 1.0),
        ):
            continue
        rest = {
            a: k
            for a, k in parts.items()
            if a != atom and (a is None or b.op(a) != "LOW")
        }
        if not _is_exponent(b, rest, fmt):
            return None
        if op not in MANTISSA:
            return b.make("MUL", x, _power_of_two(b, rest, fmt, 0))
        fraction = b.make(
            "MUL",
            b.make("ABS", x),
            b.make("POW", b.literal(2.0), b.make("NEG", exponent_of(b, x))),
        )
        return b.make("MUL", fraction, _power_of_two(b, rest, fmt, -fmt.bias))
    return None


def _is_exponent(b: Builder, parts: dict[int | None, float], fmt: Format) -> bool:
    """Say whether a sum changes a word's exponent alone, and by less than there are
    exponents.
    """
    if any(k % 2.0**fmt.mantissa for k in parts.values()):
        return False
    low, high = (
        b.range(total(b, parts))
        if any(a is not None for a in parts)
        else (parts.get(None, 0.0),) * 2
    )
    return max(abs(low), abs(high)) < (fmt.bias + 1) * 2.0**fmt.mantissa


def _power_of_two(
    b: Builder, parts: dict[int | None, float], fmt: Format, plus: int
) -> int:
    """Return the power of two with an exponent field, and `plus` added to the exponent."""
    exponents = {atom: count / 2.0**fmt.mantissa for atom, count in parts.items()}
    exponents[None] = exponents.get(None, 0.0) + plus
    return b.make("POW", b.literal(2.0), total(b, exponents))


def _number_of_words(fmt: Format, high: int, low: int) -> float:
    sign = -1.0 if high & int(fmt.sign) else 1.0
    exponent, fraction = divmod(high & int(fmt.sign) - 1, 1 << fmt.mantissa)
    mantissa = fraction / 2.0**fmt.mantissa + low / 2.0**52
    if exponent == 2 * fmt.bias + 1:
        return sign * math.inf if not mantissa else math.nan
    return sign * math.ldexp(1 + mantissa, exponent - fmt.bias) if exponent else 0.0


def fold(op: str, known: list[float]) -> float:
    """Evaluate a word of a number."""
    if op == "BITOR":
        return float(int(known[0]) | int(known[1]))
    if op in FROM:
        return _number_of_words(FORMATS[FROM[op]], int(known[0]), int(known[1]))
    size = abs(known[0])
    if op == "EXPONENT":
        return float(math.frexp(size)[1] - 1)
    if op == "LOW":
        return float(struct.unpack("<Q", struct.pack("<d", size))[0] & 0xFFFFFFFF)
    name = SIGNED.get(op) or MANTISSA.get(op) or op
    fmt = FORMATS[name]
    whole = fmt.word_of(size)
    if op in MANTISSA:
        return math.fmod(whole, 2.0**fmt.mantissa)
    negative = math.copysign(1.0, known[0]) < 0
    return whole + negative * (-fmt.sign if op in SIGNED else fmt.sign)


def range_of_word(op: str, args: list[Range]) -> Range:
    """Return the range of a word of a number that lies in a range."""
    (lo, hi), *rest = args
    largest = max(abs(lo), abs(hi))
    smallest = 0.0 if lo <= 0 <= hi else min(abs(lo), abs(hi))
    if op == "BITOR":
        return _range_of_or((lo, hi), rest[0])
    if op == "LOW":
        return 0.0, 2.0**32 - 1
    if op in FROM or math.isinf(largest):
        return -math.inf, math.inf
    if op == "EXPONENT":
        return (float(math.frexp(smallest)[1] - 1) if smallest else -math.inf), float(
            math.frexp(largest)[1] - 1
        )
    if op in MANTISSA:
        return 0.0, 2.0 ** FORMATS[MANTISSA[op]].mantissa - 1
    fmt = FORMATS[SIGNED.get(op, op)]
    low = fmt.word_of(smallest)
    high = fmt.word_of(largest)
    if lo >= 0:
        return low, high
    return (
        (-fmt.sign, high if hi >= 0 else -1.0)
        if op in SIGNED
        else (0.0, fmt.sign + high)
    )


def _range_of_or(x: Range, y: Range) -> Range:
    if min(x[0], y[0]) < 0 or math.isinf(x[1]) or math.isinf(y[1]):
        return -math.inf, math.inf
    return max(x[0], y[0]), x[1] + y[1]


def without_words(b: Builder, roots: list[int]) -> list[int]:
    """Write the words that are left with logarithms and powers.

    Raises:
        Refusal: `bit_operation`, what has no such form is needed.
    """
    made: dict[int, int] = {}
    for node in b.needed(roots):
        op = b.op(node)
        children = b.children(node)
        kids = [made[k] for k in children]
        b.at = b.word_at.get(node, b.at)
        if op in FROM:
            made[node] = _number_written(
                b, FORMATS[FROM[op]], kids, b.range(children[0])
            )
        elif op in WORDS:
            made[node] = _written(b, op, kids)
        else:
            made[node] = b.make(op, *kids) if kids else node
    return [made[root] for root in roots]


def _written(b: Builder, op: str, kids: list[int]) -> int:
    """Write a word of a number; that of zero is zero."""
    x = kids[0]
    if op == "BITOR":
        raise Refusal("bit_operation", "'|' on two values that depend on inputs", b.at)
    size = b.make("ABS", x)
    one = b.literal(1.0)
    is_zero = b.make("EQ", size, b.literal(0.0))
    logarithm = b.make("MUL", b.make("LOG", size), b.literal(1 / math.log(2)))
    exponent = b.make("FLOOR", b.make("ADD", logarithm, b.literal(SLACK)))
    if op == "EXPONENT":
        return b.make("SEL", is_zero, b.literal(-1023.0), exponent)
    fmt = FORMATS["BITS" if op == "LOW" else SIGNED.get(op) or MANTISSA.get(op) or op]
    fraction = b.make(
        "SUB",
        b.make("MUL", size, b.make("POW", b.literal(2.0), b.make("NEG", exponent))),
        one,
    )
    scaled = b.make("MUL", fraction, b.literal(2.0**fmt.mantissa))
    mantissa = b.make("FLOOR", b.make("ADD", scaled, b.literal(SLACK * 2.0**20)))
    if op in MANTISSA:
        return b.make("SEL", is_zero, b.literal(0.0), mantissa)
    if op == "LOW":
        return b.make(
            "SEL", is_zero, b.literal(0.0), b.make("FMOD", mantissa, b.literal(2.0**32))
        )
    biased = b.make(
        "MUL",
        b.make("ADD", exponent, b.literal(float(fmt.bias))),
        b.literal(2.0**fmt.mantissa),
    )
    whole = b.make("SEL", is_zero, b.literal(0.0), b.make("ADD", biased, mantissa))
    if is_positive(b, x):
        return whole
    sign = b.literal(-fmt.sign if op in SIGNED else fmt.sign)
    return b.make("ADD", whole, b.make("MUL", is_negative(b, x), sign))


def _number_written(b: Builder, fmt: Format, halves: list[int], within: Range) -> int:
    """Write the number >= 0 with a word that lies in a range."""
    if within[0] < 0 or within[1] >= fmt.sign:
        raise Refusal(
            "bit_operation", "these bits may be those of a negative number", b.at
        )
    high, low = (
        b.make("MUL", half, b.literal(2.0**-k))
        for half, k in zip(halves, (fmt.mantissa, 52), strict=True)
    )
    both = b.make("ADD", high, low)
    exponent = b.make("FLOOR", both)
    fraction = b.make("ADD", b.make("SUB", both, exponent), b.literal(1.0))
    power = b.make(
        "POW", b.literal(2.0), b.make("ADD", exponent, b.literal(-float(fmt.bias)))
    )
    return b.make("MUL", fraction, power)
