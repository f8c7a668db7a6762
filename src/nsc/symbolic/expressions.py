"""Evaluation of expressions on symbolic memory: one rule for each kind.

In: an `Ast`, a `Machine`, a `State`. Out: values and changed states.
Non-goals: statements (statements.py), where inputs come from (evaluate.py).

A rule evaluates its children itself: each helper in between is a frame for every level
that a program nests, and Python's stack is what bounds these.
"""

from __future__ import annotations

from nsc.graph import Builder, complement
from nsc.refusal import Refusal
from nsc.symbolic import library, pointers
from nsc.symbolic.arithmetic import combine
from nsc.symbolic.ast import STATEMENT_KINDS, Ast, float_of
from nsc.symbolic.constants import CONSTANTS
from nsc.symbolic.floating import is_floating
from nsc.symbolic.functions import run_function
from nsc.symbolic.initialise import initialise, listed_length
from nsc.symbolic.machine import ExpressionRule, Machine
from nsc.symbolic.memory import convert_number, write
from nsc.symbolic.places import (
    element_place,
    member_place,
    pointer,
    target_place,
    unknown_name,
)
from nsc.symbolic.sizes import size_of
from nsc.symbolic.states import State, merge
from nsc.symbolic.values import (
    Address,
    Number,
    Place,
    Result,
    Shifted,
    number_of,
    only_path,
)
from nsc.syntax import DOUBLE, Array, CType, Pointer, Scalar
from nsc.text import PRINTS


def _number(machine: Machine, ast: Ast, state: State) -> Number:
    value, is_int = ast.data
    return machine.number(value, is_int)


def _no_value(machine: Machine, ast: Ast, state: State) -> Result:
    """Refuse what means nothing but where something else looks at it."""
    message = f"'{ast.kind}' is not an expression"
    raise Refusal("unsupported_syntax", message, ast.at)


def _name(machine: Machine, ast: Ast, state: State) -> Result:
    name = ast.data
    place = machine.frame.find(name)
    if place is not None:
        cell = state.cells.get(
            (place.object, ())
        )  # of a variable that is one scalar
        return machine.load(place, state) if cell is None else cell
    if name in machine.program.constants:
        return machine.number(float(machine.program.constants[name]), True)
    if name in CONSTANTS:
        return machine.number(*CONSTANTS[name])
    raise unknown_name(ast)


def _group(machine: Machine, ast: Ast, state: State) -> Result:
    return machine.value(ast.kids[0], state)


def _member(machine: Machine, ast: Ast, state: State) -> Result:
    return machine.load(member_place(machine, ast, state), state)


def _index(machine: Machine, ast: Ast, state: State) -> Result:
    return machine.load(element_place(machine, ast, state), state)


def _dereference(machine: Machine, ast: Ast, state: State) -> Result:
    return machine.load(target_place(machine, ast, state), state)


def _address(machine: Machine, ast: Ast, state: State) -> Address | Shifted:
    inner = ast.kids[0]
    if inner.kind == "dereference":
        return pointer(machine, inner.kids[0], state)
    place = machine.place(inner, state)
    if place.view is not None:
        message = "the address of a part of a union is taken"
        raise Refusal("uses_union", message, ast.at)
    if len(place.options) > 1:
        return machine.address_of_copy(place, state)
    path = only_path(place)
    if path and isinstance(
        path[-1], int
    ):  # an element, so that it can be moved
        return Address(place.object, path[:-1], place.type, path[-1])
    return Address(place.object, path, place.type)


def _unary(machine: Machine, ast: Ast, state: State) -> Number:
    b = machine.builder
    inner = ast.kids[0]
    if ast.data == "!":
        return Number(b.make("NOT", machine.truth(inner, state)), True)
    operand = machine.scalar(inner, state)
    if ast.data == "-":
        return Number(b.make("NEG", operand.node), operand.is_int)
    if ast.data == "~":
        return _flipped(b, operand, inner)
    return operand


def _flipped(b: Builder, operand: Number, ast: Ast) -> Number:
    """Return `~operand`, in the type that the operand was cast to."""
    known = b.value(operand.node)
    if known is not None:
        flipped = Number(b.literal(float_of(~int(known))), True)
    else:
        flipped = Number(complement(b, operand.node), True)
    ctype = _cast_type(ast)
    return (
        convert_number(b, flipped, ctype)
        if isinstance(ctype, Scalar)
        else flipped
    )


def _cast_type(ast: Ast) -> CType | None:
    """Return what an operand was cast to, None where it was not."""
    while ast.kind == "group":
        ast = ast.kids[0]
    return ast.data if ast.kind == "cast" else None


def _binary(machine: Machine, ast: Ast, state: State) -> Result:
    operator = ast.data
    if operator in ("&&", "||"):
        return _logical(machine, ast, state)
    left = machine.value(ast.kids[0], state)
    right = machine.value(ast.kids[1], state)
    machine.builder.at = ast.at
    if type(left) is Number and type(right) is Number:
        return combine(machine.builder, operator, left, right)
    return _with_pointer(machine, operator, left, right, ast.at)


def _with_pointer(
    machine: Machine, operator: str, left: Result, right: Result, at: int
) -> Result:
    """Apply an operator to a pointer and a number, or to two pointers."""
    b = machine.builder
    if (
        operator == "+"
        and isinstance(left, Number)
        and isinstance(right, Address)
    ):
        left, right = right, left
    moves = operator in ("+", "-")
    if moves and isinstance(left, Address) and isinstance(right, Number):
        return pointers.shifted(
            b, left, pointers.signed(b, operator, right), at
        )
    if operator in ("==", "!="):
        is_equal = _is_same(left, right, at)
        return machine.number(float(is_equal == (operator == "==")), True)
    message = "pointers are compared or combined here"
    raise Refusal("pointer_arithmetic", message, at)


def _is_same(left: Result, right: Result, at: int) -> bool:
    """Compare pointers.

    A number beside a pointer can only be null, which no object's address is.
    """
    comparable = (Address, Number)
    if type(left) not in comparable or type(right) not in comparable:
        message = "pointers are compared or combined here"
        raise Refusal("pointer_arithmetic", message, at)
    return left == right


def _logical(machine: Machine, ast: Ast, state: State) -> Number:
    """Evaluate `&&` and `||`.

    The right side's effects happen only where C would evaluate it.
    """
    b = machine.builder
    is_and = ast.data == "&&"
    operation = "AND" if is_and else "OR"
    left = machine.truth(ast.kids[0], state)
    known = b.value(left)
    if known is not None and (known == 0) == is_and:
        return Number(left, True)
    after = machine.copied(state)
    right = machine.truth(ast.kids[1], after)
    if after.cells != state.cells:
        where = left if is_and else b.make("NOT", left)
        state.become(merge(b, where, after, state, machine.frame.first_object))
    return Number(b.make(operation, left, right), True)


def _assign(machine: Machine, ast: Ast, state: State) -> Result:
    b = machine.builder
    target, source = ast.kids
    operator = ast.data
    if _is_errno(machine, target):
        return machine.number(0.0, True)
    value = machine.value(source, state)
    place = machine.place(target, state)
    if operator:
        old = machine.load(place, state)
        if isinstance(old, pointers.POINTERS):
            value = pointers.moved(b, operator, old, value, ast.at)
        elif isinstance(value, Number):
            value = combine(b, operator, number_of(old, ast.at), value)
    b.at = ast.at
    machine.store(place, value, state)
    return machine.load(place, state)


def _is_errno(machine: Machine, target: Ast) -> bool:
    """Say whether the library's `errno` is set, which nothing reads."""
    return (
        target.kind == "name"
        and target.data == "errno"
        and machine.frame.find("errno") is None
    )


def _update(machine: Machine, ast: Ast, state: State) -> Result:
    """Evaluate `++` and `--`."""
    b = machine.builder
    step, is_prefix = ast.data
    place = machine.place(ast.kids[0], state)
    old = machine.load(place, state)
    if isinstance(old, pointers.POINTERS):
        new = pointers.shifted(b, old, machine.number(step, True), ast.at)
    else:
        number = number_of(old, ast.at)
        new = Number(
            b.make("ADD", number.node, b.literal(step)), number.is_int
        )
    machine.store(place, new, state)
    return machine.load(place, state) if is_prefix else old


def _conditional(machine: Machine, ast: Ast, state: State) -> Result:
    b = machine.builder
    test, yes, no = ast.kids
    condition = machine.truth(test, state)
    known = b.value(condition)
    if known is not None:
        chosen = yes if known else no
        other = no if known else yes
        found = machine.value(chosen, state)
        if isinstance(found, Number) and found.is_int:
            return Number(found.node, not is_floating(machine, other, state))
        return found
    yes_state = machine.copied(state)
    no_state = machine.copied(state)
    result = machine.objects.new(DOUBLE)
    for side, side_state in ((yes, yes_state), (no, no_state)):
        value = machine.value(side, side_state)
        if isinstance(value, Place):
            result = result._replace(type=value.type)
        if isinstance(value, (Number, Address)):  # an integer stays one
            write(b, side_state, result, value)
        else:
            machine.store(result, value, side_state)
    first = machine.frame.first_object
    state.become(merge(b, condition, yes_state, no_state, first))
    return machine.load(result, state)


def _cast(machine: Machine, ast: Ast, state: State) -> Result:
    ctype = ast.data
    value = machine.value(ast.kids[0], state)
    if isinstance(ctype, Pointer):
        return pointers.cast(ctype.to, value, ast.at)
    if not isinstance(ctype, Scalar):
        return value
    if isinstance(value, pointers.POINTERS):
        raise Refusal("pointer_cast", "a pointer is used as a number", ast.at)
    if isinstance(value, Number):
        return convert_number(machine.builder, value, ctype)
    return value


def _comma(machine: Machine, ast: Ast, state: State) -> Result:
    machine.value(ast.kids[0], state)
    return machine.value(ast.kids[1], state)


def _literal(machine: Machine, ast: Ast, state: State) -> Result:
    """Evaluate a compound literal, `(T){...}`."""
    ctype = ast.data
    values = ast.kids[0]
    if isinstance(ctype, Array) and ctype.length is None:
        ctype = Array(
            ctype.of, listed_length(machine, ctype.of, values, state)
        )
    place = machine.objects.new(ctype)
    initialise(machine, place, values, state)
    return machine.load(place, state)


def _call(machine: Machine, ast: Ast, state: State) -> Result:
    name = ast.data
    is_defined = name in machine.program.functions
    if name in library.ASSERTIONS and not is_defined:
        return library.assertion(machine, ast, state)
    if name in PRINTS and not is_defined:
        return library.printing(machine, ast, state)
    arguments = [machine.value(argument, state) for argument in ast.kids]
    machine.builder.at = ast.at
    if is_defined:
        place = run_function(machine, name, arguments, state, ast.at)
        return None if place is None else machine.load(place, state)
    return library.library_call(machine, ast, arguments, state)


def _sizeof(machine: Machine, ast: Ast, state: State) -> Number:
    ctype = ast.data or machine.place(ast.kids[0], state.copy()).type
    return machine.number(float(size_of(ctype, ast.at)), True)


def _statement_expression(machine: Machine, ast: Ast, state: State) -> Result:
    """Evaluate `({ ... })`: its last expression is the value."""
    value: Result = None
    machine.frame.scopes.append({})
    for part in ast.kids:
        if part.kind in STATEMENT_KINDS:
            machine.execute(part, state)
            value = None
        else:
            value = machine.value(part, state)
        if state.stopped(machine.builder) is not False:
            message = "a jump out of an expression has no symbolic meaning"
            raise Refusal("unsupported_syntax", message, part.at)
    machine.frame.scopes.pop()
    return value


EXPRESSIONS: dict[str, ExpressionRule] = {
    "number": _number,
    "string": _no_value,
    "name": _name,
    "group": _group,
    "member": _member,
    "index": _index,
    "dereference": _dereference,
    "address": _address,
    "unary": _unary,
    "binary": _binary,
    "assign": _assign,
    "update": _update,
    "conditional": _conditional,
    "cast": _cast,
    "comma": _comma,
    "literal": _literal,
    "call": _call,
    "sizeof": _sizeof,
    "statement_expression": _statement_expression,
    "initialiser": _no_value,
}
