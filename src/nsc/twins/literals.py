"""The numbers in a program's text, and where each of them ends up in what is built.

In: Program. Out: `Literals`, or None where the text does not tell. Non-goals: which
numbers are resolutions (reach.py).

Every number of the text is written as one of its own, and the text is expanded again:
whatever macros and enumerators make of a number, its mark shows where it went.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nsc.program import Program, with_text
from nsc.text import BLANKS, tokenize

_FIRST_MARK = 700_000_000
_INTEGER = re.compile(r"([1-9][0-9]*|0)([uUlL]*)")
_FLOAT = re.compile(
    r"((?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)"
    r"([fFlL]?)"
)
_ENDS = (",", ";", "}", ")")


@dataclass(frozen=True)
class Literal:
    """A number as the text has it.

    Args:
        start, end: where it stands in the text.
        suffix: of its type: `u`, `f`...
        name: of the macro, enumerator or variable whose value it is; "" for others.
        uses: where it stands in the source, in which macros are expanded.
    """

    start: int
    end: int
    value: float
    is_integer: bool
    suffix: str = ""
    name: str = ""
    uses: tuple[int, ...] = ()

    def spelled(self, value: float) -> str:
        """Write another value in its place."""
        if self.is_integer:
            return f"{int(value)}{self.suffix}"
        written = repr(float(value))
        return f"{written}{self.suffix}"


@dataclass(frozen=True)
class Literals:
    """A program, and the numbers of its text in their order."""

    program: Program
    all: tuple[Literal, ...]

    def changed(self, values: Mapping[int, float]) -> Program | None:
        """Return the program with other numbers.

        Args:
            values: by the literal's place in `all`.
        """
        text = self.program.text
        parts: list[str] = []
        at = 0
        for k in sorted(values):
            literal = self.all[k]
            parts += [text[at : literal.start], literal.spelled(values[k])]
            at = literal.end
        return with_text(self.program, "".join([*parts, text[at:]]))


def literals_of(program: Program) -> Literals | None:
    """Find the numbers of a program's text.

    Where the text alone does not make the program (its macros are defined elsewhere),
    its numbers are those of the source, in which macros are expanded.
    """
    for text in (program.text, _expanded_text(program)):
        read = with_text(program, text)
        if read is None or read.pieces != program.pieces:
            continue
        found = _with_uses(read, _literals_in(text))
        if found is not None:
            return found
    return None


def _expanded_text(program: Program) -> str:
    headers = "".join(f"#include <{name}>\n" for name in program.headers)
    return f"{headers}{program.source}"


def _literals_in(text: str) -> list[Literal]:
    """List the decimal numbers of a text."""
    solid = [t for t in tokenize(text) if t.kind not in BLANKS]
    words = [token.text for token in solid]
    found: list[Literal] = []
    for k, token in enumerate(solid):
        if token.kind != "number":
            continue
        end = token.offset + len(token.text)
        whole = _INTEGER.fullmatch(token.text)
        match = whole or _FLOAT.fullmatch(token.text)
        if match is None:
            continue
        number, suffix = match.groups()
        found.append(
            Literal(
                token.offset,
                end,
                float(number),
                whole is not None,
                suffix,
                _name_of(words, k, is_last_of_line(text, end)),
            )
        )
    return found


def is_last_of_line(text: str, end: int) -> bool:
    """Say whether nothing but brackets, comments or blanks stands behind on the line."""
    rest = re.sub(r"/\*.*?(?:\*/|\n|$)", " ", text[end:].split("\n", 1)[0])
    return not rest.split("//")[0].strip(" \t)\r")


def _name_of(words: Sequence[str], k: int, is_last: bool) -> str:
    """Name what a number is all of: `#define N 64`, `n = 64;`, `N = 64,`."""
    before = list(words[max(k - 4, 0) : k])
    if before[-1:] == ["("] and is_last:
        before = list(words[max(k - 5, 0) : k - 1])
    if before[-3:-1] == ["#", "define"] and is_last:
        return before[-1]
    after = words[k + 1 : k + 2]
    ends = bool(after) and after[0] in _ENDS
    if len(before) >= 2 and before[-1] == "=" and ends:
        return before[-2] if before[-2].isidentifier() else ""
    return ""


def _with_uses(program: Program, found: list[Literal]) -> Literals | None:
    """Find where numbers go, by marks; None where marks change more than numbers."""
    plain = Literals(program, tuple(found))
    marks = {
        k: _FIRST_MARK + k + 0.5 * (not literal.is_integer)
        for k, literal in enumerate(found)
    }
    marked = plain.changed(marks)
    if marked is None:
        return None
    by_mark = {found[k].spelled(mark): k for k, mark in marks.items()}
    uses: dict[int, list[int]] = {}
    ours = [t for t in tokenize(program.source) if t.kind not in BLANKS]
    theirs = [t for t in tokenize(marked.source) if t.kind not in BLANKS]
    if len(ours) != len(theirs):
        return None
    for our, their in zip(ours, theirs, strict=True):
        if our.text == their.text:
            continue
        k = by_mark.get(their.text)
        if k is None:
            return None
        uses.setdefault(k, []).append(our.offset)
    return Literals(
        program,
        tuple(
            _used(literal, uses.get(k, [])) for k, literal in enumerate(found)
        ),
    )


def _used(literal: Literal, uses: Sequence[int]) -> Literal:
    return Literal(
        literal.start,
        literal.end,
        literal.value,
        literal.is_integer,
        literal.suffix,
        literal.name,
        tuple(uses),
    )
