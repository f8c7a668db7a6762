"""Expressions whose value ranges are known: text, precedence, interval, syntax.

In: names, operators. Out: `Expression`s and their syntax. Non-goals: which expressions
(shapes.py), their operators in an author's style (writer.py).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from nsc.symbolic import Ast

Ranges = dict[str, tuple[float, float]]

ATOM = 9
UNARY = 8
PRODUCT = 7
SUM = 6
COMPARE = 5
LOGICAL = 3
TERNARY = 1

TINY = (1e-3, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)


class Expression(NamedTuple):
    """An expression as it is written, and what is known of it.

    Args:
        text: as C.
        precedence: of its outermost operator.
        lo, hi: an interval that holds its value.
        ast: its syntax, as the front end would read it.
    """

    text: str
    precedence: int
    lo: float
    hi: float
    ast: Ast

    @property
    def reach(self) -> float:
        """The largest absolute value that it may have."""
        return max(abs(self.lo), abs(self.hi))


PI = Expression("M_PI", ATOM, math.pi, math.pi, Ast("name", (), "M_PI"))


def named(name: str, lo: float, hi: float) -> Expression:
    """Write a variable."""
    return Expression(name, ATOM, lo, hi, Ast("name", (), name))


def grouped(e: Expression) -> Expression:
    """Write an expression in parentheses."""
    return e._replace(
        text=f"({e.text})", precedence=ATOM, ast=Ast("group", (e.ast,))
    )


def binary(operator: str, a: Expression, b: Expression) -> Ast:
    """Return the syntax of `a OPERATOR b`."""
    return Ast("binary", (a.ast, b.ast), operator)


def chained(operator: str, left: Ast, right: Ast, equal: str) -> Ast:
    """Return the syntax of `left OPERATOR right` written without parentheses.

    C groups operators of one precedence from the left.

    Args:
        equal: the operators of this precedence, a character each.

    Example: chained("+", a, b - c, "+-") is (a + b) - c.
    """
    if right.kind == "binary" and right.data in equal:
        first, second = right.kids
        regrouped = chained(operator, left, first, equal)
        return Ast("binary", (regrouped, second), right.data)
    return Ast("binary", (left, right), operator)


def negated(e: Expression) -> Expression:
    """Write an expression with a minus sign before it."""
    binds = e.precedence >= UNARY and not e.text.startswith("-")
    inner = e.text if binds else f"({e.text})"
    ast = Ast("unary", (e.ast,), "-")
    if binds and e.ast.kind == "number":
        # the front end reads a number with its sign
        value, is_int = e.ast.data
        ast = Ast("number", (), (-value, is_int))
    return Expression("-" + inner, UNARY, -e.hi, -e.lo, ast)


def quotient(operator: str, a: Expression, b: Expression) -> Expression:
    """Write a quotient as it stands; the caller knows its bounds.

    Args:
        operator: "/" with the author's spaces.
    """
    text = f"{a.text}{operator}{b.text}"
    return Expression(text, PRODUCT, -math.inf, math.inf, binary("/", a, b))
