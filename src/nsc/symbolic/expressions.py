"""Evaluation of expressions on symbolic memory.

In: `Ast`, a `State`, a frame of names. Out: values and changed states.
Non-goals: statements (statements.py), where inputs come from (evaluate.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nsc.graph import Builder, complement
from nsc.refusal import Refusal
from nsc.symbolic import calls, library, pointers
from nsc.symbolic.arithmetic import combine
from nsc.symbolic.ast import Ast, float_of
from nsc.symbolic.floating import is_floating
from nsc.symbolic.initialise import initialise, listed_length
from nsc.symbolic.memory import (
    Address,
    Frame,
    Number,
    Place,
    State,
    Value,
    below,
    convert,
    element,
    merge,
    read,
    subpaths,
    write,
)
from nsc.symbolic.sizes import size_of
from nsc.syntax import Array, CType, Pointer, Scalar, Scope, Struct, Union


@dataclass
class Evaluator:
    """Evaluates expressions. `run_function` is set by the statements' side and calls a
    defined function.
    """

    b: Builder
    scope: Scope
    functions: dict[str, Ast]
    frame: Frame
    next_object: int = 0
    run_function: Callable[..., Place | None] = field(default=None, repr=False)
    call_depth: list[str] = field(default_factory=list)
    objects: dict[int, CType] = field(default_factory=dict)
    # objects that may no longer be written
    frozen: set[int] = field(default_factory=set)
    # by declaration and name
    statics: dict[tuple[int, str], Place] = field(default_factory=dict)
    # after how many unknown tests a loop is cut off; None to refuse it
    max_trips: int | None = None
    is_bounded: bool = False  # whether one was
    has_unknown_test: bool = False  # whether there is one whose end depends on an input
    bodiless: dict[str, CType] = field(
        default_factory=dict
    )  # functions that may be guessed by name, and what they return
    # what stood in for them, by name and arguments
    guesses: dict[tuple[str, int], str] = field(default_factory=dict)

    def new_object(self, ctype: CType) -> Place:
        self.next_object += 1
        self.objects[self.next_object] = ctype
        return Place(self.next_object, ((None, ()),), ctype)

    def lasting_object(self, ctype: CType) -> Place:
        """Make an object that is local to no call; its number is negative."""
        number = min((0, *self.objects)) - 1
        self.objects[number] = ctype
        return Place(number, ((None, ()),), ctype)

    def number(self, value: float, is_int: bool = False) -> Number:
        return Number(self.b.literal(value), is_int)

    def scalar(self, ast: Ast, state: State) -> Number:
        """Evaluate to a number.

        Raises:
            Refusal: `not_a_number` for pointers, structs and arrays.
        """
        return _number_of(self.value(ast, state), ast)

    def truth(self, ast: Ast, state: State) -> int:
        """Evaluate a condition; a pointer to an object is not null."""
        value = self.value(ast, state)
        if isinstance(value, Address):
            return self.b.literal(1.0)
        return self.b.truth(_number_of(value, ast).node)

    def value(self, ast: Ast, state: State) -> Value | Place | None:
        """Evaluate an expression: a number, an address, the place of a struct, or
        nothing (void).
        """
        self.b.at = ast.at
        rule = _RULES.get(ast.kind)
        if rule is None:
            raise Refusal(
                "unsupported_syntax", f"'{ast.kind}' is not an expression", ast.at
            )
        return rule(self, ast, state)

    def place(self, ast: Ast, state: State) -> Place:
        """Evaluate an lvalue."""
        if ast.kind == "name":
            found = self.frame.find(ast.data)
            if found is None:
                raise Refusal(
                    "unknown_name", f"'{ast.data}' has no known value", ast.at
                )
            return found
        if ast.kind == "member":
            return self._member_place(ast, state)
        if ast.kind == "dereference":
            return self.target(self._address_of(ast.kids[0], state), ast)
        if ast.kind == "index":
            return self._element_place(ast, state)
        value = self.value(ast, state)
        if isinstance(value, Place):
            return value
        raise Refusal(
            "not_an_lvalue", "this cannot be assigned to or pointed at", ast.at
        )

    def load(self, place: Place, state: State) -> Value | Place:
        """Read a place; arrays become the address of their first element, structs stay
        places.
        """
        if isinstance(place.type, Scalar):
            return read(self.b, state, place)
        if isinstance(place.type, Struct | Union):
            return place
        if not isinstance(place.type, Array) or place.view is not None:
            return read(self.b, state, place)
        if len(place.options) > 1:
            return self._row(place, state)
        return Address(place.object, place.options[0][1], place.type.of, 0)

    def _row(self, place: Place, state: State) -> Address:
        """Copy what a symbolic index selects, so that a pointer can point there; from
        then on it may only be read.
        """
        copy = self.lasting_object(place.type)
        self.store(copy, place, state)
        self.frozen |= {copy.object, place.object}
        if isinstance(place.type, Array):
            return Address(copy.object, (), place.type.of, 0)
        return Address(copy.object, (), place.type)

    def store(self, place: Place, value: Value | Place | None, state: State) -> None:
        """Assign a value or a whole struct."""
        if value is None:
            raise Refusal(
                "void_value", "the value of a void function is used", self.b.at
            )
        if place.object in self.frozen:
            raise Refusal(
                "pointer_depends_on_input",
                "where a pointer writes to depends on an input",
                self.b.at,
            )
        if isinstance(value, Place):
            for path, ctype in subpaths(value.type):
                cell = read(self.b, state, below(value, path, ctype))
                write(self.b, state, below(place, path, ctype), cell)
        else:
            write(self.b, state, place, convert(self.b, value, place.type))

    def _member_place(self, ast: Ast, state: State) -> Place:
        inner = self.place(ast.kids[0], state)
        if isinstance(inner.type, Union) or inner.view is not None:
            return pointers.field_of(inner, ast.data, ast.at)
        ctype = inner.type.field(ast.data) if isinstance(inner.type, Struct) else None
        if ctype is None:
            raise Refusal(
                "unknown_field", f"there is no field '{ast.data}' here", ast.at
            )
        return below(inner, (ast.data,), ctype)

    def _element_place(self, ast: Ast, state: State) -> Place:
        index = self.scalar(ast.kids[1], state)
        if ast.kids[0].kind in ("name", "member", "index", "dereference"):
            base = self.place(ast.kids[0], state)
            if isinstance(base.type, Array):
                known = self.b.value(index.node)
                return (
                    pointers.element_of(base, known, ast.at)
                    if base.view
                    else element(self.b, base, index, ast.at)
                )
        return self.target(
            pointers.shifted(
                self.b, self._address_of(ast.kids[0], state), index, ast.at
            ),
            ast,
        )

    def _address_of(self, ast: Ast, state: State) -> Address | tuple[Address, Number]:
        value = self.value(ast, state)
        if not pointers.is_pointer(value):
            raise Refusal(
                "not_a_pointer", "this is not a pointer to a known object", ast.at
            )
        return value

    def target(self, address: Address | tuple[Address, Number], ast: Ast) -> Place:
        offset = None
        if not isinstance(address, Address):
            address, offset = address
        if address.index is None:
            return Place(
                address.object,
                ((None, address.path),),
                address.type,
                None,
                address.view,
            )
        length = self.length(address, ast)
        whole = Place(
            address.object, ((None, address.path),), Array(address.type, length)
        )
        return element(
            self.b, whole, offset or self.number(float(address.index), True), ast.at
        )

    def length(self, address: Address, ast: Ast) -> int:
        ctype = self.objects[address.object]
        for step in address.path:
            ctype = ctype.field(step) if isinstance(ctype, Struct) else ctype.of
        return ctype.length or 0 if isinstance(ctype, Array) else 1

    def declare(self, name: str, ctype: CType) -> Place:
        """Make an object and give it a name in the innermost scope."""
        place = self.new_object(ctype)
        self.frame.scopes[-1][name] = place
        return place

    def declare_static(self, name: str, ctype: CType, key: tuple[int, str]) -> Place:
        """Give a name to an object that outlives calls."""
        if key not in self.statics:
            self.statics[key] = self.lasting_object(ctype)
        self.frame.scopes[-1][name] = self.statics[key]
        return self.statics[key]

    # expressions, by kind

    def _number(self, ast: Ast, state: State) -> Number:
        return self.number(*ast.data)

    def _name(self, ast: Ast, state: State) -> Value | Place:
        found = self.frame.find(ast.data)
        if found is not None:
            known = state.cells.get((found.object, ()))  # a variable that is one scalar
            return self.load(found, state) if known is None else known
        if ast.data in self.scope.constants:
            return self.number(float(self.scope.constants[ast.data]), True)
        if ast.data in calls.CONSTANTS:
            return self.number(*calls.CONSTANTS[ast.data])
        raise Refusal("unknown_name", f"'{ast.data}' has no known value", ast.at)

    def _group(self, ast: Ast, state: State) -> Value | Place | None:
        return self.value(ast.kids[0], state)

    def _member(self, ast: Ast, state: State) -> Value | Place:
        return self.load(self._member_place(ast, state), state)

    def _index(self, ast: Ast, state: State) -> Value | Place:
        return self.load(self._element_place(ast, state), state)

    def _dereference(self, ast: Ast, state: State) -> Value | Place:
        return self.load(self.place(ast, state), state)

    def _address(self, ast: Ast, state: State) -> Address:
        inner = ast.kids[0]
        if inner.kind == "dereference":
            return self._address_of(inner.kids[0], state)
        place = self.place(inner, state)
        if place.view is not None:
            raise Refusal(
                "uses_union", "the address of a part of a union is taken", ast.at
            )
        if len(place.options) > 1:
            return self._row(place, state)
        path = place.options[0][1]
        if path and isinstance(path[-1], int):
            return Address(place.object, path[:-1], place.type, path[-1])
        return Address(place.object, path, place.type)

    def _unary(self, ast: Ast, state: State) -> Number:
        if ast.data == "!":
            return Number(self.b.make("NOT", self.truth(ast.kids[0], state)), True)
        operand = self.scalar(ast.kids[0], state)
        if ast.data == "-":
            return Number(self.b.make("NEG", operand.node), operand.is_int)
        known = self.b.value(operand.node)
        if ast.data == "~":
            node = (
                complement(self.b, operand.node)
                if known is None
                else self.b.literal(float_of(~int(known)))
            )
            return convert(self.b, Number(node, True), _cast_to(ast.kids[0]))
        return operand

    def _binary(self, ast: Ast, state: State) -> Value:
        operator = ast.data
        if operator in ("&&", "||"):
            return self._logical(ast, state)
        left = self.value(ast.kids[0], state)
        right = self.value(ast.kids[1], state)
        self.b.at = ast.at
        if type(left) is Number and type(right) is Number:
            return combine(self.b, operator, left, right)
        if isinstance(left, Number) and isinstance(right, Address) and operator == "+":
            left, right = right, left
        if (
            isinstance(left, Address)
            and isinstance(right, Number)
            and operator in ("+", "-")
        ):
            sign = (
                right
                if operator == "+"
                else Number(self.b.make("NEG", right.node), True)
            )
            return pointers.shifted(self.b, left, sign, ast.at)
        if operator in ("==", "!="):
            return self.number(
                float(_same(left, right, ast) == (operator == "==")), True
            )
        raise Refusal(
            "pointer_arithmetic", "pointers are compared or combined here", ast.at
        )

    def _logical(self, ast: Ast, state: State) -> Number:
        """Evaluate `&&` and `||`; the right side's effects happen only where C would
        evaluate it.
        """
        op = "AND" if ast.data == "&&" else "OR"
        left = self.truth(ast.kids[0], state)
        known = self.b.value(left)
        if known is not None and (known == 0) == (op == "AND"):
            return Number(left, True)
        after = state.copy()
        right = self.truth(ast.kids[1], after)
        if after.cells != state.cells:
            where = left if op == "AND" else self.b.make("NOT", left)
            state.become(merge(self.b, where, after, state, self.frame.first_object))
        return Number(self.b.make(op, left, right), True)

    def _assign(self, ast: Ast, state: State) -> Value | Place:
        value = self.value(ast.kids[1], state)
        place = self.place(ast.kids[0], state)
        if ast.data:
            old = self.load(place, state)
            if pointers.is_pointer(old):
                value = pointers.moved(self.b, ast.data, old, value, ast.at)
            elif isinstance(value, Number):
                value = combine(self.b, ast.data, old, value)
        self.b.at = ast.at
        self.store(place, value, state)
        return self.load(place, state)

    def _update(self, ast: Ast, state: State) -> Value:
        sign, prefix = ast.data
        place = self.place(ast.kids[0], state)
        old = self.load(place, state)
        if pointers.is_pointer(old):
            new = pointers.shifted(self.b, old, self.number(sign, True), ast.at)
        else:
            new = Number(self.b.make("ADD", old.node, self.b.literal(sign)), old.is_int)
        self.store(place, new, state)
        return self.load(place, state) if prefix else old

    def _conditional(self, ast: Ast, state: State) -> Value | Place:
        condition = self.truth(ast.kids[0], state)
        known = self.b.value(condition)
        if known is not None:
            found = self.value(ast.kids[1 if known else 2], state)
            converts = (
                isinstance(found, Number)
                and found.is_int
                and is_floating(self, ast.kids[2 if known else 1], state)
            )
            return Number(found.node) if converts else found
        yes_state = state.copy()
        no_state = state.copy()
        result = self.new_object(Scalar("double", "float"))
        for side, kid in ((yes_state, ast.kids[1]), (no_state, ast.kids[2])):
            value = self.value(kid, side)
            if isinstance(value, Place):
                result = Place(result.object, result.options, value.type)
            self.store_raw(result, value, side)
        state.become(
            merge(self.b, condition, yes_state, no_state, self.frame.first_object)
        )
        return self.load(result, state)

    def store_raw(
        self, place: Place, value: Value | Place | None, state: State
    ) -> None:
        """Store without converting a number to the place's type."""
        if isinstance(value, (Number, Address)):
            write(self.b, state, place, value)
        else:
            self.store(place, value, state)

    def _cast(self, ast: Ast, state: State) -> Value | Place | None:
        value = self.value(ast.kids[0], state)
        if isinstance(ast.data, Pointer):
            return pointers.cast(ast.data.to, value, ast.at)
        if pointers.is_pointer(value) and isinstance(ast.data, Scalar):
            raise Refusal("pointer_cast", "a pointer is used as a number", ast.at)
        return convert(self.b, value, ast.data) if isinstance(value, Number) else value

    def _comma(self, ast: Ast, state: State) -> Value | Place | None:
        self.value(ast.kids[0], state)
        return self.value(ast.kids[1], state)

    def _literal(self, ast: Ast, state: State) -> Value | Place:
        ctype = ast.data
        if isinstance(ctype, Array) and ctype.length is None:
            ctype = Array(ctype.of, listed_length(self, ctype.of, ast.kids[0], state))
        place = self.new_object(ctype)
        initialise(self, place, ast.kids[0], state)
        return self.load(place, state)

    def _call(self, ast: Ast, state: State) -> Value | Place | None:
        name = ast.data
        if name in library.ASSERTIONS and name not in self.functions:
            return library.assertion(self, ast, state)
        arguments = [self.value(kid, state) for kid in ast.kids]
        self.b.at = ast.at
        if name in self.functions:
            place = self.run_function(self, name, arguments, state, ast)
            return None if place is None else self.load(place, state)
        return library.library_call(self, ast, arguments, state)

    def _sizeof(self, ast: Ast, state: State) -> Number:
        ctype = ast.data or self.place(ast.kids[0], state.copy()).type
        return self.number(float(size_of(ctype, ast.at)), True)


def _number_of(value: Value | Place | None, ast: Ast) -> Number:
    if not isinstance(value, Number):
        raise Refusal("not_a_number", "a pointer or struct is used as a number", ast.at)
    return value


def _cast_to(ast: Ast) -> CType | None:
    """Return what an operand was cast to, None where it was not."""
    while ast.kind == "group":
        ast = ast.kids[0]
    return ast.data if ast.kind == "cast" else None


def _same(left: Value | Place | None, right: Value | Place | None, ast: Ast) -> bool:
    """Compare pointers; a number beside a pointer can only be null, which no object's
    address is.
    """
    if not all(type(side) in (Address, Number) for side in (left, right)):
        raise Refusal(
            "pointer_arithmetic", "pointers are compared or combined here", ast.at
        )
    return left == right


_KINDS = """
        number name group member index dereference address unary binary assign update
        conditional cast comma literal call sizeof
    """.split()
_RULES = {kind: getattr(Evaluator, f"_{kind}") for kind in _KINDS}
