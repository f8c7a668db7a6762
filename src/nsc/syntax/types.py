"""Syntax of C declarations -> C types.

In: tree-sitter nodes of expanded text. Out: `CType`s, and a `Scope` of the typedefs,
tags and integer constants a file defines. Non-goals: expressions other than integer
constants; layout in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.syntax.ctype import Array, CType, Pointer, Scalar, Struct, Union, Void
from nsc.syntax.tree import is_const, is_too_deep, text_of
from nsc.text import INTEGER_BINARY, INTEGER_UNARY, integer_literal

_KEYWORDS = {
    "void": Void(),
    "float": Scalar("float", "float", 32),
    "double": Scalar("double", "float", 64),
}
_SCALARS: dict[str, Scalar] = {
    "float_t": Scalar("float", "float", 32),
    "double_t": Scalar("double", "float", 64),
    "long double": Scalar("long double", "float", 128),
    "_Bool": Scalar("_Bool", "bool", 8, signed=False),
    "bool": Scalar("_Bool", "bool", 8, signed=False),
    "char": Scalar("char", "int", 8),
    "signed char": Scalar("signed char", "int", 8),
    "unsigned char": Scalar("unsigned char", "int", 8, signed=False),
    "size_t": Scalar("size_t", "int", 32, signed=False),
    "ssize_t": Scalar("long", "int", 32),
    "ptrdiff_t": Scalar("ptrdiff_t", "int", 32),
    "intptr_t": Scalar("intptr_t", "int", 32),
    "uintptr_t": Scalar("uintptr_t", "int", 32, signed=False),
} | {
    f"{sign}int{form}{bits}_t": Scalar(
        f"{sign}int{form}{bits}_t", "int", bits, signed=not sign
    )
    for sign in ("", "u")
    for form in ("", "_fast", "_least")
    for bits in (8, 16, 32, 64)
}


@dataclass
class Scope:
    """The types and integer constants a file defines, by name."""

    typedefs: dict[str, CType] = field(default_factory=dict)
    tags: dict[str, Struct | Union] = field(default_factory=dict)
    constants: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Scope:
        """Return the same names, for a function to add its own."""
        return Scope(dict(self.typedefs), dict(self.tags), dict(self.constants))


class ScopeOf(Scope):
    """The scope of file-scope items (`scope_of`), collected when it is first asked:
    `float f(float x)` needs none.
    """

    def __init__(self, items: Iterable[Node]):
        self._items = items

    def __getattr__(self, name: str) -> Any:
        if "_items" not in self.__dict__:
            raise AttributeError(name)
        self.__dict__.update(vars(scope_of(self.__dict__.pop("_items"))))
        return getattr(self, name)


def _sized_integer(words: list[str]) -> Scalar | None:
    """Resolve `unsigned long int` and its kin in any word order."""
    rest = [
        w
        for w in words
        if w not in ("int", "signed", "unsigned", "short", "long", "char")
    ]
    if rest or not words:
        return None
    signed = "unsigned" not in words
    if "char" in words:
        return Scalar(
            "unsigned char" if not signed else "signed char", "int", 8, signed
        )
    if "short" in words:
        spelling = "short"
        bits = 16
    elif words.count("long") == 2:
        spelling = "long long"
        bits = 64
    elif "long" in words:
        spelling = "long"
        bits = 32
    else:
        spelling = "int"
        bits = 32
    return Scalar(spelling if signed else f"unsigned {spelling}", "int", bits, signed)


def named_type(name: str, scope: Scope) -> CType | None:
    """Resolve a type name: "void", "unsigned int", "float", or a typedef. None if
    unknown.
    """
    if name in _KEYWORDS:
        return _KEYWORDS[name]
    if name in scope.typedefs:
        return scope.typedefs[name]
    words = name.split()
    if sorted(words) == ["double", "long"]:
        return _SCALARS["long double"]
    return _SCALARS.get(name) or _sized_integer(words)


def base_type(node: Node, scope: Scope) -> CType:
    """Resolve the specifiers of a declaration, parameter, field or type name."""
    spec = node.child_by_field_name("type")
    if spec is None:
        raise Refusal("unknown_type", "a declaration without a type; give it one", node)
    if spec.type in ("struct_specifier", "union_specifier"):
        return compound_type(spec, scope)
    if spec.type == "enum_specifier":
        return Scalar("int", "int", 32)
    name = " ".join(text_of(spec).split())
    if "_Complex" in name or "complex" in name.split():
        raise Refusal(
            "complex_type",
            "complex numbers are not supported; pass real and imaginary parts",
            spec,
        )
    found = named_type(name, scope)
    if found is None:
        raise Refusal(
            "unknown_type", f"the type '{name}' is not defined in this file", spec
        )
    return found


def compound_type(spec: Node, scope: Scope) -> Struct | Union:
    """Resolve `struct tag`, `struct tag {...}` or `struct {...}`, and unions;
    definitions enter the scope.
    """
    word, make = (
        ("struct", Struct) if spec.type == "struct_specifier" else ("union", Union)
    )
    name_node = spec.child_by_field_name("name")
    tag = text_of(name_node) if name_node else ""
    body = spec.child_by_field_name("body")
    if body is None:
        if tag not in scope.tags:
            raise Refusal(
                "incomplete_struct", f"'{word} {tag}' is not defined in this file", spec
            )
        return scope.tags[tag]
    fields = []
    for item in body.named_children:
        if item.type == "field_declaration":
            fields.extend(_fields_of(item, scope))
    made = make(f"{word} {tag}" if tag else "", tuple(fields))
    if tag:
        scope.tags[tag] = made
    return made


def _fields_of(item: Node, scope: Scope) -> list[tuple[str, CType]]:
    if any(c.type == "bitfield_clause" for c in item.named_children):
        raise Refusal("bit_field", "bit-fields are not supported", item)
    base = base_type(item, scope)
    return [declare(d, base, scope) for d in item.children_by_field_name("declarator")]


def declare(
    declarator: Node | None, base: CType, scope: Scope, *, const: bool = False
) -> tuple[str, CType]:
    """Apply a declarator to its base type.

    Example: `*v[3]` with base float gives ("v", Array(Pointer(FLOAT), 3)).

    Args:
        const: whether the specifiers say const (kept on the pointer that points to the
            base).

    Returns:
        (name, type); the name is "" for an abstract declarator.
    """
    if declarator is None:
        return "", base
    kind = declarator.type
    if kind in ("identifier", "field_identifier", "type_identifier", "primitive_type"):
        return text_of(declarator), base
    if kind in (
        "parenthesized_declarator",
        "attributed_declarator",
        "abstract_parenthesized_declarator",
    ):
        return declare(_inner(declarator), base, scope, const=const)
    if kind in ("pointer_declarator", "abstract_pointer_declarator"):
        return declare(
            declarator.child_by_field_name("declarator"), Pointer(base, const), scope
        )
    if kind in ("array_declarator", "abstract_array_declarator"):
        size = declarator.child_by_field_name("size")
        length = (
            None if size is None or size.type == "*" else _array_length(size, scope)
        )
        return declare(
            declarator.child_by_field_name("declarator"),
            Array(base, length),
            scope,
            const=const,
        )
    if kind in ("function_declarator", "abstract_function_declarator"):
        raise Refusal(
            "function_pointer", "function pointers are not supported", declarator
        )
    if kind == "init_declarator":
        return declare(
            declarator.child_by_field_name("declarator"), base, scope, const=const
        )
    raise Refusal(
        "unsupported_declarator",
        f"this form of declaration ({kind}) is not supported",
        declarator,
    )


def _inner(node: Node) -> Node | None:
    return next(
        (
            c
            for c in node.named_children
            if c.type.endswith(("declarator", "identifier"))
        ),
        None,
    )


def _array_length(size: Node, scope: Scope) -> int:
    try:
        length = constant(size, scope)
    except Refusal as found:
        raise Refusal(
            "dynamic_size", "an array's length must be a constant", size
        ) from found
    if not 0 < length <= 1_000_000:
        raise Refusal(
            "array_length", f"an array of {length} elements is not supported", size
        )
    return length


def scope_of(items: Iterable[Node]) -> Scope:
    """Collect what file-scope items that define types define; what cannot be resolved
    is left out.
    """
    scope = Scope()
    for item in items:
        try:
            enter(item, scope)
        except Refusal:
            continue  # refused by name where, and only if, a chosen function needs it
    return scope


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
    is_defined = spec is not None and (
        spec.type == "enum_specifier"
        or spec.type in ("struct_specifier", "union_specifier")
        and bool(spec.child_by_field_name("body"))
    )
    return is_defined or item.type == "type_definition"


def enter(item: Node, scope: Scope) -> None:
    """Enter one item's typedefs, tags and enumerators into the scope."""
    spec = _type_specifier(item)
    if spec is not None and spec.type == "enum_specifier":
        _enter_enumerators(spec, scope)
    elif (
        spec is not None
        and spec.type.endswith("specifier")
        and spec.child_by_field_name("body")
    ):
        compound_type(spec, scope)
    if item.type == "type_definition":
        base = base_type(item, scope)
        for node in item.children_by_field_name("declarator"):
            name, made = declare(node, base, scope)
            if isinstance(made, Struct | Union):
                made = base = replace(made, spelling=made.spelling or name)
            elif (
                isinstance(made, Pointer)
                and isinstance(made.to, Struct | Union)
                and not made.to.spelling
            ):
                word = "__typeof_unqual__" if is_const(item) else "__typeof__"
                # it has no other name
                made = replace(
                    made, to=replace(made.to, spelling=f"{word}(*({name})0)")
                )
            scope.typedefs[name] = made


def _type_specifier(item: Node) -> Node | None:
    own = ("struct_specifier", "union_specifier", "enum_specifier")
    return item if item.type in own else item.child_by_field_name("type")


def _enter_enumerators(spec: Node, scope: Scope) -> None:
    body = spec.child_by_field_name("body")
    following = 0
    for item in body.named_children if body else ():
        if item.type == "enumerator":
            value = item.child_by_field_name("value")
            following = constant(value, scope) if value else following
            scope.constants[text_of(item.child_by_field_name("name"))] = following
            following += 1


def constant(node: Node, scope: Scope) -> int:
    """Evaluate an integer constant expression.

    Raises:
        Refusal: `not_constant`, at the first part that is not.
    """
    kind = node.type
    if kind in ("number_literal", "char_literal"):
        value = integer_literal(text_of(node))
        if value is not None:
            return value
    elif kind == "identifier" and text_of(node) in scope.constants:
        return scope.constants[text_of(node)]
    elif kind == "parenthesized_expression":
        return constant(node.named_children[0], scope)
    elif kind == "unary_expression":
        operator = text_of(node.child_by_field_name("operator"))
        if operator in INTEGER_UNARY:
            return INTEGER_UNARY[operator](
                constant(node.child_by_field_name("argument"), scope)
            )
    elif kind == "binary_expression":
        operator = text_of(node.child_by_field_name("operator"))
        left = constant(node.child_by_field_name("left"), scope)
        if operator in INTEGER_BINARY:
            return INTEGER_BINARY[operator](
                left, constant(node.child_by_field_name("right"), scope)
            )
    elif kind == "conditional_expression":
        chosen = (
            "consequence"
            if constant(node.child_by_field_name("condition"), scope)
            else "alternative"
        )
        return constant(node.child_by_field_name(chosen), scope)
    raise Refusal("not_constant", f"'{text_of(node)}' is not an integer constant", node)
