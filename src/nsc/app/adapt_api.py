"""Surrogate adaptation: `nsc.adapt`, and what `nsc adapt` calls.

In: a program or its surrogate, measurements of the real thing. Out: a Surrogate with its
report. Non-goals: how it is adapted (nsc.adaptation), reading (adapt_rows, adapt_source),
words (adapt_report).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, overload

import numpy as np

from nsc.adaptation import (
    SPLITS,
    Adaptation,
    Learner,
    Network,
    Problem,
    is_learner,
    surrogate_adaptation,
)
from nsc.app.adapt_files import AdaptedFiles, program_like, written_adapted
from nsc.app.adapt_learner import AdaptedLearner, adapt_own_way
from nsc.app.adapt_report import Described, described
from nsc.app.adapt_rows import (
    Data,
    InputColumns,
    Measurements,
    OutputColumns,
    expect_drawn,
    expect_inside,
    match_inputs,
    match_outputs,
    measurements_of,
    ranges_in,
)
from nsc.app.adapt_source import (
    Announce,
    Ready,
    Source,
    expect_varying,
    ready,
    source_of,
)
from nsc.app.data import c_names
from nsc.app.finish import (
    RESULT_FILES,
    expect_folder,
)
from nsc.app.goals import as_texts
from nsc.app.options import CompileOptions, ExportOptions
from nsc.app.results import check_writable
from nsc.compilation import Progress
from nsc.deploy import expect_exportable
from nsc.errors import InputError
from nsc.surrogate import Member, Surrogate, Topology, resize_inputs

MOST_SPLITS = 100

Columns = tuple[tuple[str, ...], tuple[str, ...]]  # inputs, outputs


@dataclass(frozen=True)
class _Task:
    """What is adapted to what."""

    source: Source
    known: Ready
    data: Data
    inputs: InputColumns
    outputs: OutputColumns
    rows: Measurements


@dataclass(frozen=True)
class Telling:
    """Who is told what happens.

    Args:
        progress: told what is happening, and the fraction of it that is done.
        announce: told what running will take, before it starts, if it takes long.
        put: puts a note in its reader's words: the library's name its arguments.
    """

    progress: Progress = lambda what, fraction: None
    announce: Announce = lambda what: None
    put: Callable[[str], str] = str


@overload
def adapt(
    source: Learner,
    data: Any,
    *,
    inputs: str | Sequence[str] = (),
    outputs: str | Sequence[str] = (),
    folder: str | Path | None = None,
    splits: int = SPLITS,
    seed: int = 0,
) -> AdaptedLearner: ...


@overload
def adapt(
    source: Any,
    data: Any,
    *,
    inputs: str | Sequence[str] = (),
    outputs: str | Sequence[str] = (),
    folder: str | Path | None = None,
    splits: int = SPLITS,
    timing: bool = True,
    export: str | Sequence[str] | None = None,
    function: str | None = None,
    domain: Mapping[str, Any] | None = None,
    where: str | Sequence[str] = (),
    out: Sequence[str] = (),
    arrays: Mapping[str, int] | None = None,
    fix: Mapping[str, float] | None = None,
    variables: Mapping[str, Any] | None = None,
    include: Sequence[str | Path] = (),
    defines: Mapping[str, str] | None = None,
    **options: Any,
) -> Surrogate: ...


def adapt(
    source: Any,
    data: Any,
    *,
    inputs: str | Sequence[str] = (),
    outputs: str | Sequence[str] = (),
    folder: str | Path | None = None,
    splits: int = SPLITS,
    timing: bool = True,
    export: str | Sequence[str] | None = None,
    function: str | None = None,
    domain: Mapping[str, Any] | None = None,
    where: str | Sequence[str] = (),
    out: Sequence[str] = (),
    arrays: Mapping[str, int] | None = None,
    fix: Mapping[str, float] | None = None,
    variables: Mapping[str, Any] | None = None,
    include: Sequence[str | Path] = (),
    defines: Mapping[str, str] | None = None,
    **options: Any,
) -> Surrogate | AdaptedLearner:
    """Adapt a program to measurements of the real thing.

    A surrogate of the program comes first, compiled if there is none. What the
    measurements say is then put into it: by finetuning it near its parameters, by
    shifting and scaling its inputs, by a Gaussian process of what it misses, or by doing
    without it, each counting by its error at measurements that it has not seen.

    Args:
        source: a Surrogate, its file or the folder that it is in; or a program to compile
            first: a path to a C file, C text, a Program (`nsc.command`, ...), or a Python
            function. Or a surrogate that learns in its own way, of texts say, as
            `nsc.mca.block_surrogate()`: then inputs and outputs name a column each.
        data: measurements: a file .csv, .parquet or .npz, a data frame, or a dict of
            columns.
        inputs: columns that are inputs; by default those named as the program's inputs.
            Others that are named are inputs that the program does not know.
        outputs: columns that are outputs; by default those named as the program's.
        folder: where surrogate, exports and report are written.
        splits: how often measurements are divided, to say how the error falls with their
            number; 0 leaves that out.
        timing: whether the original may run natively to be timed.
        export: names of the formats that are written into the folder, as in ["python",
            "cpp"]; C always is. By default C, and ONNX where its tools are.
        domain: name -> (lo, hi) of the program's inputs; by default what the
            measurements span.
        where: conditions between inputs, as "a < b"; the program is compiled where all
            hold.
        variables: ranges of file-level variables that are inputs.
        function, out, arrays, fix, include, defines: how C text is read, as of
            `nsc.compile`.
        options: fields of `CompileOptions`: budget, seed, topology, ...

    Returns:
        A Surrogate, callable on `n i` arrays; `.report` is the report. Of one that
        learns in its own way the same kind, callable on its inputs.

    Raises:
        InputError: a missing column, cells that are no numbers, too few rows, rows
            outside the program's domain.
        OracleError: the program fails on part of its domain.

    Example:
        >>> surrogate = nsc.adapt("drag.c", "measured.csv", outputs=["drag"])
    """
    stated = {
        "function": function,
        "domain": domain,
        "where": where,
        "out": out,
        "arrays": arrays,
        "fix": fix,
        "inputs": variables,
        "include": include,
        "defines": defines,
    }
    columns = (as_texts("inputs", inputs), as_texts("outputs", outputs))
    target = None if folder is None else Path(folder)
    if is_learner(source):
        return adapt_own_way(
            source,
            data,
            columns,
            target,
            splits=splits,
            seed=options.pop("seed", 0),
            others={
                k: v
                for k, v in {**stated, **options, "export": export}.items()
                if v
            },
        )
    _expect_options(options)
    expect_folder(folder, export)
    own = {"timing": timing, "splits": splits, "export": export}
    options = {**options, **own}
    return adapted(source, data, columns, stated, options, target)


def _expect_options(options: Mapping[str, Any]) -> None:
    known = [field.name for field in fields(CompileOptions)]
    wrong = [name for name in options if name not in known]
    if wrong:
        raise InputError(
            f"nsc.adapt takes no '{wrong[0]}'; of options it has {', '.join(known)}"
        )


def adapted(
    source: Any,
    data: Any,
    columns: Columns,
    stated: Mapping[str, Any],
    options: Mapping[str, Any],
    folder: Path | None,
    telling: Telling = Telling(),
) -> Surrogate:
    """Adapt; see `adapt`.

    Args:
        columns: those that are inputs and those that are outputs.
        stated: how a program is read, by argument.
        options: fields of `CompileOptions`, `splits`, `timing` and `export`.
    """
    started = time.perf_counter()
    options = dict(options)
    splits = options.pop("splits")
    timing = options.pop("timing")
    export = ExportOptions(formats=options.pop("export"))
    chosen = CompileOptions(**options)
    if chosen.text_only:
        raise InputError(
            "text_only must be left out with measurements, which a program that cannot"
            " run is not compared with"
        )
    _check_splits(splits)
    if folder is not None:
        check_writable(folder, RESULT_FILES)
    given = {k: v for k, v in stated.items() if v}
    found = source_of(source, columns[0], given, chosen)
    told = {"progress": telling.progress, "announce": telling.announce}
    task = _task(
        found, Data(data), columns, chosen, folder, timing=timing, **told
    )
    files = AdaptedFiles(folder, export.formats)
    return _adapted(task, chosen, splits, files, telling, started)


def _check_splits(splits: int) -> None:
    if not isinstance(splits, int) or not 0 <= splits <= MOST_SPLITS:
        raise InputError(
            f"splits must be from 0 to {MOST_SPLITS}; found {splits!r}"
        )


def _task(
    source: Source,
    data: Data,
    columns: Columns,
    options: CompileOptions,
    folder: Path | None,
    **told: Any,
) -> _Task:
    """Match measurements with a program, and compile it if it is not yet.

    All that can be wrong with the measurements is found before anything is compiled.
    """
    inputs = match_inputs(data, source.name, source.inputs, columns[0])
    spanned = ranges_in(data, inputs, source.inputs)
    more = {k: v for k, v in spanned.items() if k not in source.stated}
    if source.program is None:
        surrogate = source.surrogate
        assert surrogate is not None, "it is one or the other"
        program = None
        ends = (surrogate.lo, surrogate.hi)
        own = surrogate.output_names
        advice = (
            "compile its program over more, as in {domain}, and adapt that"
        )
    else:
        expect_varying(more, data.path)
        program = source.program(more)
        ends = (np.array(program.domain.lo), np.array(program.domain.hi))
        own = tuple(leaf.name for leaf in program.signature.outputs)
        advice = "give {domain}"
    outputs = match_outputs(data, source.name, own, columns[1], inputs.all)
    expect_inside(data, inputs, source.inputs, ends, advice)
    if program is not None:
        expect_drawn(data, inputs, program)
    rows = measurements_of(data, inputs, outputs)
    known = ready(source, program, options, folder=folder, **told)
    return _Task(source, known, data, inputs, outputs, rows)


def _adapted(
    task: _Task,
    options: CompileOptions,
    splits: int,
    files: AdaptedFiles,
    telling: Telling,
    started: float,
) -> Surrogate:
    """Adapt each output, and write what comes of it."""
    template = _template(task)
    named = program_like(template, Path(task.source.name).stem or "program")
    expect_exportable(files.formats, named, None)
    x = task.rows.x
    u = template.normalise(x)
    own = len(task.source.inputs)
    says = task.known.says(x[:, :own])[:, list(task.outputs.numbers)]
    found: list[Adaptation] = []
    members: list[Member] = []
    for k, number in enumerate(task.outputs.numbers):
        program = _network_of(task.known.surrogate, number, x.shape[1])
        problem = Problem(u, task.rows.y[:, k], program, says[:, k])
        adaptation = surrogate_adaptation(
            problem,
            seed=options.seed,
            splits=splits,
            progress=telling.progress,
        )
        found.append(adaptation)
        members.append(
            Member(adaptation.network.topology, adaptation.network.w)
        )
    surrogate = replace(template, members=tuple(members))
    networks = task.known.surrogate.networks(x[:, :own])
    apart = networks[:, list(task.outputs.numbers)] - says
    facts = _facts(task, apart, options, telling.put)
    report = described(facts, found, seed=options.seed)
    return written_adapted(surrogate, report, x, files, started)


def _facts(
    task: _Task,
    apart: np.ndarray,
    options: CompileOptions,
    put: Callable[[str], str],
) -> Described:
    """Say what was adapted to what."""
    renamed = [
        f"column '{column}' is the program's '{name}'"
        for name, column in zip(
            task.source.inputs, task.inputs.own, strict=True
        )
        if name != column
    ]
    outputs = task.known.surrogate.output_names
    renamed += [
        f"column '{column}' is the program's '{outputs[number]}'"
        for column, number in zip(
            task.outputs.names, task.outputs.numbers, strict=True
        )
        if column != outputs[number] and len(outputs) > 1
    ]
    return Described(
        program=task.source.name,
        data=task.data.path,
        n_rows=task.rows.n_rows,
        n_measurements=len(task.rows.x),
        inputs=task.inputs.all,
        extra=task.inputs.extra,
        outputs=task.outputs.names,
        runs=task.known.runs,
        seed=options.seed,
        surrogate_error=tuple(np.sqrt((apart**2).mean(axis=0)).tolist()),
        noise=None if task.rows.noise is None else tuple(task.rows.noise),
        notes=(
            *(f"the program's surrogate: {put(n)}" for n in task.known.notes),
            *renamed,
            *task.rows.notes,
        ),
    )


def _template(task: _Task) -> Surrogate:
    """Return the adapted surrogate's box and names, without networks."""
    known = task.known.surrogate
    extra = task.rows.x[:, len(task.source.inputs) :]
    names, _ = c_names([*task.inputs.all, *task.outputs.names])
    count = len(task.inputs.all)
    return Surrogate(
        members=(),
        lo=np.concatenate([known.lo, extra.min(axis=0)]),
        hi=np.concatenate([known.hi, extra.max(axis=0)]),
        input_names=tuple(names[:count]),
        output_names=tuple(names[count:]),
    )


def _network_of(surrogate: Surrogate, number: int, inputs: int) -> Network:
    """Return one output as a network of all inputs; new ones have no effect."""
    for member in surrogate.members:
        if number < member.topology.n_outputs:
            return _one_output(member, number, surrogate, inputs)
        number -= member.topology.n_outputs
    raise AssertionError("every output is some member's")


def _one_output(
    member: Member, number: int, surrogate: Surrogate, inputs: int
) -> Network:
    whole = member.topology
    layers = whole.layers(member.w)
    weight, bias = layers[-1]
    layers[-1] = (weight[[number]], bias[[number]])
    topology = Topology((*whole.widths[:-1], 1), whole.activation)
    w, topology = resize_inputs(
        topology.join(layers), topology, len(surrogate.lo)
    )
    w, topology = resize_inputs(w, topology, inputs)
    return Network(topology, w)
