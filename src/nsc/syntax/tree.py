"""C text -> syntax trees, and what is read off a node alone.

In: text without directives. Out: tree-sitter nodes. Non-goals: file-scope items
(sections.py), types (types.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import tree_sitter_c
from tree_sitter import Language, Node, Parser

from nsc.syntax.casts import casts_as_calls
from nsc.syntax.parentheses import typedef_names, without_ambiguous_parentheses
from nsc.syntax.respelled import (
    TYPE_OF,
    with_products_as_values,
    with_types_of_expressions,
    without_unnamed_fields,
)

MAX_TREE_DEPTH = 250
_PARSER = Parser(Language(tree_sitter_c.language()))
_NAMES = ("identifier", "field_identifier", "type_identifier")
_DECLARATORS = ("declarator", "identifier")  # how the kinds of both end


class MalformedTree(Exception):
    """A tree without a part that C's grammar demands: a fault of nsc's, not the C's."""


def plain_tree(text: str) -> Node:
    """Parse text as it stands, directives included."""
    return _PARSER.parse(text.encode("latin-1", "replace")).root_node


def syntax_tree(text: str, types: Collection[str] | None = None) -> Node:
    """Parse C text, no product of which is read as a cast, and no cast as a product.

    A cast to a type's name may be a call of it.

    Args:
        text: without directives.
        types: the names that are types besides C's own; None for those that the text
            defines.

    Returns:
        The root node, which keeps its tree alive. Offsets are those of `text`.
    """
    if types is None:
        types = typedef_names(text)
    text = with_types_of_expressions(without_unnamed_fields(text), types)
    text = with_products_as_values(text, types)
    text = without_ambiguous_parentheses(text, types)
    return plain_tree(casts_as_calls(text, types))


def text_of(node: Node) -> str:
    """Return the text of a node."""
    text = node.text
    assert text is not None, "trees are made of bytes, and never edited"
    return text.decode("latin-1")


def child(node: Node, field: str) -> Node:
    """Return the child that the grammar always puts in a field.

    Raises:
        MalformedTree: it is not there. Where a field may be empty, ask
            `optional_child`.
    """
    found = node.child_by_field_name(field)
    if found is None:
        where = f"{node.type} at byte {node.start_byte}"
        raise MalformedTree(f"the {where} has no '{field}'")
    return found


def optional_child(node: Node, field: str) -> Node | None:
    """Return the child in a field, None if the field is empty."""
    return node.child_by_field_name(field)


def operator_of(node: Node) -> str:
    """Return the operator of an expression: "+=", "->", "&&"..."""
    return text_of(child(node, "operator"))


def declarators_of(node: Node) -> list[Node]:
    """List the declarators of a declaration: two in `float x, *y;`."""
    return node.children_by_field_name("declarator")


def parameters_of(function: Node) -> list[Node]:
    """List the parameter declarations of a function definition; `(void)` gives none."""
    declarator = optional_child(function, "declarator")
    while declarator is not None and declarator.type != "function_declarator":
        declarator = optional_child(declarator, "declarator")
    if declarator is None:
        return []
    listed = child(declarator, "parameters").named_children
    nodes = [node for node in listed if node.type != "comment"]
    if len(nodes) == 1 and text_of(nodes[0]) == "void":
        return []
    return nodes


def type_of_operand(specifier: Node) -> Node | None:
    """Return the expression whose type a specifier names; None if it is none such."""
    body = optional_child(specifier, "body")
    if specifier.type != "enum_specifier" or body is None:
        return None
    first = next(
        (n for n in body.named_children if n.type == "enumerator"), None
    )
    if first is None or text_of(child(first, "name")) != TYPE_OF:
        return None
    return optional_child(first, "value")


def is_const(node: Node) -> bool:
    """Say whether the specifiers of a declaration or parameter hold `const`."""
    return has_specifier(node, "type_qualifier", b"const")


def changing_declarators(declaration: Node) -> Iterator[Node]:
    """Yield the declarators of what may change: `const double *p` is no constant."""
    for declarator in declarators_of(declaration):
        holder = declaration
        inner: Node | None = declarator
        while inner is not None:
            if inner.type == "pointer_declarator":
                holder = inner
            inner = inner_of(inner)
        if not is_const(holder):
            yield declarator


def has_specifier(node: Node, kind: str, word: bytes) -> bool:
    """Say whether a declaration has a specifier, e.g. `static`."""
    return any(c.type == kind and c.text == word for c in node.children)


def is_too_deep(node: Node) -> bool:
    """Say whether a tree nests deeper than passes that recurse into it can go."""
    # every second level has a character of its own
    if node.end_byte - node.start_byte < MAX_TREE_DEPTH // 2:
        return False
    level = [node]
    for _ in range(MAX_TREE_DEPTH):
        level = [
            child
            for parent in level
            for child in parent.children
            if child.child_count
        ]
        if not level:
            return False
    return True


def declared_name(declarator: Node | None) -> str:
    """Return the name a declarator declares, "" if none."""
    while declarator is not None:
        is_own_bool = declarator.text == b"bool"  # `typedef int bool;`
        if declarator.type in _NAMES or is_own_bool:
            return text_of(declarator)
        declarator = optional_child(declarator, "declarator") or inner_of(
            declarator
        )
    return ""


def inner_of(declarator: Node) -> Node | None:
    """Return what a declarator without fields wraps: `*v` of `(*v)`."""
    inner = (
        c for c in declarator.named_children if c.type.endswith(_DECLARATORS)
    )
    return next(inner, None)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, parents first."""
    todo = [node]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(reversed(node.children))


def first_error(node: Node) -> Node | None:
    """Return the first syntax error at or below a node."""
    if not node.has_error:
        return None
    return next(
        (n for n in walk(node) if n.type == "ERROR" or n.is_missing), node
    )
