"""Loops of C -> what they do to a `Machine`.

Loops whose conditions are known are followed turn by turn; of others the machine learns
what holds however often they are done.

In: syntax nodes. Out: `Expression`s without a value. Non-goals: other statements
(statements.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from nsc.program.compiler import (
    Compiler,
    Expression,
    Run,
    in_order,
    nothing,
    statement,
)
from nsc.program.effects import Machine, Value, copied, joined, truth, widened
from nsc.program.paths import Range
from nsc.refusal import Refusal
from nsc.syntax import (
    child,
    constant,
    declarators_of,
    declared_name,
    operator_of,
    optional_child,
    text_of,
    walk,
)

MAX_UNTESTED = 64  # turns that are followed of a loop without a test


@dataclass(frozen=True)
class _Counter:
    """A variable that counts a loop, and the values that it has in its body."""

    key: str
    values: Range


@dataclass(frozen=True)
class _Loop:
    """The parts of a loop.

    Args:
        test: None if there is none.
        follow: whether its turns are worth following one by one.
        counter: for where they are not.
    """

    test: Run | None
    body: Run
    update: Run
    is_tested_last: bool
    follow: bool
    counter: _Counter | None = None

    def run(self, m: Machine) -> Value:
        m.breaks.append(None)
        m.continues.append(None)
        if self.is_tested_last:
            self._turn(m)
        is_done = self.follow and self._followed(m)
        if not is_done:
            self._however_often(m)
        m.continues.pop()
        m.state = joined(m.breaks.pop(), m.state)
        return None

    def _holds(self, m: Machine) -> bool | None:
        return True if self.test is None else truth(self.test(m))

    def _turn(self, m: Machine) -> None:
        m.continues[-1] = None
        self.body(m)
        m.state = joined(m.continues[-1], m.state)
        self.update(m)

    def _followed(self, m: Machine) -> bool:
        """Follow the turns while their number is known; say whether the loop ended."""
        most = m.turns_left if self.test is not None else MAX_UNTESTED
        for _ in range(most):
            if m.state is None or m.turns_left <= 0:
                return False
            before = m.state.copy()
            holds = self._holds(m)
            if holds is None:
                m.state = before
                return False
            if not holds:
                return True
            m.turns_left -= 1 + len(before.written) // 64
            self._turn(m)
            if m.state == before:  # and so it will be for ever
                return False
        return False

    def _however_often(self, m: Machine) -> None:
        outside = m.breaks[-1]
        head = m.state
        while True:
            m.breaks[-1] = outside
            m.state = copied(head)
            holds = self._holds(m)
            left = None if holds is True else copied(m.state)
            if holds is False:
                m.state = None
            if self.counter is not None and holds is not False:
                m.assign(self.counter.key, self.counter.values)
            self._turn(m)
            wider = widened(head, m.state)
            if wider == head:
                break
            head = wider
        m.state = left


def while_loop(c: Compiler, node: Node) -> Expression:
    before = c.pointers_used
    test = c.condition(child(node, "condition"))
    body = c.compile(child(node, "body")).run
    is_do = node.type == "do_statement"
    follow = c.pointers_used > before
    return statement(_Loop(test, body, nothing, is_do, follow).run)


def for_loop(c: Compiler, node: Node) -> Expression:
    c.blocks.append({})
    start = optional_child(node, "initializer")
    first = nothing if start is None else c.compile(start).run
    before = c.pointers_used
    condition = optional_child(node, "condition")
    test = None if condition is None else c.condition(condition)
    stepped = optional_child(node, "update")
    step = nothing if stepped is None else c.compile(stepped).run
    body = c.compile(child(node, "body")).run
    follow = c.pointers_used > before
    loop = _Loop(test, body, step, False, follow, _counter_of(c, node))
    c.blocks.pop()
    return statement(in_order([first, loop.run]))


def _counter_of(c: Compiler, loop: Node) -> _Counter | None:
    """Read `for (i = a; i < b; i++)` (and <=, >, >=, !=) as i in a..b-1.

    None where a bound is not constant, or the body changes i.
    """
    start = optional_child(loop, "initializer")
    test = optional_child(loop, "condition")
    if start is None or test is None or test.type != "binary_expression":
        return None
    if start.type == "declaration":
        declarator = declarators_of(start)[:1]
        name = declared_name(declarator[0]) if declarator else ""
        first = optional_child(declarator[0], "value") if declarator else None
    else:
        name = text_of(optional_child(start, "left") or start)
        first = optional_child(start, "right")
    if first is None or text_of(child(test, "left")) != name:
        return None
    variable = c.variable(name)
    if variable is None or not variable.is_followed:
        return None
    if _changes(child(loop, "body"), name):
        return None
    try:
        a = constant(first, c.scope)
        b = constant(child(test, "right"), c.scope)
    except Refusal:
        return None
    values = _values_between(a, operator_of(test), b)
    return None if values is None else _Counter(variable.key, values)


def _changes(body: Node, name: str) -> bool:
    for node in walk(body):
        field = {
            "assignment_expression": "left",
            "update_expression": "argument",
        }
        if (
            node.type in field
            and text_of(child(node, field[node.type])) == name
        ):
            return True
    return False


def _values_between(first: int, operator: str, bound: int) -> Range | None:
    """Return the values that a counter has from `first` on while the test holds."""
    if operator in ("<", "!=") and first < bound:
        return first, bound - 1
    if operator == "<=" and first <= bound:
        return first, bound
    if operator == ">" and first >= bound:
        return bound + 1, first
    if operator == ">=" and first >= bound:
        return bound, first
    return None
