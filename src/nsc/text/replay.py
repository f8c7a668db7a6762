"""What reading a header did, recorded: it is repeated where reading would do the same.

In: the cursor before and after a header. Out: the cursor, moved on without reading.
Non-goals: reading. A header with problems is not recorded, nor is one repeated near a
bound.

Reading a header is a function of what it looks up: names of macros, the headers that it
asks for, which of them were read. A `Recorder` is made where a header starts, `Lookups`
say what was asked meanwhile, and the `Recording` has the difference, counted from the
header's start.
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.text.cursor import (
    MAX_INCLUDE_DEPTH,
    MAX_INCLUDES,
    MAX_SOURCE_BYTES,
    Cursor,
    Lookups,
)
from nsc.text.expanded import Expanded
from nsc.text.macros import MAX_EXPANDED_TOKENS, Macro

Macros = dict[str, Macro]


@dataclass(frozen=True, eq=False)
class Recording:
    """What reading a header looked up, and what it did.

    Args:
        lookups: what was looked up; of these
        meant: the names that were macros,
        once: the paths that had been read and are read once.
        last_character: what was written before the header.
        added: to `Expanded`, counted from the header's start. A macro in `added.used`
            that the header did not define has start -1.
        macros: names that the header defined, or undefined (None).
        newly_once: paths that are read once since.
        produced: how many tokens expanding made.
    """

    lookups: Lookups
    meant: Macros
    once: set[str]
    last_character: str | None
    added: Expanded
    macros: dict[str, Macro | None]
    newly_once: set[str]
    produced: int

    def fits(self, cursor: Cursor) -> bool:
        """Say whether reading the header now would do the same, within all bounds."""
        return (
            self._has_room(cursor)
            and cursor.last_character == self.last_character
            and self._names_mean_the_same(cursor.expander.macros)
            and not self._goes_on(cursor)
            and cursor.once & self.lookups.once == self.once
            and self._finds_the_same(cursor)
        )

    def _has_room(self, cursor: Cursor) -> bool:
        done = cursor.expanded
        produced = cursor.expander.produced + self.produced
        return (
            done.length + self.added.length <= MAX_SOURCE_BYTES
            and len(done.files) + len(self.added.files) <= MAX_INCLUDES
            and len(cursor.open_files) + self.lookups.depth
            <= MAX_INCLUDE_DEPTH
            and produced <= MAX_EXPANDED_TOKENS
        )

    def _names_mean_the_same(self, macros: Macros) -> bool:
        now = macros.keys() & self.lookups.names
        return len(now) == len(self.meant) and all(
            name in self.meant and self.meant[name].means(macros[name])
            for name in now
        )

    def _goes_on(self, cursor: Cursor) -> bool:
        """Say whether its first span would only lengthen the last one that is written.

        It would have no span of its own then, as it has in the recording. A file of no
        text, read behind another, makes it possible.
        """
        sources = self.added.sources
        if not sources or not sources.exact[0]:
            return False
        place = cursor.place + sources.places[0]
        origin = cursor.expanded.length + sources.origins[0]
        return cursor.expanded.sources.goes_on(place, origin)

    def _finds_the_same(self, cursor: Cursor) -> bool:
        return all(
            cursor.find(asked) == found
            for asked, found in self.lookups.includes.items()
        )

    def repeat(self, cursor: Cursor) -> None:
        """Move a cursor on as reading the header would."""
        outside = cursor.expander.macros
        own = _Moved(cursor.expanded.length)

        def as_here(macro: Macro) -> Macro:
            return outside[macro.name] if macro.start < 0 else own(macro)

        added = self.added.moved(own.by, cursor.place, as_here)
        cursor.append(added)
        cursor.once |= self.newly_once
        cursor.expander.produced += self.produced
        for name, macro in self.macros.items():
            cursor.expander.define(name, macro and own(macro))


class _Moved:
    """Moves macros by a distance, each macro once: its calls share what comes out."""

    def __init__(self, by: int):
        self.by = by
        self._moved: dict[int, Macro] = {}

    def __call__(self, macro: Macro) -> Macro:
        if macro.start not in self._moved:
            self._moved[macro.start] = macro.moved(self.by)
        return self._moved[macro.start]


class Recorder:
    """Where the cursor was before a header."""

    def __init__(self, cursor: Cursor):
        self.sizes = cursor.expanded.sizes()
        self.base = cursor.expanded.length
        self._own = _Moved(-self.base)
        self.place = cursor.place
        self.written = len(cursor.out)
        self.last_character = cursor.last_character
        self.changed = len(cursor.expander.changed)
        self.produced = cursor.expander.produced
        self.once = set(cursor.once)

    def recording(self, cursor: Cursor, lookups: Lookups) -> Recording | None:
        """Tell what was done since; None where that cannot be repeated."""
        added = cursor.expanded.since(self.sizes)
        added.text = "".join(cursor.out[self.written :])
        if added.problems or not self._stands_alone(cursor, added):
            return None
        before = self._macros_before(cursor)
        return Recording(
            lookups=lookups,
            meant=self._meant(cursor, lookups, before),
            once=self.once & lookups.once,
            last_character=self.last_character,
            added=added.moved(-self.base, -self.place, self._from_start),
            macros=self._macros_changed(cursor, before),
            newly_once=cursor.once - self.once,
            produced=cursor.expander.produced - self.produced,
        )

    def _stands_alone(self, cursor: Cursor, added: Expanded) -> bool:
        """Say whether the header's text starts a span and ends with a character."""
        if not added.text:
            return True
        places = added.sources.places
        starts_span = bool(places) and places[0] == self.place
        return starts_span and bool(cursor.out[-1])

    def _macros_before(self, cursor: Cursor) -> dict[str, Macro | None]:
        """Return what the names that changed meant before: the first change tells."""
        return dict(reversed(cursor.expander.changed[self.changed :]))

    def _meant(
        self, cursor: Cursor, lookups: Lookups, before: dict[str, Macro | None]
    ) -> Macros:
        """Return the names looked up that were macros, and which."""
        macros = cursor.expander.macros
        meant: Macros = {}
        for name in lookups.names & (macros.keys() | before.keys()):
            macro = before[name] if name in before else macros[name]
            if macro is not None:
                meant[name] = macro
        return meant

    def _macros_changed(
        self, cursor: Cursor, before: dict[str, Macro | None]
    ) -> dict[str, Macro | None]:
        """Return what names mean now that mean something else than before."""
        now = cursor.expander.macros
        changed: dict[str, Macro | None] = {}
        for name, macro_before in before.items():
            macro = now.get(name)
            if macro is None or macro is not macro_before:
                changed[name] = macro and self._from_start(macro)
        return changed

    def _from_start(self, macro: Macro) -> Macro:
        """Return a macro of the header's as counted from its start; -1 for others."""
        if macro.start >= self.base:
            return self._own(macro)
        return macro._replace(start=-1, end=-1)
