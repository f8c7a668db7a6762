"""The verbs: thin, over the library.

In: argv. Out: an exit code and a message. Non-goals: any logic of its own, signals
(cli). Verbs import what they need themselves, so that `nsc --help` is fast.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, cast

import typer

import nsc
from nsc.app.adapt_cli import adapt
from nsc.app.bench_cli import bench, report
from nsc.app.compile_cli import compile_
from nsc.app.data_cli import data_app
from nsc.app.flag_types import (
    Array,
    Define,
    File,
    Fix,
    Include,
    Input,
    Json,
    Out,
    lengths,
    macros,
    names,
)
from nsc.app.flags import flags_of, in_flags
from nsc.app.mca_cli import mca_app
from nsc.app.optimize_cli import optimize
from nsc.app.play_cli import play
from nsc.app.release_cli import release_data, release_weights
from nsc.app.runs_cli import runs
from nsc.app.terminal import console
from nsc.app.train_cli import evaluate, train
from nsc.errors import NscError

if TYPE_CHECKING:
    from nsc.program import FunctionOverview
    from nsc.report import FunctionLine

# the parser's own base of all wrong command lines; typer does not export it
_USAGE_ERROR = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[2])

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=(
        "nsc, a neural surrogate compiler: C text in, a verified small neural network"
        " out."
    ),
    pretty_exceptions_enable=False,
)


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
        defines=macros(define),
        asked=Asked(names(out), lengths(array), parse_fixed(fix), inputs),
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


app.command("compile")(compile_)
app.command()(adapt)
app.command()(optimize)
app.command()(play)
app.command()(runs)
app.command()(train)
app.command()(evaluate)
app.command()(bench)
app.command()(report)
data_app.command("release")(release_data)
app.add_typer(data_app, name="data")
app.add_typer(mca_app, name="mca")
app.command("release-weights")(release_weights)


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
