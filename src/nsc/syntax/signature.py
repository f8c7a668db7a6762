"""A signature and its scalar view, and a box of inputs. Plain frozen data.

In: nothing. Out: `Leaf`, `Param`, `Signature`, `Domain`. Non-goals: inferring them.
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.syntax.ctype import CType, Scalar


@dataclass(frozen=True)
class Leaf:
    """One scalar input or output of a program.

    `name` is what people see and type ("x", "re", "m[1][2]", "p.pos.x", "return");
    `lvalue` is a C expression valid wherever the parameters are in scope under their
    own names ("x", "(*re)", "v[2]", "m[1][2]", "p->pos.x") and the result is called
    `nsc_result`.
    """

    name: str
    lvalue: str
    type: Scalar
    param: str  # the parameter it belongs to; "return" for the result
    path: tuple[str | int, ...] = ()  # fields and indices inside the parameter


@dataclass(frozen=True)
class Param:
    """One C parameter, after typedefs are resolved and array extents are known.

    `type` never is an open Array: `float a[]` with known extent n is Array(FLOAT, n); a
    pointer to one scalar or struct is Pointer(T); a pointer used as an array of n is
    Pointer(Array(T, n)).
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
    """A box: one (lo, hi) per input, in the program's units. Inputs are drawn uniformly
    from it.
    """

    lo: tuple[float, ...]
    hi: tuple[float, ...]
