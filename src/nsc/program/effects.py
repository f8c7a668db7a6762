"""What a function does behind its pointer parameters, and the machine that notes it.

In: reads, writes and jumps, in the order in which they are done. Out: `Effects`.
Non-goals: which expression does what (expressions.py, statements.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tree_sitter import Node

from nsc.program.paths import (
    ELSEWHERE,
    MAX_STEPS,
    NOWHERE,
    Path,
    Pointers,
    Range,
    Roots,
    variable_of,
)
from nsc.syntax import CType, Scalar

Value = Range | Pointers | None  # None: a number nobody knows
MAX_STEPS_RUN = 8_000  # turns of loops that are followed one by one
MAX_TARGETS = 8  # of one pointer that are told apart


@dataclass(frozen=True)
class Effects:
    """What a call does.

    Args:
        parameters: name and type of every parameter, by position; "" without a name.
        reads: places, with what had been written for certain by then on every way.
        writes: places that may be written.
        certain: places that are written on every way; None if no way leads out.
        lost: the parameters whose pointers go where they are not followed.
        freed: the parameters whose memory may be given back, and by which function.
        returned: where the result may point.
        result: its type.
        variables: the file-level variables that it may write, or hand to who does.
    """

    parameters: tuple[tuple[str, CType | None], ...] = ()
    reads: dict[Path, tuple[frozenset[Path], Node]] = field(
        default_factory=dict
    )
    writes: dict[Path, Node] = field(default_factory=dict)
    certain: frozenset[Path] | None = None
    lost: dict[str, Node] = field(default_factory=dict)
    freed: dict[str, tuple[str, Node]] = field(default_factory=dict)
    returned: Pointers = frozenset()
    result: CType | None = None
    variables: dict[str, Node] = field(default_factory=dict[str, Node])


@dataclass
class State:
    """What is known at a point of a function.

    Args:
        values: of variables that are pointers or integers. A pointer that is missing
            points elsewhere.
        written: what has been written for certain.
    """

    values: dict[str, Range | Pointers]
    written: set[Path]

    def copy(self) -> State:
        return State(dict(self.values), set(self.written))


def copied(state: State | None) -> State | None:
    return None if state is None else state.copy()


def joined(a: State | None, b: State | None) -> State | None:
    """Return what is known where two ways meet; None is a way that nothing takes."""
    if a is None or b is None:
        return a if b is None else b
    values: dict[str, Range | Pointers] = {}
    for name in a.values.keys() | b.values.keys():
        value = joined_values(a.values.get(name), b.values.get(name))
        if value is not None:
            values[name] = value
    return State(values, a.written & b.written)


def joined_values(a: Value, b: Value) -> Value:
    if isinstance(a, frozenset) or isinstance(b, frozenset):
        left = a if isinstance(a, frozenset) else NOWHERE
        right = b if isinstance(b, frozenset) else NOWHERE
        together = left | right
        return together if len(together) <= MAX_TARGETS else blurred(together)
    if a is None or b is None:
        return None
    return min(a[0], b[0]), max(a[1], b[1])


def widened(before: State | None, after: State | None) -> State | None:
    """Return what holds at the head of a loop, however often it is done."""
    both = joined(before, after)
    if before is None or both is None:
        return both
    for name, value in list(both.values.items()):
        if value == before.values.get(name):
            continue
        if isinstance(value, frozenset):
            both.values[name] = blurred(value)
        else:
            del both.values[name]
    return both


def blurred(pointers: Pointers) -> Pointers:
    """Forget the indices in which paths differ that are alike otherwise."""
    shapes: dict[tuple[object, ...], Path] = {}
    for path in pointers:
        shape = (
            path.root,
            *(s if isinstance(s, str) else 0 for s in path.steps),
        )
        known = shapes.get(shape, path)
        steps = zip(known.steps, path.steps, strict=True)
        shapes[shape] = Path(
            path.root, tuple(a if a == b else None for a, b in steps)
        )
    return frozenset(shapes.values())


class Machine:
    """Runs a function on what is known of its variables.

    Args:
        roots: the types of its pointer parameters, and of file-level variables.
    """

    def __init__(self, roots: Roots):
        self.roots = roots
        self.state: State | None = None
        self.reads: dict[Path, tuple[frozenset[Path], Node]] = {}
        self.writes: dict[Path, Node] = {}
        self.variables: dict[str, Node] = {}
        self.lost: dict[str, Node] = {}
        self.freed: dict[str, tuple[str, Node]] = {}
        self.returned: Pointers = frozenset()
        self.exits: State | None = None
        self.breaks: list[State | None] = []
        self.continues: list[State | None] = []
        self.switches: list[State | None] = []
        self.waiting: dict[str, State | None] = {}  # by label
        self.turns_left = MAX_STEPS_RUN

    def value(self, variable: str) -> Value:
        return None if self.state is None else self.state.values.get(variable)

    def assign(self, variable: str, value: Value) -> None:
        if self.state is None:
            return
        if value is None:
            self.state.values.pop(variable, None)
        else:
            self.state.values[variable] = value

    def lose(self, value: Value, node: Node) -> None:
        """Note that a pointer goes where it is not followed."""
        if isinstance(value, frozenset) and self.state is not None:
            for path in value - NOWHERE:
                self.lost.setdefault(path.root, node)

    def free(self, value: Value, by: str, node: Node) -> None:
        """Note that memory is given back, by a function of that name."""
        if isinstance(value, frozenset) and self.state is not None:
            for path in value - NOWHERE:
                self.freed.setdefault(path.root, (by, node))

    def places(
        self, value: Value, wanted: CType | None, node: Node
    ) -> Pointers:
        """Return what lies behind a pointer to a type; what is not followed is lost."""
        if not isinstance(value, frozenset):
            return NOWHERE
        found: set[Path] = set()
        for path in value:
            seen = self.roots.as_pointer_to(wanted, path)
            place = None if seen is None else self.roots.inside(seen)
            if place is None or len(place.steps) > MAX_STEPS:
                self.lose(frozenset({path}), node)
                place = ELSEWHERE
            found.add(place)
        return frozenset(found)

    def moved(
        self, value: Pointers, by: Range | None, to: CType | None, node: Node
    ) -> Pointers:
        """Return where a pointer to `to` leads that is moved by some elements."""
        found: set[Path] = set()
        for path in value:
            seen = self.roots.as_pointer_to(to, path)
            place = None if seen is None else seen.moved(by)
            if place is None:
                self.lose(frozenset({path}), node)
                place = ELSEWHERE
            found.add(place)
        return frozenset(found)

    def read(
        self, places: Pointers, node: Node, also: frozenset[Path] = frozenset()
    ) -> None:
        """Note a read.

        Args:
            places: one of which is read.
            node: where.
            also: what has been written besides, when it is read.
        """
        if self.state is None:
            return
        for path in places - NOWHERE:
            if variable_of(path.root) or self._is_written(path):
                continue
            known = self.reads.get(path)
            if known is not None and not known[0]:
                continue
            written = self._written_in(path) | also
            if known is None:
                self.reads[path] = (written, node)
            else:
                self.reads[path] = (known[0] & written, known[1])

    def _written_in(self, path: Path) -> frozenset[Path]:
        """Return what has been written of a place that has many parts."""
        assert self.state is not None, "nothing is read where no way leads"
        is_one = path.is_certain and isinstance(
            self.roots.type_at(path), Scalar
        )
        if is_one:
            return frozenset()
        return frozenset(p for p in self.state.written if p.root == path.root)

    def _is_written(self, path: Path) -> bool:
        assert self.state is not None, "nothing is read where no way leads"
        written = self.state.written
        if path in written:
            return True
        steps = path.steps
        return any(
            Path(path.root, steps[:k]) in written for k in range(1, len(steps))
        )

    def write(self, places: Pointers, node: Node) -> None:
        """Note a write; it is certain if there is only one place."""
        if self.state is None:
            return
        for path in places - NOWHERE:
            variable = variable_of(path.root)
            if variable is not None:
                self.variables.setdefault(variable, node)
                continue
            self.writes.setdefault(path, node)
            if len(places) == 1 and path.is_certain:
                self.state.written.add(path)

    def give_back(self, pointers: Pointers) -> None:
        self.returned |= pointers

    def leave(self) -> None:
        self.exits = joined(self.exits, self.state)
        self.state = None

    def either(
        self,
        decided: bool | None,
        first: Callable[[Machine], Value],
        second: Callable[[Machine], Value],
    ) -> Value:
        """Do one of two things, or the other, or one of them nobody knows which."""
        before = self.state
        self.state = None if decided is False else copied(before)
        one = first(self)
        after = self.state
        self.state = None if decided is True else before
        two = second(self)
        self.state = joined(after, self.state)
        if decided is None:
            return joined_values(one, two)
        return one if decided else two


def tested(value: Value) -> Value:
    """Return what a value is as a condition.

    A pointer that a caller hands over is no null pointer: the program is run with none.
    """
    if not isinstance(value, frozenset):
        return value
    return None if value & NOWHERE else (1, 1)


def truth(value: Value) -> bool | None:
    """Say whether a condition holds, None if that is not known."""
    if not isinstance(value, tuple):
        return None
    if value == (0, 0):
        return False
    return True if value[0] > 0 or value[1] < 0 else None
