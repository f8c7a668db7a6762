"""What each operation is of known numbers.

In: numbers. Out: a number. Non-goals: nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from nsc.graph.dag import EVALUATE

Fold = Callable[..., float]


def _add(a: float, b: float) -> float:
    return a + b


def _subtract(a: float, b: float) -> float:
    return a - b


def _multiply(a: float, b: float) -> float:
    return a * b


def _negate(a: float) -> float:
    return -a


def _square(a: float) -> float:
    return a * a


def _less(a: float, b: float) -> float:
    return float(a < b)


def _equal(a: float, b: float) -> float:
    return float(a == b)


def _not(a: float) -> float:
    return float(a == 0)


def _by_numpy(op: str) -> Fold:
    """Apply numpy's function to one number, so that a DAG computes the same bits."""
    function = EVALUATE[op]

    def folded(*known: float) -> float:
        with np.errstate(all="ignore"):
            return float(function(*(np.float64(value) for value in known)))

    return folded


# What loops over numbers do, which Python does as numpy does and ten times as fast on
# one number.
_PLAIN: Mapping[str, Fold] = {
    "ADD": _add,
    "SUB": _subtract,
    "MUL": _multiply,
    "NEG": _negate,
    "SQ": _square,
    "LT": _less,
    "EQ": _equal,
    "NOT": _not,
}
FOLD: Mapping[str, Fold] = {op: _by_numpy(op) for op in EVALUATE} | dict(
    _PLAIN
)
