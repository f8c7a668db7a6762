"""The error bars of a surrogate as a C99 file of their own, which is run before anybody
gets it.

In: an `ExportJob` whose surrogate has error bars. Out: the file's bytes. It computes in
double: a standard deviation is a small difference of large numbers. Non-goals: the
surrogate itself (c_source).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nsc.deploy.agreement import checked_inputs
from nsc.deploy.c_layers import layers
from nsc.deploy.c_network import NetworkWriter, double_number
from nsc.deploy.c_selftest import stand_ins
from nsc.deploy.c_source import announced, surrogate_name
from nsc.deploy.exporter import ExportJob
from nsc.deploy.rounding import rounding_bound
from nsc.errors import BuildError, InputError
from nsc.program import (
    Piece,
    PortableNames,
    Program,
    Unit,
    scalar_entry,
    signature_types,
    with_long_of_64_bits,
)
from nsc.sandbox import Failed, RunLimits, build_own, run
from nsc.surrogate import ErrorBars, Surrogate
from nsc.syntax import DOUBLE, Array, Leaf, Param, Pointer, Signature, Void

STD_FILE = "surrogate_std.c"
_RESULT = "nsc_std"
_ENTRY = "nsc_entry"
# wasm instructions, of a call
_FUEL = 2_000_000
_FUEL_PER_PARAMETER = 30
_SAME = 1e-12  # relative, that a square root and a sum of squares may round
# in place of <math.h>, which declares names that the program may have for something else
_SQRT = """#ifdef __cplusplus
extern "C"
#endif
double sqrt(double);"""
_LEAST = 1e-150  # deviation, whose square is still a number


def std_name(program: Program) -> str:
    """Return the C name of the function that gives standard deviations."""
    return f"{surrogate_name(program, drop_in=False)}_std"


def std_source(job: ExportJob) -> bytes:
    """Write error bars as C, checked against Python in the sandbox.

    The function has the original's parameters, and behind them `double *nsc_std`, which
    gets a standard deviation for each output. What the original only writes to is left
    alone, and may be null.

    Raises:
        InputError: the surrogate has no error bars.
        BuildError: the C does not compute what `Surrogate.predict` does.
    """
    if job.surrogate.error_bars is None:
        raise InputError(
            "error_bars must be asked for when a surrogate is compiled, to export them"
        )
    text = _text(job.surrogate, job.surrogate.error_bars, job.program)
    _check(job, text)
    return text.encode("utf-8")


def _text(surrogate: Surrogate, bars: ErrorBars, program: Program) -> str:
    names = PortableNames(program)
    members = [surrogate.members, *bars.networks]
    every = tuple(member for network in members for member in network)
    network = NetworkWriter(
        replace(surrogate, members=every, error_bars=None), "double", _own
    )
    headers, types = signature_types(program)
    types = names.text("\n".join([types, *announced(program, guard=False)]))
    bool_ = "#ifdef __cplusplus\n#define _Bool bool\n#endif"
    function = _function(network, bars, program, names)
    parts = [
        _head(surrogate, program),
        bool_ if "_Bool" in f"{types}{function}" else "",
        "\n".join(f"#include <{h}>" for h in headers),
        "" if "math.h" in headers else _SQRT,
        types.strip(),
        network.functions(),
        network.tables(),
        function,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _own(name: str) -> str:
    """Name what the surrogate's own file may define, too."""
    return name.replace("nsc_", "nsc_std_", 1)


def _head(surrogate: Surrogate, program: Program) -> str:
    """Say what the file is for."""
    lines = [
        f"{std_name(program)}: how unsure {program.name}'s neural surrogate is at an",
        "input, written by nsc. A standard deviation in the output's units goes to",
        f"{_RESULT} for each of: {', '.join(surrogate.output_names)}.",
        "Inside the domain alone: there the original was within 1.96 of them on about",
        "95 % of inputs.",
    ]
    return "/*\n" + "\n".join(f" * {line}" for line in lines) + "\n */"


def _function(
    network: NetworkWriter,
    bars: ErrorBars,
    program: Program,
    names: PortableNames,
) -> str:
    """Write the function: normalised inputs, all networks, their disagreement."""
    params = program.signature.params
    declared = [names.declaration(p.declaration) for p in params]
    head = ", ".join([*declared, f"double *{_RESULT}"])
    body = [
        f"double nsc_x[{program.n_inputs}], nsc_off, nsc_sum;",
        f"double nsc_y[{network.n_outputs}];",
        *(f"double {name}[{width}];" for name, width in network.arrays()),
        *_inputs(network.surrogate, program, names),
        *layers(network, lambda array, index: f"{array}[{index}]"),
    ]
    values = [f"nsc_y[{k}]" for k in range(network.n_outputs)]
    n = program.n_outputs
    for k in range(n):
        body.append("nsc_sum = 0.0;")
        for other in values[n + k :: n]:
            body.append(f"nsc_off = {other} - {values[k]};")
            body.append("nsc_sum += nsc_off * nsc_off;")
        body.append(f"{_RESULT}[{k}] = {_deviation(bars, k)};")
    text = "\n".join(f"  {line}" for line in body)
    return f"void {std_name(program)}({head}) {{\n{text}\n}}"


def _deviation(bars: ErrorBars, k: int) -> str:
    """Write the deviation of output k, of the sum of squares."""
    share = double_number(float(bars.scale[k] ** 2 / len(bars.networks)))
    rest = double_number(float(bars.constant[k] ** 2))
    return f"sqrt({share} * nsc_sum + {rest})"


def _inputs(
    surrogate: Surrogate, program: Program, names: PortableNames
) -> list[str]:
    """Write each input mapped onto [-1, 1]."""
    lines: list[str] = []
    leaves = program.signature.inputs
    box = zip(leaves, surrogate.lo, surrogate.hi, strict=True)
    for k, (leaf, lo, hi) in enumerate(box):
        middle = double_number(float((hi + lo) / 2))
        half = double_number(float((hi - lo) / 2))
        value = f"(double){names.text(leaf.rvalue)}"
        lines.append(f"nsc_x[{k}] = ({value} - ({middle})) / {half};")
    return lines


def _check(job: ExportJob, text: str) -> None:
    """Run the C in the sandbox, and compare it with Python.

    A deviation is the length of a vector of differences: it changes by no more than
    these do, which rounding bounds.
    """
    surrogate = job.surrogate
    bars = surrogate.error_bars
    assert bars is not None, "who has error bars exports them"
    x = checked_inputs(job)
    u = surrogate.normalise(x)
    expected = bars.deviation(u, surrogate.networks(x))
    networks = [surrogate.members, *bars.networks]
    off = [
        rounding_bound(replace(surrogate, members=members), x, "double")
        for members in networks
    ]
    tolerated = (
        2 * bars.scale * np.max(off, axis=0) + _SAME * expected + _LEAST
    )
    found = _evaluated(job, text, x)
    agrees = np.abs(found - expected) <= tolerated
    if not agrees.all():
        row, output = np.argwhere(~agrees)[0]
        where = ", ".join(f"{v:.9g}" for v in x[row])
        raise BuildError(
            "the exported error bars differ from the calibrated ones:"
            f" {surrogate.output_names[output]} has {found[row, output]:.9g} and should"
            f" have {expected[row, output]:.9g} at ({where}), which is beyond rounding;"
            " nothing was written"
        )


def _evaluated(job: ExportJob, text: str, x: np.ndarray) -> np.ndarray:
    """Run the C in the sandbox on `n i`; returns `n o`."""
    program = job.program
    called = scalar_entry(_signature(program), std_name(program), _ENTRY)
    entry = stand_ins(program) + PortableNames(program).text(called)
    pieces = (Piece((), text), Piece((_ENTRY,), entry))
    unit = Unit((), pieces, _ENTRY, program.n_inputs, program.n_outputs)
    unit = with_long_of_64_bits(unit, frozenset(program.globals_))
    built = build_own(unit)
    if isinstance(built, Failed):
        raise BuildError(
            f"the exported error bars do not compile: {built.message}"
        )
    bars = job.surrogate.error_bars
    count = 1 + (0 if bars is None else len(bars.networks))
    each = sum(m.topology.n_parameters for m in job.surrogate.members)
    fuel = _FUEL + _FUEL_PER_PARAMETER * count * each
    done = run(built, x, RunLimits(fuel_per_sample=fuel, failures=1))
    if done.failed:
        raise BuildError(
            f"the exported error bars do not finish: {done.outcome}"
        )
    return done.outputs


def _signature(program: Program) -> Signature:
    """Return the signature of what gives standard deviations."""
    n = program.n_outputs
    behind = Pointer(Array(DOUBLE, n))
    own = Param(_RESULT, behind, "out", f"double *{_RESULT}")
    outputs = tuple(
        Leaf(f"{_RESULT}[{k}]", f"{_RESULT}[{k}]", DOUBLE, _RESULT, (k,))
        for k in range(n)
    )
    return replace(
        program.signature,
        params=(*program.signature.params, own),
        result=Void(),
        outputs=outputs,
    )
