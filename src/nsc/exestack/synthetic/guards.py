"""Guards: what keeps an argument where its function is defined, and a divisor from zero.

In: a `Writer`, an expression. Out: the expression, or one in its place that keeps
within bounds.
"""

from __future__ import annotations

import math

from nsc.exestack.synthetic.expressions import (
    PRODUCT,
    Expression,
    binary,
    negated,
)
from nsc.exestack.synthetic.taste import TASTE
from nsc.exestack.synthetic.writer import Writer


def divide(w: Writer, a: Expression, b: Expression) -> Expression:
    """Divide; a divisor that may come near zero is moved away from it first."""
    b = away_from_zero(w, b)
    stands_alone = b.precedence > PRODUCT and not b.text.startswith("-")
    right = b.text if stands_alone else f"({b.text})"
    ends = [top / bottom for top in (a.lo, a.hi) for bottom in (b.lo, b.hi)]
    a = w.wrap(a, PRODUCT)
    text = a.text + w.style.operators["/"] + right
    return Expression(text, PRODUCT, min(ends), max(ends), binary("/", a, b))


def away_from_zero(w: Writer, e: Expression) -> Expression:
    """Return an expression that is not zero on its whole interval."""
    r = w.r
    margin = r.choice((0.05, 0.08, 0.2, 0.5))
    if e.lo > margin or e.hi < -margin:
        return e
    u = r.random()
    if u < TASTE.one_plus_square:
        one = w.numbers.constant(r.choice((1.0, 1.0, 1.0, 1.0, 2.0)))
        return w.add(one, w.square(e))
    if u < TASTE.one_plus_absolute:
        size = w.absolute(e)
        return w.add(size, w.numbers.constant(1.0))
    if e.lo > -1.0 and u < TASTE.shift_by_whole:
        if e.lo > margin - 1:
            return w.add(w.numbers.constant(1.0), e)
        return w.sub(w.numbers.constant(2.0), e)
    shift = float(f"{margin - e.lo + r.random():.2g}")
    least = max(shift, 0.1 - e.lo)
    return w.add(e, w.numbers.constant(w.numbers.like(least)))


def positive(w: Writer, e: Expression, at_least: float = 0.0) -> Expression:
    """Make an expression at least `at_least`."""
    if e.lo >= at_least:
        return e
    u = w.r.random()
    if u < TASTE.positive_absolute:
        made = w.absolute(e)
    elif u < TASTE.positive_square:
        made = w.square(e)
    else:
        shift = math.ceil((at_least - e.lo) * 10 + 1) / 10
        return w.add(e, w.numbers.constant(w.numbers.like(shift)))
    if at_least <= 0:
        return made
    shift = w.r.choice((1.0, 1.0, 0.5))
    return w.add(made, w.numbers.constant(w.numbers.like(shift)))


def within_unit(w: Writer, e: Expression) -> Expression:
    """Bring an expression into [-1, 1]."""
    if e.lo >= -1 and e.hi <= 1:
        return e
    u = w.r.random()
    if u < TASTE.unit_by_fmin_fmax:
        one = w.numbers.constant(1.0)
        below = w.function("fmin", e, one, lo=min(e.lo, 1), hi=1.0)
        return w.function(
            "fmax", below, w.numbers.constant(-1.0), lo=-1.0, hi=1.0
        )
    if u < TASTE.unit_by_clamp:
        lo = w.numbers.constant(-1.0)
        return w.library.call("clamp", e, lo, w.numbers.constant(1.0))
    return divide(w, e, w.numbers.constant(float(math.ceil(e.reach))))


def at_most(w: Writer, e: Expression, top: float) -> Expression:
    """Bring an expression below `top`, which is not negative."""
    return e if e.hi <= top else negated(w.absolute(e))
