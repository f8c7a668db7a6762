"""Sizes of C types in bytes, as in the sandbox: wasm32, where `long` and pointers have
four.

In: `CType`. Out: bytes. Non-goals: where objects lie.
"""

from __future__ import annotations

from collections.abc import Iterator

from nsc.refusal import Refusal
from nsc.syntax import Array, CType, Pointer, Scalar, Struct, Union

_POINTER = 4


def size_of(ctype: CType, at: int) -> int:
    """Return what `sizeof` gives."""
    return _layout(ctype, at)[0]


def _layout(ctype: CType, at: int) -> tuple[int, int]:
    """Return (size, alignment)."""
    if isinstance(ctype, Pointer):
        return _POINTER, _POINTER
    if isinstance(ctype, Scalar):
        return ctype.bits // 8, ctype.bits // 8
    if isinstance(ctype, Array) and ctype.length is not None:
        size, alignment = _layout(ctype.of, at)
        return size * ctype.length, alignment
    if not isinstance(ctype, Struct | Union):
        raise Refusal("dynamic_size", "the size of this type is not known", at)
    ends = [0]
    widest = 1
    for offset, field in _fields(ctype, at):
        size, alignment = _layout(field, at)
        ends.append(offset + size)
        widest = max(widest, alignment)
    return -(-max(ends) // widest) * widest, widest


def _fields(ctype: Struct | Union, at: int) -> Iterator[tuple[int, CType]]:
    """Yield (offset, type) of each field."""
    end = 0
    for _, field in ctype.fields:
        size, alignment = _layout(field, at)
        offset = 0 if isinstance(ctype, Union) else -(-end // alignment) * alignment
        yield offset, field
        end = offset + size


def member_of(ctype: Struct | Union, name: str, at: int) -> tuple[int, CType] | None:
    """Return (offset, type) of a field, None where there is none of that name."""
    names = [field for field, _ in ctype.fields]
    return list(_fields(ctype, at))[names.index(name)] if name in names else None
