"""What the front end produces: signature, domain, closed C, Program. Plain frozen data.

In: nothing. Out: the nouns every other room uses. Non-goals: parsing, running, networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from nsc.program.ctype import CType, Scalar

if TYPE_CHECKING:
    from nsc.program.dag import Dag, Unsupported


@dataclass(frozen=True)
class Leaf:
    """One scalar input or output of a program.

    `name` is what people see and type ("x", "re", "m[1][2]", "p.pos.x", "return");
    `lvalue` is a C expression valid wherever the parameters are in scope under their own names
    ("x", "(*re)", "v[2]", "m[1][2]", "p->pos.x") and the result is called `nsc_result`.
    """

    name: str
    lvalue: str
    type: Scalar
    param: str  # the parameter it belongs to; "return" for the result
    path: tuple[str | int, ...] = ()  # fields and indices inside the parameter


@dataclass(frozen=True)
class Param:
    """One C parameter, after typedefs are resolved and array extents are known.

    `type` never is an open Array: `float a[]` with known extent n is Array(FLOAT, n); a pointer to
    one scalar or struct is Pointer(T); a pointer used as an array of n is Pointer(Array(T, n)).
    """

    name: str
    type: CType
    direction: str  # "in" | "out" | "inout"
    declaration: str  # the C declaration in closed text, e.g. "const float *restrict v"


@dataclass(frozen=True)
class Signature:
    """A C signature and its desugared scalar view: `inputs` and `outputs`, in C order.

    The result, if any, is the first output; then out parameters in order.
    """

    function: str
    params: tuple[Param, ...]
    result: CType
    inputs: tuple[Leaf, ...]
    outputs: tuple[Leaf, ...]
    prototype: str  # "double f(double x, double y)"


@dataclass(frozen=True)
class Domain:
    """A box: one (lo, hi) per input, in the program's units. Inputs are drawn uniformly from it."""

    lo: tuple[float, ...]
    hi: tuple[float, ...]


class Piece(NamedTuple):
    """One file-scope declaration, without directives, and the names that it defines: functions, types, tags..."""

    names: tuple[str, ...]
    text: str


def _spelled(pieces: Sequence[Piece]) -> str:
    return "".join(f"{piece.text}\n" for piece in pieces)


def _names(pieces: Sequence[Piece]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for piece in pieces for name in piece.names))


@dataclass(frozen=True)
class Unit:
    """Closed C, ready to build: not one preprocessor directive, one scalar entry point.

    `pieces` define `void <entry>(const double *x, double *y)` reading n_inputs and writing n_outputs doubles.
    They name what they define, so that a builder can rename it (`#define a nsc_u3_a`), put many units into one
    module, and let a unit define its own `erf`.
    """

    headers: tuple[str, ...]  # standard headers only, e.g. ("math.h",)
    pieces: tuple[Piece, ...]
    entry: str
    n_inputs: int
    n_outputs: int

    @cached_property
    def text(self) -> str:
        return _spelled(self.pieces)

    @cached_property
    def globals_(self) -> tuple[str, ...]:
        """Every file-scope name that the unit defines."""
        return _names(self.pieces)


@dataclass(frozen=True)
class Program:
    """A closed C function with a scalar view.

    `bodiless` names the functions that it calls and that nothing here defines; they are guessed by name
    (dag/stand_ins.py), and nothing but `function` can run such a program. `unread` names the file's own headers that
    were not to be had.
    `text` is the original text of the function and of exactly what it needs, macros included
    (for people, and for drop-in C); `pieces` are the same with every macro expanded and no directive.
    """

    name: str
    path: str
    text: str
    pieces: tuple[Piece, ...]
    headers: tuple[str, ...]
    signature: Signature
    domain: Domain
    line: int = 0
    bodiless: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    function: Callable | None = field(default=None, compare=False, repr=False)  # runs it, instead of the sandbox

    @classmethod
    def from_callable(cls, function: Callable, inputs: Sequence[str], **options) -> Program:
        """Wrap a Python function `n i -> n o` as a Program; see `nsc.program.python.from_callable`."""
        from nsc.program.python import from_callable

        return from_callable(function, inputs, **options)

    @cached_property
    def source(self) -> str:
        """The closed text with every macro expanded and no directive: what is built and evaluated."""
        return _spelled(self.pieces)

    @cached_property
    def globals_(self) -> tuple[str, ...]:
        """Every file-scope name that the program defines."""
        return _names(self.pieces)

    @cached_property
    def normalised(self) -> str:
        """Return the text as a CompNet sees it: no comments, canonical names and spacing."""
        from nsc.program.normalise import normalise

        return normalise(self)

    @cached_property
    def unit(self) -> Unit:
        """Return what the sandbox builds: `source` plus the scalar entry."""
        from nsc.program.desugar import unit_of

        return unit_of(self)

    @cached_property
    def dag(self) -> Dag | Unsupported:
        """Return the expression DAG over inputs in [-1, 1], or why there is none."""
        from nsc.program.dag import Unsupported, dag_of

        if not self.source:
            return Unsupported("python_callable", "a Python callable has no C text to read")
        return dag_of(self)

    @property
    def n_inputs(self) -> int:
        return len(self.signature.inputs)

    @property
    def n_outputs(self) -> int:
        return len(self.signature.outputs)
