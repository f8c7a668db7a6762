"""Initialisers: expressions and `{...}` lists, nested and designated.

In: a place, an `Ast`. Out: cells written. Non-goals: which objects exist.
"""

from __future__ import annotations

from nsc.refusal import Refusal
from nsc.symbolic.ast import Ast
from nsc.symbolic.machine import Machine
from nsc.symbolic.memory import below, step_to, subpaths, write
from nsc.symbolic.places import LVALUES
from nsc.symbolic.pointers import field_of
from nsc.symbolic.states import State
from nsc.symbolic.values import Number, Place, Result, is_integer
from nsc.syntax import (
    Array,
    CType,
    Pointer,
    Scalar,
    Struct,
    Union,
    is_anonymous,
)

# expressions that are no structs
_NUMBERS = ("number", "unary", "binary", "update", "sizeof")

MAX_INITIALISED = 2**19  # numbers and pointers, in one state

Mark = str | Ast  # a designator: `.field`, or the index in `[index]`
# an aggregate without braces of its own, and which of its members is next
Level = tuple[Place, int]


def initialise(machine: Machine, place: Place, ast: Ast, state: State) -> None:
    """Initialise an object from an expression or a `{...}` list.

    Args:
        ast: the list may be nested, with designators, and with braces left out.
    """
    if ast.kind == "initialiser":
        _clear(machine, place, state)
    _fill(machine, place, ast, state)


def _fill(machine: Machine, place: Place, ast: Ast, state: State) -> None:
    """Initialise an object whose numbers are zero where a list says nothing of them."""
    if ast.kind != "initialiser":
        value = machine.value(ast, state)
        machine.store(_without_braces(place, value, ast.at), value, state)
    elif isinstance(place.type, Scalar | Pointer):
        for _, value in ast.kids[:1]:
            _fill(machine, place, value, state)
    elif isinstance(place.type, Union):
        _fill_union(machine, place, place.type, ast, state)
    else:
        _fill_members(machine, place, ast, state)


def _fill_members(
    machine: Machine, place: Place, ast: Ast, state: State
) -> None:
    """Initialise members in turn, from where a designator points on.

    Braces may be left out (C11, 6.7.9).
    """
    levels: list[Level] = [(place, 0)]
    has_jumped = False
    for marks, value in ast.kids:
        if marks:
            levels = _pointed_at(machine, place, marks, state)
            has_jumped = True
        else:
            _leave_full(levels)
        target = _next(levels, ast.at)
        if value.kind == "initialiser":
            fill = initialise if has_jumped else _fill
            fill(machine, target, value, state)
            continue
        found = machine.value(value, state)
        while _goes_deeper(found, target.type):
            levels.append((target, 0))
            target = _next(levels, ast.at)
        machine.store(_without_braces(target, found, ast.at), found, state)


def _without_braces(place: Place, value: Result, at: int) -> Place:
    """Return where a value goes: a number that meets a union goes to its first field."""
    if isinstance(place.type, Union) and isinstance(value, Number):
        return field_of(place, _first_field(place.type, at), at)
    return place


def _leave_full(levels: list[Level]) -> None:
    """Leave the aggregates that have no member left."""
    while len(levels) > 1:
        place, position = levels[-1]
        if position < _width(place.type):
            return
        levels.pop()


def _next(levels: list[Level], at: int) -> Place:
    """Return the member that is next, and move on."""
    place, position = levels[-1]
    levels[-1] = (place, position + 1)
    return _member(place, position, at)


def _pointed_at(
    machine: Machine, place: Place, marks: tuple[Mark, ...], state: State
) -> list[Level]:
    """Follow designators, `[1].x`.

    Returns:
        The aggregates on the way, each with the member that comes next in it; in the
        last one that is the member that is meant.
    """
    levels: list[Level] = []
    for mark in marks:
        for position in _positions(machine, place.type, mark, state):
            levels.append((place, position + 1))
            place = _member(place, position, machine.builder.at)
    last, after = levels.pop()
    return [*levels, (last, after - 1)]


def _goes_deeper(value: Result, ctype: CType) -> bool:
    """Say whether a value is meant for a member of an aggregate without braces."""
    if isinstance(value, Number) or isinstance(ctype, Array):
        return isinstance(ctype, Struct | Array)
    if not isinstance(ctype, Struct) or not isinstance(value, Place):
        return False
    return _fields(value.type) != ctype.fields


def _fields(ctype: CType) -> tuple[tuple[str, CType], ...]:
    """Return the fields of a struct or union; other types have none."""
    return ctype.fields if isinstance(ctype, Struct | Union) else ()


def listed_length(machine: Machine, of: CType, ast: Ast, state: State) -> int:
    """Count the elements of an array of unknown length that a list initialises.

    Args:
        of: the type of the elements.
    """
    position = 0
    longest = 0
    room = (
        0  # numbers that still fit into the last element, which has no braces
    )
    cells = len(subpaths(of))
    for marks, value in ast.kids:
        if marks:
            (position,) = _positions(machine, Array(of, None), marks[0], state)
        is_whole = value.kind == "initialiser" or (
            isinstance(of, Struct) and _may_be_struct(machine, value, state)
        )
        if room and not marks and not is_whole:
            room -= 1
        else:
            position += 1
            room = 0 if is_whole else cells - 1
        longest = max(longest, position)
    return longest


def _may_be_struct(machine: Machine, ast: Ast, state: State) -> bool:
    if ast.kind in LVALUES:
        return isinstance(machine.place(ast, state).type, Struct)
    return ast.kind not in _NUMBERS


def _clear(machine: Machine, place: Place, state: State) -> None:
    """Set every number and pointer in an object to zero."""
    at = machine.builder.at
    ((_, start),) = below(place, (), place.type, at).options
    if len(state.cells) > MAX_INITIALISED:
        message = f"more than {MAX_INITIALISED} numbers are initialised"
        raise Refusal("too_many_cells", message, at)
    floating_zero = machine.number(0.0, False)
    integer_zero = machine.number(0.0, True)
    for path, ctype in subpaths(place.type):
        if isinstance(ctype, Scalar | Pointer):
            is_int = isinstance(ctype, Pointer) or is_integer(ctype)
            zero = integer_zero if is_int else floating_zero
            state.cells[place.object, (*start, *path)] = zero


def _fill_union(
    machine: Machine, place: Place, union: Union, ast: Ast, state: State
) -> None:
    """Initialise the field that is named, or else the first."""
    write(machine.builder, state, place, machine.number(0.0))
    for marks, value in ast.kids[:1]:
        target = place
        for mark in marks or (_first_field(union, ast.at),):
            for position in _positions(machine, target.type, mark, state):
                target = _member(target, position, ast.at)
        _fill(machine, target, value, state)


def _positions(
    machine: Machine, ctype: CType, mark: Mark, state: State
) -> tuple[int, ...]:
    """Return which member a designator means, and which in that if it is anonymous."""
    if not isinstance(mark, str):
        index = machine.scalar(mark, state)
        return (int(machine.builder.value(index.node) or 0),)
    for position, (name, field) in enumerate(_fields(ctype)):
        if name == mark:
            return (position,)
        is_around = isinstance(field, Struct | Union) and field.has_field(mark)
        if is_anonymous(name) and is_around:
            return (position, *_positions(machine, field, mark, state))
    message = f"there is no field '{mark}' here"
    raise Refusal("unknown_field", message, machine.builder.at)


def _first_field(ctype: Union, at: int) -> str:
    if not ctype.fields:
        raise Refusal("uses_union", "a union without fields", at)
    name, _ = ctype.fields[0]
    return name


def _member(place: Place, position: int, at: int) -> Place:
    """Return the place of a member of an aggregate, by its position."""
    if isinstance(place.type, Union) or place.view is not None:
        return _field_of_union(place, position, at)
    if position >= _width(place.type):
        raise Refusal(
            "too_many_initialisers", "more initialisers than elements", at
        )
    if isinstance(place.type, Struct):
        name, ctype = place.type.fields[position]
        return below(place, step_to(name, ctype), ctype, at)
    assert isinstance(place.type, Array), "scalars have no members"
    return below(place, (position,), place.type.of, at)


def _field_of_union(place: Place, position: int, at: int) -> Place:
    """Return the place of a field of a union, or of a struct in one."""
    if not isinstance(place.type, Struct | Union):
        message = (
            "an initialiser of an array in a union has no symbolic meaning"
        )
        raise Refusal("uses_union", message, at)
    name, _ = place.type.fields[position]
    return field_of(place, name, at)


def _width(ctype: CType) -> int:
    """Count what may follow the first member: nothing in a union."""
    if isinstance(ctype, Struct):
        return len(ctype.fields)
    return ctype.length or 0 if isinstance(ctype, Array) else 0
