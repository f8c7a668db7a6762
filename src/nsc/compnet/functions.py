"""Functions of one argument that a term may apply: their values and their bounds.

In: nothing. Out: `FUNCTIONS`, `apply`, `bounds_of`. Non-goals: where terms come from
(rewrite.py).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nsc.graph import EVALUATE

BoundsRule = Callable[[float, float], tuple[float, float]]

LARGEST = 1e12  # bounds and predicted values stay within
SMALLEST_LOGARITHM = 1e-30  # the least argument that a bound of LOG looks at
# a reciprocal is softened within this many standard deviations of its argument around
# zero
POLE = 0.1
FUNCTIONS: tuple[str, ...] = (
    "SQRT",
    "SIN",
    "COS",
    "TAN",
    "EXP",
    "LOG",
    "ABS",
    "ATAN",
    "TANH",
    "FLOOR",
    "ASIN",
    "SINH",
    "COSH",
    "CBRT",
    "ERF",
    "ROUND",
    "TRUNC",
    "RECIP",
    "STEP",
    "ZERO",
)
FUNCTION_INDEX: dict[str, int] = {name: k for k, name in enumerate(FUNCTIONS)}
ODD = frozenset(
    "SIN TAN ATAN TANH ASIN SINH CBRT ERF ROUND TRUNC RECIP".split()
)
EVEN = frozenset("COS ABS COSH ZERO".split())
# somewhere undefined or infinite
PARTIAL = frozenset("LOG SQRT RECIP ASIN TAN EXP".split())
_MONOTONE = frozenset(
    "EXP ATAN TANH FLOOR SINH CBRT ERF ROUND TRUNC STEP".split()
)
EQUAL = 1e-9  # what counts as zero: the DAG computes over the reals, numpy does not

_OWN: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "RECIP": lambda a: 1.0 / a,
    "STEP": lambda a: (a > 0).astype(np.float64),
    "ZERO": lambda a: (np.abs(a) < EQUAL).astype(np.float64),
}
_EVALUATE: list[Callable[..., np.ndarray]] = [
    (EVALUATE | _OWN)[name] for name in FUNCTIONS
]


def apply(function: int, a: np.ndarray) -> np.ndarray:
    """Apply FUNCTIONS[function]; NaN and inf may appear (silence numpy around it)."""
    return _EVALUATE[function](a)


def apply_to(name: str, value: float) -> float:
    """Apply a function to one number."""
    with np.errstate(all="ignore"):
        return _at(name, value)


def _at(name: str, value: float) -> float:
    return float(_EVALUATE[FUNCTION_INDEX[name]](np.float64(value)))


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiply, zero times anything being zero.

    A condition is such a zero: what it leaves out may be undefined.
    """
    return np.where((a == 0) | (b == 0), 0.0, a * b)


def clipped(lo: float, hi: float) -> tuple[float, float]:
    """Return bounds within +-LARGEST; all of that range where they are none."""
    if not lo <= hi:
        return -LARGEST, LARGEST
    return max(min(lo, LARGEST), -LARGEST), max(min(hi, LARGEST), -LARGEST)


def bounds_of(name: str, lo: float, hi: float) -> tuple[float, float]:
    """Bound a function over the interval from lo to hi (not always tightly)."""
    with np.errstate(all="ignore"):
        if name in _MONOTONE:
            return clipped(_at(name, lo), _at(name, hi))
        return clipped(*_BOUNDS[name](lo, hi))


def _sqrt_bounds(lo: float, hi: float) -> tuple[float, float]:
    return _at("SQRT", max(lo, 0.0)), _at("SQRT", max(hi, 0.0))


def _log_bounds(lo: float, hi: float) -> tuple[float, float]:
    lowest = lo if lo > 0 else SMALLEST_LOGARITHM
    return _at("LOG", lowest), _at("LOG", max(hi, SMALLEST_LOGARITHM))


def _asin_bounds(lo: float, hi: float) -> tuple[float, float]:
    first = max(min(lo, 1.0), -1.0)
    last = max(min(hi, 1.0), -1.0)
    return _at("ASIN", first), _at("ASIN", last)


def _tan_bounds(lo: float, hi: float) -> tuple[float, float]:
    has_no_pole = lo > -1.5 and hi < 1.5
    if not has_no_pole:
        return -LARGEST, LARGEST
    return _at("TAN", lo), _at("TAN", hi)


def _zero_bounds(lo: float, hi: float) -> tuple[float, float]:
    return 0.0, float(lo <= 0 <= hi)


def _valley(name: str) -> BoundsRule:
    """Bound an even function that grows with the size of its argument."""

    def bounds(lo: float, hi: float) -> tuple[float, float]:
        ends = _at(name, lo), _at(name, hi)
        least = min(ends) if lo * hi > 0 else _at(name, 0.0)
        return least, max(ends)

    return bounds


def _reciprocal_bounds(lo: float, hi: float) -> tuple[float, float]:
    has_pole_inside = lo * hi < 0 or lo == hi == 0
    if has_pole_inside:
        return -LARGEST, LARGEST
    least = 1 / hi if hi else -LARGEST
    most = 1 / lo if lo else LARGEST
    return least, most


def _between_ones(lo: float, hi: float) -> tuple[float, float]:
    return -1.0, 1.0


_BOUNDS: dict[str, BoundsRule] = {
    "SIN": _between_ones,
    "COS": _between_ones,
    "TAN": _tan_bounds,
    "SQRT": _sqrt_bounds,
    "LOG": _log_bounds,
    "ASIN": _asin_bounds,
    "ABS": _valley("ABS"),
    "COSH": _valley("COSH"),
    "RECIP": _reciprocal_bounds,
    "ZERO": _zero_bounds,
}
