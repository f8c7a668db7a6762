"""Reading C files and their own headers, within bounds.

In: paths. Out: text, and what `parse_program(include=...)` asks. Non-goals: parsing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from nsc.errors import InputError
from nsc.host import NotAFile, read_regular
from nsc.text import MAX_SOURCE_BYTES, Include

HEADER_SUFFIXES = (".h", ".c", ".inc", ".def", ".tbl")


def read_source(path: Path) -> str:
    """Read a C file.

    Raises:
        InputError: missing, a folder, unreadable, too large, or not text.
    """
    return _read(path, follow=True)


def _read(path: Path, *, follow: bool) -> str:
    """Read a C file; `follow`: where its last part is a link."""
    try:
        data = read_regular(path, MAX_SOURCE_BYTES, follow=follow)
    except NotAFile as error:
        raise InputError(f"{path}: expected a C file; {error}") from None
    except (OSError, ValueError) as error:  # a name that no file can have
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{_short(path)}: cannot be read: {why}") from None
    if len(data) > MAX_SOURCE_BYTES:
        raise InputError(
            f"{path}: more than {MAX_SOURCE_BYTES} bytes, which are the most that are"
            " read"
        )
    if b"\0" in data:
        raise InputError(f"{path}: expected C text; the file is binary")
    return data.decode("utf-8", "replace")


def _short(path: Path) -> str:
    """Show a path, but not thousands of characters of one."""
    text = str(path)
    return text if len(text) <= 300 else f"{text[:140]}...{text[-140:]}"


def header_reader(
    path: Path | None,
    folders: Sequence[Path] = (),
    others: Sequence[Path] = (),
) -> Include:
    """Return what finds a file's own headers: beside the file that asks, then in
    `folders`.

    Nothing outside the main file's folder and `folders` is opened, and nothing that is
    not named like C, whatever the names in the text say and wherever links lead.

    Args:
        path: the main file; None for text that is in no file.
        others: files that may be read behind it, by their own names; their headers are
            looked for beside them.

    Raises:
        InputError: one of `folders` is no folder.
    """
    for folder in folders:
        if not os.path.isdir(folder):
            raise InputError(
                f"include expects folders; there is no such folder: '{_short(folder)}'"
            )
    own = [] if path is None else [path.parent]
    beside_others = [other.parent for other in others]
    allowed = [os.path.realpath(f) for f in (*own, *folders, *beside_others)]
    named = {str(other): other for other in others}

    def include(
        name: str, angled: bool, asking: str
    ) -> tuple[str, str] | None:
        if not asking and name in named:
            return name, read_source(named[name])
        beside = [Path(asking).parent] if asking else own
        searched = folders if angled else (*beside, *folders)
        for folder in searched:
            text = _header(folder / name, allowed)
            if text is not None:
                return str(folder / name), text
        return None

    return include


def _header(path: Path, allowed: Sequence[str]) -> str | None:
    """Read a header that is named like C and inside allowed folders; None if not.

    What was resolved is opened, and its last part is not followed again: a link that
    takes its place in between opens nothing.
    """
    try:
        real = Path(os.path.realpath(path))
        is_inside = any(real.is_relative_to(folder) for folder in allowed)
        if is_inside and real.suffix in HEADER_SUFFIXES:
            return _read(real, follow=False)
    except (OSError, ValueError, InputError):  # unreadable, or no file's name
        pass
    return None
