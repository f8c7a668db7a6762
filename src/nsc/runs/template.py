"""A command line with places for inputs -> the arguments of one call.

In: "./sim --re {reynolds}", names. Out: a list of arguments. Nothing goes through a
shell. Non-goals: running it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nsc.errors import InputError

# of an argument: text, and the name that follows it; "" for none
Part = tuple[str, str]


@dataclass(frozen=True)
class Template:
    """A command line whose arguments may have inputs in them.

    Args:
        program: the path of what is run.
        parts: of each argument behind it.
    """

    program: str
    parts: tuple[tuple[Part, ...], ...]

    def arguments(self, values: dict[str, str]) -> list[str]:
        """Return what is run for inputs, written out by name."""
        return [
            self.program,
            *(
                "".join(
                    text + (values[name] if name else "")
                    for text, name in parts
                )
                for parts in self.parts
            ),
        ]


def template_of(
    command: str | Sequence[str],
    inputs: Sequence[str] = (),
    folder: Path | None = None,
) -> Template:
    """Read a command line.

    Args:
        command: as a shell's user writes it, quotes and all; or its arguments.
        inputs: names that may stand in it in braces, and must, all of them; () where
            none does.
        folder: where relative paths begin, of the program and of arguments that are
            files there; default the working folder.

    Raises:
        InputError: no program, or names in braces that are no inputs, or the reverse.
    """
    try:
        words = (
            shlex.split(command) if isinstance(command, str) else list(command)
        )
    except ValueError as error:
        raise InputError(f"command cannot be read: {error}") from None
    if not words:
        raise InputError("command must name a program; found nothing")
    folder = folder or Path.cwd()
    parts = tuple(_parts(_found(w, folder), inputs) for w in words[1:])
    named = {name for argument in parts for _, name in argument if name}
    unused = [name for name in inputs if name not in named]
    if unused:
        raise InputError(
            f"command must have every input in it; '{{{unused[0]}}}' is not in"
            f" {_spelled(words)}"
        )
    return Template(_program(words[0], folder), parts)


def _found(word: str, folder: Path) -> str:
    """Return an argument; one that is a file's path is that file's in every call."""
    path = folder / word
    try:
        is_file = path.is_file()
    except (OSError, ValueError):  # too long for a path, or with a null in it
        is_file = False
    return _doubled(str(path.absolute())) if is_file else word


def _doubled(path: str) -> str:
    """Write a path's braces twice, as a template has them."""
    return path.replace("{", "{{").replace("}", "}}")


def _spelled(words: Sequence[str]) -> str:
    return repr(" ".join(words))


def _parts(word: str, inputs: Sequence[str]) -> tuple[Part, ...]:
    try:
        found = list(string.Formatter().parse(word))
    except ValueError as error:
        raise InputError(
            f"command has '{word}', in which braces do not match ({error}); a brace"
            " that is meant is written twice"
        ) from None
    parts: list[Part] = []
    for text, name, form, conversion in found:
        if name is None:
            parts.append((text, ""))
            continue
        if name not in inputs or form or conversion:
            known = ", ".join(inputs) or "none"
            raise InputError(
                f"command has '{{{name}}}' in '{word}', which is no input; inputs are"
                f" {known}. A brace that is meant is written twice"
            )
        parts.append((text, name))
    return tuple(parts)


def _program(word: str, folder: Path) -> str:
    """Return the path of a program, absolute: calls have folders of their own."""
    if os.sep in word:
        found = folder / word
        is_there = found.is_file() and os.access(found, os.X_OK)
        if not is_there:
            what = "cannot be executed" if found.exists() else "is not there"
            raise InputError(f"command runs '{word}', which {what}")
        # what a link points to may act otherwise: a virtual environment's python
        return str(found.absolute())
    path = shutil.which(word)
    if path is None:
        raise InputError(
            f"command runs '{word}', which is in no folder of PATH; a program in the"
            f" working folder is './{word}'"
        )
    return path
