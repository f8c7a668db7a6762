"""Can this closure be run as a pure function of its scalars? Named reasons where it cannot.

In: Module, Closure. Out: refusals. Non-goals: types of parameters (signature.py), missing names (closure.py).
"""

from __future__ import annotations

import re

from tree_sitter import Node

from nsc.program.closure import Closure
from nsc.program.declare import MAX_TREE_DEPTH, is_const, is_too_deep, text_of
from nsc.program.parse import Module
from nsc.program.parts import Item
from nsc.program.refusal import Refusal
from nsc.program.syntax import declared_name, first_error, walk

_REFUSED_NODES = {
    "gnu_asm_expression": ("uses_asm", "inline assembly is not supported"),
    "seh_try_statement": ("not_standard_c", "structured exceptions are not standard C"),
    "offsetof_expression": ("uses_offsetof", "offsetof is not supported"),
    "generic_expression": ("uses_generic", "_Generic is not supported"),
}
_REFUSED_NAMES = {
    "asm",
    "__asm__",
    "__asm",
    "_Pragma",
    "__pragma",
    "__has_include",
    "__has_embed",
    "__builtin_va_arg",
}
_BRANCHES = {
    "if_statement", "conditional_expression", "switch_statement", "while_statement", "for_statement",
    "do_statement",
}  # fmt: skip


def impurities(module: Module, closure: Closure) -> list[Refusal]:
    """Find what keeps a closure from being a pure, compilable function."""
    found: list[Refusal] = []
    for item in closure.items:
        found.extend(refusal.moved(item.base) for refusal in _impurities(module, item))
    found.extend(_unbounded_recursion(module, closure))
    return found


def _impurities(module: Module, item: Item) -> list[Refusal]:
    if item.once("too_deep", is_too_deep):
        what = f"'{item.name}' nests deeper than {MAX_TREE_DEPTH} levels; split its expressions or branches"
        return [Refusal("nested_too_deeply", what, item.node)]
    error = first_error(item.node)
    if error is not None and re.search(r"\b_?[Cc]omplex\b", text_of(item.node)):
        return [Refusal("uses_complex", "complex numbers are not supported; pass their two parts", error)]
    if error is not None:
        return [Refusal("syntax_error", f"this is not C as nsc reads it: {_snippet(error)}{_hint(module)}", error)]
    found = item.once("refused_constructs", _refused_constructs)
    return found + _state(module, item) if item.kind == "function" else found


def _snippet(node: Node) -> str:
    if node.is_missing:
        return f"'{node.type}' is missing"
    text = " ".join(text_of(node).split())
    return f"'{text[:40]}{'...' if len(text) > 40 else ''}'"


def _hint(module: Module) -> str:
    unread = module.expanded.unread
    return f"; a macro may be missing, from {', '.join(unread[:3])}: give its folder with -I DIR" if unread else ""


def _refused_constructs(root: Node) -> list[Refusal]:
    found = []
    for node in walk(root):
        if node.type in _REFUSED_NODES:
            found.append(Refusal(*_REFUSED_NODES[node.type], node))
        elif node.type == "type_qualifier" and node.text == b"volatile" and not _is_inside_body(node):
            what = "a volatile object outside a function body may change by itself"
            found.append(Refusal("uses_volatile", what, node))
        elif node.type == "identifier" and text_of(node) in _REFUSED_NAMES:
            found.append(Refusal("uses_asm", f"'{text_of(node)}' is not supported", node))
    return found


def _is_inside_body(node: Node) -> bool:
    while node is not None and node.type != "compound_statement":
        node = node.parent
    return node is not None


def _state(module: Module, function: Item) -> list[Refusal]:
    """Find writes to file-scope or static objects."""
    writes = function.once("writes", _writes_beyond_locals)
    return [refusal for name, refusal in writes if refusal.reason == "keeps_state" or _is_variable(module, name)]


def _writes_beyond_locals(function: Node) -> list[tuple[str, Refusal]]:
    statics: set[str] = set()
    locals_: set[str] = set()
    for node in walk(function):
        if node.type in ("declaration", "parameter_declaration"):
            names = {declared_name(d) for d in node.children_by_field_name("declarator")}
            is_static = any(c.type == "storage_class_specifier" and c.text == b"static" for c in node.children)
            (statics if is_static and not is_const(node) else locals_).update(names)
    found = []
    for node in walk(function):
        target = _written(node)
        name = _root_name(target) if target is not None else None
        if name in statics:
            found.append((name, Refusal("keeps_state", f"the static variable '{name}' is written", node)))
        elif name is not None and name not in locals_:
            found.append((name, Refusal("writes_global", f"the file-level variable '{name}' is written", node)))
    return found


def _written(node: Node) -> Node | None:
    if node.type == "assignment_expression":
        return node.child_by_field_name("left")
    if node.type == "update_expression":
        return node.child_by_field_name("argument")
    return None


def _root_name(node: Node | None) -> str | None:
    """Return the variable an lvalue starts from: `g.a[2]` gives "g"; through a pointer, none."""
    while node is not None:
        if node.type == "identifier":
            return text_of(node)
        if node.type == "field_expression" and text_of(node.child_by_field_name("operator")) == "->":
            return None
        if node.type in ("field_expression", "subscript_expression"):
            node = node.child_by_field_name("argument")
        elif node.type == "parenthesized_expression":
            node = node.named_children[0]
        else:
            return None
    return None


def _is_variable(module: Module, name: str) -> bool:
    return any(item.kind == "variable" for item in module.named(name))


def _unbounded_recursion(module: Module, closure: Closure) -> list[Refusal]:
    """Refuse a function that calls itself, directly or not, when none on the way ever branches."""
    calls = {f.name: module.callees(f) for f in closure.functions()}
    found = []
    for function in closure.functions():
        cycle = _reach(function.name, calls)
        if function.name in cycle and not any(_branches(module.function(name)) for name in cycle):
            message = f"'{function.name}' calls itself without a condition that ends it"
            found.append(Refusal("unbounded_recursion", message, function.start))
    return found


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
    return function is not None and function.once("branches", _has_branches)


def _has_branches(root: Node) -> bool:
    return any(
        n.type in _BRANCHES or (n.type == "binary_expression" and n.children[1].type in ("&&", "||"))
        for n in walk(root)
    )
