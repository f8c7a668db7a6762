"""Grey box: one function that a program calls becomes a surrogate, the rest stays exact.

In: a Program, how it was read, the callee's name, options. Out: the callee's surrogate,
and the program's C with it in its place, verified as a whole. Non-goals: compiling the
callee, which is the main job (pipeline).

The callee learns from the inputs that it meets in runs of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nsc.app.cost import CHEAP
from nsc.app.first_rows import FirstRows, expect_in_order, read_rows
from nsc.app.grey_measured import tune
from nsc.app.options import CompileOptions
from nsc.app.pipeline import Compiled
from nsc.app.running import running_of
from nsc.app.summary import errors_of_verification
from nsc.compilation import Progress
from nsc.deploy import FOLDED, NetworkWriter, c_definition
from nsc.errors import InputError, OracleError
from nsc.program import (
    CALLS,
    SEEN,
    Callee,
    Program,
    Table,
    as_returned,
    callee_of,
    draw_inputs,
    parse_program,
)
from nsc.report import Measured, Within
from nsc.surrogate import Member, Surrogate
from nsc.verify import Verification, verify

# a table of c_definition: its name, its dimensions
_TABLE = re.compile(
    r"static const double (\w+_net_(?:weight|bias)_\w+)((?:\[\d+\])+) = \{[^;]*\};"
)
WHOLE_FILE = "whole.c"
MOST_NOTED = 64  # calls of one run, spread over it
FEWEST_RUNS = 256  # of the whole, whose calls are noted
MORE_RUNS = 1.2  # than the mean number of calls asks for: some runs call less
COUNTED_RUNS = 64  # that tell how often it calls
WIDER = 0.05  # of the range of an input that was met, on either side
_NOT_OF_TEXT = ("function", "defines", "partial")  # a closed text has all
_COUNTING, _NOTING, _JUDGING = range(3)  # streams of random numbers


@dataclass(frozen=True)
class Whole:
    """A program, one function that it calls, and how its text is read.

    Args:
        reading: arguments of `parse_program`, but for text, path and function.
    """

    program: Program
    callee: Callee
    reading: Mapping[str, Any]

    @classmethod
    def around(
        cls, program: Program, name: str, reading: Mapping[str, Any]
    ) -> Whole:
        """Find a callee; raises what `callee_of` does."""
        return cls(program, callee_of(program, name), reading)

    def read(self, text: str, **more: Any) -> Program:
        """Read a changed text as the program was read."""
        path = f"{self.program.path} with another {self.callee.name}"
        name = self.program.name
        given = {**self.reading, **more}
        return parse_program(text, path=path, function=name, **given)

    def noting(self, every: int) -> Program:
        """Return the program with calls noted: outputs behind its own."""
        zero = {SEEN: 0.0, CALLS: 0.0}
        return self.read(
            self.callee.noting(most=MOST_NOTED, every=every),
            out=(*self.reading.get("out", ()), SEEN, CALLS),
            fix={**(self.reading.get("fix") or {}), **zero},
        )

    def with_surrogate(self, surrogate: Surrogate, callee: Program) -> str:
        """Return the program's C with a surrogate in the callee's place."""
        around = self.callee.text
        text = c_definition(surrogate, callee, around=around)
        return self.callee.replaced(text)

    def in_variables(self, surrogate: Surrogate, callee: Program) -> Program:
        """Return the program with the surrogate's numbers as inputs behind its own."""
        around = self.callee.text
        text = c_definition(surrogate, callee, real="double", around=around)
        tables = _TABLE.findall(text)
        changed = self.callee.replaced(
            _TABLE.sub(r"static double \1\2;", text)
        )
        ranges = {name: (-1.0, 1.0) for name, _ in tables}
        given = self.reading.get("inputs") or {}
        return self.read(changed, inputs={**given, **ranges})


@dataclass(frozen=True)
class Met:
    """The inputs that a callee met.

    Args:
        x: `n i`, in the order of its inputs.
        runs: of the whole.
        calls: of the callee in a run, on average.
    """

    x: np.ndarray
    runs: int
    calls: float


def inputs_met(
    whole: Whole,
    options: CompileOptions,
    progress: Progress = lambda what, fraction: None,
) -> Met:
    """Run the whole and note what inputs its callee meets.

    Raises:
        InputError: it is hardly ever called.
        OracleError: the whole fails on part of its domain.
    """
    name = whole.callee.name
    progress(f"noting calls of {name}", 0.0)
    _, counts = _noted(whole, options, 1, COUNTED_RUNS, _COUNTING)
    if not counts.any():
        raise InputError(
            f"learn must name a function that runs of {whole.program.name} call; none of"
            f" {COUNTED_RUNS} runs called '{name}'"
        )
    every = max(1, -(-int(counts.max()) // MOST_NOTED))
    wanted = options.budget + options.verified_on(CHEAP)
    noted = min(float(counts.mean()) / every, MOST_NOTED)
    needed = int(np.ceil(MORE_RUNS * wanted / noted))
    runs = min(wanted, max(FEWEST_RUNS, needed))
    x, counts = _noted(whole, options, every, runs, _NOTING)
    generator = np.random.default_rng([options.seed, _NOTING])
    kept = generator.permutation(len(x))[:wanted]
    return Met(x[kept], COUNTED_RUNS + runs, float(counts.mean()))


def _noted(
    whole: Whole, options: CompileOptions, every: int, runs: int, stream: int
) -> tuple[np.ndarray, np.ndarray]:
    """Run the whole on random inputs.

    Returns:
        The inputs that were noted, `n i`; how often each run called, `(runs,)`.
    """
    y = _run(whole.noting(every), options, runs, stream)[1]
    n = len(whole.callee.signature.inputs)
    counts = y[:, -1].astype(int)
    seen = y[:, -1 - MOST_NOTED * n : -1].reshape(runs, MOST_NOTED, n)
    is_noted = np.arange(MOST_NOTED) * every < counts[:, None]
    return seen[is_noted], counts


def _run(
    program: Program, options: CompileOptions, n: int, stream: int
) -> tuple[np.ndarray, np.ndarray]:
    """Run a program on `n` random inputs; returns them and its outputs."""
    generator = np.random.default_rng([options.seed, stream, 1])
    x = draw_inputs(program, n, generator=generator)
    with closing(running_of(program, options)) as running:
        return x, np.asarray(running.oracle(x))


def callee_reading(whole: Whole, met: Met) -> dict[str, Any]:
    """Say how the callee is to be read: drawn from what it met.

    An input that was the same in all calls is fixed.
    """
    ranges: dict[str, tuple[float, float]] = {}
    fix: dict[str, float] = {}
    columns: dict[str, np.ndarray] = {}
    for leaf, column in zip(
        whole.callee.signature.inputs, met.x.T, strict=True
    ):
        if not np.isfinite(column).all():
            raise InputError(
                f"domain must be narrowed, or learn name another function: some calls of"
                f" '{whole.callee.name}' had NaN or infinity for '{leaf.name}'"
            )
        lo = float(column.min())
        hi = float(column.max())
        if lo == hi:
            fix[leaf.name] = lo
            continue
        more = WIDER * (hi - lo) if leaf.type.kind == "float" else 0.0
        ranges[leaf.name] = (lo - more, hi + more)
        columns[leaf.name] = column
    if not columns:
        raise InputError(
            f"learn must name a function whose inputs vary; all calls of"
            f" '{whole.callee.name}' had the same"
        )
    table = Table(f"calls of {whole.callee.name}", columns)
    return {"ranges": ranges, "fix": fix, "sample": table}


@dataclass(frozen=True)
class InPlace:
    """What follows once a callee is compiled: it is tuned, put in its place, verified.

    Args:
        met: what it learned from.
        rows: measurements of the whole; None where there are none.
    """

    whole: Whole
    met: Met
    options: CompileOptions
    rows: FirstRows | None = None

    def tuned(self, compiled: Compiled) -> Compiled:
        """Tune a compiled callee to measurements of the whole, if there are any.

        What is verified is the tuned one against the callee.

        Raises:
            InputError: rows are too few, or not of the whole.
        """
        if self.rows is None:
            return compiled
        whole = self.whole
        _, x, y = read_rows(whole.program, self.rows)
        numbers = whole.in_variables(compiled.surrogate, compiled.program)
        w = _numbers(compiled.surrogate)
        with closing(running_of(numbers, self.options)) as running:

            def run(many: np.ndarray, rows: np.ndarray) -> np.ndarray:
                found = running.oracle(np.concatenate([rows, many], axis=1))
                return np.asarray(found)

            found = tune(run, w, x, y, seed=self.options.seed)
        measured = Measured(
            rows=found.rows,
            before=found.before,
            after=found.after,
            strength=found.strength,
        )
        note = _said_of(measured, whole)
        compiled = replace(
            compiled, measured=measured, notes=(note, *compiled.notes)
        )
        if found.strength is None:
            return compiled
        return _with(compiled, _renumbered(compiled.surrogate, found.w))

    def files(self, compiled: Compiled) -> tuple[Compiled, dict[str, bytes]]:
        """Write the whole with the surrogate in place, and say how wrong it is.

        Raises:
            OracleError: it does not run.
        """
        whole = self.whole
        text = whole.with_surrogate(compiled.surrogate, compiled.program)
        found = _verified(whole, text, self.options)
        within = Within(
            function=whole.program.name,
            runs=self.met.runs,
            calls=self.met.calls,
            test=errors_of_verification(found),
            file=WHOLE_FILE,
            measured=compiled.measured,
        )
        said = (
            f"{whole.program.name} with this surrogate in the place of"
            f" {whole.callee.name} ({WHOLE_FILE}): nmse {found.nmse:.2g}, largest error"
            f" {found.max_abs:.3g} on {found.n:,} fresh inputs"
        )
        notes = (said, *compiled.notes)
        files = {WHOLE_FILE: text.encode("utf-8")}
        return replace(compiled, notes=notes, within=within), files


def _said_of(measured: Measured, whole: Whole) -> str:
    rows = f"{measured.rows:,} measurements of {whole.program.name}"
    if measured.strength is None:
        return (
            f"{whole.callee.name} was not tuned to the {rows}: on rows kept apart that"
            f" did not help (rmse {measured.before:.3g} standard deviations)"
        )
    return (
        f"tuned to {rows}: on rows kept apart the rmse falls from {measured.before:.3g}"
        f" to {measured.after:.3g} standard deviations, so that it differs from"
        f" {whole.callee.name} by intention"
    )


def _numbers(surrogate: Surrogate) -> np.ndarray:
    """Return a surrogate's parameters in the order of its tables in C, `(w,)`."""
    writer = NetworkWriter(surrogate, "double")
    parts = [
        part
        for k in range(len(writer.members))
        for weight, bias in writer.folded(k)
        for part in (weight.T.ravel(), bias)
    ]
    return np.concatenate(parts)


def _renumbered(surrogate: Surrogate, numbers: np.ndarray) -> Surrogate:
    """Give a surrogate other parameters, in the order of its tables in C."""
    at = 0
    members: list[Member] = []
    for member in NetworkWriter(surrogate, "double").members:
        folded = FOLDED[member.topology.activation]
        layers: list[tuple[np.ndarray, np.ndarray]] = []
        for weight, bias in member.topology.layers(member.w):
            end = at + weight.size
            turned = numbers[at:end].reshape(weight.shape[::-1]).T
            at = end + bias.size
            is_hidden = len(layers) < len(member.topology.hidden)
            factor = folded if is_hidden else 1.0
            layers.append((turned / factor, numbers[end:at] / factor))
        members.append(Member(member.topology, member.topology.join(layers)))
    return replace(surrogate, members=tuple(members))


def _with(compiled: Compiled, surrogate: Surrogate) -> Compiled:
    """Return a compilation with another surrogate, verified anew."""
    evidence = compiled.evidence
    assert evidence is not None, "a callee is compiled by running it"
    found = evidence.compilation
    verified = verify(
        found.y,
        as_returned(compiled.program, surrogate.evaluate(found.x)),
        looks=found.looks,
        whole=[held is not None for held in surrogate.held],
        population=found.verification.population,
    )
    again = replace(found, surrogate=surrogate, verification=verified)
    return replace(
        compiled,
        surrogate=surrogate,
        evidence=replace(evidence, compilation=again),
    )


def _verified(
    whole: Whole, text: str, options: CompileOptions
) -> Verification:
    """Compare the whole with its own callee and with the surrogate."""
    n = options.verified_on(CHEAP)
    x, truth = _run(whole.program, options, n, _JUDGING)
    changed = whole.read(text)
    try:
        with closing(running_of(changed, options)) as running:
            found = np.asarray(running.oracle(x))
    except OracleError as error:
        raise OracleError(
            f"{whole.program.name} does not run with the surrogate in the place of"
            f" {whole.callee.name}: {error}"
        ) from None
    return verify(truth, found)


def _expect_possible(
    program: Program, options: CompileOptions, *, guard: bool, is_tuned: bool
) -> None:
    """Refuse what does not go with a callee; says why."""
    if options.text_only:
        raise InputError(
            "learn must be left out with text_only: it runs the program"
        )
    if is_tuned and options.error_bars:
        raise InputError(
            "error_bars must be left out with learn and data: what is tuned to"
            " measurements differs from the callee, which error bars tell of"
        )
    if guard:
        raise InputError(
            "guard must be left out with learn: the whole's C calls the surrogate for all"
            " inputs"
        )
    if program.function is not None or not program.pieces:
        raise InputError("learn needs a C function, whose text has the callee")


def callee_or_whole(
    program: Program,
    name: str | None,
    options: CompileOptions,
    *,
    guard: bool = False,
    rows: FirstRows | None = None,
    read: Callable[..., Program],
    reading: Mapping[str, Any],
    progress: Progress = lambda what, fraction: None,
) -> tuple[Program, InPlace | None]:
    """Find what is to be compiled in the place of a program, and what follows.

    Args:
        program: the whole.
        name: of the callee; None compiles the program itself, and nothing follows.
        guard: whether exported C is to call the original outside the domain.
        rows: measurements of the whole, to which the surrogate is tuned.
        read: reads the whole's file; takes what `parse_program` takes.
        reading: how the whole was read.

    Returns:
        The callee, drawn from the inputs that it meets in the whole; and what is to be
        done once it is compiled: see `InPlace`.

    Raises:
        InputError: it is no function that the whole calls, or cannot be learned.
    """
    if name is None:
        return program, None
    _expect_possible(program, options, guard=guard, is_tuned=rows is not None)
    if rows is not None:
        expect_in_order(program, rows)
    given = {k: v for k, v in reading.items() if k not in _NOT_OF_TEXT}
    whole = Whole.around(program, name, given)
    met = inputs_met(whole, options, progress)
    callee = read(function=name, **callee_reading(whole, met))
    n = len(met.x)
    note = (
        f"{name} learns from {n:,} calls in {met.runs:,} runs of {program.name}, which"
        f" makes {met.calls:.4g} a run"
    )
    callee = replace(callee, notes=(*callee.notes, note))
    return callee, InPlace(whole, met, options, rows)
