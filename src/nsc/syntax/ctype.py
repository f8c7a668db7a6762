"""The C types of what a surrogate is compiled for, and of what is inside of it.

In: nothing. Out: frozen values: scalars, pointers, arrays, structs and unions.
Non-goals: function pointers, layout in bytes.

An anonymous member has a name that C cannot spell: "@" and the first name in it. The
fields of an anonymous struct are reached as those of the struct around it are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field


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
        is_enum: whether it is an enumeration's; it is a type's equal all the same. It is
            read as an int, whatever type a compiler takes for it.
        named: what an enumeration is called; "" if it cannot be.
    """

    spelling: str
    kind: str
    bits: int = 64
    signed: bool = True
    is_enum: bool = field(default=False, compare=False, repr=False)
    named: str = field(default="", compare=False, repr=False)

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the largest value of an integer type that a double can hold."""
        least = -(2 ** (self.bits - 1)) if self.signed else 0
        largest = float(least + 2**self.bits - 1)
        is_rounded_up = self.bits > 53  # to 2^63 or 2^64, which the type lacks
        if is_rounded_up:
            largest = math.nextafter(largest, 0.0)
        return float(least), largest

    @property
    def cast(self) -> str:
        """The cast that makes this type of a number; C++ makes no enumeration without."""
        own = f"({self.named})" if self.named else ""
        return f"{own}({self.spelling})"

    def spell(self, name: str = "") -> str:
        return f"{self.named or self.spelling} {name}".rstrip()


@dataclass(frozen=True)
class BitField(Scalar):
    """A member of `bits` bits, which holds what fits and has no address.

    `spelling` is the type that it is declared with.
    """


ANONYMOUS = "@"


def is_anonymous(name: str) -> bool:
    """Say whether this is what nsc calls a member without a name."""
    return name.startswith(ANONYMOUS)


@dataclass(frozen=True)
class _Compound:
    """Named fields.

    `spelling` is how to name it: "struct vec", the typedef "vec3", "" if it cannot be.
    """

    spelling: str
    fields: tuple[tuple[str, CType], ...]
    n_scalars: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # kept, for types share parts: to count them all anew takes 2^depth steps
        total = sum(scalar_count(kind) for _, kind in self.fields)
        object.__setattr__(self, "n_scalars", total)

    def spell(self, name: str = "") -> str:
        return f"{self.spelling} {name}".rstrip()

    def field(self, name: str) -> CType | None:
        """Return a field's type, also of one inside an anonymous struct."""
        for own, kind in self.fields:
            if own == name:
                return kind
            if is_anonymous(own) and isinstance(kind, Struct):
                inner = kind.field(name)
                if inner is not None:
                    return inner
        return None

    def union_with(self, name: str) -> str | None:
        """Return the name of the anonymous union in which a field is."""
        for own, kind in self.fields:
            if not is_anonymous(own):
                continue
            if isinstance(kind, Union) and kind.has_field(name):
                return own
            if isinstance(kind, Struct):
                inner = kind.union_with(name)
                if inner is not None:
                    return inner
        return None

    def has_field(self, name: str) -> bool:
        """Say whether `.name` means anything here."""
        return (
            self.field(name) is not None or self.union_with(name) is not None
        )


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


def scalar_count(ctype: CType) -> int:
    """Count the scalars and pointers in a type, without listing them."""
    if isinstance(ctype, Struct | Union):
        return ctype.n_scalars
    if isinstance(ctype, Array):
        return scalar_count(ctype.of) * (ctype.length or 0)
    return 1


FLOAT = Scalar("float", "float", 32)
DOUBLE = Scalar("double", "float", 64)
INT = Scalar("int", "int", 32)
