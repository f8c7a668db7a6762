"""C text -> preprocessing tokens, each knowing where in the user's text it came from.

In: text. Out: `Token`s that together spell the text again. Non-goals: directives,
macros.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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


def _compiled(pattern: str, *, named: bool = False) -> re.Pattern:
    return re.compile(
        pattern if named else re.sub(r"\?P<\w+>", "?:", pattern), re.VERBOSE | re.DOTALL
    )


_TOKEN = _compiled(f"{_BLANK} | {_SOLID}", named=True)
_WORD = _compiled(f"{_BLANK} | {_SOLID}")
_SOLID_WORD = _compiled(f"{_BLANK} | ({_SOLID})")

BLANKS = ("space", "newline", "comment")
NOTHING: frozenset[str] = frozenset()


class Token(NamedTuple):
    """One token. `offset` is where it, or the macro call it came from, stands in the
    user's text.
    """

    kind: str  # space newline comment string char number name punct
    text: str
    offset: int
    hidden: frozenset[str] = NOTHING  # macros that may not expand here again


_MAKE = partial(tuple.__new__, Token)


def tokens_of(fields: Iterable[tuple[str, str, int, frozenset[str]]]) -> list[Token]:
    """Make tokens of all their fields, in two thirds of the time that calling `Token`
    takes.
    """
    return list(map(_MAKE, fields))


def tokenize(text: str, base: int = 0) -> list[Token]:
    """Split text into tokens; their texts joined spell the text. Offsets start at
    `base`.
    """
    return tokens_of(
        (m.lastgroup, m.group(), base + m.start(), NOTHING)
        for m in _TOKEN.finditer(text)
    )


def words(text: str) -> list[str]:
    """Split text into the texts of its tokens: quicker than `tokenize` where their
    places do not matter.
    """
    return _WORD.findall(text)


def kind_of(word: str) -> str:
    """Return the kind of the token that a word is."""
    return _TOKEN.match(word).lastgroup


def solid_words(text: str) -> list[str]:
    """Split text into the texts of its tokens, blanks left out."""
    return list(filter(None, _SOLID_WORD.findall(text)))


def is_blank(token: Token) -> bool:
    """Say whether a token is white space, a comment or a line end."""
    return token.kind in BLANKS


def trim(tokens: list[Token]) -> list[Token]:
    """Drop blanks at both ends and squeeze those between into single spaces."""
    out: list[Token] = []
    for token in tokens:
        if not is_blank(token):
            out.append(token)
        elif out and out[-1].kind != "space":
            out.append(Token("space", " ", token.offset))
    return out[:-1] if out and out[-1].kind == "space" else out
