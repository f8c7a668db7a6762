"""Random C expressions whose value ranges are tracked, so that they stay finite and in
bounds.

In: a random source, names in scope. Out: `Expression`s (text, precedence, interval,
syntax).
Non-goals: exact values; the front end evaluates the syntax afterwards, and what
misbehaves is rejected.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from nsc.symbolic import Ast

if TYPE_CHECKING:
    from nsc.exestack.synthetic.library import Library


Ranges = dict[str, tuple[float, float]]
T = TypeVar("T")

ATOM = 9
UNARY = 8
PRODUCT = 7
SUM = 6
COMPARE = 5
LOGICAL = 3
TERNARY = 1


class Expression(NamedTuple):
    """C text, its precedence, an interval that holds its value, and its syntax as the
    front end would read it.
    """

    text: str
    precedence: int
    lo: float
    hi: float
    ast: Ast


PI = Expression("M_PI", ATOM, math.pi, math.pi, Ast("name", (), "M_PI"))


def named(name: str, lo: float, hi: float) -> Expression:
    """Write a variable."""
    return Expression(name, ATOM, lo, hi, Ast("name", (), name))


def binary(operator: str, a: Expression, b: Expression) -> Ast:
    return Ast("binary", (a.ast, b.ast), operator)


def chained(operator: str, left: Ast, right: Ast, equal: str) -> Ast:
    """Return the syntax of `left OPERATOR right` written without parentheses: C groups
    equal operators from the left.

    Example: chained("+", a, b - c, "+-") is (a + b) - c.
    """
    if right.kind == "binary" and right.data in equal:
        return Ast(
            "binary",
            (chained(operator, left, right.kids[0], equal), right.kids[1]),
            right.data,
        )
    return Ast("binary", (left, right), operator)


class Dice(Random):
    """A seeded source of chance whose `choice` is quick."""

    def choice(self, seq):
        return seq[int(self.random() * len(seq))]


class Taste:
    """What one author likes: of each set of choices some more, some hardly ever."""

    def __init__(self, r: Dice):
        self.r = r
        self.known: dict[str, list[float]] = {}  # summed up weights, by what is chosen

    def choose(self, what: str, weighted: Sequence[tuple[float, T]]) -> T:
        """Choose from (weight, choice) pairs, the weights changed as this author likes
        them.
        """
        sums = self.known.get(what)
        if sums is None:
            r = self.r
            self.known[what] = sums = list(
                accumulate(weight * r.choice(_LIKING) for weight, _ in weighted)
            )
        return weighted[bisect(sums, self.r.random() * sums[-1])][1]


_LIKING = (0.05, 0.3, 1.0, 1.0, 3.0)
_TYPEDEFS = ("real", "scalar_t", "num_t", "Float", "flt", "value_t", "coord_t", "Real")


@dataclass(frozen=True)
class Style:
    """How one author writes: type, suffixes, function spelling, spaces. `ctype` is
    `scalar` or a typedef of it.
    """

    ctype: str
    scalar: str
    suffix: str
    f_functions: bool
    operator: str  # "a OP b" or "aOPb"
    redundant_parentheses: float
    taste: Taste
    numbers: str  # "whole": all are; "long": most have many digits; "mixed"
    again: float  # the share of literals that the function has already
    ones: float  # the share of literals that are 1
    asks: bool  # writes a ? b : c; else only branches
    bare: bool  # hardly writes numbers
    # the share of literals that are a quotient or product, as in 1.0 / 3.0
    folded: float

    @staticmethod
    def draw(r: Dice) -> Style:
        scalar = r.choice(("double", "double", "double", "float", "float"))
        single = scalar == "float"
        return Style(
            ctype=r.choice(_TYPEDEFS) if r.random() < 0.3 else scalar,
            scalar=scalar,
            suffix="f" if single and r.random() < 0.6 else "",
            f_functions=single and r.random() < 0.6,
            operator=r.choice((" {} ", " {} ", "{}")),
            redundant_parentheses=r.choice((0.0, 0.05, 0.2)),
            taste=Taste(r),
            numbers=r.choice(
                (
                    "whole",
                    "whole",
                    "whole",
                    "whole",
                    "long",
                    "long",
                    "long",
                    "mixed",
                    "mixed",
                )
            ),
            again=r.choice((0.0, 0.0, 0.3, 0.7, 0.9)),
            ones=r.choice((0.0, 0.0, 0.0, 0.9)),
            asks=r.random() < 0.4,
            bare=r.random() < 0.25,
            folded=r.choice((0.0, 0.0, 0.0, 0.1, 0.3)),
        )


# Of the real programs' literals half are whole, a twelfth is 0.5, and most others have
# six digits or more.
_DIGITS = {
    "whole": (0,),
    "long": (7, 10, 16, 17, 17),
    "mixed": (0, 0, 0, 0, 2, 3, 5, 6),
}
_WHOLE = (1,) * 10 + (2,) * 8 + (3,) * 4 + (4,) * 3 + (5, 6, 6, 8, 9, 10, 12, 16, 100)
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
TINY = (1e-3, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)


class Writer:
    """Writes random expressions over the variables in scope."""

    def __init__(
        self,
        r: Dice,
        style: Style,
        inputs: list[str],
        library: Library,
        ranges: Ranges | None = None,
    ):
        self.library = library
        self.r = r
        self.style = style
        self.scope: dict[str, tuple[float, float]] = dict(
            ranges or dict.fromkeys(inputs, (-1.0, 1.0))
        )
        self.unused = list(inputs)
        self.recent: list[str] = []
        self.waiting: list[str] = []  # locals that nothing has used
        self.literals: list[float] = []

    # leaves

    def literal(self, *, lo: float = -math.inf, hi: float = math.inf) -> Expression:
        """Write a positive literal of a kind that real code has, within [lo, hi]."""
        if self.style.folded and self.r.random() < self.style.folded:
            made = self._folded()
            if lo <= made.lo <= hi:
                return made
        for _ in range(20):
            value = self._number()
            if value > 0 and lo <= value <= hi:
                self.literals.append(value)
                return self.constant(value)
        return self.constant(min(max(1.0, lo), hi))

    def _number(self) -> float:
        r = self.r
        if r.random() < self.style.ones:
            return 1.0
        if self.literals and r.random() < self.style.again:
            return r.choice(self.literals)
        kind = self.style.numbers
        u = r.random()
        if kind == "whole" or (kind == "long" and u < 0.12):
            return float(r.choice(_WHOLE))
        if kind == "mixed" and u < 0.9:
            return float(r.choice(_COMMON))
        if kind == "mixed" and u < 0.95:
            return round(r.uniform(0.01, 2), r.choice((1, 2, 3, 5)))
        value = r.choice(_FAMOUS) if r.random() < 0.4 else 10 ** r.uniform(-2.5, 1.3)
        return float(f"{value:.{r.choice((7, 10, 16, 17, 17, 17))}g}")

    def like(self, value: float) -> float:
        """Return a positive number near another, no smaller, of the kind that this
        author writes.
        """
        if self.style.numbers == "whole":
            return float(math.ceil(value))
        if self.style.numbers == "long" and self.r.random() < 0.7:
            return float(
                f"{value * self.r.uniform(1.0, 1.15):.{self.r.choice((10, 17, 17))}g}"
            )
        return 1.0 if value < 1.0 and self.r.random() < 0.5 else value

    def _folded(self) -> Expression:
        """Write a quotient or product of two numbers that a compiler computes."""
        r = self.r
        whole = r.choice((2.0, 3.0, 4.0, 6.0))
        n = Expression(
            f"{whole}{self.style.suffix}",
            ATOM,
            whole,
            whole,
            Ast("number", (), (whole, False)),
        )
        one = Expression(
            f"1.0{self.style.suffix}", ATOM, 1.0, 1.0, Ast("number", (), (1.0, False))
        )
        a, operator, b = r.choice(
            ((one, "/", n), (PI, "/", n), (n, "*", PI), (one, "/", PI))
        )
        value = a.lo / b.lo if operator == "/" else a.lo * b.lo
        return Expression(
            f"({a.text}{self.op(operator)}{b.text})",
            ATOM,
            value,
            value,
            Ast("group", (binary(operator, a, b),)),
        )

    def constant(self, value: float) -> Expression:
        """Spell a number as this author would."""
        if value < 0:
            return self.negate(self.constant(-value))
        value = value or 0.0  # not -0.0, which is written as 0.0
        if value == int(value) and value < 1e6:
            text = str(int(value)) + self.r.choice((".0", ".0", "", "."))
            text += self.style.suffix if "." in text else ""
        else:
            text = repr(value) + self.style.suffix
        is_int = "." not in text and "e" not in text
        return Expression(
            text, ATOM, value, value, Ast("number", (), (float(value), is_int))
        )

    def coefficients(self, count: int) -> list[Expression]:
        """Write numbers of one table: whole ones, or all with as many digits."""
        digits = self.r.choice(_DIGITS[self.style.numbers])
        if not digits:
            return [
                self.constant(float(self.r.choice((1, 1, 2, 3, 4, 6))))
                for _ in range(count)
            ]
        falling = self.r.choice((0.0, 0.2, 0.5, 1.0, 2.0))
        sizes = [10 ** self.r.gauss(-0.5 - falling * k, 0.5) for k in range(count)][
            :: self.r.choice((1, -1, -1))
        ]
        return [self.constant(float(f"{size:.{digits}g}")) for size in sizes]

    def variable(self) -> Expression:
        """Use a variable: one that nobody used yet, a recent local, or any."""
        if self.waiting and self.r.random() < 0.35:
            name = self.waiting[-1]
        elif self.unused and self.r.random() < 0.55:
            name = self.unused[self.r.randrange(len(self.unused))]
        elif self.recent and self.r.random() < 0.5:
            name = self.r.choice(self.recent[-3:])
        else:
            name = self.r.choice(list(self.scope))
        return self.use(name)

    def use(self, name: str) -> Expression:
        if name in self.unused:
            self.unused.remove(name)
        if name in self.waiting:
            self.waiting.remove(name)
        return named(name, *self.scope[name])

    def several(self, lo: int = 2, hi: int = 5) -> list[Expression]:
        """Use different variables, unused inputs first."""
        names = list(
            dict.fromkeys(
                [*self.unused, *self.r.sample(list(self.scope), len(self.scope))]
            )
        )
        if self.r.random() < 0.5:
            self.r.shuffle(names)
        count = min(len(names), self.r.randint(lo, hi))
        return [self.use(name) for name in names[:count]]

    # composition

    def wrap(self, e: Expression, precedence: int) -> Expression:
        """Parenthesise where C needs it, and sometimes where it does not."""
        if (
            e.precedence >= precedence
            and self.r.random() >= self.style.redundant_parentheses
        ):
            return e
        if e.precedence == ATOM and self.r.random() < 0.7:
            return e
        return e._replace(
            text=f"({e.text})", precedence=ATOM, ast=Ast("group", (e.ast,))
        )

    def op(self, operator: str) -> str:
        return self.style.operator.format(operator)

    def add(self, a: Expression, b: Expression) -> Expression:
        a = self.wrap(a, SUM)
        b = self.wrap(b, SUM)
        ast = chained("+", a.ast, b.ast, "+-")
        return Expression(
            a.text + self.op("+") + b.text, SUM, a.lo + b.lo, a.hi + b.hi, ast
        )

    def sub(self, a: Expression, b: Expression) -> Expression:
        if a.text == b.text:  # nobody writes x - x
            return self.mul(a, b)
        right = f"({b.text})" if b.precedence <= SUM or b.text[0] == "-" else b.text
        a = self.wrap(a, SUM)
        return Expression(
            a.text + self.op("-") + right,
            SUM,
            a.lo - b.hi,
            a.hi - b.lo,
            binary("-", a, b),
        )

    def mul(self, a: Expression, b: Expression) -> Expression:
        right = self._factor(b)
        if a.text == b.text:
            top = max(a.lo**2, a.hi**2)
            lo = 0.0 if a.lo <= 0 <= a.hi else min(a.lo**2, a.hi**2)
        else:
            ends = (a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi)
            lo = min(ends)
            top = max(ends)
        a = self.wrap(a, PRODUCT)
        return Expression(
            a.text + self.op("*") + right.text,
            PRODUCT,
            lo,
            top,
            chained("*", a.ast, right.ast, "*/"),
        )

    def _factor(self, e: Expression) -> Expression:
        """Parenthesise a right operand of a product where C or people need it."""
        negative = e.text[0] == "-"
        return (
            e._replace(text=f"({e.text})", ast=Ast("group", (e.ast,)))
            if negative
            else self.wrap(e, PRODUCT)
        )

    def div(self, a: Expression, b: Expression) -> Expression:
        """Divide; a divisor that may come near zero is moved away from it first."""
        b = self.away_from_zero(b)
        right = b.text if b.precedence > PRODUCT and b.text[0] != "-" else f"({b.text})"
        ends = [p / q for p in (a.lo, a.hi) for q in (b.lo, b.hi)]
        a = self.wrap(a, PRODUCT)
        return Expression(
            a.text + self.op("/") + right,
            PRODUCT,
            min(ends),
            max(ends),
            binary("/", a, b),
        )

    def negate(self, a: Expression) -> Expression:
        inner = a.text if a.precedence >= UNARY and a.text[0] != "-" else f"({a.text})"
        ast = Ast("unary", (a.ast,), "-")
        # the front end reads a number with its sign
        if a.ast.kind == "number" and inner == a.text:
            ast = Ast("number", (), (-a.ast.data[0], a.ast.data[1]))
        return Expression("-" + inner, UNARY, -a.hi, -a.lo, ast)

    def square(self, a: Expression) -> Expression:
        if self.r.random() < 0.15:
            return self.library.call("sq", a)
        if len(a.text) > 12 or self.r.random() < 0.1:
            top = max(a.lo**2, a.hi**2)
            return self.function("pow", a, self.constant(2.0), lo=0.0, hi=top)
        return self.mul(a, a)

    def function(
        self, name: str, *args: Expression, lo: float, hi: float
    ) -> Expression:
        spelled = name + ("f" if self.style.f_functions else "")
        ast = Ast("call", tuple(a.ast for a in args), spelled)
        return Expression(
            f"{spelled}({', '.join([a.text for a in args])})", ATOM, lo, hi, ast
        )

    # guards

    def away_from_zero(self, e: Expression) -> Expression:
        margin = self.r.choice((0.05, 0.08, 0.2, 0.5))
        if e.lo > margin or e.hi < -margin:
            return e
        u = self.r.random()
        if u < 0.25:
            return self.add(
                self.constant(self.r.choice((1.0, 1.0, 1.0, 1.0, 2.0))), self.square(e)
            )
        if u < 0.35:
            return self.add(self.absolute(e), self.constant(1.0))
        if e.lo > -1.0 and u < 0.65:
            return (
                self.add(self.constant(1.0), e)
                if e.lo > margin - 1
                else self.sub(self.constant(2.0), e)
            )
        shift = float(f"{margin - e.lo + self.r.random():.2g}")
        return self.add(e, self.constant(self.like(max(shift, 0.1 - e.lo))))

    def absolute(self, e: Expression) -> Expression:
        top = max(abs(e.lo), abs(e.hi))
        return self.function(
            "fabs",
            e,
            lo=0.0 if e.lo <= 0 <= e.hi else min(abs(e.lo), abs(e.hi)),
            hi=top,
        )

    def positive(self, e: Expression, at_least: float = 0.0) -> Expression:
        """Make an expression at least `at_least`."""
        if e.lo >= at_least:
            return e
        u = self.r.random()
        made = self.absolute(e) if u < 0.12 else self.square(e) if u < 0.5 else None
        if made is None:
            return self.add(
                e, self.constant(self.like(math.ceil((at_least - e.lo) * 10 + 1) / 10))
            )
        return (
            made
            if at_least <= 0
            else self.add(
                made, self.constant(self.like(self.r.choice((1.0, 1.0, 0.5))))
            )
        )

    def unit(self, e: Expression) -> Expression:
        """Bring an expression into [-1, 1]."""
        if e.lo >= -1 and e.hi <= 1:
            return e
        u = self.r.random()
        if u < 0.04:
            clamped = self.function(
                "fmin", e, self.constant(1.0), lo=min(e.lo, 1), hi=1.0
            )
            return self.function("fmax", clamped, self.constant(-1.0), lo=-1.0, hi=1.0)
        if u < 0.3:
            return self.library.call(
                "clamp", e, self.constant(-1.0), self.constant(1.0)
            )
        top = max(abs(e.lo), abs(e.hi))
        return self.div(e, self.constant(float(math.ceil(top))))

    def bounded(self, e: Expression, top: float) -> Expression:
        """Bring an expression below `top`."""
        return e if e.hi <= top else self.negate(self.absolute(e))
