"""Statements that branch: early returns, piecewise functions, limits, else-ifs.

In: an `Author`. Out: `Statement`s. Non-goals: loops (loops.py).
"""

from __future__ import annotations

from nsc.exestack.synthetic.assignments import assign
from nsc.exestack.synthetic.author import Author
from nsc.exestack.synthetic.bounded import choice
from nsc.exestack.synthetic.conditionals import comparison
from nsc.exestack.synthetic.expressions import (
    PRODUCT,
    Expression,
    named,
    negated,
    quotient,
)
from nsc.exestack.synthetic.idioms import polynomial
from nsc.exestack.synthetic.inputs import LOCAL_NAMES
from nsc.exestack.synthetic.shapes import condition, expression, shape
from nsc.exestack.synthetic.statements import (
    Statement,
    assigned,
    below,
    either,
    returned,
    set_to,
)
from nsc.exestack.synthetic.taste import TASTE
from nsc.symbolic import EMPTY, Ast

# Where the pieces of a piecewise function meet.
_STEPS = (
    (0.5, 1.5),
    (1.0, 2.0),
    (0.25, 0.5, 0.75),
    (0.5,),
    (1.0,),
    (-0.5, 0.5),
    (0.0, 0.5),
    (-1.0, 0.0, 1.0),
)
# Between which a ramp rises.
_RAMPS = (
    (0.0, 1.0),
    (0.0, 1.0),
    (0.0, 0.5),
    (0.5, 1.0),
    (0.2, 0.8),
    (0.25, 0.75),
    (-0.5, 0.5),
    (-1.0, 1.0),
)


def early_return(author: Author) -> Statement:
    """if (x < 0) return 0;"""
    w = author.w
    r = author.r
    test = condition(w, 1)
    value = w.numbers.constant(r.choice((0.0, 0.0, 0.0, 1.0, 1.0, -1.0)))
    if r.random() < TASTE.returns_expression:
        value = expression(w, r.choice((1, 1, 2)))
    return _leave(test, value, braces=r.random() < TASTE.return_braces)


def _leave(test: Expression, value: Expression, *, braces: bool) -> Statement:
    leaves = "{{\n    return {};\n  }}" if braces else "return {};"
    leave = returned(value, f"if ({test.text}) {leaves}")
    return Statement(leave.text, Ast("if", (test.ast, leave.ast, EMPTY)))


def ladder(author: Author) -> list[Statement]:
    """if (x < 0) x = -x; if (x < 0.5) return 0.75 - x * x; if (x < 1.5) ...

    A function in pieces.
    """
    r = author.r
    w = author.w
    x = w.variable()
    out = []
    braces = r.random() < TASTE.ladder_braces
    may_flip = x.text not in author.locals.fixed and x.lo < 0
    if may_flip and r.random() < TASTE.ladder_flip:
        out.append(_flip(author, x))
        x = w.use(x.text)
    for step in r.choice(_STEPS):
        at = w.numbers.constant(step)
        test = comparison(w, x, "<", at)
        # else one side is all there is: a number would make a constant function
        splits = x.lo < step < x.hi
        count = r.choice((1, 1, 2, 3) if splits else (2, 3))
        value = polynomial(w, x, w.numbers.coefficients(count))
        out.append(_leave(test, value, braces=braces))
    return out


def _flip(author: Author, x: Expression) -> Statement:
    """if (x < 0) x = -x;"""
    zero = author.w.numbers.constant(0.0)
    body = assigned(x, "=", negated(x))
    author.w.scope[x.text] = (0.0, max(-x.lo, x.hi))
    text = f"if ({x.text} < {zero.text}) {x.text} = -{x.text};"
    return Statement(text, Ast("if", (below(x, zero.ast), body, EMPTY)))


def limit(author: Author) -> Statement:
    """if (x < lo) x = lo; else if (x > hi) x = hi;"""
    name = author.locals.assignable()
    if name is None:
        return author.declare()
    r = author.r
    w = author.w
    x = named(name, *w.scope[name])
    both = r.random() < TASTE.limit_both
    lo = w.numbers.constant(r.choice((0.0, 0.0, -1.0, -0.5)))
    hi = w.numbers.constant(r.choice((1.0, 1.0, 0.5)))
    text = f"if ({name} < {lo.text}) {name} = {lo.text};"
    other = EMPTY
    top = x.hi
    if both:
        gap = r.choice((" ", "\n  "))
        text += f"{gap}else if ({name} > {hi.text}) {name} = {hi.text};"
        above = Ast("binary", (x.ast, hi.ast), ">")
        other = Ast("if", (above, assigned(x, "=", hi), EMPTY))
        top = min(x.hi, hi.lo)
    w.scope[name] = (max(x.lo, lo.lo), max(lo.lo, top))
    raised = assigned(x, "=", lo)
    return Statement(text, Ast("if", (below(x, lo.ast), raised, other)))


def split(author: Author) -> list[Statement]:
    """double y; if (x < 0.75) { y = polynomial; } else { y = another; }"""
    w = author.w
    r = author.r
    name = author.locals.fresh(LOCAL_NAMES)
    if r.random() < TASTE.split_by_choice:
        test, yes, no = choice(w)
    else:
        test = condition(w, 1)
        yes = _side(author)
        no = _side(author)
    author.locals.enter(name, min(yes.lo, no.lo), max(yes.hi, no.hi))
    return author.announce(
        name, either(test, set_to(name, yes), set_to(name, no))
    )


def _side(author: Author) -> Expression:
    if author.r.random() < TASTE.split_by_shape:
        return shape(author.w, 1)
    return expression(author.w, author.r.choice((1, 2)))


def ramp(author: Author) -> list[Statement]:
    """if (x <= a) { y = 0; } else if (x < b) { y = (x - a) / (b - a); } else { y = 1; }"""
    w = author.w
    r = author.r
    name = author.locals.fresh(LOCAL_NAMES)
    x = w.variable()
    a, b = _ramp_ends(author, x)
    top = w.wrap(w.sub(x, a), PRODUCT)
    bottom = w.sub(b, a)
    bottom = bottom._replace(
        text=f"({bottom.text})"
    )  # its syntax needs no group
    rise = quotient(w.style.operators["/"], top, bottom)._replace(
        lo=0.0, hi=1.0
    )
    first = w.numbers.constant(0.0)
    last = w.numbers.constant(1.0)
    falls = r.choice((1, 1, -1)) < 0
    if falls:
        first, last = last, first
        rise = w.sub(w.numbers.constant(1.0), rise)
    author.locals.enter(name, 0.0, 1.0)
    at_first = comparison(w, x, "<=", a)
    between = comparison(w, x, "<", b)
    rest = either(between, set_to(name, rise), set_to(name, last))
    whole = either(at_first, set_to(name, first), rest, chained=True)
    return author.announce(name, whole)


def _ramp_ends(author: Author, x: Expression) -> tuple[Expression, Expression]:
    w = author.w
    r = author.r
    a, b = (w.numbers.constant(end) for end in r.choice(_RAMPS))
    if r.random() < TASTE.ramp_between_variables and len(w.scope) >= 3:
        others = [name for name in w.scope if name != x.text]
        a, b = (w.use(name) for name in r.sample(others, 2))
    return a, b


def branch(author: Author) -> Statement:
    """if (x < y) { a += b; } else { a = c; }"""
    w = author.w
    r = author.r
    if not author.locals.names:
        return author.declare()
    if author.locals.assignable() is None:
        return early_return(author)
    test = condition(w, 1)
    yes = assign(author)
    no = assign(author) if r.random() < TASTE.if_else else None
    if no and r.random() < TASTE.else_if:
        other = condition(w, 1)
        last = assign(author)
        return either(test, yes, either(other, no, last), chained=True)
    return either(test, yes, no)
