"""Sizes of C types in bytes, as in the sandbox.

There `long` has eight, and pointers have four. In: `CType`. Out: bytes. Non-goals: where objects
lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nsc.refusal import Refusal
from nsc.syntax import (
    Array,
    BitField,
    CType,
    Pointer,
    Scalar,
    Struct,
    Union,
    is_anonymous,
)

_POINTER_BYTES = 4


class _Layout(NamedTuple):
    """How many bytes a type takes, and of what its address is a multiple."""

    size: int
    alignment: int


def size_of(ctype: CType, at: int) -> int:
    """Return what `sizeof` gives.

    Args:
        at: the offset to blame.

    Raises:
        Refusal: `dynamic_size`, the type has no size or no known one.
    """
    return _layout(ctype, at).size


def member_of(
    ctype: Struct | Union, name: str, at: int
) -> tuple[int, CType] | None:
    """Return (offset, type) of a field, None where there is none of that name."""
    named = zip(ctype.fields, _fields(ctype, at), strict=True)
    for (own, _), (offset, field) in named:
        if own == name:
            return offset, field
        if is_anonymous(own) and isinstance(field, Struct | Union):
            inner = member_of(field, name, at)
            if inner is not None:
                return offset + inner[0], inner[1]
    return None


def _layout(ctype: CType, at: int) -> _Layout:
    if isinstance(ctype, Pointer):
        return _Layout(_POINTER_BYTES, _POINTER_BYTES)
    if isinstance(ctype, BitField):
        what = "the size of a struct with bit-fields is not known here"
        raise Refusal("dynamic_size", what, at)
    if isinstance(ctype, Scalar):
        return _Layout(ctype.bits // 8, ctype.bits // 8)
    if isinstance(ctype, Array) and ctype.length is not None:
        element = _layout(ctype.of, at)
        return _Layout(element.size * ctype.length, element.alignment)
    if not isinstance(ctype, Struct | Union):
        raise Refusal("dynamic_size", "the size of this type is not known", at)
    end = 0
    widest = 1
    for offset, field in _fields(ctype, at):
        layout = _layout(field, at)
        end = max(end, offset + layout.size)
        widest = max(widest, layout.alignment)
    return _Layout(_rounded_up(end, widest), widest)


def _fields(ctype: Struct | Union, at: int) -> Iterator[tuple[int, CType]]:
    """Yield (offset, type) of each field."""
    end = 0
    for _, field in ctype.fields:
        layout = _layout(field, at)
        offset = (
            0
            if isinstance(ctype, Union)
            else _rounded_up(end, layout.alignment)
        )
        yield offset, field
        end = offset + layout.size


def _rounded_up(n_bytes: int, multiple: int) -> int:
    return -(-n_bytes // multiple) * multiple
