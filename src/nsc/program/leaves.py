"""A C type -> the scalars that a value of it is made of.

In: `CType`, the name of what holds the value. Out: `Leaf`s, in C's order. Non-goals:
which of them are read or written (infer.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node

from nsc.refusal import Placed, Refusal
from nsc.syntax import (
    Array,
    CType,
    Item,
    Leaf,
    Pointer,
    Scalar,
    Scope,
    Struct,
    Union,
    base_type,
    declarators_of,
    declare,
    is_anonymous,
    scalar_count,
)

MAX_LEAVES = 256
MAX_LISTED = 65_536  # numbers in a type; most of a large one are not used


class InnerScalar(NamedTuple):
    """A scalar inside a value: `suffix` is its C (".pos[1]"), `path` its steps."""

    suffix: str
    type: Scalar
    path: tuple[str | int, ...]


def scalars_of(ctype: CType, node: Placed | int) -> Iterator[InnerScalar]:
    """Yield the scalars of a value, e.g. (".pos[1]", FLOAT, ("pos", 1)).

    Args:
        ctype: the value's type.
        node: what a refusal points at.

    Raises:
        Refusal: `too_many_scalars`, `nested_pointer`, `uses_union` or
            `unsupported_type`.
    """
    if scalar_count(ctype) > MAX_LISTED:
        what = f"'{ctype.spell()}' holds more than {MAX_LISTED} numbers"
        raise Refusal("too_many_scalars", what, node)
    if isinstance(ctype, Scalar):
        yield InnerScalar("", ctype, ())
    elif isinstance(ctype, Struct):
        for name, kind in ctype.fields:
            is_nameless = is_anonymous(name)
            step = () if is_nameless else (name,)
            own = "" if is_nameless else f".{name}"
            for suffix, scalar, path in scalars_of(kind, node):
                yield InnerScalar(own + suffix, scalar, (*step, *path))
    elif isinstance(ctype, Array) and ctype.length is not None:
        inner = _scalars_of_element(ctype.of, ctype.length, node)
        for k in range(ctype.length):
            for suffix, scalar, path in inner:
                yield InnerScalar(f"[{k}]{suffix}", scalar, (k, *path))
    else:
        raise _without_scalars(ctype, node)


def _scalars_of_element(
    of: CType, length: int, node: Placed | int
) -> list[InnerScalar]:
    if length > MAX_LEAVES:
        what = f"an array of {length} elements is too large"
        raise Refusal("too_many_scalars", what, node)
    return list(scalars_of(of, node))


def _without_scalars(ctype: CType, node: Placed | int) -> Refusal:
    if isinstance(ctype, Pointer):
        what = "pointers inside arrays, structs or pointers are not supported"
        return Refusal("nested_pointer", what, node)
    if isinstance(ctype, Union):
        what = "unions cannot be inputs or outputs; use a struct of scalars"
        return Refusal("uses_union", what, node)
    what = f"the type '{ctype.spell()}' has no numbers in it"
    return Refusal("unsupported_type", what, node)


def leaves_of_value(name: str, ctype: CType, node: Node) -> list[Leaf]:
    """Return the scalars of a variable: ("w.x", "w.x")."""
    return [
        Leaf(name + suffix, name + suffix, scalar, name, path)
        for suffix, scalar, path in scalars_of(ctype, node)
    ]


def leaves_of_variable(
    name: str, item: Item, scope: Scope
) -> tuple[CType, list[Leaf]]:
    """Return the type of a file-level variable, and its scalars.

    Raises:
        Refusal: it is not made of scalars, or of too many, or has a type that C exports
            could not name.
    """
    node = item.node
    base = base_type(node, scope)
    declared = [declare(d, base, scope) for d in declarators_of(node)]
    [ctype, *_] = [ctype for own, ctype in reversed(declared) if own == name]
    if isinstance(ctype, Struct) and not ctype.spelling:
        what = f"the type of '{name}' has no name that C exports could say"
        raise Refusal("unsupported_type", what, node)
    return ctype, leaves_of_value(name, ctype, node)


def leaves_behind_pointer(name: str, pointee: CType, node: Node) -> list[Leaf]:
    """Return the scalars behind a pointer to one object: ("p.x", "p->x").

    The elements of an array are reached as those of a variable (`leaves_of_value`).
    """
    if isinstance(pointee, Struct):
        return [
            Leaf(name + suffix, f"{name}->{suffix[1:]}", scalar, name, path)
            for suffix, scalar, path in scalars_of(pointee, node)
        ]
    return [
        Leaf(name, f"(*{name})", scalar, name, path)
        for _, scalar, path in scalars_of(pointee, node)
    ]


def leaves_of_result(ctype: CType, node: Node) -> list[Leaf]:
    """Return the scalars of what a function returns: ("return.x", "nsc_result.x")."""
    return [
        Leaf("return" + suffix, "nsc_result" + suffix, scalar, "return", path)
        for suffix, scalar, path in scalars_of(ctype, node)
    ]
