"""A Unit -> the same unit with its static variables in sections of their own.

Each variable gets a section, whose bounds an exported function tells, so that a
builder can look at what the variables hold.

In: Unit. Out: `Watched`. Non-goals: judging text, which is done before; running it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node

from nsc.program.static_storage import keeps_value
from nsc.program.unit import Piece, Unit
from nsc.syntax import (
    changing_declarators,
    child,
    declarators_of,
    declared_name,
    has_specifier,
    syntax_tree,
    walk,
)

STATIC_BOUNDS = (
    "nsc_static_bounds"  # exported: k -> where section k/2 starts or ends
)
_SECTION = "nsc_static_"


@dataclass(frozen=True)
class Watched:
    """A unit whose static variables can be looked at.

    Args:
        names: of each section: the function that declares the variable ("" at file
            level), and the variable.
    """

    unit: Unit
    names: tuple[tuple[str, str], ...]


def watched(unit: Unit) -> Watched | None:
    """Put static variables into sections; None where a unit has none that may change.

    The unit's text must be one that may reach the compiler: what comes out has
    attributes in it.
    """
    numbers: dict[tuple[str, str], int] = {}
    pieces: list[Piece] = []
    for piece in unit.pieces:
        text = piece.text
        marks = [
            (place, numbers.setdefault(name, len(numbers)))
            for place, name in _variables(syntax_tree(text))
        ]
        for place, number in sorted(marks, reverse=True):
            text = f"{text[:place]}{_attribute(number)}{text[place:]}"
        pieces.append(Piece(piece.names, text))
    if not numbers:
        return None
    bounds = Piece((STATIC_BOUNDS,), _bounds(len(numbers)))
    return Watched(replace(unit, pieces=(*pieces, bounds)), tuple(numbers))


def _variables(root: Node) -> Iterator[tuple[int, tuple[str, str]]]:
    """Yield where each variable takes an attribute, its function, and its name."""
    for top in root.children:
        if top.type == "declaration" and _is_variable(top):
            yield from _declared(top, "")
        if top.type != "function_definition":
            continue
        function = declared_name(top.child_by_field_name("declarator"))
        for node in walk(top):
            if node.type == "declaration" and keeps_value(node):
                yield from _declared(node, function)


def _is_variable(declaration: Node) -> bool:
    """Say whether a file-scope declaration defines variables that may change."""
    if has_specifier(declaration, "storage_class_specifier", b"extern"):
        return False
    kinds = [node.type for node in declarators_of(declaration)]
    return bool(kinds) and "function_declarator" not in kinds


def _declared(
    declaration: Node, function: str
) -> Iterator[tuple[int, tuple[str, str]]]:
    for declarator in changing_declarators(declaration):
        inner = declarator
        if declarator.type == "init_declarator":
            inner = child(declarator, "declarator")
        yield inner.end_byte, (function, declared_name(declarator))


def _attribute(number: int) -> str:
    return f' __attribute__((__section__("{_SECTION}{number}"), __used__))'


def _bounds(n: int) -> str:
    names = [
        f"__{end}_{_SECTION}{k}" for k in range(n) for end in ("start", "stop")
    ]
    return (
        f"extern char {', '.join(f'{name}[]' for name in names)};\n"
        f'__attribute__((__export_name__("{STATIC_BOUNDS}")))'
        f" char *{STATIC_BOUNDS}(int k)"
        f" {{ char *bounds[] = {{{', '.join(names)}}}; return bounds[k]; }}"
    )
