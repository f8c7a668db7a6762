"""Expanded text and where each part of it came from.

In: filled by preprocess.py. Out: `Expanded`, read by everything after it. Non-goals:
expanding.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from nsc.errors import Problem
from nsc.refusal import Refusal
from nsc.text.macros import Macro
from nsc.text.standard import HEADERS

# (name between the quotes, is it <...>, path of the file that asks) -> (path, text), or
# None when it is not to be had
Include = Callable[[str, bool, str], tuple[str, str] | None]


@dataclass(frozen=True)
class SourceFile:
    """One file of the user's: it starts at `base` in `Expanded.original`. The main
    file's path is "".
    """

    path: str
    base: int
    text: str

    def position(self, origin: int) -> tuple[int, int]:
        """Return 1-based (line, column) of an offset in `Expanded.original`."""
        at = origin - self.base
        line = bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    @cached_property
    def _lines(self) -> list[int]:
        """Where each line starts."""
        return [0, *(mark.end() for mark in re.finditer("\n", self.text))]


@dataclass
class Expanded:
    """Text without directives, and where each part of it came from.

    `out_offsets[k]` in `text` came from `in_offsets[k]` in `original`; `exact[k]` says
    that the following characters run in parallel. `defined` gives where in `text` each
    macro was defined, by `Macro.start`; `seams`, where in it one file's text ends and
    another's begins; `left_out`, what of `original` no compiler sees: branches that are
    not taken, and directives but those that define macros; `followed`, where in it a
    header's text went in.
    """

    text: str = ""
    files: list[SourceFile] = field(default_factory=list)
    out_offsets: list[int] = field(default_factory=list)
    in_offsets: list[int] = field(default_factory=list)
    exact: list[bool] = field(default_factory=list)
    seams: list[int] = field(default_factory=list)
    # not followed: name, is <...>, offset
    includes: list[tuple[str, bool, int]] = field(default_factory=list)
    # offset in `original`, macro
    used: list[tuple[int, Macro]] = field(default_factory=list)
    defined: dict[int, int] = field(default_factory=dict)
    left_out: list[tuple[int, int]] = field(default_factory=list)
    followed: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add_file(self, path: str, text: str) -> SourceFile:
        """Append a file to `original`."""
        self.files.append(
            SourceFile(path, self.length, text if text.endswith("\n") else text + "\n")
        )
        return self.files[-1]

    @property
    def length(self) -> int:
        """The length of `original` so far."""
        return self.files[-1].base + len(self.files[-1].text) if self.files else 0

    @cached_property
    def original(self) -> str:
        """The main file and, after it, the headers that were followed; asked when all
        are read.
        """
        return "".join(file.text for file in self.files)

    @property
    def unread(self) -> list[str]:
        """The headers that are not standard and were not handed over."""
        return list(
            dict.fromkeys(
                n for n, angled, _ in self.includes if not (angled and n in HEADERS)
            )
        )

    def origin(self, offset: int) -> int:
        """Map an offset in `text` to one in `original`."""
        k = bisect_right(self.out_offsets, offset) - 1
        if k < 0:
            return 0
        return self.in_offsets[k] + (
            offset - self.out_offsets[k] if self.exact[k] else 0
        )

    def origin_of_end(self, offset: int) -> int:
        """Map the end of something in `text` to one in `original`: behind the call of a
        macro that made it.
        """
        k = bisect_right(self.out_offsets, offset - 1) - 1
        if k < 0 or self.exact[k]:
            return self.origin(offset - 1) + 1
        start = self.in_offsets[k]
        return next(
            (after for after in self.in_offsets[k + 1 :] if after > start), start + 1
        )

    def as_written(self, start: int, end: int) -> str:
        """Return what stands in `text` from `start` to `end` as the user wrote it,
        macros and comments in it.

        What a header has put in the middle of it stands nowhere as it is read: then it
        is the expanded text.
        """
        first = self.origin(start)
        last = self.origin_of_end(end)
        if last <= first or any(first <= at < last for at in self.followed):
            return self.text[start:end]
        pieces = []
        at = first
        for a, b in self._left_out[bisect_right(self._left_out, (first, 0)) :]:
            if a >= last:
                break
            pieces.append(self.original[at:a].rstrip(" \t"))
            at = b + 1 if pieces[-1][-1:] in ("\n", "") else b
        return "".join((*pieces, self.original[at:last])).rstrip()

    @cached_property
    def _left_out(self) -> list[tuple[int, int]]:
        return sorted(self.left_out)

    def file_of(self, origin: int) -> SourceFile:
        """Return the file that an offset in `original` lies in."""
        return self.files[bisect_right(self.files, origin, key=lambda f: f.base) - 1]

    def position(self, origin: int) -> tuple[int, int]:
        """Return 1-based (line, column) of an offset in `original`, within its file."""
        return self.file_of(origin).position(origin)

    def problem(self, refusal: Refusal, *, in_text: bool = True) -> Problem:
        """Turn a refusal inside the front end into a located Problem."""
        origin = self.origin(refusal.offset) if in_text else refusal.offset
        return Problem(
            refusal.reason,
            refusal.message,
            *self.position(origin),
            self.file_of(origin).path,
        )
