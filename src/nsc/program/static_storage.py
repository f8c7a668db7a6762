"""Variables of static storage duration that a closure writes: what its text tells.

A variable that nothing reads but its own updates keeps nothing that matters; one that
every call updates from what it held, and that is read, keeps state. What lies between,
running tells (nsc.sandbox).

In: Module, Closure. Out: `StaticVariable`s, notes, refusals. Non-goals: running.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tree_sitter import Node

from nsc.program.closure import Closure
from nsc.program.reads_and_writes import ReadsAndWrites
from nsc.program.variable_writes import unfollowed, writes_of
from nsc.refusal import Refusal
from nsc.syntax import (
    Item,
    Module,
    changing_declarators,
    child,
    declarators_of,
    declared_name,
    facts_of,
    has_specifier,
    operator_of,
    text_of,
    walk,
)
from nsc.text import PRINTS

_WRITES = ("assignment_expression", "update_expression")
# what may not stand beside a variable in its own update: it could do something else
_DOES_MORE = (
    *_WRITES,
    "call_expression",
    "subscript_expression",
    "pointer_expression",
    "comma_expression",
)
_ALWAYS_RUN = ("expression_statement", "return_statement", "declaration")
_MAY_NOT_RUN = ("conditional_expression", "binary_expression")


@dataclass(frozen=True)
class StaticVariable:
    """A variable that outlives calls, and that may change.

    Args:
        name: as declared.
        function: that declares it; "" for a file-level variable.
        line, column: where it is written first, else declared, in the user's text.
        file: the header that is in; "" for the file itself.
        is_written: whether the text writes it by its name.
        is_read: whether anything but its own updates reads it.
        is_seen_outside: whether something outside the closure may use it.
        is_followed: whether every pointer to it is followed, so that the text shows
            whether it is written.
    """

    name: str
    function: str
    line: int
    column: int
    file: str
    is_written: bool
    is_read: bool
    is_seen_outside: bool
    is_followed: bool = True

    @property
    def may_keep(self) -> bool:
        """Whether it may be written, by all that the text shows, and is read."""
        return self.is_read and (self.is_written or not self.is_followed)

    @property
    def kind(self) -> str:
        return "static" if self.function else "file-level"


def advice_on_state(names: Sequence[str], *, is_local: bool) -> str:
    """Say what to do about variables that keep state."""
    is_one = len(names) == 1
    those = "it" if is_one else "them"
    inputs, outputs = (
        ("an input", "an output") if is_one else ("inputs", "outputs")
    )
    move = (
        f"move {those} out of the function to file level, and make {those}"
        if is_local
        else f"make {those}"
    )
    ranges = ", ".join(f"'{name}': (LO, HI)" for name in names)
    values = ", ".join(f"'{name}': VALUE" for name in names)
    out = f"out={list(names)}"
    return (
        f"{move} {inputs} with inputs={{{ranges}}} and {outputs} with {out}, or hold"
        f" {those} with fix={{{values}}} and {out}"
    )


def forbidden_writes(
    uses: ReadsAndWrites, function: Item, outputs: Collection[str]
) -> Iterator[Refusal]:
    """Find the writes that keep state for certain, or that others may see."""
    module = uses.module
    for name, refusal in writes_of(uses, function):
        is_local = refusal.reason == "keeps_state"
        if not is_local and (name in outputs or not _variables(module, name)):
            continue
        why = _state_in_text(module, function, name, is_local=is_local)
        if why:
            what = f"{refusal.message}{why} {advice_on_state([name], is_local=is_local)}"
            yield Refusal(refusal.reason, what, refusal.offset)


def _state_in_text(
    module: Module, function: Item, name: str, *, is_local: bool
) -> str:
    """Say why a variable that is written keeps state; "" where only runs can tell."""
    if not is_local and not _is_private(module, name):
        return ", and another file may read it: declare it static if none does, or"
    readers = [function] if is_local else _users(module, name)
    if _is_never_read(readers, name):
        return ""
    if _accumulates(function, readers, name):
        return " from what earlier calls left in it, and is read:"
    return ""


def _variables(module: Module, name: str) -> list[Item]:
    return [item for item in module.named(name) if item.kind == "variable"]


def _is_private(module: Module, name: str) -> bool:
    return any(
        has_specifier(item.node, "storage_class_specifier", b"static")
        for item in _variables(module, name)
    )


def _users(module: Module, name: str) -> list[Item]:
    """List the items of a file that use a file-level name, and do not define it."""
    return [
        item.at(base)
        for base, part in module.parts
        for item in part.items
        if item.kind in ("function", "variable")
        and name in facts_of(item).used
        and name not in item.defines
    ]


def _occurrences(function: Item, name: str) -> Iterator[Node]:
    for node in walk(function.node):
        if node.type == "identifier" and text_of(node) == name:
            yield node


def _is_never_read(functions: Collection[Item], name: str) -> bool:
    """Say whether all that is done with a variable is to update it, or print it."""
    return all(
        _is_declared(node) or _is_updated(node, name) or _is_printed(node)
        for function in functions
        for node in _occurrences(function, name)
    )


def _is_declared(node: Node) -> bool:
    """Say whether a name is what a declaration declares, as a number or an array."""
    parent = node.parent
    while parent is not None and parent.type in (
        "array_declarator",
        "init_declarator",
    ):
        field = parent.child_by_field_name("declarator")
        if field is None or field.start_byte != node.start_byte:
            return False
        parent = parent.parent
    return parent is not None and parent.type == "declaration"


def _is_updated(node: Node, name: str) -> bool:
    """Say whether a name stands in a statement that only updates its variable."""
    above = _enclosing(node, _WRITES)
    if above is None or above.parent is None:
        return False
    if above.parent.type != "expression_statement":
        return False
    is_update = above.type == "update_expression"
    target = child(above, "argument" if is_update else "left")
    if not _is_whole(target, name):
        return False
    if target.start_byte <= node.start_byte < target.end_byte:
        return True
    inside = list(walk(child(above, "right")))
    divides = any(
        n.type == "binary_expression" and operator_of(n) in ("/", "%")
        for n in inside
    )
    return not divides and all(n.type not in _DOES_MORE for n in inside)


def _is_whole(target: Node, name: str) -> bool:
    """Say whether an lvalue is a variable itself, or a field of it."""
    while target.type in ("field_expression", "parenthesized_expression"):
        if target.type == "parenthesized_expression":
            target = target.named_children[0]
        elif operator_of(target) == "->":
            return False
        else:
            target = child(target, "argument")
    return target.type == "identifier" and text_of(target) == name


def _is_printed(node: Node) -> bool:
    arguments = node.parent
    if arguments is None or arguments.type != "argument_list":
        return False
    call = arguments.parent
    return (
        call is not None
        and call.type == "call_expression"
        and text_of(child(call, "function")) in PRINTS
    )


def _enclosing(node: Node, kinds: Collection[str]) -> Node | None:
    above = node.parent
    while above is not None and above.type not in kinds:
        if above.type.endswith("_statement"):
            return None
        above = above.parent
    return above


def _accumulates(function: Item, readers: Collection[Item], name: str) -> bool:
    """Say whether each call updates a variable that nothing sets afresh, or back."""
    updates: list[Node] = []
    for reader in readers:
        for node in walk(reader.node):
            if node.type in _WRITES and _root_is(node, name):
                if node.type == _WRITES[0] and operator_of(node) == "=":
                    return False
                updates.append(node)
    if len({_direction(node) for node in updates}) > 1:
        return False
    declared = sum(
        declared_name(declarator) == name
        for reader in readers
        for node in walk(reader.node)
        if node.type == "declaration"
        for declarator in declarators_of(node)
    )
    body = child(function.node, "body")
    return declared <= 1 and any(_always_runs(n, body) for n in updates)


def _direction(write: Node) -> str:
    """Say what an update does: "+" in `n++` and `n += 2`."""
    return operator_of(write)[0]


def _root_is(write: Node, name: str) -> bool:
    is_update = write.type == "update_expression"
    return _is_whole(child(write, "argument" if is_update else "left"), name)


def _always_runs(node: Node, body: Node) -> bool:
    """Say whether an expression is evaluated in every call that comes so far."""
    above = node.parent
    while above is not None and above.type not in _ALWAYS_RUN:
        if above.type in _MAY_NOT_RUN and (
            above.type == "conditional_expression"
            or operator_of(above) in ("&&", "||")
        ):
            return False
        if above.type.endswith("_statement"):
            return False
        above = above.parent
    return above is not None and above.parent == body


def static_variables(
    uses: ReadsAndWrites, closure: Closure, passed: Collection[str]
) -> tuple[StaticVariable, ...]:
    """List the static variables of a closure that may change; written ones first.

    Args:
        passed: file-level variables that are inputs, or fixed.
    """
    found: dict[tuple[str, str], StaticVariable] = {}
    lost = unfollowed(uses, closure)
    for item, name, refusal in _suspects(uses, closure, lost):
        is_local = refusal.reason == "keeps_state"
        key = (name, item.name if is_local else "")
        if key not in found and (is_local or name not in passed):
            made = _placed(uses.module, closure, item, key, refusal)
            found[key] = replace(made, is_followed=name not in lost)
    return tuple(found.values())


def written_inputs(
    uses: ReadsAndWrites,
    closure: Closure,
    inputs: Collection[str],
    outputs: Collection[str],
) -> list[Refusal]:
    """Refuse file-level variables that are inputs, are written, and are no outputs."""
    return [
        Refusal(
            refusal.reason,
            f"{refusal.message}, and is an input: what it holds after a call is an"
            f" output, too: add out=['{name}']",
            refusal.offset + item.base,
        )
        for item in closure.functions()
        for name, refusal in writes_of(uses, item)
        if refusal.reason == "writes_global"
        and name in inputs
        and name not in outputs
    ]


def _placed(
    module: Module,
    closure: Closure,
    item: Item,
    key: tuple[str, str],
    refusal: Refusal,
) -> StaticVariable:
    name, function = key
    place = module.expanded.problem(refusal.moved(item.base))
    own = {each.name for each in closure.functions()}
    readers = [item] if function else _users(module, name)
    is_shared = not function and (
        not _is_private(module, name)
        or any(user.name not in own for user in _users(module, name))
    )
    return StaticVariable(
        name=name,
        function=function,
        line=place.line,
        column=place.column,
        file=place.file,
        is_written=bool(refusal.message),
        is_read=not _is_never_read(readers, name),
        is_seen_outside=is_shared,
    )


def _suspects(
    uses: ReadsAndWrites,
    closure: Closure,
    lost: Mapping[str, tuple[Item, Node]],
) -> Iterator[tuple[Item, str, Refusal]]:
    """Yield what a closure writes that outlives it, then all that could be written.

    What no text shows to be written has no message.
    """
    for item in closure.functions():
        for name, refusal in writes_of(uses, item):
            is_local = refusal.reason == "keeps_state"
            if is_local or _variables(uses.module, name):
                yield item, name, refusal
    for item in closure.functions():
        for declarator in _static_locals(item):
            name = declared_name(declarator)
            yield item, name, Refusal("keeps_state", "", declarator)
    for item in closure.items:
        if item.kind != "variable":
            continue
        for declarator in changing_declarators(item.node):
            name = declared_name(declarator)
            where, node = lost.get(name, (item, declarator))
            yield where, name, Refusal("writes_global", "", node)


def _static_locals(item: Item) -> Iterator[Node]:
    for node in walk(item.node):
        if node.type == "declaration" and keeps_value(node):
            yield from changing_declarators(node)


def keeps_value(declaration: Node) -> bool:
    """Say whether a declaration's variables are static."""
    return has_specifier(declaration, "storage_class_specifier", b"static")


def notes_on_static_variables(
    uses: ReadsAndWrites, closure: Closure
) -> tuple[str, ...]:
    """Name the variables that are written and that nothing ever reads."""
    module = uses.module
    notes: dict[str, None] = {}
    for item in closure.functions():
        for name, refusal in writes_of(uses, item):
            is_local = refusal.reason == "keeps_state"
            if not is_local and not _variables(module, name):
                continue
            readers = [item] if is_local else _users(module, name)
            if _is_never_read(readers, name):
                kind = "static" if is_local else "file-level"
                notes[
                    f"the {kind} variable '{name}' is only ever updated, and nothing"
                    " computes with it: no result depends on it, and it is left out"
                    " (found in the text)"
                ] = None
    return tuple(notes)
