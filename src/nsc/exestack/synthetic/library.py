"""Small functions that real code keeps at hand: minimum, clamp, square, length; as
macros or static functions.

In: arguments. Out: calls of them; the text and syntax of those that were used.
Non-goals: functions with a random body (functions.py).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from nsc.exestack.synthetic.expressions import ATOM, Dice, Expression, Style
from nsc.symbolic import Ast, definitions_of

Bounds = tuple[float, float]


class Ready(NamedTuple):
    """A small function: its parameters, single letters; its value in C; the bounds of
    its value.
    """

    parameters: str
    body: str
    bounds: Callable[..., Bounds]


def _reach(*args: Expression) -> float:
    return max(max(abs(a.lo), abs(a.hi)) for a in args)


def _square(a: Expression) -> Bounds:
    return 0.0, _reach(a) ** 2


_READY = {
    "min": Ready(
        "ab", "a < b ? a : b", lambda a, b: (min(a.lo, b.lo), min(a.hi, b.hi))
    ),
    "max": Ready(
        "ab", "a > b ? a : b", lambda a, b: (max(a.lo, b.lo), max(a.hi, b.hi))
    ),
    "clamp": Ready("xab", "x < a ? a : (x > b ? b : x)", lambda x, a, b: (a.lo, b.hi)),
    "sq": Ready("x", "x * x", _square),
    "cube": Ready("x", "x * x * x", lambda x: (-(_reach(x) ** 3), _reach(x) ** 3)),
    "abs": Ready("x", "x < 0 ? -x : x", lambda x: (0.0, _reach(x))),
    "sign": Ready("x", "x < 0 ? -1 : 1", lambda x: (-1.0, 1.0)),
    "fract": Ready("x", "x - floor(x)", lambda x: (0.0, 1.0)),
    "ramp": Ready(
        "abx",
        "x <= a ? 0 : (x < b ? (x - a) / (b - a) : 1)",
        lambda a, b, x: (0.0, 1.0),
    ),
    "step": Ready("ax", "x < a ? 0 : 1", lambda a, x: (0.0, 1.0)),
    "lerp": Ready(
        "abt",
        "a + t * (b - a)",
        lambda a, b, t: (-3 * _reach(a, b, t), 3 * _reach(a, b, t)),
    ),
    "mix": Ready(
        "abt",
        "(1 - t) * a + t * b",
        lambda a, b, t: (-3 * _reach(a, b, t), 3 * _reach(a, b, t)),
    ),
    "dot": Ready(
        "abcd",
        "a * c + b * d",
        lambda *args: (-2 * _reach(*args) ** 2, 2 * _reach(*args) ** 2),
    ),
    "cross": Ready(
        "abcd",
        "a * d - b * c",
        lambda *args: (-2 * _reach(*args) ** 2, 2 * _reach(*args) ** 2),
    ),
    "len": Ready(
        "xy", "sqrt(x * x + y * y)", lambda x, y: (0.0, math.sqrt(2.0) * _reach(x, y))
    ),
    "lensq": Ready("xy", "x * x + y * y", lambda x, y: (0.0, 2 * _reach(x, y) ** 2)),
}


def _written(spelled: str, ready: Ready, ctype: str, *, asks: bool) -> str:
    listed = ", ".join(f"{ctype} {p}" for p in ready.parameters)
    body = f"  return {ready.body};\n" if asks else _branches(ready.body)
    return f"{ctype} {spelled}({listed}) {{\n{body}}}\n"


def _branches(body: str) -> str:
    """Write conditionals as branches that return."""
    test, asks, rest = body.partition(" ? ")
    if not asks:
        return f"  return {body};\n"
    value, _, other = rest.partition(" : ")
    return f"  if ({test})\n    return {value};\n" + _branches(
        other[1:-1] if " ? " in other else other
    )


@cache
def _syntax(name: str, ctype: str, asks: bool) -> Ast:
    return definitions_of(_written(name, _READY[name], ctype, asks=asks)).functions[
        name
    ]


ARGUMENTS = {name: ready.parameters for name, ready in _READY.items()}


class Library:
    """What one author keeps at hand; remembers what was used."""

    def __init__(self, r: Dice, style: Style):
        self.style = style
        self.macros = style.asks and r.random() < 0.6
        self.head = r.choice(("static ", "static inline ", "static inline "))
        self.end = r.choice(("_f", "f", "2", "_val", "_ff", "_real"))
        self.texts: dict[str, str] = {}  # by how it is called
        self.functions: dict[str, Ast] = {}

    def call(self, name: str, *args: Expression) -> Expression:
        """Call a small function, which is defined when it is first used."""
        asks = self.style.asks
        ready = _READY[name]
        syntax = _syntax(name, self.style.scalar, asks)
        spelled = name.upper() if self.macros else name + self.end
        if self.macros:
            body = re.sub(r"\b[a-z]\b", r"(\g<0>)", ready.body)
            self.texts[spelled] = (
                f"#define {spelled}({', '.join(ready.parameters)}) ({body})\n"
            )
            given = {p: a.ast for p, a in zip(ready.parameters, args, strict=True)}
            ast = Ast("group", (replaced(syntax.data[2].kids[0].kids[0], given),))
        else:
            self.texts[spelled] = self.head + _written(
                spelled, ready, self.style.ctype, asks=asks
            )
            self.functions[spelled] = syntax
            ast = Ast("call", tuple(a.ast for a in args), spelled)
        lo, hi = ready.bounds(*args)
        return Expression(
            f"{spelled}({', '.join(a.text for a in args)})", ATOM, lo, hi, ast
        )

    def before(self, text: str) -> str:
        """Write the definitions that a text needs before it."""
        # what is called comes before what calls it
        for name, definition in reversed(self.texts.items()):
            if re.search(rf"\b{name}\(", text):
                text = (
                    f"{definition}\n{text}"
                    if definition[0] != "#"
                    else definition + text
                )
        return text


def replaced(ast: Ast, by: dict[str, Ast]) -> Ast:
    """Return an expression with others in place of names, as a macro's arguments are."""
    if ast.kind == "name":
        return by.get(ast.data, ast)
    return (
        ast._replace(kids=tuple(replaced(kid, by) for kid in ast.kids))
        if ast.kids
        else ast
    )
