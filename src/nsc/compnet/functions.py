"""Functions of one argument that a term may apply: how to evaluate them and what is
known of their range.

In: nothing. Out: `FUNCTIONS`, `apply`, `bounds_of`. Non-goals: where terms come from
(rewrite.py).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nsc.graph import EVALUATE

LARGEST = 1e12  # bounds and predicted values stay within
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
ODD = frozenset("SIN TAN ATAN TANH ASIN SINH CBRT ERF ROUND TRUNC RECIP".split())
EVEN = frozenset("COS ABS COSH ZERO".split())
# somewhere undefined or infinite
PARTIAL = frozenset("LOG SQRT RECIP ASIN TAN EXP".split())
_MONOTONE = frozenset("EXP ATAN TANH FLOOR SINH CBRT ERF ROUND TRUNC STEP".split())
EQUAL = 1e-9  # what counts as zero: the DAG computes over the reals, numpy does not

_OWN: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "RECIP": lambda a: 1.0 / a,
    "STEP": lambda a: (a > 0).astype(np.float64),
    "ZERO": lambda a: (np.abs(a) < EQUAL).astype(np.float64),
}
_EVALUATE = [_OWN[name] if name in _OWN else EVALUATE[name] for name in FUNCTIONS]


def apply(function: int, a: np.ndarray) -> np.ndarray:
    """Apply FUNCTIONS[function]; NaN and inf may appear (silence numpy around it)."""
    return _EVALUATE[function](a)


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiply, zero times anything being zero: what a condition leaves out may be
    undefined.
    """
    return np.where((a == 0) | (b == 0), 0.0, a * b)


def clipped(lo: float, hi: float) -> tuple[float, float]:
    """Return bounds within +-LARGEST; all of that range where they are none."""
    if not lo <= hi:
        return -LARGEST, LARGEST
    return max(min(lo, LARGEST), -LARGEST), max(min(hi, LARGEST), -LARGEST)


def bounds_of(name: str, lo: float, hi: float) -> tuple[float, float]:
    """Bound a function over an interval (not always tightly)."""
    with np.errstate(all="ignore"):
        return clipped(*_bounds(name, lo, hi))


def _bounds(name: str, lo: float, hi: float) -> tuple[float, float]:
    def at(v: float) -> float:
        return float(apply(FUNCTION_INDEX[name], np.float64(v)))

    if name in _MONOTONE:
        return at(lo), at(hi)
    if name in ("SIN", "COS"):
        return -1.0, 1.0
    if name == "SQRT":
        return at(max(lo, 0.0)), at(max(hi, 0.0))
    if name == "LOG":
        return (at(lo) if lo > 0 else at(1e-30)), at(max(hi, 1e-30))
    if name == "ASIN":
        return at(max(min(lo, 1.0), -1.0)), at(max(min(hi, 1.0), -1.0))
    if name == "ZERO":
        return 0.0, float(lo <= 0 <= hi)
    if name in ("ABS", "COSH"):
        ends = at(lo), at(hi)
        return (min(ends) if lo * hi > 0 else at(0.0)), max(ends)
    if name == "RECIP":
        return _reciprocal_bounds(lo, hi)
    return (at(lo), at(hi)) if lo > -1.5 and hi < 1.5 else (-LARGEST, LARGEST)  # TAN


def _reciprocal_bounds(lo: float, hi: float) -> tuple[float, float]:
    if lo * hi < 0 or lo == hi == 0:
        return -LARGEST, LARGEST
    return (1 / hi if hi else -LARGEST), (1 / lo if lo else LARGEST)
