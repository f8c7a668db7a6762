"""Random expressions: operators, calls and idioms, one inside another.

In: a `Writer`, a depth. Out: `Expression`s. Non-goals: statements (branches.py,
loops.py).
"""

from __future__ import annotations

from collections.abc import Callable

from nsc.exestack.synthetic.bounded import bounded
from nsc.exestack.synthetic.calls import call
from nsc.exestack.synthetic.conditionals import comparison, conditional, joined
from nsc.exestack.synthetic.expressions import TINY, Expression, negated
from nsc.exestack.synthetic.guards import divide, positive
from nsc.exestack.synthetic.idioms import (
    angle,
    cross,
    different,
    dot,
    gaussian,
    horner,
    lerp,
    magnitude,
    pick,
    plain,
    product,
    ratio,
    stencil,
    wave,
    weighted_sum,
)
from nsc.exestack.synthetic.library import ARGUMENTS
from nsc.exestack.synthetic.taste import TASTE
from nsc.exestack.synthetic.writer import Writer

Write = Callable[[Writer, int], Expression]

_SMALL = "min min max max sq cube abs clamp step lerp mix dot cross len lensq".split()
_COMPARISONS = "< < < < > > > > <= <= <= >= >= >= == == == !=".split()


def expression(w: Writer, depth: int) -> Expression:
    """Write a random expression of at most `depth` nested operations."""
    r = w.r
    if depth <= 0 or r.random() < TASTE.leaf:
        if w.style.bare or r.random() < TASTE.leaf_variable:
            return w.variable()
        return w.numbers.literal()
    kinds = _BARE_KINDS if w.style.bare else _KINDS
    return w.style.preferences.choose("kind", kinds)(w, depth)


def shape(w: Writer, depth: int) -> Expression:
    """Write one idiom of real code."""
    shapes = _BARE_SHAPES if w.style.bare else _SHAPES
    return w.style.preferences.choose("shape", shapes)(w, depth)


def mathematical_call(w: Writer, depth: int) -> Expression:
    """Write a call of a mathematical function."""
    return call(w, lambda: expression(w, depth - 1))


# operators


def _sum(w: Writer, depth: int) -> Expression:
    left = expression(w, depth - 1)
    return w.add(left, expression(w, depth - 1))


def _difference(w: Writer, depth: int) -> Expression:
    left = expression(w, depth - 1)
    return w.sub(left, expression(w, depth - 1))


def _product(w: Writer, depth: int) -> Expression:
    a = expression(w, depth - 1)
    b = expression(w, depth - 1)
    if a.text == b.text and w.r.random() < TASTE.equal_factors_scaled:
        return w.mul(w.numbers.literal(), a)
    return w.mul(a, b)


def _quotient(w: Writer, depth: int) -> Expression:
    top = expression(w, depth - 1)
    if w.r.random() < TASTE.divisor_expression:
        return divide(w, top, expression(w, depth - 1))
    return divide(w, top, w.numbers.literal(lo=0.5))


def _negation(w: Writer, depth: int) -> Expression:
    return negated(expression(w, depth - 1))


def _multiple(w: Writer, depth: int) -> Expression:
    factor = w.numbers.literal()
    return w.mul(factor, expression(w, depth - 1))


# truths


def condition(w: Writer, depth: int) -> Expression:
    """Write a truth: a comparison, sometimes two."""
    r = w.r
    is_variable = r.random() < TASTE.left_variable
    left = w.variable() if is_variable else expression(w, min(depth, 1))
    between = (
        TASTE.right_variable_bare if w.style.bare else TASTE.right_variable
    )
    right = w.variable() if r.random() < between else left
    if right.text == left.text:
        right = w.numbers.constant(_limit(w, left))
    test = comparison(w, left, r.choice(_COMPARISONS), right)
    if r.random() < TASTE.joined_truths:
        operator = r.choice(("&&", "&&", "||"))
        return joined(test, operator, condition(w, 0))
    return test


def _limit(w: Writer, left: Expression) -> float:
    """Draw a number to compare an expression with, most often one that it may pass."""
    r = w.r
    anywhere = round(r.uniform(-1, 1), 2)
    common = (0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 1.0, -1.0, anywhere)
    limit = r.choice(TINY if r.random() < TASTE.limit_tiny else common)
    is_passed = left.lo < limit < left.hi
    # it would not depend on anything
    if not is_passed and r.random() < TASTE.limit_moved_inside:
        if left.lo <= 0 < left.hi:
            return r.choice((0.5, 0.25, 0.0))
        return round((left.lo + left.hi) / 2, 1)
    if limit > 0:
        other = w.numbers.like(limit)
        if other < left.hi:
            return w.numbers.like(limit)
    return limit


def _ternary(w: Writer, depth: int) -> Expression:
    if not w.style.asks:
        return shape(w, depth)
    test = condition(w, depth - 1)
    yes = expression(w, depth - 1)
    return conditional(w, test, yes, expression(w, depth - 1))


# idioms with expressions inside


def _bounded(w: Writer, depth: int) -> Expression:
    return bounded(w)


def _small(w: Writer, depth: int) -> Expression:
    """MIN(a, b), dot(ax, ay, bx, by): a small function that the author keeps at hand"""
    name = w.r.choice(_SMALL)
    arguments = [expression(w, min(depth - 1, 1)) for _ in ARGUMENTS[name]]
    return w.library.call(name, *different(w, arguments))


def _clamp(w: Writer, depth: int) -> Expression:
    """fmin(fmax(x, lo), hi), or a small function for it"""
    x = expression(w, depth - 1)
    lo = w.numbers.constant(w.r.choice((0.0, 0.0, -1.0, -0.5)))
    hi = w.numbers.constant(w.r.choice((1.0, 1.0, 0.5)))
    if w.r.random() < TASTE.clamp_by_library:
        return w.library.call("clamp", x, lo, hi)
    inner = w.function("fmax", x, lo, lo=lo.lo, hi=max(x.hi, lo.hi))
    return w.function("fmin", inner, hi, lo=lo.lo, hi=hi.hi)


def _tiny(w: Writer, depth: int) -> Expression:
    """x / (y + 1e-6), 1e-4 * x + y, and other extreme literals"""
    small = w.numbers.constant(w.r.choice(TINY))
    if w.r.random() < TASTE.tiny_factor:
        term = w.mul(small, w.variable())
        return w.add(term, expression(w, depth - 1))
    top = w.variable()
    return divide(w, top, w.add(positive(w, w.variable(), 0.2), small))


_SHAPES: tuple[tuple[float, Write], ...] = (
    (1, weighted_sum),
    (1, stencil),
    (1, magnitude),
    (3, product),
    (2, dot),
    (1, wave),
    (3, horner),
    (2, cross),
    (1, gaussian),
    (1, _clamp),
    (1, ratio),
    (2, _tiny),
    (2, lerp),
    (0.5, angle),
    (1, plain),
    (2, pick),
    (3, _bounded),
)
_BARE_SHAPES: tuple[tuple[float, Write], ...] = (
    (1, magnitude),
    (4, product),
    (2, dot),
    (2, cross),
    (2, lerp),
    (2, pick),
    (3, _bounded),
)
_KINDS: tuple[tuple[float, Write], ...] = (
    (17, _product),
    (4, _sum),
    (17, _difference),
    (11, _quotient),
    (4, _negation),
    (2, _multiple),
    (1, _ternary),
    (4, _small),
    (17, mathematical_call),
    (24, shape),
)
_BARE_KINDS: tuple[tuple[float, Write], ...] = (
    (17, _product),
    (4, _sum),
    (12, _difference),
    (4, _negation),
    (6, _small),
    (8, mathematical_call),
    (24, shape),
)
