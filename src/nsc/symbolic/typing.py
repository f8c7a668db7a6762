"""The C type of an expression, told without evaluating it: what `typeof` names.

In: an `Ast`, the scope that it was lowered in. Out: a `CType`. Non-goals: constness.
"""

from __future__ import annotations

from collections.abc import Callable

from nsc.refusal import Refusal
from nsc.symbolic.ast import Ast
from nsc.symbolic.calls import is_floating, known_call
from nsc.symbolic.constants import CONSTANTS
from nsc.syntax import (
    DOUBLE,
    INT,
    Array,
    BitField,
    CType,
    Pointer,
    Scalar,
    Scope,
    Struct,
    Union,
)

TypeRule = Callable[[Ast, Scope], CType]
_SIZE = Scalar("size_t", "int", 64, signed=False)
_DIFFERENCE = Scalar("ptrdiff_t", "int", 64)
_LONG = Scalar("long long", "int", 64)
_TRUTHS = frozenset("&& || < <= > >= == !=".split())


def type_of(ast: Ast, scope: Scope) -> CType:
    """Return the type of an expression; an array's is an array.

    Raises:
        Refusal: `unknown_type`, it cannot be told.
    """
    rule = TYPES.get(ast.kind)
    if rule is None:
        raise _unknown(ast)
    return rule(ast, scope)


def type_of_value(ast: Ast, scope: Scope) -> CType:
    """Return the type of an expression's value: of an array it is a pointer.

    Raises:
        Refusal: as `type_of`.
    """
    found = type_of(ast, scope)
    if isinstance(found, BitField):
        return _promoted(found)
    return Pointer(found.of) if isinstance(found, Array) else found


def _unknown(ast: Ast) -> Refusal:
    what = "the type of this expression is not known here; write the type"
    return Refusal("unknown_type", what, ast.at)


def _number(ast: Ast, scope: Scope) -> CType:
    if ast.kids:
        return ast.kids[0]
    value, is_int = ast.data
    if not is_int:
        return DOUBLE
    least, largest = INT.limits
    return INT if least <= value <= largest else _LONG


def _name(ast: Ast, scope: Scope) -> CType:
    found = scope.variables.get(ast.data)
    is_open = isinstance(found, Array) and found.length is None
    if found is not None and not is_open:
        return found
    if ast.data in scope.constants:
        return INT
    if ast.data in CONSTANTS:
        _, is_int = CONSTANTS[ast.data]
        return INT if is_int else DOUBLE
    raise _unknown(ast)


def _member(ast: Ast, scope: Scope) -> CType:
    around = type_of(ast.kids[0], scope)
    if isinstance(around, Struct | Union):
        found = around.field(ast.data)
        if found is not None:
            return found
    raise _unknown(ast)


def _index(ast: Ast, scope: Scope) -> CType:
    return _pointee(ast, type_of_value(ast.kids[0], scope))


def _dereference(ast: Ast, scope: Scope) -> CType:
    return _pointee(ast, type_of_value(ast.kids[0], scope))


def _pointee(ast: Ast, ctype: CType) -> CType:
    if not isinstance(ctype, Pointer):
        raise _unknown(ast)
    return ctype.to


def _address(ast: Ast, scope: Scope) -> CType:
    return Pointer(type_of(ast.kids[0], scope))


def _unary(ast: Ast, scope: Scope) -> CType:
    if ast.data == "!":
        return INT
    operand = type_of_value(ast.kids[0], scope)
    if not isinstance(operand, Scalar):
        raise _unknown(ast)
    return _promoted(operand)


def _binary(ast: Ast, scope: Scope) -> CType:
    if ast.data in _TRUTHS:
        return INT
    left, right = (type_of_value(kid, scope) for kid in ast.kids)
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        is_shift = ast.data in ("<<", ">>")
        return _promoted(left) if is_shift else _common(left, right)
    if ast.data == "-" and isinstance(right, Pointer):
        return _DIFFERENCE
    for side in (left, right):
        if isinstance(side, Pointer) and ast.data in ("+", "-"):
            return side
    raise _unknown(ast)


def _conditional(ast: Ast, scope: Scope) -> CType:
    yes, no = (type_of_value(kid, scope) for kid in ast.kids[1:])
    if isinstance(yes, Scalar) and isinstance(no, Scalar):
        return _common(yes, no)
    # the other side of a pointer may be 0
    return no if isinstance(no, Pointer) else yes


def _first(ast: Ast, scope: Scope) -> CType:
    return type_of(ast.kids[0], scope)


def _value_of_first(ast: Ast, scope: Scope) -> CType:
    return type_of_value(ast.kids[0], scope)


def _second(ast: Ast, scope: Scope) -> CType:
    return type_of_value(ast.kids[1], scope)


def _named(ast: Ast, scope: Scope) -> CType:
    return ast.data


def _call(ast: Ast, scope: Scope) -> CType:
    found = scope.results.get(ast.data)
    if found is not None:
        return found
    if known_call(ast.data) is None:
        raise _unknown(ast)
    return DOUBLE if is_floating(ast.data) else INT


def _sizeof(ast: Ast, scope: Scope) -> CType:
    return _SIZE


def _statements(ast: Ast, scope: Scope) -> CType:
    if ast.data is None:
        raise _unknown(ast)
    return ast.data


def _promoted(ctype: Scalar) -> Scalar:
    """Return what C computes with instead of a narrow integer."""
    if ctype.kind == "float":
        return ctype
    is_narrow = ctype.kind == "bool" or ctype.bits < INT.bits
    if is_narrow or (isinstance(ctype, BitField) and ctype.signed):
        return INT
    return Scalar(ctype.spelling, "int", ctype.bits, ctype.signed)


def _common(left: Scalar, right: Scalar) -> Scalar:
    """Return the type in which C computes with two numbers."""
    floating = [t for t in (left, right) if t.kind == "float"]
    if floating:
        return max(floating, key=lambda t: t.bits)
    a = _promoted(left)
    b = _promoted(right)
    if a.bits != b.bits:
        return a if a.bits > b.bits else b
    return b if a.signed else a


TYPES: dict[str, TypeRule] = {
    "number": _number,
    "name": _name,
    "group": _first,
    "member": _member,
    "index": _index,
    "dereference": _dereference,
    "address": _address,
    "unary": _unary,
    "binary": _binary,
    "assign": _value_of_first,
    "update": _value_of_first,
    "conditional": _conditional,
    "cast": _named,
    "comma": _second,
    "literal": _named,
    "call": _call,
    "sizeof": _sizeof,
    "statement_expression": _statements,
}
