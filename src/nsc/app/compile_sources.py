"""What `nsc compile` compiles: C files, or rows of a table (`--data`).

In: flags. Out: a report. Non-goals: reading and dividing rows (data_api), C (api).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nsc.app.command_cli import CommandFlags, compile_command
from nsc.app.flag_types import names
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
        help="Columns of --data; of a command with ranges: a=0:1,n=int:1:9.",
    ),
]
DataOutputs = Annotated[
    str,
    typer.Option(
        metavar="y,z", help="Outputs: columns of --data, or of a command."
    ),
]


@dataclass(frozen=True)
class OfC:
    """What is said of C files alone.

    Args:
        include: folders of headers.
        compile_commands: a compilation database.
        timing: whether the original is timed.
        learn: the function of theirs that alone becomes a surrogate.
    """

    include: Sequence[Path] = ()
    compile_commands: Path | None = None
    timing: bool = True
    learn: str | None = None


@dataclass(frozen=True)
class Sources:
    """What is compiled: C files, rows of a table, or a command.

    Args:
        columns: what was said of inputs and of outputs.
        of_c: what is said of C files alone.
    """

    files: list[Path]
    data: Path | None
    run: CommandFlags
    columns: tuple[str, str]
    of_c: OfC

    def check(
        self, reading: Mapping[str, Any], drawn: Mapping[str, Any]
    ) -> None:
        """Refuse what does not go together."""
        own = {
            "files": self.files,
            "data": self.data,
            "include": self.of_c.include,
            "learn": self.of_c.learn,
        }
        self.run.check(own | dict(reading))
        if not self.run:
            check_sources(self.files, self.data, "".join(self.columns))
        if self.data is not None and not self.files:
            refuse_drawn(drawn)

    def compiled(
        self,
        folder: Path,
        options: CompileOptions,
        both: dict[str, Any],
        reading: dict[str, Any],
        drawn: dict[str, Any],
        budget: int | None,
    ) -> Report | DraftReport:
        """Compile it, and write what comes of it into a folder."""
        inputs, outputs = self.columns
        if self.run:
            program = self.run.program(
                inputs, names(outputs), options.call_limit
            )
            return compile_command(program, folder, options, **both, **drawn)
        columns = {"inputs": names(inputs), "outputs": names(outputs)}
        if self.data is not None and not self.files:
            given = {**both, **columns, "budget": budget}
            return compile_rows(
                self.data, folder, options, reading=reading, **given
            )
        rows = first_rows(self.data, columns)
        given = both | reading | drawn
        return compile_files(
            self.files, self.of_c, folder, options, rows, given
        )


def check_sources(
    files: Sequence[Path] | None, data: Path | None, columns: str
) -> None:
    """Refuse a command line without a source.

    Args:
        columns: what says which columns are meant; "" is nothing.
    """
    if data is None and not files:
        raise InputError(
            "compile needs a C file, rows (nsc compile --data runs.csv --outputs y), or a"
            " command (nsc compile --command './sim {a}' --inputs a=0:1 --outputs y)"
        )
    if data is None and columns:
        raise InputError(
            "--inputs and --outputs are for --data and --command, which are not given"
        )


def refuse_drawn(drawn: Mapping[str, Any]) -> None:
    """Refuse what says how inputs are drawn, where rows are all there is."""
    stated = [name for name, value in drawn.items() if value]
    if stated:
        raise InputError(
            f"{stated[0]} must be left out with --data alone: nothing is drawn, the rows"
            " are all there is"
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
    files: Sequence[Path],
    of_c: OfC,
    folder: Path,
    options: CompileOptions,
    rows: FirstRows | None,
    given: dict[str, Any],
) -> Report | DraftReport:
    """Compile a C file.

    Args:
        files: it and others.
        rows: examples of it.
        given: other arguments of `compile_file`.
    """
    from nsc.app.api import compile_file

    screen = console(stderr=True)
    return compile_file(
        files[0],
        folder,
        options,
        include=of_c.include,
        others=files[1:],
        compile_commands=of_c.compile_commands,
        timing=of_c.timing,
        learn=of_c.learn,
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
