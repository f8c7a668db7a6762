"""A function definition -> its Signature: parameters with directions, scalar inputs and
outputs.

In: Module, function item, the user's statements (`out`, `arrays`). Out: Signature.
Non-goals: ranges of inputs (domain.py), the C that calls the function (entry.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tree_sitter import Node

from nsc.program.access import Access, accesses
from nsc.refusal import Refusal
from nsc.syntax import (
    Array,
    CType,
    Item,
    Leaf,
    Module,
    Param,
    Pointer,
    Scalar,
    Scope,
    Signature,
    Struct,
    Union,
    Void,
    base_type,
    declare,
    declared_name,
    is_const,
    parameters_of,
    text_of,
)

MAX_LEAVES = 256


def signature_of(
    module: Module,
    item: Item,
    *,
    out: Sequence[str] = (),
    arrays: Mapping[str, int] | None = None,
) -> Signature:
    """Infer a function's scalar view.

    What a pointer parameter points to is an input where it is read before it is
    written, an output where it is written. `out` names parameters that are outputs
    whatever the text suggests; `arrays` gives the number of elements behind a pointer
    that the text leaves open.

    Raises:
        Refusal: the first parameter or result that cannot be made of scalars, by
            reason.
    """
    node = item.node
    result = _result_type(node, module.scope)
    nodes = parameters_of(node)
    known = [_parameter_name(p) for p in nodes]
    for name in [*out, *(arrays or {})]:
        if name not in known:
            raise Refusal(
                "no_such_parameter",
                f"'{name}' is not a parameter; they are {', '.join(known)}",
                node,
            )
    params: list[Param] = []
    inputs: list[Leaf] = []
    outputs: list[Leaf] = list(_result_leaves(result, node))
    for p in nodes:
        param, reads, writes = _parameter(p, module, item, out, arrays or {})
        params.append(param)
        inputs.extend(reads)
        outputs.extend(writes)
    if not outputs:
        raise Refusal(
            "no_output",
            "the function returns nothing and writes through no parameter",
            node,
        )
    if not inputs:
        raise Refusal("no_input", "the function has no numeric input", node)
    if len(inputs) + len(outputs) > MAX_LEAVES:
        found = (
            f"{len(inputs)} inputs and {len(outputs)} outputs; at most {MAX_LEAVES}"
            " scalars are supported"
        )
        raise Refusal("too_many_scalars", found, node)
    return Signature(
        item.name,
        tuple(params),
        result,
        tuple(inputs),
        tuple(outputs),
        _prototype(node, result),
    )


def _parameter_name(node: Node) -> str:
    return (
        declared_name(node.child_by_field_name("declarator"))
        if node.type == "parameter_declaration"
        else "..."
    )


def _result_type(node: Node, scope: Scope) -> CType:
    base = base_type(node, scope)
    declarator = node.child_by_field_name("declarator")
    if declarator.type == "pointer_declarator":
        raise Refusal(
            "returns_pointer", "a surrogate cannot return a pointer", declarator
        )
    return base


def _result_leaves(result: CType, node: Node) -> list[Leaf]:
    if isinstance(result, Void):
        return []
    return [
        Leaf("return" + suffix, "nsc_result" + suffix, scalar, "return", path)
        for suffix, scalar, path in scalars_of(result, node)
    ]


def scalars_of(
    ctype: CType, node: Node
) -> list[tuple[str, Scalar, tuple[str | int, ...]]]:
    """List the scalars of a value as (C suffix, type, path), e.g. (".pos[1]", FLOAT,
    ("pos", 1)).
    """
    if isinstance(ctype, Scalar):
        return [("", ctype, ())]
    if isinstance(ctype, Struct):
        return [
            (f".{name}{suffix}", scalar, (name, *path))
            for name, kind in ctype.fields
            for suffix, scalar, path in scalars_of(kind, node)
        ]
    if isinstance(ctype, Array) and ctype.length is not None:
        if ctype.length > MAX_LEAVES:
            raise Refusal(
                "too_many_scalars",
                f"an array of {ctype.length} elements is too large",
                node,
            )
        inner = scalars_of(ctype.of, node)
        return [
            (f"[{k}]{s}", t, (k, *p)) for k in range(ctype.length) for s, t, p in inner
        ]
    if isinstance(ctype, Pointer):
        raise Refusal(
            "nested_pointer",
            "pointers inside arrays, structs or pointers are not supported",
            node,
        )
    if isinstance(ctype, Union):
        raise Refusal(
            "uses_union",
            "unions cannot be inputs or outputs; use a struct of scalars",
            node,
        )
    raise Refusal(
        "unsupported_type", f"the type '{ctype.spell()}' has no numbers in it", node
    )


def _parameter(
    node: Node,
    module: Module,
    function: Item,
    out: Sequence[str],
    arrays: Mapping[str, int],
) -> tuple[Param, list[Leaf], list[Leaf]]:
    if node.type == "variadic_parameter":
        raise Refusal(
            "uses_varargs",
            "a variable number of arguments cannot be a surrogate's input",
            node,
        )
    const = is_const(node)
    scope = module.scope
    name, ctype = declare(
        node.child_by_field_name("declarator"),
        base_type(node, scope),
        scope,
        const=const,
    )
    if not name:
        raise Refusal("unnamed_parameter", "a parameter without a name", node)
    if name.startswith("nsc_"):
        raise Refusal(
            "reserved_name",
            f"'{name}': names that start with nsc_ are nsc's own; rename it",
            node,
        )
    declaration = " ".join(text_of(node).split())
    if not isinstance(ctype, Pointer | Array):
        leaves = _leaves(name, ctype, "", node)
        return Param(name, ctype, "in", declaration), leaves, []
    seen = accesses(module, function).get(name, [])
    ctype, seen = _settle(name, ctype, seen, arrays, node)
    if isinstance(ctype, Array) and const:
        seen = [a for a in seen if a.kind == "r"]
    suffix, inner, strip = _behind(ctype)
    reads = []
    writes = []
    for leaf in _leaves(name, inner, suffix, node):
        read, written = _usage(
            leaf,
            seen,
            strip,
            whole=isinstance(ctype, Array) or isinstance(inner, Array),
        )
        if name in out:
            read = False
            written = True
        reads += [leaf] * read
        writes += [leaf] * written
    direction = "inout" if reads and writes else "out" if writes else "in"
    return Param(name, ctype, direction, declaration), reads, writes


def _leaves(name: str, ctype: CType, kind: str, node: Node) -> list[Leaf]:
    leaves = []
    for suffix, scalar, path in scalars_of(ctype, node):
        if kind == "*":
            leaf_name = name
            lvalue = f"(*{name})"
        elif kind == "->":
            leaf_name = name + suffix
            lvalue = f"{name}->{suffix[1:]}"
        else:
            leaf_name = lvalue = name + suffix
        leaves.append(Leaf(leaf_name, lvalue, scalar, name, path))
    return leaves


def _behind(ctype: CType) -> tuple[str, CType, int]:
    """Return how to reach the pointee: ("*" | "->" | "", its type, leading path steps
    to drop).
    """
    if isinstance(ctype, Array):
        return "", ctype, 0
    if isinstance(ctype.to, Struct):
        return "->", ctype.to, 1
    if isinstance(ctype.to, Array):
        return "", ctype.to, 0
    return "*", ctype.to, 1


def _settle(  # noqa: C901
    name: str, ctype: CType, seen: list[Access], arrays: Mapping[str, int], node: Node
) -> tuple[CType, list[Access]]:
    """Decide how many elements stand behind a pointer or an open array."""
    element = ctype.of if isinstance(ctype, Array) else ctype.to
    if isinstance(element, Void):
        raise Refusal("void_pointer", f"'{name}' points to void; give it a type", node)
    if isinstance(ctype, Array) and ctype.length is not None:
        return ctype, seen
    if (
        isinstance(element, Scalar)
        and element.kind == "int"
        and element.bits == 8
        and name not in arrays
    ):
        what = (
            f"'{name}' points to characters; if they are numbers, state how many with"
            f" --array {name}=N"
        )
        raise Refusal("uses_strings", what, node)
    bare = next((a for a in seen if not a.path), None)
    if bare is not None:
        if name not in arrays:
            what = (
                f"'{name}' is copied or compared as a pointer here; state its length"
                f" with --array {name}=N"
            )
            raise Refusal("pointer_escapes", what, bare.node)
        seen = [Access("r", (None,), bare.node)] + [Access("w", (None,), bare.node)] * (
            not getattr(ctype, "const", False)
        )
    field = next((a for a in seen if isinstance(a.path[0], str)), None)
    if field is not None:
        raise Refusal(
            "type_mismatch",
            f"'{name}' is a pointer and used as a struct here",
            field.node,
        )
    if name in arrays:
        length = arrays[name]
    elif any(a.path[0] is None for a in seen):
        where = next(a for a in seen if a.path[0] is None)
        what = (
            f"how many elements '{name}' has is not known here; state it with --array"
            f" {name}=N"
        )
        raise Refusal("dynamic_size", what, where.node)
    else:
        length = max((a.path[0][1] + 1 for a in seen), default=1)
    if any(isinstance(a.path[0], tuple) and a.path[0][0] < 0 for a in seen):
        raise Refusal("negative_index", f"'{name}' is indexed below zero", node)
    if isinstance(ctype, Array):
        return Array(element, length), seen
    if length == 1 and not isinstance(element, Array):
        return ctype, seen
    return Pointer(Array(element, length), ctype.const), seen


def _usage(
    leaf: Leaf, seen: list[Access], strip: int, *, whole: bool
) -> tuple[bool, bool]:
    """Say whether a leaf is (input, output). Elements of an array that nobody touches
    count as inputs when any element is read; fields of a pointed-to struct only when
    touched.
    """
    kinds = [a.kind for a in seen if _covers(a.path[strip:], leaf.path)]
    if not kinds:
        return (
            whole
            and any(a.kind == "r" for a in seen)
            and all(a.kind == "r" for a in seen),
            False,
        )
    return kinds[0] == "r", "w" in kinds


def _covers(path: tuple, leaf: tuple[str | int, ...]) -> bool:
    """Say whether an access path reaches a leaf (a prefix reaches everything below it)."""
    for step, want in zip(path, leaf, strict=False):
        if isinstance(want, str):
            if step != want:
                return False
        elif isinstance(step, tuple) and not step[0] <= want <= step[1]:
            return False
    return True


def _prototype(node: Node, result: CType) -> str:
    declarator = node.child_by_field_name("declarator")
    spelled = " ".join(text_of(declarator).split())
    return f"{result.spell()} {spelled}"
