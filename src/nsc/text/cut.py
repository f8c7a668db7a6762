"""A file's text cut at its directives, remembered by text: headers are read again and
again.

In: text. Out: `Directive`s and `Stretch`es in order, their offsets from the text's
start.
Non-goals: what directives mean, macros.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from nsc.text.macros import Macro, parse_definition
from nsc.text.tokens import Token, is_blank, tokenize

MAX_REMEMBERED = 1024  # files
MAX_DIVISIONS = 4  # of one stretch: what is a macro differs from file to file
MAX_EXPANSIONS = 4  # of one stretch that are remembered
ATTRIBUTES = frozenset(("__attribute__", "__attribute", "__declspec"))
_AS_BLANKS = str.maketrans("\t\f\v", "   ")
_PLAIN = bytes((10, 13, *range(0x20, 0x7F)))
_ODD = re.compile(r"[^\n\r\x20-\x7e]")
_PLAIN_SPACE = re.compile(" *")
# Every branch starts with a letter of its own, and no group is at the top: `re` then
# skips to these letters.
_COMMENT = (
    r"//[^\n\\]*+(?:\\(?:\r?\n)?[^\n\\]*+)*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?"
)
_QUOTED = r"\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"?|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?"
_MARK = re.compile(rf"{_COMMENT}|{_QUOTED}|\#\#?|%:%:|%:", re.DOTALL)
_REST_OF_LINE = re.compile(
    rf"(?:[^\n/\"'\\]+|{_COMMENT}|{_QUOTED}|\\\r?\n|[^\n])*", re.DOTALL
)
_FOLDED = r"(?:[ \r]|\\\r?\n)*"
_UNCLEAN = re.compile(rf"{_COMMENT}|\r{_FOLDED}|\\\r?\n{_FOLDED}|{_QUOTED}", re.DOTALL)
_CHUNK_MARK = re.compile(
    rf"[();}}]|(?P<name>[A-Za-z_](?<![\w.][A-Za-z_])\w*)|{_COMMENT}|{_QUOTED}",
    re.DOTALL,
)
_NAME = re.compile(r"[A-Za-z_]\w*")  # in 0x1f, too: a name too many costs a look


@dataclass(frozen=True)
class Directive:
    """A line that starts with `#`. `rest` is what follows its name; `at` is where the
    `#` stands.
    """

    name: str
    rest: tuple[Token, ...]
    at: int
    end: int
    newlines: int

    def words(self) -> list[Token]:
        return [t for t in self.rest if not is_blank(t)]

    @cached_property
    def definition(self) -> Macro | None:
        """The macro that a `#define` defines, its place unset."""
        return parse_definition(self.rest)


class Expansion(NamedTuple):
    """What a stretch became.

    Args:
        pieces: (offset in its file, text, is the text as in the file).
        used: (offset in its file, name) of each macro call.
        asked: the names that were looked up, with the macros that they were.
        produced: how many tokens expanding made.
    """

    pieces: tuple[tuple[int, str, bool], ...]
    used: tuple[tuple[int, str], ...]
    asked: tuple[tuple[str, Macro | None], ...]
    produced: int


class Stretch:
    """Ordinary text between two directives, or a piece of one.

    Args:
        start: where it starts in its file.
    """

    def __init__(self, start: int, text: str):
        self.start = start
        self.text = text
        self.expansions: list[Expansion] = []
        self._divided: dict[frozenset[str], list[tuple[Stretch, bool]]] = {}

    @cached_property
    def clean(self) -> tuple[tuple[int, str, bool], ...]:
        """(offset, text, is the text as in the file), comments as blanks."""
        return tuple(_clean(self.start, self.text))

    @cached_property
    def names(self) -> frozenset[str]:
        """The identifiers in it; if none is a macro or an attribute, `clean` is its
        expansion.
        """
        return frozenset(_NAME.findall("".join(text for _, text, _ in self.clean)))

    @cached_property
    def newlines(self) -> int:
        return self.text.count("\n")

    def tokens(self) -> list[Token]:
        """Return its tokens, made anew: what they expand to is remembered."""
        return tokenize(self.text, self.start)

    @cached_property
    def _chunks(self) -> tuple[list[int], dict[str, set[int]]]:
        """Where chunks start, each behind a `;` or `}` outside parentheses, and in
        which of them a name is.

        Macro calls never span two chunks of a stretch: none can start before a `;` and
        go on behind it.
        """
        starts = [0]
        holders = {}
        depth = 0
        for mark in _CHUNK_MARK.finditer(self.text):
            if mark["name"]:
                holders.setdefault(mark["name"], set()).add(len(starts) - 1)
                continue
            kind = mark.group()
            depth = (
                depth + 1
                if kind == "("
                else max(depth - 1, 0)
                if kind == ")"
                else depth
            )
            if depth == 0 and kind in (";", "}"):
                starts.append(mark.end())
        return starts, holders

    def divided(self, names: frozenset[str]) -> list[tuple[Stretch, bool]]:
        """Cut into chunks that hold one of the names, and what is between those; says
        which are which.
        """
        if names not in self._divided:
            if len(self._divided) == MAX_DIVISIONS:
                self._divided.clear()
            starts, holders = self._chunks
            starts = [*starts, len(self.text)]
            held = set().union(*(holders.get(name, ()) for name in names))
            cuts = sorted(
                {
                    0,
                    len(self.text),
                    *(starts[k] for k in held),
                    *(starts[k + 1] for k in held),
                }
            )
            places = {starts[k] for k in held}
            self._divided[names] = [
                (Stretch(self.start + a, self.text[a:b]), a in places)
                for a, b in pairwise(cuts)
            ]
        return self._divided[names]


def without_odd_characters(text: str) -> str:
    """Return text of the same length in which only printable ASCII and line ends are
    left.
    """
    text = text.translate(_AS_BLANKS)
    # in a tenth of the time
    is_plain = text.isascii() and not text.encode().translate(None, _PLAIN)
    return text if is_plain else _ODD.sub("?", text)


@lru_cache(maxsize=MAX_REMEMBERED)
def cut(text: str) -> tuple[Directive | Stretch, ...]:
    """Cut a file, its odd characters replaced, into directives and what is between
    them.
    """
    return tuple(_pieces(text))


@lru_cache(maxsize=4 * MAX_REMEMBERED)
def include_guard(text: str) -> str:
    """Return the macro that makes a header empty the second time, "" where there is
    none.
    """
    pieces = [p for p in cut(text) if isinstance(p, Directive) or p.names]
    if len(pieces) < 2 or not all(
        isinstance(p, Directive) for p in (pieces[0], pieces[-1])
    ):
        return ""
    depth = 0
    for k, piece in enumerate(pieces):
        name = piece.name if isinstance(piece, Directive) else ""
        depth += name in ("if", "ifdef", "ifndef")
        depth -= name == "endif"
        if (depth == 0 and k < len(pieces) - 1) or (
            depth == 1 and name in ("else", "elif")
        ):
            return ""
    words = [t.text for t in pieces[0].words()]
    if pieces[0].name == "ifndef" and len(words) == 1:
        return words[0]
    negated = [w for w in words if w not in ("(", ")")]
    return (
        negated[2]
        if pieces[0].name == "if"
        and negated[:2] == ["!", "defined"]
        and len(negated) == 3
        else ""
    )


def _pieces(text: str) -> Iterator[Directive | Stretch]:
    start = at = 0
    comments: list[tuple[int, int]] = []
    while mark := _MARK.search(text, at):
        at = mark.end()
        if mark.group().startswith("/"):
            comments.append(mark.span())
        is_hash = mark.group() in ("#", "%:")
        line = _start_of_line(text, start, mark.start(), comments) if is_hash else None
        if line is None:
            continue
        if start < line:
            yield Stretch(start, text[start:line])
        end = _REST_OF_LINE.match(text, at).end()
        start = at = min(end + 1, len(text))
        yield _directive(
            text[mark.start() : end], mark.start(), text.count("\n", line, at)
        )
        comments = []
    if start < len(text):
        yield Stretch(start, text[start:])


def _start_of_line(
    text: str, start: int, at: int, comments: list[tuple[int, int]]
) -> int | None:
    """Return where the line begins whose first word stands at `at`; None where
    something is before it.
    """
    left = list(comments)
    while at > start:
        before = text[at - 1]
        if left and left[-1][1] == at:
            at = left.pop()[0]
        elif before == "\n":
            bare = text[max(start, at - 3) : at - 1].removesuffix("\r")
            if not bare.endswith("\\"):
                return at
            at -= 1
        elif before in " \r" or (before == "\\" and text[at] in "\r\n"):
            at -= 1
        else:
            return None
    return at


def _directive(line: str, at: int, newlines: int) -> Directive:
    behind = tokenize(line, at)[1:]
    named = next((k for k, t in enumerate(behind) if not is_blank(t)), None)
    name, rest = (
        ("", []) if named is None else (behind[named].text, behind[named + 1 :])
    )
    return Directive(name, tuple(rest), at, at + len(line), newlines)


def _clean(base: int, text: str) -> Iterator[tuple[int, str, bool]]:
    """Join what stays as it is; comments and folded lines stand alone."""
    start = 0
    for found in _UNCLEAN.finditer(text):
        if found.group()[0] not in "\"'":
            if start < found.start():
                yield base + start, text[start : found.start()], True
            yield base + found.start(), _blank(found.group()), False
            start = found.end()
    if start < len(text):
        yield base + start, text[start:], True


def _blank(text: str) -> str:
    """Return what a comment or folded white space leaves: its line ends, or blanks."""
    if text.startswith("/"):
        return "\n" * text.count("\n") or " "
    return " " if "\\" in text else " " * len(text)


def spelled(token: Token) -> str:
    """Spell a token without comments and folded lines."""
    is_blank = token.kind == "comment" or (
        token.kind == "space" and not _PLAIN_SPACE.fullmatch(token.text)
    )
    return _blank(token.text) if is_blank else token.text
