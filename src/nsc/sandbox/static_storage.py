"""Whether results depend on what static variables kept of earlier calls, by running.

In: Programs' units, inputs. Out: `Storage`: what became of each static variable, and a
call that earlier ones changed, if there is one. Non-goals: what to do about it.

Each input is called alone, its static variables as they are at first; then in several
orders, and with other values in the variables. A bit that a call leaves neither as it
was, nor as the call alone leaves it, adds up over calls: no number of calls shows that
such a variable never matters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import wasmtime

from nsc.program import STATIC_BOUNDS, Unit, Watched, watched
from nsc.sandbox.build import Built, build_own
from nsc.sandbox.guard import refusal
from nsc.sandbox.history import same_bits
from nsc.sandbox.outcome import Outcome
from nsc.sandbox.run import Instance, RunLimits, exported_function

MAX_BYTES = 1 << 20  # of static storage
MAX_FEW_VALUES = 16  # that a variable may go through in turn
PATTERNS = 4
Name = tuple[
    str, str
]  # the function that declares it ("" at file level), variable


@dataclass(frozen=True)
class Dependence:
    """A call that gives something else after others.

    Args:
        before: the input called just before it, `i`.
        example: its own input, `i`.
    """

    before: tuple[float, ...]
    example: tuple[float, ...]


@dataclass(frozen=True)
class Storage:
    """What runs showed of the static variables of a unit.

    Args:
        calls: how many calls were made after others.
        unread: those that may hold anything before a call: it made no difference.
        constant: those whose parts are set once, to the same whatever the input.
        kept: others, that matter where they hold other values before a call.
        unmoved: those that the text writes, that no call changed, and that matter.
        added_up: those that each call changes from what earlier calls left.
        dependence: a call whose result depends on earlier ones.
        causes: the variables that it may depend on.
    """

    calls: int
    unread: tuple[Name, ...] = ()
    constant: tuple[Name, ...] = ()
    kept: tuple[Name, ...] = ()
    unmoved: tuple[Name, ...] = ()
    added_up: tuple[Name, ...] = ()
    dependence: Dependence | None = None
    causes: tuple[Name, ...] = ()


def observed_storage(
    unit: Unit,
    x: np.ndarray,
    *,
    seed: int,
    written: Collection[Name] = (),
    limits: RunLimits = RunLimits(),
) -> Storage | None:
    """Run a unit on inputs `n i` in several orders, and look at its static variables.

    Args:
        written: those that its text writes, whether a call does or not.

    Returns:
        What was seen; None where it could not be looked at.
    """
    found = watched(unit)
    if refusal(unit) is not None or found is None:
        return None
    built = build_own(found.unit)
    if not isinstance(built, Built):
        return None
    generator = np.random.default_rng(seed)
    try:
        seen = _Observation(found, built, x, limits)
        return seen.storage(frozenset(written), generator)
    except (wasmtime.Trap, wasmtime.WasmtimeError):
        return None


@dataclass
class _Section:
    """The bytes of one variable.

    Args:
        first: what they hold at first.
        values: what they held after calls, as far as there are few.
        added: whether a call left bits neither as they were nor as it alone does.
        is_constant: whether each byte was set once at most, to what every call sets it.
    """

    name: Name
    start: int
    first: bytes
    values: set[bytes] = field(default_factory=set[bytes])
    added: bool = False
    is_constant: bool = True

    def __post_init__(self) -> None:
        self.moved = np.zeros(len(self.first), bool)

    def filled(self, pattern: bytes) -> bytes:
        """Put a pattern where calls ever wrote; everywhere, if none was seen to."""
        if not self.moved.any():
            return pattern
        at_first, other = (
            np.frombuffer(held, np.uint8) for held in (self.first, pattern)
        )
        return np.where(self.moved, other, at_first).tobytes()

    @property
    def is_written(self) -> bool:
        return bool(self.values - {self.first})


class _Observation:
    """Calls of one unit, one by one."""

    def __init__(
        self, found: Watched, built: Built, x: np.ndarray, limits: RunLimits
    ):
        self.found = found
        self.built = built
        self.x = x
        self.limits = limits
        self.instance = self._fresh()
        self.sections = self._sections()
        self.causes: list[_Section] = []

    def storage(
        self, in_text: frozenset[Name], generator: np.random.Generator
    ) -> Storage | None:
        size = sum(len(section.first) for section in self.sections)
        if size > MAX_BYTES:
            return None
        ended, alone, left = self._alone()
        order = _order(np.flatnonzero(ended), generator)
        dependence = self._in_order(order, alone, left)
        written = [
            s for s in self.sections if s.is_written or s.name in in_text
        ]
        if dependence is not None:
            causes = _names(self.causes or written)
            return Storage(len(order), dependence=dependence, causes=causes)
        unread = self._unread(written, np.flatnonzero(ended), alone, generator)
        return _sorted(len(order), written, unread)

    def _fresh(self) -> Instance:
        instance = Instance(self.built, self.limits)
        instance.write(self.x)
        return instance

    def _sections(self) -> list[_Section]:
        bounds = exported_function(self.instance.exports, STATIC_BOUNDS)
        store = self.instance.store
        found: list[_Section] = []
        for k, name in enumerate(self.found.names):
            start = bounds(store, 2 * k)
            stop = bounds(store, 2 * k + 1)
            first = bytes(self.instance.memory.read(store, start, stop))
            found.append(_Section(name, start, first))
        return found

    def _held(self) -> list[bytes]:
        memory = self.instance.memory
        store = self.instance.store
        return [
            bytes(memory.read(store, s.start, s.start + len(s.first)))
            for s in self.sections
        ]

    def _fill(self, held: Sequence[bytes]) -> None:
        store = self.instance.store
        for section, value in zip(self.sections, held, strict=True):
            self.instance.memory.write(store, value, section.start)

    def _call(self, k: int) -> np.ndarray | None:
        """Return the outputs of one call; None where it does not end."""
        done = self.instance.run(k, k + 1)
        if done.outcome is Outcome.ok:
            return self.instance.read(k, k + 1)[0]
        self.instance = self._fresh()
        return None

    def _alone(
        self,
    ) -> tuple[np.ndarray, np.ndarray, list[list[bytes]]]:
        """Call each input with the variables as they are at first.

        Returns:
            Which ended, outputs `n o`, and what the variables held then.
        """
        first = [section.first for section in self.sections]
        ended = np.zeros(len(self.x), bool)
        outputs = np.full((len(self.x), self.built.n_outputs), np.nan)
        left: list[list[bytes]] = []
        for k in range(len(self.x)):
            self._fill(first)
            y = self._call(k)
            if y is not None:
                ended[k] = True
                outputs[k] = y
            left.append(self._held())
        self._fill(first)
        return ended, outputs, left

    def _in_order(
        self,
        order: Sequence[int],
        alone: np.ndarray,
        left: list[list[bytes]],
    ) -> Dependence | None:
        """Call inputs one after the other; return the first that others changed."""
        held = self._held()
        last = order[0] if order else 0
        for k in order:
            y = self._call(k)
            if y is None or not same_bits(y, alone[k]).all():
                self.causes = self._causes(k, held, alone[k])
                return Dependence(_plain(self.x[last]), _plain(self.x[k]))
            after = self._held()
            for section, *bits in zip(
                self.sections, held, after, left[k], strict=True
            ):
                if len(section.values) <= MAX_FEW_VALUES:
                    section.values.add(bits[1])
                section.moved |= np.frombuffer(bits[1], np.uint8) != (
                    np.frombuffer(section.first, np.uint8)
                )
                section.added |= _adds_up(*bits)
                section.is_constant &= _is_set_once(section.first, *bits)
            held = after
            last = k
        return None

    def _causes(
        self, k: int, held: Sequence[bytes], alone: np.ndarray
    ) -> list[_Section]:
        """Return the sections that by themselves make a call give something else."""
        found: list[_Section] = []
        for number, section in enumerate(self.sections):
            section.values.add(held[number])
            first = [other.first for other in self.sections]
            first[number] = held[number]
            self._fill(first)
            y = self._call(k)
            if y is None or not same_bits(y, alone).all():
                found.append(section)
        return found

    def _unread(
        self,
        written: list[_Section],
        samples: np.ndarray,
        alone: np.ndarray,
        generator: np.random.Generator,
    ) -> list[_Section]:
        """Return the sections that may hold anything before a call."""
        if not written:
            return []
        if self._ignores(written, samples, alone, generator):
            return written
        return [
            section
            for section in written
            if self._ignores([section], samples, alone, generator)
        ]

    def _ignores(
        self,
        filled: list[_Section],
        samples: np.ndarray,
        alone: np.ndarray,
        generator: np.random.Generator,
    ) -> bool:
        """Say whether calls give the same whatever some sections hold before them."""
        for pattern in range(PATTERNS):
            for k in samples:
                held = [
                    s.filled(_pattern(pattern, len(s.first), generator))
                    if s in filled
                    else s.first
                    for s in self.sections
                ]
                self._fill(held)
                y = self._call(int(k))
                if y is None or not same_bits(y, alone[k]).all():
                    return False
        return True


def _adds_up(before: bytes, after: bytes, alone: bytes) -> bool:
    """Say whether a bit is neither as it was nor as the call alone leaves it."""
    if after in (before, alone):
        return False
    was, is_, by_itself = (
        np.frombuffer(held, np.uint8) for held in (before, after, alone)
    )
    return bool(((was ^ is_) & (is_ ^ by_itself)).any())


def _is_set_once(
    first: bytes, before: bytes, after: bytes, alone: bytes
) -> bool:
    """Say whether a call leaves what is set, and sets what it would set alone."""
    at_first, was, is_, by_itself = (
        np.frombuffer(held, np.uint8) for held in (first, before, after, alone)
    )
    is_changed_again = (was != is_) & (was != at_first)
    is_other = (by_itself != at_first) & (by_itself != is_)
    return not (is_changed_again | is_other).any()


def _pattern(kind: int, n: int, generator: np.random.Generator) -> bytes:
    """Make bytes that variables may hold: numbers large and small, and any bits."""
    words = n // 8 + 1
    if kind == 0:
        return (b"\xff" * n)[:n]
    if kind == 1:
        return generator.integers(1, 8, 2 * words).astype("<i4").tobytes()[:n]
    if kind == 2:
        return generator.uniform(-2, 2, words).astype("<f8").tobytes()[:n]
    return generator.bytes(n)


def _sorted(
    calls: int, written: list[_Section], unread: list[_Section]
) -> Storage:
    """Say of each section what it is."""
    groups: dict[str, list[_Section]] = {}
    for section in written:
        kind = _kind(section, is_unread=section in unread)
        groups.setdefault(kind, []).append(section)

    def named(kind: str) -> tuple[Name, ...]:
        return _names(groups.get(kind, []))

    return Storage(
        calls,
        unread=named("unread"),
        constant=named("constant"),
        kept=named("kept"),
        unmoved=named("unmoved"),
        added_up=named("added_up"),
    )


def _kind(section: _Section, *, is_unread: bool) -> str:
    if section.added and len(section.values) > MAX_FEW_VALUES:
        return "added_up"
    if section.is_constant and section.is_written:
        return "constant"
    if is_unread:
        return "unread"
    return "kept" if section.is_written else "unmoved"


def _names(sections: Sequence[_Section]) -> tuple[Name, ...]:
    return tuple(dict.fromkeys(section.name for section in sections))


def _order(samples: np.ndarray, generator: np.random.Generator) -> list[int]:
    """Put samples into several orders, one after the other; some follow themselves."""
    n = len(samples)
    orders: Iterator[np.ndarray] = iter(
        (
            np.arange(n),
            np.arange(n)[::-1],
            np.repeat(generator.permutation(n), 2),
            generator.permutation(n),
            generator.integers(0, n, 2 * n) if n else np.arange(0),
        )
    )
    return [int(samples[k]) for order in orders for k in order]


def _plain(row: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v) for v in row)
