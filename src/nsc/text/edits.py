"""Changes to expanded text that keep track of where everything came from.

In: `Expanded`, what to write in which place. Out: `Expanded`. Non-goals: what to
change (nsc.syntax says).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from nsc.text.expanded import Expanded
from nsc.text.source_map import SourceMap


class Edit(NamedTuple):
    """New text for what stands from `start` to `end`.

    Args:
        pieces: (text, the place that messages about it point to).
    """

    start: int
    end: int
    pieces: tuple[tuple[str, int], ...]


def edited(expanded: Expanded, edits: Sequence[Edit]) -> Expanded:
    """Apply edits, in the order of the text, which do not overlap."""
    if not edits:
        return expanded
    shifts = _Shifts(edits)
    return replace(
        expanded,
        text=_text(expanded.text, edits),
        sources=_sources(expanded, edits),
        seams=array("q", map(shifts.moved, expanded.seams)),
        definitions=[
            (at, shifts.moved(to)) for at, to in expanded.definitions
        ],
        attributes=[(shifts.moved(at), n) for at, n in expanded.attributes],
        packs=[(shifts.moved(at), is_on) for at, is_on in expanded.packs],
    )


class _Shifts:
    """By how much places move; those inside of an edit move to its start."""

    def __init__(self, edits: Sequence[Edit]):
        self.edits = edits
        self.starts = [edit.start for edit in edits]
        self.totals = [0]
        for edit in edits:
            grown = sum(len(text) for text, _ in edit.pieces)
            self.totals.append(self.totals[-1] + grown - edit.end + edit.start)

    def moved(self, place: int) -> int:
        before = bisect_right(self.starts, place)
        if before and place < self.edits[before - 1].end:
            return self.starts[before - 1] + self.totals[before - 1]
        return place + self.totals[before]


def _text(text: str, edits: Sequence[Edit]) -> str:
    parts: list[str] = []
    at = 0
    for edit in edits:
        parts.append(text[at : edit.start])
        parts += [piece for piece, _ in edit.pieces]
        at = edit.end
    return "".join([*parts, text[at:]])


def _sources(expanded: Expanded, edits: Sequence[Edit]) -> SourceMap:
    made = SourceMap()
    at = 0
    grown = 0
    for edit in edits:
        _copy(expanded.sources, made, at, edit.start, grown)
        place = edit.start + grown
        for text, source in edit.pieces:
            made.append(place, expanded.origin(source), False)
            place += len(text)
        grown = place - edit.end
        at = edit.end
    _copy(expanded.sources, made, at, len(expanded.text), grown)
    return made


def _copy(
    old: SourceMap, made: SourceMap, start: int, end: int, grown: int
) -> None:
    """Copy the spans of a stretch of text, which moves by `grown`."""
    if start >= end:
        return
    k = max(bisect_right(old.places, start) - 1, 0)
    is_exact = bool(len(old)) and bool(old.exact[k])
    made.append(start + grown, old.origin(start), is_exact)
    for place, origin, exact in zip(
        old.places[k + 1 :],
        old.origins[k + 1 :],
        old.exact[k + 1 :],
        strict=True,
    ):
        if place >= end:
            break
        made.append(place + grown, origin, bool(exact))
