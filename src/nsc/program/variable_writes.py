"""Which file-level and static variables a function writes, by any route that is followed.

In: `ReadsAndWrites`, functions, closures. Out: names with refusals that say where; the
variables whose addresses go where they are not followed. Non-goals: whether a write is
allowed (static_storage.py).
"""

from __future__ import annotations

from tree_sitter import Node

from nsc.program.closure import Closure
from nsc.program.effects import Effects
from nsc.program.paths import variable_of
from nsc.program.reads_and_writes import ReadsAndWrites
from nsc.refusal import Refusal
from nsc.syntax import Item, child, facts_of, optional_child, text_of


def writes_of(
    uses: ReadsAndWrites, function: Item
) -> list[tuple[str, Refusal]]:
    """List what a function writes that outlives it: by name, then by pointers.

    Where its pointers cannot be followed, what a local pointer was set to is written
    with it.

    Returns:
        Names, and refusals that count from the start of the function's part.
    """
    if function.kind != "function":
        return []
    facts = facts_of(function)
    found = list(facts.writes)
    if not facts.writes_by_pointer and not _may_point(uses, function):
        return found
    effects = _effects(uses, function)
    if effects is None:
        return [*found, *facts.writes_by_pointer]
    named = {name for name, _ in found}
    return found + [
        (name, Refusal("writes_global", _said(name, node), node))
        for name, node in effects.variables.items()
        if name not in named
    ]


def unfollowed(
    uses: ReadsAndWrites, closure: Closure
) -> dict[str, tuple[Item, Node]]:
    """Find the file-level variables whose addresses go where nobody looks.

    They may be written there. What an initialiser points to is among them.

    Returns:
        For each the item and the node where it is lost first.
    """
    found: dict[str, tuple[Item, Node]] = {}
    for item in closure.items:
        for name, node in _lost(uses, item).items():
            found.setdefault(name, (item, node))
    return found


def _lost(uses: ReadsAndWrites, item: Item) -> dict[str, Node]:
    used = facts_of(item).used
    if item.kind == "variable":
        return used
    if item.kind != "function" or not _may_point(uses, item):
        return {}
    effects = _effects(uses, item)
    if effects is None:
        return used
    roots = ((variable_of(root), node) for root, node in effects.lost.items())
    return {name: node for name, node in roots if name is not None}


def _said(name: str, node: Node) -> str:
    how = "through a pointer to it"
    if node.type == "call_expression":
        callee = text_of(child(node, "function"))
        how = f"by '{callee}', to which its address is passed"
    return f"the file-level variable '{name}' is written, {how}"


def _effects(uses: ReadsAndWrites, function: Item) -> Effects | None:
    """Return what a function does; None where it is not followed."""
    try:
        return uses.of(function)
    except Refusal:
        return None


def _may_point(uses: ReadsAndWrites, function: Item) -> bool:
    """Say whether a function can have a pointer to a file-level variable by itself."""
    if uses.variables_among(facts_of(function).used):
        return True
    callees = map(uses.module.function, uses.module.callees(function))
    return any(c is not None and c.once(_may_return_pointer) for c in callees)


def _may_return_pointer(function: Node) -> bool:
    declarator = optional_child(function, "declarator")
    result = optional_child(function, "type")
    is_plain = result is not None and result.type == "primitive_type"
    is_pointer = declarator is None or declarator.type == "pointer_declarator"
    return is_pointer or not is_plain
