"""Integer constant expressions -> their values.

In: tree-sitter nodes, a `Scope` for enumerators. Out: int. Non-goals: constants of
other types; the width of integers.
"""

from __future__ import annotations

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.syntax.scope import Scope
from nsc.syntax.tree import child, operator_of, text_of
from nsc.text import INTEGER_BINARY, INTEGER_UNARY, integer_literal


def constant(node: Node, scope: Scope) -> int:
    """Evaluate an integer constant expression.

    Raises:
        Refusal: `not_constant`, at the first part that is not.
    """
    kind = node.type
    if kind in ("number_literal", "char_literal"):
        value = integer_literal(text_of(node))
        if value is not None and value < 2**64:
            return value
    elif kind == "identifier" and text_of(node) in scope.constants:
        return scope.constants[text_of(node)]
    elif kind == "parenthesized_expression":
        return constant(node.named_children[0], scope)
    elif kind == "unary_expression":
        unary = INTEGER_UNARY.get(operator_of(node))
        if unary is not None:
            return unary(constant(child(node, "argument"), scope))
    elif kind == "binary_expression":
        left = constant(child(node, "left"), scope)
        binary = INTEGER_BINARY.get(operator_of(node))
        if binary is not None:
            return _small(
                binary(left, constant(child(node, "right"), scope)), node
            )
    elif kind == "conditional_expression":
        holds = constant(child(node, "condition"), scope)
        chosen = "consequence" if holds else "alternative"
        return constant(child(node, chosen), scope)
    raise Refusal(
        "not_constant", f"'{text_of(node)}' is not an integer constant", node
    )


def _small(value: int, node: Node) -> int:
    """Return a value that some type of C holds.

    Raises:
        Refusal: `not_constant`, it has more than 64 bits.
    """
    if -(2**63) <= value < 2**64:
        return value
    what = "this integer constant does not fit into 64 bits"
    raise Refusal("not_constant", what, node)
