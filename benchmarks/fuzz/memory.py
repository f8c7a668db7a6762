"""What a random function is handed, as one struct that a harness can fill and compare.

In: C types, arguments, file-level variables. Out: cells by parameter and path, and C
that calls the function on a row of such structs.
Non-goals: writing functions (`grammar`, `wide`), building them (`native`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Path = tuple[str | int, ...]
Key = tuple[str, Path]
RESULT = "return"

SCALARS = {
    "double": np.float64,
    "float": np.float32,
    "int": np.int32,
    "unsigned": np.uint32,
    "short": np.int16,
    "unsigned char": np.uint8,
    "signed char": np.int8,
    "long long": np.int64,
    "_Bool": np.uint8,
}
FLOATING = ("double", "float")


@dataclass(frozen=True)
class Struct:
    """A struct or union; one without a name is an anonymous member."""

    name: str
    fields: tuple[tuple[str, Type], ...]
    word: str = "struct"

    def body(self) -> str:
        """Spell its members."""
        return f"{self.word} {{ {' '.join(map(_member, self.fields))} }}"

    def definition(self) -> str:
        """Spell the typedef that defines it."""
        return f"typedef {self.body()} {self.name};"


@dataclass(frozen=True)
class Row:
    """An array."""

    of: Type
    length: int


Type = str | Struct | Row


def _member(field: tuple[str, Type]) -> str:
    name, ctype = field
    if isinstance(ctype, Struct) and not name:
        return f"{ctype.body()};"
    return f"{declared(ctype, name)};"


def declared(ctype: Type, name: str) -> str:
    """Declare a variable of a type."""
    while isinstance(ctype, Row):
        name = f"{name}[{ctype.length}]"
        ctype = ctype.of
    return f"{ctype if isinstance(ctype, str) else ctype.name} {name}"


@dataclass(frozen=True)
class Cell:
    """A scalar of what a function is handed.

    Args:
        key: the parameter, and the path inside it.
        lvalue: where it is in the harness's struct.
        type: the scalar type's name.
    """

    key: Key
    lvalue: str
    type: str

    @property
    def name(self) -> str:
        """What a message calls it."""
        param, path = self.key
        steps = (f"[{s}]" if isinstance(s, int) else f".{s}" for s in path)
        return param + "".join(steps)


def cells(param: str, ctype: Type, lvalue: str, path: Path = ()) -> list[Cell]:
    """List the scalars of an object of some type."""
    if isinstance(ctype, str):
        return [Cell((param, path), lvalue, ctype)]
    if isinstance(ctype, Row):
        return [
            cell
            for k in range(ctype.length)
            for cell in cells(param, ctype.of, f"{lvalue}[{k}]", (*path, k))
        ]
    found: list[Cell] = []
    for name, of in ctype.fields:
        inner = f"{lvalue}.{name}" if name else lvalue
        found += cells(param, of, inner, (*path, name) if name else path)
    return found


@dataclass(frozen=True)
class Argument:
    """A parameter, and the object that the harness keeps for it.

    Args:
        declaration: in the function's head.
        kept: the object's type; a pointer's has more elements than are used.
        passed: "value", "array" (it decays) or "address".
        behind: how many elements are used, where C does not say; 0 is unknown.
    """

    name: str
    declaration: str
    kept: Type
    passed: str
    behind: int = 0

    def call(self) -> str:
        """Spell what is passed."""
        return ("&" if self.passed == "address" else "") + f"m->{self.name}"

    def cells(self) -> list[Cell]:
        """List its scalars."""
        return cells(self.name, self.kept, f"m->{self.name}")


@dataclass(frozen=True)
class Variable:
    """A file-level variable that is no constant.

    Args:
        is_input: whether nsc is told to make it an input.
    """

    name: str
    type: Type
    is_static: bool
    is_input: bool

    def definition(self, value: str = "") -> str:
        """Define it in the original's file."""
        word = "static " if self.is_static else ""
        start = f" = {value}" if value else ""
        return f"{word}{declared(self.type, self.name)}{start};"

    def cells(self) -> list[Cell]:
        """List its scalars."""
        return cells(self.name, self.type, f"m->{self.name}")


@dataclass(frozen=True)
class Case:
    """A random program.

    Args:
        number: unlike that of any other in a library.
        name: of the function, in no other program.
        text: the C file.
        result: None where it returns nothing.
    """

    number: int
    name: str
    text: str
    arguments: tuple[Argument, ...]
    variables: tuple[Variable, ...] = ()
    result: Type | None = "double"

    def cells(self) -> list[Cell]:
        """List all scalars, the result's last."""
        found = [c for a in self.arguments for c in a.cells()]
        found += [c for v in self.variables for c in v.cells()]
        if self.result is not None:
            found += cells(RESULT, self.result, "m->nsc_returned")
        return found


def struct_of(case: Case) -> str:
    """Define the harness's struct."""
    kept = [declared(a.kept, a.name) for a in case.arguments]
    kept += [declared(v.type, v.name) for v in case.variables]
    if case.result is not None:
        kept.append(declared(case.result, "nsc_returned"))
    members = " ".join(f"{each};" for each in kept)
    return f"struct memory_{case.number} {{ {members} }};\n"


def layout(case: Case) -> str:
    """Define a function that tells the struct's size and its cells' offsets."""
    number = case.number
    told = " ".join(
        f"*to++ = (char *)&{cell.lvalue} - (char *)m;" for cell in case.cells()
    )
    return (
        f"void layout_{number}(long *to) {{ static struct memory_{number} one,"
        f" *m = &one; *to++ = sizeof *m; {told} }}\n"
    )


def runner(case: Case, function: str, name: str) -> str:
    """Define a function that calls another on each of some structs.

    File-level variables are set before each call, and read back after it.
    """
    moved = [(f"m->{v.name}", v.name) for v in case.variables]
    before = "".join(_copy(here, there) for there, here in moved)
    after = "".join(_copy(there, here) for there, here in moved)
    arguments = ", ".join(a.call() for a in case.arguments)
    call = f"{function}({arguments});"
    if case.result is not None:
        call = f"m->nsc_returned = {call}"
    return (
        f"void {name}(struct memory_{case.number} *m, long n) {{\n"
        f"  for (; n > 0; n--, m++) {{ {before}{call} {after}}}\n}}\n"
    )


def _copy(to: str, of: str) -> str:
    return f"__builtin_memcpy(&{to}, &{of}, sizeof {of}); "
