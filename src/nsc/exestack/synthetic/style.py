"""One author's habits: type, spelling, spaces, numbers, and what this one likes.

In: a source of chance. Out: a `Style`. Non-goals: how often something happens whoever
writes (taste.py).
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

from nsc.exestack.synthetic.dice import Dice
from nsc.exestack.synthetic.taste import TASTE
from nsc.syntax import DOUBLE, FLOAT, Scalar

T = TypeVar("T")

# What an author multiplies a weight by; chosen.
_LIKING = (0.05, 0.3, 1.0, 1.0, 3.0)
_SCALARS = ("double", "double", "double", "float", "float")
_TYPEDEFS = (
    "real",
    "scalar_t",
    "num_t",
    "Float",
    "flt",
    "value_t",
    "coord_t",
    "Real",
)
# How binary operators are spelled: "a + b" or "a+b".
_SPACED = {operator: f" {operator} " for operator in "+-*/"}
_CLOSE = {operator: operator for operator in "+-*/"}
_OPERATORS = (_SPACED, _SPACED, _CLOSE)
_PARENTHESES = (0.0, 0.05, 0.2)
# Of real programs' literals half are whole, and most others have six digits or more.
_NUMBERS = ("whole",) * 4 + ("long",) * 3 + ("mixed",) * 2
_AGAIN = (0.0, 0.0, 0.3, 0.7, 0.9)
_ONES = (0.0, 0.0, 0.0, 0.9)
_FOLDED = (0.0, 0.0, 0.0, 0.1, 0.3)


class Preferences:
    """What one author likes: of each set of choices some more, some hardly ever."""

    def __init__(self, r: Dice):
        self.r = r
        self.sums: dict[str, list[float]] = {}  # of weights, by what is chosen

    def choose(self, what: str, weighted: Sequence[tuple[float, T]]) -> T:
        """Choose one of several as this author likes them.

        Args:
            what: the set of choices; an author's likings of a set never change.
            weighted: (weight, choice) pairs, before likings.
        """
        sums = self.sums.get(what)
        if sums is None:
            r = self.r
            liked = (weight * r.choice(_LIKING) for weight, _ in weighted)
            sums = list(accumulate(liked))
            self.sums[what] = sums
        return weighted[bisect(sums, self.r.random() * sums[-1])][1]


@dataclass(frozen=True)
class Style:
    """How one author writes.

    Args:
        ctype: `scalar`, or a typedef of it.
        suffix: of numbers with a point: "f" or "".
        f_functions: sinf for sin.
        operators: of + - * /, each with this author's spaces around it.
        redundant_parentheses: the share of operands in parentheses that C does without.
        numbers: "whole": all are; "long": most have many digits; "mixed".
        again: the share of literals that the function has already.
        ones: the share of literals that are 1.
        asks: writes a ? b : c; else only branches.
        bare: hardly writes numbers.
        folded: the share of literals that are a quotient or product, as in 1.0 / 3.0.
    """

    ctype: str
    scalar: str
    suffix: str
    f_functions: bool
    operators: dict[str, str]
    redundant_parentheses: float
    preferences: Preferences
    numbers: str
    again: float
    ones: float
    asks: bool
    bare: bool
    folded: float

    @staticmethod
    def draw(r: Dice) -> Style:
        """Draw an author."""
        scalar = r.choice(_SCALARS)
        single = scalar == "float"
        return Style(
            ctype=r.choice(_TYPEDEFS)
            if r.random() < TASTE.typedef
            else scalar,
            scalar=scalar,
            suffix="f" if single and r.random() < TASTE.float_suffix else "",
            f_functions=single and r.random() < TASTE.float_functions,
            operators=r.choice(_OPERATORS),
            redundant_parentheses=r.choice(_PARENTHESES),
            preferences=Preferences(r),
            numbers=r.choice(_NUMBERS),
            again=r.choice(_AGAIN),
            ones=r.choice(_ONES),
            asks=r.random() < TASTE.asks,
            bare=r.random() < TASTE.bare,
            folded=r.choice(_FOLDED),
        )

    @property
    def type(self) -> Scalar:
        """The type of all values."""
        return DOUBLE if self.scalar == "double" else FLOAT
