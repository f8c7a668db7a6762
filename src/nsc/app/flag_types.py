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
