"""Whether an expression is floating, told without evaluating it: the side of a choice
that is not taken counts too.

In: an `Ast`, the evaluator in whose scopes it stands. Out: a bool. Non-goals: its
value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsc.refusal import Refusal
from nsc.symbolic import calls
from nsc.symbolic.ast import Ast
from nsc.symbolic.memory import State
from nsc.syntax import Scalar

if TYPE_CHECKING:
    from nsc.symbolic.expressions import Evaluator


# kinds that have the type of one child
_OF_ONE_SIDE = {"group": 0, "comma": 1, "assign": 0, "update": 0}
_LVALUES = ("name", "member", "index", "dereference")


def is_floating(e: Evaluator, ast: Ast, state: State) -> bool:
    """Say whether C gives an expression a floating type; nothing that it does is done."""
    kind = ast.kind
    if kind == "number":
        return not ast.data[1]
    if kind == "cast":
        return isinstance(ast.data, Scalar) and ast.data.kind == "float"
    if kind in _OF_ONE_SIDE:
        return is_floating(e, ast.kids[_OF_ONE_SIDE[kind]], state)
    if kind == "unary":
        return ast.data in ("+", "-") and is_floating(e, ast.kids[0], state)
    if kind == "binary":
        return ast.data in ("+", "-", "*", "/") and any(
            is_floating(e, kid, state) for kid in ast.kids
        )
    if kind == "conditional":
        return any(is_floating(e, kid, state) for kid in ast.kids[1:])
    if kind == "call":
        return _gives_floating(e, ast.data)
    return kind in _LVALUES and _holds_floating(e, ast, state)


def _gives_floating(e: Evaluator, name: str) -> bool:
    defined = e.functions.get(name)
    if defined is None:
        return calls.is_floating(name)
    result = defined.data[1] if defined.kind == "function" else None
    return isinstance(result, Scalar) and result.kind == "float"


def _holds_floating(e: Evaluator, ast: Ast, state: State) -> bool:
    try:
        held = e.place(ast, state.copy()).type
    except Refusal:
        return False
    return isinstance(held, Scalar) and held.kind == "float"
