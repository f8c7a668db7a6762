"""Fixed-point numbers: two formats, rounding, and tanh(z / 2) from a table.

In: integers in numpy. Out: what the exported C makes of them, bit for bit. Non-goals:
networks (network), C (c_text).

A number of scale b stands for its integer / 2^b. What is cut off is rounded, halves
upwards: (n + half) >> b, an arithmetic shift, everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from nsc.errors import BuildError

LARGEST_32 = 2**31 - 1
LARGEST_SHIFT = 30  # of 32 bits
# of tables, from intervals of length 1/2 on
_FINEST = 7


@dataclass(frozen=True)
class Format:
    """How numbers are kept.

    Args:
        name: as users call it.
        bits: of a fraction: the scale of inputs, activations, outputs.
        storage: the C type of weights and activations.
        wide: the C type of their products.
        sum_bits: the scale of sums as the table is entered with them.
        guard: bits more than `bits` that interpolation computes in.
        table_error: that interpolated activations may have.
    """

    name: str
    bits: int
    storage: str
    wide: str
    sum_bits: int
    guard: int
    table_error: float

    @property
    def largest(self) -> int:
        """The largest number of its storage; the least is its negative."""
        return 2**self.bits - 1

    @property
    def has_wide_products(self) -> bool:
        """Whether products are rounded before they are added up in 32 bits."""
        return self.wide == "int64_t"


Q15 = Format("q15", 15, "int16_t", "int32_t", 16, 2, 1.5 * 2.0**-15)
Q31 = Format("q31", 31, "int32_t", "int64_t", 26, 0, 2.0**-26)


@dataclass(frozen=True)
class Table:
    """tanh(z / 2) at z = 0, h, 2h, ..., where h = 2^-step; odd, so that is half of it.

    Args:
        values: in the format's bits; the last stands for all beyond it.
    """

    step: int
    values: np.ndarray

    def largest_sum(self, kind: Format) -> int:
        """Return the largest argument, in the scale of sums."""
        return (len(self.values) - 1) << (kind.sum_bits - self.step)


def shifted(n: np.ndarray, by: np.ndarray | int) -> np.ndarray:
    """Divide by 2^by, rounded."""
    half = np.where(np.asarray(by) > 0, 1 << np.maximum(by, 1) - 1, 0)
    return (n + half) >> by


def tanh_half(z: np.ndarray, table: Table, kind: Format) -> np.ndarray:
    """Interpolate tanh(z / 2) by cubics that have its values and slopes at both ends.

    Args:
        z: sums of scale `kind.sum_bits`, at most the table's largest in size.
    """
    fraction = kind.sum_bits - table.step
    size = np.abs(z)
    k = np.minimum(size >> fraction, len(table.values) - 2)
    t = size - (k << fraction)
    low = table.values[k]
    high = table.values[k + 1]
    slopes = _slope(low, table, kind), _slope(high, table, kind)
    rise = (high - low) << kind.guard
    r = shifted((slopes[0] + slopes[1] - 2 * rise) * t, fraction)
    r = shifted((r + 3 * rise - 2 * slopes[0] - slopes[1]) * t, fraction)
    r = shifted((r + slopes[0]) * t, fraction)
    found = np.minimum(low + shifted(r, kind.guard), kind.largest)
    return np.where(z < 0, -found, found)


def _slope(v: np.ndarray, table: Table, kind: Format) -> np.ndarray:
    """Return h (1 - v^2) / 2, the slope over an interval, of guarded scale."""
    rest = 2**kind.bits - shifted(v * v, kind.bits)
    return shifted(rest, table.step + 1 - kind.guard)


@cache
def table_of(kind: Format) -> Table:
    """Return the smallest table that is as exact as the format asks for.

    Its error is measured on the integers that exported C computes.
    """
    for step in range(1, _FINEST):
        table = _table(kind, step)
        if table_error(table, kind) <= kind.table_error:
            return table
    raise BuildError(f"no table of tanh is exact enough for {kind.name}")


def table_error(table: Table, kind: Format) -> float:
    """Measure how far interpolated activations are off at most."""
    largest = table.largest_sum(kind)
    z = np.unique(np.linspace(-largest, largest, 100_001).astype(np.int64))
    found = tanh_half(z, table, kind) / 2.0**kind.bits
    return float(np.abs(found - np.tanh(z / 2.0**kind.sum_bits / 2)).max())


def _table(kind: Format, step: int) -> Table:
    """Tabulate up to where 1 - tanh(z / 2) is half of what is asked for."""
    last = np.log(4 / kind.table_error)
    z = np.arange(int(np.ceil(last * 2**step)) + 1) / 2.0**step
    values = np.rint(np.tanh(z / 2) * 2.0**kind.bits).astype(np.int64)
    return Table(step, np.minimum(values, kind.largest))
