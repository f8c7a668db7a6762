"""Fields of known numbers, and known fields' numbers.

In: numbers. Out: numbers. Non-goals: nodes; subnormal numbers, which count as zero.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from functools import partial

from nsc.graph.bits.formats import (
    FROM,
    MANTISSA,
    SIGNED,
    WHOLE,
    Format,
    format_of,
)


def _number_of_fields(fmt: Format, field: float, low: float) -> float:
    """Put a number together; `low` is the lower half where the field is the upper."""
    bits = int(field)
    sign = -1.0 if bits & int(fmt.sign) else 1.0
    exponent, fraction = divmod(bits & int(fmt.sign) - 1, 1 << fmt.mantissa)
    mantissa = fraction / fmt.exponent_step + int(low) / 2.0**52
    if exponent == 2 * fmt.bias + 1:
        return sign * math.inf if not mantissa else math.nan
    return (
        sign * math.ldexp(1 + mantissa, exponent - fmt.bias)
        if exponent
        else 0.0
    )


def _exponent(number: float) -> float:
    # frexp's fraction is in [0.5, 1), IEEE 754's in [1, 2)
    return float(math.frexp(abs(number))[1] - 1)


def _low(number: float) -> float:
    (whole,) = struct.unpack("<Q", struct.pack("<d", abs(number)))
    return float(whole & 0xFFFFFFFF)


def _mantissa(fmt: Format, number: float) -> float:
    return math.fmod(fmt.field_of(abs(number)), fmt.exponent_step)


def _field(fmt: Format, highest: float, number: float) -> float:
    """Return a field; `highest`: what its highest bit, the sign, is worth."""
    is_negative = math.copysign(1.0, number) < 0
    return fmt.field_of(abs(number)) + is_negative * highest


def _bit_or(x: float, y: float) -> float:
    return float(int(x) | int(y))


def _fold_table() -> dict[str, Callable[..., float]]:
    found: dict[str, Callable[..., float]] = {
        "BITOR": _bit_or,
        "EXPONENT": _exponent,
        "LOW": _low,
    }
    for op in FROM:
        found[op] = partial(_number_of_fields, format_of(op))
    for op in MANTISSA:
        found[op] = partial(_mantissa, format_of(op))
    for op in WHOLE:
        fmt = format_of(op)
        found[op] = partial(
            _field, fmt, -fmt.sign if op in SIGNED else fmt.sign
        )
    return found


FOLD_FIELDS: Mapping[str, Callable[..., float]] = _fold_table()
