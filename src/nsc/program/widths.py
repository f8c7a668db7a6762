"""A unit as machines with a long of 64 bits compute it.

The sandbox's compiler has 32 bits for `long` and `size_t`. Here they are written out
with 64, before anything is built: `long` as `long long`, `1UL` as `1ULL`, `labs` as
`llabs`, `%ld` as `%lld`.

In: Unit. Out: Unit. Non-goals: pointers, which keep their 32 bits, with what `sizeof`
gives of them (pointer_sizes.py) and the difference of two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from nsc.program.unit import Piece, Unit
from nsc.program.wide_library import FUNCTIONS, NAMES, definitions
from nsc.text import BLANKS, PRINTS_FORMAT, kind_of, words

_SPECIFIERS = frozenset(
    """
        signed unsigned int short long char double const volatile static extern register
        inline typedef auto restrict _Complex __signed__ __volatile__ __restrict
        __const __inline __inline__ _Thread_local _Noreturn __extension__
    """.split()
)
_HEADERS = ("stdlib.h", "math.h")  # of what stands for a function
_LONG_LITERAL = re.compile(
    r"(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)([uU]?)[lL]([uU]?)"
)
_FORMAT = re.compile(r"%%|%[-+ #0'*.0-9]*[lzt](?=[diouxX])")
_MAY_CHANGE = re.compile(
    r"[0-9a-fA-F][uU]?[lL]"
    rf"|\b(?:long|{'|'.join([*NAMES, *FUNCTIONS, *PRINTS_FORMAT])})\b"
)


def with_long_of_64_bits(
    unit: Unit, own: AbstractSet[str] = frozenset()
) -> Unit:
    """Write out a unit's longs with 64 bits.

    Args:
        own: names that the text gives a meaning, beside those that the pieces say.
    """
    own = own | set(unit.globals_)
    library = FUNCTIONS.keys() - own
    pieces: list[Piece] = []
    called: set[str] = set()
    for piece in unit.pieces:
        found = words(piece.text) if _MAY_CHANGE.search(piece.text) else []
        called |= library.intersection(found)
        pieces.append(_widened(piece, found, own) if found else piece)
    if not called:
        return replace(unit, pieces=tuple(pieces))
    headers = tuple(dict.fromkeys((*unit.headers, *_HEADERS)))
    return replace(
        unit, headers=headers, pieces=(*definitions(called), *pieces)
    )


def _widened(
    piece: Piece, found: Sequence[str], own: AbstractSet[str]
) -> Piece:
    """Write out the longs of one declaration, whose words were found."""
    blanks = {word for word in set(found) if kind_of(word) in BLANKS}
    solid = [k for k, word in enumerate(found) if word not in blanks]
    spelled = list(found)
    for k, after in zip(solid, [*solid[1:], None], strict=True):
        is_called = after is not None and found[after] == "("
        spelled[k] = _wide(found[k], own, is_called=is_called)
    for k in _single_longs(found, solid):
        spelled[k] = "long long"
    for k in _formats(found, solid, own):
        spelled[k] = _FORMAT.sub(_wide_format, found[k])
    return Piece(piece.names, "".join(spelled))


def _wide(word: str, own: AbstractSet[str], *, is_called: bool) -> str:
    literal = _LONG_LITERAL.fullmatch(word)
    if literal is not None:
        digits, before, behind = literal.groups()
        return f"{digits}{before}LL{behind}"
    if word in own:
        return word
    if word in FUNCTIONS and is_called:  # a variable may have such a name
        return FUNCTIONS[word]
    return NAMES.get(word, word)


def _wide_format(found: re.Match[str]) -> str:
    text = found.group()
    return text if text == "%%" else f"{text[:-1]}ll"


def _single_longs(found: Sequence[str], solid: Sequence[int]) -> Iterator[int]:
    """Yield the words `long` that are not `long long` nor `long double`."""
    together: list[int] = []
    is_double = False
    for k in (*solid, None):
        word = ";" if k is None else found[k]
        if k is not None and word in _SPECIFIERS:
            is_double |= word == "double"
            together += [k] * (word == "long")
        else:
            if len(together) == 1 and not is_double:
                yield together[0]
            together = []
            is_double = False


def _formats(
    found: Sequence[str], solid: Sequence[int], own: AbstractSet[str]
) -> Iterator[int]:
    """Yield the strings that are formats of what is printed."""
    for place, k in enumerate(solid):
        position = PRINTS_FORMAT.get(found[k])
        if position is not None and found[k] not in own:
            yield from _strings(found, solid[place + 1 :], position)


def _strings(
    found: Sequence[str], behind: Sequence[int], position: int
) -> Iterator[int]:
    """Yield the strings in an argument of the call whose parentheses come next."""
    depth = 0
    argument = 0
    for k in behind:
        word = found[k]
        depth += (word in ("(", "[", "{")) - (word in (")", "]", "}"))
        if depth <= 0:
            return
        argument += word == "," and depth == 1
        if argument == position and kind_of(word) == "string":
            yield k
