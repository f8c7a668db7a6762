"""A signature -> the scalar C entry that calls its function.

In: Signature, closed C. Out: `Unit`, and the same entry for any function of the same
signature. Non-goals: mapping [-1, 1] to the domain (oracles take user units).
"""

from __future__ import annotations

from nsc.program.unit import Piece, Unit
from nsc.program.widths import with_long_of_64_bits
from nsc.syntax import (
    Array,
    CType,
    Leaf,
    Param,
    Pointer,
    Scalar,
    Signature,
    Struct,
    Union,
    Void,
)

ENTRY = "nsc_entry"
# a parameter may have the function's own name, an alias has nobody's
ALIAS = "nsc_function"
_EXACT_BITS = 52  # a double has as many behind its point, or none there


def unit_of(
    signature: Signature, pieces: tuple[Piece, ...], headers: tuple[str, ...]
) -> Unit:
    """Add `void nsc_entry(const double *nsc_x, double *nsc_y)` to a closed function.

    What is built has a long of 64 bits.

    Args:
        signature: the function's.
        pieces: its closed source.
        headers: standard ones that the source needs.
    """
    entry = Piece(
        (ALIAS, ENTRY), scalar_entry(signature, signature.function, ENTRY)
    )
    unit = Unit(
        headers=tuple(dict.fromkeys((*headers, "math.h"))),
        pieces=(*pieces, entry),
        entry=ENTRY,
        n_inputs=len(signature.inputs),
        n_outputs=len(signature.outputs),
    )
    return with_long_of_64_bits(unit)


def scalar_entry(
    signature: Signature, function: str, entry: str, *, alias: str = ALIAS
) -> str:
    """Write `void entry(const double *nsc_x, double *nsc_y)` that calls `function`.

    Example: `void f(float x, float *re)` is called as `float x = 0; float nsc_cell_re =
    0; float *re = &nsc_cell_re; x = (float)nsc_x[0]; f(x, re); nsc_y[0] = (*re);`
    Integer inputs are rounded to nearest: `(int)floor(v + 0.5)`. From 2^52 on every
    double is a whole number, and 0.5 more would make another. What is fixed is a
    constant.

    Args:
        signature: what is called.
        function: the C name to call it by.
        entry: the C name of the entry.
        alias: the C name of what hands its arguments on.
    """
    body = [line for p in signature.params for line in _local(p)]
    body += [
        f"{leaf.lvalue} = {_convert(leaf, k)};"
        for k, leaf in enumerate(signature.inputs)
    ]
    body += [
        f"{leaf.lvalue} = {leaf.type.cast}{value!r};"
        for leaf, value in signature.fixed
    ]
    call = f"{alias}({', '.join(p.name for p in signature.params)});"
    if not isinstance(signature.result, Void):
        call = f"{signature.result.spell('nsc_result')} = {call}"
    body.append(call)
    body += [
        f"nsc_y[{k}] = (double){leaf.rvalue};"
        for k, leaf in enumerate(signature.outputs)
    ]
    head = f"void {entry}(const double *nsc_x, double *nsc_y)"
    lines = "\n".join(f"  {line}" for line in body)
    return f"{_alias(signature, function, alias)}\n{head} {{\n{lines}\n}}\n"


def _alias(signature: Signature, function: str, alias: str) -> str:
    """Write a function that hands everything on, under a name no parameter can have."""
    names = [f"nsc_{k}" for k in range(len(signature.params))]
    declared = ", ".join(
        _spell(p.type, n) for p, n in zip(signature.params, names, strict=True)
    )
    back = "" if isinstance(signature.result, Void) else "return "
    head = signature.result.spell(f"{alias}({declared})")
    return f"static {head} {{ {back}{function}({', '.join(names)}); }}"


def _spell(ctype: CType, name: str) -> str:
    """Declare a parameter: `float *v` for an array behind a pointer, of any length."""
    if not isinstance(ctype, Pointer):
        return ctype.spell(name)
    pointee = ctype.to.of if isinstance(ctype.to, Array) else ctype.to
    return Pointer(pointee).spell(name)


def _local(param: Param) -> list[str]:
    """Declare a zeroed object for a parameter, and a pointer to it if C passes one."""
    if not isinstance(param.type, Pointer):
        return [f"{param.type.spell(param.name)} = {_zero(param.type)};"]
    cell = f"nsc_cell_{param.name}"
    pointee = param.type.to
    address = cell if isinstance(pointee, Array) else f"&{cell}"
    return [
        f"{pointee.spell(cell)} = {_zero(pointee)};",
        f"{_spell(param.type, param.name)} = {address};",
    ]


def _zero(ctype: CType) -> str:
    first = ctype
    while isinstance(first, Array | Struct | Union):
        first = first.of if isinstance(first, Array) else first.fields[0][1]
    named = first.named if isinstance(first, Scalar) else ""
    zero = f"({named})0" if named else "0"
    return zero if isinstance(ctype, Scalar) else f"{{{zero}}}"


def _convert(leaf: Leaf, k: int) -> str:
    if leaf.type.kind == "float":
        return f"({leaf.type.spelling})nsc_x[{k}]"
    half = "0.5"
    if leaf.type.bits > _EXACT_BITS:
        half = f"0.5 * (__builtin_fabs(nsc_x[{k}]) < {2**_EXACT_BITS}.0)"
    return f"{leaf.type.cast}__builtin_floor(nsc_x[{k}] + {half})"
