"""A unit in which what holds pointers is said to be twice as large.

Pointers have 32 bits in the sandbox and 64 on most machines. A program that returns
the same with this, whatever `sizeof` gives of them, does not depend on it.

In: Unit. Out: Unit, or None where it asks for no such size. Non-goals: how large these
things are elsewhere; types of expressions, told here by the names in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from nsc.program.unit import Piece, Unit
from nsc.text import kind_of, solid_words

_QUALIFIERS = frozenset("const volatile restrict __restrict register".split())
_TAGS = ("struct", "union", "enum")
_TYPE_WORDS = frozenset(
    """
        void char short int long float double signed unsigned bool _Bool
    """.split()
)
_OPEN = ("(", "[", "{")
_CLOSE = (")", "]", "}")


@dataclass(frozen=True)
class _Declared:
    """How a name is declared: `char *names[3]` has a star and a dimension.

    Args:
        stars: with one for the first dimension of a parameter, which is a pointer.
        holds_pointers: whether its type does, the stars left out.
    """

    stars: int
    dimensions: int
    holds_pointers: bool


def with_twofold_pointers(unit: Unit) -> Unit | None:
    """Double what `sizeof` gives of pointers, and of what holds some."""
    if "sizeof" not in unit.text:
        return None
    types = _types_of(unit.pieces)
    holders = _with_pointers(types)
    known = {name for piece, _ in types for name in piece.names}
    names = _declarations(unit, known | _TYPE_WORDS, holders)
    pieces = tuple(_doubled(piece, holders, names) for piece in unit.pieces)
    return None if pieces == unit.pieces else replace(unit, pieces=pieces)


def _types_of(pieces: Sequence[Piece]) -> list[tuple[Piece, list[str]]]:
    """List the pieces that define types, each with its words."""
    found = [(piece, solid_words(piece.text)) for piece in pieces]
    return [
        (piece, text)
        for piece, text in found
        if text[:1] == ["typedef"] or (text[:1] and text[0] in _TAGS)
    ]


def _with_pointers(types: Sequence[tuple[Piece, list[str]]]) -> set[str]:
    """Name the types that are pointers or hold some."""
    holders: set[str] = set()
    for _ in types:
        found = {
            name
            for piece, text in types
            if "*" in text or holders.intersection(text)
            for name in piece.names
        }
        if found == holders:
            break
        holders = found
    return holders


def _declarations(
    unit: Unit, types: AbstractSet[str], holders: AbstractSet[str]
) -> dict[str, list[_Declared]]:
    """Return how each name is declared in a unit, as far as its neighbours say."""
    names: dict[str, list[_Declared]] = {}
    for piece in unit.pieces:
        text = solid_words(piece.text)
        depth = 0
        for k, word in enumerate(text):
            depth += (word == "(") - (word == ")")
            if k and kind_of(word) == "name" and not _is_type(word, types):
                found = _declared(text, k, types, holders, depth)
                if found is not None:
                    names.setdefault(word, []).append(found)
    return names


def _is_type(word: str, types: AbstractSet[str]) -> bool:
    return word in types or word in _QUALIFIERS or word.endswith("_t")


def _declared(
    text: Sequence[str],
    at: int,
    types: AbstractSet[str],
    holders: AbstractSet[str],
    depth: int,
) -> _Declared | None:
    """Read what stands around a name: None if it is not declared there."""
    before = at - 1
    stars = 0
    while before >= 0 and (text[before] == "*" or text[before] in _QUALIFIERS):
        stars += text[before] == "*"
        before -= 1
    if before < 0:
        return None
    follows_comma = text[before] in (",", ";", "{") and stars > 0
    if not (_is_type(text[before], types) or follows_comma):
        return None
    dimensions = _dimensions(text, at + 1)
    is_parameter = depth > 0 and dimensions > 0
    return _Declared(
        stars + is_parameter,
        dimensions - is_parameter,
        text[before] in holders,
    )


def _dimensions(text: Sequence[str], start: int) -> int:
    """Count the brackets that follow: 2 for `[3][n + v[1]]`."""
    count = 0
    depth = 0
    for word in text[start:]:
        if depth == 0 and word != "[":
            break
        count += depth == 0
        depth += (word in _OPEN) - (word in _CLOSE)
    return count


def _doubled(
    piece: Piece,
    holders: AbstractSet[str],
    names: dict[str, list[_Declared]],
) -> Piece:
    text = solid_words(piece.text)
    types = _TYPE_WORDS | holders
    spelled = list(text)
    for k, word in enumerate(text):
        if word == "sizeof":
            operand = _operand(text[k + 1 :])
            if _holds_pointers(operand, types, holders, names):
                spelled[k] = "sizeof(char[2 * sizeof"
                spelled[k + len(operand)] += "])"
    if spelled == text:
        return piece
    return Piece(piece.names, " ".join(spelled))


def _operand(text: Sequence[str]) -> list[str]:
    """Return what a `sizeof` is of: what stands in parentheses, or a place."""
    found: list[str] = []
    depth = 0
    for word in text:
        if depth == 0 and not _goes_on(found[-1:], word):
            break
        found.append(word)
        depth += (word in _OPEN) - (word in _CLOSE)
    return found


def _goes_on(last: Sequence[str], word: str) -> bool:
    """Say whether a word still belongs to what a `sizeof` is of.

    Args:
        last: the word before, none at the start.
    """
    is_name = kind_of(word) == "name"
    if last and (last[0] in (")", "]") or kind_of(last[0]) == "name"):
        return word in ("[", ".", "->")
    return is_name or word in ("*", "(")


def _holds_pointers(
    operand: Sequence[str],
    types: AbstractSet[str],
    holders: AbstractSet[str],
    names: dict[str, list[_Declared]],
) -> bool:
    inside = [word for word in operand if word not in ("(", ")")]
    if not inside:
        return False
    if _is_type(inside[0], types) or inside[0] in _TAGS:
        return "*" in inside or not holders.isdisjoint(inside)
    place = _without_indices(inside)
    named = [k for k, word in enumerate(place) if kind_of(word) == "name"]
    if not named:
        return False
    reads = _stars_before(place) + place[named[-1] :].count("[")
    return any(_is_left(d, reads) for d in names.get(place[named[-1]], ()))


def _stars_before(place: Iterable[str]) -> int:
    count = 0
    for word in place:
        if word != "*":
            break
        count += 1
    return count


def _is_left(declared: _Declared, reads: int) -> bool:
    """Say whether pointers are left once so many were followed."""
    has_star = declared.stars > 0
    is_left = has_star and declared.stars + declared.dimensions > reads
    return is_left or declared.holds_pointers


def _without_indices(text: Sequence[str]) -> list[str]:
    """Leave out what stands between brackets."""
    found = []
    depth = 0
    for word in text:
        depth -= word == "]"
        if depth == 0:
            found.append(word)
        depth += word == "["
    return found
