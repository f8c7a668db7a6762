"""`nsc bench llvm-mca`: the case study's rows on a terminal, or as JSON.

In: what the verb was asked. Out: printed rows. Non-goals: the study (experiments).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nsc.app.terminal import console


def bench_llvm_mca(
    folder: Path, data: Path, stage: str, *, quick: bool, as_json: bool
) -> None:
    """Run the case study and print what it found.

    Args:
        folder: for labels, results and models.
        data: where bhive/ is.
        stage: compile, adapt, optimize or all.
        quick: few blocks, short training.
        as_json: JSON alone on stdout.

    Raises:
        HostError: llvm-mca or another tool is not installed.
        InputError: the stage is none, or a file cannot be read.
    """
    from nsc.experiments import Study, run_study

    err = console(stderr=True)
    found = run_study(
        Study(folder, data, stage, quick),
        err.print,
        lambda done, wanted: err.print(f"labels: {done:,} of {wanted:,}"),
    )
    if as_json:
        print(json.dumps(found, indent=1))
        return
    out = console()
    out.print(_compile_table(found.get("compile", [])))
    out.print(_adapt_table(found.get("adapt", [])))
    out.print(_optimize_table(found.get("optimize", [])))
    out.print(f"labels by {found['tool']}; results and models: {folder}")


def _compile_table(rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table("compilation", "MAPE", "blocks/s", "x stock")
    for row in rows:
        speed = row.get("blocks_per_s")
        table.add_row(
            row["name"],
            f"{100 * row['mape']:.2f} %",
            f"{speed:,.0f}" if speed else "",
            f"{row['times_stock']:.1f}" if speed else "",
        )
    return table


def _adapt_table(rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table("adaptation", "measured blocks", "MAPE", "95 % interval")
    for row in rows:
        table.add_row(
            _adapted(row),
            str(row["blocks"]),
            f"{100 * row['mape']:.1f} %",
            f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}]",
        )
    return table


def _adapted(row: dict[str, Any]) -> str:
    application = row.get("application")
    return f"{row['method']}{f', without {application}' * bool(application)}"


def _optimize_table(rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table("optimization", "evaluations", "tuned", "unseen", "splits")
    for row in rows:
        table.add_row(
            row["method"],
            str(row["evaluations"]),
            f"{100 * row['tuned']:.1f} %",
            f"{100 * row['judged']:.1f} %",
            f"{100 * row['least']:.1f} to {100 * row['most']:.1f}",
        )
    return table
