"""Idioms whose values stay within bounds whatever comes in: windows, distributions.

In: a `Writer`. Out: `Expression`s, mostly in [0, 1], and `Choice`s. Non-goals: idioms
without such bounds (idioms.py).
"""

from __future__ import annotations

import math

from nsc.exestack.synthetic.conditionals import comparison, conditional
from nsc.exestack.synthetic.expressions import (
    PI,
    PRODUCT,
    Expression,
    negated,
    quotient,
)
from nsc.exestack.synthetic.guards import divide
from nsc.exestack.synthetic.taste import TASTE
from nsc.exestack.synthetic.writer import Writer

# a test, the value where it holds, the value where it does not
Choice = tuple[Expression, Expression, Expression]


def bounded(w: Writer) -> Expression:
    """Write one of the idioms."""
    if w.style.asks and w.r.random() < TASTE.bounded_conditional:
        return conditional(w, *choice(w))
    return w.style.preferences.choose("bounded", _BOUNDED)(w)


def choice(w: Writer) -> Choice:
    """Write a test and the values on its two sides, for an if or a conditional."""
    return w.style.preferences.choose("choice", _CHOICES)(w)


def window(w: Writer) -> Expression:
    """1 - |x|, 0.5*cos(pi*x) + 0.5: filters, kernels, membership"""
    x = w.variable()
    u = w.r.random()
    one = w.numbers.constant(1.0)
    half = w.numbers.constant(0.5)
    if u < TASTE.window_hat:
        made = w.sub(one, _size(w, x))
    elif u < TASTE.window_parabola:
        made = w.sub(one, w.mul(x, x))
    elif u < TASTE.window_cosine:
        wave = w.function("cos", w.mul(PI, x), lo=-1.0, hi=1.0)
        made = w.add(w.mul(half, wave), half)
    else:
        twice = w.mul(w.numbers.constant(2.0), _size(w, x))
        steep = w.sub(twice, w.numbers.constant(3.0))
        made = w.add(w.mul(w.mul(x, x), steep), one)
    return made._replace(lo=min(0.0, made.lo), hi=1.0)


def _size(w: Writer, x: Expression) -> Expression:
    if x.lo >= 0:
        return x
    if w.r.random() < TASTE.size_by_library:
        return w.library.call("abs", x)
    return w.absolute(x)


def ending(w: Writer) -> Choice:
    """x < 1 ? 1 - x : 0, of |x|: a window that ends, or a box"""
    r = w.r
    is_window = r.random() < TASTE.ending_of_window
    inside = window(w) if is_window else w.numbers.constant(1.0)
    size = _size(w, w.variable())
    is_wide = size.hi > 1 or (
        inside.lo < inside.hi and r.random() < TASTE.ending_at_one
    )
    reach = w.numbers.constant(1.0 if is_wide else 0.5)
    test = comparison(w, size, r.choice(("<", "<", "<=")), reach)
    return test, inside, w.numbers.constant(0.0)


def guarded(w: Writer) -> Choice:
    """x > 0 ? sqrt(x) : 0: a function where it is defined, else a limit"""
    r = w.r
    x = w.variable()
    top = max(x.hi, 1e-3)
    u = r.random()
    if u < TASTE.guarded_sqrt:
        value = w.function("sqrt", x, lo=0.0, hi=math.sqrt(top))
    elif u < TASTE.guarded_pow:
        power = r.choice((2.4, 2.2, 1.5, 0.45, 1 / 2.4))
        exponent = w.numbers.constant(w.numbers.like(power))
        value = w.function("pow", x, exponent, lo=0.0, hi=top**exponent.lo)
    elif u < TASTE.guarded_product:
        value = w.mul(x, w.variable())
    else:
        value = x
    operator = r.choice((">", ">", ">="))
    test = comparison(w, x, operator, w.numbers.constant(0.0))
    return test, value, w.numbers.constant(0.0)


def tail(w: Writer) -> Choice:
    """u > 0 ? 1 - exp(-u) : 0, of u = x/s"""
    u = _scaled_argument(w)
    zero = w.numbers.constant(0.0)
    one = w.numbers.constant(1.0)
    falling = w.function("exp", negated(u), lo=0.0, hi=1.0)
    if w.r.random() < TASTE.tail_falls:
        inside = falling
        outside = one
    else:
        inside = w.sub(one, falling)
        outside = zero
    return comparison(w, u, ">", zero), inside, outside


def extreme(w: Writer) -> Expression:
    """MAX(MAX(x, y), z): the smallest or largest of some"""
    r = w.r
    name = r.choice(("min", "max"))
    is_standard = r.random() < TASTE.extreme_standard
    first, *others = w.several(2, 4)
    out = _sometimes_absolute(w, first)
    for v in others:
        v = _sometimes_absolute(w, v)
        if is_standard:
            lo = min(out.lo, v.lo)
            out = w.function(f"f{name}", out, v, lo=lo, hi=max(out.hi, v.hi))
        else:
            out = w.library.call(name, out, v)
    return out


def _sometimes_absolute(w: Writer, v: Expression) -> Expression:
    if v.lo < 0 and w.r.random() < TASTE.extreme_absolute:
        return w.absolute(v)
    return v


def limited(w: Writer) -> Expression:
    """CLAMP(x, lo, hi), RAMP(lo, hi, x): bounds are inputs themselves, or 0 and 1"""
    r = w.r
    x, *others = w.several(3, 3)
    if len(others) == 2 and r.random() < TASTE.limits_are_inputs:
        lo, hi = others
    else:
        lo = w.numbers.constant(0.0)
        hi = w.numbers.constant(1.0)
    if r.random() < TASTE.limited_by_clamp:
        return w.library.call("clamp", x, lo, hi)
    return w.library.call("ramp", lo, hi, x)


def distribution(w: Writer) -> Expression:
    """exp(-u*u/2), 1/(1 + exp(-u)), 0.5 + atan(u)/M_PI of u = x/s

    A quotient needs no guard here.
    """
    u = _scaled_argument(w)
    one = w.numbers.constant(1.0)
    half = w.numbers.constant(0.5)
    kind = w.r.random()
    if kind < TASTE.distribution_gauss:
        return _gauss(w, u)
    if kind < TASTE.distribution_logistic:
        grown = w.function("exp", negated(u), lo=0.0, hi=1.0)
        return divide(w, one, w.add(one, grown))._replace(lo=0.0, hi=1.0)
    if kind < TASTE.distribution_cauchy:
        return divide(w, one, w.add(one, w.mul(u, u)))._replace(lo=0.0, hi=1.0)
    turn = w.function("atan", u, lo=-math.pi / 2, hi=math.pi / 2)
    return w.add(half, divide(w, turn, PI))


def _gauss(w: Writer, u: Expression) -> Expression:
    exponent = negated(w.mul(u, u))
    if w.r.random() < TASTE.gauss_halved:
        exponent = divide(w, exponent, w.numbers.constant(2.0))
    return w.function("exp", exponent, lo=0.0, hi=1.0)


def _scaled_argument(w: Writer) -> Expression:
    """x - m, x / s or 3 * x; a quotient that may be anything"""
    r = w.r
    x = w.variable()
    if r.random() < TASTE.argument_difference:
        x = w.sub(x, w.variable())
    if r.random() < TASTE.argument_quotient:
        s = w.variable()
        if s.text not in x.text:
            return quotient(w.style.operators["/"], w.wrap(x, PRODUCT), s)
    if r.random() < TASTE.argument_scaled:
        return w.mul(w.numbers.literal(hi=6), x)
    return x


def fraction(w: Writer) -> Expression:
    """x - floor(x)"""
    x = w.variable()
    if w.r.random() < TASTE.fraction_scaled:
        x = w.mul(w.numbers.literal(hi=10), x)
    return w.library.call("fract", x)


_CHOICES = ((3, ending), (4, guarded), (1, tail))
_BOUNDED = (
    (3, window),
    (4, extreme),
    (2, limited),
    (4, distribution),
    (1, fraction),
)
