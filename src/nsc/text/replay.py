"""What reading a header did, remembered: the next file that includes it where its names
mean the same has it at once.

In: the state of a pass before and after a header. Out: the same state, moved on without
reading.
Non-goals: reading. A header with problems is not remembered, nor one that came near a
bound.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from nsc.text.cursor import State
from nsc.text.expanded import SourceFile
from nsc.text.macros import MAX_EXPANDED_TOKENS, Macro

MAX_REMEMBERED = 512  # headers
MAX_READINGS = 4  # of one header: what its names mean differs from file to file
Asked = tuple[str, bool, str]  # as `Include` is asked


@dataclass(frozen=True, eq=False)
class Reading:
    """What a header did, counted from its start: `in` the user's files, `out` in the
    text that is written.

    Args:
        names: what was looked up, and those of them that were macros.
        includes: what was asked of `State.include`, and the answers.
        once: paths that were looked up in `State.once`, and those of them that were
            there.
        last: the character that was written before it.
        depth: how many headers inside one another it has.
        macros: names that it defined, or undefined (None).
    """

    names: frozenset[str]
    meant: dict[str, Macro]
    includes: dict[Asked, tuple[str, str] | None]
    once: tuple[frozenset[str], frozenset[str]]
    last: str | None
    depth: int
    macros: tuple[tuple[str, Macro | None], ...]
    newly_once: frozenset[str]
    produced: int
    text: str
    files: tuple[SourceFile, ...]
    out_offsets: array
    in_offsets: array
    exact: tuple[bool, ...]
    seams: array
    standard: tuple[tuple[str, bool, int], ...]  # Expanded.includes
    used: tuple[tuple[int, Macro, bool], ...]  # the bool: is the macro its own
    defined: tuple[tuple[int, int], ...]
    left_out: tuple[tuple[int, int], ...]
    followed: array

    @property
    def length(self) -> int:
        """How many characters of the user's files it read."""
        return self.files[-1].base + len(self.files[-1].text)

    def holds(self, state: State) -> bool:
        """Say whether reading the header now would do the same."""
        macros = state.expander.macros
        looked_up, there = self.once
        return (
            _last(state) == self.last
            and self._names_mean_the_same(macros)
            and not self._goes_on(state)
            and state.once & looked_up == there
            and state.expander.produced + self.produced <= MAX_EXPANDED_TOKENS
            and all(
                state.include(*asked) == found for asked, found in self.includes.items()
            )
        )

    def _goes_on(self, state: State) -> bool:
        """Say whether its text would go on where what is written last stands in the
        user's files.
        """
        done = state.done
        if not (self.out_offsets and self.exact[0] and done.exact and done.exact[-1]):
            return False
        origin = done.length + self.in_offsets[0]
        place = state.length + self.out_offsets[0]
        return origin - done.in_offsets[-1] == place - done.out_offsets[-1]

    def _names_mean_the_same(self, macros: dict[str, Macro]) -> bool:
        now = macros.keys() & self.names
        return len(now) == len(self.meant) and all(
            name in self.meant and self.meant[name].means(macros[name]) for name in now
        )

    def repeat(self, state: State) -> None:
        """Move a state on as reading the header would."""
        done = state.done
        macros = state.expander.macros
        base = done.length
        at = state.length
        own: dict[int, Macro] = {}

        def moved(macro: Macro) -> Macro:
            if macro.start not in own:
                own[macro.start] = macro.moved(base)
            return own[macro.start]

        done.files += [
            SourceFile(file.path, file.base + base, file.text) for file in self.files
        ]
        done.out_offsets += [offset + at for offset in self.out_offsets]
        done.in_offsets += [offset + base for offset in self.in_offsets]
        done.exact += self.exact
        done.seams += [seam + at for seam in self.seams]
        done.includes += [
            (name, angled, offset + base) for name, angled, offset in self.standard
        ]
        done.used += [
            (offset + base, moved(macro) if is_own else macros[macro.name])
            for offset, macro, is_own in self.used
        ]
        done.defined.update((start + base, place + at) for start, place in self.defined)
        done.left_out += [(start + base, end + base) for start, end in self.left_out]
        done.followed += [offset + base for offset in self.followed]
        state.once |= self.newly_once
        state.expander.produced += self.produced
        for name, macro in self.macros:
            state.expander.define(name, macro and moved(macro))
        if self.text:
            state.out.append(self.text)
            state.length += len(self.text)


class Recorder:
    """Notes what is looked up while a header is read, and where the state was before."""

    def __init__(self, state: State):
        done = state.done
        self.names: set[str] = set()
        self.includes: dict[Asked, tuple[str, str] | None] = {}
        self.looked_up: set[str] = set()  # in State.once
        self.depth = 0
        self.last = _last(state)
        self.changed = len(state.expander.changed)
        self.once = frozenset(state.once)
        self.produced = state.expander.produced
        self.base = done.length
        self.at = state.length
        self.written = len(state.out)
        self.filled = {name: len(getattr(done, name)) for name in _FILLED}

    def add(self, inner: Recorder | Reading) -> None:
        """Note all that a header inside this one has looked up."""
        self.names |= inner.names
        self.includes |= inner.includes
        self.looked_up |= (
            inner.once[0] if isinstance(inner, Reading) else inner.looked_up
        )
        self.depth = max(self.depth, inner.depth + 1)

    def reading(self, state: State) -> Reading | None:
        """Tell what was done since; None where that cannot be repeated."""
        done = state.done
        base = self.base
        at = self.at
        new = {
            name: _from(start, getattr(done, name))
            for name, start in self.filled.items()
        }
        text = "".join(state.out[self.written :])
        starts_anew = not text or (new["out_offsets"] and new["out_offsets"][0] == at)
        if new["problems"] or not starts_anew or (text and not state.out[-1]):
            return None
        macros = state.expander.macros
        # what names meant before the first change
        before = dict(reversed(state.expander.changed[self.changed :]))
        meant = {
            name: before.get(name, macros.get(name))
            for name in self.names & (macros.keys() | before.keys())
        }
        after = {name: macros.get(name) for name in before}
        return Reading(
            names=frozenset(self.names),
            meant={name: macro for name, macro in meant.items() if macro is not None},
            includes=self.includes,
            once=(frozenset(self.looked_up), self.once & self.looked_up),
            last=self.last,
            depth=self.depth,
            macros=tuple(
                (name, macro and macro.moved(-base))
                for name, macro in after.items()
                if macro is None or macro is not before[name]
            ),
            newly_once=frozenset(state.once - self.once),
            produced=state.expander.produced - self.produced,
            text=text,
            files=tuple(
                SourceFile(file.path, file.base - base, file.text)
                for file in new["files"]
            ),
            out_offsets=array("q", (offset - at for offset in new["out_offsets"])),
            in_offsets=array("q", (offset - base for offset in new["in_offsets"])),
            exact=tuple(new["exact"]),
            seams=array("q", (seam - at for seam in new["seams"])),
            standard=tuple(
                (name, angled, offset - base)
                for name, angled, offset in new["includes"]
            ),
            used=tuple(_use(base, offset, macro) for offset, macro in new["used"]),
            defined=tuple(
                (start - base, done.defined[start] - at) for start in new["defined"]
            ),
            left_out=tuple(
                (start - base, end - base) for start, end in new["left_out"]
            ),
            followed=array("q", (offset - base for offset in new["followed"])),
        )


_FILLED = (
    "files",
    "out_offsets",
    "in_offsets",
    "exact",
    "seams",
    "includes",
    "used",
    "defined",
    "left_out",
    "followed",
    "problems",
)


def _from(start: int, items: list | dict) -> list:
    """Return what a list, or the keys of a dict, have from a place on."""
    return (
        items[start:]
        if isinstance(items, list)
        else list(islice(reversed(items), len(items) - start))[::-1]
    )


def _last(state: State) -> str | None:
    return state.out[-1][-1:] if state.out else None


def _use(base: int, offset: int, macro: Macro) -> tuple[int, Macro, bool]:
    is_own = macro.start >= base
    return offset - base, macro.moved(-base) if is_own else macro, is_own


_known: OrderedDict[tuple[str, str], list[Reading]] = OrderedDict()


def remembered(path: str, text: str) -> Iterable[Reading]:
    """Return what reading a header has done before, the latest first."""
    if (path, text) in _known:
        _known.move_to_end((path, text))
    return tuple(_known.get((path, text), ()))


def remember(path: str, text: str, reading: Reading) -> None:
    """Keep what reading a header did, the oldest forgotten."""
    readings = _known.setdefault((path, text), [])
    readings[MAX_READINGS - 1 :] = []
    readings.insert(0, reading)
    while len(_known) > MAX_REMEMBERED:
        _known.popitem(last=False)
