"""The C types of what a surrogate is compiled for, and of what is inside of it.

In: nothing. Out: frozen values: scalars, pointers, arrays, structs and unions.
Non-goals: bit-fields, function pointers, layout in bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Void:
    """The type `void`."""

    def spell(self, name: str = "") -> str:
        return f"void {name}".rstrip()


@dataclass(frozen=True)
class Scalar:
    """A number.

    Args:
        spelling: the C type as written in closed text, e.g. "float", "unsigned int".
        kind: "float", "int" or "bool".
        bits: its width.
        signed: whether an integer can be negative.
    """

    spelling: str
    kind: str
    bits: int = 64
    signed: bool = True

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the largest value of an integer type that a double can hold."""
        least = -(2 ** (self.bits - 1)) if self.signed else 0
        largest = float(least + 2**self.bits - 1)
        is_rounded_up = self.bits > 53  # to 2^63 or 2^64, which the type lacks
        if is_rounded_up:
            largest = math.nextafter(largest, 0.0)
        return float(least), largest

    def spell(self, name: str = "") -> str:
        return f"{self.spelling} {name}".rstrip()


@dataclass(frozen=True)
class _Compound:
    """Named fields.

    `spelling` is how to name it: "struct vec", the typedef "vec3", "" if it cannot be.
    """

    spelling: str
    fields: tuple[tuple[str, CType], ...]

    def spell(self, name: str = "") -> str:
        return f"{self.spelling} {name}".rstrip()

    def field(self, name: str) -> CType | None:
        return dict(self.fields).get(name)


@dataclass(frozen=True)
class Struct(_Compound):
    """Fields one after the other."""


@dataclass(frozen=True)
class Union(_Compound):
    """Fields that share their bytes."""


@dataclass(frozen=True)
class Array:
    """`length` elements of one type, None where C left it open (`float a[]`)."""

    of: CType
    length: int | None

    def spell(self, name: str = "") -> str:
        length = "" if self.length is None else self.length
        return self.of.spell(f"{name}[{length}]")


@dataclass(frozen=True)
class Pointer:
    """A pointer; `const` says whether the pointee is const."""

    to: CType
    const: bool = False

    def spell(self, name: str = "") -> str:
        inner = f"(*{name})" if isinstance(self.to, Array) else f"*{name}"
        qualifier = "const " if self.const else ""
        return qualifier + self.to.spell(inner)


CType = Void | Scalar | Struct | Union | Array | Pointer

FLOAT = Scalar("float", "float", 32)
DOUBLE = Scalar("double", "float", 64)
INT = Scalar("int", "int", 32)
