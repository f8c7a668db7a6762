"""Writes expressions over the variables in scope, with bounds of their values.

In: a source of chance, a style, names in scope. Out: `Expression`s. Non-goals: exact
values; the front end evaluates the syntax afterwards, and what misbehaves is rejected.
"""

from __future__ import annotations

from collections.abc import Sequence

from nsc.exestack.synthetic.dice import Dice
from nsc.exestack.synthetic.expressions import (
    ATOM,
    PRODUCT,
    SUM,
    Expression,
    Ranges,
    binary,
    chained,
    grouped,
    named,
)
from nsc.exestack.synthetic.library import Library
from nsc.exestack.synthetic.numbers import Numbers
from nsc.exestack.synthetic.style import Style
from nsc.exestack.synthetic.taste import TASTE
from nsc.symbolic import Ast

LONG_OPERAND = (
    12  # characters: nobody writes such an operand twice for a square
)


class Writer:
    """Chooses variables and joins expressions by operators.

    `scope` has the names that may be used, with their ranges; of these nothing has read
    the inputs in `unused` and the locals in `waiting`.
    """

    def __init__(
        self,
        r: Dice,
        style: Style,
        inputs: Sequence[str],
        library: Library,
        ranges: Ranges | None = None,
    ):
        self.r = r
        self.style = style
        self.library = library
        self.numbers = Numbers(r, style)
        self.scope: Ranges = dict(ranges or dict.fromkeys(inputs, (-1.0, 1.0)))
        self.unused = list(inputs)
        self.recent: list[str] = []
        self.waiting: list[str] = []

    # variables

    def variable(self) -> Expression:
        """Use a variable: one that nobody used yet, a recent local, or any."""
        r = self.r
        if self.waiting and r.random() < TASTE.waiting_first:
            name = self.waiting[-1]
        elif self.unused and r.random() < TASTE.unused_first:
            name = self.unused[r.randrange(len(self.unused))]
        elif self.recent and r.random() < TASTE.recent_first:
            name = r.choice(self.recent[-3:])
        else:
            name = r.choice(list(self.scope))
        return self.use(name)

    def use(self, name: str) -> Expression:
        """Use a variable by name."""
        if name in self.unused:
            self.unused.remove(name)
        if name in self.waiting:
            self.waiting.remove(name)
        return named(name, *self.scope[name])

    def several(self, lo: int = 2, hi: int = 5) -> list[Expression]:
        """Use different variables, unused inputs first."""
        r = self.r
        others = r.sample(list(self.scope), len(self.scope))
        names = list(dict.fromkeys([*self.unused, *others]))
        if r.random() < TASTE.shuffled:
            r.shuffle(names)
        count = min(len(names), r.randint(lo, hi))
        return [self.use(name) for name in names[:count]]

    # operators

    def wrap(self, e: Expression, precedence: int) -> Expression:
        """Parenthesise where C needs it, and sometimes where it does not."""
        r = self.r
        binds = e.precedence >= precedence
        if binds and r.random() >= self.style.redundant_parentheses:
            return e
        if e.precedence == ATOM and r.random() < TASTE.atom_unwrapped:
            return e
        return grouped(e)

    def add(self, a: Expression, b: Expression) -> Expression:
        a = self.wrap(a, SUM)
        b = self.wrap(b, SUM)
        text = a.text + self.style.operators["+"] + b.text
        ast = chained("+", a.ast, b.ast, "+-")
        return Expression(text, SUM, a.lo + b.lo, a.hi + b.hi, ast)

    def sub(self, a: Expression, b: Expression) -> Expression:
        if a.text == b.text:  # nobody writes x - x
            return self.mul(a, b)
        needs_parentheses = b.precedence <= SUM or b.text.startswith("-")
        right = f"({b.text})" if needs_parentheses else b.text
        a = self.wrap(a, SUM)
        text = a.text + self.style.operators["-"] + right
        return Expression(
            text, SUM, a.lo - b.hi, a.hi - b.lo, binary("-", a, b)
        )

    def mul(self, a: Expression, b: Expression) -> Expression:
        right = self._right_factor(b)
        lo, hi = (
            _square_bounds(a) if a.text == b.text else _product_bounds(a, b)
        )
        a = self.wrap(a, PRODUCT)
        text = a.text + self.style.operators["*"] + right.text
        ast = chained("*", a.ast, right.ast, "*/")
        return Expression(text, PRODUCT, lo, hi, ast)

    def _right_factor(self, e: Expression) -> Expression:
        """Parenthesise a right operand of a product where C or people need it."""
        if e.text.startswith("-"):
            return e._replace(text=f"({e.text})", ast=Ast("group", (e.ast,)))
        return self.wrap(e, PRODUCT)

    def square(self, e: Expression) -> Expression:
        """Write x * x, sq(x) or pow(x, 2)."""
        r = self.r
        if r.random() < TASTE.square_by_library:
            return self.library.call("sq", e)
        if len(e.text) > LONG_OPERAND or r.random() < TASTE.square_by_pow:
            top = max(e.lo**2, e.hi**2)
            return self.function(
                "pow", e, self.numbers.constant(2.0), lo=0.0, hi=top
            )
        return self.mul(e, e)

    def absolute(self, e: Expression) -> Expression:
        """Write fabs(x)."""
        may_be_zero = e.lo <= 0 <= e.hi
        lo = 0.0 if may_be_zero else min(abs(e.lo), abs(e.hi))
        return self.function("fabs", e, lo=lo, hi=e.reach)

    def function(
        self, name: str, *args: Expression, lo: float, hi: float
    ) -> Expression:
        """Call a standard function whose value lies in [lo, hi]."""
        spelled = name + ("f" if self.style.f_functions else "")
        ast = Ast("call", tuple(a.ast for a in args), spelled)
        text = f"{spelled}({', '.join([a.text for a in args])})"
        return Expression(text, ATOM, lo, hi, ast)


def _square_bounds(e: Expression) -> tuple[float, float]:
    top = max(e.lo**2, e.hi**2)
    may_be_zero = e.lo <= 0 <= e.hi
    return 0.0 if may_be_zero else min(e.lo**2, e.hi**2), top


def _product_bounds(a: Expression, b: Expression) -> tuple[float, float]:
    ends = (a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi)
    return min(ends), max(ends)
