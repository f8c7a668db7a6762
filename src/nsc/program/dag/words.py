"""The bits of floating-point numbers as symbolic integers: what C reads through a union, as fdlibm does.

A word is a field of a number's representation: HIGH and LOW, the halves of a double; BITS, all 64 of it; WORD, the 32
of a float. Masks and shifts of words become powers and absolute values of the numbers behind them (word_bits.py),
comparisons comparisons of these (word_rules.py), and words numbers again (word_forms.py), which also writes what
remains with logarithms. In: nodes. Out: nodes. Non-goals: subnormal numbers, NaN; clearing low bits is rounding, which
is not modelled.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nsc.program.dag.builder import Builder

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
        return math.ldexp(1 + fraction / 2.0**self.mantissa, exponent - self.bias) if exponent else 0.0


FORMATS = {"HIGH": Format(32, 20, 1023), "WORD": Format(32, 23, 127), "BITS": Format(64, 52, 1023)}
SIGNED = {f"SIGNED_{name}": name for name in FORMATS}
MANTISSA = {f"{name}MANTISSA": name for name in FORMATS}
OF_ONE = frozenset((*FORMATS, *SIGNED, *MANTISSA, "LOW", "EXPONENT"))
FROM = {"FROM_HIGH": "HIGH", "FROM_WORD": "WORD", "FROM_BITS": "BITS"}
TRUTHS = frozenset(("LT", "EQ", "AND", "OR", "NOT"))
WORDS = OF_ONE | frozenset(FROM) | {"BITOR"}
SMALLEST_NORMAL = 2.0**-126


def word(b: Builder, name: str, x: int) -> int:
    """Return a word (HIGH, LOW, BITS, WORD) of the number x, unsigned."""
    made = b.nodes[x]
    if name == "LOW":
        return made[2] if made[0] == "FROM_HIGH" else b.make("LOW", x)
    if FROM.get(made[0]) == name:
        return made[1]
    return b.make(name, x)


def as_signed(b: Builder, node: int, signed: bool, bits: int) -> int:
    """Convert a word to a signed or unsigned integer, if that has as many bits."""
    op = b.op(node)
    if op not in OF_ONE or FORMATS.get(SIGNED.get(op, op), FORMATS["BITS"]).bits != bits:
        return node
    if signed and op in FORMATS:
        return node if is_positive(b, b.nodes[node][1]) else b.make(f"SIGNED_{op}", b.nodes[node][1])
    if not signed and op in SIGNED:
        return b.make(SIGNED[op], b.nodes[node][1])
    return node


def total(b: Builder, parts: dict[int | None, float]) -> int:
    """Return the node that `linear` takes apart."""
    found = b.literal(parts.get(None, 0.0))
    for atom, count in parts.items():
        if atom is not None:
            found = b.make("ADD", found, b.make("MUL", atom, b.literal(count)))
    return found


def linear(b: Builder, node: int, scale: float = 1.0, depth: int = 8) -> dict[int | None, float]:
    """Write a node as multiples of others, looking so many operations deep; None stands for the constant."""
    known, key = b.value(node), b.nodes[node]
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
    for atom, count in linear(b, key[2], -scale if key[0] == "SUB" else scale, depth - 1).items():
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
