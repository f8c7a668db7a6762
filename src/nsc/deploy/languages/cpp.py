"""A surrogate as one C++ header, for C++11 and later, templated on the scalar.

In: an `ExportJob`. Out: the file's text, and what runs it. Non-goals: speed (C has it).

Scalars may be float, double, or a type of automatic differentiation: one that is made of
a double, has + - * / and <, and exp or tanh where its namespace says. The header needs
<math.h> alone, so that it can be built without a C++ library.
"""

from __future__ import annotations

from collections.abc import Iterable

from nsc.deploy.exporter import ExportJob
from nsc.deploy.languages.conditions import Syntax
from nsc.deploy.languages.cpp_parts import (
    DRIVER,
    FUNCTIONS,
    LEAVING,
    TEXT,
    WHOLE_TYPES,
)
from nsc.deploy.languages.exporter import Language
from nsc.deploy.languages.function import Function, Output, function_of
from nsc.deploy.languages.names import Names
from nsc.deploy.languages.reserved import CPP
from nsc.deploy.languages.running import Sources
from nsc.host import zig_command
from nsc.surrogate import OneOf, Whole

FILE_NAME = "surrogate.hpp"
_SYNTAX = Syntax(number=lambda value: f"T({float(value)!r})")


def _function(job: ExportJob) -> Function:
    return function_of(job, Names({*CPP, *WHOLE_TYPES.split()}))


def _text(job: ExportJob) -> str:
    function = _function(job)
    names = [i.identifier for i in function.inputs]
    given = ", ".join(f"const T& {name}" for name in names)
    doubles = ", ".join(f"double {name}" for name in names)
    is_alone = len(function.outputs) == 1
    results = [o.identifier for o in function.outputs]
    if not is_alone:
        given += "".join(f", T& {name}" for name in results)
        doubles += "".join(f", double& {name}" for name in results)
    form = FUNCTIONS["one" if is_alone else "several"]
    functions = form.format(
        name=function.name,
        given=given,
        doubles=doubles,
        n_inputs=len(names),
        n_outputs=len(results),
        listed=", ".join(names),
        passed=", ".join(names if is_alone else names + results),
        stored="\n".join(
            f"  {name} = nsc_y[{k}];" for k, name in enumerate(results)
        ),
    )
    return TEXT.format(
        head="\n".join(f" * {line}".rstrip() for line in function.head()),
        name=function.name,
        batch=function.batch,
        n_inputs=len(names),
        n_outputs=len(results),
        whole_types=WHOLE_TYPES,
        networks=_networks(function),
        outputs=_outputs(function.outputs),
        policy=_policy(function),
        functions=functions,
        call=_call(function),
        rows=_rows(function),
        n_rows=len(function.selftest),
        allowed=_numbers(function.allowed),
    )


def _numbers(values: Iterable[float]) -> str:
    return f"{{{', '.join(repr(float(v)) for v in values)}}}"


def _networks(function: Function) -> str:
    """Write statements that take x through all layers to y."""
    lines = [f"T u[{len(function.inputs)}];"]
    scales = zip(function.middles, function.halves, strict=True)
    lines += [
        f"u[{k}] = scaled(x[{k}], {middle!r}, {half!r});"
        for k, (middle, half) in enumerate(scales)
    ]
    at = 0
    for k, (layers, activation) in enumerate(function.networks):
        given = "u"
        for n, (weight, bias) in enumerate(layers, 1):
            is_last = n == len(layers)
            to = f"(y + {at})" if is_last else f"h_{k}_{n}"
            if not is_last:
                lines.append(f"T {to}[{len(bias)}];")
            rows = ",\n     ".join(map(_numbers, weight))
            shape = f"[{len(bias)}][{weight.shape[1]}]"
            lines += [
                "{",
                f"  static const double w{shape} = {{\n     {rows}}};",
                f"  static const double b[{len(bias)}] = {_numbers(bias)};",
                f"  layer(w, b, {given}, {to});",
            ]
            if not is_last:
                lines.append(
                    f"  for (int k = 0; k < {len(bias)}; k++)"
                    f" {to}[k] = {activation}({to}[k]);"
                )
            lines.append("}")
            given = to
        at += len(layers[-1][1])
    return "\n".join(f"  {line}" for line in lines)


def _outputs(outputs: Iterable[Output]) -> str:
    """Write statements that make the program's outputs of the networks'."""
    lines: list[str] = []
    for k, output in enumerate(outputs):
        for rule in output.rules:
            value = f"y[{k}]"
            if isinstance(rule, Whole):
                value = f"nearest({value}, {rule.lo!r}, {rule.hi!r})"
            elif isinstance(rule, OneOf):
                value = _one_of(rule, value)
            else:
                value = f"T(0.5) < {value} ? T(1.0) : T(0.0)"
            lines.append(f"  y[{k}] = {value};\n")
    return "".join(lines)


def _one_of(rule: OneOf, value: str) -> str:
    rows = zip(rule.thresholds, rule.values[1:], strict=True)
    tests = [
        f"T({limit!r}) < {value} ? T({other!r}) : "
        for limit, other in reversed(list(rows))
    ]
    # what is no number is below and above nothing
    return (
        f"{''.join(tests)}{value} == {value} ? T({rule.values[0]!r}) : {value}"
    )


def _policy(function: Function) -> str:
    """Write what tests inputs, and `answer`, which minds it."""
    tests = [
        f"!(x[{k}] < T({i.lo!r})) && !(T({i.hi!r}) < x[{k}]) && x[{k}] == x[{k}]"
        for k, i in enumerate(function.inputs)
    ]
    inputs = [f"x[{k}]" for k in range(len(function.inputs))]
    tests += [
        _SYNTAX.truth(c.term, inputs)
        for c in function.program.drawing.conditions
    ]
    limits = "\n".join(
        f"  if (given[{k}] < T({i.lo!r})) given[{k}] = T({i.lo!r});\n"
        f"  if (T({i.hi!r}) < given[{k}]) given[{k}] = T({i.hi!r});"
        for k, i in enumerate(function.inputs)
    )
    return LEAVING[function.outside].format(
        tests="\n    && ".join(tests),
        limits=limits,
        n_inputs=len(function.inputs),
        n_outputs=len(function.outputs),
        name=function.name,
    )


def _call(function: Function) -> str:
    """Write a call with the inputs of a row, its outputs behind `y`."""
    given = ", ".join(f"x[{k}]" for k in range(len(function.inputs)))
    if len(function.outputs) == 1:
        return f"y[0] = {function.name}({given});"
    found = "".join(f", y[{k}]" for k in range(len(function.outputs)))
    return f"{function.name}({given}{found});"


def _rows(function: Function) -> str:
    return ",\n    ".join(map(_numbers, function.selftest))


def _sources(job: ExportJob, text: str) -> Sources:
    function = _function(job)
    driver = DRIVER.format(
        file=FILE_NAME,
        name=function.name,
        batch=function.batch,
        call=_call(function).replace("y[0] = ", "y[0] = nsc::")
        if len(function.outputs) == 1
        else f"nsc::{_call(function)}",
        n_inputs=len(function.inputs),
        n_outputs=len(function.outputs),
    )
    flags = ("-std=c++11", "-O1", "-Wall", "-Werror", "-Wno-unused-function")
    # what is thrown needs a C++ library, which takes a minute to build
    bare = ("-fno-exceptions", "-fno-rtti", "-nostdlib++", "-nostdinc++")
    command = (*zig_command(), "c++", *flags, *bare)
    return Sources(
        "C++",
        ((FILE_NAME, text), ("main.cpp", driver)),
        build=(*command, "main.cpp", "-lm", "-o", "program"),
    )


CPP_LANGUAGE = Language(
    "C++",
    FILE_NAME,
    ("warn", "raise", "clip", "nan"),
    _text,
    _sources,
)
