"""Expanded text -> the file-scope items of a translation unit.

In: `Expanded`. Out: `Module`: items with the names they define, and the type scope.
Non-goals: judging whether an item can become a surrogate (qualify.py), names inside bodies (closure.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any, TypeVar

import tree_sitter_c
from tree_sitter import Language, Node, Parser

from nsc.program.declare import Scope, is_const, scope_of, text_of
from nsc.program.expanded import Expanded
from nsc.program.macros import Macro

T = TypeVar("T")
_PARSER = Parser(Language(tree_sitter_c.language()))
_OPENING = re.compile(r"(?:(?<=[-+*/%=(,?:<>&|!{;~^\[])|(?<=\breturn)|(?<=\breturn )|(?<=[-+*/%=(,?:<>&|!{;~^\[] ))"
                      r"\(\s*([A-Za-z_]\w*)\s*(?=[()\[])")  # fmt: skip
_BRACKET_OR_STRING = re.compile(r"[()\[\]]|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?")
_OPERAND = re.compile(r"\s*[\w\"'{]")
_TYPEDEF_NAME = re.compile(r"\btypedef\b[^;{]*(?:\{[^{}]*\})?[^;{]*?\b(\w+)\s*(?:\[[^;]*\])?\s*;")
_TYPE_WORDS = frozenset(
    "void char short int long float double signed unsigned bool _Bool size_t float_t double_t".split()
) | {f"{u}int{bits}_t" for u in ("", "u") for bits in (8, 16, 32, 64)}
MAX_LONE_PARENTHESES = 32
_DECLARING = ("identifier", "field_identifier", "type_identifier")


@dataclass(frozen=True)
class Item:
    """One file-scope declaration.

    `kind`: "function", "prototype", "variable", "extern" (a variable that is defined elsewhere),
    "type" (typedef, struct, enum), "error" or "other".
    """

    kind: str
    defines: tuple[str, ...]
    node: Node = field(repr=False)
    start: int = 0
    end: int = 0
    constant: bool = False  # a variable declared const

    @property
    def name(self) -> str:
        return self.defines[0] if self.defines else ""


@dataclass
class Module:
    """A parsed file."""

    expanded: Expanded
    root: Node = field(repr=False)
    items: tuple[Item, ...] = ()
    known: dict[tuple[str, int], Any] = field(default_factory=dict, repr=False)  # by what, and Item.start

    @cached_property
    def scope(self) -> Scope:
        return scope_of(self.root)

    @cached_property
    def by_name(self) -> dict[str, list[Item]]:
        """Map each file-scope name to the items that define or declare it."""
        table: dict[str, list[Item]] = {}
        for item in self.items:
            for name in item.defines:
                table.setdefault(name, []).append(item)
        return table

    @cached_property
    def macros_used(self) -> list[tuple[int, Macro]]:
        """The calls of the user's macros, by where they stand in the original."""
        return sorted(self.expanded.used, key=itemgetter(0))

    def once(self, what: str, item: Item, make: Callable[[Item], T]) -> T:
        """Return `make(item)`, computed once per item."""
        key = what, item.start
        if key not in self.known:
            self.known[key] = make(item)
        return self.known[key]

    def functions(self) -> list[Item]:
        return [item for item in self.items if item.kind == "function"]

    def callees(self, function: Item) -> set[str]:
        """Return the functions of this file that a function calls."""
        return self.once("callees", function, self._callees)

    def _callees(self, function: Item) -> set[str]:
        calls = (node for node in walk(function.node) if node.type == "call_expression")
        names = {text_of(call.child_by_field_name("function")) for call in calls}
        return {name for name in names if self.function(name)}

    def function(self, name: str) -> Item | None:
        found = self.by_name.get(name, ())
        return next((item for item in found if item.kind == "function"), None)


def plain_tree(text: str) -> Node:
    """Parse text as it stands, directives included."""
    return _PARSER.parse(text.encode("latin-1", "replace")).root_node


def syntax_tree(text: str) -> Node:
    """Parse C text; the root node keeps its tree alive.

    Without types, `(a) * b` may be a cast of `*b` or a product, and `(f(x)) - b` a cast to a function.
    Parentheses around such an operand are blanked before parsing where its name is no type (same
    length, so offsets stay); not in `(a) b`, which can only be a cast.
    """
    types = _TYPE_WORDS | set(_TYPEDEF_NAME.findall(text))
    for _ in range(MAX_LONE_PARENTHESES):
        before, text = text, _without_lone_parentheses(text, types)
        if before == text:
            break
    return _PARSER.parse(text.encode("latin-1", "replace")).root_node


def _without_lone_parentheses(text: str, types: set[str]) -> str:
    """Blank the outer parentheses of `(a)`, `(f(x))`, `(v[i])`, `(g(x)[i](y))` where a, f, v, g are no types."""
    closing = _matching_brackets(text)
    out = list(text)
    for found in _OPENING.finditer(text):
        at = found.end()
        while at in closing:
            at = closing[at] + 1
            while text[at : at + 1].isspace():
                at += 1
        if text[at : at + 1] == ")" and found.group(1) not in types and not _OPERAND.match(text, at + 1):
            out[found.start()] = out[at] = " "
    return "".join(out)


def _matching_brackets(text: str) -> dict[int, int]:
    """Map each opening bracket outside strings to its closing one."""
    matching: dict[int, int] = {}
    stack: list[int] = []
    for found in _BRACKET_OR_STRING.finditer(text):
        if found.group() in ("(", "["):
            stack.append(found.start())
        elif found.group() in (")", "]") and stack:
            matching[stack.pop()] = found.start()
    return matching


def parse_module(expanded: Expanded) -> Module:
    """Parse expanded text into its file-scope items."""
    root = syntax_tree(expanded.text)
    items: list[Item] = []
    for node in _top_level(root):
        items.append(_item(node))
    return Module(expanded, root, tuple(items))


def _top_level(root: Node):
    for node in root.named_children:
        if node.type == "linkage_specification":
            body = node.child_by_field_name("body")
            yield from _top_level(body) if body.type == "declaration_list" else (body,)
        elif node.type not in ("comment", "expression_statement"):
            yield node


def _item(node: Node) -> Item:
    names = _names_defined(node)
    kind = "other"
    if node.type == "function_definition":
        kind = "function"
    elif node.type in ("type_definition", "struct_specifier", "enum_specifier", "union_specifier"):
        kind = "type"
    elif node.type == "declaration":
        declarators = node.children_by_field_name("declarator")
        kind = "prototype" if any(_is_prototype(d) for d in declarators) else "variable"
        is_extern = any(c.type == "storage_class_specifier" and c.text == b"extern" for c in node.children)
        if kind == "variable" and is_extern and all(d.type != "init_declarator" for d in declarators):
            kind = "extern"
    elif node.type == "ERROR":
        kind = "error"
    if node.type in ("struct_specifier", "enum_specifier", "union_specifier"):
        end = _through_semicolon(node)
    else:
        end = node.end_byte
    return Item(kind, names, node, node.start_byte, end, is_const(node))


def _through_semicolon(node: Node) -> int:
    after = node.next_sibling
    return after.end_byte if after is not None and after.type in (";", "expression_statement") else node.end_byte


def _is_prototype(declarator: Node) -> bool:
    while declarator is not None and declarator.type in ("pointer_declarator", "function_declarator"):
        if declarator.type == "function_declarator":
            inner = declarator.child_by_field_name("declarator")
            return inner.type == "identifier"
        declarator = declarator.child_by_field_name("declarator")
    return False


def declared_name(declarator: Node | None) -> str:
    """Return the name a declarator declares, "" if none."""
    while declarator is not None:
        if declarator.type in _DECLARING:
            return text_of(declarator)
        inner = declarator.child_by_field_name("declarator")
        if inner is None:
            inner = next((c for c in declarator.named_children if c.type.endswith(("declarator", "identifier"))), None)
        declarator = inner
    return ""


def _names_defined(node: Node) -> tuple[str, ...]:
    names = [declared_name(d) for d in node.children_by_field_name("declarator")]
    is_tag = node.type.endswith("_specifier")
    spec = node if is_tag else node.child_by_field_name("type")
    if spec is not None and spec.type.endswith("_specifier"):
        tag = spec.child_by_field_name("name")
        body = spec.child_by_field_name("body")
        if tag is not None and body is not None:
            names.append(text_of(tag))
        if spec.type == "enum_specifier" and body is not None:
            names.extend(text_of(e.child_by_field_name("name")) for e in body.named_children if e.type == "enumerator")
    return tuple(n for n in names if n)


def walk(node: Node):
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
    return next((n for n in walk(node) if n.type == "ERROR" or n.is_missing), node)
