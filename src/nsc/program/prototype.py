"""A Program -> the C text of the types its signature needs.

In: Program. Out: text of typedefs, structs and enums, as written. Non-goals: functions
and data.
"""

from __future__ import annotations

from nsc.program.closure import free_names
from nsc.program.program import Program
from nsc.syntax import Item, child, parse_module, text_of, walk
from nsc.text import HEADER_OF, preprocess


def signature_types(program: Program) -> tuple[tuple[str, ...], str]:
    """Return (standard headers, C text) that a prototype of the program's function
    needs.

    Example: for `double dist(vec2 a, vec2 b)` the text is `typedef struct { double x,
    y; } vec2;`.
    """
    module = parse_module(preprocess(program.source))
    entry = module.function(program.name)
    if entry is None:
        return (), ""
    body = child(entry.node, "body")
    head = [n for n in walk(entry.node) if n.end_byte <= body.start_byte]
    todo = [
        text_of(n)
        for n in head
        if n.type in ("identifier", "type_identifier", "primitive_type")
    ]
    chosen: dict[int, Item] = {}
    headers: dict[str, None] = {}
    while todo:
        name = todo.pop()
        if name in HEADER_OF:
            headers.setdefault(HEADER_OF[name])
        for item in module.named(name):
            if item.kind == "type" and item.start not in chosen:
                chosen[item.start] = item
                todo.extend(free_names(item))
    text = module.expanded.text
    pieces = [text[i.start : i.end].strip() for _, i in sorted(chosen.items())]
    return tuple(headers), "\n".join(p if p.endswith(";") else p + ";" for p in pieces)
