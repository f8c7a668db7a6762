"""What `nsc compile` compiles: C files, or rows of a table (`--data`).

In: flags. Out: a report. Non-goals: reading and dividing rows (data_api), C (api).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nsc.app.terminal import console
from nsc.errors import InputError

if TYPE_CHECKING:
    from nsc.app.first_rows import FirstRows
    from nsc.app.options import CompileOptions
    from nsc.report import DraftReport, Report

Data = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.csv",
        help="Rows to learn from (.csv, .parquet, .npz); with a C file its first.",
    ),
]
DataInputs = Annotated[
    str,
    typer.Option(
        metavar="a,b",
        help="Columns of --data that are inputs; default the rest.",
    ),
]
DataOutputs = Annotated[
    str,
    typer.Option(metavar="y,z", help="Columns of --data that are outputs."),
]


def check_sources(
    files: Sequence[Path] | None, data: Path | None, columns: str
) -> None:
    """Refuse a command line without a source.

    Args:
        columns: what says which columns are meant; "" is nothing.
    """
    if data is None and not files:
        raise InputError(
            "compile needs a C file, or rows: nsc compile --data runs.csv --outputs y"
        )
    if data is None and columns:
        raise InputError(
            "--inputs and --outputs name columns of --data, which is not given"
        )


def compile_rows(
    data: Path,
    folder: Path,
    options: CompileOptions,
    *,
    reading: Mapping[str, Any],
    **given: Any,
) -> Report | DraftReport:
    """Compile rows of a file; see `nsc.app.compile_data`.

    Args:
        reading: how C text is to be read, which must not be said here.
        given: arguments of `compile_data`.
    """
    from nsc.app.data_api import compile_data

    stated = [name for name, value in reading.items() if value]
    if stated:
        raise InputError(
            f"{stated[0]} must be left out with --data: rows are no C text"
        )
    return compile_data(data, folder, options, **given)


def compile_files(
    beside: tuple[list[Path], list[Path] | None, Path | None, bool],
    folder: Path,
    options: CompileOptions,
    rows: FirstRows | None,
    given: dict[str, Any],
) -> Report | DraftReport:
    """Compile a C file.

    Args:
        beside: it and others, folders of headers, a compilation database, whether it is
            timed.
        rows: examples of it.
        given: other arguments of `compile_file`.
    """
    from nsc.app.api import compile_file

    files, include, compile_commands, timing = beside
    screen = console(stderr=True)
    return compile_file(
        files[0],
        folder,
        options,
        include=include or [],
        others=files[1:],
        compile_commands=compile_commands,
        timing=timing,
        rows=rows,
        announce=partial(screen.print, markup=False, highlight=False),
        **given,
    )


def first_rows(
    data: Path | None, columns: Mapping[str, Sequence[str]]
) -> FirstRows | None:
    """Say where examples of a C program are, if there are any."""
    from nsc.app.first_rows import FirstRows

    return None if data is None else FirstRows(data, **columns)
