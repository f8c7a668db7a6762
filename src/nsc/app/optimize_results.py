"""A surrogate of all runs of an optimisation, and the files of its folder.

In: calls, a report, a folder. Out: the surrogate, files. Non-goals: optimising.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from nsc.app.data_api import fit
from nsc.app.finish import PAGE_FILE, REPORT_FILE, stale_files
from nsc.app.frames import PATH
from nsc.app.goals import output_names
from nsc.app.objective_runs import Calls
from nsc.app.options import CompileOptions
from nsc.app.results import SURROGATE_FILE, write_results, write_text
from nsc.errors import InputError
from nsc.program import Program
from nsc.report import (
    OptimizationReport,
    optimization_json,
    optimization_page,
)
from nsc.surrogate import Surrogate

MOST_ROWS = 4096  # that a surrogate is fitted to


def written(
    calls: Calls,
    program: Program,
    report: OptimizationReport,
    options: CompileOptions,
    folder: Path | None,
) -> tuple[Surrogate | None, OptimizationReport]:
    """Fit a surrogate, and write all there is if there is a folder.

    Returns:
        The surrogate, None where runs tell too little; and the report, which says so.
    """
    surrogate: Surrogate | None = None
    try:
        surrogate = _surrogate(calls, program, options.seed)
    except InputError as error:
        why = str(error).removeprefix(f"{PATH}: ").replace(PATH, "they")
        said = f"no surrogate was fitted to the runs: {why}"
        report = replace(report, notes=(*report.notes, said))
    if folder is None:
        return surrogate, report
    names = (SURROGATE_FILE,) * (surrogate is not None)
    report = replace(report, files=(*names, REPORT_FILE, PAGE_FILE))
    text = json.dumps(optimization_json(report), indent=1)
    files = {
        REPORT_FILE: text.encode("utf-8"),
        PAGE_FILE: optimization_page(report).encode("utf-8"),
    }
    stale = stale_files(folder, {*files, SURROGATE_FILE})
    if surrogate is not None:
        write_results(folder, surrogate, files, stale=stale)
        return surrogate, report
    folder.mkdir(parents=True, exist_ok=True)
    for name in (SURROGATE_FILE, *stale):
        (folder / name).unlink(missing_ok=True)
    for name, data in files.items():
        write_text(folder / name, data.decode("utf-8"))
    return None, report


def _surrogate(calls: Calls, program: Program, seed: int) -> Surrogate:
    """Fit a surrogate to the calls that worked.

    Raises:
        InputError: they are too few, or tell nothing.
    """
    x = calls.inputs
    y = calls.outputs
    kept = np.isfinite(y).all(axis=1)
    x = x[kept]
    y = y[kept]
    if len(x) > MOST_ROWS:
        generator = np.random.default_rng(seed)
        rows = np.sort(generator.permutation(len(x))[:MOST_ROWS])
        x = x[rows]
        y = y[rows]
    inputs = [leaf.name for leaf in program.signature.inputs]
    columns = {name: x[:, k] for k, name in enumerate(inputs)}
    outputs = {name: y[:, k] for k, name in enumerate(output_names(program))}
    return fit(columns, outputs, seed=seed)
