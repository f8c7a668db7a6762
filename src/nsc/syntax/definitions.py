"""Definitions of types -> the names that they enter into a scope.

In: tree-sitter nodes of file-scope or local declarations. Out: a `Scope` of their
typedefs, tags and enumerators. Non-goals: the types of what else is declared
(types.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.syntax.constants import constant
from nsc.syntax.ctype import CType, Pointer, Scalar, Struct, Union
from nsc.syntax.scope import Scope
from nsc.syntax.tree import (
    child,
    declarators_of,
    declared_name,
    is_const,
    is_too_deep,
    optional_child,
    text_of,
    type_of_operand,
)
from nsc.syntax.types import (
    COMPOUND_SPECIFIERS,
    base_type,
    compound_type,
    declare,
)

_SPECIFIERS = (*COMPOUND_SPECIFIERS, "enum_specifier")


def scope_of(items: Iterable[Node]) -> Scope:
    """Return the scope of file-scope items that define types.

    What cannot be resolved is left out: it is refused by name where, and only if, a
    chosen function needs it.
    """

    def fill(scope: Scope) -> None:
        for item in items:
            try:
                enter(item, scope)
            except Refusal as refusal:
                scope.refused.update(dict.fromkeys(_names_of(item), refusal))

    return Scope(fill)


def _names_of(item: Node) -> Iterator[str]:
    """Yield the typedefs and the tag that an item defines."""
    spec = _type_specifier(item)
    if spec is not None and _has_fields(spec):
        tag = optional_child(spec, "name")
        if tag is not None:
            yield text_of(tag)
    if item.type == "type_definition":
        yield from map(declared_name, declarators_of(item))


def type_definitions(root: Node) -> list[Node]:
    """List the items of a translation unit that define types or integer constants."""
    return [
        item
        for item in root.named_children
        if _defines_types(item) and not is_too_deep(item)
    ]


def _defines_types(item: Node) -> bool:
    if item.type == "function_definition":
        return False
    spec = _type_specifier(item)
    if spec is not None and spec.type == "enum_specifier":
        return True
    return _has_fields(spec) or item.type == "type_definition"


def _type_specifier(item: Node) -> Node | None:
    return item if item.type in _SPECIFIERS else optional_child(item, "type")


def _has_fields(spec: Node | None) -> bool:
    """Say whether a specifier is a struct's or union's, with its body."""
    if spec is None or spec.type not in COMPOUND_SPECIFIERS:
        return False
    return optional_child(spec, "body") is not None


def enter(item: Node, scope: Scope) -> None:
    """Enter one item's typedefs, tags and enumerators into the scope.

    Raises:
        Refusal: what it defines cannot be resolved; what stands before is entered.
    """
    spec = _type_specifier(item)
    if spec is not None and type_of_operand(spec) is not None:
        return
    if spec is not None and spec.type == "enum_specifier":
        _enter_enumerators(spec, scope)
    elif spec is not None and _has_fields(spec):
        compound_type(spec, scope)
    if item.type == "type_definition":
        _enter_typedefs(item, scope)


def _enter_typedefs(item: Node, scope: Scope) -> None:
    base = base_type(item, scope)
    for declarator in declarators_of(item):
        name, made = declare(declarator, base, scope)
        if isinstance(made, Struct | Union) and not made.spelling:
            made = replace(made, spelling=name)
            base = made  # the type's name in the declarators that follow
        elif isinstance(made, Scalar) and made.is_enum and not made.named:
            made = replace(made, named=name)
            base = made
        elif isinstance(made, Pointer):
            made = _with_nameable_pointee(made, name, item)
        scope.typedefs[name] = made


def _with_nameable_pointee(made: Pointer, name: str, item: Node) -> CType:
    """Spell the struct of `typedef struct {...} *P;` by P: it has no other name."""
    pointee = made.to
    if not isinstance(pointee, Struct | Union) or pointee.spelling:
        return made
    word = "__typeof_unqual__" if is_const(item) else "__typeof__"
    return replace(made, to=replace(pointee, spelling=f"{word}(*({name})0)"))


def _enter_enumerators(spec: Node, scope: Scope) -> None:
    body = optional_child(spec, "body")
    if body is None:
        return
    following = 0
    for item in body.named_children:
        if item.type != "enumerator":
            continue
        value = optional_child(item, "value")
        if value is not None:
            following = constant(value, scope)
        scope.constants[text_of(child(item, "name"))] = following
        following += 1
