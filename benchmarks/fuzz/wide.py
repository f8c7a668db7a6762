"""Random C functions of random signatures, of most scalar types.

In: a random generator. Out: `Case`s. Indices stay in bounds, integers stay small, and
there is no undefined behaviour and no function of the mathematical library that two
machines may round differently: what differs is a fault.
Non-goals: the statements of `grammar`, which has one signature; checking (`exports`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from memory import FLOATING, Argument, Case, Row, Struct, Type, Variable
from wide_types import (
    BEHIND,
    HELPERS,
    Address,
    Place,
    addresses_of,
    argument,
    places_of,
    struct_type,
)

NUMBERS = ("0.0", "0.1", "0.25", "-0.3", "0.5", "1.5", "2.0")
TABLE = "static const double table_{k}[4] = {{0.5, -1.0, 0.25, 2.0}};"


@dataclass
class Scope:
    """What can be named at some point of a function.

    Args:
        places: scalars that can be read, and most written.
        addresses: of elements.
        counters: loop variables, 0 to 2.
    """

    places: list[Place] = field(default_factory=list[Place])
    addresses: list[Address] = field(default_factory=list[Address])
    counters: list[str] = field(default_factory=list[str])

    def inner(self) -> Scope:
        """Return a copy, for a block."""
        return Scope(
            list(self.places), list(self.addresses), list(self.counters)
        )


class Expressions:
    """Writes the expressions of one function.

    Args:
        number: the program's, in file-level names.
        scope: what can be named now.
    """

    def __init__(self, dice: random.Random, number: int):
        self.dice = dice
        self.number = number
        self.scope = Scope()
        self.names = 0

    def name(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def index(self, room: int) -> str:
        """Write an index below `room`, which is 2 or more."""
        d = self.dice
        kind = d.random()
        if self.scope.counters and room >= 3 and kind < 0.5:
            return d.choice(self.scope.counters)
        if kind < 0.65:
            return f"({self.integer()}) & 1"
        return str(d.randrange(min(room, 4)))

    def spelled(self, place: Place) -> str:
        return place.form.format(*(self.index(r) for r in place.rooms))

    def place(self, kinds: tuple[str, ...], *, written: bool) -> str | None:
        fit = [
            p
            for p in self.scope.places
            if p.type in kinds and (p.writable or not written)
        ]
        return self.spelled(self.dice.choice(fit)) if fit else None

    def address(self, ctype: str, need: int, *, written: bool) -> str | None:
        fit = [
            a
            for a in self.scope.addresses
            if a.type == ctype
            and a.room >= need
            and (a.writable or not written)
        ]
        if not fit:
            return None
        chosen = self.dice.choice(fit)
        text = chosen.form.format(*(self.index(r) for r in chosen.rooms))
        ahead = self.dice.randrange(chosen.room - need + 1)
        if not ahead:
            return text
        return self.dice.choice([f"{text} + {ahead}", f"&({text})[{ahead}]"])

    def integer(self, depth: int = 0) -> str:
        """Write a small integer, 0 or more."""
        d = self.dice
        kind = d.random()
        if depth > 1 or kind < 0.3:
            return d.choice(["0", "1", "2", *self.scope.counters])
        if kind < 0.6:
            found = self.place(
                ("int", "unsigned", "short", "unsigned char", "long long"),
                written=False,
            )
            return f"(int)({found} & 7)" if found else "3"
        if kind < 0.75:
            return f"({self.condition(depth + 1)})"
        operator = d.choice(["+", "^", "|", "&", ">>", "* 2 +"])
        return f"({self.integer(depth + 1)} {operator} {self.integer(2)})"

    def condition(self, depth: int = 0) -> str:
        d = self.dice
        kind = d.random()
        if kind < 0.15:
            return f"{self.integer(depth + 1)} {d.choice(['==', '<', '!='])} 1"
        if kind < 0.25 and depth < 1:
            operator = d.choice(["&&", "||"])
            inner = self.condition(depth + 1)
            return f"({inner}) {operator} ({self.condition(depth + 1)})"
        operator = d.choice(["<", ">", "<=", ">=", ">"])
        left = self.place(FLOATING, written=False) or "x"
        if d.random() < 0.6:
            return f"{left} {operator} {d.choice(NUMBERS)}"
        return f"{left} {operator} {self.number_(2)}"

    def number_(self, depth: int = 0) -> str:
        """Write a floating number."""
        d = self.dice
        kind = d.random()
        if depth > 2 or kind < 0.2:
            return d.choice(["x", "x", *NUMBERS])
        if kind < 0.55:
            return self.place(FLOATING, written=False) or "x"
        if kind < 0.6:
            return f"(double){self.integer(1)}"
        if kind < 0.65:
            return f"table_{self.number}[{self.index(4)}]"
        if kind < 0.7:
            chosen = f"{self.number_(3)} : {self.number_(3)}"
            return f"({self.condition(1)} ? {chosen})"
        if kind < 0.76:
            return self._called(depth)
        if kind < 0.82:
            return f"{d.choice(NUMBERS)} * {self.number_(depth + 1)}"
        operator = d.choice("+-")
        return (
            f"({self.number_(depth + 1)} {operator} {self.number_(depth + 1)})"
        )

    def _called(self, depth: int) -> str:
        d = self.dice
        kind = d.randrange(4)
        if kind == 0:
            return f"fabs({self.number_(depth + 1)})"
        if kind == 1:
            return f"(float)({self.number_(depth + 1)})"
        one = self.address("double", 2, written=False)
        two = self.address("float", 2, written=False)
        if kind == 2 and one:
            return f"dot({one}, {one})"
        if two:
            return f"total({two}, 2)"
        return f"clip({self.number_(depth + 1)})"


class Statements(Expressions):
    """Writes the statements of one function.

    Args:
        result: how it returns; "" is nothing.
        structs: addresses of structs, by the struct's name.
    """

    def __init__(self, dice: random.Random, number: int):
        super().__init__(dice, number)
        self.result: Type | None = None
        self.structs: dict[str, list[tuple[str, bool]]] = {}
        self.defined: dict[str, Struct] = {}

    def assign(self) -> str:
        d = self.dice
        if d.random() < 0.25:
            whole = self.place(
                ("int", "unsigned", "short", "unsigned char", "long long"),
                written=True,
            )
            if whole:
                return f"{whole} = {self.integer()};"
        if d.random() < 0.1:
            truth = self.place(("_Bool",), written=True)
            if truth:
                return f"{truth} = {self.condition()};"
        target = self.place(FLOATING, written=True)
        if target is None:
            return ";"
        operator = d.choice(["=", "=", "=", "+=", "-=", "*= 0.5 +"])
        if operator[0] == "*":
            return f"{target} *= {d.choice(NUMBERS)};"
        return f"{target} {operator} {self.number_()};"

    def move(self) -> str:
        """Write a call that moves or changes elements."""
        d = self.dice
        ctype = d.choice(["double", "double", "float"])
        to = self.address(ctype, 2, written=True)
        of = self.address(ctype, 2, written=False)
        if to is None or of is None:
            return self.assign()
        size = f"2 * sizeof({ctype})"
        forms = [
            f"memmove({to}, {of}, {size});",
            f"memset({to}, 0, {size});",
            f"{{ {ctype} c[2]; memcpy(c, {of}, sizeof c); memcpy({to}, c, {size}); }}",
            f"*({to}) = ({of})[1];",
        ]
        if ctype == "double":
            more = self.address("double", 1, written=True)
            forms += [
                f"maybe({to}, {self.number_(1)});",
                f"swap({to}, {more});",
                f"outer({to}, {self.number_(1)});",
                f"scale({to}, {of}, 2, {self.number_(1)});",
                f"*second({to}) = {self.number_(1)};",
                f"*at({to}, {self.condition()}) {d.choice(['=', '+='])} x;",
                f"again({to}, {d.randrange(3)});",
                f"if (find({to}, {self.number_(1)}) > 0) {self.assign()}",
            ]
        else:
            forms.append(f"addf({to}, {of}, 2);")
        return d.choice(forms)

    def derive(self) -> str:
        """Declare a local: a pointer, a row, a struct, a union."""
        d = self.dice
        name = self.name("e")
        kind = d.random()
        if kind < 0.5:
            return self._pointer(name)
        if kind < 0.65:
            value = self.number_(1)
            self.scope.places.append(Place(name + "[{}]", "double", (3,)))
            self.scope.addresses.append(Address(name, "double", 3))
            return f"double {name}[3] = {{{value}, x}};"
        if kind < 0.75:
            value = self.number_(1)
            self.scope.places.append(Place(f"{name}.low", "double", (), False))
            return (
                f"union {{ double low; struct {{ double t[2]; }} pair; }} {name};"
                f" {name}.pair.t[1] = 1; {name}.low = {value};"
            )
        if self.structs and kind < 0.95:
            return self._struct(name)
        value = self.integer()
        self.scope.places.append(Place(name, "int", ()))
        return f"int {name} = {value};"

    def _pointer(self, name: str) -> str:
        d = self.dice
        ctype = d.choice(["double", "double", "float", "int"])
        to = self.address(ctype, 3, written=True)
        if to is None:
            return self.assign()
        if d.random() < 0.25:
            other = self.address(ctype, 3, written=True)
            to = f"{self.condition()} ? {to} : {other}"
        kind = d.randrange(4)
        add = self.scope.places.append
        if kind == 0:
            add(Place(name + "[-1]", ctype, ()))
            add(Place(name + "[-({})]", ctype, (3,)))
            return f"{ctype} *{name} = ({to}) + 2;"
        room = 3
        after = ""
        if kind == 1:
            room = 2
            after = f" {d.choice([name + '++;', f'*{name}++ = 1;'])}"
        if kind == 2:
            other = self.address(ctype, 3, written=True)
            after = f" if ({self.condition()}) {name} = {other};"
        self.scope.addresses.append(Address(name, ctype, room))
        add(Place(name + "[{}]", ctype, (room,)))
        return f"{ctype} *{name} = {to};{after}"

    def _struct(self, name: str) -> str:
        """Declare a struct, or a second pointer to one."""
        d = self.dice
        struct = d.choice(list(self.structs))
        of, writable = d.choice(self.structs[struct])
        defined = self.defined[struct]
        if writable and d.random() < 0.5:
            self.structs[struct].append((name, True))
            self._enter(defined, f"{name}->", True)
            return f"{struct} *{name} = {of};"
        self.structs[struct].append((f"(&{name})", True))
        self._enter(defined, f"{name}.", True)
        return f"{struct} {name} = *{of};"

    def _enter(self, struct: Struct, prefix: str, writable: bool) -> None:
        self.scope.places += places_of(struct, prefix, writable)
        self.scope.addresses += addresses_of(struct, prefix, writable)

    def copy(self) -> str:
        """Assign a struct."""
        d = self.dice
        if not self.structs:
            return self.move()
        among = d.choice(list(self.structs.values()))
        to = [text for text, writable in among if writable]
        if not to:
            return self.assign()
        return f"*{d.choice(to)} = *{d.choice(among)[0]};"

    def leave(self) -> str:
        """Return from the function."""
        if self.result is None:
            return "return;"
        if isinstance(self.result, Struct):
            of = [text for text, _ in self.structs[self.result.name]]
            return f"return *{of[0]};"
        if self.result in FLOATING:
            return f"return {self.number_(1)};"
        return f"return {self.integer()};"

    def block(self, depth: int, statements: int, counter: str = "") -> str:
        outer = self.scope
        structs = {name: list(of) for name, of in self.structs.items()}
        self.scope = outer.inner()
        if counter:
            self.scope.counters.append(counter)
        lines = [self.statement(depth) for _ in range(statements)]
        self.scope = outer
        self.structs = structs
        return "{ " + " ".join(lines) + " }"

    def statement(self, depth: int) -> str:
        d = self.dice
        kind = d.random()
        if depth > 2 or kind < 0.3:
            return self.assign()
        if kind < 0.42:
            return self.move()
        if kind < 0.47:
            return self.copy()
        if kind < 0.6 and depth < 2:
            return self.derive()
        inner = d.randrange(1, 4)
        if kind < 0.78:
            text = f"if ({self.condition()}) {self.block(depth + 1, inner)}"
            if d.random() < 0.5:
                text += f" else {self.block(depth + 1, inner)}"
            return text
        if kind < 0.9:
            return self.loop(depth, inner)
        if kind < 0.95:
            return self.switch(depth, inner)
        return f"if ({self.condition()}) {{ {self.assign()} {self.leave()} }}"

    def loop(self, depth: int, inner: int) -> str:
        d = self.dice
        i = self.name("i")
        body = self.block(depth + 1, inner, i)
        if d.random() < 0.3:
            stop = f"if ({self.condition()}) break;"
            if d.random() < 0.3:
                stop = f"if ({self.condition()}) continue;"
            body = f"{{ {stop} {body} }}"
        forms = [
            f"for (int {i} = 0; {i} < 3; {i}++) {body}",
            f"for (int {i} = 2; {i} >= 0; --{i}) {body}",
            f"for (int {i} = 0; {i} < 3 && ({self.condition()}); {i}++) {body}",
            f"int {i} = 3; while ({i}-- > 0) {body}",
            f"unsigned {i} = 0; do {body} while (++{i} < 3);",
            f"for (int {i} = 0; {i} < (x > 0.5 ? 3 : 1); {i} += 1) {body}",
        ]
        return d.choice(forms)

    def switch(self, depth: int, inner: int) -> str:
        d = self.dice
        cases = [
            f"case {k}: {self.block(depth + 1, inner)}"
            + d.choice([" break;", " break;", ""])
            for k in range(d.randrange(1, 4))
        ]
        if d.random() < 0.6:
            cases.append(f"default: {self.block(depth + 1, inner)}")
        return f"switch ({self.integer()}) {{ {' '.join(cases)} }}"


class Program(Statements):
    """Writes one program."""

    def case(self) -> Case:
        d = self.dice
        k = self.number
        struct = struct_type(d, k) if d.random() < 0.6 else None
        arguments = [Argument("x", "double x", "double", "value")]
        self.scope.places.append(Place("x", "double", ()))
        for name in d.sample(("o", "r", "p", "q", "n", "w", "v", "s"), 4):
            if len(arguments) <= 1 or d.random() < 0.6:
                arguments.append(self._argument(name, struct))
        d.shuffle(arguments)
        variables = self._variables()
        self.result = d.choice([None, "double", "double", "float", "int"])
        if all(a.passed == "value" for a in arguments):
            self.result = "double"
        if struct and self.structs and d.random() < 0.2:
            self.result = struct
        head = "void" if self.result is None else self.result
        head = head.name if isinstance(head, Struct) else head
        declared = ", ".join(a.declaration for a in arguments)
        name = f"fuzz_{k}"
        lines = [self.statement(0) for _ in range(d.randrange(2, 7))]
        lines.append("" if self.result is None else self.leave())
        parts = [
            HELPERS,
            struct.definition() if struct else "",
            TABLE.format(k=k),
            *(v.definition() for v in variables),
            f"{head} {name}({declared}) {{ {' '.join(lines)} }}",
        ]
        text = "\n".join(part for part in parts if part) + "\n"
        return Case(
            k, name, text, tuple(arguments), tuple(variables), self.result
        )

    def _argument(self, name: str, struct: Struct | None) -> Argument:
        d = self.dice
        made, writable = argument(d, name, struct)
        kept = made.kept
        if isinstance(kept, Struct):
            arrow = "->" if made.passed == "address" else "."
            self._enter(kept, name + arrow, writable)
            here = name if made.passed == "address" else f"(&{name})"
            self.structs.setdefault(kept.name, []).append((here, writable))
            self.defined[kept.name] = kept
        elif isinstance(kept, Row) and isinstance(kept.of, Struct):
            self._enter(kept.of, name + "[1].", writable)
            self.structs.setdefault(kept.of.name, []).append((name, writable))
            self.defined[kept.of.name] = kept.of
        else:
            if isinstance(kept, Row) and isinstance(kept.of, str):
                kept = Row(kept.of, BEHIND)
            whole = Struct("", ((name, kept),))
            self._enter(whole, "", writable)
        return made

    def _variables(self) -> list[Variable]:
        d = self.dice
        found: list[Variable] = []
        if d.random() < 0.3:
            kept = d.choice(["double", "float", "int", Row("double", 3)])
            name = f"state_{self.number}"
            is_static = d.random() < 0.3
            variable = Variable(name, kept, is_static, d.random() < 0.8)
            found.append(variable)
            writable = d.random() < 0.15
            self._enter(Struct("", ((name, kept),)), "", writable)
        return found


def wide_case(dice: random.Random, number: int) -> Case:
    """Write a random program."""
    made = Program(dice, number).case()
    # a variable that nothing reads is no input, and may not be named as one
    body = made.text.rpartition("\n" + "static const")[2]
    kept = [
        replace(v, is_input=v.is_input and body.count(v.name) > 1)
        for v in made.variables
    ]
    return replace(made, variables=tuple(kept))
