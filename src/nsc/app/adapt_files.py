"""What an adaptation writes: exports, a report, a page.

In: an adapted surrogate, its report. Out: files in a folder. Non-goals: adapting
(adapt_api), words (adapt_report).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nsc.app.adapt_report import page, to_report
from nsc.app.data import c_names
from nsc.app.finish import PAGE_FILE, REPORT_FILE, stale_files
from nsc.app.results import SURROGATE_FILE, write_results
from nsc.deploy import (
    HEADER_FILE,
    ExportJob,
    chosen_exporters,
    header_source,
)
from nsc.program import Program
from nsc.surrogate import Surrogate


@dataclass(frozen=True)
class AdaptedFiles:
    """What is written.

    Args:
        folder: where; None is nowhere.
        formats: that were asked for; see `ExportOptions`.
    """

    folder: Path | None
    formats: str | Sequence[str] | None


def written_adapted(
    surrogate: Surrogate,
    report: dict[str, Any],
    x: np.ndarray,
    written: AdaptedFiles,
    started: float,
) -> Surrogate:
    """Export a surrogate with its report, if there is a folder for them."""
    folder = written.folder
    files: dict[str, bytes] = {}
    report["topology"] = " + ".join(
        dict.fromkeys(str(m.topology) for m in surrogate.members)
    )
    if folder is not None:
        files = _exports(surrogate, report, x, written.formats)
        names = (SURROGATE_FILE, *files, REPORT_FILE, PAGE_FILE)
        report["files"] = list(names)
    report["time_s"] = time.perf_counter() - started
    surrogate = replace(
        surrogate, metadata={"report": to_report(report, short=True)}
    )
    if folder is not None:
        files[REPORT_FILE] = to_report(report).encode()
        files[PAGE_FILE] = page(report).encode()
        stale = stale_files(folder, {SURROGATE_FILE, *files})
        write_results(folder, surrogate, files, stale=stale)
    return surrogate


def _exports(
    surrogate: Surrogate,
    report: dict[str, Any],
    x: np.ndarray,
    formats: str | Sequence[str] | None,
) -> dict[str, bytes]:
    """Render every format that was chosen."""
    program = program_like(surrogate, report["program_name"])
    claim = (
        f"Adapted to {report['rows']} measurements: held-out rmse"
        f" {report['held_out_rmse']['adapted']:.3g}; the program's"
        f" {report['held_out_rmse']['program']:.3g}."
    )
    job = ExportJob(surrogate, program, x, notes=(claim,))
    exporters = chosen_exporters(formats)
    files = {each.file_name: each.render(job) for each in exporters}
    return files | {HEADER_FILE: header_source(job).encode("utf-8")}


def program_like(surrogate: Surrogate, name: str) -> Program:
    """Make a Program that has a surrogate's inputs and outputs, all of them doubles."""
    ends = zip(surrogate.lo.tolist(), surrogate.hi.tolist(), strict=True)
    return Program.from_callable(
        surrogate,
        surrogate.input_names,
        outputs=surrogate.output_names,
        ranges=dict(zip(surrogate.input_names, ends, strict=True)),
        name=c_names([name])[0][0],
    )
