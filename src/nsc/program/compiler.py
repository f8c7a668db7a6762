"""What every pass over a function's nodes shares: expressions, variables, their scope.

In: how nodes are compiled. Out: `Compiler`. Non-goals: any kind of node
(expressions.py, statements.py, loops.py, calls.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from nsc.program.effects import Effects, Machine, Value, tested
from nsc.program.paths import Pointers, Range
from nsc.program.whole_numbers import is_integer
from nsc.syntax import Array, CType, Pointer, Scalar, Scope

Run = Callable[[Machine], Value]
LVALUES = ("subscript_expression", "field_expression", "pointer_expression")


@dataclass(frozen=True)
class Expression:
    """What an expression does, and its type; None if that is unknown."""

    type: CType | None
    run: Run


@dataclass(frozen=True)
class Variable:
    """A parameter or local variable.

    Args:
        key: another one for each declaration.
        type: as declared; an array that is a parameter is a pointer.
        is_followed: whether what it holds is known: it is a pointer or an integer, and
            nothing points to it.
    """

    key: str
    type: CType | None
    is_followed: bool


@dataclass(frozen=True)
class Place:
    """An lvalue: a variable, or where `run` leads."""

    type: CType | None
    run: Callable[[Machine], Pointers]
    variable: Variable | None = None


class Compiler:
    """Makes `Expression`s of the nodes of one function.

    Args:
        rule_of: how a kind of node is compiled.
        scope: types and constants in sight; local ones are added.
        effects_of: what is known of a function that is called, by its name.
        pointed_to: names whose address is taken.
        file_level: the types of the file-level variables that may change.
    """

    def __init__(
        self,
        rule_of: Callable[[Node], Rule],
        scope: Scope,
        effects_of: Callable[[str], Effects | None],
        pointed_to: frozenset[str],
        file_level: Mapping[str, CType | None],
    ):
        self.rule_of = rule_of
        self.scope = scope
        self.effects_of = effects_of
        self.pointed_to = pointed_to
        self.file_level = file_level
        self.blocks: list[dict[str, Variable]] = [{}]
        self.pointers_used = (
            0  # how often; a loop without any is done but once
        )

    def compile(self, node: Node) -> Expression:
        return self.rule_of(node)(self, node)

    def number(self, node: Node) -> Run:
        """Compile what must not be a pointer that is followed: one is lost there."""
        return as_number(self.compile(node), node)

    def condition(self, node: Node) -> Run:
        """Compile what is asked whether it is zero, or a null pointer."""
        made = self.compile(node)
        return lambda m: tested(made.run(m))

    def variable(self, name: str) -> Variable | None:
        for block in reversed(self.blocks):
            if name in block:
                return block[name]
        return None

    def enter(self, name: str, key: str, ctype: CType | None) -> Variable:
        """Enter a variable into the innermost block."""
        can_be = isinstance(ctype, Pointer) or is_integer(ctype)
        made = Variable(key, ctype, can_be and name not in self.pointed_to)
        self.blocks[-1][name] = made
        return made


Rule = Callable[[Compiler, Node], Expression]


def as_number(made: Expression, node: Node) -> Run:
    """Lose what an expression is, if it is a pointer."""
    run = made.run
    if isinstance(made.type, Scalar) or run is nothing:
        return run

    def checked(m: Machine) -> Value:
        value = run(m)
        if isinstance(value, frozenset):
            m.lose(value, node)
            return None
        return value

    return checked


def nothing(m: Machine) -> Value:
    """Do nothing."""
    return None


def no_access(c: Compiler, node: Node) -> Expression:
    """Compile what reads no object, or is not evaluated."""
    return Expression(None, nothing)


def children_in_order(c: Compiler, node: Node) -> Expression:
    made: list[Run] = []
    for inner in node.named_children:
        run = c.number(inner)
        if run is not nothing:
            made.append(run)
    return Expression(None, in_order(made))


def in_order(parts: list[Run]) -> Run:
    if not parts:
        return nothing
    if len(parts) == 1:
        return parts[0]

    def run(m: Machine) -> Value:
        for part in parts:
            part(m)
        return None

    return run


def without_parentheses(node: Node) -> Node:
    while node.type == "parenthesized_expression" and node.named_children:
        if statements_in(node) is not None:
            break
        node = node.named_children[0]
    return node


def statements_in(node: Node) -> Node | None:
    """Return the block of a statement expression, `({ ... })`, which is no operand."""
    inner = [n for n in node.named_children if n.type == "compound_statement"]
    return inner[0] if inner else None


def is_dereference(node: Node) -> bool:
    """Tell `*p` from `&p`, which is of the same kind."""
    return node.type == "pointer_expression" and node.children[0].type == "*"


def is_address(node: Node) -> bool:
    return node.type == "pointer_expression" and not is_dereference(node)


def pointee_of(ctype: CType | None) -> CType | None:
    if isinstance(ctype, Array):
        return ctype.of
    return ctype.to if isinstance(ctype, Pointer) else None


def as_range(value: Value) -> Range | None:
    return value if isinstance(value, tuple) else None


def statement(run: Run) -> Expression:
    return Expression(None, run)
