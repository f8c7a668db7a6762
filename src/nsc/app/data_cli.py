"""The `nsc data` verbs: thin, over exestack.

In: argv. Out: data sets, and what they hold. Non-goals: any logic of its own. Verbs
import what they need themselves, so that `nsc --help` is fast.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from nsc.app.terminal import console
from nsc.errors import InputError

data_app = typer.Typer(
    no_args_is_help=True, help="Make data sets of executable programs."
)


@data_app.command()
def synthetic(
    folder: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Where to write shards."
        ),
    ],
    programs: Annotated[
        int, typer.Option(help="How many programs.")
    ] = 180_000,
    seed: Annotated[
        int, typer.Option(help="The same seed gives the same bits.")
    ] = 1,
    workers: Annotated[int, typer.Option(help="Processes.")] = 2,
) -> None:
    """Write random but realistic numeric C functions with their outputs.

    Example: nsc data synthetic -o data/train --programs 180000 --seed 1
    """
    from nsc.exestack import write_synthetic
    from nsc.report import console_progress

    with console_progress(console(stderr=True)) as progress:
        manifest = write_synthetic(
            folder,
            programs=programs,
            seed=seed,
            workers=workers,
            progress=lambda done, total: progress(
                f"{done} of {total} shards", done / total
            ),
        )
    print(json.dumps(manifest, indent=2))


@data_app.command("build")
def build_data(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help=(
                "tree:DIR, debian:PACKAGE,..., stack:FILE.parquet, synthetic:N or"
                " mutate:DATASET[,COPIES]."
            ),
        ),
    ],
    folder: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", help="Where to write."),
    ],
    profile: Annotated[
        str,
        typer.Option(
            help=(
                "exestackcpn (as the paper), hybertnet (as the preprint) or wide"
                " (desugared too)."
            )
        ),
    ] = "exestackcpn",
    workers: Annotated[int, typer.Option(help="Processes.")] = 2,
    seed: Annotated[
        int, typer.Option(help="Of generated programs and mutants.")
    ] = 0,
    executor: Annotated[
        str, typer.Option(help="process, or ray.")
    ] = "process",
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="Of a Ray cluster; default local."
        ),
    ] = None,
    keep_dropped: Annotated[
        bool,
        typer.Option(
            "--keep-dropped", help="Keep what was dropped, with reasons."
        ),
    ] = False,
    skip_missing: Annotated[
        bool,
        typer.Option(
            "--skip-missing",
            help="Go on without packages that apt cannot fetch.",
        ),
    ] = False,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the manifest as JSON.")
    ] = False,
) -> None:
    """Make executable programs with I/O pairs from C sources; an interrupted build goes
    on.

    Example: nsc data build tree:packages/ -o data/exestack --workers 2
    """
    from nsc.exestack import build_dataset
    from nsc.report import console_progress, manifest_text

    with console_progress(console(stderr=True)) as progress:
        manifest = build_dataset(
            sources,
            folder,
            profile=profile,
            workers=workers,
            seed=seed,
            executor=executor,
            address=address,
            keep_dropped=keep_dropped,
            skip_missing=skip_missing,
            progress=lambda p: progress(str(p), p.done / max(p.total, 1)),
            say=lambda line: progress(line, 0.0),
        )
    for reason in manifest.get("skipped", {}).values():
        print(f"nsc: left out: {reason}", file=sys.stderr)
    if json_:
        print(json.dumps(manifest, indent=2))
    else:
        console().print(manifest_text(manifest, str(folder)))


@data_app.command("info")
def info_data(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A data set.")],
    json_: Annotated[
        bool, typer.Option("--json", help="Print JSON alone on stdout.")
    ] = False,
    card: Annotated[
        Path | None,
        typer.Option("--card", metavar="FILE.md", help="Write a data card."),
    ] = None,
) -> None:
    """Describe a data set: counts, drops by reason, splits, arity, lengths, licences.

    Example: nsc data info data/exestack --card card.md
    """
    from nsc.app.results import write_text
    from nsc.exestack import dataset_info
    from nsc.report import data_card, info_text

    info = dataset_info(folder)
    if card is not None:
        write_text(card, data_card(info))
    if json_:
        print(json.dumps(info, indent=2))
    else:
        console().print(info_text(info, str(folder)))


@data_app.command("parrot")
def parrot_data(
    folder: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", help="Where to write."),
    ],
    only: Annotated[
        str,
        typer.Option(
            metavar="fft,sobel", help="Benchmarks to make; default all six."
        ),
    ] = "",
    seed: Annotated[
        int, typer.Option(help="The same seed gives the same bits.")
    ] = 0,
) -> None:
    """Write ParrotBenchCPN, and jmeint and jpeg: C in two forms, train and test
    examples.

    Example: nsc data parrot -o data/parrot
    """
    from nsc.exestack import write_parrot

    names = [name.strip() for name in only.split(",") if name.strip()]
    print(json.dumps(write_parrot(folder, seed=seed, only=names), indent=2))


@data_app.command("check")
def check_data(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A data set.")],
) -> None:
    """Look for programs whose twin or copy is in another split.

    Example: nsc data check data/exestack
    """
    from nsc.exestack import leaks

    found = list(leaks(folder))
    for name, split, other in found:
        print(f"{name} of {split} has a twin in {other}")
    if found:
        raise InputError(
            f"{len(found)} programs leak between splits of {folder}"
        )
    print("no program has a twin in another split")
