"""The header of exported C, for C and C++: what may be called, and with what.

In: an `ExportJob`. Out: C text. The scalar function is declared where its parameters are
of C's own types; a program's own types are where its author declared them.
Non-goals: definitions (c_source).
"""

from __future__ import annotations

import re

from nsc.deploy.c_source import surrogate_name
from nsc.deploy.entries import Entries, entries_of
from nsc.deploy.exporter import ExportJob
from nsc.program import PortableNames, Program

HEADER_FILE = "surrogate.h"
_TYPES = frozenset(
    "char short int long float double signed unsigned const void".split()
)


def header_source(job: ExportJob) -> str:
    """Write the header of the file that `c_source` writes."""
    program = job.program
    name = surrogate_name(program, drop_in=job.drop_in)
    entries = entries_of(program, guard=job.guard, gradient=job.batch.gradient)
    guard = f"NSC_{program.name.upper()}_SURROGATE_H"
    parts = [
        f"/* {name}: a neural surrogate of {program.name}, written by nsc. What surrogate.c"
        " defines;\n * its head says where it holds. Compile that file as C. */",
        f"#ifndef {guard}\n#define {guard}\n\n#include <stddef.h>",
        '#ifdef __cplusplus\nextern "C" {\n#endif',
        _scalar(program, name),
    ]
    if entries is not None:
        parts.append(_batch(program, entries))
    parts.append("#ifdef __cplusplus\n}\n#endif\n\n#endif")
    return "\n\n".join(parts) + "\n"


def _scalar(program: Program, name: str) -> str:
    names = PortableNames(program)
    params = program.signature.params
    declared = [names.declaration(p.declaration) for p in params]
    result = program.signature.result.spell(name)
    own = {names.text(p.name) for p in params} | {name}
    found = re.findall(r"[^\W\d]\w*", " ".join([result, *declared]))
    others = set(found) - own - _TYPES
    if others:
        kinds = ", ".join(sorted(others))
        return (
            f"/* {name} has the signature of {program.name}, whose types ({kinds}) are not"
            " declared here. */"
        )
    return f"{result}({', '.join(declared) or 'void'});"


def _batch(program: Program, entries: Entries) -> str:
    n = program.n_inputs
    o = program.n_outputs
    kind = entries.kind
    inputs = ", ".join(leaf.name for leaf in program.signature.inputs)
    outputs = ", ".join(leaf.name for leaf in program.signature.outputs)
    lines = [
        f"/* n rows: {n} inputs each in x ({inputs}), {o} outputs each in y ({outputs}). */",
        f"void {entries.rows}(const {kind} *x, {kind} *y, size_t n);",
        "",
        "/* The same with one array an input, x[k], and an output, y[k]. */",
        f"void {entries.arrays}(const {kind} *const *x, {kind} *const *y, size_t n);",
    ]
    if entries.gradient:
        lines += [
            "",
            f"/* Derivatives of n rows, {o} x {n} each in y: of output j by input k at"
            f" [j * {n} + k]. */",
            f"void {entries.gradient}(const {kind} *x, {kind} *y, size_t n);",
        ]
    return "\n".join(lines)
