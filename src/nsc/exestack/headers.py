"""A package's own headers, handed to the front end as text.

In: the folder of a package. Out: what `parse_program(include=...)` asks. Opens regular files below that folder
and nothing else, whatever names the text asks for. Non-goals: standard headers, other packages' headers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path

from nsc.exestack.floating import Floating, declared, defined_functions, floating_names
from nsc.exestack.text import MAX_BYTES, SourceText, checked
from nsc.program import Include

_SUFFIXES = (".h", ".c", ".inc", ".def")


def package_headers(package: str, path: str) -> Include | None:
    """Return what finds headers for the file at `path` (from the package's parent).

    A header is looked for beside the file that asks, then anywhere in the package: the shortest path
    that ends with the name asked for, else the shortest with its last part (build systems copy and link
    headers into folders that a source tree does not have).
    """
    if not package:
        return None
    index = _index(package)
    here = "/".join(Path(path).parts[1:])

    def include(name: str, angled: bool, asking: str) -> tuple[str, str] | None:
        beside = os.path.normpath(os.path.join(os.path.dirname(asking or here), name))
        wanted = os.path.normpath(name)
        if beside in index.paths:
            return _read(package, beside)
        named = index.by_name.get(os.path.basename(wanted), [])
        ending = [found for found in named if found == wanted or found.endswith("/" + wanted.lstrip("./"))]
        return _read(package, (ending or named)[0]) if named else None

    return include


def defining_files(source: SourceText, names: Iterable[str]) -> list[str]:
    """Return the package's other .c files that define the functions named, as the package's headers call them."""
    if not source.package:
        return []
    index = _index(source.package)
    here = "/".join(Path(source.path).parts[1:])
    found = (index.definitions.get(name) for name in names)
    return [path for path in dict.fromkeys(found) if path and path != here]


def floating_types(source: SourceText) -> Floating:
    """Return the names that stand for floating-point types in a file and its package."""
    if source.floating is not None:
        return source.floating
    if not source.package:
        return floating_names(declared(source.text))
    return _index(source.package).floating


class _Index:
    """The headers of one package, by name; shorter paths first."""

    def __init__(self, package: str):
        self.by_name: dict[str, list[str]] = {}
        for folder, folders, names in os.walk(package, followlinks=False):
            folders.sort()
            inside = os.path.relpath(folder, package)
            for name in names:
                if name.endswith(_SUFFIXES) and not os.path.islink(os.path.join(folder, name)):
                    self.by_name.setdefault(name, []).append(os.path.normpath(os.path.join(inside, name)))
        for paths in self.by_name.values():
            paths.sort(key=lambda p: (len(p), p))
        self.package = package
        self.paths = {p for paths in self.by_name.values() for p in paths}

    @cached_property
    def definitions(self) -> dict[str, str]:
        """Which .c file defines a function that others may call; those defined twice are left out."""
        found: dict[str, str] = {}
        for path in sorted(self.paths):
            text = _text(self.package, path) if path.endswith(".c") else None
            for name in defined_functions(text) if text else ():
                found[name] = path if found.get(name, path) == path else ""
        return {name: path for name, path in found.items() if path}

    @cached_property
    def floating(self) -> Floating:
        files = (_text(self.package, path) for path in sorted(self.paths))
        return floating_names(pair for text in files if text for pair in declared(text))


@lru_cache(maxsize=4)
def _index(package: str) -> _Index:
    return _Index(package)


@lru_cache(maxsize=512)
def _read(package: str, path: str) -> tuple[str, str] | None:
    text = _text(package, path)
    return None if text is None else (path, text)


def _text(package: str, path: str) -> str | None:
    try:
        file = Path(package, path)
        if not file.is_file() or file.stat().st_size > MAX_BYTES:
            return None
        found = checked("", path, file.read_bytes())
    except OSError:
        return None
    return found.text if isinstance(found, SourceText) else None
