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
            raise InputError(f"-I {folder}: there is no such folder")
    allowed = [f.resolve() for f in [*([path.parent] if path else []), *folders]]

    def include(name: str, angled: bool, asking: str) -> tuple[str, str] | None:
        beside = [Path(asking).parent] if asking else [path.parent] if path else []
        for folder in [*([] if angled else beside), *folders]:
            found = folder / name
            try:
                real = found.resolve()
                inside = any(real.is_relative_to(a) for a in allowed)
                if inside and real.suffix in HEADER_SUFFIXES and real.is_file():
                    return str(found), read_source(found)
            except (OSError, ValueError):
                continue
        return None

    return include
