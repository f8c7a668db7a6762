"""The symbolic machine: what is known while a program is evaluated, and its dispatch.

In: rules by kind of `Ast`, a `State` to work on. Out: values, places, changed states.
Non-goals: what any kind of expression or statement means. The rules say that: files
above this one (expressions.py, places.py, statements.py) write them down in tables, and
rules.py puts these together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

from nsc.graph import Builder
from nsc.refusal import Refusal
from nsc.symbolic.ast import Ast
from nsc.symbolic.memory import (
    below,
    check_size,
    convert,
    element,
    read,
    subpaths,
    write,
)
from nsc.symbolic.states import State
from nsc.symbolic.values import (
    Address,
    Number,
    Place,
    Result,
    Shifted,
    Value,
    number_of,
    only_path,
    place_of,
    type_at,
)
from nsc.syntax import Array, CType, Scalar, Struct, Union

MAX_SECONDS = 60  # for all attempts at one program
MAX_TRIPS = 256
_COPIED = 8  # cells of a state, copied in the time of a statement

ExpressionRule = Callable[["Machine", Ast, State], Result]
PlaceRule = Callable[["Machine", Ast, State], Place]
StatementRule = Callable[["Machine", Ast, State], None]


class Rules(NamedTuple):
    """What each kind of `Ast` means, by kind.

    Args:
        expressions: evaluate.
        places: evaluate as an lvalue; a kind that is not there may be a struct's value.
        statements: execute; a kind that is not there is an expression.
    """

    expressions: Mapping[str, ExpressionRule]
    places: Mapping[str, PlaceRule]
    statements: Mapping[str, StatementRule]


class FileScope(NamedTuple):
    """What a program defines or announces outside its functions.

    Args:
        functions: "function" nodes, or "refused" ones, by name.
        constants: enumerators.
        bodiless: what functions return that may be guessed by their names.
    """

    functions: Mapping[str, Ast]
    constants: Mapping[str, int]
    bodiless: Mapping[str, CType]


@dataclass
class Frame:
    """The names that a running function sees.

    Args:
        scopes: the innermost last.
        first_object: the number of the first object that is local to the call.
        result: where the function's value goes, None for void.
    """

    scopes: list[dict[str, Place]]
    first_object: int
    result: Place | None = None

    def find(self, name: str) -> Place | None:
        """Return what a name stands for, None where nothing declares it."""
        for names in reversed(self.scopes):
            if name in names:
                return names[name]
        return None


@dataclass
class Objects:
    """The objects that exist. Those that outlive calls have negative numbers.

    Args:
        types: of each, by number.
        frozen: those that may no longer be written.
        statics: static variables, by declaration and name.
    """

    types: dict[int, CType] = field(default_factory=dict)
    frozen: set[int] = field(default_factory=set)
    statics: dict[tuple[int, str], Place] = field(default_factory=dict)
    last: int = 0
    last_lasting: int = 0

    def new(self, ctype: CType) -> Place:
        """Make an object that is local to the running call."""
        self.last += 1
        self.types[self.last] = ctype
        return place_of(self.last, (), ctype)

    def lasting(self, ctype: CType) -> Place:
        """Make an object that is local to no call."""
        self.last_lasting -= 1
        self.types[self.last_lasting] = ctype
        return place_of(self.last_lasting, (), ctype)

    def static(self, ctype: CType, key: tuple[int, str]) -> Place:
        """Return the one object of a static variable."""
        if key not in self.statics:
            self.statics[key] = self.lasting(ctype)
        return self.statics[key]


@dataclass
class LoopLimit:
    """How far loops are followed whose end depends on an input, and whether any was.

    Args:
        max_trips: after how many unknown tests a loop is cut off; None to refuse it.
        longest: trips after which a loop is refused, or cut off, in any case.
        is_bounded: whether one was cut off.
        has_unknown_test: whether there is one whose end depends on an input.
    """

    max_trips: int | None = None
    longest: int = MAX_TRIPS
    is_bounded: bool = False
    has_unknown_test: bool = False


@dataclass
class Machine:
    """What a program is evaluated with.

    Args:
        builder: makes the DAG.
        rules: what each kind of `Ast` means.
        program: its functions and constants.
        loops: how far loops are followed.
        frame: of the running function; the outermost scope holds global variables.
        call_depth: how many calls are running.
        deadline: when evaluating ends, by `time.monotonic`.
        steps_left: statements that may be executed; a copy of the state counts too.
        guesses: what stood in for functions without a body, by name and number of
            arguments; "" where nothing did.
    """

    builder: Builder
    rules: Rules
    program: FileScope
    loops: LoopLimit
    frame: Frame = field(default_factory=lambda: Frame([{}], 0))
    objects: Objects = field(default_factory=Objects)
    call_depth: int = 0
    deadline: float = math.inf
    steps_left: float = math.inf
    guesses: dict[tuple[str, int], str] = field(default_factory=dict)

    def number(self, value: float, is_int: bool = False) -> Number:
        """Return a number that is known."""
        return Number(self.builder.literal(value), is_int)

    def value(self, ast: Ast, state: State) -> Result:
        """Evaluate an expression.

        Returns:
            A number, a pointer, the place of a struct or union, or None (void).
        """
        self.builder.at = ast.at
        rule = self.rules.expressions.get(ast.kind)
        if rule is None:
            message = f"'{ast.kind}' is not an expression"
            raise Refusal("unsupported_syntax", message, ast.at)
        return rule(self, ast, state)

    def scalar(self, ast: Ast, state: State) -> Number:
        """Evaluate an expression to a number.

        Raises:
            Refusal: `not_a_number` for pointers, structs and arrays.
        """
        return number_of(self.value(ast, state), ast.at)

    def truth(self, ast: Ast, state: State) -> int:
        """Evaluate a condition to the node of a truth."""
        value = self.value(ast, state)
        if isinstance(value, Address):  # of an object: not null
            return self.builder.literal(1.0)
        return self.builder.truth(number_of(value, ast.at).node)

    def place(self, ast: Ast, state: State) -> Place:
        """Evaluate an lvalue.

        Raises:
            Refusal: `not_an_lvalue`, what stands there is no place.
        """
        rule = self.rules.places.get(ast.kind)
        if rule is not None:
            return rule(self, ast, state)
        value = self.value(ast, state)
        if isinstance(value, Place):
            return value
        message = "this cannot be assigned to or pointed at"
        raise Refusal("not_an_lvalue", message, ast.at)

    def execute(self, ast: Ast, state: State) -> None:
        """Execute one statement."""
        self.builder.at = ast.at
        self.steps_left -= 1
        if self.steps_left < 0:
            message = "evaluating it takes more steps than are allowed"
            raise Refusal("takes_too_long", message, ast.at)
        if monotonic() > self.deadline:
            message = "evaluating it takes more seconds than are allowed"
            raise Refusal("takes_too_long", message, ast.at)
        rule = self.rules.statements.get(ast.kind)
        if rule is None:
            self.value(ast, state)
        else:
            rule(self, ast, state)

    def copied(self, state: State) -> State:
        """Copy the state for a branch, which is a matter of steps where it is large."""
        self.steps_left -= len(state.cells) / _COPIED
        return state.copy()

    def load(self, place: Place, state: State) -> Value | Place:
        """Read a place.

        Arrays become the address of their first element, structs stay places.
        """
        held = place.type
        if isinstance(held, Scalar):
            return read(self.builder, state, place)
        if isinstance(held, Struct | Union):
            return place
        if not isinstance(held, Array) or place.view is not None:
            return read(self.builder, state, place)
        if len(place.options) > 1:
            return self.address_of_copy(place, state)
        path = only_path(place)
        return Address(place.object, path, held.of, 0)

    def store(self, place: Place, value: Result, state: State) -> None:
        """Assign a value or a whole struct.

        Raises:
            Refusal: `void_value`, or `pointer_depends_on_input` where the object was
                copied because a pointer to it depends on an input.
        """
        b = self.builder
        if value is None:
            message = "the value of a void function is used"
            raise Refusal("void_value", message, b.at)
        if place.object in self.objects.frozen:
            message = "where a pointer writes to depends on an input"
            raise Refusal("pointer_depends_on_input", message, b.at)
        if isinstance(value, Place):
            for path, ctype in subpaths(value.type):
                cell = read(b, state, below(value, path, ctype, b.at))
                write(b, state, below(place, path, ctype, b.at), cell)
        else:
            write(b, state, place, convert(b, value, place.type))

    def address_of_copy(self, place: Place, state: State) -> Address:
        """Copy what a symbolic index selects, so that a pointer can point there.

        From then on neither the copy nor the original may be written.
        """
        copy = self.objects.lasting(place.type)
        self.store(copy, place, state)
        self.objects.frozen |= {copy.object, place.object}
        if isinstance(place.type, Array):
            return Address(copy.object, (), place.type.of, 0)
        return Address(copy.object, (), place.type)

    def target(self, pointer: Address | Shifted, at: int) -> Place:
        """Return the place that a pointer points to."""
        if isinstance(pointer, Shifted):
            return self._element(pointer.base, pointer.offset, at)
        if pointer.index is None:
            return place_of(
                pointer.object, pointer.path, pointer.type, pointer.view
            )
        return self._element(
            pointer, self.number(float(pointer.index), True), at
        )

    def _element(self, address: Address, index: Number, at: int) -> Place:
        """Return the place of an element of the array that a pointer points into."""
        array = Array(address.type, self.length(address))
        whole = place_of(address.object, address.path, array)
        return element(self.builder, whole, index, at)

    def length(self, address: Address) -> int:
        """Return how many elements the array has that a pointer points into."""
        ctype = type_at(self.objects.types[address.object], address.path)
        return ctype.length or 0 if isinstance(ctype, Array) else 1

    def declare(self, name: str, ctype: CType) -> Place:
        """Make an object and give it a name in the innermost scope."""
        check_size(ctype, self.builder.at)
        place = self.objects.new(ctype)
        self.frame.scopes[-1][name] = place
        return place

    def declare_static(
        self, name: str, ctype: CType, key: tuple[int, str]
    ) -> Place:
        """Give a name to an object that outlives calls."""
        check_size(ctype, self.builder.at)
        place = self.objects.static(ctype, key)
        self.frame.scopes[-1][name] = place
        return place
