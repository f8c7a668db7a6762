"""A function -> exactly the items, macros and headers it needs to compile alone.

In: `Module`, an item. Out: `Closure`, or problems that name what is missing.
Non-goals: whether the function's signature can be a surrogate's (purity.py).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from operator import itemgetter

from tree_sitter import Node

from nsc.program.errno import errno_refusals
from nsc.program.leaves import leaves_of_variable
from nsc.program.unit import Piece
from nsc.refusal import Refusal
from nsc.syntax import Item, Module, announced_by_type, facts_of
from nsc.text import (
    ERROR_NUMBERS,
    FORBIDDEN,
    HEADER_OF,
    HEADERS,
    Macro,
    may_define,
)

MAX_ITEMS = 1000
_KEYWORDS = frozenset(
    """
        _Bool __func__ __FUNCTION__ true false NULL __builtin_expect __builtin_inf
        __builtin_nan __builtin_huge_val __typeof__ __typeof typeof __auto_type
    """.split()
)
# what nsc calls things beside a program: its entry, its parts in exported C
_OURS = re.compile(
    r"nsc_(?:function|entry\w*|result|called|cell_\w*|[xy]\d*|h\w*|\d\w*"
    r"|weight_\w*|bias_\w*|selftest\w*|timed_\w*)"
)
_ANNOUNCEMENTS = ("prototype", "extern")


@dataclass(frozen=True)
class Closure:
    """What one function needs, in file order.

    Args:
        entry: the function.
        items: it, and the definitions that it needs.
        macros: the user's, that are called inside the items.
        headers: standard ones.
        refusals: what is not to be had; offsets count from the start of the text.
        missing: names that nothing here defines.
        bodiless: those of them that are called, once for each item that calls them.
    """

    entry: Item
    items: tuple[Item, ...]
    macros: tuple[Macro, ...]
    headers: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    missing: tuple[str, ...]
    bodiless: tuple[str, ...]

    def functions(self) -> list[Item]:
        return [item for item in self.items if item.kind == "function"]


def free_names(item: Item) -> dict[str, Node]:
    """Return the names an item uses but neither declares inside itself nor defines.

    Each comes with the first node that it stands at.
    """
    return {
        name: node
        for name, node in facts_of(item).used.items()
        if name not in item.defines
    }


def close(module: Module, entry: Item, given: Collection[str] = ()) -> Closure:
    """Collect everything `entry` needs. Problems are collected, first in file first.

    Args:
        given: variables whose values come from outside: their `extern` declarations do
            for definitions.
    """
    outside = _Outside(module, frozenset(given))
    chosen: dict[int, Item] = {}
    todo = [entry]
    while todo:
        item = todo.pop()
        if item.start in chosen:
            continue
        if len(chosen) == MAX_ITEMS:
            what = (
                f"'{entry.name}' needs more than {MAX_ITEMS} other definitions"
            )
            outside.refusals.append(
                Refusal("closure_too_large", what, entry.start)
            )
            break
        chosen[item.start] = item
        todo.extend(_namesakes(item, module))
        outside.refuse_ours(item)
        for name, node in free_names(item).items():
            todo.extend(_items_for(name, node, item, outside))
    items = tuple(chosen[start] for start in sorted(chosen))
    _resolve_announced_by_type(items, outside)
    return Closure(
        entry=entry,
        items=items,
        macros=_macros_used(module, items),
        headers=tuple(outside.headers),
        refusals=tuple(sorted(outside.refusals, key=lambda r: r.offset)),
        missing=tuple(outside.missing),
        bodiless=tuple(outside.bodiless),
    )


def _namesakes(item: Item, module: Module) -> list[Item]:
    """Return the structs of a function's own name, which it may use in itself."""
    if item.kind != "function":
        return []
    return [other for other in module.named(item.name) if other.kind == "type"]


def _resolve_announced_by_type(
    items: Sequence[Item], outside: _Outside
) -> None:
    """Judge functions that bodies announce by a type of functions alone: `fn rand;`."""
    types = {name for item in items for name in facts_of(item).function_types}
    if not types:
        return
    for item in items:
        if item.kind != "function":
            continue
        for name, node in announced_by_type(item, types).items():
            if not any(
                found.kind == "function"
                for found in outside.module.named(name)
            ):
                outside.resolve(name, node, item.base)


def _items_for(
    name: str, node: Node, user: Item, outside: _Outside
) -> list[Item]:
    """Return the items that a name needs; note what has to come from outside."""
    found = outside.module.named(name)
    if node.type in ("true", "false"):
        # TRUE is of this kind, too, and of no header
        if name in HEADER_OF and not found:
            outside.add_header_of(name)
        return found  # an enumerator of the user's
    if any(item.kind not in _ANNOUNCEMENTS for item in found):
        return _wanted(found)
    if name == "errno" or name in ERROR_NUMBERS:
        outside.use_errno(name, user)
        return []
    if name in outside.given:
        return [item for item in found if item.kind == "extern"][:1]
    outside.resolve(name, node, user.base)
    if name in outside.bodiless:
        return [item for item in found if item.kind == "prototype"]
    return []


def _wanted(found: list[Item]) -> list[Item]:
    """Of all items that declare a name, keep definitions, and what announces them."""
    if any(item.kind == "function" for item in found):
        # a struct may have the function's name
        kinds = ("function", "prototype", "type")
        return [item for item in found if item.kind in kinds]
    return found


class _Outside:
    """The names of one closure that its file does not define.

    They are the standard library's, forbidden there, C's own words, or missing.
    """

    def __init__(self, module: Module, given: frozenset[str]):
        self.module = module
        self.given = frozenset(
            name
            for name in given
            if any(item.kind == "extern" for item in module.named(name))
        )
        included = module.expanded.includes
        # a dict keeps the order of the text, which the closed text repeats
        self.headers: dict[str, None] = {
            name: None
            for name, angled, _ in included
            if angled and name in HEADERS
        }
        self.refusals: list[Refusal] = []
        self.missing: list[str] = []
        self.bodiless: list[str] = []

    def add_header_of(self, name: str) -> None:
        self.headers.setdefault(HEADER_OF[name])

    def use_errno(self, name: str, user: Item) -> None:
        self.headers.setdefault("errno.h")
        refused = errno_refusals(user, name)
        self.refusals += [refusal.moved(user.base) for refusal in refused]

    def refuse_ours(self, item: Item) -> None:
        """Refuse an item that defines what nsc has a use of its own for."""
        for name in filter(_OURS.fullmatch, item.defines):
            what = f"'{name}' is a name of nsc's own; rename it"
            self.refusals.append(Refusal("reserved_name", what, item.start))

    def resolve(self, name: str, node: Node, base: int) -> None:
        """Find where a name comes from; refuse it if it comes from nowhere.

        Args:
            name: as used.
            node: where; its offset counts from `base`.
            base: where the part of the item that uses it starts.
        """
        bare = name.removeprefix("__builtin_")
        if _OURS.fullmatch(name):
            what = f"'{name}' is a name of nsc's own; rename it"
            self.refusals.append(
                Refusal("reserved_name", what, node).moved(base)
            )
        elif name in FORBIDDEN:
            what = f"'{name}' is not available to a surrogate"
            refusal = Refusal(FORBIDDEN[name], what, node)
            self.refusals.append(refusal.moved(base))
        elif bare in HEADER_OF:
            self.add_header_of(bare)
        elif name not in _KEYWORDS:
            self._miss(name, node, base)

    def _miss(self, name: str, node: Node, base: int) -> None:
        is_call = (
            node.parent is not None and node.parent.type == "call_expression"
        )
        self.missing.append(name)
        if is_call:
            self.bodiless.append(name)
        kind = "function" if is_call else "name"
        if node.type == "type_identifier":
            kind = "type"
        is_declared = bool(self.module.named(name))
        said = self._said_of_missing(name, is_declared, is_call)
        said += self._said_of_extern(name)
        what = f"the {kind} '{name}' is {said}"
        self.refusals.append(
            Refusal(f"unknown_{kind}", what, node).moved(base)
        )

    def _said_of_missing(
        self, name: str, is_declared: bool, is_call: bool
    ) -> str:
        if not is_declared:
            unread = self.module.expanded.unread
            return f"not defined in this file{may_define(name, unread)}"
        said = "declared, but its definition is in another file: paste it here"
        return said + (
            ", or guess it by name with text_only=True" if is_call else ""
        )

    def _said_of_extern(self, name: str) -> str:
        """Say that a variable may be given a value, where that works."""
        found = [
            item for item in self.module.named(name) if item.kind == "extern"
        ]
        if not found or found[0].constant:
            return ""
        try:
            leaves_of_variable(name, found[0], self.module.scope)
        except Refusal:
            return ""
        return (
            f", make it an input with inputs={{'{name}': (LO, HI)}}, or fix it with"
            f" fix={{'{name}': VALUE}}"
        )


def _macros_used(module: Module, items: Sequence[Item]) -> tuple[Macro, ...]:
    """Return the user's macros whose calls stand inside the items."""
    expanded = module.expanded
    used = module.macros_used
    macros: dict[int, Macro] = {}
    for item in items:
        first = expanded.origin(item.start)
        last = expanded.origin(max(item.start, item.end - 1))
        start = bisect_left(used, first, key=itemgetter(0))
        stop = bisect_right(used, last, key=itemgetter(0))
        # a predefined macro stands nowhere in the text
        here = (macro for _, macro in used[start:stop] if macro.start >= 0)
        macros |= {macro.start: macro for macro in here}
    return tuple(macros.values())


def closure_text(module: Module, closure: Closure) -> str:
    """Write the closure as a person would: headers, macros and items, as written.

    Macros and items stand in file order. One call of a macro may make several items;
    it is written once. A macro that is defined inside an item is written with it.
    """
    expanded = module.expanded
    written: dict[int, str] = {}  # by where it stands in the original
    order: list[
        tuple[int, int]
    ] = []  # (place in the expanded text, in the original)
    spans: list[tuple[int, int]] = []
    for item in closure.items:
        first = expanded.origin(item.start)
        last = expanded.origin_of_end(item.end)
        text = expanded.as_written(item.start, item.end)
        written[first] = max(text, written.get(first, ""), key=len)
        order.append((item.start, first))
        spans.append((first, last))
    for macro in closure.macros:
        stands_inside_item = any(
            first <= macro.start < last for first, last in spans
        )
        if not stands_inside_item:
            written[macro.start] = expanded.original[
                macro.start : macro.end
            ].rstrip()
            order.append((expanded.defined[macro.start], macro.start))
    headers = "".join(f"#include <{name}>\n" for name in closure.headers)
    origins = dict.fromkeys(origin for _, origin in sorted(order))
    body = "\n\n".join(written[origin] for origin in origins)
    return (headers + "\n" if headers else "") + body + "\n"


def closure_pieces(module: Module, closure: Closure) -> tuple[Piece, ...]:
    """Write the closure's items with macros expanded and no directive.

    That is what is built and evaluated.
    """
    text = module.expanded.text
    return tuple(
        Piece(item.defines, _defining(item, text[item.start : item.end]))
        for item in closure.items
    )


def _defining(item: Item, text: str) -> str:
    """Return an item's text; a variable that is given its value is defined by it."""
    if item.kind == "extern":
        return re.sub(r"\bextern\b", " " * len("extern"), text, count=1)
    return text.strip()


def closure_place(module: Module, closure: Closure, offset: int) -> int | None:
    """Return where in the expanded text the closure's text has an offset from."""
    pieces = closure_pieces(module, closure)
    for item, piece in zip(closure.items, pieces, strict=True):
        if offset <= len(piece.text):
            return item.start + offset
        offset -= len(piece.text) + 1
    return None
