"""A file's text cut at its directives.

In: text. Out: `Directive`s and `Stretch`es in order, their offsets from the text's
start.
Non-goals: what directives mean, macros.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from nsc.text.macros import Macro, parse_definition
from nsc.text.stretch import COMMENT, QUOTED, Stretch
from nsc.text.tokens import Token, is_blank, tokenize

_MARK = re.compile(rf"{COMMENT}|{QUOTED}|\#\#?|%:%:|%:", re.DOTALL)
_REST_OF_LINE = re.compile(
    rf"(?:[^\n/\"'\\]+|{COMMENT}|{QUOTED}|\\\r?\n|[^\n])*", re.DOTALL
)


@dataclass(frozen=True)
class Directive:
    """A line that starts with `#`.

    Args:
        name: the word behind the `#`, "" where there is none.
        rest: what follows its name.
        at: where the `#` stands in its file.
        end: where its text ends, before the line end.
        newlines: how many lines it takes.
    """

    name: str
    rest: tuple[Token, ...]
    at: int
    end: int
    newlines: int

    @cached_property
    def words(self) -> tuple[Token, ...]:
        """What follows its name, without blanks."""
        return tuple(token for token in self.rest if not is_blank(token))

    @cached_property
    def definition(self) -> Macro | None:
        """The macro that a `#define` defines, its place unset."""
        return parse_definition(self.rest)


Piece = Directive | Stretch


def cut(text: str) -> tuple[Piece, ...]:
    """Cut a file of plain text into directives and what is between them."""
    return tuple(_pieces(text))


def include_guard(pieces: Sequence[Piece]) -> str:
    """Return the macro that makes a header empty the second time, "" if there is none.

    Such a header starts with `#ifndef NAME` or `#if !defined(NAME)`, whose `#endif` is
    its last piece and which has no other branch.
    """
    marks = [p for p in pieces if isinstance(p, Directive) or p.names]
    if len(marks) < 2:
        return ""
    first = marks[0]
    last = marks[-1]
    if not isinstance(first, Directive) or not isinstance(last, Directive):
        return ""
    return _guarded_by(first) if _encloses_all(marks) else ""


def _encloses_all(marks: Sequence[Piece]) -> bool:
    """Say whether all but the last piece is in the first one's only branch."""
    depth = 0
    for k, piece in enumerate(marks):
        name = piece.name if isinstance(piece, Directive) else ""
        if name in ("if", "ifdef", "ifndef"):
            depth += 1
        elif name == "endif":
            depth -= 1
        ends_early = depth == 0 and k < len(marks) - 1
        has_branch = depth == 1 and name in ("else", "elif")
        if ends_early or has_branch:
            return False
    return True


def _guarded_by(line: Directive) -> str:
    """Return the one macro whose absence a directive asks for, "" if it asks else."""
    words = [token.text for token in line.words]
    if line.name == "ifndef" and len(words) == 1:
        return words[0]
    bare = [word for word in words if word not in ("(", ")")]
    if line.name == "if" and bare[:2] == ["!", "defined"] and len(bare) == 3:
        return bare[2]
    return ""


def _pieces(text: str) -> Iterator[Piece]:
    start = 0  # of what has not been yielded
    at = 0
    comments: list[tuple[int, int]] = []
    while mark := _MARK.search(text, at):
        at = mark.end()
        if mark.group().startswith("/"):
            comments.append(mark.span())
        if mark.group() not in ("#", "%:"):
            continue
        line = _start_of_line(text, start, mark.start(), comments)
        if line is None:
            continue
        if start < line:
            yield Stretch(start, text[start:line])
        rest = _REST_OF_LINE.match(text, at)
        assert rest is not None  # it matches the empty text
        end = rest.end()
        at = min(end + 1, len(text))
        start = at
        newlines = text.count("\n", line, at)
        yield _directive(text[mark.start() : end], mark.start(), newlines)
        comments = []
    if start < len(text):
        yield Stretch(start, text[start:])


def _start_of_line(
    text: str, start: int, at: int, comments: list[tuple[int, int]]
) -> int | None:
    """Return where the line begins whose first word stands at `at`.

    Args:
        start: where to stop looking.
        comments: the spans between, which are no words.

    Returns:
        None where something is before it.
    """
    left = list(comments)
    while at > start:
        before = text[at - 1]
        if left and left[-1][1] == at:
            at = left.pop()[0]
        elif before == "\n":
            bare = text[max(start, at - 3) : at - 1].removesuffix("\r")
            is_folded = bare.endswith("\\")
            if not is_folded:
                return at
            at -= 1
        elif before in " \r" or (before == "\\" and text[at] in "\r\n"):
            at -= 1
        else:
            return None
    return at


def _directive(line: str, at: int, newlines: int) -> Directive:
    behind = tokenize(line, at)[1:]
    end = at + len(line)
    for k, token in enumerate(behind):
        if not is_blank(token):
            return Directive(
                token.text, tuple(behind[k + 1 :]), at, end, newlines
            )
    return Directive("", (), at, end, newlines)
