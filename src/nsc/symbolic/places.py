"""Evaluation of lvalues: names, members, elements, what pointers point to.

In: an `Ast`, a `Machine`, a `State`. Out: a `Place`. Non-goals: what is there
(expressions.py reads it, statements.py writes it).
"""

from __future__ import annotations

from nsc.refusal import Refusal
from nsc.symbolic import pointers
from nsc.symbolic.ast import Ast
from nsc.symbolic.machine import Machine, PlaceRule
from nsc.symbolic.memory import below, element
from nsc.symbolic.states import State
from nsc.symbolic.values import Address, Place, Shifted
from nsc.syntax import Array, Struct, Union

LVALUES = ("name", "member", "index", "dereference")


def unknown_name(ast: Ast) -> Refusal:
    """Return the refusal of a name that nothing defines."""
    return Refusal("unknown_name", f"'{ast.data}' has no known value", ast.at)


def pointer(machine: Machine, ast: Ast, state: State) -> Address | Shifted:
    """Evaluate an expression to a pointer.

    Raises:
        Refusal: `not_a_pointer`.
    """
    return pointer_of(machine.value(ast, state), ast.at)


def pointer_of(value: object, at: int) -> Address | Shifted:
    """Return a value that has to be a pointer.

    Raises:
        Refusal: `not_a_pointer`.
    """
    if not isinstance(value, (Address, Shifted)):
        message = "this is not a pointer to a known object"
        raise Refusal("not_a_pointer", message, at)
    return value


def name_place(machine: Machine, ast: Ast, state: State) -> Place:
    """Return the place of a variable."""
    found = machine.frame.find(ast.data)
    if found is None:
        raise unknown_name(ast)
    return found


def member_place(machine: Machine, ast: Ast, state: State) -> Place:
    """Return the place of a field, `struct.field`."""
    inner = machine.place(ast.kids[0], state)
    if isinstance(inner.type, Union) or inner.view is not None:
        return pointers.field_of(inner, ast.data, ast.at)
    if not isinstance(inner.type, Struct) or not inner.type.has_field(
        ast.data
    ):
        message = f"there is no field '{ast.data}' here"
        raise Refusal("unknown_field", message, ast.at)
    ctype = inner.type.field(ast.data)
    if ctype is not None:
        return below(inner, (ast.data,), ctype, ast.at)
    name = inner.type.union_with(ast.data)
    union = None if name is None else inner.type.field(name)
    assert name is not None and union is not None, "the struct has the field"
    around = below(inner, (name,), union, ast.at)
    return pointers.field_of(around, ast.data, ast.at)


def element_place(machine: Machine, ast: Ast, state: State) -> Place:
    """Return the place of an element, `array[index]` or `pointer[index]`."""
    b = machine.builder
    array, subscript = ast.kids
    index = machine.scalar(subscript, state)
    if array.kind in LVALUES:
        base = machine.place(array, state)
        if isinstance(base.type, Array):
            if base.view is None:
                return element(b, base, index, ast.at)
            known = b.value(index.node)
            return pointers.element_of(base, base.type, known, ast.at)
    start = pointer(machine, array, state)
    return machine.target(pointers.shifted(b, start, index, ast.at), ast.at)


def target_place(machine: Machine, ast: Ast, state: State) -> Place:
    """Return the place that `*pointer` means."""
    return machine.target(pointer(machine, ast.kids[0], state), ast.at)


PLACES: dict[str, PlaceRule] = {
    "name": name_place,
    "member": member_place,
    "index": element_place,
    "dereference": target_place,
}
