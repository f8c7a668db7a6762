"""Comparisons, conditionals and truths joined by && and ||.

In: expressions. Out: `Expression`s. Non-goals: what is compared with what (shapes.py).
"""

from __future__ import annotations

from nsc.exestack.synthetic.expressions import (
    COMPARE,
    LOGICAL,
    TERNARY,
    Expression,
    binary,
)
from nsc.exestack.synthetic.taste import TASTE
from nsc.exestack.synthetic.writer import Writer
from nsc.symbolic import Ast


def comparison(
    w: Writer, left: Expression, operator: str, right: Expression
) -> Expression:
    """Write `left OPERATOR right`."""
    text = f"{w.wrap(left, COMPARE).text} {operator} {w.wrap(right, COMPARE).text}"
    return Expression(text, COMPARE, 0.0, 1.0, binary(operator, left, right))


def conditional(
    w: Writer, test: Expression, a: Expression, b: Expression
) -> Expression:
    """Write `test ? a : b`."""
    in_parentheses = w.r.random() < TASTE.conditional_parentheses
    asked = f"({test.text})" if in_parentheses else test.text
    text = f"{asked} ? {w.wrap(a, COMPARE).text} : {w.wrap(b, COMPARE).text}"
    ast = Ast("conditional", (test.ast, a.ast, b.ast))
    return Expression(text, TERNARY, min(a.lo, b.lo), max(a.hi, b.hi), ast)


def joined(left: Expression, operator: str, right: Expression) -> Expression:
    """Write two truths side by side: `left && right`."""
    text = f"{left.text} {operator} {right.text}"
    return Expression(
        text, LOGICAL, 0.0, 1.0, _joined_syntax(operator, left.ast, right.ast)
    )


def _joined_syntax(operator: str, left: Ast, right: Ast) -> Ast:
    """Group truths that are written side by side: && binds tighter than ||."""
    binds_first = operator == "&&" and right.data == "||"
    is_chain = right.data == operator  # both are left-associative
    if binds_first or is_chain:
        first, second = right.kids
        regrouped = _joined_syntax(operator, left, first)
        return Ast("binary", (regrouped, second), right.data)
    return Ast("binary", (left, right), operator)
