"""Can this closure be run as a pure function of its scalars? Named reasons where it
cannot.

In: Module, Closure. Out: refusals. Non-goals: types of parameters (signature.py),
missing names (closure.py).
"""

from __future__ import annotations

import re

from tree_sitter import Node

from nsc.program.closure import Closure
from nsc.refusal import Refusal
from nsc.syntax import (
    MAX_TREE_DEPTH,
    Item,
    Module,
    facts_of,
    first_error,
    is_too_deep,
    text_of,
)


def impurities(module: Module, closure: Closure) -> list[Refusal]:
    """Find what keeps a closure from being a pure, compilable function."""
    found: list[Refusal] = []
    for item in closure.items:
        found.extend(
            refusal.moved(item.base) for refusal in item_impurities(module, item)
        )
    found.extend(_unbounded_recursion(module, closure))
    return found


def item_impurities(module: Module, item: Item) -> list[Refusal]:
    """Find what one item has in it that no surrogate's program may have; counted from
    its part.
    """
    if item.once(is_too_deep):
        what = (
            f"'{item.name}' nests deeper than {MAX_TREE_DEPTH} levels; split its"
            " expressions or branches"
        )
        return [Refusal("nested_too_deeply", what, item.node)]
    error = first_error(item.node)
    if error is not None and re.search(r"\b_?[Cc]omplex\b", text_of(item.node)):
        return [
            Refusal(
                "uses_complex",
                "complex numbers are not supported; pass their two parts",
                error,
            )
        ]
    if error is not None:
        return [
            Refusal(
                "syntax_error",
                f"this is not C as nsc reads it: {_snippet(error)}{_hint(module)}",
                error,
            )
        ]
    return [*facts_of(item).refused, *_forbidden_writes(module, item)]


def _snippet(node: Node) -> str:
    if node.is_missing:
        return f"'{node.type}' is missing"
    text = " ".join(text_of(node).split())
    return f"'{text[:40]}{'...' if len(text) > 40 else ''}'"


def _hint(module: Module) -> str:
    unread = module.expanded.unread
    return (
        f"; a macro may be missing, from {', '.join(unread[:3])}: give its folder with"
        " -I DIR"
        if unread
        else ""
    )


def _forbidden_writes(module: Module, function: Item) -> list[Refusal]:
    """Find writes to file-scope or static objects."""
    writes = facts_of(function).writes
    return [
        refusal
        for name, refusal in writes
        if refusal.reason == "keeps_state" or _is_variable(module, name)
    ]


def _is_variable(module: Module, name: str) -> bool:
    return any(item.kind == "variable" for item in module.named(name))


def _unbounded_recursion(module: Module, closure: Closure) -> list[Refusal]:
    """Refuse a function that calls itself, directly or not, when none on the way ever
    branches.
    """
    calls = {f.name: module.callees(f) for f in closure.functions()}
    suspects = _may_recur(calls)
    found = []
    for function in closure.functions():
        cycle = _reach(function.name, calls) if function.name in suspects else ()
        if function.name in cycle and not any(
            _branches(module.function(name)) for name in cycle
        ):
            message = f"'{function.name}' calls itself without a condition that ends it"
            found.append(Refusal("unbounded_recursion", message, function.start))
    return found


def _may_recur(calls: dict[str, set[str]]) -> set[str]:
    """Return the functions from which some chain of calls never ends."""
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
