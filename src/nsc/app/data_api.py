"""Surrogates of data that exist: `nsc.fit`, and what `nsc compile --data` calls.

In: arrays, frames or a file. Out: a Surrogate with its report. Non-goals: reading
(table, frames), dividing rows (data).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nsc.app.data import program_of_rows
from nsc.app.finish import (
    RESULT_FILES,
    check_export,
    check_policy,
    expect_folder,
    finish,
)
from nsc.app.frames import table_of
from nsc.app.options import CompileOptions, ExportOptions
from nsc.app.pipeline import compile_program
from nsc.app.results import check_writable
from nsc.app.table import MOST_LISTED, Choose, Table, read_table
from nsc.compilation import Progress
from nsc.errors import InputError
from nsc.report import DraftReport, Report
from nsc.surrogate import Surrogate

_TEXTLESS = "[python_callable]"  # what a note on a start from text ends with


def fit(
    X: Any,  # noqa: N803 (as everybody calls it)
    y: Any,
    *,
    names: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    budget: int | None = None,
    folder: str | Path | None = None,
    outside: str | None = None,
    export: str | Sequence[str] | None = None,
    **options: Any,
) -> Surrogate:
    """Fit a verified surrogate to examples.

    A fifth of the rows is held back to verify on, chosen by `seed`. What is verified
    speaks of rows that come about as these did, not of all inputs between them.

    Args:
        X: inputs: an array with a row an example, a data frame (pandas, polars, arrow),
            or a dict of columns; float64 after reading.
        y: outputs: an array with an entry or a row an example, a frame or dict, or the
            names of columns of `X`.
        names: of the inputs; of a frame, those that are taken.
        outputs: the same of the outputs.
        budget: rows to learn from; by default all that do not verify.
        folder: where surrogate, exports and report are written.
        outside: what becomes of inputs outside the rows' box; see `nsc.compile`.
        export: names of the formats that are written into the folder.
        options: fields of `CompileOptions`: seed, topology, split, verification, ...

    Returns:
        A Surrogate, callable on `n i` arrays, frames and names, in the units of the rows;
        `.report` is the report.

    Raises:
        InputError: no tables of finite numbers, too few rows, or columns that tell
            nothing.

    Example:
        >>> frame = {"speed": np.linspace(0, 1, 50), "angle": np.linspace(1, 0, 50) ** 2}
        >>> frame["drag"] = frame["speed"] * frame["angle"]
        >>> fitted = nsc.fit(frame, "drag", names=["speed", "angle"])
        >>> fitted.output_names, fitted.report["test"]["n"]
        (('drag',), 10)
    """
    table, own, held = table_of(X, y, names, outputs)
    where = None if folder is None else Path(folder)
    expect_folder(where, export)
    surrogate, _ = _compiled(
        table,
        own,
        held,
        CompileOptions(**options),
        budget,
        where,
        export=ExportOptions(outside=outside, formats=export),
    )
    return surrogate


def compile_data(
    path: Path,
    folder: Path,
    options: CompileOptions,
    export: ExportOptions = ExportOptions(),
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    budget: int | None = None,
    progress: Progress = lambda what, fraction: None,
    put: Callable[[str], str] = str,
) -> Report | DraftReport:
    """Compile the rows of a file, and write all that comes of it into a folder.

    Args:
        inputs: columns; by default all that are no outputs.
        outputs: columns.
        budget: rows to learn from; None is all that do not verify.
        progress: told what is happening, and the fraction of it that is done.
        put: puts a note in its reader's words: the library's name its arguments.

    Returns:
        The report, without the series of the page's figures.

    Raises:
        InputError: the file is no table of numbers, or the folder cannot be written to.
    """
    progress("reading the rows", 0.0)
    taken: list[str] = []

    def choose(names: Sequence[str]) -> Sequence[str]:
        taken.extend(inputs or [n for n in names if n not in outputs])
        return [*taken, *outputs]

    table = read_table(path, choose if outputs else _refuse_no_outputs(path))
    check_writable(folder, RESULT_FILES)
    _, report = _compiled(
        table,
        taken,
        outputs,
        options,
        budget,
        folder,
        export=export,
        name=path.stem,
        progress=progress,
        put=put,
    )
    return report


def _refuse_no_outputs(path: Path) -> Choose:
    def refuse(names: Sequence[str]) -> Sequence[str]:
        listed = ", ".join(names[:MOST_LISTED])
        raise InputError(
            f"outputs must name columns of {path}, as in outputs=['{names[-1]}']; it has"
            f" {listed}"
        )

    return refuse


def refuse_original(export: ExportOptions) -> None:
    """Refuse what needs the original function."""
    if export.guard or export.drop_in:
        raise InputError(
            "guard and drop_in must be left out with rows of a table: there is no"
            " original function"
        )
    if export.outside == "original":
        raise InputError(
            "outside must be another than 'original' with rows of a table: there is no"
            " original function"
        )


def _compiled(
    table: Table,
    inputs: Sequence[str],
    outputs: Sequence[str],
    options: CompileOptions,
    budget: int | None,
    folder: Path | None,
    *,
    export: ExportOptions = ExportOptions(),
    name: str = "data",
    progress: Progress = lambda what, fraction: None,
    put: Callable[[str], str] = str,
) -> tuple[Surrogate, Report | DraftReport]:
    """Compile rows, and write what comes of it if there is a folder."""
    started = time.perf_counter()
    refuse_original(export)
    program, options = program_of_rows(
        table, inputs, outputs, options, budget=budget, name=name
    )
    check_export(program, export)
    if folder is not None:
        check_policy(program, export)
    compiled = compile_program(
        program, options, timing=False, progress=progress
    )
    notes = [n for n in compiled.notes if not n.endswith(_TEXTLESS)]
    compiled = replace(compiled, notes=tuple(map(put, notes)))
    return finish(compiled, options, export, folder=folder, started=started)
