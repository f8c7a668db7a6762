"""Statements of C -> what they do to a `Machine`: branches, jumps, declarations.

In: syntax nodes. Out: `Expression`s without a value. Non-goals: loops (loops.py),
expressions (expressions.py).
"""

from __future__ import annotations

from contextlib import suppress

from tree_sitter import Node

from nsc.program.compiler import (
    Compiler,
    Expression,
    Run,
    children_in_order,
    in_order,
    nothing,
    statement,
)
from nsc.program.effects import Machine, Value, copied, joined, truth
from nsc.program.expressions import specified, stored
from nsc.refusal import Refusal
from nsc.syntax import (
    Array,
    CType,
    Pointer,
    child,
    declarators_of,
    declare,
    declared_name,
    enter,
    has_specifier,
    is_const,
    optional_child,
    text_of,
    type_of_operand,
)


def block(c: Compiler, node: Node) -> Expression:
    c.blocks.append({})
    made: list[Run] = []
    for inner in node.named_children:
        run = c.compile(inner).run
        if run is not nothing:
            made.append(run)
    c.blocks.pop()

    def run_all(m: Machine) -> Value:
        for part in made:
            part(m)
        return None

    return statement(run_all if made else nothing)


def expression_statement(c: Compiler, node: Node) -> Expression:
    inner = [n for n in node.named_children if n.type != "comment"]
    run = c.compile(inner[0]).run if inner else nothing

    def discard(m: Machine) -> Value:
        run(m)
        return None

    return statement(nothing if run is nothing else discard)


def type_specifier(c: Compiler, node: Node) -> Expression:
    """Compile a struct, union or enum that may be defined here.

    What `typeof(x)` names is not evaluated.
    """
    if type_of_operand(node) is not None:
        return Expression(None, nothing)
    with suppress(Refusal):
        enter(node, c.scope)
    return children_in_order(c, node)


def declaration(c: Compiler, node: Node) -> Expression:
    if has_specifier(node, "storage_class_specifier", b"extern"):
        return statement(nothing)  # what it announces is at file level
    specifier = optional_child(node, "type")
    parts: list[Run] = []
    base: CType | None = None
    try:
        enter(node, c.scope)
        base = specified(c, node)
    except Refusal:
        base = None
    is_auto = specifier is not None and text_of(specifier) == "__auto_type"
    if is_auto:
        declarators = declarators_of(node)
        return statement(in_order([_of_value(c, d) for d in declarators]))
    if specifier is not None:
        parts.append(c.number(specifier))
    for declarator in declarators_of(node):
        parts.append(_declared(c, node, declarator, base))
    return statement(in_order([part for part in parts if part is not nothing]))


def _of_value(c: Compiler, declarator: Node) -> Run:
    """Compile `__auto_type x = value`, whose type is the value's."""
    value = child(declarator, "value")
    made = c.compile(value)
    ctype = made.type
    if isinstance(ctype, Array):
        ctype = Pointer(ctype.of)
    name = declared_name(declarator)
    variable = c.enter(name, f"{name}@{declarator.start_byte}", ctype)
    return stored(variable, made, value)


def _declared(
    c: Compiler, node: Node, declarator: Node, base: CType | None
) -> Run:
    name = declared_name(declarator)
    sizes = _sizes(c, declarator)
    ctype: CType | None = None
    try:
        if base is not None:
            ctype = declare(declarator, base, c.scope, const=is_const(node))[1]
    except Refusal:
        ctype = None
    if isinstance(ctype, Array) and ctype.length is None:
        ctype = Array(
            ctype.of, _length_of(optional_child(declarator, "value"))
        )
    variable = c.enter(name, f"{name}@{declarator.start_byte}", ctype)
    if has_specifier(node, "storage_class_specifier", b"static"):
        c.pointed_to |= {name}
        variable = c.enter(name, variable.key, ctype)
    value = optional_child(declarator, "value")
    if value is None:
        is_followed = variable.is_followed
        key = variable.key
        forget: Run = lambda m: m.assign(key, None)  # noqa: E731
        return in_order([*sizes, forget] if is_followed else sizes)
    made = c.compile(value)
    if value.type == "initializer_list":
        return in_order([*sizes, made.run])
    return in_order([*sizes, stored(variable, made, value)])


def _length_of(value: Node | None) -> int | None:
    """Return the length of `t[] = {1, 2, 3}`."""
    if value is None or value.type != "initializer_list":
        return None
    inner = [n for n in value.named_children if n.type != "comment"]
    has_designators = any(n.type == "initializer_pair" for n in inner)
    return None if has_designators or not inner else len(inner)


def _sizes(c: Compiler, declarator: Node | None) -> list[Run]:
    """Compile what stands in the brackets of a declarator."""
    found: list[Run] = []
    while declarator is not None:
        size = optional_child(declarator, "size")
        if size is not None and size.type != "*":
            run = c.number(size)
            if run is not nothing:
                found.append(run)
        inner = (
            n for n in declarator.named_children if "declarator" in n.type
        )
        declarator = optional_child(declarator, "declarator") or next(
            inner, None
        )
    return found


def type_definition(c: Compiler, node: Node) -> Expression:
    try:
        enter(node, c.scope)
    except Refusal:
        pass
    return children_in_order(c, child(node, "type"))


def if_rule(c: Compiler, node: Node) -> Expression:
    condition = c.condition(child(node, "condition"))
    first = c.compile(child(node, "consequence")).run
    alternative = optional_child(node, "alternative")
    second = nothing if alternative is None else c.compile(alternative).run

    def run(m: Machine) -> Value:
        holds = truth(condition(m))
        m.either(holds, first, second)
        return None

    return statement(run)


def switch(c: Compiler, node: Node) -> Expression:
    condition = c.number(child(node, "condition"))
    body = child(node, "body")
    inner = c.compile(body).run
    has_default = _has_default(body)

    def run(m: Machine) -> Value:
        condition(m)
        entry = m.state
        m.switches.append(entry)
        m.breaks.append(None)
        m.state = None
        inner(m)
        m.switches.pop()
        m.state = joined(m.breaks.pop(), m.state)
        if not has_default:
            m.state = joined(m.state, entry)
        return None

    return statement(run)


def _has_default(body: Node) -> bool:
    todo = [body]
    while todo:
        node = todo.pop()
        if (
            node.type == "case_statement"
            and optional_child(node, "value") is None
        ):
            return True
        todo.extend(
            n for n in node.named_children if n.type != "switch_statement"
        )
    return False


def case_rule(c: Compiler, node: Node) -> Expression:
    value = optional_child(node, "value")
    made: list[Run] = []
    for inner in node.named_children:
        if inner != value:
            made.append(c.compile(inner).run)
    rest = in_order(made)

    def run(m: Machine) -> Value:
        if m.switches:
            m.state = joined(m.state, copied(m.switches[-1]))
        return rest(m)

    return statement(run)


def return_rule(c: Compiler, node: Node) -> Expression:
    inner = [n for n in node.named_children if n.type != "comment"]
    value = c.compile(inner[0]).run if inner else nothing

    def run(m: Machine) -> Value:
        found = value(m)
        if isinstance(found, frozenset) and m.state is not None:
            m.give_back(found)
        m.leave()
        return None

    return statement(run)


def break_rule(c: Compiler, node: Node) -> Expression:
    def run(m: Machine) -> Value:
        if m.breaks:
            m.breaks[-1] = joined(m.breaks[-1], m.state)
        m.state = None
        return None

    return statement(run)


def continue_rule(c: Compiler, node: Node) -> Expression:
    def run(m: Machine) -> Value:
        if m.continues:
            m.continues[-1] = joined(m.continues[-1], m.state)
        m.state = None
        return None

    return statement(run)


def goto(c: Compiler, node: Node) -> Expression:
    label = text_of(child(node, "label"))

    def run(m: Machine) -> Value:
        m.waiting[label] = joined(m.waiting.get(label), m.state)
        m.state = None
        return None

    return statement(run)


def labelled(c: Compiler, node: Node) -> Expression:
    label = text_of(child(node, "label"))
    made = [c.compile(n).run for n in node.named_children[1:]]
    rest = in_order(made)

    def run(m: Machine) -> Value:
        m.state = joined(m.state, copied(m.waiting.get(label)))
        return rest(m)

    return statement(run)
