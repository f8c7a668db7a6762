"""The verbs `nsc bench` and `nsc report`: thin, over experiments.

In: argv. Out: results on disk, rows, pages. Non-goals: any logic of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nsc.app.terminal import console

if TYPE_CHECKING:
    from nsc.experiments import Ask

QUICK = "quick: smaller than the papers' protocol, on programs of the package"


def bench(
    experiment: Annotated[
        str,
        typer.Argument(
            metavar="EXPERIMENT",
            help="data-efficiency, training-time, colour-quantization, applications or"
            " all; or ablations; or llvm-mca.",
        ),
    ],
    folder: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="RESULTS", help="Where results are kept."
        ),
    ],
    suite: Annotated[
        str, typer.Option(help="exestack, parrot or both.")
    ] = "both",
    initial: Annotated[
        str,
        typer.Option(
            metavar="compnet,distill,...",
            help="Starts to compare with random; default all but controls.",
        ),
    ] = "",
    optimizer: Annotated[str, typer.Option(help="adam or lm.")] = "adam",
    data: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="Where the data sets exestack and parrot are."
        ),
    ] = Path("data"),
    split: Annotated[
        str, typer.Option(help="Of exestack: test or validation.")
    ] = "test",
    programs: Annotated[
        int | None,
        typer.Option(help="A sample of so many of each suite; default all."),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(help="Of data efficiency; the papers' are 9."),
    ] = None,
    compnet: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="A checkpoint; default the shipped one."
        ),
    ] = None,
    bert: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="A checkpoint of the papers' compiler."
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="In a minute, without data: not the papers' way."
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option(help="The same seed gives the same bits.")
    ] = 0,
    workers: Annotated[int, typer.Option(help="Processes.")] = 2,
    executor: Annotated[
        str, typer.Option(help="process, or ray.")
    ] = "process",
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="Of a Ray cluster; default local."
        ),
    ] = None,
    stage: Annotated[
        str, typer.Option(help="Of llvm-mca: compile, adapt, optimize or all.")
    ] = "all",
    json_: Annotated[
        bool, typer.Option("--json", help="Print JSON alone on stdout.")
    ] = False,
) -> None:
    """Measure what starts are worth against random ones; an interrupted run goes on.

    Example: nsc bench all --suite parrot --data data -o results
    Example: nsc bench data-efficiency --quick -o quick
    Example: nsc bench llvm-mca --quick --data data -o mca
    """
    if experiment == "llvm-mca":
        from nsc.app.mca_bench import bench_llvm_mca

        bench_llvm_mca(folder, data, stage, quick=quick, as_json=json_)
        return
    from nsc.experiments import (
        Ask,
        Sources,
        chosen_starts,
        experiments_of,
        left_out,
        protocol_of,
        suites_of,
    )

    protocol = protocol_of(optimizer, trials, seed, quick=quick)
    sources = Sources(compnet, bert, seed, draws=protocol.draws)
    ask = Ask(
        experiments_of(experiment),
        suites_of(suite),
        tuple(chosen_starts(initial, sources, optimizer)),
        protocol,
        sources,
        data=None if quick else data,
        split=split,
        programs=programs,
        workers=workers,
        executor=executor,
        address=address,
    )
    for line in left_out(experiment):
        console(stderr=True).print(line)
    found = _done(ask, folder)
    if json_:
        print(json.dumps(found, indent=1))
        return
    _print(found, folder, quick)


def _done(ask: Ask, folder: Path) -> list[dict[str, Any]]:
    """Run what is asked for, and return its rows."""
    from nsc.experiments import bench as run_bench
    from nsc.experiments import read_results, rows
    from nsc.report import console_progress

    with console_progress(console(stderr=True)) as progress:
        run_bench(
            ask,
            folder,
            lambda what, done, total: progress(
                f"{what}: {done} of {total}", done / max(total, 1)
            ),
        )
    starts = {row.name for row in ask.starts}
    results = [
        result
        for result in read_results(folder)
        if result.experiment in ask.experiments
        and result.suite["suite"] in ask.suites
        and result.optimizer == ask.protocol.optimizer
    ]
    return [row for row in rows(results) if row["initial"] in starts]


def _print(found: Sequence[dict[str, Any]], folder: Path, quick: bool) -> None:
    from nsc.report import improvements_text

    out = console()
    if quick:
        out.print(QUICK)
    out.print(improvements_text(found))
    out.print(f"tables and figures: nsc report {folder}")


def report(
    folder: Annotated[
        Path,
        typer.Argument(metavar="RESULTS", help="What nsc bench wrote."),
    ],
) -> None:
    """Write tables and figures of results, the papers' numbers beside ours.

    Example: nsc report results
    """
    from nsc.experiments import write_report

    for path in write_report(folder):
        print(path)
