"""What expressions evaluate to on symbolic memory: numbers, addresses, places.

In: node numbers, C types. Out: `Number`, `Address`, `Shifted`, `Place`.
Non-goals: what is stored where (memory.py).
"""

from __future__ import annotations

from typing import NamedTuple

from nsc.graph import Builder
from nsc.refusal import Refusal
from nsc.symbolic.union_views import View
from nsc.syntax import Array, CType, Scalar, Struct

Path = tuple[str | int, ...]  # fields and indices, from an object inwards


class Number(NamedTuple):
    """A scalar value: a node, and whether C gives it an integer type."""

    node: int
    is_int: bool = False


class Address(NamedTuple):
    """A pointer into an object.

    Args:
        object: the object's number.
        path: where in it.
        type: the type of what it points to.
        index: the element pointed to, of the array at `path`; None for `path` itself.
        view: which bytes of a number it sees, after a cast to another type.
    """

    object: int
    path: Path
    type: CType
    index: int | None = None
    view: View | None = None


class Shifted(NamedTuple):
    """A pointer that depends on an input: `offset` elements from `base`."""

    base: Address
    offset: Number


class Place(NamedTuple):
    """An lvalue: one path in an object, or one of several that an input selects.

    Args:
        object: the object's number.
        options: (k, path): the path that is meant where `index` is k.
        type: the type of what is there.
        index: the node that selects an option; None where there is only one.
        view: which bytes are meant of the number in the cell there; None for all of it
            as what it is.
    """

    object: int
    options: tuple[tuple[int, Path], ...]
    type: CType
    index: int | None = None
    view: View | None = None


Value = Number | Address | Shifted
Result = (
    Value | Place | None
)  # a struct is known by its place; void gives None


def place_of(
    number: int, path: Path, ctype: CType, view: View | None = None
) -> Place:
    """Return the place at a path that depends on no input."""
    return Place(number, ((0, path),), ctype, None, view)


def only_path(place: Place) -> Path:
    """Return the path of a place that no input selects."""
    ((_, path),) = place.options
    return path


def number_of(value: Result, at: int) -> Number:
    """Return a value that has to be a number.

    Raises:
        Refusal: `not_a_number`, it is a pointer, a struct or nothing.
    """
    if not isinstance(value, Number):
        raise Refusal(
            "not_a_number", "a pointer or struct is used as a number", at
        )
    return value


def choose(b: Builder, condition: int, yes: Value, no: Value) -> Value:
    """Return `condition ? yes : no`.

    Raises:
        Refusal: `pointer_depends_on_input`, these are different pointers.
    """
    if yes == no:
        return yes
    if not (isinstance(yes, Number) and isinstance(no, Number)):
        raise Refusal(
            "pointer_depends_on_input",
            "what a pointer points to depends on an input",
            b.at,
        )
    node = b.make("SEL", condition, yes.node, no.node)
    return Number(node, yes.is_int and no.is_int)


def is_integer(ctype: CType) -> bool:
    """Say whether numbers of a type are whole."""
    return isinstance(ctype, Scalar) and ctype.kind != "float"


def is_floating_type(ctype: CType) -> bool:
    """Say whether a type is one of floating numbers."""
    return isinstance(ctype, Scalar) and ctype.kind == "float"


def type_at(ctype: CType, path: Path) -> CType:
    """Return the type of what lies at a path in an object of a type."""
    for step in path:
        if isinstance(ctype, Struct):
            found = ctype.field(str(step))
            assert found is not None, "paths are made of fields that are there"
            ctype = found
        else:
            assert isinstance(ctype, Array), (
                "paths go through structs and arrays"
            )
            ctype = ctype.of
    return ctype
