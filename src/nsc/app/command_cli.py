"""`nsc compile --command` and `--server`: programs on the command line.

In: flags. Out: a report. Non-goals: running them (runs), what Python users call (commands).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nsc.app.terminal import console
from nsc.errors import InputError

if TYPE_CHECKING:
    from nsc.app.options import CompileOptions, ExportOptions
    from nsc.compilation import Progress
    from nsc.program import Program
    from nsc.report import DraftReport, Report

CommandLine = Annotated[
    str,
    typer.Option(
        "--command",
        metavar="'./sim {a}'",
        help="A program to run for each sample, in place of a C file.",
    ),
]
ServerLine = Annotated[
    str,
    typer.Option(
        "--server",
        metavar="'./sim'",
        help="One that stays up, and answers lines of JSON.",
    ),
]
Format = Annotated[
    str,
    typer.Option(
        "--format", help="Of what a command prints: auto, json, csv or regex."
    ),
]
Patterns = Annotated[
    list[str] | None,
    typer.Option(
        "--pattern",
        metavar="'y = (\\S+)'",
        help="Where an output is, with --format regex; one for each.",
    ),
]
Retries = Annotated[
    int, typer.Option(help="Further tries of a command that fails.")
]


@dataclass(frozen=True)
class CommandFlags:
    """What was said of a command.

    Args:
        once: run for each sample; "" for none.
        stays_up: a server; "" for none.
    """

    once: str = ""
    stays_up: str = ""
    format: str = "auto"
    patterns: tuple[str, ...] = ()
    retries: int = 0

    def __bool__(self) -> bool:
        return bool(self.once or self.stays_up)

    def check(self, others: Mapping[str, Any]) -> None:
        """Refuse what does not go together.

        Args:
            others: sources beside a command, and how C text is read, by argument.
        """
        is_stated = self.patterns or self.retries or self.format != "auto"
        if not self:
            if is_stated:
                raise InputError(
                    "--format, --pattern and --retries are for --command, which is not"
                    " given"
                )
            return
        if self.once and self.stays_up:
            raise InputError(
                "--command and --server are two sources; leave one of them out"
            )
        stated = [name for name, value in others.items() if value]
        if stated:
            raise InputError(
                f"{stated[0]} must be left out with --command or --server, which have no"
                " C text"
            )
        if self.stays_up and (self.patterns or self.format != "auto"):
            raise InputError(
                "--format and --pattern are for --command: a server answers lines of"
                " JSON"
            )

    def program(
        self, inputs: str, outputs: Sequence[str], call_limit: float
    ) -> Program:
        """Make a Program of the command."""
        from nsc.app.commands import command, name_of, read_inputs, server

        if not inputs or not outputs:
            raise InputError(
                "a command needs --inputs with ranges and --outputs: --inputs"
                " re=1e3:1e5 --outputs drag"
            )
        both = {"call_limit": call_limit, "retries": self.retries}
        ranges = read_inputs(inputs)
        if self.stays_up:
            name = name_of(self.stays_up)
            return server(self.stays_up, ranges, outputs, name=name, **both)
        return command(
            self.once,
            ranges,
            outputs,
            format=self.format,
            patterns=self.patterns,
            name=name_of(self.once),
            **both,
        )


def compile_command(
    program: Program,
    folder: Path,
    options: CompileOptions,
    *,
    export: ExportOptions,
    where: Sequence[str],
    sample: Path | None,
    progress: Progress,
    put: Callable[[str], str],
) -> Report | DraftReport:
    """Compile a program that is no C, and write what comes of it into a folder."""
    from nsc.app.finish import (
        RESULT_FILES,
        check_export,
        check_policy,
        finish,
    )
    from nsc.app.pipeline import compile_program
    from nsc.app.results import check_writable
    from nsc.app.sample_file import read_sample
    from nsc.program import narrowed

    for name in ("guard", "drop_in"):
        if getattr(export, name):
            raise InputError(
                f"{name} must be left out with a command: there is no original function"
            )
    started = time.perf_counter()
    program = narrowed(program, where, read_sample(sample))
    check_export(program, export)
    check_policy(program, export)
    check_writable(folder, RESULT_FILES)
    compiled = compile_program(
        program,
        options,
        timing=False,
        folder=folder,
        progress=progress,
        announce=partial(
            console(stderr=True).print, markup=False, highlight=False
        ),
    )
    compiled = replace(compiled, notes=tuple(map(put, compiled.notes)))
    _, report = finish(
        compiled, options, export, folder=folder, started=started
    )
    return report
