"""A function -> what it reads and writes behind its pointer parameters.

Pointers are followed as values: through local variables, arithmetic, calls. What is
read counts only where it has not been written on every way there; a pointer that goes
where it is not followed is named as lost. Pointers to file-level variables are followed
alike, and what is written through them is named.

In: a function item of a Module. Out: its `Effects`. Non-goals: which leaves are inputs
or outputs (infer.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from nsc.program.compiler import Compiler, Run
from nsc.program.effects import Effects, Machine, State, widened
from nsc.program.paths import (
    FIRST,
    Path,
    Roots,
    root_of_variable,
    variable_of,
)
from nsc.program.rules import rule_of
from nsc.refusal import Refusal
from nsc.syntax import (
    MAX_TREE_DEPTH,
    Array,
    CType,
    Item,
    Module,
    Pointer,
    Scope,
    base_type,
    child,
    declarators_of,
    declare,
    declared_name,
    facts_of,
    is_const,
    is_too_deep,
    optional_child,
    parameters_of,
    walk,
)

MAX_ROUNDS = 20  # of functions that call each other, and of jumps backwards
_NO_WAY_OUT = Effects()
_DEFINING_TYPES = (b"struct", b"union", b"enum", b"typedef")


@dataclass(frozen=True)
class _Walked:
    """The effects that were found, and all that they depend on besides the function."""

    callees: list[Effects | None]
    names: dict[str, object]
    effects: Effects

    def holds_for(
        self, callees: list[Effects | None], names: dict[str, object]
    ) -> bool:
        pairs = zip(self.callees, callees, strict=True)
        return self.names == names and all(then is now for then, now in pairs)


class ReadsAndWrites:
    """How the functions of a file use what their pointer parameters point to.

    Each function is walked once, callees first; functions that call each other are
    walked until nothing changes, from the assumption that no call comes back.
    """

    def __init__(self, module: Module):
        self.module = module
        self._known: dict[int, Effects] = {}  # by Item.start
        self._types: dict[str, tuple[CType | None, ...]] = {}

    def of(self, function: Item) -> Effects:
        """Return what a function does.

        Raises:
            Refusal: `unsupported_syntax`, at a construct that has no rule, in it or in
                what it calls, or `nested_too_deeply`; counted from the function's part.
        """
        if function.start in self._known:
            return self._known[function.start]
        items = _callees_first(self.module, function)
        new = [item for item in items if item.start not in self._known]
        try:
            self._settle(new, function)
        except Refusal:
            for item in new:
                self._known.pop(item.start, None)
            raise
        return self._known[function.start]

    def _settle(self, items: list[Item], function: Item) -> None:
        is_settled = False
        rounds = 0
        may_recur = self._may_recur(items)
        while not is_settled:
            is_settled = True
            for item in items:
                before = self._known.get(item.start)
                try:
                    found = self._effects(item, items if may_recur else [])
                except Refusal as refusal:
                    raise refusal.moved(item.base - function.base) from None
                if found != before:
                    self._known[item.start] = found
                    is_settled = not may_recur and is_settled
            rounds += 1
            if rounds > MAX_ROUNDS:
                what = (
                    f"what '{function.name}' does with its pointers is not found: it"
                    " calls itself in a way that is not followed; use a loop"
                )
                raise Refusal("unbounded_recursion", what, function.node)

    def _may_recur(self, items: list[Item]) -> bool:
        """Say whether any function is called before it is walked."""
        seen: set[str] = set()
        names = {item.name for item in items}
        for item in items:
            if any(n in names and n not in seen for n in facts_of(item).calls):
                return True
            seen.add(item.name)
        return False

    def _effects(self, item: Item, circle: list[Item]) -> Effects:
        """Walk a function, unless that was done where it meant the same.

        An item may stand in many modules, with other callees and types in sight.
        """
        facts = facts_of(item)
        callees = [self._effects_by_name(name, circle) for name in facts.calls]
        variables = self.variables_among(facts.used)
        names = _meanings(self.module.scope, {*facts.used, *facts.identifiers})
        names |= {root_of_variable(n): t for n, t in variables.items()}
        done = item.once(_no_walks)
        for walked in done:
            if walked.holds_for(callees, names):
                return walked.effects
        effects = self._walk(item, circle, variables)
        done.append(_Walked(callees, names, effects))
        return effects

    def _effects_by_name(
        self, name: str, circle: list[Item]
    ) -> Effects | None:
        """Return the effects of a function of this file that has been walked."""
        callee = self.module.function(name)
        if callee is None:
            return None
        known = self._known.get(callee.start)
        if known is None and any(
            item.start == callee.start for item in circle
        ):
            return _NO_WAY_OUT
        return known

    def variables_among(self, names: Iterable[str]) -> dict[str, CType | None]:
        """Return the types of the file-level variables among some names.

        Those that are declared const are none; None is a type that is not known.
        """
        found: dict[str, CType | None] = {}
        for name in names:
            if name not in self._types:
                self._types[name] = _types_of_variable(self.module, name)
            for ctype in self._types[name]:
                found[name] = ctype
        return found

    def _type_at_root(self, root: str) -> CType | None:
        name = variable_of(root)
        found = {} if name is None else self.variables_among([name])
        ctype = None if name is None else found.get(name)
        return None if ctype is None else Pointer(ctype)

    def _walk(
        self,
        item: Item,
        circle: list[Item],
        variables: Mapping[str, CType | None],
    ) -> Effects:
        if item.once(is_too_deep):
            raise _too_deep(item)

        def effects_of(name: str) -> Effects | None:
            return self._effects_by_name(name, circle)

        scope = self.module.scope
        if any(word in (item.node.text or b"") for word in _DEFINING_TYPES):
            scope = scope.copy()
        pointed_to = item.once(_pointed_to)
        compiler = Compiler(rule_of, scope, effects_of, pointed_to, variables)
        try:
            return _effects(compiler, item, self._type_at_root)
        except RecursionError:
            raise _too_deep(item) from None


def _no_walks(function: Node) -> list[_Walked]:
    return []


def _too_deep(item: Item) -> Refusal:
    what = (
        f"'{item.name}' nests deeper than {MAX_TREE_DEPTH} levels; split its"
        " expressions or branches"
    )
    return Refusal("nested_too_deeply", what, item.node)


def _meanings(scope: Scope, names: set[str]) -> dict[str, object]:
    """Return what the types and constants that a function names are."""
    tables = (scope.constants, scope.typedefs, scope.tags)
    return {
        name: tuple(table.get(name) for table in tables)
        for name in names
        if any(name in table for table in tables)
    }


def _pointed_to(function: Node) -> frozenset[str]:
    """Return the names of the variables whose address is taken."""
    found: set[str] = set()
    for node in walk(function):
        if node.type != "pointer_expression" or node.children[0].type != "&":
            continue
        inner = child(node, "argument")
        while (
            inner.type == "parenthesized_expression" and inner.named_children
        ):
            inner = inner.named_children[0]
        if inner.type == "identifier" and inner.text is not None:
            found.add(inner.text.decode("latin-1"))
    return frozenset(found)


def _callees_first(module: Module, function: Item) -> list[Item]:
    """List a function and all it calls in this file.

    Callees stand before callers where no cycle forbids it.
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
            named = map(module.function, sorted(module.callees(item)))
            todo.extend(
                (callee, False) for callee in named if callee is not None
            )
    return list(done.values())


def _types_of_variable(module: Module, name: str) -> tuple[CType | None, ...]:
    """Return the type of a file-level variable; nothing, if it is none or const."""
    types: list[CType | None] = []
    for item in module.named(name):
        if item.kind != "variable" or item.constant:
            continue
        for declarator in declarators_of(item.node):
            if declared_name(declarator) == name:
                types.append(_declared_type(module, item, declarator))
    # `double t[];` may stand before, or after, what says the length
    told = [t for t in types if not (isinstance(t, Array) and not t.length)]
    return tuple((told or types)[:1])


def _declared_type(
    module: Module, item: Item, declarator: Node
) -> CType | None:
    try:
        base = base_type(item.node, module.scope)
        return declare(declarator, base, module.scope)[1]
    except Refusal:
        return None


def _effects(
    c: Compiler, item: Item, type_at: Callable[[str], CType | None]
) -> Effects:
    """Compile a function and run it on nothing but its parameters."""
    parameters = tuple(
        _parameter(c, node) for node in parameters_of(item.node)
    )
    pointers = {
        n: t for n, t in parameters if n and isinstance(t, Pointer | Array)
    }
    values: dict[str, tuple[int, int] | frozenset[Path]] = {
        name: frozenset({Path(name, (FIRST,))}) for name in pointers
    }
    body = c.compile(child(item.node, "body")).run
    m = Machine(Roots(pointers, type_at))
    if not _run(body, m, State(values, set())):
        m.lost.update(dict.fromkeys(pointers, item.node))
    certain = None if m.exits is None else frozenset(m.exits.written)
    return Effects(
        parameters,
        m.reads,
        m.writes,
        certain,
        m.lost,
        m.freed,
        m.returned,
        _result(c.scope, item.node),
        m.variables,
    )


def _run(body: Run, m: Machine, start: State) -> bool:
    """Run a body until nothing more is known of where its jumps lead.

    Returns:
        Whether that was found.
    """
    for _ in range(MAX_ROUNDS):
        before = dict(m.waiting)
        m.exits = None
        m.state = start.copy()
        body(m)
        m.leave()
        m.waiting = {
            label: widened(before.get(label), state)
            for label, state in m.waiting.items()
        }
        if m.waiting == before:
            return True
    return False


def _parameter(c: Compiler, node: Node) -> tuple[str, CType | None]:
    """Return a parameter's name and type, and enter it as a variable."""
    declarator = optional_child(node, "declarator")
    try:
        base = base_type(node, c.scope)
        name, ctype = declare(declarator, base, c.scope, const=is_const(node))
    except Refusal:
        name = declared_name(declarator)
        ctype = None
    held = ctype
    if isinstance(ctype, Array):
        held = Pointer(ctype.of, is_const(node))
    if name:
        c.enter(name, name, held)
    return name, ctype


def _result(scope: Scope, function: Node) -> CType | None:
    declarator = child(function, "declarator")
    try:
        base = base_type(function, scope)
    except Refusal:
        return None
    is_pointer = declarator.type == "pointer_declarator"
    return Pointer(base) if is_pointer else base
