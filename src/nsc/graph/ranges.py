"""The range of values each node of a DAG can take while its inputs stay in [-1, 1].

In: a node's key, the ranges of the nodes before it. Out: (lowest, highest); `UNKNOWN`
for what may not be a number.
Non-goals: tight bounds. Rounding is not modelled; a range may be wider than what is
taken, never narrower.
"""

from __future__ import annotations

import math

import numpy as np

from nsc.graph.bits.fields import WORDS, Range
from nsc.graph.bits.numbers import range_of_word
from nsc.graph.dag import EVALUATE, TRUTHS

UNKNOWN: Range = (-math.inf, math.inf)
_MONOTONE = frozenset(
    ("EXP", "ATAN", "TANH", "FLOOR", "ROUND", "TRUNC", "SINH", "CBRT", "ERF")
)
_MONOTONE_FROM = {"SQRT": 0.0, "LOG": 1e-300}


def range_of(key: tuple, nodes: list[tuple], ranges: list[Range]) -> Range:
    """Return the range of a node whose children's ranges are known."""
    op = key[0]
    if op == "LIT":
        return key[1], key[1]
    if op == "IN":
        return -1.0, 1.0
    if op == "NAN":
        return UNKNOWN
    args = [ranges[child] for child in key[1:]]
    if op in WORDS:
        return range_of_word(op, args)
    found = _select(key, nodes, ranges) if op == "SEL" else _operation(op, args)
    return UNKNOWN if math.isnan(found[0]) or math.isnan(found[1]) else found


def _operation(op: str, args: list[Range]) -> Range:
    if UNKNOWN in args and op not in TRUTHS:
        return UNKNOWN
    lo, hi = args[0]
    if op in _MONOTONE or (op in _MONOTONE_FROM and lo >= _MONOTONE_FROM[op]):
        return _at(op, lo), _at(op, hi)
    rule = _RULES.get(op)
    return UNKNOWN if rule is None else rule(*args)


def _at(op: str, value: float) -> float:
    if math.isinf(value) and op in ("FLOOR", "ROUND", "TRUNC"):
        return value
    with np.errstate(over="ignore"):
        return float(EVALUATE[op](np.float64(value)))


def _product(x: Range, y: Range) -> Range:
    corners = [a * b for a in x for b in y]
    return (
        UNKNOWN if any(math.isnan(c) for c in corners) else (min(corners), max(corners))
    )


def _quotient(x: Range, y: Range) -> Range:
    if y[0] <= 0 <= y[1]:
        return UNKNOWN
    return _product(x, (1 / y[1], 1 / y[0]))


def _absolute(x: Range) -> Range:
    low = 0.0 if x[0] <= 0 <= x[1] else min(abs(x[0]), abs(x[1]))
    return low, max(abs(x[0]), abs(x[1]))


def _square(x: Range) -> Range:
    low, high = _absolute(x)
    return low * low, high * high


def _fmod(x: Range, y: Range) -> Range:
    if y[0] <= 0 <= y[1] or math.isinf(x[0]) or math.isinf(x[1]):
        return UNKNOWN
    largest = min(_absolute(x)[1], _absolute(y)[1])
    return (-largest if x[0] < 0 else 0.0), (largest if x[1] > 0 else 0.0)


def _wave(x: Range) -> Range:
    return UNKNOWN if math.isinf(x[0]) or math.isinf(x[1]) else (-1.0, 1.0)


def _less(x: Range, y: Range) -> Range:
    return float(x[1] < y[0]), float(x[0] < y[1])


def _equal(x: Range, y: Range) -> Range:
    return float(x[0] == x[1] == y[0] == y[1]), float(x[0] <= y[1] and y[0] <= x[1])


def _truth(x: Range) -> Range:
    return float(not x[0] <= 0 <= x[1]), float(x != (0.0, 0.0))


def _either(x: Range, y: Range) -> Range:
    a, b = _truth(x)
    c, d = _truth(y)
    return max(a, c), max(b, d)


def _both(x: Range, y: Range) -> Range:
    a, b = _truth(x)
    c, d = _truth(y)
    return min(a, c), min(b, d)


def _not(x: Range) -> Range:
    low, high = _truth(x)
    return 1 - high, 1 - low


def _select(key: tuple, nodes: list[tuple], ranges: list[Range]) -> Range:
    _, condition, yes, no = key
    a = _given(yes, nodes[condition], True, nodes, ranges)
    c = _given(no, nodes[condition], False, nodes, ranges)
    return min(a[0], c[0]), max(a[1], c[1])


def _given(
    node: int, condition: tuple, holds: bool, nodes: list[tuple], ranges: list[Range]
) -> Range:
    """Return the range of a node where a comparison of it holds, or does not: x is
    below 0 where x < 0.
    """
    negated = nodes[node][0] == "NEG"
    inner = nodes[node][1] if negated else node
    low, high = ranges[inner]
    if condition[0] == "LT" and ranges[inner] != UNKNOWN and inner in condition[1:]:
        x, y = (ranges[side] for side in condition[1:])
        if (inner == condition[1]) == holds:
            high = min(high, y[1] if holds else x[1])
        else:
            low = max(low, x[0] if holds else y[0])
        if low > high:  # never taken
            low, high = ranges[inner]
    return (-high, -low) if negated else (low, high)


_RULES = {
    "ADD": lambda x, y: (x[0] + y[0], x[1] + y[1]),
    "SUB": lambda x, y: (x[0] - y[1], x[1] - y[0]),
    "MUL": _product,
    "DIV": _quotient,
    "NEG": lambda x: (-x[1], -x[0]),
    "ABS": _absolute,
    "SQ": _square,
    "SIN": _wave,
    "COS": _wave,
    "ATAN2": lambda y, x: (-math.pi, math.pi),
    "MIN": lambda x, y: (min(x[0], y[0]), min(x[1], y[1])),
    "MAX": lambda x, y: (max(x[0], y[0]), max(x[1], y[1])),
    "FMOD": _fmod,
    "LT": _less,
    "EQ": _equal,
    "AND": _both,
    "OR": _either,
    "NOT": _not,
}
