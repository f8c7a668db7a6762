"""Whether an expression is floating, told without evaluating it.

The side of a choice that is not taken counts too: `1 ? 2 : x` is 2.0. In: an `Ast`, the
machine in whose scopes it stands. Out: a bool. Non-goals: its value.
"""

from __future__ import annotations

from collections.abc import Callable

from nsc.refusal import Refusal
from nsc.symbolic import calls
from nsc.symbolic.ast import STATEMENT_KINDS, Ast
from nsc.symbolic.machine import Machine
from nsc.symbolic.states import State
from nsc.symbolic.values import is_floating_type

FloatingRule = Callable[[Machine, Ast, State], bool]


def is_floating(machine: Machine, ast: Ast, state: State) -> bool:
    """Say whether C gives an expression a floating type; nothing that it does is done.

    Raises:
        Refusal: `unsupported_syntax`, no rule knows this kind.
    """
    rule = FLOATING.get(ast.kind)
    if rule is None:
        message = f"the type of '{ast.kind}' is not known"
        raise Refusal("unsupported_syntax", message, ast.at)
    return rule(machine, ast, state)


def _never(machine: Machine, ast: Ast, state: State) -> bool:
    return False


def _number(machine: Machine, ast: Ast, state: State) -> bool:
    _, is_int = ast.data
    return not is_int


def _cast(machine: Machine, ast: Ast, state: State) -> bool:
    return is_floating_type(ast.data)


def _as_first(machine: Machine, ast: Ast, state: State) -> bool:
    return is_floating(machine, ast.kids[0], state)


def _as_second(machine: Machine, ast: Ast, state: State) -> bool:
    return is_floating(machine, ast.kids[1], state)


def _unary(machine: Machine, ast: Ast, state: State) -> bool:
    return ast.data in ("+", "-") and is_floating(machine, ast.kids[0], state)


def _binary(machine: Machine, ast: Ast, state: State) -> bool:
    if ast.data not in ("+", "-", "*", "/"):
        return False
    left, right = ast.kids
    return is_floating(machine, left, state) or is_floating(
        machine, right, state
    )


def _conditional(machine: Machine, ast: Ast, state: State) -> bool:
    _, yes, no = ast.kids
    return is_floating(machine, yes, state) or is_floating(machine, no, state)


def _call(machine: Machine, ast: Ast, state: State) -> bool:
    defined = machine.program.functions.get(ast.data)
    if defined is None:
        return calls.is_floating(ast.data)
    if defined.kind != "function":
        return False
    _, result, _ = defined.data
    return is_floating_type(result)


def _statements(machine: Machine, ast: Ast, state: State) -> bool:
    if ast.data is None:
        message = "the type of this expression is not known"
        raise Refusal("unsupported_syntax", message, ast.at)
    return is_floating_type(ast.data)


def _lvalue(machine: Machine, ast: Ast, state: State) -> bool:
    try:
        held = machine.place(ast, state.copy()).type
    except Refusal:
        return False
    return is_floating_type(held)


FLOATING: dict[str, FloatingRule] = {
    "number": _number,
    "string": _never,
    "name": _lvalue,
    "group": _as_first,
    "member": _lvalue,
    "index": _lvalue,
    "dereference": _lvalue,
    "address": _never,
    "unary": _unary,
    "binary": _binary,
    "assign": _as_first,
    "update": _as_first,
    "conditional": _conditional,
    "cast": _cast,
    "comma": _as_second,
    "literal": _never,
    "call": _call,
    "sizeof": _never,
    "statement_expression": _statements,
    "initialiser": _never,
    # what is left out of `x ?: y` comes as a block, which has no value
    **dict.fromkeys(STATEMENT_KINDS, _never),
}
