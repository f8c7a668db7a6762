"""A unit as machines with a long of 64 bits compute it.

The sandbox has 32 bits for `long`, `size_t` and what `sizeof` gives. Here they are
written out with 64, so that the sandbox can run both and see whether it matters.

In: Unit. Out: Unit, or None where nothing in it has another width. Non-goals: pointers,
which keep their 32 bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nsc.program.unit import Piece, Unit
from nsc.text import BLANKS, kind_of, words

_SPECIFIERS = frozenset(
    """
        signed unsigned int short long char double const volatile static extern register
        inline typedef auto restrict _Complex
    """.split()
)
_WIDE = {
    "size_t": "unsigned long long",
    "ssize_t": "long long",
    "ptrdiff_t": "long long",
    "LONG_MAX": "LLONG_MAX",
    "LONG_MIN": "LLONG_MIN",
    "ULONG_MAX": "ULLONG_MAX",
    "SIZE_MAX": "ULLONG_MAX",
    "labs": "llabs",
    "lround": "llround",
    "lroundf": "llroundf",
    "lrint": "llrint",
    "lrintf": "llrintf",
    "strtol": "strtoll",
    "strtoul": "strtoull",
    "atol": "atoll",
    "ldiv": "lldiv",
    "ldiv_t": "lldiv_t",
    "sizeof": "(unsigned long long)sizeof",
}
_LONG_LITERAL = re.compile(r"(0[xX][0-9a-fA-F]+|[0-9]+)([uU]?)[lL]([uU]?)")


def with_long_of_64_bits(unit: Unit) -> Unit | None:
    """Write out a unit's longs with 64 bits; None where it has none."""
    defined = set(unit.globals_)
    pieces = tuple(_widened(piece, defined) for piece in unit.pieces)
    if pieces == unit.pieces:
        return None
    headers = tuple(dict.fromkeys((*unit.headers, "limits.h")))
    return replace(unit, pieces=pieces, headers=headers)


def _widened(piece: Piece, defined: set[str]) -> Piece:
    """Write out the longs of one declaration.

    Args:
        defined: names that the unit gives a meaning of its own.
    """
    found = words(piece.text)
    longs = set(_single_longs(found))
    spelled = [
        "long long" if k in longs else _wide(word, defined)
        for k, word in enumerate(found)
    ]
    return Piece(piece.names, "".join(spelled))


def _wide(word: str, defined: set[str]) -> str:
    literal = _LONG_LITERAL.fullmatch(word)
    if literal is not None:
        digits, before, behind = literal.groups()
        return f"{digits}{before}LL{behind}"
    return word if word in defined else _WIDE.get(word, word)


def _single_longs(found: Sequence[str]) -> Iterator[int]:
    """Yield the words `long` that are not `long long` nor `long double`."""
    together: list[int] = []
    is_double = False
    for k, word in enumerate((*found, ";")):
        if word in _SPECIFIERS:
            is_double |= word == "double"
            together += [k] * (word == "long")
        elif kind_of(word) not in BLANKS:
            if len(together) == 1 and not is_double:
                yield together[0]
            together = []
            is_double = False
