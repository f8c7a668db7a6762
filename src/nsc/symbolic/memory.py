"""Symbolic memory: objects are made of scalar cells, which places name.

In: a state, places, node numbers. Out: values read, cells written.
Non-goals: C syntax, byte layout, which objects exist (machine.py).
"""

from __future__ import annotations

import math

from nsc.graph import Builder, as_integer, wrapped
from nsc.refusal import Refusal
from nsc.symbolic.ast import float_of
from nsc.symbolic.states import State
from nsc.symbolic.union_views import View, overwritten, seen
from nsc.symbolic.values import (
    Number,
    Path,
    Place,
    Value,
    choose,
    is_integer,
    only_path,
)
from nsc.syntax import (
    Array,
    BitField,
    CType,
    Pointer,
    Scalar,
    Struct,
    is_anonymous,
    scalar_count,
)

MAX_SELECTED_ELEMENTS = 64
MAX_CELLS = 2**18  # of one object
MAX_RANGED_ELEMENTS = 1024  # where the index has a range
_IMAGE = Scalar("double", "float")  # what the cell of a union holds

Run = tuple[int, Value]  # equal elements, and the first one's index


def element(b: Builder, place: Place, index: Number, at: int) -> Place:
    """Return the place of `place[index]`.

    A symbolic index gives one option per element.

    Raises:
        Refusal: `not_an_array`, `index_out_of_bounds`, or `index_depends_on_input`
            where there are too many elements to choose from.
    """
    if not isinstance(place.type, Array):
        raise Refusal("not_an_array", "only arrays can be indexed here", at)
    known = b.value(index.node)
    if known is None:
        return _selected(b, place, place.type, index, at)
    length = place.type.length or 0
    if not 0 <= known < length:
        message = f"index {known:g} is outside an array of {length}"
        raise Refusal("index_out_of_bounds", message, at)
    options = tuple((k, (*path, int(known))) for k, path in place.options)
    return Place(place.object, options, place.type.of, place.index)


def _selected(
    b: Builder, place: Place, array: Array, index: Number, at: int
) -> Place:
    """Return the place of whichever element an index selects."""
    length = array.length or 0
    low, high = b.range(index.node)
    first = max(0, math.ceil(low)) if low > -1 else 0
    last = int(min(length - 1, high))
    inside = range(first, last + 1)
    node = index.node
    if place.index is not None:  # rows and columns are numbered through
        row_start = b.make("MUL", place.index, b.literal(float(length)))
        node = b.make("ADD", row_start, node)
    n_options = len(inside) * len(place.options)
    most = MAX_RANGED_ELEMENTS if b.prune else MAX_SELECTED_ELEMENTS
    if not 0 < n_options <= most:
        message = f"an index into {length} elements depends on an input"
        raise Refusal("index_depends_on_input", message, at)
    options = tuple(
        (row * length + k, (*path, k))
        for row, path in place.options
        for k in inside
    )
    return Place(place.object, options, array.of, node)


def read(b: Builder, state: State, place: Place) -> Value:
    """Read a scalar or pointer.

    An unwritten scalar reads 0; an index outside reads the nearest element.

    Raises:
        Refusal: `uninitialised_pointer`, or `uses_union` for a part of a number that
            has no meaning.
    """
    if place.index is None:
        value = _cell(b, state, place.object, only_path(place), place.type)
    else:
        value = _search(b, place.index, _runs(b, state, place))
    return (
        value
        if place.view is None
        else _seen(b, value, place.view, place.type)
    )


def _runs(b: Builder, state: State, place: Place) -> list[Run]:
    """Read all options, equal neighbours as one."""
    runs: list[Run] = []
    for k, path in place.options:
        value = _cell(b, state, place.object, path, place.type)
        if not runs or runs[-1][1] != value:
            runs.append((k, value))
    return runs


def _search(b: Builder, index: int, runs: list[Run]) -> Value:
    """Choose a run by halving."""
    if len(runs) == 1:
        return runs[0][1]
    middle = len(runs) // 2
    first_of_upper, _ = runs[middle]
    is_lower = b.make("LT", index, b.literal(float(first_of_upper)))
    known = b.value(is_lower)
    if known is not None:
        return _search(b, index, runs[:middle] if known else runs[middle:])
    lower = _search(b, index, runs[:middle])
    upper = _search(b, index, runs[middle:])
    return choose(b, is_lower, lower, upper)


def _cell(
    b: Builder, state: State, number: int, path: Path, ctype: CType
) -> Value:
    """Read one cell of an object."""
    found = state.cells.get((number, path))
    if found is not None:
        return found
    if isinstance(ctype, Pointer):
        message = "a pointer is read before it is set"
        raise Refusal("uninitialised_pointer", message, b.at)
    return Number(b.literal(0.0), is_integer(ctype))


def _seen(b: Builder, value: Value, view: View, ctype: CType) -> Number:
    """Return what a view sees of the number in a cell."""
    if not isinstance(value, Number) or not isinstance(ctype, Scalar):
        raise Refusal("uses_union", "this union has no symbolic meaning", b.at)
    return Number(seen(b, value.node, view, ctype), ctype.kind != "float")


def write(b: Builder, state: State, place: Place, value: Value) -> None:
    """Write a scalar or pointer; what an index does not select keeps its value."""
    has_one_option = len(place.options) == 1
    for k, path in place.options:
        key = (place.object, path)
        written = value
        if place.view is not None:
            written = _with_part(b, state, place, path, place.view, value)
        if place.index is None or has_one_option:
            state.cells[key] = written
        else:
            is_selected = b.make("EQ", place.index, b.literal(float(k)))
            old = _cell(b, state, place.object, path, place.type)
            state.cells[key] = choose(b, is_selected, written, old)


def _with_part(
    b: Builder,
    state: State,
    place: Place,
    path: Path,
    view: View,
    value: Value,
) -> Number:
    """Return the number in a cell after the part that a view sees was written."""
    image = _cell(b, state, place.object, path, _IMAGE)
    _seen(b, image, view, place.type)  # refuses what has no meaning
    # else it was refused, here or when it was converted
    assert isinstance(image, Number) and isinstance(value, Number)
    assert isinstance(place.type, Scalar)
    return Number(overwritten(b, image.node, view, place.type, value.node))


def check_size(ctype: CType, at: int) -> None:
    """Refuse an object of more cells than are worth following.

    Raises:
        Refusal: `too_many_cells`.
    """
    if scalar_count(ctype) > MAX_CELLS:
        message = f"an object of more than {MAX_CELLS} numbers has no symbolic meaning"
        raise Refusal("too_many_cells", message, at)


def subpaths(ctype: CType, path: Path = ()) -> list[tuple[Path, CType]]:
    """List the scalar and pointer cells of a type."""
    parts: list[tuple[Path, CType]]
    if isinstance(ctype, Struct):
        parts = [(step_to(name, field), field) for name, field in ctype.fields]
    elif isinstance(ctype, Array):
        parts = [((k,), ctype.of) for k in range(ctype.length or 0)]
    else:
        return [(path, ctype)]
    return [
        cell for step, part in parts for cell in subpaths(part, (*path, *step))
    ]


def step_to(name: str, field: CType) -> Path:
    """Return the step to a field: none into an anonymous struct."""
    return () if is_anonymous(name) and isinstance(field, Struct) else (name,)


def below(place: Place, path: Path, ctype: CType, at: int) -> Place:
    """Return the part of a place that lies at `path` in it; `at` is where in text."""
    if place.view is not None:
        raise Refusal("uses_union", "a part of a union is used as a whole", at)
    options = tuple((k, (*start, *path)) for k, start in place.options)
    return Place(place.object, options, ctype, place.index)


def has_cells(state: State, place: Place) -> bool:
    """Say whether an object has been initialised in a state."""
    first = subpaths(place.type)[:1]
    return any((place.object, path) in state.cells for path, _ in first)


def convert(b: Builder, value: Value, ctype: CType) -> Value:
    """Convert a value as C does on assignment to `ctype`.

    Rounding to float is not modelled.

    Raises:
        Refusal: `pointer_cast`, a pointer would become a number.
    """
    if not isinstance(ctype, Scalar):
        return value
    if not isinstance(value, Number):
        raise Refusal("pointer_cast", "a pointer is used as a number", b.at)
    return convert_number(b, value, ctype)


def convert_number(b: Builder, value: Number, ctype: Scalar) -> Number:
    """Convert a number as C does on assignment to `ctype`."""
    if ctype.kind == "float":
        return Number(value.node, False) if value.is_int else value
    if ctype.kind == "bool":
        return Number(b.truth(value.node), True)
    known = b.value(value.node)
    if known is not None and abs(known) < 2**63:
        whole = _wrapped(int(known), ctype)
        return Number(b.literal(float_of(whole)), True)
    if isinstance(ctype, BitField):
        whole = value.node if value.is_int else b.make("TRUNC", value.node)
        return Number(wrapped(b, whole, ctype.signed, ctype.bits), True)
    if value.is_int:
        return Number(
            as_integer(b, value.node, ctype.signed, ctype.bits), True
        )
    return Number(b.make("TRUNC", value.node), True)


def _wrapped(whole: int, ctype: Scalar) -> int:
    """Wrap an integer around as its type does: 256 is 0 as an unsigned char."""
    half = 2 ** (ctype.bits - 1)
    if ctype.signed and -half <= whole < half:
        return whole
    whole %= 2 * half
    return whole - 2 * half if ctype.signed and whole >= half else whole
