"""`nsc optimize`: its flags, and what they make of it.

In: flags. Out: what was found, printed. Non-goals: optimising.
"""

from __future__ import annotations

import json
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
    Fix,
    Folder,
    Function,
    Include,
    Input,
    Json,
    Native,
    Out,
    Seed,
    Workers,
    lengths,
    macros,
    names,
)
from nsc.app.flags import flags_of, in_flags
from nsc.app.terminal import console
from nsc.errors import InputError

Objective = Annotated[
    list[str] | None,
    typer.Option(
        metavar="y,z",
        help="Outputs that are to be least; of several, a front.",
    ),
]
Greatest = Annotated[
    list[str] | None,
    typer.Option(metavar="y,z", help="Outputs that are to be greatest."),
]
Conditions = Annotated[
    list[str] | None,
    typer.Option(metavar="'g <= 0'", help="Condition on inputs and outputs."),
]
Tuned = Annotated[
    str,
    typer.Option(
        metavar="p=LO:HI,n=int:LO:HI",
        help="Constants and inputs that are searched; default all inputs.",
    ),
]
Measured = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.csv",
        help="Measurements that --tune is fitted to (.csv, .parquet, .npz).",
    ),
]


def optimize(
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
    minimize: Objective = None,
    maximize: Greatest = None,
    subject_to: Conditions = None,
    tune: Tuned = "",
    fit: Measured = None,
    start: Annotated[
        str,
        typer.Option(
            metavar="x=1,y=2", help="Inputs that run first, as they are today."
        ),
    ] = "",
    runs: Annotated[
        int, typer.Option(help="Of the program; of --fit, on all rows each.")
    ] = 200,
    batch: Annotated[
        int, typer.Option(help="Runs that are chosen, and run, together.")
    ] = 1,
    domain: Annotated[
        str,
        typer.Option(
            metavar="x=LO:HI,...",
            help="Ranges that are searched; log:LO:HI by logarithms.",
        ),
    ] = "",
    out: Out = "",
    include: Include = None,
    define: Define = None,
    array: Array = "",
    fix: Fix = "",
    input_: Input = "",
    inputs: Annotated[
        str,
        typer.Option(
            metavar="a=LO:HI,n=int:LO:HI", help="Of a command, with ranges."
        ),
    ] = "",
    outputs: Annotated[
        str, typer.Option(metavar="y,z", help="Outputs of a command.")
    ] = "",
    command: CommandLine = "",
    server: ServerLine = "",
    format_: Format = "auto",
    pattern: Patterns = None,
    retries: Retries = 0,
    call_limit: CallLimit = 10.0,
    workers: Workers = None,
    native: Native = False,
    seed: Seed = 0,
    json_: Json = False,
) -> None:
    """Find the inputs, or constants, that make an output least, by few runs.

    Example: nsc optimize examples/dear/projectile.c --maximize return --domain ... -o out/
    Example: nsc optimize sim.c --tune GRAVITY=9:10,STEPS=int:1:8 --fit measured.csv
    Example: nsc optimize --command './sim {a}' --inputs a=0:1 --outputs y --runs 50
    """
    run = CommandFlags(command, server, format_, tuple(pattern or ()), retries)
    of_text = {
        "function": function,
        "domain": domain,
        "out": out,
        "array": array,
        "fix": fix,
        "input_": input_,
        "include": include,
        "define": define,
    }
    source, reading = _source(
        files or [], run, of_text, (inputs, outputs), call_limit
    )
    wanted = {
        "minimize": names(",".join(minimize or [])),
        "maximize": names(",".join(maximize or [])),
        "subject_to": subject_to or [],
        "tune": _tuned(tune),
        "fit": fit,
        "start": _started(start),
        "runs": runs,
        "batch": batch,
        "folder": folder,
        "seed": seed,
        "workers": workers,
        "call_limit": call_limit,
        "native": native,
    }
    put = partial(in_flags, flags=flags_of(context.find_root().command))
    _print(source, reading | wanted, folder, put=put, as_json=json_)


def _tuned(text: str) -> dict[str, Any] | None:
    from nsc.app.commands import read_inputs

    return read_inputs(text, "tune") if text else None


def _started(text: str) -> dict[str, float]:
    from nsc.program import parse_fixed

    return parse_fixed(text, "start")


def _source(
    files: list[Path],
    run: CommandFlags,
    of_text: dict[str, Any],
    columns: tuple[str, str],
    call_limit: float,
) -> tuple[Any, dict[str, Any]]:
    """Return what is optimised, and how it is read."""
    from nsc.program import parse_fixed, parse_ranges

    run.check({"files": files, **of_text})
    if run:
        program = run.program(columns[0], names(columns[1]), call_limit)
        return program, {}
    if not files:
        raise InputError(
            "optimize needs a C file, or a command (nsc optimize --command './sim {a}'"
            " --inputs a=0:1 --outputs y)"
        )
    if any(columns):
        raise InputError(
            "--inputs and --outputs are for --command, which is not given"
        )
    return files[0], {
        "others": files[1:],
        "function": of_text["function"],
        "domain": parse_ranges(of_text["domain"]),
        "out": names(of_text["out"]),
        "arrays": lengths(of_text["array"]),
        "fix": parse_fixed(of_text["fix"]),
        "inputs": parse_ranges(of_text["input_"], "inputs"),
        "include": of_text["include"] or [],
        "defines": macros(of_text["define"]),
    }


def _print(
    source: Any,
    given: dict[str, Any],
    folder: Path,
    *,
    put: Any,
    as_json: bool,
) -> None:
    """Optimise, and print what was found."""
    from nsc.app.optimize_api import optimize as optimized
    from nsc.report import (
        console_progress,
        optimization_json,
        optimization_text,
    )

    with console_progress(console(stderr=True)) as progress:
        found = optimized(source, progress=progress, put=put, **given)
    if as_json:
        print(json.dumps(optimization_json(found.report), indent=2))
        return
    print(optimization_text(found.report))
    print(f"  written to {folder}: {', '.join(found.report.files)}")
