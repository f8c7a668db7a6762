"""Pointers that move or are cast, and places that see a number as something else:
fields of unions.

In: places, addresses. Out: the same. Non-goals: what is read there (memory.py,
union_views.py).
"""

from __future__ import annotations

from nsc.graph import Builder
from nsc.refusal import Refusal
from nsc.symbolic.memory import Address, Number, Place
from nsc.symbolic.sizes import member_of, size_of
from nsc.symbolic.union_views import View
from nsc.syntax import CType, Scalar, Struct, Union

Shifted = Address | tuple[Address, Number]


def is_pointer(value: object) -> bool:
    """Say whether a value is an address, perhaps with an offset that depends on an
    input.
    """
    return isinstance(value, Address) or type(value) is tuple


def field_of(place: Place, name: str, at: int) -> Place:
    """Return the place of a field of a union, or of a struct in one."""
    found = (
        member_of(place.type, name, at)
        if isinstance(place.type, Struct | Union)
        else None
    )
    if found is None:
        raise Refusal("unknown_field", f"there is no field '{name}' here", at)
    view = place.view or View(size_of(place.type, at), 0)
    return place._replace(type=found[1], view=View(view.size, view.offset + found[0]))


def element_of(place: Place, index: float | None, at: int) -> Place:
    """Return the place of an element of an array in a union."""
    if index is None:
        raise Refusal(
            "uses_union", "an index into a part of a union depends on an input", at
        )
    offset = place.view.offset + int(index) * size_of(place.type.of, at)
    return place._replace(type=place.type.of, view=View(place.view.size, offset))


def cast(to: CType, value: object, at: int) -> Address:
    """Cast a pointer to a number, so that its bits are seen."""
    if isinstance(value, Address) and value.type == to:
        return value
    is_number = (
        isinstance(value, Address)
        and value.index is None
        and isinstance(value.type, Scalar)
    )
    if not is_number or not isinstance(to, Scalar) or value.type.kind != "float":
        raise Refusal(
            "pointer_cast", "casts between these pointer types are not supported", at
        )
    return value._replace(type=to, view=value.view or View(value.type.bits // 8, 0))


def moved(
    b: Builder, operator: str, address: Address, offset: object, at: int
) -> Shifted:
    """Move a pointer by `+=` or `-=`."""
    if operator not in ("+", "-") or not isinstance(offset, Number):
        raise Refusal("pointer_arithmetic", f"'{operator}=' on a pointer", at)
    return shifted(
        b,
        address,
        offset if operator == "+" else Number(b.make("NEG", offset.node), True),
        at,
    )


def shifted(b: Builder, address: Shifted, offset: Number, at: int) -> Shifted:
    """Return `address + offset`; an offset that depends on an input stays beside the
    address.
    """
    if not isinstance(address, Address):
        base, before = address
        return base, Number(b.make("ADD", before.node, offset.node), True)
    known = b.value(offset.node)
    if address.view is not None:
        return _moved(address, known, at)
    if known is None and address.index is None:
        raise Refusal(
            "pointer_arithmetic",
            "an input moves a pointer to what is no element of an array",
            at,
        )
    if known is None:
        base = b.literal(float(address.index or 0))
        return address._replace(index=0), Number(b.make("ADD", base, offset.node), True)
    if known == 0:
        return address
    if address.index is None:
        raise Refusal("index_out_of_bounds", "a pointer to one object is moved", at)
    return address._replace(index=address.index + int(known))


def _moved(address: Address, by: float | None, at: int) -> Address:
    if by is None:
        raise Refusal(
            "pointer_cast", "a pointer cast to another type is moved by an input", at
        )
    offset = address.view.offset + int(by) * size_of(address.type, at)
    return address._replace(view=View(address.view.size, offset))
