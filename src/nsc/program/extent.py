"""A pointer parameter and its uses -> how many elements stand behind it.

C does not say whether `double *v` is one number or many. The indices that the function
uses do, if they are constants or count loops with constant bounds; else the user must.

In: `PointerUse`, the stated length. Out: `PointerUse` with a length in its type.
Non-goals: which elements are inputs or outputs (infer.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tree_sitter import Node

from nsc.program.paths import Range
from nsc.program.reads_and_writes import Access
from nsc.refusal import Refusal
from nsc.syntax import Array, CType, Pointer, Scalar, Void


@dataclass(frozen=True)
class PointerUse:
    """A parameter that is a pointer or an array, and what is done through it.

    Args:
        name: the parameter's.
        type: as declared, or, once settled, with its length.
        accesses: in evaluation order.
        node: its declaration.
    """

    name: str
    type: Pointer | Array
    accesses: tuple[Access, ...]
    node: Node

    @property
    def element(self) -> CType:
        return self.type.of if isinstance(self.type, Array) else self.type.to

    @property
    def may_write(self) -> bool:
        """Whether the declaration lets what is behind it be written."""
        return isinstance(self.type, Array) or not self.type.const


def settled(use: PointerUse, stated: int | None) -> PointerUse:
    """Decide how many elements stand behind a pointer or an open array.

    Args:
        use: of the parameter as it is declared.
        stated: the length that the user gives; it overrules the text.

    Returns:
        The use with its type: Pointer(T) for one object, Pointer(Array(T, n)) for a
        pointer to n, Array(T, n) for an array; no access is of the bare pointer.

    Raises:
        Refusal: `void_pointer`, `uses_strings`, `pointer_escapes`, `type_mismatch`,
            `dynamic_size` or `negative_index`.
    """
    if isinstance(use.element, Void):
        what = f"'{use.name}' points to void; give it a type"
        raise Refusal("void_pointer", what, use.node)
    if isinstance(use.type, Array) and use.type.length is not None:
        return use
    if stated is None:
        _refuse_text(use)
    use = _without_bare_pointer(use, stated)
    _refuse_fields(use)
    length = _length(use, stated)
    return replace(use, type=_with_length(use.type, length))


def _refuse_text(use: PointerUse) -> None:
    """Refuse pointers to characters, which rarely are numbers."""
    element = use.element
    if isinstance(element, Scalar) and element.kind == "int" and element.bits == 8:
        what = (
            f"'{use.name}' points to characters; if they are numbers, state how many"
            f" with --array {use.name}=N"
        )
        raise Refusal("uses_strings", what, use.node)


def _without_bare_pointer(use: PointerUse, stated: int | None) -> PointerUse:
    """Let a pointer be copied or compared, and used in any way, if it has a length.

    Where it goes is not followed: every element may be read, and written.
    """
    bare = next((a for a in use.accesses if not a.path), None)
    if bare is None:
        return use
    if stated is None:
        what = (
            f"'{use.name}' is copied or compared as a pointer here; state its length"
            f" with --array {use.name}=N"
        )
        raise Refusal("pointer_escapes", what, bare.node)
    kinds = "rw" if use.may_write else "r"
    anything = tuple(Access(kind, (None,), bare.node) for kind in kinds)
    return replace(use, accesses=anything)


def _refuse_fields(use: PointerUse) -> None:
    """Refuse `v.x` where v is a pointer."""
    for access in use.accesses:
        if isinstance(access.path[0], str):
            what = f"'{use.name}' is a pointer and used as a struct here"
            raise Refusal("type_mismatch", what, access.node)


def _length(use: PointerUse, stated: int | None) -> int:
    """Return the stated length, else one more than the largest index."""
    ranges: list[Range] = []
    for access in use.accesses:
        index = access.path[0]
        if isinstance(index, tuple):
            ranges.append(index)
        elif stated is None:
            what = (
                f"how many elements '{use.name}' has is not known here; state it with"
                f" --array {use.name}=N"
            )
            raise Refusal("dynamic_size", what, access.node)
    if any(least < 0 for least, _ in ranges):
        what = f"'{use.name}' is indexed below zero"
        raise Refusal("negative_index", what, use.node)
    if stated is not None:
        return stated
    return max((largest + 1 for _, largest in ranges), default=1)


def _with_length(declared: Pointer | Array, length: int) -> Pointer | Array:
    if isinstance(declared, Array):
        return Array(declared.of, length)
    is_one_object = length == 1 and not isinstance(declared.to, Array)
    if is_one_object:
        return declared
    return Pointer(Array(declared.to, length), declared.const)
