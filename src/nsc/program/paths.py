"""An lvalue -> the parameter that it reaches into, and the steps on the way.

In: expressions of one function. Out: `Path`s; of an index, the range of values that it
can have. Non-goals: what is done there (reads_and_writes.py); pointers that are copied
to variables.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import NamedTuple

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.syntax import (
    Scope,
    child,
    constant,
    declared_name,
    operator_of,
    optional_child,
    text_of,
)

Range = tuple[int, int]  # of indices, both ends included
Step = str | Range | None  # a field, a range of indices, or an index nobody knows
_NULL = ("NULL", "0")
FIRST: Range = (0, 0)  # `*p` and `p->` reach what p[0] does


class Path(NamedTuple):
    """A place reached from a parameter; without steps it is the pointer itself."""

    parameter: str
    steps: tuple[Step, ...]

    def then(self, *steps: Step) -> Path:
        return Path(self.parameter, self.steps + steps)


class Counter(NamedTuple):
    """A variable that counts a loop, and the values that it has in its body."""

    name: str
    values: Range


@dataclass
class Paths:
    """Where the expressions of one function lead.

    Args:
        parameters: the names that paths start from.
        scope: for constants in indices.
        counters: what the loops around, or before, count with.
    """

    parameters: Container[str]
    scope: Scope
    counters: dict[str, Range] = field(default_factory=dict[str, Range])

    def reached(self, lvalue: Node) -> Path | None:
        """Read `p->a.b[i]` as ("p", ((0, 0), "a", "b", range of i)), `p` as ("p", ()).

        None where it starts from no parameter.
        """
        node = without_parentheses(lvalue)
        kind = node.type
        if kind == "identifier":
            name = text_of(node)
            return Path(name, ()) if name in self.parameters else None
        if kind == "field_expression":
            return self._field(node)
        if kind == "subscript_expression":
            array = self.reached(child(node, "argument"))
            index = child(node, "index")
            return array and array.then(self.index_range(index))
        if is_dereference(node):
            return self._dereferenced(without_parentheses(child(node, "argument")))
        return None

    def _field(self, node: Node) -> Path | None:
        inner = self.reached(child(node, "argument"))
        if inner is None:
            return None
        name = text_of(child(node, "field"))
        is_arrow = operator_of(node) == "->"
        return inner.then(FIRST, name) if is_arrow else inner.then(name)

    def _dereferenced(self, pointer: Node) -> Path | None:
        """Read what a star stands before: `p`, `p + i`, `p++`."""
        if pointer.type == "binary_expression":
            base = self.reached(child(pointer, "left"))
            if base is not None and operator_of(pointer) == "+":
                offset = child(pointer, "right")
                return base.then(self.index_range(offset))
        if pointer.type == "update_expression":
            moved = self.reached(child(pointer, "argument"))
            return moved and moved.then(None)
        inner = self.reached(pointer)
        return inner and inner.then(FIRST)

    def handed_on(self, argument: Node) -> Path | None:
        """Read an argument that hands a parameter's object on: `p`, `&p->a`, `&p[3]`.

        Returns:
            The path of the pointer: `&p[0]` is `p`.
        """
        node = without_parentheses(argument)
        if node.type == "identifier":
            return self.reached(node)
        if node.type != "pointer_expression" or is_dereference(node):
            return None
        reached = self.reached(child(node, "argument"))
        if reached is not None and reached.steps[-1:] == (FIRST,):
            return Path(reached.parameter, reached.steps[:-1])
        return reached

    def only_tests(self, around: Node, node: Node) -> bool:
        """Say whether a pointer is only asked whether it is null: `!p`, `p && ...`.

        No program is handed a null pointer, so that nothing depends on the answer.

        Args:
            around: the node right around it.
        """
        inner = without_parentheses(node)
        if inner.type != "identifier" or text_of(inner) not in self.parameters:
            return False
        if around.type == "unary_expression":
            return operator_of(around) == "!"
        if around.type in ("if_statement", "conditional_expression"):
            return optional_child(around, "condition") == node
        if around.type != "binary_expression":
            return False
        sides = (child(around, "left"), child(around, "right"))
        other = without_parentheses(sides[0] if sides[1] == node else sides[1])
        operator = operator_of(around)
        is_compared = operator in ("==", "!=") and text_of(other) in _NULL
        return is_compared or operator in ("&&", "||")

    def index_range(self, index: Node) -> Range | None:
        """Bound an index by interval arithmetic over constants and loop counters."""
        node = without_parentheses(index)
        if node.type == "identifier" and text_of(node) in self.counters:
            return self.counters[text_of(node)]
        value = constant_or_none(node, self.scope)
        if value is not None:
            return value, value
        if node.type != "binary_expression":
            return None
        left = self.index_range(child(node, "left"))
        right = self.index_range(child(node, "right"))
        if left is None or right is None:
            return None
        return _combined(operator_of(node), left, right)


def _combined(operator: str, left: Range, right: Range) -> Range | None:
    """Return the values of `a + b`, `a - b` or `a * b`; None for other operators."""
    if operator == "+":
        ends = [a + b for a in left for b in right]
    elif operator == "-":
        ends = [a - b for a in left for b in right]
    elif operator == "*":
        ends = [a * b for a in left for b in right]
    else:
        return None
    return min(ends), max(ends)


def without_parentheses(node: Node) -> Node:
    """Return what stands inside parentheses."""
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    return node


def is_dereference(node: Node) -> bool:
    """Tell `*p` from `&p`, which is of the same kind."""
    return node.type == "pointer_expression" and node.children[0].type == "*"


def constant_or_none(node: Node, scope: Scope) -> int | None:
    try:
        return constant(node, scope)
    except Refusal:
        return None


def counter_of(loop: Node, scope: Scope) -> Counter | None:
    """Read `for (i = a; i < b; i++)` (and <=, >, >=, !=, any update) as i in a..b-1.

    None where a bound is not constant.
    """
    start = optional_child(loop, "initializer")
    test = optional_child(loop, "condition")
    if start is None or test is None or test.type != "binary_expression":
        return None
    if start.type == "declaration":
        declarator = child(start, "declarator")
        name = declared_name(declarator)
        first = optional_child(declarator, "value")
    else:
        name = text_of(optional_child(start, "left") or start)
        first = optional_child(start, "right")
    if first is None or text_of(child(test, "left")) != name:
        return None
    a = constant_or_none(first, scope)
    b = constant_or_none(child(test, "right"), scope)
    if a is None or b is None:
        return None
    values = _values_between(a, operator_of(test), b)
    return Counter(name, values) if values is not None else None


def _values_between(first: int, operator: str, bound: int) -> Range | None:
    """Return the values that a counter has from `first` on while the test holds."""
    if operator in ("<", "!=") and first < bound:
        return first, bound - 1
    if operator == "<=" and first <= bound:
        return first, bound
    if operator == ">" and first >= bound:
        return bound + 1, first
    if operator == ">=" and first >= bound:
        return bound, first
    return None
