"""The range of values each node of a DAG can take while its inputs stay in [-1, 1].

In: a node, the ranges of the nodes before it. Out: (lowest, highest); `UNKNOWN` for
what may not be a number.
Non-goals: tight bounds. Rounding is not modelled; a range may be wider than what is
taken, never narrower.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nsc.graph.dag import EVALUATE, TRUTHS
from nsc.graph.nodes import UNKNOWN, Nodes, Range

RangeRule = Callable[
    ..., Range
]  # the range of an operation, from its arguments'

# rising everywhere: the ends of the range are the values at the ends
_MONOTONE = frozenset(
    ("EXP", "ATAN", "TANH", "FLOOR", "ROUND", "TRUNC", "SINH", "CBRT", "ERF")
)
_MONOTONE_FROM = {"SQRT": 0.0, "LOG": 1e-300}  # rising from there on


def range_of(nodes: Nodes, node: int, ranges: Sequence[Range]) -> Range:
    """Return the range of a node whose children's ranges are known."""
    op = nodes.ops[node]
    if op == "LIT":
        value = nodes.numbers[node]
        assert value is not None
        return value, value
    if op == "IN":
        return -1.0, 1.0
    if op == "NAN":
        return UNKNOWN
    if op == "SEL":
        found = _select(nodes, node, ranges)
    else:
        found = _operation(
            op, [ranges[child] for child in nodes.children[node]]
        )
    return UNKNOWN if math.isnan(found[0]) or math.isnan(found[1]) else found


def _operation(op: str, args: list[Range]) -> Range:
    # a comparison is 0 or 1 even of what is not known
    if UNKNOWN in args and op not in TRUTHS:
        return UNKNOWN
    low, high = args[0]
    if op in _MONOTONE or (op in _MONOTONE_FROM and low >= _MONOTONE_FROM[op]):
        return _at(op, low), _at(op, high)
    rule = _RULES.get(op)
    return UNKNOWN if rule is None else rule(*args)


def _at(op: str, value: float) -> float:
    if math.isinf(value) and op in ("FLOOR", "ROUND", "TRUNC"):
        return value
    with np.errstate(over="ignore"):
        return float(EVALUATE[op](np.float64(value)))


def _sum(x: Range, y: Range) -> Range:
    return x[0] + y[0], x[1] + y[1]


def _difference(x: Range, y: Range) -> Range:
    return x[0] - y[1], x[1] - y[0]


def _negative(x: Range) -> Range:
    return -x[1], -x[0]


def _product(x: Range, y: Range) -> Range:
    corners = [a * b for a in x for b in y]
    if any(math.isnan(corner) for corner in corners):  # zero times infinity
        return UNKNOWN
    return min(corners), max(corners)


def _quotient(x: Range, y: Range) -> Range:
    if y[0] <= 0 <= y[1]:
        return UNKNOWN
    return _product(x, (1 / y[1], 1 / y[0]))


def _absolute(x: Range) -> Range:
    sizes = (abs(x[0]), abs(x[1]))
    smallest = 0.0 if x[0] <= 0 <= x[1] else min(sizes)
    return smallest, max(sizes)


def _square(x: Range) -> Range:
    low, high = _absolute(x)
    return low * low, high * high


def _remainder(x: Range, y: Range) -> Range:
    """Bound C's fmod, which has the sign of x and is no larger than either."""
    if y[0] <= 0 <= y[1] or math.isinf(x[0]) or math.isinf(x[1]):
        return UNKNOWN
    largest = min(_absolute(x)[1], _absolute(y)[1])
    low = -largest if x[0] < 0 else 0.0
    high = largest if x[1] > 0 else 0.0
    return low, high


def _wave(x: Range) -> Range:
    # sin(inf) is NaN
    return UNKNOWN if math.isinf(x[0]) or math.isinf(x[1]) else (-1.0, 1.0)


def _angle(y: Range, x: Range) -> Range:
    return -math.pi, math.pi


def _smaller(x: Range, y: Range) -> Range:
    return min(x[0], y[0]), min(x[1], y[1])


def _larger(x: Range, y: Range) -> Range:
    return max(x[0], y[0]), max(x[1], y[1])


def _less(x: Range, y: Range) -> Range:
    surely = x[1] < y[0]
    possibly = x[0] < y[1]
    return float(surely), float(possibly)


def _equal(x: Range, y: Range) -> Range:
    surely = x[0] == x[1] == y[0] == y[1]
    possibly = x[0] <= y[1] and y[0] <= x[1]
    return float(surely), float(possibly)


def _truth(x: Range) -> Range:
    """Return the range of `x != 0`."""
    surely = not x[0] <= 0 <= x[1]
    possibly = x != (0.0, 0.0)
    return float(surely), float(possibly)


def _either(x: Range, y: Range) -> Range:
    return _larger(_truth(x), _truth(y))


def _both(x: Range, y: Range) -> Range:
    return _smaller(_truth(x), _truth(y))


def _not(x: Range) -> Range:
    low, high = _truth(x)
    return 1 - high, 1 - low


def _select(nodes: Nodes, node: int, ranges: Sequence[Range]) -> Range:
    """Join both arms' ranges, each where the condition chooses it."""
    condition, yes, no = nodes.children[node]
    low_yes, high_yes = _given(nodes, yes, condition, True, ranges)
    low_no, high_no = _given(nodes, no, condition, False, ranges)
    return min(low_yes, low_no), max(high_yes, high_no)


def _given(
    nodes: Nodes,
    node: int,
    condition: int,
    holds: bool,
    ranges: Sequence[Range],
) -> Range:
    """Return the range of a node where a condition holds, or does not.

    Example: in `x < 0 ? -x : x` the first arm is at most 1 and above 0, as x < 0 there.
    """
    is_negated = nodes.ops[node] == "NEG"
    inner = nodes.children[node][0] if is_negated else node
    found = ranges[inner]
    sides = nodes.children[condition]
    if nodes.ops[condition] == "LT" and found != UNKNOWN and inner in sides:
        found = _where_less(
            found, inner == sides[0], holds, *(ranges[s] for s in sides)
        )
    return _negative(found) if is_negated else found


def _where_less(
    side: Range, is_left: bool, holds: bool, x: Range, y: Range
) -> Range:
    """Narrow the range of a side of `x < y` to where that holds, or does not."""
    low, high = side
    if is_left == holds:  # x where x < y, or y where y <= x
        high = min(high, y[1] if holds else x[1])
    else:
        low = max(low, x[0] if holds else y[0])
    return side if low > high else (low, high)  # never taken


_RULES: Mapping[str, RangeRule] = {
    "ADD": _sum,
    "SUB": _difference,
    "MUL": _product,
    "DIV": _quotient,
    "NEG": _negative,
    "ABS": _absolute,
    "SQ": _square,
    "SIN": _wave,
    "COS": _wave,
    "ATAN2": _angle,
    "MIN": _smaller,
    "MAX": _larger,
    "FMOD": _remainder,
    "LT": _less,
    "EQ": _equal,
    "AND": _both,
    "OR": _either,
    "NOT": _not,
}
