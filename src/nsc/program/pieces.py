"""A file's text cut into directives and chunks, remembered by text: headers are read again and again.

In: text. Out: `Directive`s and `Chunk`s in order, their offsets from the text's start.
Non-goals: what directives mean, macros.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from nsc.program.macros import Macro, parse_definition
from nsc.program.tokens import Token, is_blank, tokenize

MAX_REMEMBERED = 1024  # files
_ODD = re.compile(r"[^\n\r\x20-\x7e]")
_PLAIN_SPACE = re.compile(" *")
ATTRIBUTES = ("__attribute__", "__attribute", "__declspec")


@dataclass(frozen=True)
class Directive:
    """A line that starts with `#`. `rest` is what follows its name; `at` is where the `#` stands."""

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


@dataclass(frozen=True)
class Chunk:
    """Ordinary text up to a `;` or `}` outside parentheses, or up to a directive.

    Macro calls never span two chunks of a stretch: none can start before a `;` and go on behind it.

    Args:
        names: the identifiers in it; if none is a macro or an attribute, `clean` is its expansion.
        clean: (offset, text, is the text as in the file), comments as blanks.
    """

    start: int
    text: str
    names: frozenset[str]
    clean: tuple[tuple[int, str, bool], ...]
    newlines: int

    def tokens(self, base: int) -> list[Token]:
        return tokenize(self.text, base + self.start)


def without_odd_characters(text: str) -> str:
    """Return text of the same length in which only printable ASCII and line ends are left."""
    return _ODD.sub(lambda m: " " if m.group() in "\t\f\v" else "?", text)


@lru_cache(maxsize=MAX_REMEMBERED)
def cut(text: str) -> tuple[Directive | Chunk, ...]:
    """Cut a file, its odd characters replaced, into directives and chunks."""
    return tuple(_pieces(tokenize(text)))


@lru_cache(maxsize=4 * MAX_REMEMBERED)
def include_guard(text: str) -> str:
    """Return the macro that makes a header empty the second time, "" where there is none."""
    pieces = [p for p in cut(text) if isinstance(p, Directive) or p.names]
    if len(pieces) < 2 or not all(isinstance(p, Directive) for p in (pieces[0], pieces[-1])):
        return ""
    depth = 0
    for k, piece in enumerate(pieces):
        name = piece.name if isinstance(piece, Directive) else ""
        depth += name in ("if", "ifdef", "ifndef")
        depth -= name == "endif"
        if (depth == 0 and k < len(pieces) - 1) or (depth == 1 and name in ("else", "elif")):
            return ""
    words = [t.text for t in pieces[0].words()]
    if pieces[0].name == "ifndef" and len(words) == 1:
        return words[0]
    negated = [w for w in words if w not in ("(", ")")]
    return negated[2] if pieces[0].name == "if" and negated[:2] == ["!", "defined"] and len(negated) == 3 else ""


def _pieces(tokens: list[Token]) -> Iterator[Directive | Chunk]:
    plain: list[Token] = []
    line: list[Token] = []
    for token in tokens:
        line.append(token)
        if token.kind != "newline" and token is not tokens[-1]:
            continue
        first = next((t for t in line if not is_blank(t)), None)
        if first is not None and first.text in ("#", "%:"):
            yield from _chunks(plain)
            plain = []
            yield _directive(line, first)
        else:
            plain += line
        line = []
    yield from _chunks(plain)


def _directive(line: list[Token], first: Token) -> Directive:
    behind = line[line.index(first) + 1 :]
    named = next((t for t in behind if not is_blank(t)), None)
    rest = behind[behind.index(named) + 1 :] if named else []
    end = line[-1].offset + len(line[-1].text.rstrip("\n"))
    return Directive(named.text if named else "", tuple(rest), first.offset, end, sum(t.text.count("\n") for t in line))


def _chunks(tokens: list[Token]) -> Iterator[Chunk]:
    depth = start = 0
    for k, token in enumerate(tokens):
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth = max(depth - 1, 0)
        elif depth == 0 and token.text in (";", "}"):
            yield _chunk(tokens[start : k + 1])
            start = k + 1
    if start < len(tokens):
        yield _chunk(tokens[start:])


def _chunk(tokens: list[Token]) -> Chunk:
    text = "".join(t.text for t in tokens)
    names = frozenset(t.text for t in tokens if t.kind == "name")
    return Chunk(tokens[0].offset, text, names, tuple(_clean(tokens)), text.count("\n"))


def _clean(tokens: list[Token]) -> Iterator[tuple[int, str, bool]]:
    """Join tokens that stay as they are; comments and folded lines stand alone."""
    offset, run = 0, []
    for token in tokens:
        text = spelled(token)
        if text == token.text:
            offset = offset if run else token.offset
            run.append(text)
            continue
        if run:
            yield offset, "".join(run), True
            run = []
        yield token.offset, text, False
    if run:
        yield offset, "".join(run), True


def spelled(token: Token) -> str:
    """Spell a token without comments and folded lines."""
    if token.kind == "comment":
        return "\n" * token.text.count("\n") or " "
    if token.kind == "space" and not _PLAIN_SPACE.fullmatch(token.text):
        return " " if "\\" in token.text else " " * len(token.text)
    return token.text
