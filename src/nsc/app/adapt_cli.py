"""`nsc adapt`: its flags, and what they make of it.

In: flags. Out: a report, printed. Non-goals: adapting.
"""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from nsc.app.command_cli import (
    CommandFlags,
    CommandLine,
    Format,
    Patterns,
    Retries,
    ServerLine,
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


def adapt(
    context: typer.Context,
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="PROGRAM|SURROGATE",
            help="A C file, a surrogate.safetensors, or its folder.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Measurements of the real thing (.csv, .parquet, .npz).",
        ),
    ] = None,
    folder: Folder = Path("out"),
    inputs: Annotated[
        str,
        typer.Option(
            metavar="a,b",
            help="Columns of --data; also ones that the program does not know."
            " Of a command with ranges: a=0:1,b.",
        ),
    ] = "",
    outputs: Annotated[
        str,
        typer.Option(metavar="y,z", help="Columns of --data with outputs."),
    ] = "",
    function: Function = None,
    budget: Annotated[
        int, typer.Option(help="Runs of the program to compile it first.")
    ] = 1024,
    domain: Annotated[
        str,
        typer.Option(
            metavar="x=LO:HI,...",
            help="Ranges of the program's inputs; default what --data spans.",
        ),
    ] = "",
    where: Where = None,
    out: Out = "",
    include: Include = None,
    define: Define = None,
    array: Array = "",
    fix: Fix = "",
    input_: Input = "",
    command: CommandLine = "",
    server: ServerLine = "",
    format_: Format = "auto",
    pattern: Patterns = None,
    retries: Retries = 0,
    topology: Widths = None,
    splits: Annotated[
        int,
        typer.Option(
            help="Random splits for the error against the number of measurements; 0"
            " leaves it out."
        ),
    ] = 5,
    call_limit: CallLimit = 10.0,
    workers: Workers = None,
    export: Export = None,
    timing: Timing = True,
    seed: Seed = 0,
    json_: Json = False,
) -> None:
    """Adapt a program, or its surrogate, to measurements of the real thing.

    Example: nsc adapt drag.c --data measured.csv --outputs drag -o out/
    Example: nsc adapt out/surrogate.safetensors --data measured.csv --outputs y
    Example: nsc adapt --command './sim {a}' --data m.csv --inputs a,temp --outputs y
    """
    from nsc.program import parse_fixed, parse_ranges

    run = CommandFlags(command, server, format_, tuple(pattern or ()), retries)
    reading = {
        "out": names(out),
        "arrays": lengths(array),
        "fix": parse_fixed(fix),
        "inputs": parse_ranges(input_, "inputs"),
        "defines": macros(define),
        "include": include,
    }
    reading |= {
        "function": function,
        "domain": parse_ranges(domain),
        "where": where or (),
    }
    put = partial(in_flags, flags=flags_of(context.find_root().command))
    options = {
        "budget": budget,
        "topology": topology,
        "call_limit": call_limit,
        "workers": workers,
        "seed": seed,
        "timing": timing,
        "splits": splits,
        "export": export,
    }
    found = _adapted(
        (source, data, folder), run, (inputs, outputs), reading, put, options
    )
    _print(found, folder, json_)


def _adapted(
    paths: tuple[Path | None, Path | None, Path],
    run: CommandFlags,
    columns: tuple[str, str],
    stated: dict[str, Any],
    put: Any,
    options: dict[str, Any],
) -> dict[str, Any]:
    """Adapt what was named; returns the report."""
    from nsc.app.adapt_api import Telling, adapted
    from nsc.report import console_progress

    source, data, folder = paths
    if data is None:
        raise InputError(
            "adapt needs measurements: nsc adapt drag.c --data measured.csv --outputs"
            " drag"
        )
    own = {k: v for k, v in stated.items() if k != "where"}
    run.check({"files": source, **own})
    if source is None and not run:
        raise InputError(
            "adapt needs a program or a surrogate: nsc adapt drag.c --data measured.csv"
        )
    given: Any = source
    inputs = names(columns[0])
    if run:
        given, inputs = _command(run, columns, data, options["call_limit"])
    screen = console(stderr=True)
    with console_progress(screen) as progress:
        announce = partial(screen.print, markup=False, highlight=False)
        surrogate = adapted(
            given,
            data,
            (tuple(inputs), tuple(names(columns[1]))),
            stated,
            options,
            folder,
            Telling(progress, announce, put),
        )
    return surrogate.report or {}


def _command(
    run: CommandFlags,
    columns: tuple[str, str],
    data: Path,
    call_limit: float,
) -> tuple[Any, list[str]]:
    """Make a Program of a command, with ranges from the measurements where none are said.

    Returns:
        The program, and the columns that are inputs.
    """
    from nsc.app.adapt_rows import Data, InputColumns, ranges_in
    from nsc.app.adapt_source import expect_varying

    parts = names(columns[0])
    given = [part.partition("=")[0].strip() for part in parts]
    if not parts or not columns[1]:
        raise InputError(
            "a command needs --inputs and --outputs, which name columns: --inputs a,b"
            " --outputs drag"
        )
    own = [
        name
        for name, part in zip(given, parts, strict=True)
        if "=" in part or re.search(rf"\{{{re.escape(name)}\b", run.once)
    ]
    plain = [
        n for n, part in zip(given, parts, strict=True) if "=" not in part
    ]
    spanned = [name for name in own if name in plain]
    ranges = ranges_in(Data(data), InputColumns(tuple(spanned), ()), spanned)
    expect_varying(ranges, str(data))
    said = [part for part in parts if "=" in part]
    said += [f"{name}={lo!r}:{hi!r}" for name, (lo, hi) in ranges.items()]
    program = run.program(",".join(said), names(columns[1]), call_limit)
    return program, given


def _print(report: dict[str, Any], folder: Path, as_json: bool) -> None:
    from nsc.app.adapt_report import summary

    if as_json:
        print(json.dumps(report, indent=2))
    else:
        console().print(summary(report, folder), soft_wrap=True)
