"""Closed C, ready to build.

In: nothing. Out: `Piece`, `Unit`, plain frozen data. Non-goals: how it is closed,
built or run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Piece(NamedTuple):
    """One file-scope declaration, without directives.

    `names` are what it defines: functions, types, tags...
    """

    names: tuple[str, ...]
    text: str


def text_of_pieces(pieces: Sequence[Piece]) -> str:
    """Return the text that pieces make together."""
    return "".join(f"{piece.text}\n" for piece in pieces)


def names_of_pieces(pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Return every name that pieces define, once, in their order."""
    return tuple(
        dict.fromkeys(name for piece in pieces for name in piece.names)
    )


@dataclass(frozen=True)
class Unit:
    """Closed C, ready to build: not one preprocessor directive, one scalar entry point.

    The pieces name what they define, so that a builder can rename it (`#define a
    nsc_u3_a`), put many units into one module, and let a unit define its own `erf`.

    Args:
        headers: standard ones only, e.g. ("math.h",).
        pieces: define `void <entry>(const double *x, double *y)`, among others.
        entry: reads n_inputs and writes n_outputs doubles.
    """

    headers: tuple[str, ...]
    pieces: tuple[Piece, ...]
    entry: str
    n_inputs: int
    n_outputs: int

    @cached_property
    def text(self) -> str:
        return text_of_pieces(self.pieces)

    @cached_property
    def globals_(self) -> tuple[str, ...]:
        """Every file-scope name that the unit defines."""
        return names_of_pieces(self.pieces)
