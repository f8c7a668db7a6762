"""Several files read as one text: what is missing, and whether names mean one thing.

In: a parsed file with others behind it, a closure. Out: names, or a refusal.
Non-goals: finding the files.

A linker knows the files of a program apart; here one text holds them. Where a name could
mean another thing than it does to a linker, the program is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nsc.errors import Problem, SourceError
from nsc.program.closure import Closure, close, free_names
from nsc.program.examine import ParsedFile, parsed
from nsc.syntax import Item, has_specifier
from nsc.text import Include

_DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)
_DEFINITIONS = ("function", "variable", "type")


def missing_names(
    text: str,
    *,
    path: str = "<string>",
    function: str | None = None,
    include: Include | None = None,
    defines: Mapping[str, str] | None = None,
    behind: Sequence[str] = (),
) -> tuple[str, ...]:
    """List what a function uses, or all functions of a file, and nothing defines.

    A function that is asked for and not there is itself missing. Arguments as of
    `parse_program`.

    Raises:
        SourceError: the file cannot be preprocessed.
    """
    file = parsed(text, path, include, defines, behind)
    items = file.own_functions()
    if function is not None:
        chosen = file.module.function(function)
        if chosen is None:
            return (function,)
        items = [chosen]
    missing = (
        name for item in items for name in close(file.module, item).missing
    )
    return tuple(dict.fromkeys(missing))


def expect_one_meaning(
    file: ParsedFile, closure: Closure, behind: Sequence[str]
) -> None:
    """Refuse names that mean different things in the files of a closure.

    Raises:
        SourceError: it says which name, and in which files.
    """
    if not behind:
        return
    files = {"": file.path} | {name: name for name in behind}
    problems = [
        *_defined_twice(file, closure, files),
        *_private(file, closure, files),
        *_macros(file, files),
    ]
    if problems:
        raise SourceError(file.path, problems)


class _Where(NamedTuple):
    """A place in a file; its path is "" for the file itself."""

    file: str
    line: int
    column: int


def _where(file: ParsedFile, item: Item) -> _Where:
    return _Where(_place(file, item), *file.position(item))


def _place(file: ParsedFile, item: Item) -> str:
    where = file.module.expanded
    return where.file_of(where.origin(item.start)).path


def _problem(name: str, what: str, where: _Where) -> Problem:
    file, line, column = where
    return Problem(
        "ambiguous_name",
        f"'{name}' {what}; read together the files would not mean what they mean apart:"
        " rename it, or put what is needed into one file",
        line,
        column,
        file,
    )


def _defined_twice(
    file: ParsedFile, closure: Closure, files: Mapping[str, str]
) -> Iterator[Problem]:
    for name in dict.fromkeys(
        n for item in closure.items for n in item.defines
    ):
        places: dict[str, Item] = {}
        for other in file.module.named(name):
            place = _place(file, other)
            if other.kind in _DEFINITIONS and place in files:
                places.setdefault(place, other)
        if len(places) > 1:
            found = [files[place] for place in places]
            what = f"is defined in {' and in '.join(found)}"
            *_, last = places.values()
            yield _problem(name, what, _where(file, last))


def _private(
    file: ParsedFile, closure: Closure, files: Mapping[str, str]
) -> Iterator[Problem]:
    """List static names that another file of the closure uses."""
    for item in closure.items:
        home = _place(file, item)
        is_static = has_specifier(
            item.node, "storage_class_specifier", b"static"
        )
        if home not in files or not is_static:
            continue
        for other in closure.items:
            place = _place(file, other)
            used = free_names(other).keys() & set(item.defines)
            if place in files and place != home and used:
                what = (
                    f"is static in {files[home]}, and {files[place]} uses it"
                )
                yield _problem(min(used), what, _where(file, other))


def _macros(file: ParsedFile, files: Mapping[str, str]) -> Iterator[Problem]:
    """List macros of a file that a later one, or a header, would see."""
    read = file.module.expanded.files
    for k, one in enumerate(read):
        if one.path not in files:
            continue
        own = set(_DEFINE.findall(one.text))
        for other in read[k + 1 :]:
            seen = own & set(re.findall(r"\w+", other.text))
            if seen:
                shown = files.get(other.path, other.path)
                name = min(seen)
                what = f"is a macro of {files[one.path]} and stands in {shown}"
                first = re.search(rf"\b{name}\b", other.text)
                assert first is not None, "it is a word of the text"
                place = other.position(other.base + first.start())
                yield _problem(name, what, _Where(other.path, *place))
