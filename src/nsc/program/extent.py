"""A pointer parameter and its uses -> how many elements stand behind it.

C does not say whether `double *v` is one number or many. The indices that the function
uses do, if they are constants or count loops with constant bounds; else the user must.

In: `PointerUse`, the stated length. Out: `PointerUse` with a length in its type.
Non-goals: which elements are inputs or outputs (infer.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tree_sitter import Node

from nsc.program.paths import Path, Range, Step
from nsc.refusal import Refusal
from nsc.syntax import Array, CType, Pointer, Scalar, Void


@dataclass(frozen=True)
class Access:
    """A read or a write.

    Args:
        path: from the parameter: fields, and indices.
        node: where it stands; a call, if it is done in a function that is called.
        written: of a read: what had been written for certain by then.
    """

    path: tuple[Step, ...]
    node: Node
    written: frozenset[Path] = frozenset()


@dataclass(frozen=True)
class PointerUse:
    """A parameter that is a pointer or an array, and what is done through it.

    Args:
        name: the parameter's.
        type: as declared, or, once settled, with its length.
        node: its declaration.
        reads, writes: what is done there.
        certain: what is written on every way.
        lost: where its pointer goes where it is not followed.
    """

    name: str
    type: Pointer | Array
    node: Node
    reads: tuple[Access, ...] = ()
    writes: tuple[Access, ...] = ()
    certain: frozenset[Path] = frozenset()
    lost: Node | None = None

    @property
    def accesses(self) -> tuple[Access, ...]:
        return self.reads + self.writes

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
        pointer to n, Array(T, n) for an array.

    Raises:
        Refusal: `pointer_escapes`, `outside_array`, `dynamic_size` or
            `negative_index`.
    """
    declared = _declared_length(use)
    use = _without_lost_pointer(use, stated)
    if declared is not None:
        _refuse_outside(use, declared)
        return use
    length = _length(use, stated)
    return replace(use, type=_with_length(use.type, length))


def expect_numbers(use: PointerUse, stated: int | None) -> None:
    """Refuse what a declaration alone shows to be no numbers, whatever is done there.

    Raises:
        Refusal: `void_pointer` or `uses_strings`.
    """
    if isinstance(use.element, Void):
        what = f"'{use.name}' points to void; give it a type"
        raise Refusal("void_pointer", what, use.node)
    if stated is None and _declared_length(use) is None:
        _refuse_text(use)


def _declared_length(use: PointerUse) -> int | None:
    return use.type.length if isinstance(use.type, Array) else None


def _refuse_outside(use: PointerUse, length: int) -> None:
    """Refuse an element that an array of a declared length does not have."""
    for access in use.accesses:
        index = access.path[0]
        if not isinstance(index, tuple) or index[0] != index[1]:
            continue
        if not 0 <= index[0] < length:
            what = (
                f"'{use.name}' is declared with {length} elements and number"
                f" {index[0]} is used here; declare it longer"
            )
            raise Refusal("outside_array", what, access.node)


def _refuse_text(use: PointerUse) -> None:
    """Refuse pointers to characters, which rarely are numbers."""
    element = use.element
    if (
        isinstance(element, Scalar)
        and element.kind == "int"
        and element.bits == 8
    ):
        what = (
            f"'{use.name}' points to characters; if they are numbers, state how many"
            f" with {_length_of(use)}"
        )
        raise Refusal("uses_strings", what, use.node)


def _length_of(use: PointerUse) -> str:
    """Spell the argument that states a length."""
    return f"arrays={{'{use.name}': N}}"


def _without_lost_pointer(use: PointerUse, stated: int | None) -> PointerUse:
    """Let a pointer go anywhere, and be used in any way, if its length is stated.

    Where it goes is not followed: every element may be read, and written.
    """
    if use.lost is None:
        return use
    if stated is None:
        what = (
            f"where '{use.name}' leads is not followed from here on; state how many"
            f" elements it has with {_length_of(use)}: all are then read and written"
        )
        raise Refusal("pointer_escapes", what, use.lost)
    anything = (Access((None,), use.lost),)
    writes = anything if use.may_write else ()
    return replace(use, reads=anything, writes=writes, certain=frozenset())


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
                f" {_length_of(use)}"
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
