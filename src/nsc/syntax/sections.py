"""Expanded text -> parts of whole declarations, each parsed once and remembered by its
text.

In: text and its seams (where one file's text ends and another's begins). Out: `Part`s
with their place in the text. A package's headers and files come up in the text of many
files; what is read off them does not change.
Non-goals: names that one part takes from another (parse.py). Types do cross: they
settle what is a cast.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from tree_sitter import Node

from nsc.syntax.tree import declared_name, is_const, syntax_tree, text_of, typedef_names
from nsc.syntax.types import type_definitions

T = TypeVar("T")
MAX_REMEMBERED_CHARACTERS = 6_000_000
_WORD = re.compile(r"[A-Za-z_]\w*")
_BRACE_OR_STRING = re.compile(r"[{}]|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?")


@dataclass(frozen=True)
class Item:
    """One file-scope declaration.

    `kind`: "function", "prototype", "variable", "extern" (a variable that is defined
    elsewhere), "type" (typedef, struct, enum), "error" or "other". Its node counts from
    the start of its part, `base`.
    """

    kind: str
    defines: tuple[str, ...]
    node: Node = field(repr=False)
    start: int = 0
    end: int = 0
    constant: bool = False  # a variable declared const
    base: int = 0
    # shared by all places of the item
    facts: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.defines[0] if self.defines else ""

    def once(self, what: str, make: Callable[[Node], T]) -> T:
        """Return `make(node)`, what can be told from the item alone, computed once."""
        if what not in self.facts:
            self.facts[what] = make(self.node)
        return self.facts[what]

    def at(self, base: int) -> Item:
        """Return the item as it stands in a text whose part starts at `base`."""
        moved = base - self.base
        start = self.start + moved
        end = self.end + moved
        return Item(
            self.kind,
            self.defines,
            self.node,
            start,
            end,
            self.constant,
            base,
            self.facts,
        )


class Part:
    """Declarations that are parsed together; the node of each keeps the tree alive."""

    def __init__(self, text: str, types: frozenset[str]):
        self.root = syntax_tree(text, types)
        self.items = tuple(map(_item, _top_level(self.root)))

    @cached_property
    def by_name(self) -> dict[str, list[Item]]:
        """Map each file-scope name to the items that define or declare it."""
        table: dict[str, list[Item]] = {}
        for item in self.items:
            for name in item.defines:
                table.setdefault(name, []).append(item)
        return table

    @cached_property
    def typing(self) -> list[Node]:
        """The declarations that define types or integer constants."""
        return type_definitions(self.root)


class _Words:
    """What can be told from a stretch of text before it is parsed."""

    def __init__(self, text: str):
        self.text = text
        quotes = '"' in text or "'" in text
        marks = [m.group() for m in _BRACE_OR_STRING.finditer(text)] if quotes else text
        self.opened = marks.count("{") - marks.count("}")
        self.ends_whole = text.rstrip().endswith((";", "}"))

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(_WORD.findall(self.text))

    @cached_property
    def types(self) -> frozenset[str]:
        return frozenset(typedef_names(self.text))


class _Memory:
    """Values made from a text, the least used forgotten when the texts become too long."""

    def __init__(self, make: Callable[..., T]):
        self.make = make
        self.known: OrderedDict[tuple, T] = OrderedDict()
        self.characters = 0

    def __call__(self, text: str, *more: Any) -> T:
        key = text, *more
        if key in self.known:
            self.known.move_to_end(key)
            return self.known[key]
        self.known[key] = made = self.make(*key)
        self.characters += len(text)
        while self.characters > MAX_REMEMBERED_CHARACTERS and len(self.known) > 1:
            (forgotten, *_), _ = self.known.popitem(last=False)
            self.characters -= len(forgotten)
        return made


_words = _Memory(_Words)
_part = _Memory(Part)


def parts_of(text: str, seams: Sequence[int]) -> list[tuple[int, Part]]:
    """Cut a text at those of its seams that do not divide a declaration, and parse what
    is between; with places.
    """
    stretches = list(_stretches(text, seams))
    types = frozenset().union(*(words.types for _, words in stretches))
    return [(base, _part(words.text, types & words.names)) for base, words in stretches]


def _stretches(text: str, seams: Sequence[int]) -> Iterator[tuple[int, _Words]]:
    start = 0
    opened = 0
    for seam, end in zip((0, *seams), (*seams, len(text)), strict=True):
        fresh = _words(text[seam:end].strip())
        opened += fresh.opened
        if fresh.text and (end == len(text) or (opened == 0 and fresh.ends_whole)):
            whole = text[start:end]
            yield start + len(whole) - len(whole.lstrip()), _words(whole.strip())
            start = end
    if start < len(text) and (rest := text[start:].strip()):
        yield start + text[start:].index(rest), _words(rest)


def _top_level(root: Node) -> Iterator[Node]:
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
    elif node.type in (
        "type_definition",
        "struct_specifier",
        "enum_specifier",
        "union_specifier",
    ):
        kind = "type"
    elif node.type == "declaration":
        declarators = node.children_by_field_name("declarator")
        kind = "prototype" if any(_is_prototype(d) for d in declarators) else "variable"
        is_extern = any(
            c.type == "storage_class_specifier" and c.text == b"extern"
            for c in node.children
        )
        if (
            kind == "variable"
            and is_extern
            and all(d.type != "init_declarator" for d in declarators)
        ):
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
    return (
        after.end_byte
        if after is not None and after.type in (";", "expression_statement")
        else node.end_byte
    )


def _is_prototype(declarator: Node) -> bool:
    while declarator is not None and declarator.type in (
        "pointer_declarator",
        "function_declarator",
    ):
        if declarator.type == "function_declarator":
            inner = declarator.child_by_field_name("declarator")
            return inner.type == "identifier"
        declarator = declarator.child_by_field_name("declarator")
    return False


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
            names.extend(
                text_of(e.child_by_field_name("name"))
                for e in body.named_children
                if e.type == "enumerator"
            )
    return tuple(n for n in names if n)
