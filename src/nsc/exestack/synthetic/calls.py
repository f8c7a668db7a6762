"""Calls of mathematical functions, with arguments they are defined for.

In: a `Writer`, what writes an argument. Out: `Expression`s with bounds. Non-goals:
small functions of the author's own (library.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from nsc.exestack.synthetic.expressions import Expression
from nsc.exestack.synthetic.guards import at_most, positive, within_unit
from nsc.exestack.synthetic.taste import TASTE
from nsc.exestack.synthetic.writer import Writer

# Writes an argument anew each time.
Draw = Callable[[], Expression]
# Calls a function of an argument; where it takes two, it draws the other.
Call = Callable[[Writer, Expression, Draw], Expression]
Guard = Callable[[Writer, Expression], Expression]

HALF_PI = math.pi / 2
EXP_MIN = -700  # exp of less is as good as zero
_EXPONENTS = (2.2, 2.4, 1 / 2.4, 0.45, 0.25, 1.5, 0.75, 1 / 3, 2 / 3, 0.8)


def call(w: Writer, draw: Draw) -> Expression:
    """Write a call of a mathematical function.

    Args:
        draw: writes an argument.
    """
    written = w.style.preferences.choose("call", _CALLS)
    return written(w, draw(), draw)


def exp_above(e: Expression) -> float:
    """Bound exp(x) from below."""
    return math.exp(max(e.lo, EXP_MIN))


def _wave(name: str) -> Call:
    def write(w: Writer, e: Expression, draw: Draw) -> Expression:
        if w.r.random() < TASTE.call_of_scaled:
            frequency = float(f"{w.r.uniform(1, 12):.3g}")
            factor = w.numbers.constant(w.numbers.like(frequency))
            e = w.mul(factor, w.variable())
        return w.function(name, e, lo=-1.0, hi=1.0)

    return write


def _monotone(
    name: str, f: Callable[[float], float], *, guard: Guard | None = None
) -> Call:
    def write(w: Writer, e: Expression, draw: Draw) -> Expression:
        if guard:
            e = guard(w, e)
        return w.function(name, e, lo=f(e.lo), hi=f(e.hi))

    return write


def _above(minimum: float) -> Guard:
    return lambda w, e: positive(w, e, minimum)


def _rounding(name: str, f: Callable[[float], float]) -> Call:
    """Call a function that leaves alone what has no fraction."""
    return _monotone(name, lambda v: f(v) if abs(v) < 1e9 else v)


def _exp(w: Writer, e: Expression, draw: Draw) -> Expression:
    e = at_most(w, e, 3.0)
    return w.function("exp", e, lo=exp_above(e), hi=math.exp(e.hi))


def _absolute(w: Writer, e: Expression, draw: Draw) -> Expression:
    return w.absolute(e)


def _hyperbolic(name: str, f: Callable[[float], float]) -> Call:
    def write(w: Writer, e: Expression, draw: Draw) -> Expression:
        top = e.reach
        if top > 3:
            e = within_unit(w, e)
            top = 1.0
        lo = 1.0 if name == "cosh" else -f(top)
        return w.function(name, e, lo=lo, hi=f(top))

    return write


def _tan(w: Writer, e: Expression, draw: Draw) -> Expression:
    e = within_unit(w, e)
    return w.function("tan", e, lo=math.tan(e.lo), hi=math.tan(e.hi))


def _power(w: Writer, e: Expression, draw: Draw) -> Expression:
    if w.style.numbers == "whole" or w.r.random() < TASTE.power_whole:
        n = w.r.choice((2, 2, 3, 3, 4, 5))
        top = e.reach**n
        is_odd = n % 2 == 1
        exponent = w.numbers.constant(float(n))
        return w.function(
            "pow", e, exponent, lo=-top if is_odd else 0.0, hi=top
        )
    e = positive(w, e, 1e-3)
    exponent = w.numbers.constant(w.numbers.like(w.r.choice(_EXPONENTS)))
    lo = math.pow(e.lo, exponent.lo)
    return w.function(
        "pow", e, exponent, lo=lo, hi=math.pow(e.hi, exponent.lo)
    )


def _inverse(name: str, lo: float, hi: float) -> Call:
    def write(w: Writer, e: Expression, draw: Draw) -> Expression:
        return w.function(name, within_unit(w, e), lo=lo, hi=hi)

    return write


def _extreme(name: str) -> Call:
    def write(w: Writer, e: Expression, draw: Draw) -> Expression:
        other = draw()
        lo = min(e.lo, other.lo)
        return w.function(name, e, other, lo=lo, hi=max(e.hi, other.hi))

    return write


def _atan2(w: Writer, e: Expression, draw: Draw) -> Expression:
    return w.function("atan2", e, draw(), lo=-math.pi, hi=math.pi)


def _hypot(w: Writer, e: Expression, draw: Draw) -> Expression:
    other = draw()
    return w.function(
        "hypot", e, other, lo=0.0, hi=math.hypot(e.reach, other.reach)
    )


def _copysign(w: Writer, e: Expression, draw: Draw) -> Expression:
    return w.function("copysign", e, draw(), lo=-e.reach, hi=e.reach)


def _modulo(w: Writer, e: Expression, draw: Draw) -> Expression:
    divisor = w.numbers.literal(lo=0.25, hi=8.0)
    lo = max(min(e.lo, 0.0), -divisor.lo)
    return w.function(
        "fmod", e, divisor, lo=lo, hi=min(max(e.hi, 0.0), divisor.hi)
    )


_CALLS: tuple[tuple[float, Call], ...] = (
    (4, _wave("sin")),
    (4, _wave("cos")),
    (18, _exp),
    (16, _monotone("sqrt", math.sqrt, guard=_above(0.0))),
    (6, _monotone("log", math.log, guard=_above(0.05))),
    (7, _power),
    (3, _absolute),
    (5, _monotone("atan", math.atan)),
    (3, _atan2),
    (1, _monotone("tanh", math.tanh)),
    (6, _rounding("floor", math.floor)),
    (1, _rounding("ceil", math.ceil)),
    (1, _rounding("round", lambda v: float(round(v)))),
    (0.7, _extreme("fmin")),
    (0.7, _extreme("fmax")),
    (0.7, _modulo),
    (1, _inverse("asin", -HALF_PI, HALF_PI)),
    (1, _inverse("acos", 0.0, math.pi)),
    (1, _hyperbolic("sinh", math.sinh)),
    (1, _hyperbolic("cosh", math.cosh)),
    (1, _monotone("cbrt", math.cbrt)),
    (2, _hypot),
    (1, _monotone("log10", math.log10, guard=_above(0.05))),
    (1, _monotone("log1p", math.log1p, guard=_above(-0.9))),
    (1, _monotone("erf", math.erf)),
    (1, _tan),
    (0.5, _copysign),
)
