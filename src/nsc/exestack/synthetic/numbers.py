"""Numbers as one author writes them.

In: a source of chance, a style. Out: literals. Non-goals: how the numbers of real
programs are distributed beyond whole, famous and long ones.
"""

from __future__ import annotations

import math

from nsc.exestack.synthetic.dice import Dice
from nsc.exestack.synthetic.expressions import (
    ATOM,
    PI,
    Expression,
    binary,
    negated,
)
from nsc.exestack.synthetic.style import Style
from nsc.exestack.synthetic.taste import TASTE
from nsc.symbolic import Ast

TRIES = 20  # to draw a number within bounds

# Of the real programs' literals half are whole, a twelfth is 0.5, and most others have
# six digits or more.
_DIGITS = {
    "whole": (0,),
    "long": (7, 10, 16, 17, 17),
    "mixed": (0, 0, 0, 0, 2, 3, 5, 6),
}
_WHOLE = (
    (1,) * 10
    + (2,) * 8
    + (3,) * 4
    + (4,) * 3
    + (5, 6, 6, 8, 9, 10, 12, 16, 100)
)
_COMMON = (
    (1,) * 12
    + (2,) * 8
    + (3,) * 4
    + (4,) * 3
    + (5, 6, 6, 7, 8, 9, 12, 16, 10, 100)
    + (0.5,) * 5
    + (0.25, 1.5, 0.1)
)
_FAMOUS = (
    math.pi,
    2 * math.pi,
    math.pi / 2,
    3.14159,
    3.1415926535,
    1 / math.pi,
    math.e,
    math.sqrt(2),
    math.sqrt(0.5),
    math.log(2),
    1 / 3,
    2 / 3,
    1 / 6,
    math.pi / 180,
    180 / math.pi,
    0.2126,
    0.7152,
    0.0722,
    0.299,
    0.587,
    0.114,
    1 / 2.4,
    2.2,
    0.055,
    12.92,
    1.70158,
    9.81,
    0.39894228,
    0.5641896,
)


class Numbers:
    """Writes numbers, and remembers which a function has."""

    def __init__(self, r: Dice, style: Style):
        self.r = r
        self.style = style
        self.written: list[float] = []

    def literal(
        self, *, lo: float = -math.inf, hi: float = math.inf
    ) -> Expression:
        """Write a positive literal of a kind that real code has, within [lo, hi]."""
        if self.style.folded and self.r.random() < self.style.folded:
            made = self._folded()
            if lo <= made.lo <= hi:
                return made
        for _ in range(TRIES):
            value = self._value()
            if value > 0 and lo <= value <= hi:
                self.written.append(value)
                return self.constant(value)
        return self.constant(min(max(1.0, lo), hi))

    def _value(self) -> float:
        r = self.r
        style = self.style
        if r.random() < style.ones:
            return 1.0
        if self.written and r.random() < style.again:
            return r.choice(self.written)
        u = r.random()
        if style.numbers == "whole":
            return float(r.choice(_WHOLE))
        if style.numbers == "long" and u < TASTE.long_is_whole:
            return float(r.choice(_WHOLE))
        if style.numbers == "mixed" and u < TASTE.mixed_common:
            return float(r.choice(_COMMON))
        if style.numbers == "mixed" and u < TASTE.mixed_rounded:
            return round(r.uniform(0.01, 2), r.choice((1, 2, 3, 5)))
        return self._long()

    def _long(self) -> float:
        r = self.r
        is_famous = r.random() < TASTE.famous
        value = r.choice(_FAMOUS) if is_famous else 10 ** r.uniform(-2.5, 1.3)
        digits = r.choice((7, 10, 16, 17, 17, 17))
        return float(f"{value:.{digits}g}")

    def _folded(self) -> Expression:
        """Write a quotient or product of two numbers that a compiler computes."""
        r = self.r
        n = self._decimal(r.choice((2.0, 3.0, 4.0, 6.0)))
        one = self._decimal(1.0)
        forms = ((one, "/", n), (PI, "/", n), (n, "*", PI), (one, "/", PI))
        a, operator, b = r.choice(forms)
        value = a.lo / b.lo if operator == "/" else a.lo * b.lo
        text = f"({a.text}{self.style.operators[operator]}{b.text})"
        return Expression(
            text, ATOM, value, value, Ast("group", (binary(operator, a, b),))
        )

    def _decimal(self, value: float) -> Expression:
        """Write a whole number with a point, 2.0f."""
        text = f"{value}{self.style.suffix}"
        return Expression(
            text, ATOM, value, value, Ast("number", (), (value, False))
        )

    def like(self, value: float) -> float:
        """Return a number that this author may write instead of a positive one.

        It is near that one and no smaller.
        """
        r = self.r
        if self.style.numbers == "whole":
            return float(math.ceil(value))
        if self.style.numbers == "long" and r.random() < TASTE.other_long:
            larger = value * r.uniform(1.0, 1.15)
            digits = r.choice((10, 17, 17))
            return float(f"{larger:.{digits}g}")
        if value < 1.0 and r.random() < TASTE.at_least_one:
            return 1.0
        return value

    def constant(self, value: float) -> Expression:
        """Spell a number as this author would."""
        if value < 0:
            return negated(self.constant(-value))
        value = value or 0.0  # not -0.0, which is written as 0.0
        if value == int(value) and value < 1e6:
            text = str(int(value)) + self.r.choice((".0", ".0", "", "."))
            if "." in text:
                text += self.style.suffix
        else:
            text = repr(value) + self.style.suffix
        is_int = "." not in text and "e" not in text
        ast = Ast("number", (), (float(value), is_int))
        return Expression(text, ATOM, value, value, ast)

    def coefficients(self, count: int) -> list[Expression]:
        """Write numbers of one table: whole ones, or all with as many digits."""
        r = self.r
        digits = r.choice(_DIGITS[self.style.numbers])
        if not digits:
            values = (
                float(r.choice((1, 1, 2, 3, 4, 6))) for _ in range(count)
            )
            return [self.constant(value) for value in values]
        falling = r.choice(
            (0.0, 0.2, 0.5, 1.0, 2.0)
        )  # powers of ten from one to the next
        sizes = [10 ** r.gauss(-0.5 - falling * k, 0.5) for k in range(count)]
        direction = r.choice((1, -1, -1))
        return [
            self.constant(float(f"{s:.{digits}g}")) for s in sizes[::direction]
        ]
