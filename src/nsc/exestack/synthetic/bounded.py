"""Idioms whose values stay within bounds whatever comes in: windows, guards,
distributions, extremes.

In: a `Writer`. Out: `Expression`s, mostly in [0, 1]. Non-goals: shapes without such
bounds (shapes.py).
"""

from __future__ import annotations

import math

from nsc.exestack.synthetic.expressions import (
    COMPARE,
    PI,
    PRODUCT,
    TERNARY,
    Expression,
    Writer,
    binary,
)
from nsc.symbolic import Ast

# a test, the value where it holds, the value where it does not
Choice = tuple[Expression, Expression, Expression]


def comparison(
    w: Writer, left: Expression, operator: str, right: Expression
) -> Expression:
    text = f"{w.wrap(left, COMPARE).text} {operator} {w.wrap(right, COMPARE).text}"
    return Expression(text, COMPARE, 0.0, 1.0, binary(operator, left, right))


def conditional(
    w: Writer, test: Expression, a: Expression, b: Expression
) -> Expression:
    asked = f"({test.text})" if w.r.random() < 0.4 else test.text
    text = f"{asked} ? {w.wrap(a, COMPARE).text} : {w.wrap(b, COMPARE).text}"
    return Expression(
        text,
        TERNARY,
        min(a.lo, b.lo),
        max(a.hi, b.hi),
        Ast("conditional", (test.ast, a.ast, b.ast)),
    )


def bounded(w: Writer) -> Expression:
    """Write one of the idioms."""
    if w.style.asks and w.r.random() < 0.2:
        return conditional(w, *choice(w))
    return w.style.taste.choose("bounded", _BOUNDED)(w)


def choice(w: Writer) -> Choice:
    """Write a test and the values on its two sides, whose text stands in an if or a
    conditional.
    """
    return w.style.taste.choose("choice", _CHOICES)(w)


def window(w: Writer) -> Expression:
    """1 - |x|, 0.5*cos(pi*x) + 0.5: filters, kernels, membership"""
    x = w.variable()
    u = w.r.random()
    one = w.constant(1.0)
    half = w.constant(0.5)
    if u < 0.5:
        made = w.sub(one, _size(w, x) if u < 0.3 else w.mul(x, x))
    elif u < 0.7:
        made = w.add(
            w.mul(half, w.function("cos", w.mul(PI, x), lo=-1.0, hi=1.0)), half
        )
    else:
        steep = w.sub(w.mul(w.constant(2.0), _size(w, x)), w.constant(3.0))
        made = w.add(w.mul(w.mul(x, x), steep), one)
    return made._replace(lo=min(0.0, made.lo), hi=1.0)


def _size(w: Writer, x: Expression) -> Expression:
    return (
        x
        if x.lo >= 0
        else w.library.call("abs", x)
        if w.r.random() < 0.5
        else w.absolute(x)
    )


def ending(w: Writer) -> Choice:
    """x < 1 ? 1 - x : 0, of |x|: a window that ends, or a box"""
    inside = window(w) if w.r.random() < 0.8 else w.constant(1.0)
    size = _size(w, w.variable())
    reach = w.constant(
        1.0 if size.hi > 1 or (inside.lo < inside.hi and w.r.random() < 0.5) else 0.5
    )
    return (
        comparison(w, size, w.r.choice(("<", "<", "<=")), reach),
        inside,
        w.constant(0.0),
    )


def guarded(w: Writer) -> Choice:
    """x > 0 ? sqrt(x) : 0: a function where it is defined, else a limit"""
    r = w.r
    x = w.variable()
    top = max(x.hi, 1e-3)
    u = r.random()
    if u < 0.4:
        value = w.function("sqrt", x, lo=0.0, hi=math.sqrt(top))
    elif u < 0.6:
        exponent = w.constant(w.like(r.choice((2.4, 2.2, 1.5, 0.45, 1 / 2.4))))
        value = w.function("pow", x, exponent, lo=0.0, hi=top**exponent.lo)
    elif u < 0.8:
        value = w.mul(x, w.variable())
    else:
        value = x
    return (
        comparison(w, x, r.choice((">", ">", ">=")), w.constant(0.0)),
        value,
        w.constant(0.0),
    )


def tail(w: Writer) -> Choice:
    """u > 0 ? 1 - exp(-u) : 0, of u = x/s"""
    u = _argument(w)
    zero = w.constant(0.0)
    one = w.constant(1.0)
    falling = w.function("exp", w.negate(u), lo=0.0, hi=1.0)
    inside, outside = (
        (falling, one) if w.r.random() < 0.5 else (w.sub(one, falling), zero)
    )
    return comparison(w, u, ">", zero), inside, outside


def extreme(w: Writer) -> Expression:
    """MAX(MAX(x, y), z): the smallest or largest of some"""
    name = w.r.choice(("min", "max"))
    is_standard = w.r.random() < 0.4
    out = None
    for v in w.several(2, 4):
        v = w.absolute(v) if v.lo < 0 and w.r.random() < 0.1 else v
        if out is None:
            out = v
        elif is_standard:
            out = w.function(
                f"f{name}", out, v, lo=min(out.lo, v.lo), hi=max(out.hi, v.hi)
            )
        else:
            out = w.library.call(name, out, v)
    return out


def limited(w: Writer) -> Expression:
    """CLAMP(x, lo, hi), RAMP(lo, hi, x): between bounds that are inputs themselves, or
    0 and 1
    """
    r = w.r
    names = w.several(3, 3)
    lo, hi = (
        names[1:]
        if len(names) == 3 and r.random() < 0.7
        else (w.constant(0.0), w.constant(1.0))
    )
    if r.random() < 0.5:
        return w.library.call("clamp", names[0], lo, hi)
    return w.library.call("ramp", lo, hi, names[0])


def distribution(w: Writer) -> Expression:
    """exp(-u*u/2), 1/(1 + exp(-u)), 0.5 + atan(u)/M_PI of u = x/s: a quotient needs no
    guard here
    """
    r = w.r
    u = _argument(w)
    one = w.constant(1.0)
    half = w.constant(0.5)
    kind = r.random()
    if kind < 0.35:
        inner = w.negate(w.mul(u, u))
        inner = w.div(inner, w.constant(2.0)) if r.random() < 0.5 else inner
        return w.function("exp", inner, lo=0.0, hi=1.0)
    if kind < 0.6:
        grown = w.function("exp", w.negate(u), lo=0.0, hi=1.0)
        return w.div(one, w.add(one, grown))._replace(lo=0.0, hi=1.0)
    if kind < 0.8:
        return w.div(one, w.add(one, w.mul(u, u)))._replace(lo=0.0, hi=1.0)
    turn = w.function("atan", u, lo=-math.pi / 2, hi=math.pi / 2)
    return w.add(half, w.div(turn, PI))


def _argument(w: Writer) -> Expression:
    x = w.variable()
    if w.r.random() < 0.35:
        x = w.sub(x, w.variable())
    if w.r.random() < 0.5:
        s = w.variable()
        if s.text not in x.text:
            x = w.wrap(x, PRODUCT)
            return Expression(
                f"{x.text}{w.op('/')}{s.text}",
                PRODUCT,
                -math.inf,
                math.inf,
                binary("/", x, s),
            )
    return w.mul(w.literal(hi=6), x) if w.r.random() < 0.3 else x


def fraction(w: Writer) -> Expression:
    """x - floor(x)"""
    x = w.variable()
    if w.r.random() < 0.4:
        x = w.mul(w.literal(hi=10), x)
    return w.library.call("fract", x)


_CHOICES = ((3, ending), (4, guarded), (1, tail))
_BOUNDED = ((3, window), (4, extreme), (2, limited), (4, distribution), (1, fraction))
