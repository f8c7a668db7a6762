"""Pointers that move or are cast, and fields of unions: places that see a number's bits.

In: places, addresses. Out: the same. Non-goals: what is read there (memory.py,
union_views.py).
"""

from __future__ import annotations

from nsc.graph import Builder
from nsc.refusal import Refusal
from nsc.symbolic.sizes import member_of, size_of
from nsc.symbolic.union_views import View
from nsc.symbolic.values import Address, Number, Place, Result, Shifted
from nsc.syntax import Array, CType, Scalar, Struct, Union

POINTERS = (Address, Shifted)


def field_of(place: Place, name: str, at: int) -> Place:
    """Return the place of a field of a union, or of a struct in one.

    Raises:
        Refusal: `unknown_field`.
    """
    found = None
    if isinstance(place.type, Struct | Union):
        found = member_of(place.type, name, at)
    if found is None:
        raise Refusal("unknown_field", f"there is no field '{name}' here", at)
    offset, ctype = found
    view = place.view or View(size_of(place.type, at), 0)
    return place._replace(type=ctype, view=_moved_view(view, offset))


def element_of(
    place: Place, array: Array, index: float | None, at: int
) -> Place:
    """Return the place of an element of an array in a union.

    Raises:
        Refusal: `uses_union`, the index depends on an input.
    """
    if index is None:
        message = "an index into a part of a union depends on an input"
        raise Refusal("uses_union", message, at)
    assert place.view is not None, "the array lies in a union"
    offset = int(index) * size_of(array.of, at)
    return place._replace(type=array.of, view=_moved_view(place.view, offset))


def cast(to: CType, value: Result, at: int) -> Address:
    """Cast a pointer to a number, so that its bits are seen.

    Raises:
        Refusal: `pointer_cast`, it is another kind of pointer.
    """
    if isinstance(value, Address):
        if value.type == to:
            return value
        is_whole = value.index is None and isinstance(to, Scalar)
        held = value.type
        if is_whole and isinstance(held, Scalar) and held.kind == "float":
            return value._replace(
                type=to, view=value.view or View(held.bits // 8, 0)
            )
    message = "casts between these pointer types are not supported"
    raise Refusal("pointer_cast", message, at)


def moved(
    b: Builder,
    operator: str,
    address: Address | Shifted,
    offset: Result,
    at: int,
) -> Address | Shifted:
    """Move a pointer by `+=` or `-=`.

    Raises:
        Refusal: `pointer_arithmetic`, another operator, or no number.
    """
    if operator not in ("+", "-") or not isinstance(offset, Number):
        raise Refusal("pointer_arithmetic", f"'{operator}=' on a pointer", at)
    return shifted(b, address, signed(b, operator, offset), at)


def signed(b: Builder, operator: str, offset: Number) -> Number:
    """Return how far `+ offset` or `- offset` moves a pointer."""
    return (
        offset if operator == "+" else Number(b.make("NEG", offset.node), True)
    )


def shifted(
    b: Builder, address: Address | Shifted, offset: Number, at: int
) -> Address | Shifted:
    """Return `address + offset`.

    An offset that depends on an input stays beside the address.

    Raises:
        Refusal: `pointer_arithmetic` or `index_out_of_bounds`, it points to no element
            of an array.
    """
    if isinstance(address, Shifted):
        node = b.make("ADD", address.offset.node, offset.node)
        return Shifted(address.base, Number(node, True))
    known = b.value(offset.node)
    if address.view is not None:
        return _moved(address, address.view, known, at)
    if known is None:
        return _moved_by_input(b, address, offset, at)
    if known == 0:
        return address
    if address.index is None:
        raise Refusal(
            "index_out_of_bounds", "a pointer to one object is moved", at
        )
    return address._replace(index=address.index + int(known))


def _moved_by_input(
    b: Builder, address: Address, offset: Number, at: int
) -> Shifted:
    if address.index is None:
        message = "an input moves a pointer to what is no element of an array"
        raise Refusal("pointer_arithmetic", message, at)
    start = b.literal(float(address.index))
    node = b.make("ADD", start, offset.node)
    return Shifted(address._replace(index=0), Number(node, True))


def _moved(address: Address, view: View, by: float | None, at: int) -> Address:
    """Move a pointer that sees a number's bits."""
    if by is None:
        message = "a pointer cast to another type is moved by an input"
        raise Refusal("pointer_cast", message, at)
    offset = int(by) * size_of(address.type, at)
    return address._replace(view=_moved_view(view, offset))


def _moved_view(view: View, by: int) -> View:
    return View(view.size, view.offset + by)
