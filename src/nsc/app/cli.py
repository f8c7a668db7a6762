"""The command line: thin verbs over the library.

In: argv. Out: exit code (0 done, 2 bad input, 130 interrupted). Non-goals: any logic of
its own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nsc.app.data_cli import console, data_app
from nsc.errors import InputError, NscError

# the parser's own base of all wrong command lines
_USAGE_ERROR = typer.BadParameter.__mro__[2]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=(
        "nsc, a neural surrogate compiler: C text in, a verified small neural network"
        " out."
    ),
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data")

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A C file.", show_default=False)
]
Include = Annotated[
    list[Path] | None,
    typer.Option(
        "-I", "--include", metavar="DIR", help="Where the file's own headers are."
    ),
]
Define = Annotated[
    list[str] | None,
    typer.Option("-D", "--define", metavar="NAME=VALUE", help="Define a macro first."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on stdout.")]


@app.command()
def show(
    file: File, include: Include = None, define: Define = None, json_: Json = False
) -> None:
    """Print the functions of a C file, and why each can or cannot become a surrogate.

    Example: nsc show examples/blackscholes.c
    """
    from nsc.app.sources import header_reader, read_source
    from nsc.program import list_functions
    from nsc.report import functions_text

    headers = header_reader(file, include or [])
    functions = list_functions(
        read_source(file), path=str(file), include=headers, defines=_macros(define)
    )
    found = [f.as_json(str(file)) for f in functions]
    if json_:
        print(json.dumps(found, indent=2))
    else:
        console().print(functions_text(found, str(file)), soft_wrap=True)


@app.command("compile")
def compile_(
    file: File,
    folder: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Where to write.")
    ] = Path("out"),
    function: Annotated[
        str | None, typer.Option(help="Which function of the file.")
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(help="I/O pairs to learn from; 0 is zero-shot, default 1024."),
    ] = None,
    domain: Annotated[
        str, typer.Option(metavar="x=LO:HI,...", help="Input ranges; default -1:1.")
    ] = "",
    out: Annotated[
        str, typer.Option(metavar="re,im", help="Parameters that are outputs.")
    ] = "",
    include: Include = None,
    define: Define = None,
    array: Annotated[
        str, typer.Option(metavar="v=N,...", help="Elements behind a pointer.")
    ] = "",
    initial: Annotated[
        str,
        typer.Option(help="auto, compnet (the text), distill (runs first) or random."),
    ] = "auto",
    optimizer: Annotated[str, typer.Option(help="lm or adam.")] = "lm",
    topology: Annotated[
        str | None, typer.Option(metavar="9-4-4-1", help="Layer widths.")
    ] = None,
    activation: Annotated[str, typer.Option(help="sigmoid, tanh or relu.")] = "sigmoid",
    split: Annotated[
        bool, typer.Option("--split", help="One network per output.")
    ] = False,
    target_error: Annotated[
        float | None, typer.Option(help="Rmse to reach, in output units.")
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="After which a target error is given up."),
    ] = None,
    verification: Annotated[
        int, typer.Option(help="Fresh inputs to verify on.")
    ] = 4096,
    drop_in: Annotated[
        bool, typer.Option("--drop-in", help="Give the C the original's name.")
    ] = False,
    guard: Annotated[
        bool, typer.Option("--guard", help="Call the original outside the domain.")
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
            "--timing/--no-timing", help="Run the original natively to time it."
        ),
    ] = True,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bits.")] = 0,
    json_: Json = False,
) -> None:
    """Compile a C function into a verified neural surrogate.

    Example: nsc compile examples/sobel.c --budget 1024 -o out/
    Example: nsc compile partial.c --text-only -o out/
    """
    from nsc.app.api import compile_file
    from nsc.app.pipeline import CompileOptions
    from nsc.program import parse_ranges
    from nsc.report import console_progress, console_summary, draft_summary

    if text_only and budget is not None:
        raise InputError("--text-only runs nothing to learn from; leave out --budget")
    options = CompileOptions(
        budget=CompileOptions.budget if budget is None else budget,
        seed=seed,
        initial=initial,
        optimizer=optimizer,
        topology=topology,
        activation=activation,
        split=split,
        target_error=target_error,
        time_limit=time_limit,
        verification=verification,
        text_only=text_only,
    )
    reading = {
        "function": function,
        "ranges": parse_ranges(domain),
        "out": _names(out),
        "arrays": _lengths(array),
        "defines": _macros(define),
    }
    with console_progress(console(stderr=True)) as progress:
        report = compile_file(
            file,
            folder,
            options,
            include=include or [],
            drop_in=drop_in,
            guard=guard,
            timing=timing,
            progress=progress,
            **reading,
        )
    if json_:
        print(json.dumps(report, indent=2))
    else:
        summary = draft_summary if text_only else console_summary
        console().print(summary(report, folder))


@app.command()
def train(
    data: Annotated[
        Path, typer.Option(metavar="DIR", help="Record shards to train on.")
    ],
    folder: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Checkpoints and log.")
    ],
    steps: Annotated[
        int | None,
        typer.Option(help="Optimizer steps in all; for dag 10000 by default."),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="The same seed gives the same bits, on a CPU.")
    ] = 0,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 1,
    programs: Annotated[
        int | None, typer.Option(help="dag: grown from the records; 200000 by default.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="dag: processes that grow them; 2 by default.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(help="dag: that share each batch; 1 by default.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="dag: programs a step; 96 by default.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    bf16: Annotated[
        bool,
        typer.Option("--bf16", help="Multiply the encoder's matrices in bfloat16."),
    ] = False,
    encoder: Annotated[
        str, typer.Option(help="dag, the structured compiler, or bert, the papers'.")
    ] = "dag",
    profile: Annotated[
        str | None,
        typer.Option(help="bert: exestackcpn (9-4-4-1) or hybertnet (1-4-4-2)."),
    ] = None,
    bert: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="bert: a pretrained checkpoint, as transformers saves it.",
        ),
    ] = None,
    reads: Annotated[
        str | None, typer.Option(help="bert: text, as the papers, or dag, a control.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(help="bert: training time in all, kept across resumes."),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="bert: the papers' is 2e-5.")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(help="bert: constant, linear or cosine.")
    ] = None,
) -> None:
    """Train a CompNet; an interrupted run goes on where it stopped.

    Example: nsc train --data data/exestack/train -o data/run
    Example: nsc train --encoder bert --data data/exestack/train -o data/bert --seconds
    3600
    """
    from nsc.errors import MissingExtraError

    only_bert = {
        "profile": profile,
        "reads": reads,
        "seconds": seconds,
        "learning_rate": learning_rate,
        "schedule": schedule,
    }
    only_dag = {
        "programs": programs,
        "workers": workers,
        "processes": processes,
        "batch": batch,
    }
    unfit = {"dag": only_bert | {"bert": bert}, "bert": only_dag}
    _expect_options(encoder, unfit)
    fit = {"dag": only_dag, "bert": only_bert}[encoder] | {"steps": steps}
    given = {name: value for name, value in fit.items() if value is not None}
    given |= {"seed": seed, "threads": threads, "device": device, "bf16": bf16}
    try:
        path = (
            _train_bert(data, folder, bert, given)
            if encoder == "bert"
            else _train_dag(data, folder, given)
        )
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("torch", "train") from None
    if os.environ.get("RANK", "0") == "0":  # torchrun starts this several times
        print(path)


def _train_dag(data: Path, folder: Path, settings: dict) -> Path:
    from nsc.compnet.training import TrainConfig, train_compnet

    return train_compnet(data, folder, TrainConfig(**settings), progress=_print_row)


def _train_bert(
    data: Path, folder: Path, pretrained: Path | None, settings: dict
) -> Path:
    from nsc.compnet.bert.training import BertTrainConfig, train_bert

    return train_bert(
        data,
        folder,
        BertTrainConfig(**settings),
        pretrained=pretrained,
        progress=_print_row,
    )


def _expect_options(encoder: str, unfit: dict[str, dict]) -> None:
    """Refuse an unknown encoder, and options of another one."""
    if encoder not in unfit:
        raise InputError(f"--encoder expects dag or bert; found '{encoder}'")
    given = [name for name, value in unfit[encoder].items() if value is not None]
    if given:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        other = "bert" if encoder == "dag" else "dag"
        raise InputError(f"{options}: only with --encoder {other}")


def _print_row(row: dict) -> None:
    print(json.dumps(row), flush=True)


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Held-out record shards.")],
    compnet: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A checkpoint; default the shipped one."),
    ] = None,
    train_data: Annotated[
        Path | None,
        typer.Option(
            "--train", metavar="DIR", help="Leave out programs whose DAG occurs here."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the random initialisations.")] = 0,
) -> None:
    """Print a CompNet's zero-shot improvement over random initialisation, beside its
    controls.

    Example: nsc evaluate --data data/heldout --train data/train
    """
    from dataclasses import asdict

    from nsc.compnet import evaluate_compnet, load_compnet
    from nsc.record import read_fingerprints, read_records
    from nsc.report import evaluation_table

    known = read_fingerprints(train_data) if train_data else set()
    records = list(read_records(data))
    fresh = [r for r in records if r.dag is None or r.dag.fingerprint not in known]
    if known:
        print(
            f"{len(records) - len(fresh)} of {len(records)} programs left out: their"
            f" DAG occurs in {train_data}"
        )
    if not fresh:
        raise InputError(f"no program is left to evaluate in {data}")
    rows = evaluate_compnet(load_compnet(compnet), fresh, seed=seed)
    console().print(evaluation_table([asdict(row) for row in rows]))


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _lengths(text: str) -> dict[str, int]:
    found = {}
    for part in _names(text):
        name, _, length = part.partition("=")
        if not length.isdecimal() or int(length) < 1:
            raise InputError(
                f"--array expects NAME=N, separated by commas; found '{part}'"
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; expected failures print one clear
    message.
    """
    try:
        app(
            args=None if argv is None else list(argv),
            standalone_mode=False,
            prog_name="nsc",
        )
        return 0
    except NscError as error:
        print(f"nsc: {error}", file=sys.stderr)
        return 2
    except _USAGE_ERROR as error:
        error.show()
        return 2
    except typer.Exit as stop:
        return stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        print("nsc: interrupted; nothing was left half-written", file=sys.stderr)
        return 130


def script() -> None:
    """Entry point of the `nsc` command."""
    sys.exit(main())
