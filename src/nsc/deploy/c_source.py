"""A surrogate -> one C99 file with the original's signature.

In: Surrogate, Program. Out: C text without malloc, its weights as static const tables.
Non-goals: compiling and checking it (c_exporter), training.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

import numpy as np

from nsc.deploy.batch_options import BatchOptions
from nsc.deploy.c_batch import BatchWriter
from nsc.deploy.c_layers import layers
from nsc.deploy.c_network import NetworkWriter
from nsc.deploy.c_policy import (
    TESTING,
    expect_possible,
    helper,
    leaving,
    limits_of,
    said_of,
)
from nsc.deploy.c_selftest import selftest
from nsc.deploy.c_values import ValueWriter
from nsc.deploy.entries import entries_of
from nsc.deploy.rounding import is_single
from nsc.errors import InputError
from nsc.program import (
    PortableNames,
    Program,
    embedded_text,
    has_namesake,
    renamed_text,
    signature_types,
)
from nsc.surrogate import Surrogate
from nsc.syntax import Leaf, Void

_BOOL = """#ifdef __cplusplus
#define _Bool bool
#endif

"""


def _own(program: Program, name: str) -> str:
    """Name something of ours as the program is not called."""
    return f"{name}_" if program.name == name else name


def surrogate_name(program: Program, *, drop_in: bool) -> str:
    """Return the C name of the exported function."""
    return program.name if drop_in else f"{program.name}_surrogate"


def c_source(
    surrogate: Surrogate,
    program: Program,
    *,
    drop_in: bool = False,
    guard: bool = False,
    outside: str | None = None,
    notes: Sequence[str] = (),
    selftest_inputs: np.ndarray | None = None,
    real: str | None = None,
    original: str | None = None,
    batch: BatchOptions = BatchOptions(),
) -> str:
    """Write a surrogate as C99 that is C23 and C++, too.

    Args:
        drop_in: give it the original's name instead of NAME_surrogate.
        guard: outside the domain, call the original (embedded when drop_in, else
            expected at link time).
        outside: what else is done there; see c_policy.
        notes: lines for the head comment, for example the verified error.
        selftest_inputs: `n i` inputs in user units for the table under NSC_SELFTEST;
            None is no self-test.
        real: what it computes in, "float" or "double" (`arithmetic`); by default float
            where outputs hold no more.
        original: the text to embed instead of the program's own.
        batch: what is asked of the batch entries, which stand beside the function.

    Raises:
        InputError: the original is to be embedded, and calls what is nowhere declared; a
            gradient is asked for where an output has none.
    """
    name = surrogate_name(program, drop_in=drop_in)
    names = PortableNames(program)
    if real is None:
        real = "float" if is_single(program.signature.outputs) else "double"
    network = NetworkWriter(surrogate, real, partial(_own, program))
    outside = "original" if guard else outside
    expect_possible(outside, program, gradient=batch.gradient)
    values = ValueWriter(network, program, names, outside=outside)
    writer = _Writer(values, name, drop_in=drop_in)
    entries = entries_of(program, guard=guard, gradient=batch.gradient)
    head = _head(surrogate, program, name, notes, outside=outside)
    parts = [
        *writer.original(
            embedded_text(program) if original is None else original
        ),
        network.functions(),
        network.tables(),
        helper(outside, program, network.own),
        writer.function(),
    ]
    if entries is not None:
        parts.append(BatchWriter(values, entries, name, batch).text())
    if selftest_inputs is not None:
        parts.append(
            selftest(surrogate, program, name, selftest_inputs, real, entries)
        )
    text = "\n\n".join(p for p in parts if p) + "\n"
    return f"{head}\n\n{_BOOL if '_Bool' in text else ''}{text}"


def c_definition(
    surrogate: Surrogate,
    program: Program,
    *,
    real: str | None = None,
    around: str = "",
) -> str:
    """Write a surrogate as the definition of its program's function.

    It is for a text that has the types and declarations that the function needs. Its own
    names begin with the function's, so that a text may hold several, and be read again.

    Args:
        around: the text, whose names are left to it.
    """
    if real is None:
        is_float = is_single(program.signature.outputs)
        real = "float" if is_float else "double"
    network = NetworkWriter(surrogate, real, partial(_own, program))
    name = program.name
    names = PortableNames(program, as_written=True)
    values = ValueWriter(network, program, names, outside=None)
    writer = _Writer(values, name, drop_in=True)
    parts = (network.functions(), network.tables(), writer.function())
    text = "\n\n".join(part for part in parts if part)
    prefix = f"{name}_net_"
    again = 2
    while re.search(rf"\b{prefix}", around):
        prefix = f"{name}_{again}_net_"
        again += 1
    return re.sub(r"\bnsc_", prefix, text)


def announced(program: Program, *, guard: bool) -> list[str]:
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
    outside: str | None,
) -> str:
    """Write the comment at the top: what this is, of which topology, where it holds."""
    shapes = " + ".join(
        f"{m.topology} {m.topology.activation}" for m in surrogate.members
    )
    limits = zip(
        surrogate.input_names, surrogate.lo, surrogate.hi, strict=True
    )
    lines = [
        f"{name}: a neural surrogate of {program.name}, written by nsc.",
        "",
        f"Topology: {shapes}.",
        "Domain:",
        *(f"  {label} in [{lo:g}, {hi:g}]" for label, lo, hi in limits),
        *_said_of_drawing(surrogate, program, is_tested=outside in TESTING),
        *said_of(outside),
    ]
    lines += _said_of_fixed(program, outside)
    if notes:
        lines += ["", *map(_in_comment, notes)]
    text = "\n".join(f" * {line}".rstrip() for line in lines)
    return f"/*\n{text}\n */"


def _said_of_drawing(
    surrogate: Surrogate, program: Program, *, is_tested: bool
) -> list[str]:
    """Say what conditions hold in the domain, and how its inputs were drawn."""
    drawing = program.drawing
    lines = [f"  where {_in_comment(c.text)}" for c in drawing.conditions]
    if lines and not is_tested:
        lines.append("  (where that does not hold it is not tested: mind it)")
    names = drawing.log_names(surrogate.input_names)
    if names:
        lines.append(f"Drawn log-uniformly: {', '.join(names)}.")
    if drawing.sample is not None:
        path = _in_comment(drawing.sample.path)
        lines.append(f"Learned and verified on inputs from {path} alone.")
    return lines


def _in_comment(text: str) -> str:
    """Keep a text from ending the comment that it stands in, or from leaving its line."""
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return plain.replace("*/", "* /").replace("/*", "/ *")


def _said_of_fixed(program: Program, outside: str | None) -> list[str]:
    """Say which values hold only, and what is done with others."""
    fixed = program.signature.fixed
    if not fixed:
        return []
    done = "others are ignored"
    if outside in TESTING:
        done = "others are outside the domain"
    if outside == "original":
        done = "the original is called for others"
    values = [f"  {leaf.name} = {value:.10g}" for leaf, value in fixed]
    return [f"Made for these values; {done}:", *values]


def _in_range(leaf: Leaf, value: str, lo: float, hi: float) -> str:
    """Write whether an input is in its range; "" where its type holds no others."""
    tests = [f"{value} >= {lo:.17g}", f"{value} <= {hi:.17g}"]
    if leaf.type.kind != "float":
        least, largest = limits_of(leaf.type)
        needed = least < lo, hi < largest
        tests = [
            test
            for test, is_needed in zip(tests, needed, strict=True)
            if is_needed
        ]
    return " && ".join(tests)


class _Writer:
    """Writes the exported function, and what stands around it, of one program."""

    def __init__(self, values: ValueWriter, name: str, *, drop_in: bool):
        self.values = values
        self.network = values.network
        self.program = values.program
        self.names = values.names
        self.name = name
        self.guard = values.guard
        self.is_tested = values.outside in TESTING
        self.drop_in = drop_in

    def original(self, text: str) -> list[str]:
        """Write what the signature needs, and the original where it is called."""
        headers, types = signature_types(self.program)
        conditions = self.program.drawing.conditions
        if self.is_tested and any(c.term.has_calls for c in conditions):
            headers = tuple(dict.fromkeys([*headers, "math.h"]))
        includes = "\n".join(f"#include <{h}>" for h in headers)
        variables = announced(self.program, guard=self.is_tested)
        types = "\n".join([types, *variables]).strip()
        if self.guard and self.drop_in and text:
            self._expect_no_variables()
            return [includes, self._embedded_original(text)]
        types = self.names.text(types)
        if not self.guard:
            return [includes, types]
        prototype = self._prototype(self.program.name)
        return [
            includes,
            types,
            f"{prototype};  /* called outside the domain */",
        ]

    def _expect_no_variables(self) -> None:
        variables = self.program.signature.variables
        if variables:
            raise InputError(
                "guard must be left out with drop_in where a file-level variable is an"
                " input or fixed: the original would be embedded with a copy of"
                f" '{variables[0].name}'"
            )

    def _embedded_original(self, text: str) -> str:
        program = self.program
        undeclared = [
            name for name in program.bodiless if name not in program.globals_
        ]
        if undeclared:
            raise InputError(
                f"guard needs the original, which drop_in embeds; {program.name} calls"
                f" '{undeclared[0]}': declare it in the file first"
            )
        said = "/* The original, called outside the domain. */\n"
        if has_namesake(program):  # which a macro would rename, too
            self._expect_ascii()
            own = renamed_text(program, f"{program.name}_original")
            return f"{said}{self.names.original(own.strip())}"
        return (
            f"{said}#define {program.name} {program.name}_original\n"
            f"{self.names.original(text.strip())}\n"
            f"#undef {program.name}"
        )

    def _expect_ascii(self) -> None:
        if not self.program.source.isascii():
            name = self.program.name
            raise InputError(
                f"guard must be left out with drop_in where a type or a member is called"
                f" '{name}', too, and the text has characters beyond ASCII: rename one"
            )

    def _prototype(self, name: str) -> str:
        params = self.program.signature.params
        declared = ", ".join(
            self.names.declaration(p.declaration) for p in params
        )
        result = self.program.signature.result.spell(f"{name}({declared})")
        return self.names.text(result) if self.names.new else result

    def function(self) -> str:
        """Write the exported function: guard, normalised inputs, layers, outputs."""
        network = self.network
        signature = self.program.signature
        has_result = not isinstance(signature.result, Void)
        arrays = [
            ("nsc_x", self.program.n_inputs),
            *network.arrays(),
            ("nsc_y", network.n_outputs),
        ]
        declared = ", ".join(f"{array}[{n}]" for array, n in arrays)
        body = [f"{network.real} {declared};"]
        if has_result:
            result = signature.result.spell("nsc_result")
            body.append(f"{self.names.text(result)};")
        if self.is_tested:
            body += [test for test in (self._test(),) if test]
        for k, leaf in enumerate(signature.inputs):
            given = self.names.text(leaf.rvalue)
            scaled = self.values.normalised(given, leaf.type.spelling, k)
            body.append(f"nsc_x[{k}] = {scaled};")
        body += layers(network, lambda array, index: f"{array}[{index}]")
        for k, leaf in enumerate(signature.outputs):
            lvalue = self.names.text(leaf.lvalue)
            value = self.values.output(leaf, k, f"nsc_y[{k}]")
            body.append(f"{lvalue} = {value};")
        if has_result:
            body.append("return nsc_result;")
        text = "\n".join(f"  {line}" for line in body)
        return f"{self._prototype(self.name)} {{\n{text}\n}}"

    def _conditions(self) -> list[str]:
        """Write the conditions between inputs, which are of doubles."""
        doubles: list[str] = []
        for leaf in self.program.signature.inputs:
            value = self.names.text(leaf.rvalue)
            is_double = leaf.type.spelling == "double"
            doubles.append(value if is_double else f"((double){value})")
        conditions = self.program.drawing.conditions
        return [c.term.in_c(doubles) for c in conditions]

    def _test(self) -> str:
        """Write the test of the domain, and what is done outside of it."""
        program = self.program
        signature = program.signature
        surrogate = self.network.surrogate
        sides = zip(signature.inputs, surrogate.lo, surrogate.hi, strict=True)
        ranges = [
            _in_range(leaf, self.names.text(leaf.rvalue), lo, hi)
            for leaf, lo, hi in sides
        ]
        tests = [test for test in ranges if test]
        tests += [
            f"{self.names.text(leaf.rvalue)} == {value:.17g}"
            for leaf, value in signature.fixed
        ]
        tests += self._conditions()
        if not tests:  # the domain is all that the types hold
            return ""
        inside = "\n        && ".join(tests)
        return f"if (!({inside})) {self._leave()}"

    def _leave(self) -> str:
        """Write what is done outside the domain."""
        program = self.program
        signature = program.signature
        if not self.guard:
            own = self.network.own
            outside = self.values.outside
            return leaving(outside, program, own, self.names.text)
        original = f"{program.name}_original" if self.drop_in else program.name
        arguments = ", ".join(
            self.names.text(p.name) for p in signature.params
        )
        if isinstance(signature.result, Void):
            return f"{{ {original}({arguments}); return; }}"
        return f"return {original}({arguments});"
