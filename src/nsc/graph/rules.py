"""Rewrite rules of arithmetic and logic, exact over the reals.

In: a node's arguments, and the numbers they are. Out: a simpler node, None where there
is none.
Non-goals: rounding, which the DAG does not model: `x / 4` becomes `x * 0.25`. Nor what
an operation is of known numbers (folding.py).

Each rule's docstring shows before -> after; `C` is a known number. Sides of `+`, `*`,
`&&`, `||` may change places.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from nsc.graph.builder import LARGEST_LITERAL, Args, DagBuilder, Known, Rule
from nsc.graph.dag import TRUTHS

# What C code adds to a number >= 0 and subtracts again to round it. From there on the
# spacing of doubles (2^52) or floats (2^23) is 1; with 1.5 in front, numbers below zero
# are rounded as well.
_ROUNDS_DOUBLES = (2.0**52, 1.5 * 2.0**52)
_ROUNDS_FLOATS = (2.0**23, 1.5 * 2.0**23)
_LEAST_DIVISOR = 1e-30  # below it a reciprocal is larger than any literal
_MAX_POWER = 8  # x**8 is three squares
_NEVER_NEGATIVE = frozenset(("ABS", "SQ", "SQRT", "EXP", "COSH", *TRUTHS))
_WHOLE = frozenset(("FLOOR", "ROUND", "TRUNC", *TRUTHS))


def _rounds(b: DagBuilder, value: float | None) -> bool:
    """Say whether adding a number and subtracting it again rounds to whole numbers."""
    return value in _ROUNDS_DOUBLES or (
        b.is_single and value in _ROUNDS_FLOATS
    )


def _add(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`x + 0 -> x`, `x + -y -> x - y`, `(x - 0x1p52) + 0x1p52 -> ROUND(x)`.

    The last is meant as rounding; over the reals it would be x, which no program that
    writes it wants.
    """
    left, right = args
    if known[0] == 0:
        return right
    if known[1] == 0:
        return left
    for x, y in ((left, right), (right, left)):
        if b.op(y) == "NEG":
            return b.make("SUB", x, b.children(y)[0])
        large = b.value(y)
        if _rounds(b, large) and b.op(x) == "SUB":
            rounded, subtracted = b.children(x)
            if b.value(subtracted) == large:
                return b.make("ROUND", rounded)
    return None


def _subtract(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`x - 0 -> x`, `0 - x -> -x`, `x - x -> 0`, `x - -y -> x + y`.

    And `(x + 0x1p52) - 0x1p52 -> ROUND(x)`, as of `_add`.
    """
    x, y = args
    if known[1] == 0:
        return x
    if known[0] == 0:
        return b.make("NEG", y)
    if x == y:
        return b.literal(0.0)
    if b.op(y) == "NEG":
        return b.make("ADD", x, b.children(y)[0])
    if _rounds(b, known[1]) and b.op(x) == "ADD":
        left, right = b.children(x)
        for rounded, added in ((left, right), (right, left)):
            if b.value(added) == known[1]:
                return b.make("ROUND", rounded)
    return None


def _multiply(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`x * x -> SQ(x)`, `x * 1 -> x`, `x * -1 -> -x`, `x * 0 -> 0`.

    And `(x * C) * D -> x * (C * D)` where C or D is too large to be written.
    """
    left, right = args
    if left == right:
        return b.make("SQ", left)
    for factor, x in ((known[0], right), (known[1], left)):
        if factor is None:
            continue
        if factor == 1:
            return x
        if factor == -1:
            return b.make("NEG", x)
        if factor == 0:
            return b.literal(0.0)
        if b.op(x) == "MUL":
            return _regrouped(b, factor, b.children(x))
    return None


def _regrouped(b: DagBuilder, factor: float, product: Args) -> int | None:
    """`(x * 1e35) * 1e-34 -> x * 10`: a literal ends at 1e30, and the product is small.

    Where both numbers can be written they stay apart, as the program has them.
    """
    left, right = product
    for x, y in ((right, left), (left, right)):
        other = b.value(y)
        if (
            other is not None
            and max(abs(factor), abs(other)) > LARGEST_LITERAL
        ):
            return b.make("MUL", x, b.literal(factor * other))
    return None


def _divide(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`0 / x -> 0`, `x / C -> x * (1 / C)`.

    The first forgets that 0 / 0 is NaN, for which there is nothing to mimic.
    """
    dividend, divisor = known
    if dividend == 0:
        return b.literal(0.0)
    if divisor is not None and abs(divisor) > _LEAST_DIVISOR:
        return b.make("MUL", args[0], b.literal(1.0 / divisor))
    return None


def _negate(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`-(-x) -> x`, `-(x - y) -> y - x`."""
    op = b.op(args[0])
    if op == "NEG":
        return b.children(args[0])[0]
    if op == "SUB":
        x, y = b.children(args[0])
        return b.make("SUB", y, x)
    return None


def _square(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`SQ(-x) -> SQ(x)`, `SQ(|x|) -> SQ(x)`."""
    if b.op(args[0]) in ("NEG", "ABS"):
        return b.make("SQ", b.children(args[0])[0])
    return None


def _absolute(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`|x| -> x` of what is never negative, `|-x| -> |x|`."""
    op = b.op(args[0])
    if op in _NEVER_NEGATIVE:
        return args[0]
    return b.make("ABS", b.children(args[0])[0]) if op == "NEG" else None


def _select(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`C ? x : y -> x` or `y`, `c ? x : x -> x`, `!c ? x : y -> c ? y : x`.

    And `c ? 1 : 0 -> c != 0`.
    """
    condition, yes, no = args
    if known[0] is not None:
        return yes if known[0] != 0 else no
    if yes == no:
        return yes
    if b.op(condition) == "NOT":
        return b.make("SEL", b.children(condition)[0], no, yes)
    if known[1] == 1 and known[2] == 0:
        return b.truth(condition)
    return None


def _not(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`!!x -> x != 0`."""
    if b.op(args[0]) == "NOT":
        return b.truth(b.children(args[0])[0])
    return None


def _and(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`x && C -> x != 0` or `0`, `x && x -> x`.

    The last is exact where x is 0 or 1, which who asks sees to.
    """
    for constant, x in ((known[0], args[1]), (known[1], args[0])):
        if constant is not None:
            return b.truth(x) if constant != 0 else b.literal(0.0)
    return args[0] if args[0] == args[1] else None


def _or(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`x || C -> 1` or `x != 0`, `x || x -> x`, as of `_and`."""
    for constant, x in ((known[0], args[1]), (known[1], args[0])):
        if constant is not None:
            return b.literal(1.0) if constant != 0 else b.truth(x)
    return args[0] if args[0] == args[1] else None


def _power(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`x**0 -> 1`, `x**0.5 -> sqrt(x)`, `x**-2 -> 1 / x**2`, `x**5 -> SQ(SQ(x)) * x`.

    And `C**x -> exp(x * log(C))` of C > 0.
    """
    base, exponent = known
    if exponent == 0:
        return b.literal(1.0)
    if exponent == 0.5:
        return b.make("SQRT", args[0])
    if exponent in (-1, -2, -3):
        one = b.literal(1.0)
        return b.make("DIV", one, b.make("POW", args[0], b.literal(-exponent)))
    if (
        exponent is not None
        and exponent == int(exponent)
        and 1 <= exponent <= _MAX_POWER
    ):
        return _by_squares(b, args[0], int(exponent))
    if base is not None and base > 0:
        return b.make("EXP", b.make("MUL", args[1], b.literal(math.log(base))))
    return None


def _by_squares(b: DagBuilder, base: int, n: int) -> int:
    """Write x**n with squares: x**5 is (x**2)**2 * x."""
    if n == 1:
        return base
    half = b.make("SQ", _by_squares(b, base, n // 2))
    return b.make("MUL", half, base) if n % 2 else half


def _to_whole(b: DagBuilder, args: Args, known: Known) -> int | None:
    """`FLOOR(x) -> x` of what is whole already, and so `ROUND` and `TRUNC`."""
    return args[0] if b.op(args[0]) in _WHOLE else None


RULES: Mapping[str, Rule] = {
    "ADD": _add,
    "SUB": _subtract,
    "MUL": _multiply,
    "DIV": _divide,
    "NEG": _negate,
    "SQ": _square,
    "ABS": _absolute,
    "SEL": _select,
    "NOT": _not,
    "AND": _and,
    "OR": _or,
    "POW": _power,
    "TRUNC": _to_whole,
    "FLOOR": _to_whole,
    "ROUND": _to_whole,
}
