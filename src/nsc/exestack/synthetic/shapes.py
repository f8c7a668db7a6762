"""Shapes of numeric code: what real functions compute, as random expressions.

In: a `Writer`. Out: `Expression`s. Each shape is one idiom of real code; `expression`
mixes them.
Non-goals: statements (functions.py).
"""

from __future__ import annotations

import math

from nsc.exestack.synthetic.bounded import bounded, comparison, conditional
from nsc.exestack.synthetic.expressions import LOGICAL, TINY, Expression, Writer
from nsc.exestack.synthetic.library import ARGUMENTS
from nsc.symbolic import Ast


def expression(w: Writer, depth: int) -> Expression:
    """Write a random expression of at most `depth` nested operations."""
    r = w.r
    if depth <= 0 or r.random() < 0.12:
        return w.variable() if w.style.bare or r.random() < 0.95 else w.literal()
    return w.style.taste.choose("kind", _BARE_KINDS if w.style.bare else _KINDS)(
        w, depth
    )


def _product(w: Writer, depth: int) -> Expression:
    a = expression(w, depth - 1)
    b = expression(w, depth - 1)
    return (
        w.mul(w.literal(), a)
        if a.text == b.text and w.r.random() < 0.6
        else w.mul(a, b)
    )


def _quotient(w: Writer, depth: int) -> Expression:
    return w.div(
        expression(w, depth - 1),
        expression(w, depth - 1) if w.r.random() < 0.6 else w.literal(lo=0.5),
    )


def call(w: Writer, depth: int) -> Expression:
    """Write a call of a mathematical function with an argument it is defined for."""
    return w.style.taste.choose("call", _CALLS)(w, expression(w, depth - 1), depth)


def shape(w: Writer, depth: int) -> Expression:
    """Write one idiom of real code."""
    return w.style.taste.choose("shape", _BARE_SHAPES if w.style.bare else _SHAPES)(
        w, depth
    )


def _wave(name: str):
    def build(w: Writer, e: Expression, depth: int) -> Expression:
        if w.r.random() < 0.35:
            e = w.mul(
                w.constant(w.like(float(f"{w.r.uniform(1, 12):.3g}"))), w.variable()
            )
        return w.function(name, e, lo=-1.0, hi=1.0)

    return build


def _monotone(name: str, f, *, guard=None):
    def build(w: Writer, e: Expression, depth: int) -> Expression:
        e = guard(w, e) if guard else e
        return w.function(name, e, lo=f(e.lo), hi=f(e.hi))

    return build


def _exp(w: Writer, e: Expression, depth: int) -> Expression:
    e = w.bounded(e, 3.0)
    return w.function("exp", e, lo=math.exp(max(e.lo, -700)), hi=math.exp(e.hi))


def _hyperbolic(name: str, f):
    def build(w: Writer, e: Expression, depth: int) -> Expression:
        top = max(abs(e.lo), abs(e.hi))
        if top > 3:
            e = w.unit(e)
            top = 1.0
        return w.function(name, e, lo=1.0 if name == "cosh" else -f(top), hi=f(top))

    return build


def _power(w: Writer, e: Expression, depth: int) -> Expression:
    if w.style.numbers == "whole" or w.r.random() < 0.3:
        n = w.r.choice((2, 2, 3, 3, 4, 5))
        top = max(abs(e.lo), abs(e.hi)) ** n
        return w.function(
            "pow", e, w.constant(float(n)), lo=-top if n % 2 else 0.0, hi=top
        )
    e = w.positive(e, 1e-3)
    exponent = w.constant(
        w.like(
            w.r.choice((2.2, 2.4, 1 / 2.4, 0.45, 0.25, 1.5, 0.75, 1 / 3, 2 / 3, 0.8))
        )
    )
    return w.function(
        "pow",
        e,
        exponent,
        lo=math.pow(e.lo, exponent.lo),
        hi=math.pow(e.hi, exponent.lo),
    )


def _pair(name: str):
    def build(w: Writer, e: Expression, depth: int) -> Expression:
        other = expression(w, depth - 1)
        lo = min(e.lo, other.lo)
        hi = max(e.hi, other.hi)
        if name == "hypot":
            lo = 0.0
            hi = math.hypot(
                max(abs(e.lo), abs(e.hi)), max(abs(other.lo), abs(other.hi))
            )
        if name == "atan2":
            lo = -math.pi
            hi = math.pi
        if name == "copysign":
            hi = max(abs(e.lo), abs(e.hi))
            lo = -hi
        return w.function(name, e, other, lo=lo, hi=hi)

    return build


def _modulo(w: Writer, e: Expression, depth: int) -> Expression:
    divisor = w.literal(lo=0.25, hi=8.0)
    return w.function(
        "fmod",
        e,
        divisor,
        lo=max(min(e.lo, 0.0), -divisor.lo),
        hi=min(max(e.hi, 0.0), divisor.hi),
    )


def _inverse(name: str, lo: float, hi: float):
    def build(w: Writer, e: Expression, depth: int) -> Expression:
        return w.function(name, w.unit(e), lo=lo, hi=hi)

    return build


def _above(minimum: float):
    return lambda w, e: w.positive(e, minimum)


_HALF_PI = math.pi / 2
_CALLS = (
    (4, _wave("sin")),
    (4, _wave("cos")),
    (18, _exp),
    (16, _monotone("sqrt", math.sqrt, guard=_above(0.0))),
    (6, _monotone("log", math.log, guard=_above(0.05))),
    (7, _power),
    (3, lambda w, e, depth: w.absolute(e)),
    (5, _monotone("atan", math.atan)),
    (3, _pair("atan2")),
    (1, _monotone("tanh", math.tanh)),
    (6, _monotone("floor", lambda v: math.floor(v) if abs(v) < 1e9 else v)),
    (1, _monotone("ceil", lambda v: math.ceil(v) if abs(v) < 1e9 else v)),
    (1, _monotone("round", lambda v: float(round(v)) if abs(v) < 1e9 else v)),
    (0.7, _pair("fmin")),
    (0.7, _pair("fmax")),
    (0.7, _modulo),
    (1, _inverse("asin", -_HALF_PI, _HALF_PI)),
    (1, _inverse("acos", 0.0, math.pi)),
    (1, _hyperbolic("sinh", math.sinh)),
    (1, _hyperbolic("cosh", math.cosh)),
    (1, _monotone("cbrt", math.cbrt)),
    (2, _pair("hypot")),
    (1, _monotone("log10", math.log10, guard=_above(0.05))),
    (1, _monotone("log1p", math.log1p, guard=_above(-0.9))),
    (1, _monotone("erf", math.erf)),
    (1, lambda w, e, d: _tan(w, e)),
    (0.5, _pair("copysign")),
)


def _tan(w: Writer, e: Expression) -> Expression:
    e = w.unit(e)
    return w.function("tan", e, lo=math.tan(e.lo), hi=math.tan(e.hi))


def condition(w: Writer, depth: int) -> Expression:
    """Write a truth: a comparison, sometimes two."""
    r = w.r
    left = w.variable() if r.random() < 0.75 else expression(w, min(depth, 1))
    right = w.variable() if r.random() < (0.8 if w.style.bare else 0.35) else left
    if right.text == left.text:
        common = (
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            0.5,
            1.0,
            1.0,
            -1.0,
            round(r.uniform(-1, 1), 2),
        )
        limit = r.choice(TINY if r.random() < 0.06 else common)
        # it would not depend on anything
        if not left.lo < limit < left.hi and r.random() < 0.8:
            limit = (
                r.choice((0.5, 0.25, 0.0))
                if left.lo <= 0 < left.hi
                else round((left.lo + left.hi) / 2, 1)
            )
        elif limit > 0 and w.like(limit) < left.hi:
            limit = w.like(limit)
        right = w.constant(limit)
    operator = r.choice("< < < < > > > > <= <= <= >= >= >= == == == !=".split())
    test = comparison(w, left, operator, right)
    if r.random() < 0.2:
        operator = r.choice(("&&", "&&", "||"))
        other = condition(w, 0)
        return Expression(
            f"{test.text} {operator} {other.text}",
            LOGICAL,
            0.0,
            1.0,
            _joined(operator, test.ast, other.ast),
        )
    return test


def _joined(operator: str, left: Ast, right: Ast) -> Ast:
    """Join two truths that are written side by side: && binds tighter than ||."""
    if operator == "&&" and right.data == "||":
        return Ast("binary", (_joined("&&", left, right.kids[0]), right.kids[1]), "||")
    if right.data == operator:  # both are left-associative
        return Ast(
            "binary", (_joined(operator, left, right.kids[0]), right.kids[1]), operator
        )
    return Ast("binary", (left, right), operator)


def ternary(w: Writer, depth: int) -> Expression:
    if not w.style.asks:
        return shape(w, depth)
    return conditional(
        w, condition(w, depth - 1), expression(w, depth - 1), expression(w, depth - 1)
    )


def _total(w: Writer, terms: list[Expression]) -> Expression:
    out = terms[0]
    for term in terms[1:]:
        out = w.add(out, term) if w.r.random() < 0.55 else w.sub(out, term)
    return out


def weighted_sum(w: Writer, depth: int) -> Expression:
    """0.299*r + 0.587*g + 0.114*b"""
    return _total(w, [w.mul(w.literal(hi=3), v) for v in w.several(2, 9)])


def stencil(w: Writer, depth: int) -> Expression:
    """a - c + 2*d - 2*f + g - i"""
    terms = []
    for v in w.several(3, 9):
        k = w.r.choice((1, 1, 2, 2, 3, 0.5))
        terms.append(v if k == 1 else w.mul(w.constant(float(k)), v))
    return _total(w, terms)


def magnitude(w: Writer, depth: int) -> Expression:
    """sqrt(gx*gx + gy*gy), of sums or differences of variables"""
    parts = []
    for _ in range(w.r.randint(2, 4)):
        pair = w.several(1, 2)
        parts.append(w.square(w.sub(*pair) if len(pair) == 2 else pair[0]))
    total = parts[0]
    for part in parts[1:]:
        total = w.add(total, part)
    if w.r.random() < 0.6:
        return w.function("sqrt", total, lo=0.0, hi=math.sqrt(total.hi))
    return total


def product(w: Writer, depth: int) -> Expression:
    """x*y*z"""
    out = None
    for v in w.several(2, 4):
        if w.r.random() < 0.2:
            v = (
                w.sub(w.constant(1.0), v)
                if w.r.random() < 0.5
                else w.add(w.constant(1.0), v)
            )
        out = v if out is None else w.mul(out, v)
    return out


def dot(w: Writer, depth: int) -> Expression:
    """ax*bx + ay*by"""
    names = w.several(2, 8)
    pairs = [w.mul(a, b) for a, b in zip(names[::2], names[1::2], strict=False)]
    return _total(w, pairs) if pairs else names[0]


def wave(w: Writer, depth: int) -> Expression:
    """a*sin(w*x + p)"""
    frequency = w.constant(
        w.like(float(f"{w.r.choice((w.r.uniform(0.5, 12), math.pi, 2 * math.pi)):.5g}"))
    )
    inner = w.mul(frequency, w.variable())
    if w.r.random() < 0.4:
        inner = w.add(inner, w.literal(hi=4) if w.r.random() < 0.6 else w.variable())
    out = w.function(w.r.choice(("sin", "cos")), inner, lo=-1.0, hi=1.0)
    return (
        w.mul(w.literal(hi=3) if w.r.random() < 0.6 else w.variable(), out)
        if w.r.random() < 0.5
        else out
    )


def horner(w: Writer, depth: int) -> Expression:
    """c0 + x*(c1 + x*(c2 + x*c3))"""
    x = w.variable()
    first, *rest = w.coefficients(w.r.choice((2, 2, 3, 3, 4, 5, 6, 7, 9, 12)))
    return horner_in(w, x, first, rest)


def horner_in(
    w: Writer, x: Expression, first: Expression, rest: list[Expression]
) -> Expression:
    out = first
    leads = w.r.random() < 0.6
    for c in rest:
        term = w.mul(x, out) if leads else w.mul(out, x)
        if w.r.random() < 0.6:
            out = w.add(c, term) if leads else w.add(term, c)
        else:
            out = w.sub(c, term) if leads else w.sub(term, c)
    return out


def small(w: Writer, depth: int) -> Expression:
    """MIN(a, b), dot(ax, ay, bx, by): a small function that the author keeps at hand"""
    name = w.r.choice(
        "min min max max sq cube abs clamp step lerp mix dot cross len lensq".split()
    )
    return w.library.call(
        name,
        *_different(w, [expression(w, min(depth - 1, 1)) for _ in ARGUMENTS[name]]),
    )


def _different(w: Writer, arguments: list[Expression]) -> list[Expression]:
    """Write numbers for what stands there twice: nobody calls lerp(x, x, x), which is x
    but for rounding.
    """
    seen: set[str] = set()
    out = []
    for argument in arguments:
        out.append(w.literal(hi=2) if argument.text in seen else argument)
        seen.add(argument.text)
    return out


def gaussian(w: Writer, depth: int) -> Expression:
    """exp(-x*x / (2*s*s)), logistic, and their kin"""
    x = w.variable() if w.r.random() < 0.6 else w.sub(w.variable(), w.literal(hi=1))
    if w.r.random() < 0.6:
        scaled = w.mul(w.literal(lo=0.2, hi=6), w.square(x))
        inner = w.negate(scaled)
        return w.function("exp", inner, lo=math.exp(max(inner.lo, -700)), hi=1.0)
    inner = w.negate(w.mul(w.literal(lo=0.5, hi=10), x))
    grown = w.function(
        "exp", inner, lo=math.exp(max(inner.lo, -700)), hi=math.exp(min(inner.hi, 700))
    )
    return w.div(w.constant(1.0), w.add(w.constant(1.0), grown))._replace(
        lo=0.0, hi=1.0
    )


def clamp(w: Writer, depth: int) -> Expression:
    """fmin(fmax(x, lo), hi), or smoothstep of it"""
    x = expression(w, depth - 1)
    lo = w.constant(w.r.choice((0.0, 0.0, -1.0, -0.5)))
    hi = w.constant(w.r.choice((1.0, 1.0, 0.5)))
    if w.r.random() < 0.9:
        return w.library.call("clamp", x, lo, hi)
    inner = w.function("fmax", x, lo, lo=lo.lo, hi=max(x.hi, lo.hi))
    return w.function("fmin", inner, hi, lo=lo.lo, hi=hi.hi)


def ratio(w: Writer, depth: int) -> Expression:
    """(a + b*x) / (c + d*y)"""
    top = w.add(w.literal(hi=3), w.mul(w.literal(hi=3), w.variable()))
    slope = w.literal(hi=2)
    below = w.mul(slope, w.variable())
    gap = float(
        f"{max(abs(below.lo), abs(below.hi)) + w.r.choice((0.05, 0.1, 0.3, 1.0)):.4g}"
    )
    return w.div(top, w.add(w.constant(w.like(gap)), below))


def tiny(w: Writer, depth: int) -> Expression:
    """x / (y + 1e-6), 1e-4 * x + y, and other extreme literals"""
    small = w.constant(w.r.choice(TINY))
    if w.r.random() < 0.5:
        return w.add(w.mul(small, w.variable()), expression(w, depth - 1))
    return w.div(w.variable(), w.add(w.positive(w.variable(), 0.2), small))


def lerp(w: Writer, depth: int) -> Expression:
    """a + t*(b - a)"""
    a, b, t = _different(w, [w.variable() for _ in range(3)])
    if w.r.random() < 0.5:
        return w.add(a, w.mul(t, w.sub(b, a)))
    return w.add(w.mul(w.sub(w.constant(1.0), t), a), w.mul(t, b))


def angle(w: Writer, depth: int) -> Expression:
    """acos((x*x + y*y - c) / d) and atan2(y, x): inverse kinematics, polar coordinates"""
    x = w.variable()
    y = w.variable()
    if w.r.random() < 0.5:
        return w.function("atan2", y, x, lo=-math.pi, hi=math.pi)
    squares = w.add(w.square(x), w.square(y))
    inner = w.div(
        w.sub(squares, w.literal(hi=1)), w.constant(float(math.ceil(squares.hi)))
    )
    return w.function(
        w.r.choice(("acos", "asin")), w.unit(inner), lo=-_HALF_PI, hi=math.pi
    )


def plain(w: Writer, depth: int) -> Expression:
    """x*180/pi, 1 - x, 0.5*(x + 1): the one-liners real code is full of"""
    x = w.variable()
    u = w.r.random()
    if u < 0.25:
        return w.sub(w.constant(1.0), x)
    if u < 0.5:
        return w.mul(w.literal(hi=1), w.add(x, w.literal(hi=2)))
    if u < 0.75:
        return w.mul(x, w.div(w.constant(3.14159265), w.constant(180.0)))
    return w.square(x)


def cross(w: Writer, depth: int) -> Expression:
    """ax*by - ay*bx: determinants, cross products, rotations"""
    a, b, c, d = _different(w, [w.variable() for _ in range(4)])
    return w.sub(w.mul(a, b), w.mul(c, d))


def pick(w: Writer, depth: int) -> Expression:
    """a < b ? a : b, x < 0 ? -x : x, x > 0 ? 1 : 0: choices that real code writes out"""
    if not w.style.asks:
        return w.library.call(
            w.r.choice(("min", "max")), *_different(w, [w.variable(), w.variable()])
        )
    a = w.variable()
    b = w.variable()
    if a.text == b.text:
        b = w.constant(0.0 if a.lo < 0 else 0.5)
    u = w.r.random()
    if u < 0.5:
        first = a
        second = b
    elif u < 0.75:
        first = w.negate(a)
        second = a
        b = w.constant(0.0)
    else:
        first = w.constant(w.r.choice((1.0, 0.0)))
        second = w.constant(w.r.choice((-1.0, 0.5)))
    return conditional(w, comparison(w, a, w.r.choice("<>"), b), first, second)


_SHAPES = (
    (1, weighted_sum),
    (1, stencil),
    (1, magnitude),
    (3, product),
    (2, dot),
    (1, wave),
    (3, horner),
    (2, cross),
    (1, gaussian),
    (1, clamp),
    (1, ratio),
    (2, tiny),
    (2, lerp),
    (0.5, angle),
    (1, plain),
    (2, pick),
    (3, lambda w, depth: bounded(w)),
)
_BARE_KINDS = (
    (17, _product),
    (4, lambda w, d: w.add(expression(w, d - 1), expression(w, d - 1))),
    (12, lambda w, d: w.sub(expression(w, d - 1), expression(w, d - 1))),
    (4, lambda w, d: w.negate(expression(w, d - 1))),
    (6, small),
    (8, call),
    (24, shape),
)
_BARE_SHAPES = (
    (1, magnitude),
    (4, product),
    (2, dot),
    (2, cross),
    (2, lerp),
    (2, pick),
    (3, lambda w, depth: bounded(w)),
)
_KINDS = (
    (17, _product),
    (4, lambda w, d: w.add(expression(w, d - 1), expression(w, d - 1))),
    (17, lambda w, d: w.sub(expression(w, d - 1), expression(w, d - 1))),
    (11, _quotient),
    (4, lambda w, d: w.negate(expression(w, d - 1))),
    (2, lambda w, d: w.mul(w.literal(), expression(w, d - 1))),
    (1, ternary),
    (4, small),
    (17, call),
    (24, shape),
)
