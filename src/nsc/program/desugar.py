"""A Program -> the scalar C entry that calls it.

In: Program. Out: `Unit`. Non-goals: mapping [-1, 1] to the domain (the oracle hands in user units).
"""

from __future__ import annotations

from nsc.program.ctype import Array, CType, Pointer, Void
from nsc.program.ir import Leaf, Param, Program, Unit

ENTRY = "nsc_entry"


def unit_of(program: Program) -> Unit:
    """Wrap a program's closed source with `void nsc_entry(const double *nsc_x, double *nsc_y)`.

    Example: `void f(float x, float *re)` is called as
    `float x = (float)nsc_x[0]; float re_cell = 0; float *re = &re_cell; f(x, re); nsc_y[0] = (*re);`
    Integer inputs are rounded to nearest: `(int)floor(v + 0.5)`.
    """
    signature = program.signature
    body = [f"  {line}" for p in signature.params for line in _local(p)]
    body += [f"  {leaf.lvalue} = {_convert(leaf, k)};" for k, leaf in enumerate(signature.inputs)]
    arguments = ", ".join(p.name for p in signature.params)
    # the function is called by an alias: a parameter may have the function's own name
    call = f"nsc_function({arguments});"
    if not isinstance(signature.result, Void):
        call = f"{signature.result.spell('nsc_result')} = {call}"
    body.append(f"  {call}")
    body += [f"  nsc_y[{k}] = (double){leaf.lvalue};" for k, leaf in enumerate(signature.outputs)]
    text = (
        f"{program.source}\n"
        f"{_alias(program)}\n"
        f"void {ENTRY}(const double *nsc_x, double *nsc_y) {{\n" + "\n".join(body) + "\n}\n"
    )
    headers = tuple(dict.fromkeys((*program.headers, "math.h")))
    names = (*program.globals_, "nsc_function")
    return Unit(headers, text, ENTRY, names, program.n_inputs, program.n_outputs)


def _alias(program: Program) -> str:
    signature = program.signature
    declared = ", ".join(_spell(p.type, p.name) for p in signature.params)
    passed = ", ".join(p.name for p in signature.params)
    back = "" if isinstance(signature.result, Void) else "return "
    if any(p.name == program.name for p in signature.params):
        declared = ", ".join(_spell(p.type, f"nsc_{k}") for k, p in enumerate(signature.params))
        passed = ", ".join(f"nsc_{k}" for k in range(len(signature.params)))
    head = f"static {signature.result.spell(f'nsc_function({declared})')}"
    return f"{head} {{ {back}{program.name}({passed}); }}"


def _spell(ctype: CType, name: str) -> str:
    if isinstance(ctype, Pointer) and isinstance(ctype.to, Array):
        return Pointer(ctype.to.of).spell(name)  # `float *v`, whatever its extent
    return ctype.spell(name) if not isinstance(ctype, Pointer) else Pointer(ctype.to).spell(name)


def _local(param: Param) -> list[str]:
    """Declare a zeroed object for a parameter, and a pointer to it where C passes one."""
    if not isinstance(param.type, Pointer):
        zero = "= {0}" if not hasattr(param.type, "kind") else "= 0"
        return [f"{param.type.spell(param.name)} {zero};"]
    cell = f"{param.name}_cell"
    pointee = param.type.to
    zero = "= 0" if hasattr(pointee, "kind") else "= {0}"
    address = cell if isinstance(pointee, Array) else f"&{cell}"
    return [f"{pointee.spell(cell)} {zero};", f"{_spell(param.type, param.name)} = {address};"]


def _convert(leaf: Leaf, k: int) -> str:
    if leaf.type.kind == "float":
        return f"({leaf.type.spelling})nsc_x[{k}]"
    return f"({leaf.type.spelling})__builtin_floor(nsc_x[{k}] + 0.5)"
