"""Statements: their text, and their syntax as the front end would read it.

In: expressions, names, types. Out: `Statement`s and `Ast`s. Non-goals: which statements
(functions.py).
"""

from __future__ import annotations

from typing import NamedTuple

from nsc.exestack.synthetic.expressions import ATOM, Expression, Ranges
from nsc.symbolic import EMPTY, Ast, Definitions
from nsc.syntax import INT, CType, Scalar


class Statement(NamedTuple):
    """A C statement: its text, and its syntax as the front end would read it."""

    text: str
    ast: Ast


class Written(NamedTuple):
    """A random C function: its text, the range of each input, its name, the type of all
    its values, its syntax.
    """

    text: str
    ranges: Ranges
    name: str
    type: Scalar
    definitions: Definitions


def whole(value: int) -> Ast:
    return Ast("number", (), (float(value), True))


def either(
    test: Expression, yes: Statement, no: Statement | None, *, chained: bool = False
) -> Statement:
    """if (TEST) { YES } else { NO }; with `chained`, NO is another if."""
    text = f"if ({test.text}) {{\n    {yes.text}\n  }}"
    other = EMPTY
    if no:
        text += f" else {no.text}" if chained else f" else {{\n    {no.text}\n  }}"
        other = no.ast if chained else Ast("block", (no.ast,))
    return Statement(text, Ast("if", (test.ast, Ast("block", (yes.ast,)), other)))


def element(name: str, k: int, lo: float, hi: float) -> Expression:
    return Expression(
        f"{name}[{k}]", ATOM, lo, hi, Ast("index", (Ast("name", (), name), whole(k)))
    )


def below(x: Expression, limit: Ast) -> Ast:
    return Ast("binary", (x.ast, limit), "<")


def announced(ctype: str, names: list[str], type_: Scalar) -> Statement:
    """Declare names without values."""
    return Statement(
        f"{ctype} {', '.join(names)};",
        Ast("declare", tuple((name, type_, None) for name in names)),
    )


def declared(name: str, ctype: CType, value: Ast) -> Ast:
    return Ast("declare", ((name, ctype, value),))


def assigned(target: Expression, operator: str, value: Expression) -> Ast:
    return Ast("assign", (target.ast, value.ast), operator[:-1])


def returned(value: Expression, form: str) -> Statement:
    return Statement(form.format(value.text), Ast("return", (value.ast,)))


def loop(counter: str, trips: int, body: Ast) -> Ast:
    """for (int COUNTER = 0; COUNTER < TRIPS; COUNTER++) BODY"""
    i = Ast("name", (), counter)
    start = declared(counter, INT, whole(0))
    test = Ast("binary", (i, whole(trips)), "<")
    return Ast("loop", (start, test, body, Ast("update", (i,), (1.0, True))), "for")
