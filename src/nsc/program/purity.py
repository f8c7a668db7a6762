"""A closure -> why it cannot be run as a pure function of its scalars, if it cannot.

In: Module, Closure. Out: refusals. Non-goals: types of parameters (infer.py), missing
names (closure.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from tree_sitter import Node

from nsc.program.closure import Closure
from nsc.program.dialects import dialect
from nsc.program.reads_and_writes import ReadsAndWrites
from nsc.program.static_storage import forbidden_writes
from nsc.refusal import Refusal
from nsc.syntax import (
    MAX_TREE_DEPTH,
    Item,
    Module,
    Scalar,
    child,
    facts_of,
    first_error,
    is_too_deep,
    text_of,
    walk,
)
from nsc.text import integer_literal, is_aligning, is_of_system

MAX_SNIPPET = 40  # characters
_COMPLEX = re.compile(r"\b_?[Cc]omplex\b")


def impurities(
    uses: ReadsAndWrites, closure: Closure, outputs: Collection[str] = ()
) -> list[Refusal]:
    """Find what keeps a closure from being a pure, compilable function.

    Args:
        outputs: file-level variables that may be written.

    Returns:
        Refusals; offsets count from the start of the text.
    """
    module = uses.module
    found: list[Refusal] = []
    for item in closure.items:
        own = item_impurities(uses, item, outputs)
        found.extend(refusal.moved(item.base) for refusal in own)
    found.extend(_unbounded_recursion(module, closure))
    return found


def item_impurities(
    uses: ReadsAndWrites, item: Item, outputs: Collection[str] = ()
) -> list[Refusal]:
    """Find what one item has in it that no surrogate's program may have.

    An item that is not read whole has one refusal, for nothing else can be told of it.

    Returns:
        Refusals; offsets count from the start of the item's part.
    """
    module = uses.module
    if item.once(is_too_deep):
        what = (
            f"'{item.name}' nests deeper than {MAX_TREE_DEPTH} levels; split its"
            " expressions or branches"
        )
        return [Refusal("nested_too_deeply", what, item.node)]
    odd = item.once(dialect)
    if odd is not None:
        return [odd]
    attribute = _harmful_attribute(module, item)
    error = first_error(item.node)
    if error is not None:
        return [*attribute, _unreadable(module, item, error)]
    return [
        *attribute,
        *facts_of(item).refused,
        *forbidden_writes(uses, item, outputs),
        *_unconverted(module, item),
    ]


def _harmful_attribute(module: Module, item: Item) -> list[Refusal]:
    name = next(_harmful_names(module, item), None)
    if name is None:
        return []
    what = (
        f"the attribute '{name}' may change what is computed, and is not followed:"
        " leave it out where the result is the same without it"
    )
    return [Refusal("uses_attributes", what, item.node)]


def _harmful_names(module: Module, item: Item) -> Iterator[str]:
    """Yield the attributes of an item that may change what is computed.

    Where things lie matters only in structs, and to who asks for it: of those also what
    is aligned elsewhere, by a typedef that they use.
    """
    names = module.expanded.attributes_in(item.start, item.end)
    is_laid_out = item.once(_is_laid_out)
    for name in names:
        is_of_layout = name.startswith("#") or is_aligning(name)
        if is_laid_out or not is_of_layout:
            yield name
    if is_laid_out:
        for used in sorted(facts_of(item).used):
            for other in module.named(used):
                found = module.expanded.attributes_in(other.start, other.end)
                yield from filter(is_aligning, found)


def _is_laid_out(root: Node) -> bool:
    """Say whether an item has fields, or asks for alignments."""
    kinds = ("field_declaration_list", "alignof_expression")
    return any(node.type in kinds for node in walk(root))


def _unreadable(module: Module, item: Item, error: Node) -> Refusal:
    if _COMPLEX.search(
        text_of(item.node)
    ):  # `double complex z` is not in the grammar
        what = "complex numbers are not supported; pass their two parts"
        return Refusal("uses_complex", what, error)
    what = f"this is not C as nsc reads it: {_snippet(error)}{_hint(module)}"
    return Refusal("syntax_error", what, error)


def _snippet(node: Node) -> str:
    if node.is_missing:
        return f"'{node.type}' is missing"
    text = " ".join(text_of(node).split())
    is_long = len(text) > MAX_SNIPPET
    return f"'{text[:MAX_SNIPPET]}{'...' if is_long else ''}'"


def _hint(module: Module) -> str:
    unread = [h for h in module.expanded.unread if not is_of_system(h)]
    if not unread:
        return ""
    return (
        f"; a macro may be missing, from {', '.join(unread[:3])}: give its folder with"
        " include=['DIR']"
    )


def _unconverted(module: Module, item: Item) -> list[Refusal]:
    """Refuse numbers that a function of the old style takes for something else.

    Without a prototype C converts no argument: `area(2, 3)` passes two integers, in
    whose place a function of doubles finds anything.
    """
    if module.unprototyped.keys().isdisjoint(facts_of(item).calls):
        return []
    return [
        Refusal("unconverted_argument", _said_of_argument(name, ctype), node)
        for name, node, ctype in _arguments(module, item)
        if _is_floating_literal(node) != (ctype.kind == "float")
    ]


def _said_of_argument(name: str, ctype: Scalar) -> str:
    return (
        f"'{name}' has no prototype, so that this number is not converted to the"
        f" {ctype.spelling} that it takes: write a literal of that type, or a prototype"
    )


def _arguments(
    module: Module, item: Item
) -> Iterator[tuple[str, Node, Scalar]]:
    """Yield the literals that functions without a prototype are called with."""
    for call in walk(item.node):
        if call.type != "call_expression":
            continue
        name = text_of(child(call, "function"))
        given = child(call, "arguments").named_children
        arguments = [node for node in given if node.type != "comment"]
        types = module.unprototyped.get(name, ())
        for node, ctype in zip(arguments, types, strict=False):
            if _literal(node) is not None and isinstance(ctype, Scalar):
                yield name, node, ctype


def _literal(node: Node) -> str | None:
    """Return the text of a literal, which may have a sign."""
    if node.type == "unary_expression":
        node = child(node, "argument")
    return text_of(node) if node.type == "number_literal" else None


def _is_floating_literal(node: Node) -> bool:
    return integer_literal(_literal(node) or "") is None


def _unbounded_recursion(module: Module, closure: Closure) -> list[Refusal]:
    """Refuse functions that call themselves when none on the way ever branches."""
    calls = {f.name: module.callees(f) for f in closure.functions()}
    suspects = _may_recur(calls)
    found: list[Refusal] = []
    for function in closure.functions():
        if function.name not in suspects:
            continue
        reached = _reach(function.name, calls)
        calls_itself = function.name in reached
        may_end = any(_branches(module.function(name)) for name in reached)
        if calls_itself and not may_end:
            what = f"'{function.name}' calls itself without a condition that ends it"
            found.append(Refusal("unbounded_recursion", what, function.start))
    return found


def _may_recur(calls: dict[str, set[str]]) -> set[str]:
    """Return the functions from which some chain of calls never ends.

    Those that call nothing are taken away, then those that call nothing any more; what
    is left calls in circles, or what does. Few functions do, and only those are worth
    following one by one.
    """
    left = {
        name: {callee for callee in callees if callee in calls}
        for name, callees in calls.items()
    }
    callers: dict[str, list[str]] = {}
    for name, callees in left.items():
        for callee in callees:
            callers.setdefault(callee, []).append(name)
    ended = [name for name, callees in left.items() if not callees]
    while ended:
        name = ended.pop()
        del left[name]
        for caller in callers.get(name, ()):
            left[caller].discard(name)
            if not left[caller]:
                ended.append(caller)
    return set(left)


def _reach(start: str, calls: dict[str, set[str]]) -> set[str]:
    """Return all that a function calls, directly or not."""
    seen: set[str] = set()
    todo = list(calls.get(start, ()))
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(calls.get(name, ()))
    return seen


def _branches(function: Item | None) -> bool:
    return function is not None and facts_of(function).branches
