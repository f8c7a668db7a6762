"""A function body -> the order in which it reads and writes what its pointer parameters
point to.

In: a function item of a Module. Out: per parameter, a list of `Access` in evaluation
order.
Non-goals: exact control flow. Branches are walked in text order; a loop body once.
"""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from nsc.refusal import Refusal
from nsc.syntax import (
    Item,
    Module,
    constant,
    declared_name,
    facts_of,
    parameters_of,
    text_of,
)
from nsc.text import WRITES_ARGUMENT

Range = tuple[int, int]
Step = str | Range | None  # a field, a range of indices, or an index nobody knows
MAX_PATH = 64


@dataclass(frozen=True)
class Access:
    """One read ("r") or write ("w"). `path` goes from the parameter: fields, and index
    ranges.
    """

    kind: str
    path: tuple[Step, ...]
    node: Node


def accesses(module: Module, function: Item) -> dict[str, list[Access]]:
    """Return how `function` uses each of its parameters: the first of each kind of
    access, in evaluation order.

    Each function is walked once, callees first; of functions that call each other, the
    first one walked knows nothing of the other's parameters.
    """
    for item in _callees_first(module, function):
        if _key(item) not in module.known:
            module.known[_key(item)] = _accesses(module, item)
    return module.known[_key(function)]


def _accesses(module: Module, item: Item) -> dict[str, list[Access]]:
    """Walk a function, unless another module did, with the same callees and constants
    in sight.
    """
    callees = [
        module.known.get(_key(f)) if (f := module.function(name)) else None
        for name in facts_of(item).calls
    ]
    values = module.scope.constants
    constants = {
        name: values[name] for name in facts_of(item).identifiers & values.keys()
    }
    walked = item.once(_walks_of)
    for callees_then, constants_then, found in walked:
        if constants_then == constants and all(
            a is b for a, b in zip(callees_then, callees, strict=True)
        ):
            return found
    names = [
        declared_name(p.child_by_field_name("declarator"))
        for p in parameters_of(item.node)
    ]
    walker = _Walker(module, {name: {} for name in names if name})
    walker.visit(item.node.child_by_field_name("body"))
    found = {name: list(accesses.values()) for name, accesses in walker.found.items()}
    walked.append((callees, constants, found))
    return found


def _walks_of(node: Node) -> list:
    return []


def _key(function: Item) -> tuple[str, int]:
    return "accesses", function.start


def _callees_first(module: Module, function: Item) -> list[Item]:
    """List a function and all it calls in this file, callees before callers where no
    cycle forbids it.
    """
    done: dict[int, Item] = {}
    started: set[int] = set()
    todo = [(function, False)]
    while todo:
        item, is_left = todo.pop()
        if is_left:
            done.setdefault(item.start, item)
        elif item.start not in started:
            started.add(item.start)
            todo.append((item, True))
            todo.extend(
                (module.function(name), False) for name in sorted(module.callees(item))
            )
    return list(done.values())


class _Walker:
    """Visits nodes in evaluation order, recording accesses through the watched
    parameters.
    """

    def __init__(self, module: Module, found: dict[str, dict[tuple, Access]]):
        self.module = module
        self.found = found
        self.ranges: dict[str, Range] = {}  # loop counters with constant bounds

    def visit(self, node: Node | None) -> None:
        if node is None:
            return
        visitor = getattr(self, f"_{node.type}", None)
        if visitor is not None:
            visitor(node)
        elif not self._record("r", node):
            for child in node.named_children:
                self.visit(child)

    def _assignment_expression(self, node: Node) -> None:
        target = node.child_by_field_name("left")
        self.visit(node.child_by_field_name("right"))
        self._visit_indices(target)
        if text_of(node.child_by_field_name("operator")) != "=":
            self._record("r", target)
        if not self._record("w", target):
            self.visit(target)

    def _update_expression(self, node: Node) -> None:
        target = node.child_by_field_name("argument")
        self._record("r", target)
        self._record("w", target)

    def _sizeof_expression(self, node: Node) -> None:
        """Nothing is evaluated inside sizeof."""

    def _init_declarator(self, node: Node) -> None:
        self.visit(node.child_by_field_name("value"))

    def _call_expression(self, node: Node) -> None:
        name = text_of(node.child_by_field_name("function"))
        arguments = [
            a
            for a in node.child_by_field_name("arguments").named_children
            if a.type != "comment"
        ]
        callee = self.module.function(name)
        inner: list[list[Access]] = []
        if callee is not None:
            inner = list(self.module.known.get(_key(callee), {}).values())
        for k, argument in enumerate(arguments):
            target = _strip(argument)
            passed = self._address_path(target)
            if passed is None:
                self.visit(argument)
                continue
            parameter, path = passed
            if k < len(inner):
                for a in inner[k]:
                    self._add(parameter, a.kind, path + a.path, node)
            else:
                kind = "w" if k in WRITES_ARGUMENT.get(name, ()) else "r"
                self._add(parameter, kind, path + ((0, 0),), node)

    def _for_statement(self, node: Node) -> None:
        self.visit(node.child_by_field_name("initializer"))
        self.visit(node.child_by_field_name("condition"))
        counter = _counted_loop(node, self.module)
        if counter is not None:
            self.ranges[counter[0]] = counter[1]
        self.visit(node.child_by_field_name("body"))
        self.visit(node.child_by_field_name("update"))

    def _record(self, kind: str, node: Node) -> bool:
        """Record an access if `node` reaches into a watched parameter; say whether it
        did.
        """
        reached = self._path(_strip(node))
        if reached is None:
            return False
        parameter, path = reached
        if kind == "r":
            self._visit_indices(node)
        self._add(parameter, kind, path, node)
        return True

    def _add(
        self, parameter: str, kind: str, path: tuple[Step, ...], node: Node
    ) -> None:
        if len(path) <= MAX_PATH:
            self.found[parameter].setdefault((kind, path), Access(kind, path, node))

    def _visit_indices(self, node: Node) -> None:
        node = _strip(node)
        while node is not None and node.type in (
            "subscript_expression",
            "field_expression",
            "pointer_expression",
        ):
            if node.type == "subscript_expression":
                self.visit(node.child_by_field_name("index"))
            node = _strip(node.child_by_field_name("argument"))

    def _path(self, node: Node) -> tuple[str, tuple[Step, ...]] | None:
        """Read `p->a.b[i]` as ("p", ((0, 0), "a", "b", range of i)); bare `p` as ("p",
        ()).
        """
        if node.type == "identifier":
            name = text_of(node)
            return (name, ()) if name in self.found else None
        if node.type == "field_expression":
            inner = self._path(_strip(node.child_by_field_name("argument")))
            if inner is None:
                return None
            arrow = text_of(node.child_by_field_name("operator")) == "->"
            name = text_of(node.child_by_field_name("field"))
            return inner[0], inner[1] + (((0, 0), name) if arrow else (name,))
        if node.type == "subscript_expression":
            inner = self._path(_strip(node.child_by_field_name("argument")))
            index = node.child_by_field_name("index")
            return inner and (inner[0], inner[1] + (self._range(index),))
        if node.type == "pointer_expression" and node.children[0].type == "*":
            return self._dereference(_strip(node.child_by_field_name("argument")))
        return None

    def _dereference(self, node: Node) -> tuple[str, tuple[Step, ...]] | None:
        if node.type == "binary_expression":
            left, right = (
                _strip(node.child_by_field_name(f)) for f in ("left", "right")
            )
            inner = self._path(left)
            if (
                inner is not None
                and text_of(node.child_by_field_name("operator")) == "+"
            ):
                return inner[0], inner[1] + (self._range(right),)
        if node.type == "update_expression":
            inner = self._path(_strip(node.child_by_field_name("argument")))
            return inner and (inner[0], inner[1] + (None,))
        inner = self._path(node)
        return inner and (inner[0], inner[1] + ((0, 0),))

    def _address_path(self, node: Node) -> tuple[str, tuple[Step, ...]] | None:
        """Read an argument that hands a watched object on: `p`, `&p->a`, `p + 3`."""
        if node.type == "pointer_expression" and node.children[0].type == "&":
            reached = self._path(_strip(node.child_by_field_name("argument")))
            if reached and reached[1] and reached[1][-1] == (0, 0):
                return reached[0], reached[1][:-1]
            return reached
        if node.type == "identifier":
            return self._path(node)
        return None

    def _range(self, node: Node) -> Range | None:
        """Bound an index expression by interval arithmetic over constants and loop
        counters.
        """
        node = _strip(node)
        if node.type == "identifier" and text_of(node) in self.ranges:
            return self.ranges[text_of(node)]
        try:
            value = constant(node, self.module.scope)
            return value, value
        except Refusal:
            pass
        if node.type != "binary_expression":
            return None
        a = self._range(node.child_by_field_name("left"))
        b = self._range(node.child_by_field_name("right"))
        operator = text_of(node.child_by_field_name("operator"))
        if a is None or b is None or operator not in ("+", "-", "*"):
            return None
        ends = [_combine(operator, x, y) for x in a for y in b]
        return min(ends), max(ends)


def _combine(operator: str, a: int, b: int) -> int:
    return a + b if operator == "+" else a - b if operator == "-" else a * b


def _strip(node: Node) -> Node:
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    return node


def _counted_loop(node: Node, module: Module) -> tuple[str, Range] | None:
    """Read `for (i = a; i < b; i++)` (and <=, >, >=, !=, any update) as ("i", (a, b -
    1)).
    """
    init = node.child_by_field_name("initializer")
    test = node.child_by_field_name("condition")
    if init is None or test is None or test.type != "binary_expression":
        return None
    if init.type == "declaration":
        init = init.child_by_field_name("declarator")
        name = declared_name(init)
        first = init.child_by_field_name("value")
    else:
        name = text_of(init.child_by_field_name("left") or init)
        first = init.child_by_field_name("right")
    if first is None or text_of(test.child_by_field_name("left")) != name:
        return None
    try:
        a = constant(first, module.scope)
        b = constant(test.child_by_field_name("right"), module.scope)
    except Refusal:
        return None
    operator = text_of(test.child_by_field_name("operator"))
    if operator in ("<", "!=") and a < b:
        return name, (a, b - 1)
    if operator == "<=" and a <= b:
        return name, (a, b)
    if operator in (">", ">=") and a >= b:
        return name, (b + (operator == ">"), a)
    return None
