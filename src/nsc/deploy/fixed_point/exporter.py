"""A surrogate as integer C for processors without floating point.

In: an `ExportJob`. Out: a file's bytes, run before anybody gets it. Non-goals: how
numbers are rounded (network), the text (c_text), how much it costs there (cost).

Integers cannot be what the verified network computes. What is promised instead: the C
gives the very integers of `IntegerNetwork`, and these are as near to the network as
`_expect_near` says; the file says how near.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from nsc.deploy.exporter import ExportJob
from nsc.deploy.fixed_point.arithmetic import Format
from nsc.deploy.fixed_point.c_text import Body, body_of, names_of
from nsc.deploy.fixed_point.cost import code_said
from nsc.deploy.fixed_point.network import IntegerNetwork, integer_network
from nsc.deploy.fixed_point.scaling import (
    AnyInput,
    AnyOutput,
    RealInput,
    RealOutput,
)
from nsc.deploy.languages.function import SELFTEST_ROWS, function_of
from nsc.deploy.languages.names import Names
from nsc.deploy.languages.reserved import CPP, INTEGER_C
from nsc.deploy.rounding import corners
from nsc.errors import BuildError, InputError
from nsc.program import Piece, Program, Unit, as_returned
from nsc.sandbox import Built, Failed, RunLimits, build_own, run

MOST_ROWS = 8192
# root mean squared, integers may be off the network by the larger of the verified error
# and that much of an output's range
SHARE_OF_RANGE = 0.002
POLICIES = (None, "clip")
# the line that a report repeats begins so
MEASURED = "Integers against the network"
_ENTRY = "nsc_entry"
_FUEL = 2_000_000
_FUEL_PER_PARAMETER = 400


@dataclass(frozen=True)
class Deviation:
    """How far integers are off the network, `o` each.

    Args:
        rms: over inputs of the domain.
        most: over these and the domain's corners.
        n: inputs that were tried.
    """

    rms: np.ndarray
    most: np.ndarray
    n: int


@dataclass(frozen=True)
class FixedPointExporter:
    """Integer C, one file with its declarations."""

    kind: Format
    tools: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    is_default: bool = False

    @property
    def file_name(self) -> str:
        """The file's name in a folder of results."""
        return f"surrogate_{self.kind.name}.c"

    def refusal(self, program: Program, outside: str | None) -> str | None:
        """Refuse what integers cannot do outside the domain; see `Exporter.refusal`."""
        if outside in POLICIES:
            return None
        why = (
            "it cannot call the original, which may need floating point"
            if outside == "original"
            else "integers are no NaN, and a microcontroller may have nothing to print on"
        )
        return (
            f"{why}; outside='{outside}' must be another: of policies it has clip, which"
            " it follows without being asked, too"
        )

    def render(self, job: ExportJob) -> bytes:
        """Return the file; see `Exporter.render`.

        Raises:
            InputError: integers are too coarse for this network; says what is not.
        """
        outside = "original" if job.guard else job.outside
        reason = self.refusal(job.program, outside)
        if reason is not None:
            raise InputError(f"the export as {self.kind.name}: {reason}")
        network = self._network(job)
        deviation = _deviation(job, network)
        _expect_near(job, network, deviation)
        body = body_of(network, job.tested_inputs[:SELFTEST_ROWS])
        head = _head(job, network, deviation, body)
        data = body.text(head).encode("ascii")
        self.check(job, data)
        return data

    def check(self, job: ExportJob, data: bytes) -> None:
        """Run the file in the sandbox: it must give the integer network's integers."""
        network = self._network(job)
        x = _tried(job)
        expected = network.evaluate(x)
        for found in _run(job, network, data, x):
            wrong = np.argwhere(found != expected)
            if len(wrong):
                row, k = wrong[0]
                where = ", ".join(f"{v:.9g}" for v in x[row])
                raise BuildError(
                    "the export differs from the verified network:"
                    f" {job.surrogate.output_names[k]} is {found[row, k]:.9g} and should"
                    f" be {expected[row, k]:.9g} at ({where}); nothing was written"
                )

    def evaluate(
        self, job: ExportJob, data: bytes, x: np.ndarray
    ) -> np.ndarray:
        """Run the file on `n i`, row by row; see `Exporter.evaluate`."""
        return _run(job, self._network(job), data, x)[0]

    def _network(self, job: ExportJob) -> IntegerNetwork:
        names = Names(CPP | INTEGER_C)
        name = names.give(f"{job.program.name}_{self.kind.name}")
        row = names.give(f"{job.program.name}_{self.kind.name}_row")
        function = replace(function_of(job, names), name=name, batch=row)
        return integer_network(job, function, _tried(job), self.kind)


def _tried(job: ExportJob) -> np.ndarray:
    """Return inputs that are tried: some of the domain, its corners, those beside them."""
    inside = corners(job.program)
    inside = inside[job.program.drawing.holds(inside)]
    return np.concatenate([_drawn(job), inside])


def _drawn(job: ExportJob) -> np.ndarray:
    return job.tested_inputs[:MOST_ROWS]


def _deviation(job: ExportJob, network: IntegerNetwork) -> Deviation:
    x = _tried(job)
    y = as_returned(job.program, job.surrogate.evaluate(x))
    off = np.abs(network.evaluate(x) - y)
    n = len(_drawn(job))
    rms = np.sqrt(np.mean(off[:n] ** 2, axis=0)) if n else off.max(axis=0)
    return Deviation(rms, off.max(axis=0), len(x))


def _expect_near(
    job: ExportJob, network: IntegerNetwork, deviation: Deviation
) -> None:
    """Refuse integers that are farther from the network than it is from the program.

    Raises:
        InputError: names the output, and what to export instead.
    """
    y = job.surrogate.networks(_tried(job))
    allowed = SHARE_OF_RANGE * np.ptp(y, axis=0)
    if job.error is not None:
        allowed = np.maximum(allowed, job.error)
    is_near = deviation.rms <= allowed
    if is_near.all():
        return
    k = int(np.argmin(is_near))
    other = "q31 or c" if network.kind.name == "q15" else "c"
    raise InputError(
        f"export must be left without {network.kind.name}, and {other} be taken: its"
        f" integers are off the network by {deviation.rms[k]:.3g} (root mean square) in"
        f" '{job.surrogate.output_names[k]}', where {allowed[k]:.3g} is allowed, the"
        f" larger of the verified error and {100 * SHARE_OF_RANGE:g} % of its range"
    )


def _head(
    job: ExportJob,
    network: IntegerNetwork,
    deviation: Deviation,
    body: Body,
) -> list[str]:
    """Say what this is, how exact it is, and what it takes."""
    given = [
        line
        for line in network.function.head()
        if not line.startswith("Outside the domain")
    ]
    kind = network.kind
    sums = "64-bit products in 32-bit sums" if kind.has_wide_products else ""
    return [
        *given,
        "Outside the domain: the nearest inputs of its box are taken.",
        "",
        f"Integers only: {kind.bits + 1}-bit weights and activations,"
        f" {sums or '32-bit sums'}. Of scalars:",
        *map(_said_of_input, network.inputs),
        *map(_said_of_output, network.outputs),
        *_said_of_deviation(job, deviation),
        f"Flash: {body.table_bytes} bytes of tables; {code_said(body.text([]))}.",
        f"RAM: none but the stack: {body.stack_bytes} bytes of activations there, beside"
        " a few words for each call.",
        "With NSC_DECLARATIONS defined this file only declares; with NSC_SELFTEST it has",
        "a main that returns 0 if all is right.",
    ]


def _said_of_input(given: AnyInput) -> str:
    if isinstance(given, RealInput):
        return f"  {given.identifier}: (value - {given.middle:.9g}) * {given.factor:.9g}"
    return (
        f"  {given.identifier}: the integer itself, {given.lo} to {given.hi}"
    )


def _said_of_output(output: AnyOutput) -> str:
    if isinstance(output, RealOutput):
        lo = output.middle - output.largest * output.step
        hi = output.middle + output.largest * output.step
        return (
            f"  {output.identifier}: value = {output.middle:.9g} + integer *"
            f" {output.step:.9g}, limited to {lo:.6g} to {hi:.6g}"
        )
    return f"  {output.identifier}: the integer itself"


def _said_of_deviation(job: ExportJob, deviation: Deviation) -> list[str]:
    n = deviation.n
    lines = [f"{MEASURED}, on {n} inputs of the domain, corners among them:"]
    for k, name in enumerate(o.name for o in job.program.signature.outputs):
        rms = float(deviation.rms[k])
        said = f"  {name}: rmse {rms:.3g}, at most {deviation.most[k]:.3g}"
        if job.error is not None:
            error = float(job.error[k])
            said += (
                f"; the network's verified rmse {error:.3g}, together at most"
                f" {error + rms:.3g}"
            )
        lines.append(said)
    return lines


def _run(
    job: ExportJob, network: IntegerNetwork, data: bytes, x: np.ndarray
) -> list[np.ndarray]:
    """Run a file's two functions in the sandbox, `n o` each."""
    o = len(network.outputs)
    text = data.decode("ascii").partition("#ifdef NSC_SELFTEST")[0]
    pieces = (Piece((), text), Piece((_ENTRY,), _entry(network)))
    unit = Unit((), pieces, _ENTRY, len(network.inputs), 2 * o)
    parameters = sum(m.topology.n_parameters for m in job.surrogate.members)
    fuel = _FUEL + _FUEL_PER_PARAMETER * parameters
    limits = RunLimits(fuel_per_sample=fuel, failures=1)
    done = run(_built(unit), np.ascontiguousarray(x, np.float64), limits)
    if done.failed:
        raise BuildError(f"the exported C does not finish: {done.outcome}")
    return [done.outputs[:, :o], done.outputs[:, o:]]


def _entry(network: IntegerNetwork) -> str:
    """Write what calls both functions with doubles in the program's units."""
    name, row = names_of(network)
    n = len(network.inputs)
    o = len(network.outputs)
    lines = [f"int32_t x[{n}], y[{o}], z[{o}];"]
    for k, given in enumerate(network.inputs):
        is_real = isinstance(given, RealInput)
        convert = f"{name}_from_{given.identifier}" if is_real else "(int32_t)"
        lines.append(f"x[{k}] = {convert}(nsc_in[{k}]);")
    called = ", ".join(f"x[{k}]" for k in range(n))
    lines.append(f"{row}(x, y);")
    if o == 1:
        lines.append(f"z[0] = {name}({called});")
    else:
        lines += _call_of_several(network, called)
    for k, output in enumerate(network.outputs):
        is_real = isinstance(output, RealOutput)
        convert = f"{name}_to_{output.identifier}" if is_real else "(double)"
        lines.append(f"nsc_out[{k}] = {convert}(y[{k}]);")
        lines.append(f"nsc_out[{o + k}] = {convert}(z[{k}]);")
    body = "\n".join(f"  {line}" for line in lines)
    return f"void {_ENTRY}(const double *nsc_in, double *nsc_out) {{\n{body}\n}}\n"


def _call_of_several(network: IntegerNetwork, called: str) -> list[str]:
    name, _ = names_of(network)
    kinds = [
        network.kind.storage if isinstance(o, RealOutput) else "int32_t"
        for o in network.outputs
    ]
    places = ", ".join(f"&nsc_{k}" for k in range(len(kinds)))
    return [
        *(f"{kind} nsc_{k};" for k, kind in enumerate(kinds)),
        f"{name}({called}, {places});",
        *(f"z[{k}] = nsc_{k};" for k in range(len(kinds))),
    ]


@lru_cache(maxsize=2)
def _built(unit: Unit) -> Built:
    built = build_own(unit)
    if isinstance(built, Failed):
        raise BuildError(f"the exported C does not compile: {built.message}")
    return built


def notes_of(file_name: str, data: bytes) -> list[str]:
    """Return what a report says of an exported file: how exact it is, output by output."""
    lines = [line[3:] for line in data.decode("ascii").splitlines()]
    start = next(
        k for k, line in enumerate(lines) if line.startswith(MEASURED)
    )
    said = [lines[start]]
    for line in lines[start + 1 :]:
        if not line.startswith("  "):
            break
        said.append(line.strip())
    return [f"{file_name}: {' '.join(said)}"]
