"""Whole random C functions, in one author's style.

Declarations, branches, loops, helpers, macros, tables.

In: a seed. Out: C text and its syntax. Non-goals: whether the function behaves
(dataset.py decides by evaluation).
"""

from __future__ import annotations

from collections.abc import Callable

from nsc.exestack.synthetic.assignments import (
    assign,
    helper,
    macro,
    table,
    vector,
)
from nsc.exestack.synthetic.author import Author
from nsc.exestack.synthetic.bounded import bounded
from nsc.exestack.synthetic.branches import (
    branch,
    early_return,
    ladder,
    limit,
    ramp,
    split,
)
from nsc.exestack.synthetic.dice import Dice
from nsc.exestack.synthetic.expressions import Expression, negated
from nsc.exestack.synthetic.inputs import FUNCTION_NAMES
from nsc.exestack.synthetic.loops import accumulate, series
from nsc.exestack.synthetic.shapes import expression, mathematical_call, shape
from nsc.exestack.synthetic.statements import (
    Statement,
    Written,
    announced,
    function,
    returned,
)
from nsc.exestack.synthetic.taste import TASTE
from nsc.symbolic import Definitions

LARGE = 12.0  # a result that may be larger is written anew
TRIES = 4

_HEADS = ("", "", "static ", "static inline ")
_DEPTHS = (0, 1, 2, 2, 3)
_DEPTHS_ALONE = (1, 1, 1, 2, 2, 3, 4)  # where the result is all there is

Write = Callable[[Author], Statement | list[Statement]]

_STATEMENTS: tuple[tuple[float, Write], ...] = (
    (22, Author.declare),
    (8, assign),
    (3, vector),
    (9, early_return),
    (12, branch),
    (5, ladder),
    (6, limit),
    (9, split),
    (4, ramp),
    (4, accumulate),
    (2, series),
    (6, helper),
    (1, table),
    (8, macro),
)
# Line by line, without a branch.
_FORMULA: tuple[tuple[float, Write], ...] = (
    (12, Author.declare),
    (3, assign),
    (2, series),
    (1, macro),
    (1, vector),
)


def write_function(r: Dice) -> Written:
    """Write a random C function.

    Raises:
        OverflowError, ZeroDivisionError, ValueError: bounds that cannot be computed.
    """
    author = Author(r)
    body = _body(author)
    name = r.choice(FUNCTION_NAMES)
    inputs = list(author.ranges)
    type_ = author.style.type
    text = _text(author, name, body)
    functions = author.w.library.functions | author.file.helpers
    functions[name] = function(
        inputs, type_, [statement.ast for statement in body]
    )
    definitions = Definitions(functions, tuple(author.file.tables))
    return Written(text, author.ranges, name, type_, definitions)


def _body(author: Author) -> list[Statement]:
    """Write the statements of a function, the last of which returns its result."""
    body: list[Statement] = []
    for k in range(author.plan.length):
        body += _statements(author, is_first=k == 0)
    body.append(returned(_result(author, has_body=bool(body))))
    if author.announced:
        style = author.style
        body.insert(0, announced(style.ctype, author.announced, style.type))
    return body


def _statements(author: Author, *, is_first: bool) -> list[Statement]:
    if is_first and author.r.random() < TASTE.first_declares:
        return [author.declare()]
    kinds = _FORMULA if author.plan.is_formula else _STATEMENTS
    made = author.style.preferences.choose("statement", kinds)(author)
    return made if isinstance(made, list) else [made]


def _text(author: Author, name: str, body: list[Statement]) -> str:
    """Write a function with what it needs before it."""
    style = author.style
    head = author.r.choice(_HEADS)
    parameters = author.parameters(list(author.ranges))
    lines = "\n".join("  " + statement.text for statement in body)
    whole = f"{head}{style.ctype} {name}({parameters}) {{\n{lines}\n}}"
    text = author.w.library.before("\n".join([*author.file.texts, whole, ""]))
    if style.ctype == style.scalar:
        return text
    return f"typedef {style.scalar} {style.ctype};\n\n{text}"


def _result(author: Author, *, has_body: bool) -> Expression:
    """Write what a function returns."""
    out = _small_value(author, has_body)
    out = _with_waiting(author, out)
    out = _with_unused(author, out)
    is_mostly_negative = out.hi < -0.3 * out.lo
    if is_mostly_negative and author.r.random() < TASTE.negative_turned:
        out = negated(out)
    return _finished(author, out)


def _small_value(author: Author, has_body: bool) -> Expression:
    """Write a value, up to four times until it cannot be large."""
    w = author.w
    unused = list(w.unused)
    waiting = list(w.waiting)
    for _ in range(TRIES):
        w.unused[:] = unused
        w.waiting[:] = waiting
        out = _value(author, has_body)
        if max(-out.lo, out.hi) < LARGE:
            break
    return out


def _value(author: Author, has_body: bool) -> Expression:
    w = author.w
    r = author.r
    if w.waiting and r.random() < TASTE.result_waiting:
        return w.use(w.waiting[-1])
    if r.random() < TASTE.result_bounded:
        return bounded(w)
    if r.random() < TASTE.result_call:
        return mathematical_call(w, 2)
    if r.random() < TASTE.result_shape:
        return shape(w, 2)
    return expression(w, r.choice(_DEPTHS if has_body else _DEPTHS_ALONE))


def _with_waiting(author: Author, out: Expression) -> Expression:
    """Let locals that nothing has used take part."""
    w = author.w
    r = author.r
    while w.waiting and r.random() < TASTE.result_uses_waiting:
        join = r.choice((w.add, w.sub, w.mul, w.mul))
        out = join(out, w.use(w.waiting[-1]))
    return out


def _with_unused(author: Author, out: Expression) -> Expression:
    """Let inputs that nothing has used take part, alone or two at a time."""
    w = author.w
    r = author.r
    while w.unused and r.random() < TASTE.result_uses_unused:
        v = w.use(r.choice(w.unused))
        if w.unused and r.random() < TASTE.unused_paired:
            v = w.mul(v, w.use(r.choice(w.unused)))
        if not author.style.bare and r.random() < TASTE.unused_scaled:
            v = w.mul(w.numbers.literal(hi=2), v)
        join = r.choice(
            (w.add, w.sub, w.sub, w.mul, w.mul, w.mul, w.mul, w.mul)
        )
        out = join(out, v)
    return out


def _finished(author: Author, out: Expression) -> Expression:
    """Clamp a result, or take its absolute value, or leave it as it is."""
    w = author.w
    u = author.r.random()
    if u < TASTE.result_clamped:
        zero = w.numbers.constant(0.0)
        return w.library.call("clamp", out, zero, w.numbers.constant(1.0))
    return w.absolute(out) if u < TASTE.result_absolute else out
