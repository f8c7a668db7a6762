"""The layouts of floating-point numbers, and the names of their fields.

In: nothing. Out: tables. Non-goals: nodes.

A *field* is a part of a number's representation, read as an unsigned integer: HIGH and
LOW, the halves of a double; BITS, all 64 of it; WORD, the 32 of a float (as fdlibm's
macros call them). While a DAG is built there are operations for

    HIGH, BITS, WORD, LOW       a field of a number
    SIGNED_HIGH, ...            the same, read as a signed integer
    HIGH_MANTISSA, ...          its mantissa bits alone
    EXPONENT                    floor(log2 |x|)
    FROM_HIGH, ...              the number with a field (of HIGH: and with a lower half)
    BITOR                       `x | y`, of which can be told only whether it is zero
"""

from __future__ import annotations

import math
import struct
from typing import NamedTuple


class Format(NamedTuple):
    """A field's layout.

    Args:
        bits: in all.
        mantissa: bits of the mantissa that the field has, the lowest ones.
        bias: what is added to the exponent of two.
    """

    bits: int
    mantissa: int
    bias: int

    @property
    def sign(self) -> float:
        """The value of the highest bit."""
        return 2.0 ** (self.bits - 1)

    @property
    def infinity(self) -> float:
        """The field of infinity: all exponent bits, which are its mask, too."""
        return float((2 * self.bias + 1) << self.mantissa)

    @property
    def exponent_step(self) -> float:
        """What the field grows by where the number doubles."""
        return 2.0**self.mantissa

    def field_of(self, number: float) -> float:
        """Return the field of a number >= 0.

        Example: FORMATS["WORD"].field_of(1.0) is 0x3f800000.
        """
        if self == FORMATS["WORD"]:
            single = struct.pack("<f", min(number, _LARGEST_SINGLE))
            return float(struct.unpack("<I", single)[0])
        (whole,) = struct.unpack("<Q", struct.pack("<d", number))
        return float(whole >> (_DOUBLE_MANTISSA - self.mantissa))

    def number_of(self, field: float) -> float:
        """Return the least number >= 0 with a field; infinity from there on.

        Subnormal numbers count as zero.
        """
        if field >= self.infinity:
            return math.inf
        exponent, fraction = divmod(int(field), 1 << self.mantissa)
        if not exponent:
            return 0.0
        return math.ldexp(
            1 + fraction / self.exponent_step, exponent - self.bias
        )


_DOUBLE_MANTISSA = 52
_LARGEST_SINGLE = 3e38

FORMATS = {
    "HIGH": Format(32, 20, 1023),
    "WORD": Format(32, 23, 127),
    "BITS": Format(64, _DOUBLE_MANTISSA, 1023),
}
# of the operations on fields, the field they are about
SIGNED = {f"SIGNED_{name}": name for name in FORMATS}
MANTISSA = {f"{name}_MANTISSA": name for name in FORMATS}
FROM = {f"FROM_{name}": name for name in ("HIGH", "WORD", "BITS")}
WHOLE = {name: name for name in FORMATS} | SIGNED  # all bits, with either sign
_FORMAT_OF = WHOLE | MANTISSA | FROM | {"LOW": "BITS"}

OF_ONE = frozenset((*WHOLE, *MANTISSA, "LOW", "EXPONENT"))  # of one number
FIELD_OPS = OF_ONE | frozenset(FROM) | {"BITOR"}

SMALLEST_NORMAL = 2.0**-126
# by which logarithms may be off: exact powers of two must not be taken for less
SLACK = 1e-12


def format_of(op: str) -> Format:
    """Return the layout of the field that an operation reads, or makes a number of."""
    return FORMATS[_FORMAT_OF[op]]
