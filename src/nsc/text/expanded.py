"""Expanded text and where each part of it came from.

In: filled while a file and its headers are read (cursor.py). Out: `Expanded`, read by
everything after it.
Non-goals: expanding.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from nsc.errors import Problem
from nsc.refusal import Refusal
from nsc.text.characters import with_line_end
from nsc.text.macros import Macro
from nsc.text.source_map import SourceMap
from nsc.text.standard import HEADERS

# (name between the quotes, is it <...>, path of the file that asks) -> (path, text), or
# None when it is not to be had
Include = Callable[[str, bool, str], tuple[str, str] | None]


@dataclass(frozen=True)
class SourceFile:
    """One file of the user's.

    Args:
        path: "" for the main file.
        base: where in `Expanded.original` it starts.
        text: ends with a line end.
    """

    path: str
    base: int
    text: str

    @property
    def end(self) -> int:
        """Where in `Expanded.original` it ends."""
        return self.base + len(self.text)

    def moved(self, by: int) -> SourceFile:
        """Return the file as it stands `by` later in `Expanded.original`."""
        return SourceFile(self.path, self.base + by, self.text)

    def position(self, origin: int) -> tuple[int, int]:
        """Return 1-based (line, column) of an offset in `Expanded.original`."""
        at = origin - self.base
        line = bisect_right(self._line_starts, at)
        return line, at - self._line_starts[line - 1] + 1

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(mark.end() for mark in re.finditer("\n", self.text))]


class NotFollowed(NamedTuple):
    """An `#include` of a header that was not read.

    Args:
        angled: is it written `<...>`, or is the header a standard one.
        at: where the directive stands in `Expanded.original`.
    """

    name: str
    angled: bool
    at: int


def _places() -> array[int]:
    return array("q")


@dataclass
class Expanded:
    """Text without directives, and where each part of it came from.

    Offsets are in `original`, the user's files one after another; places are in `text`.
    All but the text grows at its end as files are read, so that what one header added
    can be taken out (`since`), moved, and added where it is included next (`extend`).

    Args:
        sources: which part of `text` came from where in `original`.
        seams: places where one file's text ends and another's begins.
        includes: the headers that were not followed.
        used: (offset of the call, macro).
        definitions: (offset of the directive, place), of each macro.
        left_out: (start, end) offsets of what no compiler sees: branches that are not
            taken, and directives but those that define macros.
        followed: offsets where a header's text went in.
        attributes: (place, name) of those that may change what is computed.
        packs: (place, does layout change from there on) of each `#pragma pack`.
    """

    text: str = ""
    files: list[SourceFile] = field(default_factory=list)
    sources: SourceMap = field(default_factory=SourceMap)
    seams: array[int] = field(default_factory=_places)
    includes: list[NotFollowed] = field(default_factory=list)
    used: list[tuple[int, Macro]] = field(default_factory=list)
    definitions: list[tuple[int, int]] = field(default_factory=list)
    left_out: list[tuple[int, int]] = field(default_factory=list)
    followed: array[int] = field(default_factory=_places)
    attributes: list[tuple[int, str]] = field(default_factory=list)
    packs: list[tuple[int, bool]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def sizes(self) -> dict[str, int]:
        """Return how far each list has grown, for `since`."""
        return {name: len(getattr(self, name)) for name in _LISTS}

    def since(self, sizes: Mapping[str, int]) -> Expanded:
        """Return what was added since the lists had these sizes, without its text."""
        added = {
            name: getattr(self, name)[size:] for name, size in sizes.items()
        }
        return Expanded(**added)

    def moved(
        self, offset: int, place: int, macro: Callable[[Macro], Macro]
    ) -> Expanded:
        """Return the same with `offset` and `place` added to all that it tells.

        Args:
            macro: gives each macro that was called as it is there.
        """
        return Expanded(
            text=self.text,
            files=[file.moved(offset) for file in self.files],
            sources=self.sources.moved(offset, place),
            seams=array("q", [at + place for at in self.seams]),
            includes=[
                NotFollowed(name, angled, at + offset)
                for name, angled, at in self.includes
            ],
            used=[(at + offset, macro(called)) for at, called in self.used],
            definitions=[
                (at + offset, to + place) for at, to in self.definitions
            ],
            left_out=[
                (start + offset, end + offset) for start, end in self.left_out
            ],
            followed=array("q", [at + offset for at in self.followed]),
            attributes=[(at + place, name) for at, name in self.attributes],
            packs=[(at + place, packs) for at, packs in self.packs],
            problems=list(self.problems),
        )

    def extend(self, more: Expanded) -> None:
        """Add what reading more files gave; `text` is joined at the end of a pass."""
        for name in _LISTS:
            getattr(self, name).extend(getattr(more, name))

    def add_file(self, path: str, text: str) -> SourceFile:
        """Append a file to `original`."""
        file = SourceFile(path, self.length, with_line_end(text))
        self.files.append(file)
        return file

    @property
    def length(self) -> int:
        """The length of `original` so far."""
        return self.files[-1].end if self.files else 0

    @cached_property
    def original(self) -> str:
        """The main file and, after it, the headers that were followed.

        It is asked for when all are read.
        """
        return "".join(file.text for file in self.files)

    @cached_property
    def defined(self) -> dict[int, int]:
        """Where in `text` each macro was defined, by `Macro.start`.

        It is asked for when all files are read.
        """
        return dict(self.definitions)

    @property
    def unread(self) -> list[str]:
        """The headers that are not standard and were not handed over."""
        names = (
            name
            for name, angled, _ in self.includes
            if not (angled and name in HEADERS)
        )
        return list(dict.fromkeys(names))

    def origin(self, place: int) -> int:
        """Map a place in `text` to an offset in `original`."""
        return self.sources.origin(place)

    def origin_of_end(self, place: int) -> int:
        """Map the end of something in `text` to an offset in `original`.

        The end of what a macro made is behind the call of the macro.
        """
        return self.sources.origin_of_end(place)

    def as_written(self, start: int, end: int) -> str:
        """Return what stands in `text` from `start` to `end` as the user wrote it.

        It has its macros and comments, but not what was left out. What a header has put
        in the middle of it stands nowhere as it is read: then it is the expanded text.
        """
        first = self.origin(start)
        last = self.origin_of_end(end)
        has_header = any(first <= at < last for at in self.followed)
        if last <= first or has_header:
            return self.text[start:end]
        pieces: list[str] = []
        at = first
        next_left_out = bisect_right(self._left_out_in_order, (first, 0))
        for gap_start, gap_end in self._left_out_in_order[next_left_out:]:
            if gap_start >= last:
                break
            before = self.original[at:gap_start].rstrip(" \t")
            pieces.append(before)
            takes_whole_line = before[-1:] in ("\n", "")
            at = gap_end + 1 if takes_whole_line else gap_end
        pieces.append(self.original[at:last])
        return "".join(pieces).rstrip()

    @cached_property
    def _left_out_in_order(self) -> list[tuple[int, int]]:
        return sorted(self.left_out)

    def attributes_in(self, start: int, end: int) -> list[str]:
        """Return attributes that may change what stands in `text` from start to end.

        They may stand before the first word; `#pragma pack` counts as one.
        """
        while start > 0 and self.text[start - 1].isspace():
            start -= 1
        first = bisect_left(self.attributes, start, key=itemgetter(0))
        beyond = bisect_left(self.attributes, end, key=itemgetter(0))
        names = [name for _, name in self.attributes[first:beyond]]
        before = bisect_right(self.packs, end, key=itemgetter(0))
        is_packed = before > 0 and self.packs[before - 1][1]
        return [*names, "#pragma pack"] if is_packed else names

    def file_of(self, origin: int) -> SourceFile:
        """Return the file that an offset in `original` lies in."""
        after = bisect_right(self.files, origin, key=lambda file: file.base)
        return self.files[after - 1]

    def position(self, origin: int) -> tuple[int, int]:
        """Return 1-based (line, column) of an offset in `original`, within its file."""
        return self.file_of(origin).position(origin)

    def problem(self, refusal: Refusal, *, in_text: bool = True) -> Problem:
        """Turn a refusal inside the front end into a located Problem.

        Args:
            in_text: does it count in `text`, or in `original`.
        """
        origin = self.origin(refusal.offset) if in_text else refusal.offset
        line, column = self.position(origin)
        file = self.file_of(origin).path
        return Problem(refusal.reason, refusal.message, line, column, file)


# all that grows as files are read
_LISTS = tuple(each.name for each in fields(Expanded) if each.name != "text")
