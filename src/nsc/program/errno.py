"""`errno`: it may be set, for no result depends on that; reading it is refused.

The sandbox's mathematics does not set it as another system's does, and the numbers
behind EDOM and its like differ from system to system.

In: items. Out: refusals, notes. Non-goals: other variables (static_storage.py).
"""

from __future__ import annotations

from collections.abc import Iterable

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.syntax import (
    Item,
    child,
    facts_of,
    operator_of,
    optional_child,
    text_of,
    walk,
)

_VALUES = ("identifier", "number_literal", "parenthesized_expression")


def errno_refusals(item: Item, name: str) -> list[Refusal]:
    """Refuse what reads `errno`, and error numbers that are not what it is set to.

    Args:
        name: `errno`, or an error number's.

    Returns:
        Refusals; offsets count from the start of the item's part.
    """
    refused: list[Refusal] = []
    for node in walk(item.node):
        if node.type != "identifier" or text_of(node) != name:
            continue
        if _is_set(node):
            continue
        if name == "errno":
            what = (
                "what 'errno' holds is read here, and mathematical functions set it on"
                " some systems only: test the arguments or the result instead (x < 0,"
                " isnan(y)); setting it by a statement of its own is fine"
            )
        else:
            what = (
                f"the number that '{name}' stands for differs from system to system:"
                " write a number of your own"
            )
        refused.append(Refusal("uses_errno", what, node))
    return refused


def _is_set(node: Node) -> bool:
    """Say whether a name stands in a statement like `errno = EDOM;`."""
    above = node.parent
    while above is not None and above.type == "parenthesized_expression":
        above = above.parent
    if above is None or above.type != "assignment_expression":
        return False
    if above.parent is None or above.parent.type != "expression_statement":
        return False
    return (
        operator_of(above) == "="
        and text_of(child(above, "left")) == "errno"
        and all(part.type in _VALUES for part in _parts(above))
    )


def _parts(assignment: Node) -> list[Node]:
    return [n for n in walk(child(assignment, "right")) if n.is_named]


def notes_on_errno(functions: Iterable[Item]) -> tuple[str, ...]:
    """Say that `errno` is left out, where functions set it."""
    for item in functions:
        if "errno" not in facts_of(item).used:
            continue
        for node in walk(item.node):
            left = (
                optional_child(node, "left")
                if node.type == "assignment_expression"
                else None
            )
            if left is not None and text_of(left) == "errno":
                return (
                    "what the program sets errno to is left out: no result depends on"
                    " it, and the surrogate does not set it",
                )
    return ()
