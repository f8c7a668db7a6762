"""Lvalues of C -> where they lie, and the values that are loaded from there.

In: syntax nodes. Out: `Place`s, `Expression`s. Non-goals: what is done with the values
(expressions.py).
"""

from __future__ import annotations

from tree_sitter import Node

from nsc.program.compiler import (
    LVALUES,
    Compiler,
    Expression,
    Place,
    Run,
    Variable,
    as_range,
    is_address,
    is_dereference,
    nothing,
    pointee_of,
    without_parentheses,
)
from nsc.program.effects import Machine, Value
from nsc.program.paths import FIRST, NOWHERE, Path, Pointers, root_of_variable
from nsc.refusal import Refusal
from nsc.syntax import (
    INT,
    Array,
    CType,
    Pointer,
    Struct,
    Union,
    child,
    operator_of,
    text_of,
)


def place_of(c: Compiler, node: Node) -> Place:
    """Compile an lvalue, or what may stand before `.x` like one."""
    node = without_parentheses(node)
    if node.type == "identifier":
        return _named(c, node)
    if node.type == "field_expression":
        return _field(c, node)
    if node.type == "subscript_expression":
        return _element(c, node)
    if is_dereference(node):
        pointer = c.compile(child(node, "argument"))
        return _behind(c, pointer.run, pointer.type, node)
    made = c.compile(node)

    def run(m: Machine) -> Pointers:
        m.lose(made.run(m), node)
        return NOWHERE

    return Place(made.type, run)


def _nowhere(m: Machine) -> Pointers:
    return NOWHERE


def _named(c: Compiler, node: Node) -> Place:
    name = text_of(node)
    variable = c.variable(name)
    if variable is None and name in c.file_level:
        whole = frozenset({Path(root_of_variable(name), (FIRST,))})
        return Place(c.file_level[name], lambda m: whole)
    if variable is None:
        return Place(None, _nowhere)
    if isinstance(variable.type, Pointer):
        c.pointers_used += 1
    return Place(variable.type, _nowhere, variable)


def _behind(
    c: Compiler, pointer: Run, ctype: CType | None, node: Node
) -> Place:
    to = pointee_of(ctype)
    return Place(to, lambda m: m.places(pointer(m), to, node))


def _field(c: Compiler, node: Node) -> Place:
    name = text_of(child(node, "field"))
    argument = child(node, "argument")
    if operator_of(node) == "->":
        pointer = c.compile(argument)
        whole = _behind(c, pointer.run, pointer.type, node)
    else:
        whole = place_of(c, argument)
        if whole.variable is not None and isinstance(whole.type, Pointer):
            whole = _used_as_struct(c, argument)
    outer = whole.type
    inner = outer.field(name) if isinstance(outer, Struct | Union) else None
    return Place(
        inner, lambda m: frozenset(p.then(name) for p in whole.run(m))
    )


def _used_as_struct(c: Compiler, node: Node) -> Place:
    what = f"'{text_of(node)}' is a pointer and used as a struct here"
    raise Refusal("type_mismatch", what, node)


def _element(c: Compiler, node: Node) -> Place:
    argument = child(node, "argument")
    index = c.compile(child(node, "index"))
    inner = without_parentheses(argument)
    if inner.type in LVALUES and not is_address(inner):
        array = place_of(c, argument)
        if isinstance(array.type, Array):

            def inside(m: Machine) -> Pointers:
                places = array.run(m)
                step = as_range(index.run(m))
                return m.places(
                    frozenset(p.then(step) for p in places), None, node
                )

            return Place(array.type.of, inside)
        base = _loaded(c, array, inner)
    else:
        base = c.compile(argument)
    if isinstance(index.type, Pointer | Array):
        swapped = index
        index = base
        base = swapped
    to = pointee_of(base.type)

    def run(m: Machine) -> Pointers:
        pointer = base.run(m)
        by = index.run(m)
        m.lose(by, node)
        if not isinstance(pointer, frozenset):
            return NOWHERE
        return m.places(m.moved(pointer, as_range(by), to, node), to, node)

    return Place(to, run)


def an_object(c: Compiler, node: Node) -> Expression:
    """Compile the value of an lvalue; or `&x`."""
    if is_address(node):
        return _address(c, node)
    return _loaded(c, place_of(c, node), node)


def _loaded(c: Compiler, place: Place, node: Node) -> Expression:
    """Compile the value of a place."""
    ctype = place.type
    if place.variable is not None:
        return Expression(ctype, _value_of(place.variable))
    if node.type == "identifier" and text_of(node) not in c.file_level:
        return _constant(c, node)
    run = place.run
    if isinstance(ctype, Array):
        return Expression(
            ctype, lambda m: frozenset(p.then((0, 0)) for p in run(m))
        )

    def load(m: Machine) -> Value:
        places = run(m)
        m.read(places, node)
        return NOWHERE if isinstance(ctype, Pointer) else None

    return Expression(ctype, load)


def _constant(c: Compiler, node: Node) -> Expression:
    value = c.scope.constants.get(text_of(node))
    if value is None:
        return Expression(None, nothing)
    return Expression(INT, lambda m: (value, value))


def _value_of(variable: Variable) -> Run:
    key = variable.key
    if isinstance(variable.type, Pointer):
        return lambda m: m.value(key) or NOWHERE
    if isinstance(variable.type, Array):
        return _nowhere
    return (lambda m: m.value(key)) if variable.is_followed else nothing


def _address(c: Compiler, node: Node) -> Expression:
    argument = child(node, "argument")
    place = place_of(c, argument)
    to = None if place.type is None else Pointer(place.type)
    variable = place.variable
    if variable is None:
        return Expression(to, place.run)
    if not isinstance(variable.type, Pointer):
        return Expression(to, _nowhere)

    def lose(m: Machine) -> Value:
        m.lose(m.value(variable.key), node)
        return NOWHERE

    return Expression(to, lose)
