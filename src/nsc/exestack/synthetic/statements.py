"""Statements: their text, and their syntax as the front end would read it.

In: expressions, names, types. Out: `Statement`s and `Ast`s. Non-goals: which statements
(functions.py).
"""

from __future__ import annotations

from typing import NamedTuple

from nsc.exestack.synthetic.expressions import ATOM, Expression, Ranges, named
from nsc.symbolic import EMPTY, Ast, Definitions
from nsc.syntax import INT, CType, Scalar


class Statement(NamedTuple):
    """A C statement: its text, and its syntax as the front end would read it."""

    text: str
    ast: Ast


class Written(NamedTuple):
    """A random C function.

    Args:
        ranges: of each input.
        type: of all its values.
        definitions: its syntax, with what it calls.
    """

    text: str
    ranges: Ranges
    name: str
    type: Scalar
    definitions: Definitions


def whole(value: int) -> Ast:
    """Return the syntax of an integer."""
    return Ast("number", (), (float(value), True))


def either(
    test: Expression,
    yes: Statement,
    no: Statement | None,
    *,
    chained: bool = False,
) -> Statement:
    """if (TEST) { YES } else { NO }; with `chained`, NO is another if."""
    text = f"if ({test.text}) {{\n    {yes.text}\n  }}"
    other = EMPTY
    if no and chained:
        text += f" else {no.text}"
        other = no.ast
    elif no:
        text += f" else {{\n    {no.text}\n  }}"
        other = Ast("block", (no.ast,))
    block = Ast("block", (yes.ast,))
    return Statement(text, Ast("if", (test.ast, block, other)))


def element(name: str, k: int, lo: float, hi: float) -> Expression:
    """Write NAME[K]."""
    ast = Ast("index", (Ast("name", (), name), whole(k)))
    return Expression(f"{name}[{k}]", ATOM, lo, hi, ast)


def below(x: Expression, limit: Ast) -> Ast:
    """Return the syntax of `x < LIMIT`."""
    return Ast("binary", (x.ast, limit), "<")


def announced(ctype: str, names: list[str], type_: Scalar) -> Statement:
    """Declare names without values."""
    declared_names = tuple((name, type_, None) for name in names)
    return Statement(
        f"{ctype} {', '.join(names)};", Ast("declare", declared_names)
    )


def declared(name: str, ctype: CType, value: Ast) -> Ast:
    """Return the syntax of `CTYPE NAME = VALUE;`."""
    return Ast("declare", ((name, ctype, value),))


def assigned(target: Expression, operator: str, value: Expression) -> Ast:
    """Return the syntax of `TARGET OPERATOR VALUE;`, of = or +=."""
    return Ast("assign", (target.ast, value.ast), operator[:-1])


def set_to(name: str, value: Expression) -> Statement:
    """NAME = VALUE;"""
    target = named(name, value.lo, value.hi)
    return Statement(f"{name} = {value.text};", assigned(target, "=", value))


def returned(value: Expression, form: str = "return {};") -> Statement:
    """Return a value; in `form`, {} stands for it."""
    return Statement(form.format(value.text), Ast("return", (value.ast,)))


def loop(counter: str, trips: int, body: Ast) -> Ast:
    """for (int COUNTER = 0; COUNTER < TRIPS; COUNTER++) BODY"""
    i = Ast("name", (), counter)
    start = declared(counter, INT, whole(0))
    test = Ast("binary", (i, whole(trips)), "<")
    step = Ast("update", (i,), (1.0, True))
    return Ast("loop", (start, test, body, step), "for")


def function(parameters: list[str], type_: Scalar, body: list[Ast]) -> Ast:
    """Return the syntax of a function of scalars, all of one type."""
    typed = tuple((name, type_) for name in parameters)
    return Ast("function", (), (typed, type_, Ast("block", tuple(body))))
