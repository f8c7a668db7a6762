"""Symbolic memory: objects made of scalar cells, places in them, and states that can be
merged.

In: node numbers. Out: `Number`, `Place`, `Address`, `State`. Non-goals: C syntax, byte
layout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from nsc.graph import Builder, as_integer
from nsc.refusal import Refusal
from nsc.symbolic.ast import float_of
from nsc.symbolic.union_views import View, overwritten, seen
from nsc.syntax import Array, CType, Pointer, Scalar, Struct

Path = tuple[str | int, ...]
MAX_SELECTED_ELEMENTS = 64
MAX_RANGED_ELEMENTS = 1024
_IMAGE = Scalar("double", "float")  # what the cell of a union holds


class Number(NamedTuple):
    """A scalar value: a node, and whether C gives it an integer type."""

    node: int
    is_int: bool = False


class Place(NamedTuple):
    """An lvalue. `options` are (k, path): more than one for a symbolic index, whose
    node is k for that path.

    `view`: which bytes it is of the number in the cell there, None for all of it as
    what it is.
    """

    object: int
    options: tuple[tuple[int | None, Path], ...]
    type: CType
    index: int | None = None
    view: View | None = None


class Address(NamedTuple):
    """A pointer into an object: to `path`, or, when `index` is given, to that element
    of the array there.

    `view`: as of a `Place`, of a pointer cast to another type.
    """

    object: int
    path: Path
    type: CType  # of what it points to
    index: int | None = None
    view: View | None = None


Value = Number | Address


@dataclass
class Frame:
    """Names in scope: innermost last. `first_object` is the first object of the running
    function.
    """

    scopes: list[dict[str, Place]]
    first_object: int
    result: Place | None = None

    def find(self, name: str) -> Place | None:
        for names in reversed(self.scopes):
            if name in names:
                return names[name]
        return None


@dataclass
class State:
    """Memory and the ways control has left: truth nodes, or plain False / True where
    known.
    """

    cells: dict[tuple[int, Path], Value] = field(default_factory=dict)
    returned: int | bool = False
    broken: int | bool = False
    continued: int | bool = False

    def copy(self) -> State:
        return State(dict(self.cells), self.returned, self.broken, self.continued)

    def running(self) -> State:
        """Return a copy in which control has not left."""
        return State(dict(self.cells))

    def stopped(self, b: Builder) -> int | bool:
        if self.returned is False and self.broken is False and self.continued is False:
            return False
        return either(b, either(b, self.returned, self.broken), self.continued)

    def become(self, other: State) -> None:
        self.cells = other.cells
        self.returned = other.returned
        self.broken = other.broken
        self.continued = other.continued


def node_of(b: Builder, truth: int | bool) -> int:
    """Return the node of a truth that may be a plain bool."""
    return b.literal(float(truth)) if isinstance(truth, bool) else truth


def settled(b: Builder, node: int) -> int | bool:
    """Return a plain bool where a truth node is a constant."""
    value = b.value(node)
    return node if value is None else value != 0


def either(b: Builder, x: int | bool, y: int | bool) -> int | bool:
    """Return `x || y`."""
    if isinstance(x, bool):
        return True if x else y
    if isinstance(y, bool):
        return True if y else x
    return settled(b, b.make("OR", x, y))


def both(b: Builder, x: int | bool, y: int | bool) -> int | bool:
    """Return `x && y`."""
    if isinstance(x, bool):
        return y if x else False
    if isinstance(y, bool):
        return x if y else False
    return settled(b, b.make("AND", x, y))


def opposite(b: Builder, x: int | bool) -> int | bool:
    """Return `!x`."""
    return (not x) if isinstance(x, bool) else settled(b, b.make("NOT", x))


def choose(b: Builder, condition: int, yes: Value, no: Value) -> Value:
    """Return `condition ? yes : no`."""
    if yes == no:
        return yes
    if not (isinstance(yes, Number) and isinstance(no, Number)):
        raise Refusal(
            "pointer_depends_on_input",
            "what a pointer points to depends on an input",
            b.at,
        )
    return Number(b.make("SEL", condition, yes.node, no.node), yes.is_int and no.is_int)


def merge(b: Builder, condition: int, yes: State, no: State, local_from: int) -> State:
    """Return the state after `condition ? yes : no`.

    Args:
        local_from: objects numbered from here on belong to the running function; their
            cells do not matter on a side where the function has surely returned.
    """
    gone_yes = yes.returned is True
    gone_no = no.returned is True
    cells: dict[tuple[int, Path], Value] = {}
    # a set of keys would take an order of its own each time Python starts
    for key in yes.cells | no.cells:
        a = yes.cells.get(key)
        c = no.cells.get(key)
        is_local = key[0] >= local_from
        if a is c or a is None or c is None:
            cells[key] = a if c is None else c
        elif is_local and gone_yes != gone_no:
            cells[key] = c if gone_yes else a
        else:
            cells[key] = choose(b, condition, a, c)
    flags = {}
    for name in ("returned", "broken", "continued"):
        a = getattr(yes, name)
        c = getattr(no, name)
        if isinstance(a, bool) and a is c:
            flags[name] = a
        else:
            with_yes = both(b, condition, a)
            flags[name] = either(b, with_yes, both(b, opposite(b, condition), c))
    return State(cells, **flags)


def resume(
    b: Builder, stopped: int, before: State, after: State, local_from: int
) -> State:
    """Merge a state that had partly stopped with the one in which the running part went
    on.

    `stopped` already holds wherever a flag of `before` does, so flags need no
    condition.
    """
    surely_gone = before.broken is False and before.continued is False
    yes = State(before.cells, surely_gone or before.returned)
    merged = merge(b, stopped, yes, State(after.cells), local_from)
    running = opposite(b, stopped)
    for name in ("returned", "broken", "continued"):
        a = getattr(before, name)
        c = getattr(after, name)
        setattr(merged, name, either(b, a, both(b, running, c)))
    return merged


def element(b: Builder, place: Place, index: Number, at: int) -> Place:
    """Return the place of `place[index]`; a symbolic index gives one option per
    element.
    """
    if not isinstance(place.type, Array):
        raise Refusal("not_an_array", "only arrays can be indexed here", at)
    length = place.type.length or 0
    value = b.value(index.node)
    if value is not None:
        if not 0 <= value < length:
            raise Refusal(
                "index_out_of_bounds",
                f"index {value:g} is outside an array of {length}",
                at,
            )
        options = tuple((c, (*path, int(value))) for c, path in place.options)
        return Place(place.object, options, place.type.of, place.index)
    low, high = b.range(index.node)
    inside = range(
        max(0, math.ceil(low)) if low > -1 else 0, int(min(length - 1, high)) + 1
    )
    node = index.node
    if place.index is not None:  # rows and columns are numbered through
        node = b.make("ADD", b.make("MUL", place.index, b.literal(float(length))), node)
    if (
        not 0
        < len(inside) * len(place.options)
        <= (MAX_RANGED_ELEMENTS if b.prune else MAX_SELECTED_ELEMENTS)
    ):
        raise Refusal(
            "index_depends_on_input",
            f"an index into {length} elements depends on an input",
            at,
        )
    options = tuple(
        ((c or 0) * length + k, (*path, k)) for c, path in place.options for k in inside
    )
    return Place(place.object, options, place.type.of, node)


def read(b: Builder, state: State, place: Place) -> Value:
    """Read a scalar or pointer; an unwritten scalar reads 0. An index outside reads the
    nearest element.
    """
    runs: list[tuple[int | None, Value]] = []  # of equal elements, by the first
    for k, path in place.options:
        value = _cell(b, state, place, path)
        if not runs or runs[-1][1] != value:
            runs.append((k, value))
    value = _search(b, place.index, runs)
    return value if place.view is None else _seen(b, value, place)


def _seen(b: Builder, value: Value, place: Place) -> Number:
    if not isinstance(value, Number) or not isinstance(place.type, Scalar):
        raise Refusal("uses_union", "this union has no symbolic meaning", b.at)
    return Number(
        seen(b, value.node, place.view, place.type), place.type.kind != "float"
    )


def _search(
    b: Builder, index: int | None, runs: list[tuple[int | None, Value]]
) -> Value:
    """Choose a run by halving."""
    if len(runs) == 1:
        return runs[0][1]
    middle = len(runs) // 2
    below_middle = b.make("LT", index, b.literal(float(runs[middle][0])))
    known = b.value(below_middle)
    if known is not None:
        return _search(b, index, runs[:middle] if known else runs[middle:])
    return choose(
        b,
        below_middle,
        _search(b, index, runs[:middle]),
        _search(b, index, runs[middle:]),
    )


def _cell(b: Builder, state: State, place: Place, path: Path) -> Value:
    found = state.cells.get((place.object, path))
    if found is None:
        if isinstance(place.type, Pointer):
            raise Refusal(
                "uninitialised_pointer", "a pointer is read before it is set", b.at
            )
        return Number(b.literal(0.0), getattr(place.type, "kind", "float") != "float")
    return found


def write(b: Builder, state: State, place: Place, value: Value) -> None:
    """Write a scalar or pointer; each option keeps its old value where its condition
    fails.
    """
    for k, path in place.options:
        key = (place.object, path)
        written = value
        if place.view is not None:
            image = _cell(b, state, place._replace(type=_IMAGE), path)
            _seen(b, image, place)
            written = Number(
                overwritten(b, image.node, place.view, place.type, value.node)
            )
        if place.index is None or len(place.options) == 1:
            state.cells[key] = written
        else:
            condition = b.make("EQ", place.index, b.literal(float(k)))
            state.cells[key] = choose(
                b, condition, written, _cell(b, state, place, path)
            )


def subpaths(ctype: CType, path: Path = ()) -> list[tuple[Path, CType]]:
    """List the scalar and pointer cells of a type."""
    if isinstance(ctype, Struct):
        return [
            found for name, t in ctype.fields for found in subpaths(t, (*path, name))
        ]
    if isinstance(ctype, Array):
        return [
            found
            for k in range(ctype.length or 0)
            for found in subpaths(ctype.of, (*path, k))
        ]
    return [(path, ctype)]


def below(place: Place, path: tuple, ctype: CType) -> Place:
    """Return the part of a place that lies at `path` in it."""
    if place.view is not None:
        raise Refusal("uses_union", "a part of a union is used as a whole", 0)
    return Place(
        place.object,
        tuple((c, (*p, *path)) for c, p in place.options),
        ctype,
        place.index,
    )


def has_cells(state: State, place: Place) -> bool:
    """Say whether an object has been initialised in a state."""
    return any(
        (place.object, path) in state.cells for path, _ in subpaths(place.type)[:1]
    )


def convert(b: Builder, value: Value, ctype: CType) -> Value:
    """Convert a value as C does on assignment to `ctype`; rounding to float is not
    modelled.
    """
    if not isinstance(ctype, Scalar):
        return value
    if not isinstance(value, Number):
        raise Refusal("pointer_cast", "a pointer is used as a number", b.at)
    if ctype.kind == "float":
        return Number(value.node, False) if value.is_int else value
    if ctype.kind == "bool":
        return Number(b.truth(value.node), True)
    known = b.value(value.node)
    if known is not None and abs(known) < 2**63:
        whole = int(known)
        if not ctype.signed or not -(2 ** (ctype.bits - 1)) <= whole < 2 ** (
            ctype.bits - 1
        ):
            whole %= 2**ctype.bits
            if ctype.signed and whole >= 2 ** (ctype.bits - 1):
                whole -= 2**ctype.bits
        return Number(b.literal(float_of(whole)), True)
    if value.is_int:
        return Number(as_integer(b, value.node, ctype.signed, ctype.bits), True)
    return Number(b.make("TRUNC", value.node), True)
