"""C text -> preprocessing tokens, each knowing where in the user's text it came from.

In: text. Out: `Token`s that together spell the text again.
Non-goals: directives, macros.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

_BLANK = r"""(?P<space>(?:[ \t\r\f\v]|\\\r?\n)+)
      | (?P<newline>\n)
      | (?P<comment>//(?:\\\r?\n|[^\n])*|/\*.*?(?:\*/|\Z))"""
_SOLID = r"""(?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"?)
      | (?P<char>[uUL]?'(?:\\.|[^'\\\n])*'?)
      | (?P<number>\.?[0-9](?:[eEpP][+-]|[0-9A-Za-z_.])*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<punct>\#\#|%:%:|%:|<<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)"""


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE | re.DOTALL)


def _without_names(pattern: str) -> str:
    """Return a pattern whose groups are not captured: `findall` gives whole matches."""
    return re.sub(r"\?P<\w+>", "?:", pattern)


_TOKEN = _compiled(f"{_BLANK} | {_SOLID}")
_WORD = _compiled(_without_names(f"{_BLANK} | {_SOLID}"))
# captures nothing where the token is a blank
_SOLID_WORD = _compiled(
    _without_names(_BLANK) + f" | ({_without_names(_SOLID)})"
)

BLANKS = ("space", "newline", "comment")
NOTHING: frozenset[str] = frozenset()


class Token(NamedTuple):
    """One preprocessing token.

    Args:
        kind: space, newline, comment, string, char, number, name or punct.
        text: as it is spelled.
        offset: where in the user's text it, or the macro call that it came from, is.
        hidden: the macros that may not expand here again.
    """

    kind: str
    text: str
    offset: int
    hidden: frozenset[str] = NOTHING


_MAKE = partial(tuple.__new__, Token)


def tokens_of(
    fields: Iterable[tuple[str, str, int, frozenset[str]]],
) -> list[Token]:
    """Make tokens of all their fields.

    It takes two thirds of the time of calling `Token`, which checks its arguments.
    """
    return list(map(_MAKE, fields))


def tokenize(text: str, base: int = 0) -> list[Token]:
    """Split text into tokens; their texts joined spell the text.

    Args:
        base: the offset of the text's first character.
    """
    return tokens_of(
        (found.lastgroup or "", found.group(), base + found.start(), NOTHING)
        for found in _TOKEN.finditer(text)
    )


def words(text: str) -> list[str]:
    """Split text into the texts of its tokens.

    It is quicker than `tokenize` where their places do not matter.
    """
    return _WORD.findall(text)


def kind_of(word: str) -> str:
    """Return the kind of the token that a word starts with."""
    found = _TOKEN.match(word)
    assert found and found.lastgroup  # every character starts some token
    return found.lastgroup


def solid_words(text: str) -> list[str]:
    """Split text into the texts of its tokens, blanks left out."""
    return list(filter(None, _SOLID_WORD.findall(text)))


def is_blank(token: Token) -> bool:
    """Say whether a token is white space, a comment or a line end."""
    return token.kind in BLANKS


def trim(tokens: Sequence[Token]) -> list[Token]:
    """Drop blanks at both ends and make those between single spaces."""
    out: list[Token] = []
    for token in tokens:
        if not is_blank(token):
            out.append(token)
        elif out and out[-1].kind != "space":
            out.append(Token("space", " ", token.offset))
    return out[:-1] if out and out[-1].kind == "space" else out
