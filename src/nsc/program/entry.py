"""A signature -> the scalar C entry that calls its function.

In: Signature, closed C. Out: `Unit`, and the same entry for any function of the same
signature.
Non-goals: mapping [-1, 1] to the domain (oracles take user units).
"""

from __future__ import annotations

from nsc.program.unit import Piece, Unit
from nsc.syntax import Array, CType, Leaf, Param, Pointer, Scalar, Signature, Void

ENTRY = "nsc_entry"
# a parameter may have the function's own name, an alias has nobody's
ALIAS = "nsc_function"


def unit_of(
    signature: Signature, pieces: tuple[Piece, ...], headers: tuple[str, ...]
) -> Unit:
    """Wrap a function's closed source with `void nsc_entry(const double *nsc_x, double
    *nsc_y)`.
    """
    entry = Piece((ALIAS, ENTRY), scalar_entry(signature, signature.function, ENTRY))
    headers = tuple(dict.fromkeys((*headers, "math.h")))
    return Unit(
        headers, (*pieces, entry), ENTRY, len(signature.inputs), len(signature.outputs)
    )


def scalar_entry(signature: Signature, function: str, entry: str) -> str:
    """Write `void entry(const double *nsc_x, double *nsc_y)` that calls `function`.

    Example: `void f(float x, float *re)` is called as `float x = 0; float nsc_cell_re =
    0; float *re = &nsc_cell_re; x = (float)nsc_x[0]; f(x, re); nsc_y[0] = (*re);`
    Integer inputs are rounded to nearest: `(int)floor(v + 0.5)`.
    """
    body = [line for p in signature.params for line in _local(p)]
    body += [
        f"{leaf.lvalue} = {_convert(leaf, k)};"
        for k, leaf in enumerate(signature.inputs)
    ]
    call = f"{ALIAS}({', '.join(p.name for p in signature.params)});"
    if not isinstance(signature.result, Void):
        call = f"{signature.result.spell('nsc_result')} = {call}"
    body.append(call)
    body += [
        f"nsc_y[{k}] = (double){leaf.lvalue};"
        for k, leaf in enumerate(signature.outputs)
    ]
    lines = "\n".join(f"  {line}" for line in body)
    return (
        f"{_alias(signature, function)}\nvoid {entry}(const double *nsc_x, double"
        f" *nsc_y) {{\n{lines}\n}}\n"
    )


def _alias(signature: Signature, function: str) -> str:
    names = [f"nsc_{k}" for k in range(len(signature.params))]
    declared = ", ".join(
        _spell(p.type, n) for p, n in zip(signature.params, names, strict=True)
    )
    back = "" if isinstance(signature.result, Void) else "return "
    head = signature.result.spell(f"{ALIAS}({declared})")
    return f"static {head} {{ {back}{function}({', '.join(names)}); }}"


def _spell(ctype: CType, name: str) -> str:
    if isinstance(ctype, Pointer):
        pointee = ctype.to.of if isinstance(ctype.to, Array) else ctype.to
        return Pointer(pointee).spell(name)  # `float *v`, whatever its extent
    return ctype.spell(name)


def _local(param: Param) -> list[str]:
    """Declare a zeroed object for a parameter, and a pointer to it where C passes one."""
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
    return "0" if isinstance(ctype, Scalar) else "{0}"


def _convert(leaf: Leaf, k: int) -> str:
    if leaf.type.kind == "float":
        return f"({leaf.type.spelling})nsc_x[{k}]"
    return f"({leaf.type.spelling})__builtin_floor(nsc_x[{k}] + 0.5)"
