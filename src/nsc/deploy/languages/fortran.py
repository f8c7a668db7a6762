"""A surrogate as a Fortran module, and the interface to its C.

In: an `ExportJob`. Out: the file's text, and what runs it. Non-goals: Fortran before
2018, where a pure procedure cannot stop.

Functions of one row are elemental: arrays of inputs give arrays. Fortran does not know
`a` from `A`: names that differ by that alone get numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nsc.deploy.exporter import ExportJob
from nsc.deploy.languages.conditions import Syntax, functions_in
from nsc.deploy.languages.exporter import Language
from nsc.deploy.languages.fortran_c import c_module
from nsc.deploy.languages.fortran_lines import listed, number, wrapped
from nsc.deploy.languages.fortran_parts import (
    DRIVER,
    FUNCTIONS,
    HELPERS,
    LEAVING,
    TEXT,
    VALUES,
)
from nsc.deploy.languages.function import Function, Output, function_of
from nsc.deploy.languages.names import Names
from nsc.deploy.languages.reserved import FORTRAN
from nsc.deploy.languages.running import Sources
from nsc.surrogate import OneOf, Whole

FILE_NAME = "surrogate.f90"
_MOST_CHARACTERS = 50  # 63 are allowed, and something is put behind names
_SYNTAX = Syntax(
    number=number,
    operators={"&&": ".and.", "||": ".or.", "!": ".not. ", "!=": "/="},
    calls={
        "fabs": "abs({0})",
        "pow": "nsc_pow({0}, {1})",
        "fmod": "mod({0}, {1})",
        "fmin": "nsc_fmin({0}, {1})",
        "fmax": "nsc_fmax({0}, {1})",
        "floor": "nsc_floor({0})",
        "ceil": "(-nsc_floor(-({0})))",
    },
)


def _function(job: ExportJob) -> Function:
    names = Names(FORTRAN, folds_case=True, prefix="x", most=_MOST_CHARACTERS)
    return function_of(job, names)


def _text(job: ExportJob) -> str:
    function = _function(job)
    names = [i.identifier for i in function.inputs]
    results = [o.identifier for o in function.outputs]
    is_alone = len(results) == 1
    form = FUNCTIONS["one" if is_alone else "several"]
    functions = form.format(
        name=function.name,
        parameters=", ".join(names if is_alone else names + results),
        names=", ".join(names),
        results=", ".join(results),
        n_inputs=len(names),
        n_outputs=len(results),
        listed=", ".join(names),
        stored="\n".join(
            f"    {name} = nsc_y({k})" for k, name in enumerate(results, 1)
        ),
    )
    networks = _networks(function)
    outputs = _outputs(function.outputs)
    text = TEXT.format(
        head="\n".join(f"! {line}".rstrip() for line in function.head()),
        name=function.name,
        batch=function.batch,
        tables=_tables(function),
        networks=networks,
        outputs=outputs,
        values=_called_in(f"{networks}{outputs}"),
        locals=_locals(function),
        policy=_policy(function),
        functions=functions,
        n_inputs=len(names),
        n_outputs=len(results),
        call=_call(function, "x(:, row)", "y(:, row)"),
        n_rows=len(function.selftest),
        rows=_matrix("table", function.selftest),
        allowed=listed(function.allowed),
    )
    return wrapped(text) + wrapped(c_module(job, function))


def _called_in(text: str) -> str:
    """Write the functions that statements call."""
    return "".join(
        function for name, function in VALUES.items() if f"{name}(" in text
    )


def _matrix(name: str, rows: np.ndarray, indent: str = "  ") -> str:
    """Write a constant array whose columns are these rows."""
    width = rows.shape[1]
    kind = f"{indent}real(real64), parameter :: {name}"
    parts = [
        f"{kind}_{n}({width}) = {listed(row)}" for n, row in enumerate(rows, 1)
    ]
    names = ", ".join(f"{name}_{n}" for n in range(1, len(rows) + 1))
    whole = f"{kind}({width}, {len(rows)}) = reshape([{names}], [{width}, {len(rows)}])"
    return "\n".join([*parts, whole])


def _tables(function: Function) -> str:
    """Write all constants; the weights of a unit are a column."""
    n = len(function.inputs)
    kind = "  real(real64), parameter ::"
    lines = [
        f"{kind} nsc_middles({n}) = {listed(function.middles)}",
        f"{kind} nsc_halves({n}) = {listed(function.halves)}",
        f"{kind} nsc_lows({n}) = {listed(i.lo for i in function.inputs)}",
        f"{kind} nsc_highs({n}) = {listed(i.hi for i in function.inputs)}",
    ]
    for k, (layers, _) in enumerate(function.networks, 1):
        for at, (weight, bias) in enumerate(layers, 1):
            lines.append(_matrix(f"nsc_w_{k}_{at}", weight))
            lines.append(
                f"{kind} nsc_b_{k}_{at}({len(bias)}) = {listed(bias)}"
            )
    return "\n".join(lines)


def _locals(function: Function) -> str:
    widths = [
        f"h_{k}_{at}({len(bias)})"
        for k, (layers, _) in enumerate(function.networks, 1)
        for at, (_, bias) in enumerate(layers[:-1], 1)
    ]
    return ", ".join([f"u({len(function.inputs)})", *widths])


def _networks(function: Function) -> str:
    """Write statements that take x through all layers to y."""
    lines = ["u = (x - nsc_middles) / nsc_halves"]
    first = 1
    for k, (layers, activation) in enumerate(function.networks, 1):
        given = "u"
        for at in range(1, len(layers)):
            z = f"nsc_b_{k}_{at} + matmul({given}, nsc_w_{k}_{at})"
            act = "tanh" if activation == "tanh" else f"nsc_{activation}"
            lines.append(f"h_{k}_{at} = {act}({z})")
            given = f"h_{k}_{at}"
        last = first + len(layers[-1][1]) - 1
        z = f"nsc_b_{k}_{len(layers)} + matmul({given}, nsc_w_{k}_{len(layers)})"
        lines.append(f"y({first}:{last}) = {z}")
        first = last + 1
    return "\n".join(f"    {line}" for line in lines)


def _outputs(outputs: Iterable[Output]) -> str:
    """Write statements that make the program's outputs of the networks'."""
    lines: list[str] = []
    for k, output in enumerate(outputs, 1):
        value = f"y({k})"
        for rule in output.rules:
            if isinstance(rule, Whole):
                ends = f"{number(rule.lo)}, {number(rule.hi)}"
                made = f"nsc_nearest({value}, {ends})"
            elif isinstance(rule, OneOf):
                tables = f"{listed(rule.thresholds)}, {listed(rule.values)}"
                made = f"nsc_one_of({value}, {tables})"
            else:
                made = f"merge(1.0_real64, 0.0_real64, {value} > 0.5_real64)"
            lines.append(f"    {value} = {made}\n")
    return "".join(lines)


def _policy(function: Function) -> str:
    """Write what tests inputs, and `nsc_answer`, which minds it."""
    conditions = [c.term for c in function.program.drawing.conditions]
    inputs = [f"x({k})" for k in range(1, len(function.inputs) + 1)]
    tests = "".join(
        f"\n    if (is_inside) is_inside = {_SYNTAX.truth(term, inputs)}"
        for term in conditions
    )
    used: set[str] = set().union(*map(functions_in, conditions))
    helpers = "".join(text for name, text in HELPERS.items() if name in used)
    if "ceil" in used and "floor" not in used:
        helpers += HELPERS["floor"]
    text = LEAVING[function.outside].format(
        tests=tests,
        name=function.name,
        n_inputs=len(function.inputs),
        n_outputs=len(function.outputs),
    )
    return (helpers if function.outside else "") + text


def _call(function: Function, x: str, y: str) -> str:
    """Write a call with the inputs of a row, its outputs in another."""
    numbered = range(1, len(function.inputs) + 1)
    given = ", ".join(x.replace(":", str(k)) for k in numbered)
    if len(function.outputs) == 1:
        return f"{y.replace(':', '1')} = {function.name}({given})"
    outputs = range(1, len(function.outputs) + 1)
    found = ", ".join(y.replace(":", str(k)) for k in outputs)
    return f"call {function.name}({given}, {found})"


def _sources(job: ExportJob, text: str) -> Sources:
    function = _function(job)
    driver = DRIVER.format(
        name=function.name,
        batch=function.batch,
        n_inputs=len(function.inputs),
        n_outputs=len(function.outputs),
        call=_call(function, "x(:, row)", "y(:, row)"),
    )
    return Sources(
        "Fortran",
        ((FILE_NAME, text), ("driver.f90", wrapped(driver))),
        build=(
            "gfortran",
            "-O1",
            "-std=f2018",
            "-Wall",
            FILE_NAME,
            "driver.f90",
            "-o",
            "program",
        ),
    )


FORTRAN_LANGUAGE = Language(
    "Fortran",
    FILE_NAME,
    ("raise", "clip", "nan"),
    _text,
    _sources,
    commands=("gfortran (Debian: apt install gfortran)",),
)
