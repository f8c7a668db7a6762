"""A signature and its scalar view, and a box of inputs. Plain frozen data.

In: nothing. Out: `Leaf`, `Param`, `Signature`, `Domain`. Non-goals: inferring them.
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.syntax.ctype import CType, Scalar


@dataclass(frozen=True)
class Leaf:
    """One scalar input or output of a program.

    Args:
        name: what people see and type ("x", "re", "m[1][2]", "p.pos.x", "return").
        lvalue: a C expression valid wherever the parameters are in scope under their
            own names ("x", "(*re)", "v[2]", "m[1][2]", "p->pos.x") and the result is
            called `nsc_result`.
        type: what C holds there.
        param: the parameter it belongs to; "return" for the result.
        path: fields and indices inside the parameter.
    """

    name: str
    lvalue: str
    type: Scalar
    param: str
    path: tuple[str | int, ...] = ()

    @property
    def rvalue(self) -> str:
        """The C expression of its number: compilers differ in an enumeration's sign."""
        return f"(int){self.lvalue}" if self.type.is_enum else self.lvalue


@dataclass(frozen=True)
class Param:
    """One C parameter, after typedefs are resolved and array extents are known.

    Args:
        name: as declared.
        type: never an open Array: `float a[]` with known extent n is Array(FLOAT, n); a
            pointer to one scalar or struct is Pointer(T); a pointer used as an array of
            n is Pointer(Array(T, n)).
        direction: "in", "out" or "inout".
        declaration: in closed text, e.g. "const float *restrict v".
    """

    name: str
    type: CType
    direction: str
    declaration: str


@dataclass(frozen=True)
class Signature:
    """A C signature and its scalar view.

    Args:
        function: its name.
        params: in C order.
        result: the type that is returned.
        inputs: scalars that are read, in C order.
        outputs: scalars that are written: the result first, if any.
        prototype: e.g. "double f(double x, double y)".
        fixed: scalars that are read and no inputs: each has one value.
        variables: at file level, whose scalars are inputs, or fixed, too.
    """

    function: str
    params: tuple[Param, ...]
    result: CType
    inputs: tuple[Leaf, ...]
    outputs: tuple[Leaf, ...]
    prototype: str
    fixed: tuple[tuple[Leaf, float], ...] = ()
    variables: tuple[Param, ...] = ()


@dataclass(frozen=True)
class Domain:
    """A box that inputs are drawn from: one (lo, hi) each, in the program's units."""

    lo: tuple[float, ...]
    hi: tuple[float, ...]
