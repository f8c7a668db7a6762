"""Syntax of C declarations -> C types.

In: tree-sitter nodes of expanded text, the `Scope` they stand in. Out: `CType`s.
Non-goals: what a declaration adds to its scope (definitions.py), but for the tags of
structs and unions that it defines; layout in memory.
"""

from __future__ import annotations

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.syntax.constants import constant
from nsc.syntax.ctype import (
    ANONYMOUS,
    Array,
    BitField,
    CType,
    Pointer,
    Scalar,
    Struct,
    Union,
    Void,
)
from nsc.syntax.respelled import TYPE_OF_WORDS
from nsc.syntax.scope import Scope
from nsc.syntax.tree import (
    child,
    declarators_of,
    inner_of,
    optional_child,
    text_of,
    type_of_operand,
)

COMPOUND_SPECIFIERS = ("struct_specifier", "union_specifier")
MAX_ARRAY_LENGTH = 1_000_000
MAX_BIT_FIELD = 32  # bits
_KEYWORDS: dict[str, Void | Scalar] = {
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
    "size_t": Scalar("size_t", "int", 64, signed=False),
    "ssize_t": Scalar("long", "int", 64),
    "ptrdiff_t": Scalar("ptrdiff_t", "int", 64),
    "intptr_t": Scalar("intptr_t", "int", 64),
    "uintptr_t": Scalar("uintptr_t", "int", 64, signed=False),
} | {
    f"{sign}int{form}{bits}_t": Scalar(
        f"{sign}int{form}{bits}_t", "int", bits, signed=not sign
    )
    for sign in ("", "u")
    for form in ("", "_fast", "_least")
    for bits in (8, 16, 32, 64)
}
_INTEGER_WORDS = frozenset("int signed unsigned short long char".split())
_NAMES = (
    "identifier",
    "field_identifier",
    "type_identifier",
    "primitive_type",
)
_POINTERS = ("pointer_declarator", "abstract_pointer_declarator")
_ARRAYS = ("array_declarator", "abstract_array_declarator")
_FUNCTIONS = ("function_declarator", "abstract_function_declarator")
_WRAPPERS = (
    "parenthesized_declarator",
    "attributed_declarator",
    "abstract_parenthesized_declarator",
)


def _sized_integer(words: list[str]) -> Scalar | None:
    """Resolve `unsigned long int` and its kin in any word order; long has 64 bits."""
    if not words or not _INTEGER_WORDS.issuperset(words):
        return None
    signed = "unsigned" not in words
    if "char" in words:
        sign = "signed" if signed else "unsigned"
        return Scalar(f"{sign} char", "int", 8, signed)
    if "short" in words:
        spelling = "short"
        bits = 16
    elif words.count("long") == 2:
        spelling = "long long"
        bits = 64
    elif "long" in words:
        spelling = "long"
        bits = 64
    else:
        spelling = "int"
        bits = 32
    return Scalar(
        spelling if signed else f"unsigned {spelling}", "int", bits, signed
    )


def named_type(name: str, scope: Scope) -> CType | None:
    """Resolve "void", "unsigned int", "float" or a typedef; None if unknown."""
    if name in _KEYWORDS:
        return _KEYWORDS[name]
    if name in scope.typedefs:
        return scope.typedefs[name]
    words = name.split()
    if sorted(words) == ["double", "long"]:
        return _SCALARS["long double"]
    return _SCALARS.get(name) or _sized_integer(words)


def base_type(node: Node, scope: Scope) -> CType:
    """Resolve the specifiers of a declaration, parameter, field or type name.

    Raises:
        Refusal: `unknown_type`, `incomplete_struct` or `complex_type`, or what is
            refused in the fields of a struct that is defined here.
    """
    spec = optional_child(node, "type")
    if spec is None:
        raise Refusal(
            "unknown_type", "a declaration without a type; give it one", node
        )
    if spec.type in COMPOUND_SPECIFIERS:
        return compound_type(spec, scope)
    if type_of_operand(spec) is not None:
        what = "the type of this expression is not known here; write the type"
        raise Refusal("unknown_type", what, spec)
    if spec.type == "enum_specifier":
        tag = optional_child(spec, "name")
        named = "" if tag is None else f"enum {text_of(tag)}"
        return Scalar("int", "int", 32, is_enum=True, named=named)
    if spec.type == "macro_type_specifier":
        word = optional_child(spec, "name")
        described = optional_child(spec, "type")
        is_typeof = word is not None and text_of(word) in TYPE_OF_WORDS
        if is_typeof and described is not None:
            inner = base_type(described, scope)
            declarator = optional_child(described, "declarator")
            return declare(declarator, inner, scope)[1]
    name = " ".join(text_of(spec).split())
    if "_Complex" in name or "complex" in name.split():
        what = (
            "complex numbers are not supported; pass real and imaginary parts"
        )
        raise Refusal("complex_type", what, spec)
    found = named_type(name, scope)
    if found is None:
        _refuse_known(name, name, scope, spec)
        what = f"the type '{name}' is not defined in this file"
        raise Refusal("unknown_type", what, spec)
    return found


def _refuse_known(name: str, spelling: str, scope: Scope, node: Node) -> None:
    """Refuse a type that is defined for what its definition is refused for."""
    known = scope.refused.get(name)
    if known is not None:
        what = f"'{spelling}' cannot be used: {known.message}"
        raise Refusal(known.reason, what, node)


def compound_type(spec: Node, scope: Scope) -> Struct | Union:
    """Resolve `struct tag`, `struct tag {...}` or `struct {...}`, and unions.

    Definitions enter the scope. Without tag, the spelling is "".

    Raises:
        Refusal: `incomplete_struct`, or what is refused in a field.
    """
    is_struct = spec.type == "struct_specifier"
    word = "struct" if is_struct else "union"
    name = optional_child(spec, "name")
    tag = text_of(name) if name is not None else ""
    body = optional_child(spec, "body")
    if body is None:
        if tag not in scope.tags:
            _refuse_known(tag, f"{word} {tag}", scope, spec)
            what = f"'{word} {tag}' is not defined in this file"
            raise Refusal("incomplete_struct", what, spec)
        return scope.tags[tag]
    fields: list[tuple[str, CType]] = []
    for item in body.named_children:
        if item.type == "field_declaration":
            fields.extend(_fields_of(item, scope))
    make = Struct if is_struct else Union
    made = make(f"{word} {tag}" if tag else "", tuple(fields))
    if tag:
        scope.tags[tag] = made
    return made


def _fields_of(item: Node, scope: Scope) -> list[tuple[str, CType]]:
    base = base_type(item, scope)
    declarators = declarators_of(item)
    if not declarators:
        return _anonymous_member(item, base)
    fields: list[tuple[str, CType]] = []
    for declarator in declarators:
        name, ctype = declare(declarator, base, scope)
        after = declarator.next_named_sibling
        if after is not None and after.type == "bitfield_clause":
            ctype = _bit_field(after, ctype, scope)
        fields.append((name, ctype))
    return fields


def _bit_field(clause: Node, ctype: CType, scope: Scope) -> BitField:
    """Return the type of a member with a width; plain int is signed, as gcc's.

    Raises:
        Refusal: `bit_field`, its type has no such width, or compilers differ in it.
    """
    what: str | None = None
    largest = 0
    if not isinstance(ctype, Scalar) or ctype.kind == "float":
        what = f"'{ctype.spell()}' is no integer, and has no width in bits"
        raise Refusal("bit_field", what, clause)
    largest = 1 if ctype.kind == "bool" else ctype.bits
    if ctype.is_enum:
        what = (
            "compilers differ in whether a bit-field of an enumeration is signed:"
            " declare it 'unsigned' or 'signed int'"
        )
        raise Refusal("bit_field", what, clause)
    try:
        width = constant(clause.named_children[0], scope)
    except Refusal as found:
        what = "a bit-field's width must be a constant"
        raise Refusal("bit_field", what, clause) from found
    if not 0 < width <= largest:
        what = f"a bit-field of {ctype.spelling} has 1 to {largest} bits; found {width}"
        raise Refusal("bit_field", what, clause)
    if width > MAX_BIT_FIELD:
        what = (
            f"compilers differ in how they compute with more than {MAX_BIT_FIELD} bits"
            " of a bit-field: give it a whole member"
        )
        raise Refusal("bit_field", what, clause)
    return BitField(ctype.spelling, ctype.kind, width, ctype.signed)


def _anonymous_member(item: Node, base: CType) -> list[tuple[str, CType]]:
    """Return the member that `struct {...};` or `union {...};` makes inside another.

    With a tag it only defines a type.
    """
    has_tag = optional_child(child(item, "type"), "name") is not None
    if has_tag or not isinstance(base, Struct | Union) or not base.fields:
        return []
    first, _ = base.fields[0]
    return [(ANONYMOUS + first, base)]


def declare(
    declarator: Node | None, base: CType, scope: Scope, *, const: bool = False
) -> tuple[str, CType]:
    """Apply a declarator to its base type.

    A declarator reads from the outside in: of `*v[3]` the star comes first, and makes
    the type that the array is of.

    Example: `*v[3]` with base float gives ("v", Array(Pointer(FLOAT), 3)).

    Args:
        declarator: None where there is none, as of the parameter in `float f(float)`.
        base: what the specifiers say.
        scope: for the constants in an array's length.
        const: whether the specifiers say const (kept on the pointer that points to the
            base).

    Returns:
        (name, type); the name is "" for an abstract declarator.

    Raises:
        Refusal: `function_pointer`, `dynamic_size`, `array_length` or
            `unsupported_declarator`.
    """
    if declarator is None:
        return "", base
    kind = declarator.type
    if kind in _NAMES:
        return text_of(declarator), base
    if kind in _WRAPPERS:
        return declare(inner_of(declarator), base, scope, const=const)
    inner = optional_child(declarator, "declarator")
    if kind in _POINTERS:
        return declare(inner, Pointer(base, const), scope)
    if kind in _ARRAYS:
        array = Array(base, _length_of(declarator, scope))
        return declare(inner, array, scope, const=const)
    if kind == "init_declarator":
        return declare(inner, base, scope, const=const)
    if kind in _FUNCTIONS:
        what = "function pointers are not supported"
        raise Refusal("function_pointer", what, declarator)
    what = f"this form of declaration ({kind}) is not supported"
    raise Refusal("unsupported_declarator", what, declarator)


def _length_of(declarator: Node, scope: Scope) -> int | None:
    """Return an array's length, None for `[]` and `[*]`, which leave it open."""
    size = optional_child(declarator, "size")
    if size is None or size.type == "*":
        return None
    try:
        length = constant(size, scope)
    except Refusal as found:
        what = "an array's length must be a constant"
        raise Refusal("dynamic_size", what, size) from found
    if not 0 < length <= MAX_ARRAY_LENGTH:
        what = f"an array of {length} elements is not supported"
        raise Refusal("array_length", what, size)
    return length
