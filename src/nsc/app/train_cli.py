"""The verbs `nsc train` and `nsc evaluate`: thin, over compnet.

In: argv. Out: checkpoints, a table. Non-goals: any logic of its own. What needs torch
is imported when it is asked for.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from nsc.app.terminal import console
from nsc.errors import InputError, MissingExtraError


def train(
    data: Annotated[
        Path, typer.Option(metavar="DIR", help="Record shards to train on.")
    ],
    folder: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Checkpoints and log; the file, with --baseline.",
        ),
    ],
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Train no CompNet but pretrained, maml (the better of maml1 and"
            " maml2, its orders) or nearest."
        ),
    ] = None,
    compnet: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="nearest: what embeds programs; default the shipped one.",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(help="Optimizer steps in all; for dag 10000 by default."),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="The same seed gives the same bits, on a CPU.")
    ] = 0,
    threads: Annotated[
        int | None, typer.Option(help="CPU threads; 1 by default.")
    ] = None,
    programs: Annotated[
        int | None,
        typer.Option(help="dag: grown from the records; 200000 by default."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="dag: processes that grow them; 2 by default."),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(help="dag: that share each batch; 1 by default."),
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="dag: programs a step; 96 by default.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu or cuda; cpu by default.")
    ] = None,
    bf16: Annotated[
        bool,
        typer.Option(
            "--bf16", help="Multiply the encoder's matrices in bfloat16."
        ),
    ] = False,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="dag, the structured compiler, or bert, the papers'; dag by default."
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="bert: exestackcpn (9-4-4-1) or hybertnet (1-4-4-2)."
        ),
    ] = None,
    bert: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="bert: a pretrained checkpoint, as transformers saves it.",
        ),
    ] = None,
    reads: Annotated[
        str | None,
        typer.Option(help="bert: text, as the papers, or dag, a control."),
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
    """Train a CompNet, or a baseline; an interrupted CompNet goes on where it stopped.

    Example: nsc train --data data/exestack/train -o data/run
    Example: nsc train --encoder bert --data data/exestack/train -o data/bert --seconds
    3600
    Example: nsc train --baseline maml --data data/exestack/train -o maml.safetensors
    """
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
    both = {"threads": threads, "device": device}
    if baseline is not None:
        others = {"encoder": encoder, "bert": bert, "bf16": bf16 or None}
        _expect_none(only_bert | only_dag | both | others, "with --baseline")
        print(_train_baseline(baseline, data, folder, seed, steps, compnet))
        return
    _expect_none({"compnet": compnet}, "without --baseline nearest")
    encoder = encoder or "dag"
    _expect_options(
        encoder, {"dag": only_bert | {"bert": bert}, "bert": only_dag}
    )
    fit = {"dag": only_dag, "bert": only_bert}[encoder] | both
    fit["steps"] = steps
    given = {name: value for name, value in fit.items() if value is not None}
    given |= {"seed": seed, "bf16": bf16}
    path = _trained(encoder, data, folder, bert, given)
    if (
        os.environ.get("RANK", "0") == "0"
    ):  # torchrun starts this several times
        print(path)


def _train_baseline(
    name: str,
    data: Path,
    path: Path,
    seed: int,
    steps: int | None,
    compnet: str | None,
) -> Path:
    from nsc.baselines import train_baseline

    return train_baseline(
        name,
        data,
        path,
        seed=seed,
        steps=steps,
        compnet=compnet,
        on_row=_print_row,
    )


def _expect_none(values: Mapping[str, object], where: str) -> None:
    """Refuse options that say nothing there."""
    given = [name for name, value in values.items() if value is not None]
    if given:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise InputError(f"{options}: leave out {where}")


def _trained(
    encoder: str,
    data: Path,
    folder: Path,
    bert: Path | None,
    settings: dict[str, Any],
) -> Path:
    """Train, and return the checkpoint's path; say so where torch is missing."""
    try:
        if encoder == "bert":
            return _train_bert(data, folder, bert, settings)
        return _train_dag(data, folder, settings)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("torch", "train") from None


def _train_dag(data: Path, folder: Path, settings: dict[str, Any]) -> Path:
    from nsc.compnet.training import TrainConfig, train_compnet
    from nsc.exestack import parrot_dags

    return train_compnet(
        data,
        folder,
        TrainConfig(**settings),
        benchmark=parrot_dags(),
        progress=_print_row,
    )


def _train_bert(
    data: Path, folder: Path, pretrained: Path | None, settings: dict[str, Any]
) -> Path:
    from nsc.compnet.bert.training import BertTrainConfig, train_bert

    return train_bert(
        data,
        folder,
        BertTrainConfig(**settings),
        pretrained=pretrained,
        progress=_print_row,
    )


def _expect_options(
    encoder: str, unfit: Mapping[str, Mapping[str, object]]
) -> None:
    """Refuse an unknown encoder, and options of another one."""
    if encoder not in unfit:
        raise InputError(f"--encoder expects dag or bert; found '{encoder}'")
    given = [
        name for name, value in unfit[encoder].items() if value is not None
    ]
    if given:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        other = "bert" if encoder == "dag" else "dag"
        raise InputError(f"{options}: only with --encoder {other}")


def _print_row(row: Mapping) -> None:
    print(json.dumps(row), flush=True)


def evaluate(
    data: Annotated[
        Path, typer.Option(metavar="DIR", help="Held-out record shards.")
    ],
    compnet: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="A checkpoint; default the shipped one."
        ),
    ] = None,
    train_data: Annotated[
        Path | None,
        typer.Option(
            "--train",
            metavar="DIR",
            help="Leave out programs whose DAG occurs here.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Of the random initialisations.")
    ] = 0,
    json_: Annotated[
        bool,
        typer.Option(
            "--json", help="Print rows by start and group, JSON alone."
        ),
    ] = False,
) -> None:
    """Print a CompNet's improvements over random initialisation, beside controls.

    Example: nsc evaluate --data data/heldout --train data/train
    """
    from nsc.app.reading import reread
    from nsc.compnet import evaluate_compnet, load_compnet, rows_by_start
    from nsc.record import read_fingerprints, read_records
    from nsc.report import evaluation_table

    known = read_fingerprints(train_data) if train_data else set()
    records = list(read_records(data))
    fresh = [
        r for r in records if r.dag is None or r.dag.fingerprint not in known
    ]
    if known:
        print(
            f"{len(records) - len(fresh)} of {len(records)} programs left out: their"
            f" DAG occurs in {train_data}",
            file=sys.stderr if json_ else sys.stdout,
        )
    if not fresh:
        raise InputError(f"no program is left to evaluate in {data}")
    emitter = load_compnet(compnet)
    fresh = [reread(r, emitter) for r in fresh]
    rows = evaluate_compnet(emitter, fresh, seed=seed)
    if json_:
        print(json.dumps(rows_by_start(rows), indent=2))
    else:
        console().print(evaluation_table(rows))
