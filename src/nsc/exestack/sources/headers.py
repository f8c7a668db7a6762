"""A package's own headers, handed to the front end as text.

In: the folder of a package. Out: what `parse_program(include=...)` asks. Opens regular
files below that folder and nothing else, whatever names the text asks for. Non-goals:
standard headers, other packages' headers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path

from nsc.exestack.sources.outline import Declared, Facts, Outline, floating_names
from nsc.exestack.sources.text import MAX_BYTES, SourceText, checked
from nsc.text import Include

_SUFFIXES = (".h", ".c", ".inc", ".def")


def package_headers(package: str, path: str) -> Include | None:
    """Return what finds headers for the file at `path` (from the package's parent).

    A header is looked for beside the file that asks, then anywhere in the package: the
    shortest path that ends with the name asked for, else the shortest with its last
    part (build systems copy and link headers into folders that a source tree does not
    have).
    """
    if not package:
        return None
    index = _index(package)
    here = _inside(path)

    def include(name: str, angled: bool, asking: str) -> tuple[str, str] | None:
        beside = os.path.normpath(os.path.join(os.path.dirname(asking or here), name))
        wanted = os.path.normpath(name)
        if beside in index.paths:
            return _read(package, beside)
        named = index.by_name.get(os.path.basename(wanted), [])
        ending = [
            found
            for found in named
            if found == wanted or found.endswith("/" + wanted.lstrip("./"))
        ]
        return _read(package, (ending or named)[0]) if named else None

    return include


def defining_files(source: SourceText, names: Iterable[str]) -> list[str]:
    """Return the package's other .c files that define the functions named, as the
    package's headers call them.
    """
    definitions = source.facts.definitions if source.facts else {}
    found = (definitions.get(name) for name in names)
    return [
        path for path in dict.fromkeys(found) if path and path != _inside(source.path)
    ]


def outlined(source: SourceText) -> tuple[Outline, Facts]:
    """Return what a file's words tell, and what its package's do; each file of a
    package is outlined once.
    """
    if not source.package:
        outline = Outline(source.text)
        return outline, Facts(floating_names(outline.declared))
    index = _index(source.package)
    facts = index.facts
    return index.outlines.pop(_inside(source.path), None) or Outline(source.text), facts


def _inside(path: str) -> str:
    """Return where in its package a file is, given its path, which starts with the
    package's name if it has one.
    """
    first, _, rest = path.partition("/")
    return rest or first


class _Index:
    """The files of one package, by name; shorter paths first. `outlines`: of those that
    nobody has asked for.
    """

    def __init__(self, package: str):
        self.outlines: dict[str, Outline] = {}
        self.by_name: dict[str, list[str]] = {}
        for folder, folders, names in os.walk(package, followlinks=False):
            folders.sort()
            inside = os.path.relpath(folder, package)
            for name in names:
                if name.endswith(_SUFFIXES) and not os.path.islink(
                    os.path.join(folder, name)
                ):
                    self.by_name.setdefault(name, []).append(
                        os.path.normpath(os.path.join(inside, name))
                    )
        for paths in self.by_name.values():
            paths.sort(key=lambda p: (len(p), p))
        self.package = package
        self.paths = {p for paths in self.by_name.values() for p in paths}

    @cached_property
    def facts(self) -> Facts:
        """What the files tell about one another. A function that two .c files define is
        left out.
        """
        definitions: dict[str, str] = {}
        declared: list[Declared] = []
        for path in sorted(self.paths):
            text = _text(self.package, path)
            if text is None:
                continue
            self.outlines[path] = outline = Outline(text)
            declared += outline.declared
            for name in outline.defined_functions() if path.endswith(".c") else ():
                definitions[name] = path if definitions.get(name, path) == path else ""
        return Facts(
            floating_names(declared),
            {name: path for name, path in definitions.items() if path},
        )


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
