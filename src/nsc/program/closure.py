"""A function -> exactly the file-scope items, macros and headers it needs to compile
alone.

In: `Module`, an item. Out: `Closure`, or problems that name what is missing.
Non-goals: whether the function's signature can be a surrogate's (purity.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from operator import itemgetter

from tree_sitter import Node

from nsc.program.unit import Piece
from nsc.refusal import Refusal
from nsc.syntax import Item, Module, facts_of
from nsc.text import FORBIDDEN, HEADER_OF, HEADERS, Macro

_KEYWORDS = frozenset(
    """
        _Bool __func__ __FUNCTION__ true false NULL __builtin_expect __builtin_inf
        __builtin_nan __builtin_huge_val
    """.split()
)


@dataclass
class Closure:
    """What one function needs, in file order."""

    entry: Item
    items: list[Item] = field(default_factory=list)
    macros: list[Macro] = field(default_factory=list)
    headers: tuple[str, ...] = ()
    refusals: list[Refusal] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # names that nothing here defines
    bodiless: list[str] = field(default_factory=list)  # those of them that are called

    def functions(self) -> list[Item]:
        return [item for item in self.items if item.kind == "function"]


def free_names(item: Item) -> dict[str, Node]:
    """Return the names an item uses but neither declares inside itself nor defines,
    each with its first node.
    """
    return {
        name: node
        for name, node in facts_of(item).used.items()
        if name not in item.defines
    }


def close(module: Module, entry: Item) -> Closure:
    """Collect everything `entry` needs. Problems are collected in `refusals`, first in
    file first.
    """
    closure = Closure(entry)
    headers: dict[str, None] = {
        name: None
        for name, angled, _ in module.expanded.includes
        if angled and name in HEADERS
    }
    chosen: dict[int, Item] = {}
    todo = [entry]
    while todo:
        item = todo.pop()
        if item.start in chosen:
            continue
        chosen[item.start] = item
        for name, node in free_names(item).items():
            found = module.named(name)
            if node.type in ("true", "false"):
                # TRUE is of this kind, too, and of no header
                if name in HEADER_OF and not found:
                    headers.setdefault(HEADER_OF[name])
            elif any(item.kind not in ("prototype", "extern") for item in found):
                todo.extend(_wanted(found))
            else:
                _from_standard(name, node, item.base, headers, closure, module)
                todo.extend(
                    i
                    for i in found
                    if i.kind == "prototype" and name in closure.bodiless
                )
    closure.items = [chosen[start] for start in sorted(chosen)]
    closure.headers = tuple(headers)
    closure.macros = _macros_used(module, closure.items)
    closure.refusals.sort(key=lambda r: r.offset)
    return closure


def _wanted(found: list[Item]) -> list[Item]:
    """Of all items that declare a name, keep definitions, and what announces them."""
    if any(item.kind == "function" for item in found):
        return [item for item in found if item.kind in ("function", "prototype")]
    return found


def _from_standard(
    name: str, node: Node, base: int, headers: dict, closure: Closure, module: Module
) -> None:
    bare = name.removeprefix("__builtin_")
    if name in FORBIDDEN:
        refusal = Refusal(
            FORBIDDEN[name], f"'{name}' is not available to a surrogate", node
        )
        closure.refusals.append(refusal.moved(base))
    elif bare in HEADER_OF:
        headers.setdefault(HEADER_OF[bare])
    elif name in _KEYWORDS:
        return
    else:
        is_call = node.parent is not None and node.parent.type == "call_expression"
        reason, what = (
            ("unknown_function", "function") if is_call else ("unknown_name", "name")
        )
        closure.missing.append(name)
        if is_call:
            closure.bodiless.append(name)
        if node.type == "type_identifier":
            reason = "unknown_type"
            what = "type"
        unread = module.expanded.unread
        hint = (
            f"; it may come from {', '.join(unread[:3])}: give its folder with -I DIR"
            if unread
            else ""
        )
        said = f"not defined in this file{hint}"
        if module.named(name):
            said = "declared, but its definition is in another file: paste it here"
            said += ", or guess it by name with --text-only" if is_call else ""
        closure.refusals.append(
            Refusal(reason, f"the {what} '{name}' is {said}", node).moved(base)
        )


def _macros_used(module: Module, items: list[Item]) -> list[Macro]:
    """Return the user's macros whose calls stand inside the items."""
    expanded = module.expanded
    used = module.macros_used
    macros: dict[int, Macro] = {}
    for item in items:
        first = expanded.origin(item.start)
        last = expanded.origin(max(item.start, item.end - 1))
        here = used[
            bisect_left(used, first, key=itemgetter(0)) : bisect_right(
                used, last, key=itemgetter(0)
            )
        ]
        macros |= {macro.start: macro for _, macro in here if macro.start >= 0}
    return list(macros.values())


def closure_text(module: Module, closure: Closure) -> str:
    """Write the closure as a person would: headers, then macros and items in file
    order, as written.
    """
    expanded = module.expanded
    written: dict[int, str] = {}  # by origin: one macro's call may make several items
    order: list[tuple[int, int]] = []
    spans: list[tuple[int, int]] = []
    for item in closure.items:
        first = expanded.origin(item.start)
        last = expanded.origin_of_end(item.end)
        text = expanded.as_written(item.start, item.end)
        written[first] = max(text, written.get(first, ""), key=len)
        order.append((item.start, first))
        spans.append((first, last))
    for macro in closure.macros:
        # it stands in what is written already
        if not any(first <= macro.start < last for first, last in spans):
            written[macro.start] = expanded.original[macro.start : macro.end].rstrip()
            order.append((expanded.defined[macro.start], macro.start))
    headers = "".join(f"#include <{name}>\n" for name in closure.headers)
    body = "\n\n".join(
        written[first] for first in dict.fromkeys(first for _, first in sorted(order))
    )
    return (headers + "\n" if headers else "") + body + "\n"


def closure_pieces(module: Module, closure: Closure) -> tuple[Piece, ...]:
    """Write the closure's items with macros expanded and no directive: what is built
    and evaluated.
    """
    text = module.expanded.text
    return tuple(
        Piece(item.defines, text[item.start : item.end].strip())
        for item in closure.items
    )
