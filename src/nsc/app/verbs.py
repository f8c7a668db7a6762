"""The verbs: thin, over the library.

In: argv. Out: an exit code and a message. Non-goals: any logic of its own, signals
(cli). Verbs import what they need themselves, so that `nsc --help` is fast.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

import nsc
from nsc.app.bench_cli import bench, report
from nsc.app.compile_sources import (
    Data,
    DataInputs,
    DataOutputs,
    check_sources,
    compile_files,
    compile_rows,
    first_rows,
)
from nsc.app.data_cli import data_app
from nsc.app.flags import flags_of, in_flags
from nsc.app.release_cli import release_data, release_weights
from nsc.app.runs_cli import runs
from nsc.app.terminal import console
from nsc.app.train_cli import evaluate, train
from nsc.errors import InputError, NscError

if TYPE_CHECKING:
    from nsc.program import FunctionOverview
    from nsc.report import DraftReport, FunctionLine, Report

# the parser's own base of all wrong command lines; typer does not export it
_USAGE_ERROR = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[2])

MAX_DIGITS = 9  # of a length

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=(
        "nsc, a neural surrogate compiler: C text in, a verified small neural network"
        " out."
    ),
    pretty_exceptions_enable=False,
)

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A C file.", show_default=False)
]
Include = Annotated[
    list[Path] | None,
    typer.Option(
        "-I",
        "--include",
        metavar="DIR",
        help="Where the file's own headers are.",
    ),
]
Define = Annotated[
    list[str] | None,
    typer.Option(
        "-D", "--define", metavar="NAME=VALUE", help="Define a macro first."
    ),
]
Out = Annotated[
    str, typer.Option(metavar="re,im", help="Parameters that are outputs.")
]
Array = Annotated[
    str, typer.Option(metavar="v=N,...", help="Elements behind a pointer.")
]
Fix = Annotated[
    str,
    typer.Option(metavar="n=VALUE,...", help="Inputs that have one value."),
]
Input = Annotated[
    str,
    typer.Option(
        "--input",
        metavar="g=LO:HI,...",
        help="File-level variables as inputs.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON alone on stdout.")
]


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        print(f"nsc {nsc.__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """Take what stands before a verb."""


@app.command()
def show(
    file: File,
    include: Include = None,
    define: Define = None,
    array: Array = "",
    out: Out = "",
    fix: Fix = "",
    input_: Input = "",
    json_: Json = False,
) -> None:
    """Print the functions of a C file, and why each can or cannot become a surrogate.

    Example: nsc show examples/blackscholes.c
    """
    from nsc.app.sources import header_reader, read_source
    from nsc.program import Asked, list_functions, parse_fixed, parse_ranges
    from nsc.report import functions_text

    path = str(file)
    headers = header_reader(file, include or [])
    inputs = parse_ranges(input_, "inputs")
    listed = list_functions(
        read_source(file),
        path=path,
        include=headers,
        defines=_macros(define),
        asked=Asked(_names(out), _lengths(array), parse_fixed(fix), inputs),
    )
    functions = [_in_flags(f) for f in listed]
    before = [word for folder in include or [] for word in ("-I", str(folder))]
    before += [word for macro in define or [] for word in ("-D", macro)]
    if json_:
        print(
            json.dumps([f.as_json(path, before) for f in functions], indent=2)
        )
    else:
        lines = [_line(f, path, before) for f in functions]
        console().print(functions_text(lines, path), soft_wrap=True)


def _in_flags(f: FunctionOverview) -> FunctionOverview:
    """Say with flags what to do about a function."""
    flags = flags_of(app)
    problems = tuple(
        replace(problem, message=in_flags(problem.message, flags))
        for problem in f.problems
    )
    notes = tuple(in_flags(note, flags) for note in f.notes)
    return replace(f, problems=problems, notes=notes)


def _line(
    f: FunctionOverview, path: str, before: Sequence[str]
) -> FunctionLine:
    """Return what is listed of a function."""
    from nsc.report import FunctionLine

    signature = f.signature
    return FunctionLine(
        f.name,
        f.line,
        prototype=signature.prototype if signature else None,
        inputs=tuple(leaf.name for leaf in signature.inputs)
        if signature
        else (),
        outputs=tuple(leaf.name for leaf in signature.outputs)
        if signature
        else (),
        closure_functions=f.closure_functions,
        closure_lines=f.closure_lines,
        problems=tuple(problem.located(path) for problem in f.problems),
        command=f.command(path, before),
        notes=f.notes,
    )


@app.command("compile")
def compile_(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...",
            help="A C file, and others that define what it calls.",
            show_default=False,
        ),
    ] = None,
    folder: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", help="Where to write."),
    ] = Path("out"),
    function: Annotated[
        str | None,
        typer.Option("-f", "--function", help="Which function of the file."),
    ] = None,
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
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'a < b'", help="Condition that all inputs fulfil."
        ),
    ] = None,
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
    initial: Annotated[
        str,
        typer.Option(
            help="auto, compnet (the text), distill (runs first), random; baselines:"
            " pretrained, maml, nearest."
        ),
    ] = "auto",
    optimizer: Annotated[str, typer.Option(help="lm or adam.")] = "lm",
    topology: Annotated[
        str | None, typer.Option(metavar="9-4-4-1", help="Layer widths.")
    ] = None,
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
    call_limit: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", help="That a call of the program may take."
        ),
    ] = 10.0,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes for dear runs; default one a core."),
    ] = None,
    drop_in: Annotated[
        bool, typer.Option("--drop-in", help="Give the C the original's name.")
    ] = False,
    guard: Annotated[
        bool,
        typer.Option("--guard", help="Call the original outside the domain."),
    ] = False,
    text_only: Annotated[
        bool,
        typer.Option(
            "--text-only", help="Run and verify nothing; guess missing bodies."
        ),
    ] = False,
    timing: Annotated[
        bool,
        typer.Option(
            "--timing/--no-timing",
            help="Run the original natively to time it.",
        ),
    ] = True,
    twins: Annotated[
        bool,
        typer.Option(
            "--twins/--no-twins",
            help="Learn from coarser programs, where the program is dear.",
        ),
    ] = True,
    seed: Annotated[
        int, typer.Option(help="The same seed gives the same bits.")
    ] = 0,
    json_: Json = False,
) -> None:
    """Compile a C function into a verified neural surrogate.

    Example: nsc compile examples/sobel.c --budget 1024 -o out/
    Example: nsc compile partial.c --text-only -o out/
    Example: nsc compile a.c b.c -I include --function f
    Example: nsc compile --data runs.csv --inputs a,b --outputs y -o out/
    Example: nsc compile sim.c --data runs.csv --outputs drag
    """
    from nsc.app.options import CompileOptions, ExportOptions
    from nsc.report import console_progress

    check_sources(files, data, inputs + outputs)
    options = CompileOptions(
        budget=_budget(budget, text_only),
        seed=seed,
        initial=initial,
        optimizer=optimizer,
        topology=topology,
        activation=activation,
        split=split,
        target_error=target_error,
        time_limit=time_limit,
        verification=verification,
        call_limit=call_limit,
        workers=workers,
        text_only=text_only,
        twins=twins,
    )
    reading = _reading(function, domain, out, array, fix, input_, define)
    with console_progress(console(stderr=True)) as progress:
        both = {
            "export": ExportOptions(drop_in, guard),
            "progress": progress,
            "put": partial(in_flags, flags=flags_of(app)),
        }
        columns = {"inputs": _names(inputs), "outputs": _names(outputs)}
        if data is not None and not files:
            both |= {**columns, "budget": budget, "reading": reading}
            report = compile_rows(data, folder, options, **both)
        else:
            rows = first_rows(data, columns)
            beside = (files or [], include, compile_commands, timing)
            both |= reading | {"where": where or (), "sample": sample}
            report = compile_files(beside, folder, options, rows, both)
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
        "out": _names(out),
        "arrays": _lengths(array),
        "fix": parse_fixed(fix),
        "inputs": parse_ranges(input_, "inputs"),
        "defines": _macros(define),
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


app.command()(runs)
app.command()(train)
app.command()(evaluate)
app.command()(bench)
app.command()(report)
data_app.command("release")(release_data)
app.add_typer(data_app, name="data")
app.command("release-weights")(release_weights)


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _lengths(text: str) -> dict[str, int]:
    found = {}
    for part in _names(text):
        name, _, length = part.partition("=")
        # int() refuses thousands of digits
        is_number = length.isdecimal() and len(length) <= MAX_DIGITS
        if not is_number or int(length) < 1:
            raise InputError(
                f"--array expects NAME=N, separated by commas; found '{part[:60]}'"
            )
        found[name.strip()] = int(length)
    return found


def _macros(given: list[str] | None) -> dict[str, str]:
    found = {}
    for part in given or []:
        name, equals, value = part.partition("=")
        if not name.isidentifier():
            raise InputError(f"-D expects NAME or NAME=VALUE; found '{part}'")
        found[name] = value if equals else "1"
    return found


def run_verb(words: list[str] | None) -> tuple[int, str]:
    """Run a verb; an expected failure is one clear message.

    Args:
        words: what stands after `nsc`; None is this process's own.

    Returns:
        (exit code, message or "")
    """
    try:
        code = app(args=words, standalone_mode=False, prog_name="nsc")
        # a number where the parser ended it: 130 after Ctrl-C
        return (code if isinstance(code, int) else 0), ""
    except NscError as error:
        return 2, f"nsc: {in_flags(str(error), flags_of(app))}"
    except _USAGE_ERROR as error:
        error.show()
        return 2, ""
    except typer.Exit as stop:
        return stop.exit_code, ""
    except typer.Abort:
        return 130, ""
    except MemoryError:
        return 1, "nsc: this machine has too little memory for that"
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return 2, f"nsc: {where}{error.strerror or error}"
