"""A unit as machines with a long of 64 bits compute it.

The sandbox's compiler has 32 bits for `long` and `size_t`. Here they are written out
with 64, before anything is built: `long` as `long long`, `1UL` as `1ULL`, `labs` as
`llabs`, `%ld` as `%lld`.

In: Unit. Out: Unit. Non-goals: pointers, which keep their 32 bits, with what `sizeof`
gives of them (pointer_sizes.py) and the difference of two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
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
_FORMAT = re.compile(r"%%|%[-+ #0'*.0-9]*[lz](?=[diouxX])")
_OPEN_FORMAT = re.compile(r"%[-+ #0'*.0-9lz]*\"\Z")
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
    for strings in _formats(found, solid, own):
        _widen_format(spelled, strings)
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


def _widen_format(spelled: list[str], strings: Iterable[int]) -> None:
    """Write out one format: strings that follow each other, as in `"%" "ld"`."""
    begun = ""
    last = 0
    for k in strings:
        whole = begun + spelled[k][len(begun) and 1 :]
        is_open = _OPEN_FORMAT.search(whole) is not None
        spelled[k] = '""' if is_open else _FORMAT.sub(_wide_format, whole)
        begun = whole[:-1] if is_open else ""
        last = k
    if begun:
        spelled[last] = _FORMAT.sub(_wide_format, f'{begun}"')


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
) -> Iterator[Iterator[int]]:
    """Yield, for each call that prints, the strings that are its format."""
    for place, k in enumerate(solid):
        position = PRINTS_FORMAT.get(found[k])
        if position is not None and found[k] not in own:
            yield _strings(found, solid[place + 1 :], position)


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
