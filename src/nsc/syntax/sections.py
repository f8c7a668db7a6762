"""Expanded text -> parts of whole declarations, each parsed once and remembered.

A package's headers and files come up in the text of many files; what is read off them
does not change, so a part is found again by its text.

In: text and its seams (where one file's text ends and another's begins). Out: `Part`s
with their place in the text. Non-goals: names that one part takes from another
(module.py). Types do cross: they settle what is a cast.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar, cast

from tree_sitter import Node

from nsc.syntax.definitions import type_definitions
from nsc.syntax.parentheses import typedef_names
from nsc.syntax.tree import (
    child,
    declarators_of,
    declared_name,
    has_specifier,
    is_const,
    optional_child,
    syntax_tree,
    text_of,
)

T = TypeVar("T")
MAX_REMEMBERED_CHARACTERS = 6_000_000
_WORD = re.compile(r"[A-Za-z_]\w*")
_BRACE_OR_STRING = re.compile(
    r"[{}]|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?"
)
_TAGGED = ("struct_specifier", "enum_specifier", "union_specifier")
Told = dict[Callable[[Node], object], object]  # by the function that tells it


@dataclass(frozen=True)
class Item:
    """One file-scope declaration.

    Args:
        kind: "function", "prototype", "variable", "extern" (a variable that is defined
            elsewhere), "type" (typedef, struct, enum), "error" or "other".
        defines: the file-scope names that it defines or declares.
        node: its syntax; offsets count from the start of its part.
        start: its first character in the text at hand.
        end: the character behind its last one.
        constant: whether it is a variable declared const.
        base: where its part starts in the text at hand.
        known: what `once` has told of it, shared by all places of the item.
    """

    kind: str
    defines: tuple[str, ...]
    node: Node = field(repr=False)
    start: int = 0
    end: int = 0
    constant: bool = False
    base: int = 0
    known: Told = field(default_factory=Told, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.defines[0] if self.defines else ""

    def once(self, tell: Callable[[Node], T]) -> T:
        """Return `tell(node)`, what can be told from the item alone, computed once."""
        if tell not in self.known:
            self.known[tell] = tell(self.node)
        return cast(
            T, self.known[tell]
        )  # each value stands under what made it

    def at(self, base: int) -> Item:
        """Return the item as it stands in a text whose part starts at `base`."""
        moved = base - self.base
        return Item(
            kind=self.kind,
            defines=self.defines,
            node=self.node,
            start=self.start + moved,
            end=self.end + moved,
            constant=self.constant,
            base=base,
            known=self.known,
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
        has_quotes = '"' in text or "'" in text
        marks = text
        if has_quotes:  # a brace in a string opens nothing
            marks = [
                found.group() for found in _BRACE_OR_STRING.finditer(text)
            ]
        self.opened = marks.count("{") - marks.count("}")
        self.ends_whole = text.rstrip().endswith((";", "}"))

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(_WORD.findall(self.text))

    @cached_property
    def types(self) -> frozenset[str]:
        return frozenset(typedef_names(self.text))


class _Memory(Generic[T]):
    """Values made from a text; the least used go when the texts become too long."""

    def __init__(self, make: Callable[..., T]):
        self.make = make
        self.known: OrderedDict[tuple[str, *tuple[object, ...]], T] = (
            OrderedDict()
        )
        self.characters = 0

    def __call__(self, text: str, *more: object) -> T:
        key = (text, *more)
        if key in self.known:
            self.known.move_to_end(key)
            return self.known[key]
        made = self.make(*key)
        self.known[key] = made
        self.characters += len(text)
        while (
            self.characters > MAX_REMEMBERED_CHARACTERS and len(self.known) > 1
        ):
            (forgotten, *_), _ = self.known.popitem(last=False)
            self.characters -= len(forgotten)
        return made


_words = _Memory(_Words)
_part = _Memory(Part)


def parts_of(text: str, seams: Sequence[int]) -> list[tuple[int, Part]]:
    """Parse the parts of a text, each with its place.

    Args:
        text: expanded.
        seams: where it may be cut; it is not where a seam divides a declaration.
    """
    stretches = list(_stretches(text, seams))
    types: frozenset[str] = frozenset()
    types = types.union(*(words.types for _, words in stretches))
    # only types that a part names settle how it is read
    return [
        (base, _part(words.text, types & words.names))
        for base, words in stretches
    ]


def _stretches(
    text: str, seams: Sequence[int]
) -> Iterator[tuple[int, _Words]]:
    """Cut a text where a seam stands behind whole declarations, outside of braces."""
    start = 0
    opened = 0
    for seam, end in zip((0, *seams), (*seams, len(text)), strict=True):
        fresh = _words(text[seam:end].strip())
        opened += fresh.opened
        is_last = end == len(text)
        is_whole = opened == 0 and fresh.ends_whole
        if fresh.text and (is_last or is_whole):
            yield _stripped(text, start, end)
            start = end
    if text[start:].strip():
        yield _stripped(text, start, len(text))


def _stripped(text: str, start: int, end: int) -> tuple[int, _Words]:
    """Return a stretch without the space around it, and where it starts."""
    whole = text[start:end]
    indent = len(whole) - len(whole.lstrip())
    return start + indent, _words(whole.strip())


def _top_level(root: Node) -> Iterator[Node]:
    """List declarations; those of `extern "C" {...}` stand among the others."""
    for node in root.named_children:
        if node.type == "linkage_specification":
            body = child(node, "body")
            yield from (
                _top_level(body)
                if body.type == "declaration_list"
                else (body,)
            )
        elif node.type not in ("comment", "expression_statement"):
            yield node


def _item(node: Node) -> Item:
    end = _through_semicolon(node) if node.type in _TAGGED else node.end_byte
    return Item(
        kind=_kind_of(node),
        defines=_names_defined(node),
        node=node,
        start=node.start_byte,
        end=end,
        constant=is_const(node),
    )


def _kind_of(node: Node) -> str:
    if node.type == "function_definition":
        return "function"
    if node.type == "type_definition" or node.type in _TAGGED:
        return "type"
    if node.type == "declaration":
        return _kind_of_declaration(node)
    return "error" if node.type == "ERROR" else "other"


def _kind_of_declaration(node: Node) -> str:
    declarators = declarators_of(node)
    if any(_is_prototype(d) for d in declarators):
        return "prototype"
    is_extern = has_specifier(node, "storage_class_specifier", b"extern")
    is_initialised = any(d.type == "init_declarator" for d in declarators)
    return "extern" if is_extern and not is_initialised else "variable"


def _through_semicolon(node: Node) -> int:
    """Return where `struct s {...};` ends: its semicolon is no part of the node."""
    after = node.next_sibling
    if after is not None and after.type in (";", "expression_statement"):
        return after.end_byte
    return node.end_byte


def _is_prototype(declarator: Node) -> bool:
    """Tell `double *f(double)` from the pointer `double (*f)(double)`."""
    inner: Node | None = declarator
    while inner is not None and inner.type == "pointer_declarator":
        inner = optional_child(inner, "declarator")
    if inner is None or inner.type != "function_declarator":
        return False
    return child(inner, "declarator").type == "identifier"


def _names_defined(node: Node) -> tuple[str, ...]:
    """List what declarators name, then the tag and the enumerators of a specifier."""
    names = [declared_name(d) for d in declarators_of(node)]
    is_tagged = node.type.endswith("_specifier")
    spec = node if is_tagged else optional_child(node, "type")
    if spec is not None and spec.type.endswith("_specifier"):
        names.extend(_names_in_specifier(spec))
    return tuple(name for name in names if name)


def _names_in_specifier(spec: Node) -> Iterator[str]:
    tag = optional_child(spec, "name")
    body = optional_child(spec, "body")
    if body is None:
        return
    if tag is not None:
        yield text_of(tag)
    if spec.type == "enum_specifier":
        for item in body.named_children:
            if item.type == "enumerator":
                yield text_of(child(item, "name"))
