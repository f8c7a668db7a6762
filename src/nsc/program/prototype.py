"""A Program -> the C text of the types its signature needs.

In: Program. Out: text of typedefs, structs and enums, as written. Non-goals: functions
and data.
"""

from __future__ import annotations

import re

from nsc.program.closure import free_names
from nsc.program.program import Program
from nsc.syntax import (
    Item,
    Module,
    child,
    parse_module,
    text_of,
    walk,
    with_prototypes,
)
from nsc.text import HEADER_OF, preprocess

_NAMESAKES = ("type_identifier", "field_identifier")
_NAMES = ("identifier", "type_identifier", "primitive_type")


def signature_types(program: Program) -> tuple[tuple[str, ...], str]:
    """Return (standard headers, C text) that a prototype of the function needs.

    Example: for `double dist(vec2 a, vec2 b)` the text is `typedef struct { double x,
    y; } vec2;`.
    """
    module = parse_module(preprocess(program.source))
    entry = module.function(program.name)
    if entry is None:
        return (), ""
    variables = " ".join(v.declaration for v in program.signature.variables)
    todo = [*_names_in_head(entry), *re.findall(r"[A-Za-z_]\w*", variables)]
    parameters = {param.name for param in program.signature.params}
    chosen: dict[int, Item] = {}
    headers: dict[str, None] = {}
    while todo:
        name = todo.pop()
        items = module.named(name)
        if name in HEADER_OF and not items and name not in parameters:
            headers.setdefault(HEADER_OF[name])
        for item in items:
            if item.kind == "type" and item.start not in chosen:
                chosen[item.start] = item
                todo.extend(free_names(item))
    text = module.expanded.text
    pieces = [
        text[item.start : item.end] for _, item in sorted(chosen.items())
    ]
    declarations = [piece.strip().removesuffix(";") + ";" for piece in pieces]
    return tuple(headers), "\n".join(declarations)


def embedded_text(program: Program) -> str:
    """Return the program's text as files can hold that are C23 and C++, too.

    It is as its author wrote it, but where a definition is of the old style: then it is
    what that was read as, with its macros expanded.
    """
    expanded = preprocess(program.text)
    if with_prototypes(expanded).expanded is expanded:
        return program.text
    headers = "".join(f"#include <{name}>\n" for name in program.headers)
    return headers + program.source


def _items(module: Module) -> list[Item]:
    return [
        item.at(base) for base, part in module.parts for item in part.items
    ]


def has_namesake(program: Program) -> bool:
    """Say whether a type or a member is called as the function is."""
    module = parse_module(preprocess(program.source))
    return any(
        node.type in _NAMESAKES and text_of(node) == program.name
        for item in _items(module)
        for node in walk(item.node)
    )


def renamed_text(program: Program, name: str) -> str:
    """Return the program's text, macros expanded, with another name for its function.

    Types and members that are called as the function is keep their names.
    """
    module = parse_module(preprocess(program.source))
    text = module.expanded.text
    found = {
        item.start + node.start_byte - item.node.start_byte
        for item in _items(module)
        for node in walk(item.node)
        if node.type == "identifier" and text_of(node) == program.name
    }
    parts: list[str] = []
    at = 0
    for start in sorted(found):
        parts += [text[at:start], name]
        at = start + len(program.name)
    headers = "".join(f"#include <{header}>\n" for header in program.headers)
    return headers + "".join(parts) + text[at:]


def _names_in_head(function: Item) -> list[str]:
    """List the names in front of a function's body."""
    body = child(function.node, "body")
    return [
        text_of(node)
        for node in walk(function.node)
        if node.end_byte <= body.start_byte and node.type in _NAMES
    ]
