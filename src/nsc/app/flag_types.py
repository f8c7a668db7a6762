"""Flags that several verbs have, and how their texts are read.

In: texts. Out: plain values. Non-goals: what verbs do with them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nsc.errors import InputError

MAX_DIGITS = 9  # of a length

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A C file.", show_default=False)
]
Include = Annotated[
    list[Path] | None,
    typer.Option(
        "-I",
        "--include",
        metavar="DIR",
        help="Where the file's own headers are.",
    ),
]
Define = Annotated[
    list[str] | None,
    typer.Option(
        "-D", "--define", metavar="NAME=VALUE", help="Define a macro first."
    ),
]
Out = Annotated[
    str, typer.Option(metavar="re,im", help="Parameters that are outputs.")
]
Array = Annotated[
    str, typer.Option(metavar="v=N,...", help="Elements behind a pointer.")
]
Fix = Annotated[
    str,
    typer.Option(metavar="n=VALUE,...", help="Inputs that have one value."),
]
Input = Annotated[
    str,
    typer.Option(
        "--input",
        metavar="g=LO:HI,...",
        help="File-level variables as inputs.",
    ),
]
Folder = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="DIR", help="Where to write."),
]
Function = Annotated[
    str | None,
    typer.Option("-f", "--function", help="Which function of the file."),
]
Where = Annotated[
    list[str] | None,
    typer.Option(metavar="'a < b'", help="Condition that all inputs fulfil."),
]
Widths = Annotated[
    str | None,
    typer.Option(metavar="9-4-4-1", help="Widths; or auto, covering."),
]
CallLimit = Annotated[
    float,
    typer.Option(
        metavar="SECONDS", help="That a call of the program may take."
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(help="Processes for dear runs; default one a core."),
]
Native = Annotated[
    bool,
    typer.Option(
        "--native",
        help="Run your own C as this machine's program, not in the sandbox.",
    ),
]
Export = Annotated[
    str | None,
    typer.Option(
        "--export",
        metavar="c,python,...",
        help="Formats beside C: onnx, python, cpp, fortran, rust, js, q15, q31;"
        " default ONNX if it is installed.",
    ),
]
Timing = Annotated[
    bool,
    typer.Option(
        "--timing/--no-timing",
        help="Run the original natively to time it.",
    ),
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same bits.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON alone on stdout.")
]


def names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def lengths(text: str) -> dict[str, int]:
    found = {}
    for part in names(text):
        name, _, length = part.partition("=")
        # int() refuses thousands of digits
        is_number = length.isdecimal() and len(length) <= MAX_DIGITS
        if not is_number or int(length) < 1:
            raise InputError(
                f"--array expects NAME=N, separated by commas; found '{part[:60]}'"
            )
        found[name.strip()] = int(length)
    return found


def macros(given: list[str] | None) -> dict[str, str]:
    found = {}
    for part in given or []:
        name, equals, value = part.partition("=")
        if not name.isidentifier():
            raise InputError(f"-D expects NAME or NAME=VALUE; found '{part}'")
        found[name] = value if equals else "1"
    return found
