"""Idioms of numeric code over variables and numbers: sums, stencils, Horner, lerp.

In: a `Writer`. Out: `Expression`s. Non-goals: idioms with expressions inside
(shapes.py), those with bounded values (bounded.py).
"""

from __future__ import annotations

import math

from nsc.exestack.synthetic.calls import EXP_MIN, HALF_PI, exp_above
from nsc.exestack.synthetic.conditionals import comparison, conditional
from nsc.exestack.synthetic.expressions import Expression, negated
from nsc.exestack.synthetic.guards import divide, within_unit
from nsc.exestack.synthetic.taste import TASTE
from nsc.exestack.synthetic.writer import Writer


def _total(w: Writer, terms: list[Expression]) -> Expression:
    out = terms[0]
    for term in terms[1:]:
        adds = w.r.random() < TASTE.term_added
        out = w.add(out, term) if adds else w.sub(out, term)
    return out


def different(w: Writer, arguments: list[Expression]) -> list[Expression]:
    """Write numbers for what stands there twice.

    Nobody calls lerp(x, x, x), which is x but for rounding.
    """
    seen: set[str] = set()
    out = []
    for argument in arguments:
        is_twice = argument.text in seen
        out.append(w.numbers.literal(hi=2) if is_twice else argument)
        seen.add(argument.text)
    return out


def weighted_sum(w: Writer, depth: int) -> Expression:
    """0.299*r + 0.587*g + 0.114*b"""
    return _total(
        w, [w.mul(w.numbers.literal(hi=3), v) for v in w.several(2, 9)]
    )


def stencil(w: Writer, depth: int) -> Expression:
    """a - c + 2*d - 2*f + g - i"""
    terms = []
    for v in w.several(3, 9):
        k = w.r.choice((1, 1, 2, 2, 3, 0.5))
        terms.append(v if k == 1 else w.mul(w.numbers.constant(float(k)), v))
    return _total(w, terms)


def magnitude(w: Writer, depth: int) -> Expression:
    """sqrt(gx*gx + gy*gy), of sums or differences of variables"""
    squares = []
    for _ in range(w.r.randint(2, 4)):
        first, *others = w.several(1, 2)
        side = w.sub(first, others[0]) if others else first
        squares.append(w.square(side))
    total = squares[0]
    for square in squares[1:]:
        total = w.add(total, square)
    if w.r.random() < TASTE.magnitude_root:
        return w.function("sqrt", total, lo=0.0, hi=math.sqrt(total.hi))
    return total


def product(w: Writer, depth: int) -> Expression:
    """x*y*z"""
    first, *others = w.several(2, 4)
    out = _sometimes_complement(w, first)
    for v in others:
        out = w.mul(out, _sometimes_complement(w, v))
    return out


def _sometimes_complement(w: Writer, v: Expression) -> Expression:
    """1 - x, 1 + x, or x as it is"""
    r = w.r
    if r.random() >= TASTE.factor_of_complement:
        return v
    subtracts = r.random() < TASTE.complement_subtracts
    one = w.numbers.constant(1.0)
    return w.sub(one, v) if subtracts else w.add(one, v)


def dot(w: Writer, depth: int) -> Expression:
    """ax*bx + ay*by"""
    names = w.several(2, 8)
    pairs = [
        w.mul(a, b) for a, b in zip(names[::2], names[1::2], strict=False)
    ]
    return _total(w, pairs) if pairs else names[0]


def cross(w: Writer, depth: int) -> Expression:
    """ax*by - ay*bx: determinants, cross products, rotations"""
    a, b, c, d = different(w, [w.variable() for _ in range(4)])
    return w.sub(w.mul(a, b), w.mul(c, d))


def wave(w: Writer, depth: int) -> Expression:
    """a*sin(w*x + p)"""
    r = w.r
    frequency = r.choice((r.uniform(0.5, 12), math.pi, 2 * math.pi))
    factor = w.numbers.constant(w.numbers.like(float(f"{frequency:.5g}")))
    inner = w.mul(factor, w.variable())
    if r.random() < TASTE.wave_phase:
        is_literal = r.random() < TASTE.wave_phase_literal
        phase = w.numbers.literal(hi=4) if is_literal else w.variable()
        inner = w.add(inner, phase)
    out = w.function(r.choice(("sin", "cos")), inner, lo=-1.0, hi=1.0)
    if r.random() >= TASTE.wave_scaled:
        return out
    is_literal = r.random() < TASTE.wave_scale_literal
    return w.mul(w.numbers.literal(hi=3) if is_literal else w.variable(), out)


def horner(w: Writer, depth: int) -> Expression:
    """c0 + x*(c1 + x*(c2 + x*c3))"""
    x = w.variable()
    count = w.r.choice((2, 2, 3, 3, 4, 5, 6, 7, 9, 12))
    return polynomial(w, x, w.numbers.coefficients(count))


def polynomial(
    w: Writer, x: Expression, coefficients: list[Expression]
) -> Expression:
    """Write a polynomial in Horner's form.

    Args:
        coefficients: that of the highest power first.
    """
    out, *rest = coefficients
    leads = w.r.random() < TASTE.horner_leads
    for c in rest:
        term = w.mul(x, out) if leads else w.mul(out, x)
        first = c if leads else term
        second = term if leads else c
        adds = w.r.random() < TASTE.horner_adds
        out = w.add(first, second) if adds else w.sub(first, second)
    return out


def gaussian(w: Writer, depth: int) -> Expression:
    """exp(-x*x / (2*s*s)), logistic, and their kin"""
    r = w.r
    is_centred = r.random() < TASTE.gaussian_centred
    x = w.variable()
    if not is_centred:
        x = w.sub(x, w.numbers.literal(hi=1))
    if r.random() < TASTE.gaussian_bell:
        width = w.numbers.literal(lo=0.2, hi=6)
        inner = negated(w.mul(width, w.square(x)))
        return w.function("exp", inner, lo=exp_above(inner), hi=1.0)
    inner = negated(w.mul(w.numbers.literal(lo=0.5, hi=10), x))
    top = math.exp(min(inner.hi, -EXP_MIN))
    grown = w.function("exp", inner, lo=exp_above(inner), hi=top)
    one = w.numbers.constant(1.0)
    below = w.add(w.numbers.constant(1.0), grown)
    return divide(w, one, below)._replace(lo=0.0, hi=1.0)


def ratio(w: Writer, depth: int) -> Expression:
    """(a + b*x) / (c + d*y)"""
    offset = w.numbers.literal(hi=3)
    slope = w.numbers.literal(hi=3)
    top = w.add(offset, w.mul(slope, w.variable()))
    slope = w.numbers.literal(hi=2)
    below = w.mul(slope, w.variable())
    margin = w.r.choice((0.05, 0.1, 0.3, 1.0))
    gap = float(f"{below.reach + margin:.4g}")
    return divide(
        w, top, w.add(w.numbers.constant(w.numbers.like(gap)), below)
    )


def lerp(w: Writer, depth: int) -> Expression:
    """a + t*(b - a)"""
    a, b, t = different(w, [w.variable() for _ in range(3)])
    if w.r.random() < TASTE.lerp_of_difference:
        return w.add(a, w.mul(t, w.sub(b, a)))
    rest = w.sub(w.numbers.constant(1.0), t)
    return w.add(w.mul(rest, a), w.mul(t, b))


def angle(w: Writer, depth: int) -> Expression:
    """acos((x*x + y*y - c) / d) and atan2(y, x): inverse kinematics, polar coordinates"""
    x = w.variable()
    y = w.variable()
    if w.r.random() < TASTE.angle_atan2:
        return w.function("atan2", y, x, lo=-math.pi, hi=math.pi)
    squares = w.square(x)
    squares = w.add(squares, w.square(y))
    top = w.sub(squares, w.numbers.literal(hi=1))
    bottom = w.numbers.constant(float(math.ceil(squares.hi)))
    inner = divide(w, top, bottom)
    name = w.r.choice(("acos", "asin"))
    return w.function(name, within_unit(w, inner), lo=-HALF_PI, hi=math.pi)


def plain(w: Writer, depth: int) -> Expression:
    """x*180/pi, 1 - x, 0.5*(x + 1): the one-liners real code is full of"""
    x = w.variable()
    u = w.r.random()
    if u < TASTE.plain_complement:
        return w.sub(w.numbers.constant(1.0), x)
    if u < TASTE.plain_shifted:
        factor = w.numbers.literal(hi=1)
        return w.mul(factor, w.add(x, w.numbers.literal(hi=2)))
    if u < TASTE.plain_degrees:
        pi = w.numbers.constant(3.14159265)
        return w.mul(x, divide(w, pi, w.numbers.constant(180.0)))
    return w.square(x)


def pick(w: Writer, depth: int) -> Expression:
    """a < b ? a : b, x < 0 ? -x : x, x > 0 ? 1 : 0: choices that real code writes out"""
    r = w.r
    if not w.style.asks:
        name = r.choice(("min", "max"))
        return w.library.call(
            name, *different(w, [w.variable(), w.variable()])
        )
    a = w.variable()
    b = w.variable()
    if a.text == b.text:
        b = w.numbers.constant(0.0 if a.lo < 0 else 0.5)
    u = r.random()
    if u < TASTE.pick_extreme:
        first = a
        second = b
    elif u < TASTE.pick_absolute:
        first = negated(a)
        second = a
        b = w.numbers.constant(0.0)
    else:
        first = w.numbers.constant(r.choice((1.0, 0.0)))
        second = w.numbers.constant(r.choice((-1.0, 0.5)))
    return conditional(w, comparison(w, a, r.choice("<>"), b), first, second)
