"""Initialisers: expressions and `{...}` lists, nested and designated.

In: a place, an `Ast`. Out: cells written. Non-goals: which objects exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsc.program.ctype import CType, Pointer, Scalar, Struct, Union
from nsc.program.dag.ast import Ast
from nsc.program.dag.memory import Number, Place, State, below, subpaths, write
from nsc.program.dag.pointers import field_of
from nsc.program.refusal import Refusal

if TYPE_CHECKING:
    from nsc.program.dag.evaluator import Evaluator


def initialise(e: Evaluator, place: Place, ast: Ast, state: State) -> None:
    """Initialise an object from an expression or a (nested, designated) `{...}` list."""
    if ast.kind == "initialiser":
        _clear(e, place, state)
    _fill(e, place, ast, state)


def _fill(e: Evaluator, place: Place, ast: Ast, state: State) -> None:
    """Initialise an object whose numbers are zero where a list says nothing of them."""
    if ast.kind != "initialiser":
        value = e.value(ast, state)
        first = isinstance(place.type, Union) and isinstance(value, Number)  # braces left out
        e.store(field_of(place, _first_field(place.type, ast.at), ast.at) if first else place, value, state)
        return
    if isinstance(place.type, Scalar | Pointer):
        _fill(e, place, ast.kids[0][1], state)
        return
    if isinstance(place.type, Union):
        _fill_union(e, place, ast, state)
        return
    flat = not any(marks or value.kind == "initialiser" for marks, value in ast.kids)
    if flat and len(ast.kids) > _width(place.type):  # int m[2][2] = {1, 2, 3, 4}
        for (path, ctype), (_, value) in zip(subpaths(place.type), ast.kids, strict=False):
            _fill(e, below(place, path, ctype), value, state)
        return
    position = 0
    for marks, value in ast.kids:
        if marks:
            position = _position(e, place.type, marks[0], state)
        target = _member(place, position, ast.at)
        for mark in marks[1:]:
            target = _member(target, _position(e, target.type, mark, state), ast.at)
        (initialise if marks else _fill)(e, target, value, state)
        position += 1


def _clear(e: Evaluator, place: Place, state: State) -> None:
    """Set every number in an object to zero."""
    ((_, start),) = below(place, (), place.type).options
    zeros = {is_int: e.number(0.0, is_int) for is_int in (False, True)}
    for path, ctype in subpaths(place.type):
        if isinstance(ctype, Scalar):
            state.cells[(place.object, (*start, *path))] = zeros[ctype.kind != "float"]


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
        names = [name for name, _ in ctype.fields] if isinstance(ctype, Struct | Union) else []
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
    return len(ctype.fields) if isinstance(ctype, Struct) else ctype.length or 0


def _member_at(ctype: CType, position: int, at: int) -> tuple[str | int, CType]:
    if position >= _width(ctype):
        raise Refusal("too_many_initialisers", "more initialisers than elements", at)
    return ctype.fields[position] if isinstance(ctype, Struct) else (position, ctype.of)
