"""Initialisers: expressions and `{...}` lists, nested and designated.

In: a place, an `Ast`. Out: cells written. Non-goals: which objects exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsc.refusal import Refusal
from nsc.symbolic.ast import Ast
from nsc.symbolic.memory import Number, Place, State, below, subpaths, write
from nsc.symbolic.pointers import field_of
from nsc.syntax import Array, CType, Pointer, Scalar, Struct, Union

if TYPE_CHECKING:
    from nsc.symbolic.expressions import Evaluator


# expressions that are no structs
_NUMBERS = ("number", "unary", "binary", "update", "sizeof")


def initialise(e: Evaluator, place: Place, ast: Ast, state: State) -> None:
    """Initialise an object from an expression or a (nested, designated) `{...}` list."""
    if ast.kind == "initialiser":
        _clear(e, place, state)
    _fill(e, place, ast, state)


def _fill(e: Evaluator, place: Place, ast: Ast, state: State) -> None:
    """Initialise an object whose numbers are zero where a list says nothing of them."""
    if ast.kind != "initialiser":
        value = e.value(ast, state)
        # braces left out
        first = isinstance(place.type, Union) and isinstance(value, Number)
        e.store(
            (
                field_of(place, _first_field(place.type, ast.at), ast.at)
                if first
                else place
            ),
            value,
            state,
        )
    elif isinstance(place.type, Scalar | Pointer):
        for _, value in ast.kids[:1]:
            _fill(e, place, value, state)
    elif isinstance(place.type, Union):
        _fill_union(e, place, ast, state)
    else:
        _fill_members(e, place, ast, state)


def _fill_members(e: Evaluator, place: Place, ast: Ast, state: State) -> None:
    """Initialise members in turn, from where a designator points on; braces may be left
    out (C11, 6.7.9).
    """
    # aggregates without braces of their own, and which member is next
    path: list[tuple[Place, int]] = [(place, 0)]
    jumped = False
    for marks, value in ast.kids:
        if marks:
            path = _pointed_at(e, place, marks, state)
            jumped = True
        while len(path) > 1 and path[-1][1] >= _width(path[-1][0].type):
            path.pop()
        target = _next(path, ast.at)
        if value.kind == "initialiser":
            (initialise if jumped else _fill)(e, target, value, state)
            continue
        found = e.value(value, state)
        while _goes_deeper(found, target.type):
            path.append((target, 0))
            target = _next(path, ast.at)
        if isinstance(found, Number) and isinstance(target.type, Union):
            target = field_of(target, _first_field(target.type, ast.at), ast.at)
        e.store(target, found, state)


def _next(path: list[tuple[Place, int]], at: int) -> Place:
    """Return the member that is next, and move on."""
    place, position = path[-1]
    path[-1] = place, position + 1
    return _member(place, position, at)


def _pointed_at(
    e: Evaluator, place: Place, marks: tuple, state: State
) -> list[tuple[Place, int]]:
    """Follow designators, `[1].x`: the aggregates on the way, each with the member that
    is meant.
    """
    path = []
    for k, mark in enumerate(marks):
        position = _position(e, place.type, mark, state)
        path.append((place, position + (k < len(marks) - 1)))
        place = _member(place, position, e.b.at)
    return path


def _goes_deeper(value: object, ctype: CType) -> bool:
    """Say whether a value is meant for a member of an aggregate, whose braces are left
    out.
    """
    if isinstance(value, Number) or isinstance(ctype, Array):
        return isinstance(ctype, Struct | Array)
    return (
        isinstance(ctype, Struct)
        and isinstance(value, Place)
        and value.type.fields != ctype.fields
    )


def listed_length(e: Evaluator, of: CType, ast: Ast, state: State) -> int:
    """Count the elements of an array of unknown length that a list initialises."""
    # room: numbers that still fit into the last element, which has no braces
    position = longest = room = 0
    cells = len(subpaths(of))
    for marks, value in ast.kids:
        if marks:
            position = _position(e, Array(of, None), marks[0], state)
        is_whole = value.kind == "initialiser" or (
            isinstance(of, Struct) and _may_be_struct(e, value, state)
        )
        if room and not marks and not is_whole:
            room -= 1
        else:
            position = position + 1
            room = 0 if is_whole else cells - 1
        longest = max(longest, position)
    return longest


def _may_be_struct(e: Evaluator, ast: Ast, state: State) -> bool:
    if ast.kind in ("name", "member", "index", "dereference"):
        return isinstance(e.place(ast, state).type, Struct)
    return ast.kind not in _NUMBERS


def _clear(e: Evaluator, place: Place, state: State) -> None:
    """Set every number and pointer in an object to zero."""
    ((_, start),) = below(place, (), place.type).options
    zeros = {is_int: e.number(0.0, is_int) for is_int in (False, True)}
    for path, ctype in subpaths(place.type):
        if isinstance(ctype, Scalar | Pointer):
            is_int = isinstance(ctype, Pointer) or ctype.kind != "float"
            state.cells[(place.object, (*start, *path))] = zeros[is_int]


def _fill_union(e: Evaluator, place: Place, ast: Ast, state: State) -> None:
    """Initialise the field that is named, or else the first."""
    write(e.b, state, place, e.number(0.0))
    for marks, value in ast.kids[:1]:
        target = place
        for mark in marks or (_first_field(place.type, ast.at),):
            target = _member(target, _position(e, target.type, mark, state), ast.at)
        _fill(e, target, value, state)


def _position(e: Evaluator, ctype: CType, mark: str | Ast, state: State) -> int:
    if isinstance(mark, str):
        names = (
            [name for name, _ in ctype.fields]
            if isinstance(ctype, Struct | Union)
            else []
        )
        if mark not in names:
            raise Refusal("unknown_field", f"there is no field '{mark}' here", e.b.at)
        return names.index(mark)
    return int(e.b.value(e.scalar(mark, state).node) or 0)


def _first_field(ctype: Union, at: int) -> str:
    if not ctype.fields:
        raise Refusal("uses_union", "a union without fields", at)
    return ctype.fields[0][0]


def _member(place: Place, position: int, at: int) -> Place:
    if isinstance(place.type, Union) or place.view is not None:
        return field_of(place, place.type.fields[position][0], at)
    step, ctype = _member_at(place.type, position, at)
    return below(place, (step,), ctype)


def _width(ctype: CType) -> int:
    """Count what may follow the first member: nothing in a union."""
    if isinstance(ctype, Struct | Union):
        return len(ctype.fields) if isinstance(ctype, Struct) else 0
    return ctype.length or 0


def _member_at(ctype: CType, position: int, at: int) -> tuple[str | int, CType]:
    if position >= _width(ctype):
        raise Refusal("too_many_initialisers", "more initialisers than elements", at)
    return ctype.fields[position] if isinstance(ctype, Struct) else (position, ctype.of)
