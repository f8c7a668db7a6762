"""Sizes of C types in bytes, as in the sandbox: wasm32, where `long` and pointers have four.

In: `CType`. Out: bytes. Non-goals: where in memory anything lies.
"""

from __future__ import annotations

from nsc.program.ctype import Array, CType, Pointer, Scalar, Struct
from nsc.program.refusal import Refusal

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
    if not isinstance(ctype, Struct):
        raise Refusal("dynamic_size", "the size of this type is not known", at)
    end, widest = 0, 1
    for _, field in ctype.fields:
        size, alignment = _layout(field, at)
        end = -(-end // alignment) * alignment + size
        widest = max(widest, alignment)
    return -(-end // widest) * widest, widest
