"""`nsc compile`: its flags, and what they make of it.

In: flags. Out: a report, printed. Non-goals: compiling.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nsc.app.command_cli import (
    CommandFlags,
    CommandLine,
    Format,
    Patterns,
    Retries,
    ServerLine,
)
from nsc.app.compile_sources import (
    Data,
    DataInputs,
    DataOutputs,
    OfC,
    Sources,
)
from nsc.app.flag_types import (
    Array,
    CallLimit,
    Define,
    Export,
    Fix,
    Folder,
    Function,
    Include,
    Input,
    Json,
    Native,
    Out,
    Seed,
    Timing,
    Where,
    Widths,
    Workers,
    lengths,
    macros,
    names,
)
from nsc.app.flags import flags_of, in_flags
from nsc.app.terminal import console
from nsc.errors import InputError

if TYPE_CHECKING:
    from nsc.report import DraftReport, Report


def compile_(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...",
            help="A C file, and others that define what it calls.",
            show_default=False,
        ),
    ] = None,
    folder: Folder = Path("out"),
    function: Function = None,
    budget: Annotated[
        int | None,
        typer.Option(
            help="I/O pairs to learn from; 0 is zero-shot, default 1024."
        ),
    ] = None,
    domain: Annotated[
        str,
        typer.Option(
            metavar="x=LO:HI,...",
            help="Input ranges; default -1:1; log:LO:HI is log-uniform.",
        ),
    ] = "",
    where: Where = None,
    sample: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Inputs to draw from: .csv, .parquet or .npz.",
        ),
    ] = None,
    out: Out = "",
    include: Include = None,
    define: Define = None,
    compile_commands: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            help="A compilation database: headers, macros and other files.",
        ),
    ] = None,
    array: Array = "",
    fix: Fix = "",
    input_: Input = "",
    data: Data = None,
    inputs: DataInputs = "",
    outputs: DataOutputs = "",
    command: CommandLine = "",
    server: ServerLine = "",
    format_: Format = "auto",
    pattern: Patterns = None,
    retries: Retries = 0,
    initial: Annotated[
        str,
        typer.Option(
            help="auto, compnet (the text), distill (runs first), random; baselines:"
            " pretrained, maml, nearest."
        ),
    ] = "auto",
    optimizer: Annotated[str, typer.Option(help="lm or adam.")] = "lm",
    topology: Widths = None,
    prefer: Annotated[
        str, typer.Option(help="accuracy or speed, where widths are chosen.")
    ] = "accuracy",
    max_ns: Annotated[
        float | None, typer.Option(help="What a call may take, about.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what a simple fit beats.")
    ] = False,
    error_bars: Annotated[
        bool,
        typer.Option(
            "--error-bars", help="Learn how unsure it is; more networks."
        ),
    ] = False,
    activation: Annotated[
        str, typer.Option(help="sigmoid, tanh or relu.")
    ] = "sigmoid",
    split: Annotated[
        bool, typer.Option("--split", help="One network per output.")
    ] = False,
    target_error: Annotated[
        float | None, typer.Option(help="Rmse to reach, in output units.")
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", help="After which a target error is given up."
        ),
    ] = None,
    verification: Annotated[
        int | None,
        typer.Option(
            help="Fresh inputs to verify on; default 4096, fewer where runs are dear."
        ),
    ] = None,
    call_limit: CallLimit = 10.0,
    workers: Workers = None,
    sampling: Annotated[
        str,
        typer.Option(
            help="Of inputs to learn from: uniform, sobol, adaptive."
        ),
    ] = "uniform",
    executor: Annotated[
        str, typer.Option(help="Of dear runs: process, or ray (a cluster).")
    ] = "process",
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="Of a Ray cluster; default local."
        ),
    ] = None,
    native: Native = False,
    learn: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Replace this function that it calls; keep the rest exact.",
        ),
    ] = None,
    drop_in: Annotated[
        bool, typer.Option("--drop-in", help="Give the C the original's name.")
    ] = False,
    guard: Annotated[
        bool,
        typer.Option("--guard", help="Call the original outside the domain."),
    ] = False,
    outside: Annotated[
        str | None,
        typer.Option(
            "--outside",
            metavar="POLICY",
            help="Of inputs outside the domain: warn, raise, clip, nan, original.",
        ),
    ] = None,
    export: Export = None,
    openmp: Annotated[
        bool,
        typer.Option("--openmp", help="Let C's batches use OpenMP's threads."),
    ] = False,
    gradient: Annotated[
        bool,
        typer.Option("--gradient", help="Write derivatives in C, too."),
    ] = False,
    text_only: Annotated[
        bool,
        typer.Option(
            "--text-only", help="Run and verify nothing; guess missing bodies."
        ),
    ] = False,
    timing: Timing = True,
    twins: Annotated[
        bool,
        typer.Option(
            "--twins/--no-twins",
            help="Learn from coarser programs, where the program is dear.",
        ),
    ] = True,
    seed: Seed = 0,
    json_: Json = False,
) -> None:
    """Compile a C function into a verified neural surrogate.

    Example: nsc compile examples/sobel.c --budget 1024 -o out/
    Example: nsc compile a.c b.c -I include --function f
    Example: nsc compile --data runs.csv --inputs a,b --outputs y -o out/
    Example: nsc compile sim.c --data runs.csv --outputs drag
    Example: nsc compile orbit.c --function orbit --learn kepler -o out/
    Example: nsc compile --command './sim --re {re}' --inputs re=1e3:1e5 --outputs drag
    """
    from nsc.app.options import CompileOptions, ExportOptions
    from nsc.report import console_progress

    run = CommandFlags(command, server, format_, tuple(pattern or ()), retries)
    options = CompileOptions(
        budget=_budget(budget, text_only),
        seed=seed,
        initial=initial,
        optimizer=optimizer,
        topology=topology,
        prefer=prefer,
        max_ns=max_ns,
        strict=strict,
        error_bars=error_bars,
        activation=activation,
        split=split,
        target_error=target_error,
        time_limit=time_limit,
        verification=verification,
        call_limit=call_limit,
        workers=workers,
        sampling=sampling,
        executor=executor,
        address=address,
        native=native,
        text_only=text_only,
        twins=twins,
    )
    reading = _reading(function, domain, out, array, fix, input_, define)
    of_c = OfC(include or (), compile_commands, timing, learn)
    sources = Sources(files or [], data, run, (inputs, outputs), of_c)
    drawn = {"where": where or (), "sample": sample}
    sources.check(reading | {"text_only": text_only}, drawn)
    put = partial(in_flags, flags=flags_of(context.find_root().command))
    exported = ExportOptions(drop_in, guard, openmp, gradient, outside, export)
    with console_progress(console(stderr=True)) as progress:
        how = {"export": exported, "progress": progress, "put": put}
        report = sources.compiled(folder, options, how, reading, drawn, budget)
    _print_report(report, folder, json_)


def _budget(given: int | None, text_only: bool) -> int:
    """Return the budget; none can be asked for where nothing is run."""
    from nsc.app.options import CompileOptions

    if given is None:
        return CompileOptions.budget
    if text_only:
        raise InputError(
            "--text-only runs nothing to learn from; leave out --budget"
        )
    return given


def _reading(
    function: str | None,
    domain: str,
    out: str,
    array: str,
    fix: str,
    input_: str,
    define: list[str] | None,
) -> dict:
    """Return what `parse_program` is to be told."""
    from nsc.program import parse_fixed, parse_ranges

    return {
        "function": function,
        "ranges": parse_ranges(domain),
        "out": names(out),
        "arrays": lengths(array),
        "fix": parse_fixed(fix),
        "inputs": parse_ranges(input_, "inputs"),
        "defines": macros(define),
    }


def _print_report(
    report: Report | DraftReport, folder: Path, as_json: bool
) -> None:
    from nsc.initial import measured
    from nsc.report import Report, console_summary, draft_summary, to_json

    if as_json:
        print(json.dumps(to_json(report), indent=2))
    elif isinstance(report, Report):
        starts = {row.name: row.words.console for row in measured()}
        console().print(console_summary(report, folder, starts=starts))
    else:
        console().print(draft_summary(report, folder))
