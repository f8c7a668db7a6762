"""Which numbers decide how long loops run, and how large arrays are.

In: a program's source. Out: `Reach`: places of numbers in it. Non-goals: what a
smaller one would do, which running tells.

Variables are told apart by name alone, and a value is followed through assignments and
arguments whatever the order: too much is found rather than too little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

from nsc.syntax import (
    child,
    declared_name,
    optional_child,
    parameters_of,
    syntax_tree,
    text_of,
    walk,
)

_LOOPS = ("for_statement", "while_statement", "do_statement")
_LEAVES = ("break_statement", "return_statement", "goto_statement")


@dataclass(frozen=True)
class Reach:
    """Places of numbers in a source.

    Args:
        bounds: of those that reach a loop's condition.
        extents: of those that reach an array's extent.
    """

    bounds: frozenset[int]
    extents: frozenset[int]


@dataclass
class _Values:
    """What variables are given, by their names."""

    given: dict[str, list[Node]] = field(default_factory=dict[str, list[Node]])
    parameters: dict[str, list[str]] = field(
        default_factory=dict[str, list[str]]
    )

    def add(self, name: str, value: Node | None) -> None:
        if name and value is not None:
            self.given.setdefault(name, []).append(value)


def reach_of(source: str) -> Reach:
    """Follow the values of variables back from loops' conditions and from extents."""
    root = syntax_tree(source)
    values = _Values()
    nodes = list(walk(root))
    for node in nodes:
        if node.type == "function_definition":
            name = declared_name(optional_child(node, "declarator"))
            values.parameters[name] = [
                declared_name(optional_child(p, "declarator"))
                for p in parameters_of(node)
            ]
    for node in nodes:
        _note_values(node, values)
    conditions = [c for node in nodes for c in _conditions(node)]
    conditions += [c for node in nodes for c in _ends_of_recursion(node)]
    sizes = [
        size
        for node in nodes
        if node.type == "array_declarator"
        and (size := optional_child(node, "size")) is not None
    ]
    return Reach(_reached(conditions, values), _reached(sizes, values))


def _note_values(node: Node, values: _Values) -> None:
    """Note what a node gives to which variables."""
    if node.type == "init_declarator":
        values.add(declared_name(node), optional_child(node, "value"))
    elif node.type == "enumerator":
        name = text_of(child(node, "name"))
        values.add(name, optional_child(node, "value"))
    elif node.type == "assignment_expression":
        values.add(_changed(child(node, "left")), child(node, "right"))
    elif node.type == "call_expression":
        _note_arguments(node, values)


def _changed(left: Node) -> str:
    """Name the variable that an assignment changes, an element standing for all."""
    while left.type in ("subscript_expression", "parenthesized_expression"):
        inner = optional_child(left, "argument")
        if inner is None:
            return ""
        left = inner
    if left.type == "field_expression":
        left = child(left, "field")
    return text_of(left) if left.type.endswith("identifier") else ""


def _note_arguments(call: Node, values: _Values) -> None:
    function = text_of(child(call, "function"))
    names = values.parameters.get(function, [])
    given = [
        n for n in child(call, "arguments").named_children
        if n.type != "comment"
    ]  # fmt: skip
    for name, argument in zip(names, given, strict=False):
        values.add(name, argument)


def _conditions(node: Node) -> Iterator[Node]:
    """Yield what decides when a loop ends."""
    if node.type not in _LOOPS:
        return
    condition = optional_child(node, "condition")
    if condition is not None:
        yield condition
    for inner in walk(node):
        leaves = inner.type == "if_statement" and any(
            n.type in _LEAVES for n in walk(child(inner, "consequence"))
        )
        if leaves:
            yield child(inner, "condition")


def _ends_of_recursion(node: Node) -> Iterator[Node]:
    """Yield what decides when a function no longer calls itself."""
    if node.type != "function_definition":
        return
    name = declared_name(optional_child(node, "declarator"))
    inner = list(walk(node))
    calls_itself = any(
        n.type == "call_expression" and text_of(child(n, "function")) == name
        for n in inner
    )
    if calls_itself:
        for n in inner:
            if n.type in ("if_statement", "conditional_expression"):
                yield child(n, "condition")


def _reached(seeds: list[Node], values: _Values) -> frozenset[int]:
    found: set[int] = set()
    seen: set[str] = set()
    todo = list(seeds)
    while todo:
        for node in walk(todo.pop()):
            if node.type == "number_literal":
                found.add(node.start_byte)
            elif node.type in ("identifier", "field_identifier"):
                name = text_of(node)
                if name not in seen:
                    seen.add(name)
                    todo += values.given.get(name, [])
    return frozenset(found)
