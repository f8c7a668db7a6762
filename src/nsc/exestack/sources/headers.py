"""A package's own headers, handed to the front end as text.

In: the folder of a package. Out: what `parse_program(include=...)` asks. Opens regular
files below that folder and nothing else, whatever names the text asks for. Non-goals:
standard headers, other packages' headers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path

from nsc.exestack.sources.outline import (
    Declared,
    Facts,
    Outline,
    floating_names,
)
from nsc.exestack.sources.text import MAX_BYTES, SourceText, checked
from nsc.host import read_regular
from nsc.text import Include

_SUFFIXES = (".h", ".c", ".inc", ".def")


def package_headers(package: str, path: str) -> Include | None:
    """Return what finds headers for the file at `path` (from the package's parent).

    A header is looked for beside the file that asks, then anywhere in the package: the
    shortest path that ends with the name asked for, else the shortest with its last
    part (build systems copy and link headers into folders that a source tree does not
    have).

    Args:
        package: its folder; "" where the file is of none.
    """
    if not package:
        return None
    index = _index(package)
    here = _inside(path)

    def include(
        name: str, angled: bool, asking: str
    ) -> tuple[str, str] | None:
        found = index.find(name, os.path.dirname(asking or here))
        return None if found is None else _read(package, found)

    return include


def defining_files(source: SourceText, names: Iterable[str]) -> list[str]:
    """Return the package's other .c files that define the functions named.

    Returns:
        Paths as the package's headers call them, each once.
    """
    definitions = source.facts.definitions if source.facts else {}
    own = _inside(source.path)
    found = dict.fromkeys(definitions.get(name) for name in names)
    return [path for path in found if path and path != own]


def outlined(source: SourceText) -> tuple[Outline, Facts]:
    """Return what a file's words tell, and what its package's do.

    Each file of a package is outlined once.
    """
    if not source.package:
        outline = Outline(source.text)
        return outline, Facts(floating_names(outline.declared))
    index = _index(source.package)
    facts = index.facts  # makes the outlines
    outline = index.outlines.pop(_inside(source.path), None)
    return outline or Outline(source.text), facts


def _inside(path: str) -> str:
    """Return where in its package a file is.

    Args:
        path: starts with the package's name, if it has one.
    """
    first, _, rest = path.partition("/")
    return rest or first


class _Index:
    """The files of one package that may be read.

    Args:
        by_name: the last part of a path -> paths below the package, shorter ones first.
        outlines: of the files that nobody has asked for.
    """

    def __init__(self, package: str):
        self.package = package
        self.outlines: dict[str, Outline] = {}
        self.by_name: dict[str, list[str]] = {}
        for path in _files_below(package):
            self.by_name.setdefault(os.path.basename(path), []).append(path)
        for paths in self.by_name.values():
            paths.sort(key=lambda p: (len(p), p))
        self.paths = {p for paths in self.by_name.values() for p in paths}

    def find(self, name: str, folder: str) -> str | None:
        """Find the file that `#include "name"` means in a file of a folder."""
        beside = os.path.normpath(os.path.join(folder, name))
        if beside in self.paths:
            return beside
        wanted = os.path.normpath(name)
        named = self.by_name.get(os.path.basename(wanted), [])
        end = "/" + wanted.lstrip("./")
        ending = [
            path for path in named if path == wanted or path.endswith(end)
        ]
        candidates = ending or named
        return candidates[0] if candidates else None

    @cached_property
    def facts(self) -> Facts:
        """What the files tell about one another.

        A function that two .c files define is left out.
        """
        definitions: dict[str, str] = {}
        declared: list[Declared] = []
        for path in sorted(self.paths):
            text = _text(self.package, path)
            if text is None:
                continue
            outline = Outline(text)
            self.outlines[path] = outline
            declared += outline.declared
            if path.endswith(".c"):
                for name in outline.defined_functions():
                    is_first = definitions.get(name, path) == path
                    definitions[name] = path if is_first else ""
        defined_once = {
            name: path for name, path in definitions.items() if path
        }
        return Facts(floating_names(declared), defined_once)


def _files_below(package: str) -> Iterator[str]:
    """Yield paths below a package of files that it may include; no links."""
    for folder, folders, names in os.walk(package, followlinks=False):
        folders.sort()
        inside = os.path.relpath(folder, package)
        for name in names:
            is_link = os.path.islink(os.path.join(folder, name))
            if name.endswith(_SUFFIXES) and not is_link:
                yield os.path.normpath(os.path.join(inside, name))


@lru_cache(maxsize=4)
def _index(package: str) -> _Index:
    return _Index(package)


@lru_cache(maxsize=512)
def _read(package: str, path: str) -> tuple[str, str] | None:
    text = _text(package, path)
    return None if text is None else (path, text)


def _text(package: str, path: str) -> str | None:
    try:
        data = read_regular(Path(package, path), MAX_BYTES, follow=False)
        found = checked("", path, data)
    except OSError:
        return None
    return found.text if isinstance(found, SourceText) else None
