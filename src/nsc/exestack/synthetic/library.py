"""Small functions that real code keeps at hand: minimum, clamp, square, length.

In: arguments. Out: calls of them, as macros or static functions; the text and syntax of
those that were used. Non-goals: functions with a random body (functions.py).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from nsc.exestack.synthetic.dice import Dice
from nsc.exestack.synthetic.expressions import ATOM, Expression
from nsc.exestack.synthetic.style import Style
from nsc.exestack.synthetic.taste import TASTE
from nsc.symbolic import Ast, definitions_of

Bounds = tuple[float, float]

_HEADS = ("static ", "static inline ", "static inline ")
_ENDINGS = ("_f", "f", "2", "_val", "_ff", "_real")


class SmallFunction(NamedTuple):
    """A small function.

    Args:
        parameters: single letters.
        body: its value in C, with ? where it has branches.
        bounds: arguments -> bounds of its value.
    """

    parameters: str
    body: str
    bounds: Callable[..., Bounds]


def _reach(*args: Expression) -> float:
    return max(a.reach for a in args)


def _square(a: Expression) -> Bounds:
    return 0.0, _reach(a) ** 2


def _cube(a: Expression) -> Bounds:
    top = _reach(a) ** 3
    return -top, top


def _unit(*args: Expression) -> Bounds:
    return 0.0, 1.0


def _minimum(a: Expression, b: Expression) -> Bounds:
    return min(a.lo, b.lo), min(a.hi, b.hi)


def _maximum(a: Expression, b: Expression) -> Bounds:
    return max(a.lo, b.lo), max(a.hi, b.hi)


def _three_reaches(*args: Expression) -> Bounds:
    top = 3 * _reach(*args)
    return -top, top


def _two_products(*args: Expression) -> Bounds:
    top = 2 * _reach(*args) ** 2
    return -top, top


SMALL_FUNCTIONS = {
    "min": SmallFunction("ab", "a < b ? a : b", _minimum),
    "max": SmallFunction("ab", "a > b ? a : b", _maximum),
    "clamp": SmallFunction(
        "xab", "x < a ? a : (x > b ? b : x)", lambda x, a, b: (a.lo, b.hi)
    ),
    "sq": SmallFunction("x", "x * x", _square),
    "cube": SmallFunction("x", "x * x * x", _cube),
    "abs": SmallFunction("x", "x < 0 ? -x : x", lambda x: (0.0, _reach(x))),
    "sign": SmallFunction("x", "x < 0 ? -1 : 1", lambda x: (-1.0, 1.0)),
    "fract": SmallFunction("x", "x - floor(x)", _unit),
    "ramp": SmallFunction(
        "abx", "x <= a ? 0 : (x < b ? (x - a) / (b - a) : 1)", _unit
    ),
    "step": SmallFunction("ax", "x < a ? 0 : 1", _unit),
    "lerp": SmallFunction("abt", "a + t * (b - a)", _three_reaches),
    "mix": SmallFunction("abt", "(1 - t) * a + t * b", _three_reaches),
    "dot": SmallFunction("abcd", "a * c + b * d", _two_products),
    "cross": SmallFunction("abcd", "a * d - b * c", _two_products),
    "len": SmallFunction(
        "xy",
        "sqrt(x * x + y * y)",
        lambda x, y: (0.0, math.sqrt(2.0) * _reach(x, y)),
    ),
    "lensq": SmallFunction(
        "xy", "x * x + y * y", lambda x, y: (0.0, 2 * _reach(x, y) ** 2)
    ),
}
ARGUMENTS = {name: small.parameters for name, small in SMALL_FUNCTIONS.items()}


def definition(name: str, ctype: str, *, asks: bool, spelled: str = "") -> str:
    """Write a small function in C.

    Args:
        asks: with ? where it has branches; else with if.
        spelled: what it is called, if not by its own name.
    """
    small = SMALL_FUNCTIONS[name]
    listed = ", ".join(f"{ctype} {p}" for p in small.parameters)
    body = f"  return {small.body};\n" if asks else _branches(small.body)
    return f"{ctype} {spelled or name}({listed}) {{\n{body}}}\n"


def _branches(body: str) -> str:
    """Write conditionals as branches that return."""
    test, asks, rest = body.partition(" ? ")
    if not asks:
        return f"  return {body};\n"
    value, _, other = rest.partition(" : ")
    if " ? " in other:
        other = other[1:-1]  # its parentheses
    return f"  if ({test})\n    return {value};\n" + _branches(other)


@cache
def _syntax(name: str, ctype: str, asks: bool) -> Ast:
    text = definition(name, ctype, asks=asks)
    return definitions_of(text).functions[name]


class Library:
    """What one author keeps at hand; remembers what was used."""

    def __init__(self, r: Dice, style: Style):
        self.style = style
        self.macros = style.asks and r.random() < TASTE.library_macros
        self.head = r.choice(_HEADS)
        self.end = r.choice(_ENDINGS)
        self.texts: dict[str, str] = {}  # by how it is called
        self.functions: dict[str, Ast] = {}

    def call(self, name: str, *args: Expression) -> Expression:
        """Call a small function, which is defined when it is first used."""
        if self.macros:
            spelled = name.upper()
            ast = self._expand(name, spelled, args)
        else:
            spelled = name + self.end
            ast = self._apply(name, spelled, args)
        lo, hi = SMALL_FUNCTIONS[name].bounds(*args)
        text = f"{spelled}({', '.join(a.text for a in args)})"
        return Expression(text, ATOM, lo, hi, ast)

    def _expand(
        self, name: str, spelled: str, args: tuple[Expression, ...]
    ) -> Ast:
        """Define a macro; returns the syntax of what its call expands to."""
        small = SMALL_FUNCTIONS[name]
        body = re.sub(r"\b[a-z]\b", r"(\g<0>)", small.body)
        listed = ", ".join(small.parameters)
        self.texts[spelled] = f"#define {spelled}({listed}) ({body})\n"
        given = {p: a.ast for p, a in zip(small.parameters, args, strict=True)}
        block = _syntax(name, self.style.scalar, self.style.asks).data[2]
        (returned,) = block.kids
        (value,) = returned.kids
        return Ast("group", (replaced(value, given),))

    def _apply(
        self, name: str, spelled: str, args: tuple[Expression, ...]
    ) -> Ast:
        """Define a function; returns the syntax of its call."""
        style = self.style
        text = definition(name, style.ctype, asks=style.asks, spelled=spelled)
        self.texts[spelled] = self.head + text
        self.functions[spelled] = _syntax(name, style.scalar, style.asks)
        return Ast("call", tuple(a.ast for a in args), spelled)

    def define(self, name: str, text: str, syntax: Ast) -> None:
        """Keep a function at hand that is not one of the small ones."""
        self.texts.setdefault(name, text)
        self.functions[name] = syntax

    def before(self, text: str) -> str:
        """Write the definitions that a text needs before it."""
        # what is called comes before what calls it
        for name, defined in reversed(self.texts.items()):
            if not re.search(rf"\b{name}\(", text):
                continue
            is_macro = defined.startswith("#")
            text = defined + text if is_macro else f"{defined}\n{text}"
        return text


def replaced(ast: Ast, by: dict[str, Ast]) -> Ast:
    """Return an expression with others in place of names, as a macro's arguments are."""
    if ast.kind == "name":
        return by.get(ast.data, ast)
    if not ast.kids:
        return ast
    return ast._replace(kids=tuple(replaced(kid, by) for kid in ast.kids))
