"""Statements without a branch: assignments, vectors, and definitions that are used.

In: an `Author`. Out: `Statement`s. Non-goals: loops (loops.py), branches (branches.py).
"""

from __future__ import annotations

import re

from nsc.exestack.synthetic.author import Author
from nsc.exestack.synthetic.expressions import ATOM, Expression, named
from nsc.exestack.synthetic.guards import within_unit
from nsc.exestack.synthetic.inputs import (
    INPUT_NAMES,
    LOCAL_NAMES,
    VECTOR_NAMES,
)
from nsc.exestack.synthetic.library import replaced
from nsc.exestack.synthetic.shapes import expression, shape
from nsc.exestack.synthetic.statements import (
    Statement,
    assigned,
    element,
    function,
    returned,
)
from nsc.exestack.synthetic.taste import TASTE
from nsc.exestack.synthetic.vectors import CALLS, Vector
from nsc.exestack.synthetic.vectors import call as vector_call
from nsc.exestack.synthetic.writer import Writer
from nsc.symbolic import Ast
from nsc.syntax import Array


def assign(author: Author) -> Statement:
    """y += x * x;"""
    name = author.locals.assignable()
    if name is None:
        return author.declare()
    w = author.w
    old = named(name, *w.scope[name])
    value = expression(w, author.r.choice((0, 1, 1, 2)))
    operator = author.r.choice(("=", "+=", "-=", "*="))
    new = _updated(w, old, operator, value)
    w.scope[name] = (min(old.lo, new.lo), max(old.hi, new.hi))
    text = f"{name} {operator} {value.text};"
    return Statement(text, assigned(old, operator, value))


def _updated(
    w: Writer, old: Expression, operator: str, value: Expression
) -> Expression:
    """Return what an assignment computes, for its bounds."""
    if operator == "+=":
        return w.add(old, value)
    if operator == "-=":
        return w.sub(old, value)
    if operator == "*=":
        return w.mul(old, value)
    return value


def vector(author: Author) -> list[Statement]:
    """float v1[3], v2[3]; v1[0] = x; ...; float d = dot_v3(v1, v2);"""
    r = author.r
    name = r.choice(CALLS)
    length = r.choice((2, 2, 3))
    vectors = _drawn_vectors(author, 1 if name == "len" else 2, length)
    needed, called = vector_call(r, author.style, name, vectors)
    for defined, (text, syntax) in needed.items():
        author.w.library.define(defined, text, syntax)
    type_ = Array(author.style.type, length)
    listed = ", ".join(f"{n}[{length}]" for n, _ in vectors)
    ast = Ast("declare", tuple((n, type_, None) for n, _ in vectors))
    made = [Statement(f"{author.style.ctype} {listed};", ast)]
    for n, components in vectors:
        for k, component in enumerate(components):
            cell = element(n, k, component.lo, component.hi)
            text = f"{cell.text} = {component.text};"
            made.append(Statement(text, assigned(cell, "=", component)))
    return [*made, author.declare(called)]


def _drawn_vectors(author: Author, count: int, length: int) -> list[Vector]:
    """Draw vectors and their components; two are never equal."""
    r = author.r
    w = author.w
    first = author.locals.vectors + 1
    names = [f"{r.choice(VECTOR_NAMES)}{first + k}" for k in range(count)]
    author.locals.vectors += 2
    vectors = [
        (name, [expression(w, r.choice((0, 0, 0, 1))) for _ in range(length)])
        for name in names
    ]
    texts = [[e.text for e in components] for _, components in vectors]
    if texts[0] == texts[-1]:
        vectors[-1] = (names[-1], [w.numbers.literal() for _ in range(length)])
    return vectors


def helper(author: Author) -> Statement:
    """Move an expression into a static function of its own and call it."""
    r = author.r
    w = author.w
    name = "helper_" + r.choice(LOCAL_NAMES)
    free = [n for n in INPUT_NAMES if n not in w.scope]
    parameters = r.sample(free, r.randint(1, 3))
    arguments = [
        within_unit(w, expression(w, r.choice((0, 0, 1)))) for _ in parameters
    ]
    inner = Writer(r, author.style, parameters, w.library)
    value = (
        shape(inner, 2)
        if r.random() < TASTE.helper_shape
        else expression(inner, 3)
    )
    if name in author.file.helpers:
        return author.declare()
    body = [returned(value).ast]
    author.file.helpers[name] = function(parameters, author.style.type, body)
    head = (
        f"static {author.style.ctype} {name}({author.parameters(parameters)})"
    )
    author.file.texts.append(f"{head} {{\n  return {value.text};\n}}\n")
    text = f"{name}({', '.join(a.text for a in arguments)})"
    ast = Ast("call", tuple(a.ast for a in arguments), name)
    return author.declare(Expression(text, ATOM, value.lo, value.hi, ast))


def table(author: Author) -> Statement:
    """Multiply an element of a small table with an expression."""
    r = author.r
    w = author.w
    values = [w.numbers.literal(hi=3) for _ in range(r.randint(2, 5))]
    stem = r.choice(("coef", "weights", "table", "lut"))
    name = author.file.define_table(stem, values)
    k = r.randrange(len(values))
    cell = element(name, k, values[k].lo, values[k].hi)
    return author.declare(w.mul(cell, expression(w, 1)))


def macro(author: Author) -> Statement:
    """Define a macro, object-like or function-like, and use it."""
    r = author.r
    w = author.w
    name = author.file.number(r.choice(("SCALE", "GAIN", "FACTOR", "LIMIT")))
    if r.random() < TASTE.macro_object:
        value = w.numbers.literal(hi=4)
        author.file.texts.append(f"#define {name} {value.text}\n")
        return author.declare(
            w.mul(value._replace(text=name), expression(w, 1))
        )
    inner = Writer(r, author.style, ["A"], w.library)
    body = expression(inner, 2)
    if inner.unused:
        # a macro that forgets its argument leaves functions that nothing calls
        return author.declare()
    spelled = re.sub(r"\bA\b", "(A)", body.text)
    author.file.texts.append(f"#define {name}(A) ({spelled})\n")
    argument = within_unit(w, expression(w, 1))
    ast = replaced(body.ast, {"A": argument.ast})
    called = Expression(
        f"{name}({argument.text})", ATOM, body.lo, body.hi, ast
    )
    return author.declare(called)
