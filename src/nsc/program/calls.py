"""Calls -> what their callees do with the pointers that they are handed.

In: call expressions, `Effects` of the functions that are called. Out: `Expression`s.
Non-goals: finding the effects (reads_and_writes.py).
"""

from __future__ import annotations

from tree_sitter import Node

from nsc.program.compiler import (
    Compiler,
    Expression,
    as_range,
    pointee_of,
)
from nsc.program.effects import Effects, Machine, Value
from nsc.program.expressions import cast_to
from nsc.program.paths import (
    ELSEWHERE,
    FIRST,
    NOWHERE,
    Path,
    Pointers,
    size_of,
    variable_of,
)
from nsc.syntax import Array, CType, child, named_type, text_of
from nsc.text import WRITES_ARGUMENT

COPIES = ("memcpy", "memmove", "__builtin_memcpy", "__builtin_memmove")
# their first argument is memory that they give back
FREES = ("free", "realloc", "reallocarray")
FILLS = ("memset", "__builtin_memset")
# a range of more elements than that is one whose places are not told apart
MAX_ELEMENTS = 1024


def call(c: Compiler, node: Node) -> Expression:
    name = text_of(child(node, "function"))
    listed = child(node, "arguments").named_children
    nodes = [argument for argument in listed if argument.type != "comment"]
    arguments = [c.compile(argument) for argument in nodes]
    ctype = named_type(name.strip("() \n"), c.scope)
    if ctype is not None and len(arguments) == 1:
        return cast_to(ctype, arguments[0], node)
    if name in COPIES and len(arguments) == 3:
        return _copy(arguments, node)
    if name in FILLS and len(arguments) == 3:
        return _fill(arguments, node)
    effects = c.effects_of(name)
    if isinstance(effects, Effects):
        return _known(effects, arguments, node)
    return _library(name, arguments, node)


def _values(arguments: list[Expression], m: Machine) -> list[Value]:
    found: list[Value] = []
    for argument in arguments:
        found.append(argument.run(m))
    return found


def _library(name: str, arguments: list[Expression], node: Node) -> Expression:
    """Compile a call of a function without a body: it uses one element."""
    written = WRITES_ARGUMENT.get(name, ())

    def run(m: Machine) -> Value:
        values = _values(arguments, m)
        if name in FREES and values:
            m.free(values[0], name, node)
        for k, value in enumerate(values):
            places = m.places(value, pointee_of(arguments[k].type), node)
            if k not in written:
                m.read(places, node)
        for k in written:
            if k < len(values):
                to = pointee_of(arguments[k].type)
                m.write(m.places(values[k], to, node), node)
        return None

    return Expression(None, run)


def _copy(arguments: list[Expression], node: Node) -> Expression:
    to = arguments[0]
    of = arguments[1]

    def run(m: Machine) -> Value:
        target, source, length = _values(arguments, m)
        bytes_ = as_range(length)
        for place in _elements(m, source, of.type, bytes_, node):
            m.read(place, node)
        for place in _elements(m, target, to.type, bytes_, node):
            m.write(place, node)
        return target

    return Expression(to.type, run)


def _fill(arguments: list[Expression], node: Node) -> Expression:
    def run(m: Machine) -> Value:
        target, _, length = _values(arguments, m)
        bytes_ = as_range(length)
        for place in _elements(m, target, arguments[0].type, bytes_, node):
            m.write(place, node)
        return target

    return Expression(arguments[0].type, run)


def _elements(
    m: Machine,
    pointer: Value,
    ctype: CType | None,
    size: tuple[int, int] | None,
    node: Node,
) -> list[Pointers]:
    """Return the places in some bytes from a pointer on."""
    if not isinstance(pointer, frozenset) or pointer == NOWHERE:
        return []
    found: list[Pointers] = []
    for path in pointer:
        one = _first_element(m, path, size)
        to = m.roots.type_at(one)
        bytes_ = size_of(to)
        count = None
        if bytes_ and size is not None and size[0] == size[1]:
            count = None if size[0] % bytes_ else size[0] // bytes_
        if path == ELSEWHERE:
            continue
        if count is None or count > MAX_ELEMENTS:
            unknown = m.moved(frozenset({one}), None, to, node)
            found.append(unknown | NOWHERE)
            continue
        others = NOWHERE if len(pointer) > 1 else frozenset[Path]()
        for k in range(count):
            moved = m.moved(frozenset({one}), (k, k), to, node)
            found.append(m.places(moved, to, node) | others)
    return found


def _first_element(
    m: Machine, path: Path, size: tuple[int, int] | None
) -> Path:
    """Return a pointer to the first part of which a whole number fills some bytes."""
    one = path
    while True:
        ctype = m.roots.type_at(one)
        bytes_ = size_of(ctype)
        if not isinstance(ctype, Array) or not bytes_ or size is None:
            return one
        if size[0] % bytes_ == 0:
            return one
        one = one.then((0, 0))


def _known(
    effects: Effects, arguments: list[Expression], node: Node
) -> Expression:
    positions = {
        name: k for k, (name, _) in enumerate(effects.parameters) if name
    }

    def run(m: Machine) -> Value:
        values = _values(arguments, m)
        if not effects.parameters and effects.certain is None:
            m.state = None
            return None
        handed: dict[str, Pointers] = {}
        for name, k in positions.items():
            if k < len(values):
                handed[name] = _as_parameter(m, values[k], effects, k, node)
        for k in range(len(effects.parameters), len(values)):
            m.lose(values[k], node)
        return _do(m, effects, handed, node)

    return Expression(effects.result, run)


def _as_parameter(
    m: Machine, value: Value, effects: Effects, k: int, node: Node
) -> Pointers:
    if not isinstance(value, frozenset):
        return NOWHERE
    to = pointee_of(effects.parameters[k][1])
    return m.moved(value, (0, 0), to, node)


def _do(
    m: Machine, effects: Effects, handed: dict[str, Pointers], node: Node
) -> Value:
    for name in effects.lost:
        m.lose(handed.get(name), node)
    for name, (by, _) in effects.freed.items():
        m.free(handed.get(name), by, node)
    if m.state is None:
        return None
    m.turns_left -= len(effects.reads) + len(effects.writes)
    for path, (written, _) in effects.reads.items():
        is_one = (
            path.is_certain
        )  # which was not written, or it would not be here
        also = (
            frozenset[Path]() if is_one else _certain(m, written, handed, node)
        )
        m.read(_in_caller(m, path, handed, node), node, also)
    for path in effects.writes:
        places = _in_caller(m, path, handed, node)
        m.write(places | NOWHERE, node)
    if effects.certain is None:
        m.state = None
    elif m.state is not None:
        m.state.written |= _certain(m, effects.certain, handed, node)
    returned = [_in_caller(m, path, handed, node) for path in effects.returned]
    return frozenset[Path]().union(*returned) if returned else None


def _in_caller(
    m: Machine, path: Path, handed: dict[str, Pointers], node: Node
) -> Pointers:
    """Return where a place of the callee lies for the caller."""
    first, *rest = path.steps or (None,)
    base = handed.get(path.root, NOWHERE)
    if variable_of(path.root) is not None:
        base = frozenset({Path(path.root, (FIRST,))})
    if path == ELSEWHERE:
        return NOWHERE
    by = first if isinstance(first, tuple) else None
    moved = m.moved(base, by, None, node)
    return m.places(frozenset(p.then(*rest) for p in moved), None, node)


def _certain(
    m: Machine,
    written: frozenset[Path],
    handed: dict[str, Pointers],
    node: Node,
) -> frozenset[Path]:
    found: set[Path] = set()
    for path in written:
        places = _in_caller(m, path, handed, node)
        if len(places) == 1:
            found.update(p for p in places if p.is_certain)
    return frozenset(found)
