"""Casts to a type's name that a parser without types takes for something else.

`(word)-(a + 1)` reads as a difference, `(word)*p` as a product, `(word)(int)(x)` as two
calls. Where the name is a type they are written as a call of it, `word(-(a + 1))`, which
binds as the cast does and which every reader of trees takes for a cast.

In: text without directives, the names that are types. Out: text of the same length and
meaning; the operand of a cast that is written anew stands further left. Non-goals: types
that are no single name, which parse as casts.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from nsc.syntax.brackets import Brackets

# type names that the parser does not know
_OWN = frozenset({"_Bool", "float_t", "double_t"})
# type names that it knows
_KNOWN = re.compile(
    r"void|char|short|int|long|float|double|signed|unsigned|bool|s?size_t|ptrdiff_t"
    r"|u?intptr_t|u?int(?:8|16|32|64)_t|char(?:8|16|32|64|ptr)_t|max_align_t|nullptr_t"
)
_CAST = re.compile(r"\(\s*([A-Za-z_]\w*)\s*\)\s*(?=[-+*&(])")
_ANY_CAST = re.compile(r"\(\s*((?:\w+\s+)*\w+)[\s*]*\)\s*(?!\{)")
_SIGNS = re.compile(r"(?:[-+*&!~]\s*)*")
_PRIMARY = re.compile(
    r"(?:\.?\d(?:[eEpP][-+]|[\w.])*|[A-Za-z_]\w*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"
)
_SUFFIX = re.compile(r"\s*(?:(?:\.|->)\s*[A-Za-z_]\w*|\+\+|--)")
_OPENING = re.compile(r"\s*(?=[(\[])")
_BEFORE = re.compile(r"(?:[-+*/%=(,?:<>&|!{;~^\[]|\b(?:return|case))\s*\Z")
_NEAR = 100  # characters: what is looked at before a parenthesis
_TYPEDEF = re.compile(r"\btypedef\b[^;{]*+(?:\{[^{}]*+\})?+[^;{]*+;")
_FIRST_DECLARED = re.compile(
    r"(\w+)(?:\s*\*+\s*|\s+)([A-Za-z_]\w*)\s*(?=[=;,\[)])"
)
_NEXT_DECLARED = re.compile(r",[\s*]*([A-Za-z_]\w*)\s*(?=[=;,\[])")
_NO_TYPE = frozenset(
    "const volatile restrict static extern register inline typedef return case sizeof"
    " else goto struct union enum unsigned signed".split()
)
_MOST_SIGNS = 32


class _Cast(NamedTuple):
    """Where a cast opens, the name it is to, where its operand begins and ends."""

    start: int
    name: str
    operand: int
    end: int


def casts_as_calls(text: str, types: Collection[str]) -> str:
    """Write `(word)-x` as `word(-x)`, where `word` is a type and nothing else.

    Args:
        text: without directives.
        types: the names that are types besides C's own.
    """
    names = _OWN.union(name for name in types if not _KNOWN.fullmatch(name))
    found = [c for c in _CAST.finditer(text) if c[1] in names]
    if not found:
        return text
    names -= _variables(text)
    reader = _Reader(text, names | frozenset(types))
    casts = [reader.cast(c) for c in found if c[1] in names]
    letters = list(text)
    # from the right: an operand may have casts of its own
    for cast in reversed(casts):
        if cast is not None:
            letters[cast.start : cast.end] = _called(letters, cast)
    return "".join(letters)


def _variables(text: str) -> frozenset[str]:
    """Return the names that a text declares as variables, whatever else they are."""
    without_types = _TYPEDEF.sub("", text)
    found = {
        name
        for before, name in _FIRST_DECLARED.findall(without_types)
        if before not in _NO_TYPE
    }
    return frozenset(found.union(_NEXT_DECLARED.findall(without_types)))


def _called(letters: list[str], cast: _Cast) -> list[str]:
    """Return the letters of a cast as a call, as many as before."""
    spare = cast.operand - cast.start - len(cast.name) - 2
    operand = letters[cast.operand : cast.end]
    return [*cast.name, *" " * spare, "(", *operand, ")"]


class _Reader:
    """Finds the ends of operands.

    Args:
        types: the names that are types.
    """

    def __init__(self, text: str, types: frozenset[str]):
        self.text = text
        self.types = types
        self.brackets = Brackets(text)

    def cast(self, found: re.Match[str]) -> _Cast | None:
        """Return a cast that may be one; None where it stands where none can."""
        start = found.start()
        near = self.text[max(0, start - _NEAR) : start]
        before = _BEFORE.search(near)
        if before is None and not self._ends_in_cast(near):
            return None
        end = self._operand(found.end())
        if end is None:
            return None
        # `word(*p);` would declare p
        is_first = before is not None and before.group().strip() in ("{", ";")
        is_statement = self.text[end:].lstrip()[:1] == ";"
        if is_first and is_statement:
            return None
        return _Cast(start, found[1], found.end(), end)

    def _ends_in_cast(self, near: str) -> bool:
        opening = near.rfind("(")
        found = _ANY_CAST.fullmatch(near, opening) if opening >= 0 else None
        return found is not None and self._is_type(found[1])

    def _is_type(self, words: str) -> bool:
        return all(
            word in self.types
            or _KNOWN.fullmatch(word)
            or word in ("const", "struct", "union", "enum")
            for word in words.split()
        ) or words.split()[0] in ("struct", "union", "enum")

    def _operand(self, at: int) -> int | None:
        """Return where the operand that begins here ends; None if none does."""
        for _ in range(_MOST_SIGNS):
            signs = _SIGNS.match(self.text, at)
            at = signs.end() if signs else at
            cast = _ANY_CAST.match(self.text, at)
            if cast is None or not self._is_type(cast[1]):
                return self._primary(at)
            at = cast.end()
        return None

    def _primary(self, at: int) -> int | None:
        """Return where `x`, `f(x)[i]->y` and the like end."""
        end: int | None = at
        if self.text[at : at + 1] == "(":
            end = self.brackets.closing(at)
        else:
            found = _PRIMARY.match(self.text, at)
            end = None if found is None else found.end()
        while end is not None:
            opening = _OPENING.match(self.text, end)
            if opening is not None:
                end = self.brackets.closing(opening.end())
                continue
            suffix = _SUFFIX.match(self.text, end)
            if suffix is None:
                return end
            end = suffix.end()
        return None
