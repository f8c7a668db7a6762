"""One author at work on one function: style, plan, names, and what is written so far.

In: a source of chance. Out: an `Author`, whom statements are written by. Non-goals:
which statements (functions.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nsc.exestack.synthetic.dice import Dice
from nsc.exestack.synthetic.expressions import Expression
from nsc.exestack.synthetic.inputs import (
    FUNCTION_NAMES,
    INPUT_NAMES,
    LOCAL_NAMES,
    draw_ranges,
)
from nsc.exestack.synthetic.library import Library
from nsc.exestack.synthetic.shapes import expression
from nsc.exestack.synthetic.statements import (
    Statement,
    announced,
    declared,
    set_to,
)
from nsc.exestack.synthetic.style import Style
from nsc.exestack.synthetic.taste import TASTE
from nsc.exestack.synthetic.writer import Writer
from nsc.symbolic import Ast
from nsc.syntax import Array

LONG = 6  # statements: from here on a function is a formula more often

# How many have 1, 2, ... 9 inputs, and how many statements come before the result.
_ARITY = (45, 20, 15, 11, 4, 4, 2, 2, 2)
_LENGTHS = (0, 1, 2, 3, 4, 6, 9, 14, 20)
_LENGTH_WEIGHTS = (42, 17, 13, 10, 8, 7, 5, 3, 1.5)
_RESERVED = frozenset(FUNCTION_NAMES)


@dataclass(frozen=True)
class Plan:
    """What an author settles before the first line.

    Args:
        length: statements before the result; some write several.
        is_formula: line by line, without a branch.
        const_inputs: no input is assigned.
        announces: all locals are declared in one line.
    """

    length: int
    is_formula: bool
    const_inputs: bool
    announces: bool

    @staticmethod
    def draw(r: Dice) -> Plan:
        """Draw a plan."""
        length = r.choices(_LENGTHS, _LENGTH_WEIGHTS)[0]
        formulas = TASTE.formula_short if length < LONG else TASTE.formula_long
        is_formula = r.random() < formulas
        const = TASTE.const_inputs if length else TASTE.const_inputs_alone
        const_inputs = r.random() < const
        return Plan(
            length, is_formula, const_inputs, r.random() < TASTE.declares_first
        )


class FileScope:
    """What stands before the function: macros, tables and helpers."""

    def __init__(self, style: Style):
        self.style = style
        self.texts: list[str] = []
        self.tables: list[Ast] = []
        self.helpers: dict[str, Ast] = {}

    def number(self, name: str) -> str:
        """Return a name that nothing in this file has."""
        return name + str(len(self.texts))

    def define_table(self, name: str, values: Sequence[Expression]) -> str:
        """Define a table; returns its name."""
        name = self.number(name)
        ctype = self.style.ctype
        listed = ", ".join(v.text for v in values)
        self.texts.append(
            f"static const {ctype} {name}[{len(values)}] = {{{listed}}};\n"
        )
        filled = Ast("initialiser", tuple(((), v.ast) for v in values))
        self.tables.append(
            declared(name, Array(self.style.type, len(values)), filled)
        )
        return name


class Locals:
    """The function's local variables.

    Args:
        w: knows all names in scope, and what waits to be used.
        fixed: names that nothing may assign; grows with const locals.
    """

    def __init__(self, w: Writer, fixed: set[str]):
        self.w = w
        self.fixed = fixed
        self.names: list[str] = []
        self.vectors = 0

    def fresh(self, pool: Sequence[str]) -> str:
        """Draw a name that nothing has; where the pool is used up, one with a number."""
        taken = _RESERVED.union(self.w.scope)
        free = [name for name in pool if name not in taken]
        if not free:
            free = [f"{name}_{len(taken)}" for name in pool]
        return self.w.r.choice(free)

    def enter(self, name: str, lo: float, hi: float) -> None:
        """Bring a local into scope, to be used soon."""
        self.w.scope[name] = (lo, hi)
        self.names.append(name)
        self.w.recent.append(name)
        self.w.waiting.append(name)

    def assignable(self) -> str | None:
        """Draw a variable that may be assigned; None where there is none."""
        r = self.w.r
        scope = self.w.scope
        prefers_local = bool(self.names) and r.random() < TASTE.assigns_local
        pool = self.names if prefers_local else list(scope)
        kept = self.fixed.union(self.w.unused)
        free = [name for name in pool if name in scope and name not in kept]
        return r.choice(free) if free else None


class Author:
    """One author, one function. Statements bring locals into scope and change ranges."""

    def __init__(self, r: Dice):
        self.r = r
        self.style = Style.draw(r)
        arity = r.choices(range(1, 10), _ARITY)[0]
        inputs = r.sample(INPUT_NAMES, arity)
        self.ranges = draw_ranges(r, inputs)
        library = Library(r, self.style)
        self.w = Writer(r, self.style, inputs, library, self.ranges)
        self.plan = Plan.draw(r)
        self.locals = Locals(
            self.w, set(inputs) if self.plan.const_inputs else set()
        )
        self.file = FileScope(self.style)
        self.announced: list[str] = []  # locals that one line declares

    def parameters(self, names: Sequence[str]) -> str:
        """Write a parameter list."""
        const = "const " if self.plan.const_inputs else ""
        return ", ".join(f"{const}{self.style.ctype} {name}" for name in names)

    def declare(
        self, value: Expression | None = None, *, changes: bool = False
    ) -> Statement:
        """Declare a local.

        Args:
            value: what it is; drawn where nothing is given.
            changes: it will be assigned.
        """
        name = self.locals.fresh(LOCAL_NAMES)
        if value is None:
            value = expression(self.w, self.r.choice((1, 2, 2, 3, 3)))
        self.locals.enter(name, value.lo, value.hi)
        if self.plan.announces:
            self.announced.append(name)
            return set_to(name, value)
        is_const = not changes and self._draws_const()
        if is_const:
            self.locals.fixed.add(name)
        const = "const " if is_const else ""
        text = f"{const}{self.style.ctype} {name} = {value.text};"
        return Statement(text, declared(name, self.style.type, value.ast))

    def _draws_const(self) -> bool:
        if self.plan.const_inputs:
            return self.r.random() < TASTE.const_local_of_const
        return self.r.random() < TASTE.const_local

    def announce(self, name: str, first: Statement) -> list[Statement]:
        """Declare a local without a value before the statement that gives it one."""
        if self.plan.announces:
            self.announced.append(name)
            return [first]
        return [announced(self.style.ctype, [name], self.style.type), first]
