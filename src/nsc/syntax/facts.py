"""One item -> what it says by itself: the names it uses, what it calls and writes, what
in it is refused.

In: an `Item`. Out: `Survey`, read off its syntax tree in one walk and kept with the
item.
Non-goals: what the names stand for (closure.py), whether that is allowed (purity.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.syntax.sections import Item
from nsc.syntax.tree import declared_name, is_const, text_of
from nsc.text import HEADER_OF

_REFUSED_NODES = {
    "gnu_asm_expression": ("uses_asm", "inline assembly is not supported"),
    "seh_try_statement": ("not_standard_c", "structured exceptions are not standard C"),
    "offsetof_expression": ("uses_offsetof", "offsetof is not supported"),
    "attribute_declaration": (
        "uses_attributes",
        "attributes in [[ ]] are not supported: leave them out",
    ),
    "generic_expression": ("uses_generic", "_Generic is not supported"),
}
_REFUSED_NAMES = {
    "asm",
    "__asm__",
    "__asm",
    "_Pragma",
    "__pragma",
    "__has_include",
    "__has_embed",
    "__builtin_va_arg",
}
_NAME = re.compile(rb"(?<![\w.])[A-Za-z_]")
_BRANCHES = (
    "if_statement",
    "conditional_expression",
    "switch_statement",
    "while_statement",
    "for_statement",
    "do_statement",
)
_DECLARATIONS = ("declaration", "parameter_declaration", "type_definition")


@dataclass(frozen=True)
class Survey:
    """What an item says by itself. Refusals count from the start of the item's part.

    Args:
        identifiers: all names in it but those of types and fields.
        used: the names it uses but does not declare inside itself, each with its first
            node.
        calls: what it calls, as written.
        branches: whether anything in it depends on a condition.
        refused: constructs that are refused wherever they stand.
        writes: names written that are no local variable's, and the refusal if that is
            not allowed.
    """

    identifiers: frozenset[str]
    used: dict[str, Node]
    calls: frozenset[str]
    branches: bool
    refused: tuple[Refusal, ...]
    writes: tuple[tuple[str, Refusal], ...]


def survey(item: Item) -> Survey:
    """Read an item, once."""
    return item.once("survey", _survey)


def _survey(root: Node) -> Survey:
    nodes = _Nodes(root)
    return Survey(
        identifiers=frozenset(map(text_of, nodes.of("identifier"))),
        used=_used(nodes),
        calls=frozenset(
            text_of(call.child_by_field_name("function"))
            for call in nodes.of("call_expression")
        ),
        branches=bool(nodes.of(*_BRANCHES))
        or any(
            n.children[1].type in ("&&", "||") for n in nodes.of("binary_expression")
        ),
        refused=tuple(_refused(nodes)),
        writes=tuple(_writes(nodes)) if root.type == "function_definition" else (),
    )


class _Nodes:
    """The named nodes at and below one, by kind."""

    def __init__(self, root: Node):
        self.kinds: dict[str, list[tuple[int, Node]]] = {}
        todo = [root]
        number = 0
        while todo:
            node = todo.pop()
            self.kinds.setdefault(node.type, []).append((number, node))
            number += 1
            if node.named_child_count and not (
                node.type == "initializer_list" and not _NAME.search(node.text)
            ):
                # of a table of numbers there is nothing to say
                todo.extend(reversed(node.named_children))

    def of(self, *kinds: str) -> list[Node]:
        """List the nodes of some kinds, parents first, in the order of the text."""
        lists = [self.kinds[kind] for kind in kinds if kind in self.kinds]
        found = (
            lists[0]
            if len(lists) == 1
            else sorted((pair for pairs in lists for pair in pairs), key=_number)
        )
        return [node for _, node in found]


def _number(pair: tuple[int, Node]) -> int:
    return pair[0]


def _used(nodes: _Nodes) -> dict[str, Node]:
    names = set(_declared(nodes))
    tags = set(_tags(nodes))
    used: dict[str, Node] = {}
    for node in nodes.of(
        "identifier", "type_identifier", "primitive_type", "true", "false"
    ):
        name = text_of(node)
        # a tag and a variable may share a name
        is_declared = name in tags or (name in names and not _is_tag(node))
        if not is_declared and (node.type != "primitive_type" or name in HEADER_OF):
            used.setdefault(name, node)
    return used


def _is_tag(node: Node) -> bool:
    return node.type == "type_identifier" and node.parent.type in (
        "struct_specifier",
        "union_specifier",
    )


def _declared(nodes: _Nodes) -> Iterator[str]:
    for node in nodes.of(*_DECLARATIONS):
        yield from (declared_name(d) for d in node.children_by_field_name("declarator"))
    for node in nodes.of("enumerator"):  # labels have names of their own
        yield text_of(node.child_by_field_name("name"))


def _tags(nodes: _Nodes) -> Iterator[str]:
    for node in nodes.of("struct_specifier", "union_specifier"):
        tag = node.child_by_field_name("name")
        if tag is not None and node.child_by_field_name("body") is not None:
            yield text_of(tag)


def _refused(nodes: _Nodes) -> Iterator[Refusal]:
    for node in nodes.of(*_REFUSED_NODES, "type_qualifier", "identifier"):
        if node.type in _REFUSED_NODES:
            yield Refusal(*_REFUSED_NODES[node.type], node)
        elif node.type == "type_qualifier":
            if node.text == b"volatile" and not _is_inside_body(node):
                what = "a volatile object outside a function body may change by itself"
                yield Refusal("uses_volatile", what, node)
        elif text_of(node) in _REFUSED_NAMES:
            yield Refusal("uses_asm", f"'{text_of(node)}' is not supported", node)


def _is_inside_body(node: Node) -> bool:
    while node is not None and node.type != "compound_statement":
        node = node.parent
    return node is not None


def _writes(nodes: _Nodes) -> Iterator[tuple[str, Refusal]]:
    """Find writes to file-scope or static objects."""
    statics: set[str] = set()
    locals_: set[str] = set()
    for node in nodes.of("declaration", "parameter_declaration"):
        names = {declared_name(d) for d in node.children_by_field_name("declarator")}
        is_static = any(
            c.type == "storage_class_specifier" and c.text == b"static"
            for c in node.children
        )
        (statics if is_static and not is_const(node) else locals_).update(names)
    for node in nodes.of("assignment_expression", "update_expression"):
        target = node.child_by_field_name(
            "left" if node.type == "assignment_expression" else "argument"
        )
        name = _root_name(target)
        if name in statics:
            yield (
                name,
                Refusal(
                    "keeps_state", f"the static variable '{name}' is written", node
                ),
            )
        elif name is not None and name not in locals_:
            yield (
                name,
                Refusal(
                    "writes_global",
                    f"the file-level variable '{name}' is written",
                    node,
                ),
            )


def _root_name(node: Node | None) -> str | None:
    """Return the variable an lvalue starts from: `g.a[2]` gives "g"; through a pointer,
    none.
    """
    while node is not None:
        if node.type == "identifier":
            return text_of(node)
        if (
            node.type == "field_expression"
            and text_of(node.child_by_field_name("operator")) == "->"
        ):
            return None
        if node.type in ("field_expression", "subscript_expression"):
            node = node.child_by_field_name("argument")
        elif node.type == "parenthesized_expression":
            node = node.named_children[0]
        else:
            return None
    return None
