"""The bits of floating-point numbers as symbolic integers: what C reads through a
union, as fdlibm does.

A word is a field of a number's representation: HIGH and LOW, the halves of a double;
BITS, all 64 of it; WORD, the 32 of a float. Masks and shifts of words become powers and
absolute values of the numbers behind them (operators.py), comparisons comparisons of
these (comparisons.py), and words numbers again (numbers.py), which also writes what
remains with logarithms. In: nodes. Out: nodes. Non-goals: subnormal numbers, NaN;
clearing low bits is rounding, which is not modelled.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, NamedTuple

from nsc.graph.dag import TRUTHS
from nsc.refusal import Refusal

if TYPE_CHECKING:
    from nsc.graph.builder import Builder


Range = tuple[float, float]


class Format(NamedTuple):
    """A word's layout: its bits in all, those of the mantissa, and the exponent's bias."""

    bits: int
    mantissa: int
    bias: int

    @property
    def sign(self) -> float:
        return 2.0 ** (self.bits - 1)

    @property
    def infinity(self) -> float:
        return float((2 * self.bias + 1) << self.mantissa)

    def word_of(self, a: float) -> float:
        """Return the word of a number >= 0."""
        if self.bits == 32 and self.mantissa == 23:
            return float(struct.unpack("<I", struct.pack("<f", min(a, 3e38)))[0])
        whole = struct.unpack("<Q", struct.pack("<d", a))[0]
        return float(whole >> (52 - self.mantissa))

    def number_of(self, word: float) -> float:
        """Return the least number >= 0 with a word; infinity from there on."""
        if word >= self.infinity:
            return math.inf
        exponent, fraction = divmod(int(word), 1 << self.mantissa)
        return (
            math.ldexp(1 + fraction / 2.0**self.mantissa, exponent - self.bias)
            if exponent
            else 0.0
        )


FORMATS = {
    "HIGH": Format(32, 20, 1023),
    "WORD": Format(32, 23, 127),
    "BITS": Format(64, 52, 1023),
}
SIGNED = {f"SIGNED_{name}": name for name in FORMATS}
MANTISSA = {f"{name}_MANTISSA": name for name in FORMATS}
OF_ONE = frozenset((*FORMATS, *SIGNED, *MANTISSA, "LOW", "EXPONENT"))
FROM = {"FROM_HIGH": "HIGH", "FROM_WORD": "WORD", "FROM_BITS": "BITS"}
WORDS = OF_ONE | frozenset(FROM) | {"BITOR"}
SMALLEST_NORMAL = 2.0**-126
# by which logarithms may be off: exact powers of two must not be taken for less
SLACK = 1e-12


def word(b: Builder, name: str, x: int) -> int:
    """Return a word (HIGH, LOW, BITS, WORD) of the number x, unsigned.

    Raises:
        Refusal: `bit_operation`, the number has been rounded by adding a large one,
            which is not modelled.
    """
    x = _rounded(b, x, 2.0**18 if name == "WORD" else 2.0**40)
    made = b.nodes[x]
    if name == "LOW":
        return made[2] if made[0] == "FROM_HIGH" else b.make("LOW", x)
    if FROM.get(made[0]) == name:
        return made[1]
    return b.make(name, x)


def _rounded(b: Builder, x: int, large: float) -> int:
    """Return a number with what a large constant rounds away; `large`: from which on
    one does.
    """
    op, *sides = b.nodes[x]
    known = [b.value(side) for side in sides] if op in ("ADD", "SUB") else []
    at = next(
        (
            k
            for k, value in enumerate(known)
            if value is not None and abs(value) >= large
        ),
        None,
    )
    if at is None:
        return x
    if abs(known[at]) not in (1.5 * 2.0**23, 1.5 * 2.0**52):
        raise Refusal(
            "bit_operation", "a large constant rounds what it is added to", b.at
        )
    sides[1 - at] = b.make("ROUND", sides[1 - at])
    return b.make(op, *sides)


def as_integer(
    b: Builder, node: int, signed: bool, bits: int, *, doubtful: bool = False
) -> int:
    """Convert an integer that may be made of words; others are taken to fit, unless
    they are doubtful.
    """
    op = b.op(node)
    if not b.has_words:
        return node
    if op in ("BITS", "SIGNED_BITS") and bits == 32:
        return as_integer(b, word(b, "LOW", b.nodes[node][1]), signed, bits)
    is_word = op in FORMATS or op in SIGNED
    if is_word and FORMATS[SIGNED.get(op, op)].bits == bits:
        x = b.nodes[node][1]
        name = SIGNED.get(op, op)
        return b.make(f"SIGNED_{name}" if signed and not is_positive(b, x) else name, x)
    low, high = (
        (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1)) if signed else (0.0, 2.0**bits)
    )
    least, most = b.range(node)
    if (least >= low and most < high) or not (
        doubtful or _may_overflow(b, node, signed, bits)
    ):
        return node
    parts = linear(b, node)
    # the highest bit
    if (
        list(parts.values()) == [2.0 ** (bits - 1)]
        and b.op(next(iter(parts)) or 0) in TRUTHS
    ):
        return b.make("MUL", next(iter(parts)), b.literal(low)) if signed else node
    shifted = b.make("SUB", node, b.literal(low)) if signed else node
    turns = b.make("FLOOR", b.make("MUL", shifted, b.literal(2.0**-bits)))
    return b.make("SUB", node, b.make("MUL", turns, b.literal(2.0**bits)))


def _may_overflow(b: Builder, node: int, signed: bool, bits: int) -> bool:
    """Say whether an integer has words in it that do not fit, or their sign."""
    todo = [node]
    seen = {node}
    while todo:
        for atom, count in linear(b, todo.pop()).items():
            if atom is not None and b.op(atom) in ("SEL", "BITOR"):
                sides = set(b.nodes[atom][-2:]) - seen
                todo += sides
                seen |= sides
            elif _is_too_wide(b, atom, count, signed, bits):
                return True
    return False


def _is_too_wide(
    b: Builder, atom: int | None, count: float, signed: bool, bits: int
) -> bool:
    op = "LIT" if atom is None else b.op(atom)
    if op == "LIT" or op in TRUTHS:
        return abs(count) >= 2.0 ** (bits - 1) or (
            op != "LIT" and count < 0 and not signed
        )
    if op in SIGNED or op in FORMATS or op == "LOW":
        width = 64 if "BITS" in op else 32
        return width > bits or (
            width == bits and not (op in SIGNED and signed and count == 1)
        )
    return op == "FLOOR" and (bits < 32 or count != 1)  # a shifted word


def total(b: Builder, parts: dict[int | None, float]) -> int:
    """Return the node that `linear` takes apart."""
    found = b.literal(parts.get(None, 0.0))
    for atom, count in parts.items():
        if atom is not None:
            found = b.make("ADD", found, b.make("MUL", atom, b.literal(count)))
    return found


def linear(
    b: Builder, node: int, scale: float = 1.0, depth: int = 8
) -> dict[int | None, float]:
    """Write a node as multiples of others, looking so many operations deep; None stands
    for the constant.
    """
    known = b.value(node)
    key = b.nodes[node]
    if known is not None:
        return {None: known * scale}
    if key[0] == "NEG":
        return linear(b, key[1], -scale, depth)
    if key[0] == "MUL" and b.value(key[1]) is not None:
        return linear(b, key[2], scale * b.value(key[1]), depth)
    if key[0] == "MUL" and b.value(key[2]) is not None:
        return linear(b, key[1], scale * b.value(key[2]), depth)
    if key[0] not in ("ADD", "SUB") or not depth:
        return {node: scale}
    found = linear(b, key[1], scale, depth - 1)
    for atom, count in linear(
        b, key[2], -scale if key[0] == "SUB" else scale, depth - 1
    ).items():
        found[atom] = found.get(atom, 0.0) + count
    return {atom: count for atom, count in found.items() if count or atom is None}


def is_positive(b: Builder, x: int) -> bool:
    """Say whether a number is known to be no less than zero."""
    return b.op(x) in ("ABS", "SQ", "SQRT", "EXP") or b.range(x)[0] >= 0


def exponent_of(b: Builder, x: int) -> int:
    """Return floor(log2 |x|)."""
    return b.make("EXPONENT", b.make("ABS", x))


def is_negative(b: Builder, x: int) -> int:
    """Return whether x < 0."""
    return b.make("LT", x, b.literal(0.0))
