"""A function definition -> its Signature: directions, scalar inputs and outputs.

In: `ReadsAndWrites` of its file, function item, what the user states. Out: Signature.
Non-goals: ranges of inputs (domain.py), the C that calls the function (entry.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from nsc.program.effects import Effects
from nsc.program.extent import Access, PointerUse, expect_numbers, settled
from nsc.program.leaves import (
    MAX_LEAVES,
    leaves_behind_pointer,
    leaves_of_result,
    leaves_of_value,
)
from nsc.program.paths import Path, covers
from nsc.program.reads_and_writes import ReadsAndWrites
from nsc.refusal import Refusal
from nsc.syntax import (
    Array,
    CType,
    Item,
    Leaf,
    Param,
    Pointer,
    Scope,
    Signature,
    Void,
    base_type,
    child,
    declare,
    declared_name,
    is_const,
    optional_child,
    parameters_of,
    text_of,
)


@dataclass(frozen=True)
class Stated:
    """What the user states of parameters, for where the text does not tell.

    Args:
        out: parameters that are outputs, whatever the text suggests.
        arrays: the number of elements behind a pointer.
        reads_more: whether there are inputs besides parameters.
        writes_more: whether there are outputs besides them and the result.
        given: names that are given ranges or values, which may be variables.
    """

    out: Sequence[str] = ()
    arrays: Mapping[str, int] = field(default_factory=dict[str, int])
    reads_more: bool = False
    writes_more: bool = False
    given: Collection[str] = ()


@dataclass(frozen=True)
class _Inferred:
    """A parameter, and which of its scalars are read and written."""

    param: Param
    inputs: list[Leaf]
    outputs: list[Leaf]


def signature_of(
    uses: ReadsAndWrites, item: Item, stated: Stated
) -> Signature:
    """Infer a function's scalar view.

    What a pointer parameter points to is an output where it may be written, an input
    where it is read before that, or not written on every way.

    Args:
        uses: of the file that the function is in.
        item: the function.
        stated: overrules what the text says.

    Raises:
        Refusal: the first parameter or result that cannot be made of scalars, by
            reason.
    """
    node = item.node
    result = _result_type(node, uses.module.scope)
    nodes = parameters_of(node)
    _refuse_unknown_names(stated, nodes, node)
    outputs: list[Leaf] = []
    if not isinstance(result, Void):
        outputs = leaves_of_result(result, node)
    parameters = [_parameter(p, uses, item, stated) for p in nodes]
    inputs = [leaf for p in parameters for leaf in p.inputs]
    outputs += [leaf for p in parameters for leaf in p.outputs]
    n_inputs = len(inputs) + stated.reads_more
    n_outputs = len(outputs) + stated.writes_more
    _refuse_number_of_leaves(n_inputs, n_outputs, node)
    return Signature(
        function=item.name,
        params=tuple(p.param for p in parameters),
        result=result,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        prototype=_prototype(node, result),
    )


def _refuse_unknown_names(
    stated: Stated, nodes: list[Node], function: Node
) -> None:
    known = [_parameter_name(p) for p in nodes]
    for name in [*stated.out, *stated.arrays]:
        if name not in known:
            what = f"'{name}' is not a parameter; they are {', '.join(known)}"
            raise Refusal("no_such_parameter", what, function)


def _parameter_name(node: Node) -> str:
    if node.type != "parameter_declaration":
        return "..."
    return declared_name(optional_child(node, "declarator"))


def _refuse_number_of_leaves(
    inputs: int, outputs: int, function: Node
) -> None:
    if not outputs:
        what = "the function returns nothing and writes through no parameter"
        raise Refusal("no_output", what, function)
    if not inputs:
        raise Refusal(
            "no_input", "the function has no numeric input", function
        )
    if inputs + outputs > MAX_LEAVES:
        what = (
            f"{inputs} inputs and {outputs} outputs; at most {MAX_LEAVES} scalars are"
            " supported"
        )
        raise Refusal("too_many_scalars", what, function)


def _result_type(node: Node, scope: Scope) -> CType:
    base = base_type(node, scope)
    declarator = child(node, "declarator")
    if declarator.type == "pointer_declarator":
        what = "a surrogate cannot return a pointer"
        raise Refusal("returns_pointer", what, declarator)
    return base


def _prototype(node: Node, result: CType) -> str:
    spelled = " ".join(text_of(child(node, "declarator")).split())
    return f"{result.spell()} {spelled}"


def _parameter(
    node: Node, uses: ReadsAndWrites, function: Item, stated: Stated
) -> _Inferred:
    name, ctype = _declared_parameter(node, uses.module.scope)
    declaration = " ".join(text_of(node).split())
    if not isinstance(ctype, Pointer | Array):
        param = Param(name, ctype, "in", declaration)
        return _Inferred(param, leaves_of_value(name, ctype, node), [])
    length = stated.arrays.get(name)
    # before the function is walked, which may fail for a reason that tells less
    expect_numbers(PointerUse(name, ctype, node), length)
    declared = _use(uses.of(function), name, ctype, node)
    if declared.lost is not None and _has_length(ctype):
        declared = _told(declared, is_out=name in stated.out)
    use = settled(declared, length)
    if isinstance(use.type, Array) and is_const(node):
        use = replace(use, writes=())
    inputs, outputs = _inputs_and_outputs(use, is_out=name in stated.out)
    direction = _direction(inputs, outputs)
    return _Inferred(
        Param(name, use.type, direction, declaration), inputs, outputs
    )


def _has_length(ctype: Pointer | Array) -> bool:
    return isinstance(ctype, Array) and ctype.length is not None


def _told(use: PointerUse, *, is_out: bool) -> PointerUse:
    """Let an array go anywhere of which all is told: its length, and what is done."""
    if is_const(use.node):
        reads = (Access((None,), use.node),)
        return replace(use, reads=reads, writes=(), lost=None)
    return replace(use, lost=None) if is_out else use


def _use(
    effects: Effects, name: str, ctype: Pointer | Array, node: Node
) -> PointerUse:
    """Gather what a function does behind one of its parameters.

    Raises:
        Refusal: `frees_argument`.
    """
    freed = effects.freed.get(name)
    if freed is not None:
        by, at = freed
        what = (
            f"'{name}', which belongs to the caller, is handed to '{by}' here: a surrogate"
            " has no memory to give back; leave the call out, or choose a function that"
            " does not make it"
        )
        raise Refusal("frees_argument", what, at)
    reads = [
        Access(path.steps, at, written)
        for path, (written, at) in effects.reads.items()
        if path.root == name
    ]
    writes = [
        Access(p.steps, at)
        for p, at in effects.writes.items()
        if p.root == name
    ]
    return PointerUse(
        name,
        ctype,
        node,
        reads=tuple(reads),
        writes=tuple(writes),
        certain=frozenset(p for p in effects.certain or () if p.root == name),
        lost=effects.lost.get(name),
    )


def _declared_parameter(node: Node, scope: Scope) -> tuple[str, CType]:
    if node.type == "variadic_parameter":
        what = "a variable number of arguments cannot be a surrogate's input"
        raise Refusal("uses_varargs", what, node)
    base = base_type(node, scope)
    declarator = optional_child(node, "declarator")
    name, ctype = declare(declarator, base, scope, const=is_const(node))
    if not name:
        raise Refusal("unnamed_parameter", "a parameter without a name", node)
    if name.startswith("nsc_"):
        what = f"'{name}': names that start with nsc_ are nsc's own; rename it"
        raise Refusal("reserved_name", what, node)
    return name, ctype


def _direction(inputs: list[Leaf], outputs: list[Leaf]) -> str:
    if inputs and outputs:
        return "inout"
    return "out" if outputs else "in"


@dataclass(frozen=True)
class _Pointee:
    """What a settled pointer or array reaches.

    Args:
        leaves: its scalars.
        skipped: how many steps of an access reach the object itself: one, the star or
            arrow, where there is no array.
        is_array: whether an access can leave some of its elements untouched.
    """

    leaves: list[Leaf]
    skipped: int
    is_array: bool


def _pointee(use: PointerUse) -> _Pointee:
    if isinstance(use.type, Array):
        return _Pointee(leaves_of_value(use.name, use.type, use.node), 0, True)
    pointee = use.type.to
    if isinstance(pointee, Array):
        return _Pointee(leaves_of_value(use.name, pointee, use.node), 0, True)
    return _Pointee(
        leaves_behind_pointer(use.name, pointee, use.node), 1, False
    )


def _inputs_and_outputs(
    use: PointerUse, *, is_out: bool
) -> tuple[list[Leaf], list[Leaf]]:
    """Return the leaves whose old values matter, and those that may be written.

    The old value matters where it is read before it is written, and where it is not
    written on every way: there it stays.
    """
    pointee = _pointee(use)
    if is_out:
        return [], pointee.leaves
    is_only_read = bool(use.reads) and not use.writes
    inputs: list[Leaf] = []
    outputs: list[Leaf] = []
    for leaf in pointee.leaves:
        path = (*[0] * pointee.skipped, *leaf.path)
        is_read = any(_matters(access, path) for access in use.reads)
        is_written = any(covers(access.path, path) for access in use.writes)
        may_stay = is_written and not _is_among(use.certain, path)
        # an element of an array that is only read is part of the input; a field that
        # nobody touches is none
        is_beside_input = pointee.is_array and is_only_read
        is_touched = any(covers(access.path, path) for access in use.reads)
        if is_read or may_stay or (is_beside_input and not is_touched):
            inputs.append(leaf)
        if is_written:
            outputs.append(leaf)
    return inputs, outputs


def _matters(read: Access, leaf: Sequence[str | int]) -> bool:
    return covers(read.path, leaf) and not _is_among(read.written, leaf)


def _is_among(written: frozenset[Path], leaf: Sequence[str | int]) -> bool:
    """Say whether a leaf is one of the places that are written for certain."""
    return any(
        len(path.steps) <= len(leaf) and covers(path.steps, leaf)
        for path in written
    )
