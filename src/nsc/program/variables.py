"""File-level variables that a function reads: what is told of them, and as inputs.

In: Module, Closure, the names that are asked for. Out: notes; a Signature with their
scalars. Non-goals: variables that the function writes (purity.py refuses them).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tree_sitter import Node

from nsc.errors import InputError
from nsc.program.closure import Closure
from nsc.program.leaves import leaves_of_variable
from nsc.refusal import Refusal
from nsc.syntax import (
    Item,
    Leaf,
    Module,
    Param,
    Signature,
    declarators_of,
    declared_name,
    facts_of,
    has_specifier,
    optional_child,
    parameters_of,
    text_of,
)

MAX_VALUE = 40  # characters of an initial value


@dataclass(frozen=True)
class Variable:
    """A file-level variable that a function reads and that is not const.

    Args:
        item: the declaration that defines it.
        declarator: of it alone.
    """

    name: str
    item: Item
    declarator: Node

    @property
    def is_static(self) -> bool:
        return has_specifier(
            self.item.node, "storage_class_specifier", b"static"
        )

    @property
    def value(self) -> str:
        """What it holds at first, as written."""
        value = optional_child(self.declarator, "value")
        if value is None:
            return "0"
        text = " ".join(text_of(value).split())
        return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}..."


def variables_of(closure: Closure) -> dict[str, Variable]:
    """Return the variables that a closure reads and that may change, by name."""
    used = {name for item in closure.items for name in facts_of(item).used}
    found: dict[str, Variable] = {}
    for item in closure.items:
        if item.kind not in ("variable", "extern") or item.constant:
            continue
        for declarator in declarators_of(item.node):
            name = declared_name(declarator)
            has_value = declarator.type == "init_declarator"
            if name in used and (has_value or name not in found):
                found[name] = Variable(name, item, declarator)
    return found


def notes_on_variables(
    module: Module, closure: Closure, named: Collection[str]
) -> tuple[str, ...]:
    """Name the variables that something else may write, with the value they are held at.

    Args:
        named: those that are inputs, or fixed.
    """
    notes: list[str] = []
    for name, variable in variables_of(closure).items():
        who = _who_may_write(module, closure, variable)
        if who and name not in named:
            notes.append(
                f"the file-level variable '{name}' is held at {variable.value}, its"
                f" value in the text, and {who} it:"
                f" {_advice(name, variable, module)}"
            )
    return tuple(notes)


def _advice(name: str, variable: Variable, module: Module) -> str:
    """Say what to do about a variable that is held: only what works."""
    try:
        leaves_of_variable(name, variable.item, module.scope)
    except Refusal as refusal:
        return (
            f"it cannot be an input ({refusal.message}), so write the value that is"
            " meant into the text, or hand it to the function as a parameter"
        )
    return (
        f"make it an input with inputs={{'{name}': (LO, HI)}}, or fix it with"
        f" fix={{'{name}': VALUE}}"
    )


def _who_may_write(
    module: Module, closure: Closure, variable: Variable
) -> str:
    """Say who may write a variable, as the start of a sentence; "" if nobody."""
    own = {function.name for function in closure.functions()}
    for function in module.functions:
        if function.name not in own and _may_write(function, variable.name):
            return f"{function.name} writes"
    return "" if variable.is_static else "another file may write"


def _may_write(function: Item, name: str) -> bool:
    """Say whether a function writes a file-level variable, or hands its address on."""
    facts = facts_of(function)
    if name not in facts.identifiers or name not in facts.used:
        return False
    written = (
        w
        for w, refusal in (*facts.writes, *facts.writes_by_pointer)
        if refusal.reason == "writes_global"
    )
    address = rf"(?<!&)&\s*\(?\s*{name}\b|[(,]\s*{name}\s*[,)]"
    handed_on = re.search(address, text_of(function.node)) is not None
    return name in written or handed_on


def requested(
    closure: Closure,
    parameters: Sequence[str],
    inputs: Mapping[str, object],
    fix: Mapping[str, object],
) -> list[str]:
    """Return the variables that are asked for as inputs, or are to be fixed.

    Args:
        parameters: of the function: they hide variables.
        inputs: names of variables, or of parts of them ("k[0]").
        fix: names of inputs of any kind.

    Raises:
        InputError: one of `inputs` is no such variable.
    """
    known = [name for name in variables_of(closure) if name not in parameters]
    for name in inputs:
        if _whole(name) not in known:
            read = ", ".join(known) or "none"
            raise InputError(
                "inputs must name file-level variables that"
                f" {closure.entry.name} reads and that are not const: {read}; found"
                f" '{name}'"
            )
    wanted = {_whole(name) for name in (*inputs, *fix)}
    return [name for name in known if name in wanted]


def written_variables(closure: Closure, out: Sequence[str]) -> list[str]:
    """Return the names among `out` that are variables and no parameters."""
    nodes = parameters_of(closure.entry.node)
    parameters = [
        declared_name(optional_child(p, "declarator")) for p in nodes
    ]
    known = variables_of(closure)
    return [name for name in out if name in known and name not in parameters]


def variables_given(
    signature: Signature, x: np.ndarray
) -> list[tuple[Leaf, np.ndarray]]:
    """Return the scalars of variables that are no outputs, and what they are given.

    Args:
        x: inputs, `n i`.
    """
    names = [v.name for v in signature.variables if v.direction == "in"]
    inputs = zip(signature.inputs, x.T, strict=True)
    fixed = ((leaf, np.full(len(x), value)) for leaf, value in signature.fixed)
    return [pair for pair in (*inputs, *fixed) if pair[0].param in names]


def _whole(name: str) -> str:
    """Return the variable that a name is, or is a part of."""
    return re.split(r"[.\[]", name, maxsplit=1)[0]


def whole_names(names: Iterable[str]) -> frozenset[str]:
    """Return the variables that names are, or are parts of."""
    return frozenset(map(_whole, names))


def with_variables(
    signature: Signature,
    module: Module,
    closure: Closure,
    names: Sequence[str],
    written: Collection[str] = (),
) -> Signature:
    """Add the scalars of variables to a function's inputs.

    Args:
        names: of the variables.
        written: those that are outputs, too.

    Raises:
        Refusal: a variable's type is not made of scalars.
    """
    known = variables_of(closure)
    params: list[Param] = []
    leaves: list[Leaf] = []
    outputs = list(signature.outputs)
    for name in names:
        ctype, own = leaves_of_variable(name, known[name].item, module.scope)
        leaves += own
        outputs += own if name in written else []
        direction = "inout" if name in written else "in"
        params.append(Param(name, ctype, direction, ctype.spell(name)))
    return replace(
        signature,
        inputs=(*signature.inputs, *leaves),
        outputs=tuple(outputs),
        variables=tuple(params),
    )
