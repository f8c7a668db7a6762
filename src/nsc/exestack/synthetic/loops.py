"""Loops: sums and products of a few terms, and series over tables of coefficients.

In: an `Author`. Out: `Statement`s. Non-goals: loops whose trips depend on inputs.
"""

from __future__ import annotations

import math

from nsc.exestack.synthetic.assignments import assign
from nsc.exestack.synthetic.author import Author
from nsc.exestack.synthetic.dice import Dice
from nsc.exestack.synthetic.expressions import ATOM, Expression, named
from nsc.exestack.synthetic.guards import divide, within_unit
from nsc.exestack.synthetic.shapes import expression
from nsc.exestack.synthetic.statements import Statement, assigned, loop
from nsc.exestack.synthetic.taste import TASTE
from nsc.symbolic import Ast

_COUNTERS = "ijk"


def accumulate(author: Author) -> Statement:
    """for (int i = 0; i < 3; ++i) { sum += i * x; }"""
    r = author.r
    w = author.w
    sums = [
        name for name in author.locals.names if name not in author.locals.fixed
    ]
    if not sums:
        return author.declare()
    name = sums[-1]
    counter = r.choice(_COUNTERS)
    if counter in w.scope:
        return assign(author)
    trips = r.choice((2, 3, 3, 4, 5, 6, 8))
    operator, step = _step(author, counter, trips)
    old = named(name, *w.scope[name])
    reach = trips * step.reach if operator != "*=" else old.reach * trips
    w.scope[name] = (min(old.lo - reach, old.lo), max(old.hi + reach, old.hi))
    head = _head(r, counter, trips)
    text = f"{head} {{\n    {name} {operator} {step.text};\n  }}"
    return Statement(text, loop(counter, trips, assigned(old, operator, step)))


def _step(author: Author, counter: str, trips: int) -> tuple[str, Expression]:
    """Draw what a loop does each time; the counter is in scope there alone."""
    r = author.r
    w = author.w
    w.scope[counter] = (0.0, float(trips - 1))
    operator = r.choice(("+=", "+=", "-=", "*="))
    step = expression(w, r.choice((1, 2)))
    if operator == "*=":
        step = within_unit(w, step)
    if r.random() < TASTE.loop_counts_in:
        step = w.mul(named(counter, *w.scope[counter]), step)
    del w.scope[counter]
    return operator, step


def _head(r: Dice, counter: str, trips: int) -> str:
    step = r.choice(("++{0}", "{0}++")).format(counter)
    return f"for (int {counter} = 0; {counter} < {trips}; {step})"


def series(author: Author) -> list[Statement]:
    """for (i = 0; i < 6; i++) { p = p * x + P[i]; q = q * x + Q[i]; } y = p / q;

    Or p alone: special functions.
    """
    r = author.r
    w = author.w
    counter = r.choice([c for c in _COUNTERS if c not in w.scope])
    x = within_unit(w, w.variable())
    count = r.choice((3, 4, 5, 6, 6, 8, 10))
    is_rational = r.random() < TASTE.series_rational
    made: list[Statement] = []
    sums: list[str] = []
    steps: list[Statement] = []
    for name in "PQ" if is_rational else "P":
        coefficients = _coefficients(author, count, is_divisor=name == "Q")
        zero, total, step = _horner_step(
            author, name, coefficients, x, counter
        )
        made.append(zero)
        sums.append(total)
        steps.append(step)
    head = _head(r, counter, count)
    lines = "\n    ".join(step.text for step in steps)
    body = Ast("block", tuple(step.ast for step in steps))
    made.append(
        Statement(f"{head} {{\n    {lines}\n  }}", loop(counter, count, body))
    )
    if is_rational:
        top, bottom = sums
        made.append(author.declare(divide(w, w.use(top), w.use(bottom))))
    return made


def _coefficients(
    author: Author, count: int, *, is_divisor: bool
) -> list[float]:
    """Draw the coefficients of a polynomial, the highest power's first.

    A divisor's constant term is larger than all others together: it is never zero.
    """
    r = author.r
    w = author.w
    sizes = [abs(c.lo) for c in w.numbers.coefficients(count)]
    if not is_divisor:
        return [
            size if r.random() < TASTE.coefficient_positive else -size
            for size in sizes
        ]
    return [*sizes[:-1], w.numbers.like(math.fsum(sizes) + 0.5)]


def _horner_step(
    author: Author,
    name: str,
    coefficients: list[float],
    x: Expression,
    counter: str,
) -> tuple[Statement, str, Statement]:
    """Define a table P and write `p = p * x + P[i];`.

    Args:
        x: within [-1, 1].

    Returns:
        What sets p to zero, p's name, the step.
    """
    w = author.w
    top = math.fsum(map(abs, coefficients))
    values = [w.numbers.constant(v) for v in coefficients]
    table = author.file.define_table(name, values)
    zero = author.declare(w.numbers.constant(0.0), changes=True)
    total = named(author.locals.names[-1], -top, top)
    place = Ast("index", (Ast("name", (), table), Ast("name", (), counter)))
    cell = Expression(f"{table}[{counter}]", ATOM, -top, top, place)
    value = w.add(w.mul(total, x), cell)
    lo = -top if name == "P" else 2 * coefficients[-1] - top
    w.scope[total.text] = (lo, top)
    step = Statement(
        f"{total.text} = {value.text};", assigned(total, "=", value)
    )
    return zero, total.text, step
