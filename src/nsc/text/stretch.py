"""Ordinary text between two directives, and what it became: read again and again.

In: the text. Out: its spans without comments, its names, chunks that hold given names.
Non-goals: expanding macros (expansion.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from nsc.text.macros import Macro
from nsc.text.tokens import Token, tokenize

MAX_DIVISIONS = 4  # of one stretch: what is a macro differs from file to file
MAX_EXPANSIONS = 4  # of one stretch that are remembered

# Every branch starts with a letter of its own, and no group is at the top: `re` then
# skips to these letters.
COMMENT = r"//[^\n\\]*+(?:\\(?:\r?\n)?[^\n\\]*+)*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?"
QUOTED = (
    r"\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"?|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?"
)
_FOLDED = r"(?:[ \r]|\\\r?\n)*"
_UNCLEAN = re.compile(
    rf"{COMMENT}|\r{_FOLDED}|\\\r?\n{_FOLDED}|{QUOTED}", re.DOTALL
)
_CHUNK_MARK = re.compile(
    rf"[();}}]|(?P<name>[A-Za-z_](?<!\w[A-Za-z_])\w*)|{COMMENT}|{QUOTED}",
    re.DOTALL,
)
_NAME = re.compile(
    r"[A-Za-z_]\w*"
)  # in 0x1f, too: a name too many costs a look
_PLAIN_SPACE = re.compile(" *")


class Span(NamedTuple):
    """Text to be written.

    Args:
        offset: where in its file it comes from.
        text: what is written.
        exact: is it the text that stands there.
        attribute: the name of one that stands here, and then there is no text.
    """

    offset: int
    text: str
    exact: bool
    attribute: str = ""


class Expansion(NamedTuple):
    """What a stretch became.

    Args:
        used: (offset in its file, name) of each macro call.
        asked: the names that were looked up, with the macros that they were.
        produced: how many tokens expanding made.
        spelled: how many characters they have.
    """

    spans: tuple[Span, ...]
    used: tuple[tuple[int, str], ...]
    asked: tuple[tuple[str, Macro | None], ...]
    produced: int
    spelled: int = 0


class Stretch:
    """Ordinary text between two directives, or a piece of one.

    Args:
        start: where it starts in its file.
    """

    def __init__(self, start: int, text: str):
        self.start = start
        self.text = text
        self._expansions: list[Expansion] = []  # the latest first
        self._divided: dict[frozenset[str], list[tuple[Stretch, bool]]] = {}

    @cached_property
    def clean(self) -> tuple[Span, ...]:
        """The text without comments and folded lines."""
        return tuple(_clean(self.start, self.text))

    @cached_property
    def names(self) -> frozenset[str]:
        """The identifiers in it; if none is a macro, `clean` is its expansion."""
        return frozenset(
            _NAME.findall("".join(span.text for span in self.clean))
        )

    @property
    def end(self) -> int:
        """Where it ends in its file."""
        return self.start + len(self.text)

    @cached_property
    def newlines(self) -> int:
        return self.text.count("\n")

    @property
    def expansions(self) -> tuple[Expansion, ...]:
        """What it became where its names meant this or that, the latest first."""
        return tuple(self._expansions)

    def remember(self, expansion: Expansion) -> None:
        """Keep what it became; the oldest expansion is forgotten."""
        self._expansions[MAX_EXPANSIONS - 1 :] = []
        self._expansions.insert(0, expansion)

    def tokens(self) -> list[Token]:
        """Return its tokens, made anew: what they expand to is remembered."""
        return tokenize(self.text, self.start)

    def divided(self, names: frozenset[str]) -> list[tuple[Stretch, bool]]:
        """Cut into the chunks that hold one of the names, and what is between those.

        Returns:
            (piece, is it a chunk with such a name) in order.
        """
        if names not in self._divided:
            if len(self._divided) == MAX_DIVISIONS:
                self._divided.clear()
            self._divided[names] = self._cut_out(names)
        return self._divided[names]

    def _cut_out(self, names: frozenset[str]) -> list[tuple[Stretch, bool]]:
        starts, chunks_by_name = self._chunks
        ends = [*starts[1:], len(self.text)]
        wanted: set[int] = set()
        for name in names:
            wanted |= chunks_by_name.get(name, set())
        named_starts = {starts[k] for k in wanted}
        named_ends = {ends[k] for k in wanted}
        cuts = sorted({0, len(self.text)} | named_starts | named_ends)
        return [
            (Stretch(self.start + a, self.text[a:b]), a in named_starts)
            for a, b in pairwise(cuts)
        ]

    @cached_property
    def _chunks(self) -> tuple[list[int], dict[str, set[int]]]:
        """Where chunks start, and in which of them each name is.

        A chunk ends behind a `;` or `}` outside parentheses. Macro calls never span two
        chunks of a stretch: none can start before a `;` and go on behind it.
        """
        starts = [0]
        chunks_by_name: dict[str, set[int]] = {}
        depth = 0
        for mark in _CHUNK_MARK.finditer(self.text):
            if mark["name"]:
                chunks_by_name.setdefault(mark["name"], set()).add(
                    len(starts) - 1
                )
                continue
            found = mark.group()
            if found == "(":
                depth += 1
            elif found == ")":
                depth = max(depth - 1, 0)
            elif depth == 0 and found in (";", "}"):
                starts.append(mark.end())
        return starts, chunks_by_name


def _clean(base: int, text: str) -> Iterator[Span]:
    """Join what stays as it is; comments and folded lines stand alone."""
    start = 0
    for found in _UNCLEAN.finditer(text):
        if found.group()[0] in "\"'":
            continue
        if start < found.start():
            yield Span(base + start, text[start : found.start()], True)
        yield Span(base + found.start(), _blank(found.group()), False)
        start = found.end()
    if start < len(text):
        yield Span(base + start, text[start:], True)


def _blank(text: str) -> str:
    """Return what a comment or folded white space leaves: its line ends, or blanks."""
    if text.startswith("/"):
        return "\n" * text.count("\n") or " "
    return " " if "\\" in text else " " * len(text)


def spelled(token: Token) -> str:
    """Spell a token without comments and folded lines."""
    is_odd_space = token.kind == "space" and not _PLAIN_SPACE.fullmatch(
        token.text
    )
    return (
        _blank(token.text)
        if token.kind == "comment" or is_odd_space
        else token.text
    )
