"""A surrogate -> one C99 file with the original's signature.

In: Surrogate, Program. Out: C text without malloc, its weights as static const tables.
Non-goals: compiling it (native.py), training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nsc.deploy.c_network import NetworkWriter
from nsc.deploy.c_selftest import MACRO, selftest
from nsc.deploy.exporter import ExportJob
from nsc.deploy.native import run_selftest
from nsc.errors import BuildError, InputError
from nsc.program import Program, signature_types
from nsc.surrogate import Surrogate
from nsc.syntax import Leaf, Void


@dataclass(frozen=True)
class CExporter:
    """C99 with the original's signature, and a self-test."""

    file_name: str = "surrogate.c"
    tools: tuple[str, ...] = ()

    def render(self, job: ExportJob) -> bytes:
        """Return the file; see `Exporter.render`."""
        text = c_source(
            job.surrogate,
            job.program,
            drop_in=job.drop_in,
            guard=job.guard,
            notes=job.notes,
            selftest_inputs=job.x,
        )
        return text.encode("utf-8")

    def check(self, job: ExportJob, data: bytes) -> None:
        """Build the file natively, with the job's self-test; see `Exporter.check`."""
        program = job.program
        name = surrogate_name(program, drop_in=job.drop_in)
        real = NetworkWriter(job.surrogate, program.signature.outputs).real
        exported, _, _ = data.decode("utf-8").partition(f"#ifdef {MACRO}")
        text = exported + selftest(job.surrogate, program, name, job.x, real)
        calls_original = job.guard and not job.drop_in
        if not run_selftest(text, original=program if calls_original else None):
            raise BuildError("the exported C does not compute what the surrogate does")


def surrogate_name(program: Program, *, drop_in: bool) -> str:
    """Return the C name of the exported function."""
    return program.name if drop_in else f"{program.name}_surrogate"


def c_source(
    surrogate: Surrogate,
    program: Program,
    *,
    drop_in: bool = False,
    guard: bool = False,
    notes: Sequence[str] = (),
    selftest_inputs: np.ndarray | None = None,
) -> str:
    """Write a surrogate as C99.

    Args:
        drop_in: give it the original's name instead of NAME_surrogate.
        guard: outside the domain, call the original (embedded when drop_in, else
            expected at link time).
        notes: lines for the head comment, for example the verified error.
        selftest_inputs: `n i` inputs in user units for the table under NSC_SELFTEST;
            None is no self-test.

    Raises:
        InputError: the original is to be embedded, and calls what is nowhere declared.
    """
    name = surrogate_name(program, drop_in=drop_in)
    network = NetworkWriter(surrogate, program.signature.outputs)
    parts = [
        _head(surrogate, program, name, notes, guard=guard),
        *_original(program, guard=guard, drop_in=drop_in),
        network.tables(),
        network.sigmoid(),
        _function(network, program, name, guard, drop_in),
    ]
    if selftest_inputs is not None:
        parts.append(selftest(surrogate, program, name, selftest_inputs, network.real))
    return "\n\n".join(p for p in parts if p) + "\n"


def _original(program: Program, *, guard: bool, drop_in: bool) -> list[str]:
    """Write what the signature needs, and the original where it is called."""
    headers, types = signature_types(program)
    includes = "\n".join(f"#include <{h}>" for h in headers)
    types = "\n".join([types, *_announced(program, guard=guard)]).strip()
    if guard and drop_in and program.text:
        if program.signature.variables:
            raise InputError(
                "guard must be left out with drop_in where a file-level variable is an"
                " input or fixed: the original would be embedded with a copy of"
                f" '{program.signature.variables[0].name}'"
            )
        return [includes, _embedded_original(program)]
    if not guard:
        return [includes, types]
    prototype = _prototype(program, program.name)
    return [includes, types, f"{prototype};  /* called outside the domain */"]


def _announced(program: Program, *, guard: bool) -> list[str]:
    """Declare the file-level variables that the exported function reads."""
    signature = program.signature
    read = {leaf.param for leaf in (*signature.inputs, *signature.outputs)}
    if guard:
        read |= {leaf.param for leaf, _ in signature.fixed}
    comment = "/* the original's own: not static there */"
    return [
        f"extern {variable.declaration};  {comment}"
        for variable in signature.variables
        if variable.name in read
    ]


def _head(
    surrogate: Surrogate,
    program: Program,
    name: str,
    notes: Sequence[str],
    *,
    guard: bool,
) -> str:
    """Write the comment at the top: what this is, of which topology, where it holds."""
    shapes = " + ".join(
        f"{m.topology} {m.topology.activation}" for m in surrogate.members
    )
    limits = zip(surrogate.input_names, surrogate.lo, surrogate.hi, strict=True)
    lines = [
        f"{name}: a neural surrogate of {program.name}, written by nsc.",
        "",
        f"Topology: {shapes}.",
        "Domain:",
        *(f"  {label} in [{lo:g}, {hi:g}]" for label, lo, hi in limits),
    ]
    lines += _said_of_fixed(program, guard=guard)
    if notes:
        lines += ["", *notes]
    text = "\n".join(f" * {line}".rstrip() for line in lines)
    return f"/*\n{text}\n */"


def _said_of_fixed(program: Program, *, guard: bool) -> list[str]:
    """Say which values hold only, and what is done with others."""
    fixed = program.signature.fixed
    if not fixed:
        return []
    done = "the original is called for others" if guard else "others are ignored"
    values = [f"  {leaf.name} = {value:.10g}" for leaf, value in fixed]
    return [f"Made for these values; {done}:", *values]


def _embedded_original(program: Program) -> str:
    undeclared = [name for name in program.bodiless if name not in program.globals_]
    if undeclared:
        raise InputError(
            f"guard needs the original, which drop_in embeds; {program.name} calls"
            f" '{undeclared[0]}': declare it in the file first"
        )
    return (
        "/* The original, called outside the domain. */\n"
        f"#define {program.name} {program.name}_original\n"
        f"{program.text.strip()}\n"
        f"#undef {program.name}"
    )


def _prototype(program: Program, name: str) -> str:
    declared = ", ".join(p.declaration for p in program.signature.params)
    return program.signature.result.spell(f"{name}({declared})")


def _function(
    network: NetworkWriter, program: Program, name: str, guard: bool, drop_in: bool
) -> str:
    """Write the exported function: guard, normalised inputs, layers, outputs."""
    signature = program.signature
    has_result = not isinstance(signature.result, Void)
    body = [f"{network.real} nsc_x[{program.n_inputs}];", network.locals_()]
    if has_result:
        body.append(f"{signature.result.spell('nsc_result')};")
    if guard:
        body.append(_guard(network.surrogate, program, drop_in))
    for k, leaf in enumerate(signature.inputs):
        body.append(f"nsc_x[{k}] = {_normalised(network, leaf, k)};")
    body += network.layers()
    for leaf, value in zip(signature.outputs, network.outputs(), strict=True):
        body.append(f"{leaf.lvalue} = {_output(network, leaf, value)};")
    if has_result:
        body.append("return nsc_result;")
    text = "\n".join(f"  {line}" for line in body)
    return f"{_prototype(program, name)} {{\n{text}\n}}"


def _normalised(network: NetworkWriter, leaf: Leaf, k: int) -> str:
    """Map input k onto [-1, 1]; what would change nothing is left out."""
    lo = network.surrogate.lo[k]
    hi = network.surrogate.hi[k]
    middle = (hi + lo) / 2
    half = (hi - lo) / 2
    value = leaf.lvalue
    if leaf.type.spelling != network.real:
        value = f"({network.real}){value}"
    if middle > 0:
        value = f"({value} - {network.number(middle)})"
    elif middle < 0:
        value = f"({value} + {network.number(-middle)})"
    return value if half == 1 else f"{value} * {network.number(1 / half)}"


def _output(network: NetworkWriter, leaf: Leaf, value: str) -> str:
    """Spell what an output's variable gets, as `program.as_returned` does in numpy."""
    if leaf.type.kind == "float":
        return value
    if leaf.type.kind == "bool":
        return f"{value} > 0.5"
    least, largest = (network.number(limit) for limit in network.limits_of(leaf))
    nearest = f"{value} < 0 ? {value} - 0.5 : {value} + 0.5"
    cut_off = f"{value} < {least} ? {least} : {value} > {largest} ? {largest}"
    return f"({leaf.type.spelling})({cut_off} : {nearest})"


def _guard(surrogate: Surrogate, program: Program, drop_in: bool) -> str:
    """Write the test that leaves what is outside the domain to the original."""
    sides = zip(program.signature.inputs, surrogate.lo, surrogate.hi, strict=True)
    tests = [
        f"{leaf.lvalue} >= {lo:.17g} && {leaf.lvalue} <= {hi:.17g}"
        for leaf, lo, hi in sides
    ]
    tests += [
        f"{leaf.lvalue} == {value:.17g}" for leaf, value in program.signature.fixed
    ]
    inside = "\n        && ".join(tests)
    original = f"{program.name}_original" if drop_in else program.name
    call = f"{original}({', '.join(p.name for p in program.signature.params)})"
    leave = f"return {call};"
    if isinstance(program.signature.result, Void):
        leave = f"{{ {call}; return; }}"
    return f"if (!({inside})) {leave}"
