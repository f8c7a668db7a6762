"""The C types a surrogate can be compiled for: scalars, pointers, arrays and structs of
them, and unions inside.

In: nothing. Out: frozen values. Non-goals: bit-fields, function pointers, layout in
bytes.
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
    """A number. `spelling` is the C type as written in closed text, e.g. "float" or
    "unsigned int".
    """

    spelling: str
    kind: str  # "float" | "int" | "bool"
    bits: int = 64
    signed: bool = True

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the largest value of an integer type, as far as a double can
        hold them.
        """
        least = -(2 ** (self.bits - 1)) if self.signed else 0
        largest = float(least + 2**self.bits - 1)
        return float(least), (
            largest if self.bits <= 53 else math.nextafter(largest, 0.0)
        )

    def spell(self, name: str = "") -> str:
        return f"{self.spelling} {name}".rstrip()


@dataclass(frozen=True)
class _Compound:
    """Named fields; `spelling` is how to name it, e.g. "struct vec" or the typedef
    "vec3".
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
    """`length` elements of one type; `length` is None where C left it open (`float
    a[]`).
    """

    of: CType
    length: int | None

    def spell(self, name: str = "") -> str:
        return self.of.spell(f"{name}[{'' if self.length is None else self.length}]")


@dataclass(frozen=True)
class Pointer:
    """A pointer; `const` says whether the pointee is const."""

    to: CType
    const: bool = False

    def spell(self, name: str = "") -> str:
        inner = f"(*{name})" if isinstance(self.to, Array) else f"*{name}"
        return ("const " if self.const else "") + self.to.spell(inner)


CType = Void | Scalar | Struct | Union | Array | Pointer

FLOAT = Scalar("float", "float", 32)
DOUBLE = Scalar("double", "float", 64)
INT = Scalar("int", "int", 32)
