"""A function whose callees are in other files: which files its program is read from.

In: C files, or a compilation database. Out: a Program. Non-goals: linking what is not C
text, flags other than -I and -D.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nsc.app.sources import header_reader, read_source
from nsc.errors import InputError
from nsc.host import read_regular
from nsc.program import Program, missing_names, parse_program
from nsc.text import MAX_SOURCE_BYTES

MAX_ROUNDS = 8
MAX_OTHER_FILES = 40
MAX_DATABASE_BYTES = 256 << 20


@dataclass(frozen=True)
class Project:
    """What else there is beside a file.

    Args:
        others: files that may define what it calls.
        folders: where headers are.
        defines: macros defined before the first line.
        differing: others that are compiled with other macros.
    """

    others: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    defines: Mapping[str, str] | None = None
    differing: frozenset[Path] = frozenset()

    def with_more(
        self,
        others: Sequence[Path],
        folders: Sequence[Path],
        defines: Mapping[str, str] | None,
    ) -> Project:
        """Add what a user gives; it goes before what the database says."""
        return Project(
            (*others, *self.others),
            (*folders, *self.folders),
            {**(self.defines or {}), **(defines or {})},
            self.differing - set(others),
        )


def read_program(path: Path, project: Project, **reading: Any) -> Program:
    """Read a program from a file, and from those that define what it calls.

    Args:
        reading: as of `parse_program`.

    Raises:
        InputError: as of `parse_program`, or a file that is needed cannot be read.
    """
    return read_text(read_source(path), path, project, **reading)


def read_text(
    text: str, path: Path | None, project: Project, **reading: Any
) -> Program:
    """Read a program from C text, and from the files that define what it calls.

    Args:
        path: the text's file; None for text that is in no file.
        reading: as of `parse_program`.

    Raises:
        InputError: as of `parse_program`, or a file that is needed cannot be read.
    """
    include = header_reader(path, project.folders, project.others)
    common = {
        "path": "<string>" if path is None else str(path),
        "include": include,
        "defines": project.defines,
    }
    behind: list[str] = []
    if project.others:
        function = reading.get("function")
        behind = _needed(text, project, common | {"function": function})
    return parse_program(text, behind=behind, **common, **reading)


def _needed(
    text: str, project: Project, common: Mapping[str, Any]
) -> list[str]:
    """Find the files that define what is missing, and what those miss."""
    definitions = _definitions(project.others)
    found: list[str] = []
    for _ in range(MAX_ROUNDS):
        missing = missing_names(text, behind=found, **common)
        more: list[str] = []
        for name in missing:
            homes = definitions.get(name, [])
            if len(homes) > 1:
                shown = " and in ".join(map(str, homes))
                raise InputError(
                    f"'{name}' is defined in {shown}: leave one out"
                )
            more += [str(home) for home in homes]
        more = [name for name in dict.fromkeys(more) if name not in found]
        if not more:
            break
        found += more
    if len(found) > MAX_OTHER_FILES:
        raise InputError(
            f"{common['path']} needs {len(found)} other files; at most"
            f" {MAX_OTHER_FILES} are read together"
        )
    differing = [name for name in found if Path(name) in project.differing]
    if differing:
        raise InputError(
            f"{differing[0]} is compiled with other macros (-D) than {common['path']}:"
            " they cannot be read together"
        )
    return found


def _definitions(files: Sequence[Path]) -> dict[str, list[Path]]:
    """Say which files define a function for others."""
    from nsc.exestack import Outline

    found: dict[str, list[Path]] = {}
    for path in files:
        for name in dict.fromkeys(
            Outline(read_source(path)).defined_functions()
        ):
            found.setdefault(name, []).append(path)
    return found


def project_of(database: Path, path: Path) -> Project:
    """Read what compile_commands.json says of a file.

    Raises:
        InputError: it is no compilation database, or does not know the file.
    """
    entries = [_Entry.read(database, entry) for entry in _entries(database)]
    real = Path(os.path.realpath(path))
    own = next((entry for entry in entries if entry.file == real), None)
    if own is None:
        raise InputError(f"{path} has no entry in {database}")
    others = {
        e.file: e for e in entries if e.file != real and e.file.suffix == ".c"
    }
    there = {file: e for file, e in others.items() if _is_readable(file)}
    folders = dict.fromkeys(
        f for e in (own, *there.values()) for f in e.folders
    )
    return Project(
        tuple(there),
        tuple(folder for folder in folders if os.path.isdir(folder)),
        own.defines,
        frozenset(
            file for file, e in there.items() if e.defines != own.defines
        ),
    )


def _is_readable(file: Path) -> bool:
    """Say whether a file is there: generated ones may not have been made."""
    return os.path.isfile(file) and os.path.getsize(file) <= MAX_SOURCE_BYTES


def _entries(database: Path) -> list[Any]:
    try:
        found = json.loads(read_regular(database, MAX_DATABASE_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{database} cannot be read: {why}") from None
    if not isinstance(found, list):
        raise InputError(
            f"{database} is no compilation database: expected a list of entries"
        )
    return found


@dataclass(frozen=True)
class _Entry:
    """One compilation: its file, and its flags -I and -D."""

    file: Path
    folders: tuple[Path, ...]
    defines: Mapping[str, str]

    @staticmethod
    def read(database: Path, found: Any) -> _Entry:
        try:
            folder = Path(found["directory"])
            file = Path(os.path.realpath(folder / found["file"]))
            words = found.get("arguments") or shlex.split(found["command"])
            flags = _flags([str(word) for word in words])
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            OSError,
        ) as error:
            raise InputError(
                f"{database}: an entry has no directory, file and command:"
                f" {type(error).__name__} {str(error)[:100]}"
            ) from None
        folders = tuple(
            folder / value for flag, value in flags if flag == "-I"
        )
        macros = (
            value.partition("=") for flag, value in flags if flag == "-D"
        )
        defines = {name: body if eq else "1" for name, eq, body in macros}
        return _Entry(file, folders, defines)


def _flags(words: Sequence[str]) -> list[tuple[str, str]]:
    """List the flags -I and -D; their values may be words of their own."""
    found: list[tuple[str, str]] = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word[:2] in ("-I", "-D"):
            found.append((word[:2], word[2:] or following))
    return found
