"""Reading C files and their own headers, within bounds.

In: paths. Out: text, and what `parse_program(include=...)` asks. Non-goals: parsing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nsc.errors import InputError
from nsc.text import MAX_SOURCE_BYTES, Include

HEADER_SUFFIXES = (".h", ".c", ".inc", ".def", ".tbl")


def read_source(path: Path) -> str:
    """Read a C file.

    Raises:
        InputError: missing, a folder, too large, or not text.
    """
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no such file"
        raise InputError(f"{path}: expected a C file; {what}")
    if path.stat().st_size > MAX_SOURCE_BYTES:
        raise InputError(
            f"{path}: {path.stat().st_size} bytes; at most {MAX_SOURCE_BYTES} are read"
        )
    data = path.read_bytes()
    if b"\0" in data:
        raise InputError(f"{path}: expected C text; the file is binary")
    return data.decode("utf-8", "replace")


def header_reader(path: Path | None, folders: Sequence[Path] = ()) -> Include:
    """Return what finds a file's own headers: beside the file that asks, then in
    `folders`.

    Nothing outside the main file's folder and `folders` is opened, and nothing that is
    not named like C, whatever the names in the text say and wherever links lead.

    Args:
        path: the main file; None for text that is in no file.

    Raises:
        InputError: one of `folders` is no folder.
    """
    for folder in folders:
        if not folder.is_dir():
            raise InputError(
                f"include expects folders; there is no such folder: '{folder}'"
            )
    own = [] if path is None else [path.parent]
    allowed = [folder.resolve() for folder in (*own, *folders)]

    def include(name: str, angled: bool, asking: str) -> tuple[str, str] | None:
        beside = [Path(asking).parent] if asking else own
        searched = folders if angled else (*beside, *folders)
        for folder in searched:
            text = _header(folder / name, allowed)
            if text is not None:
                return str(folder / name), text
        return None

    return include


def _header(path: Path, allowed: Sequence[Path]) -> str | None:
    """Read a header that is named like C and inside allowed folders; None if not."""
    try:
        real = path.resolve()
        is_inside = any(real.is_relative_to(folder) for folder in allowed)
        if is_inside and real.suffix in HEADER_SUFFIXES and real.is_file():
            return read_source(path)
    except (OSError, ValueError):  # unreadable, or a name that no file can have
        pass
    return None
