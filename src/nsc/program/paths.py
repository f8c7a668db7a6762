"""Places in memory: a parameter, and the steps from it; and arithmetic on pointers.

A pointer is the path of what it points to: a parameter `p` is ("p", (FIRST,)), `&p[2].x`
is ("p", ((2, 2), "x")).

In: types of parameters. Out: `Path`s. Non-goals: which expression leads where
(expressions.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from nsc.syntax import (
    Array,
    BitField,
    CType,
    Pointer,
    Scalar,
    Struct,
    Union,
    Void,
)

Range = tuple[int, int]  # of integers, both ends included
Step = (
    str | Range | None
)  # a field, a range of indices, or an index nobody knows
FIRST: Range = (0, 0)  # `*p` and `p->` reach what p[0] does
MAX_STEPS = 64


class Path(NamedTuple):
    """A place reached from a parameter; without steps, nobody knows where it lies."""

    root: str
    steps: tuple[Step, ...]

    def then(self, *steps: Step) -> Path:
        return (
            self if self == ELSEWHERE else Path(self.root, self.steps + steps)
        )

    def moved(self, by: Range | None) -> Path | None:
        """Return where a pointer leads that is moved by some elements.

        Returns:
            None if it leaves a field.
        """
        if self == ELSEWHERE or by == FIRST:
            return self
        last = self.steps[-1]
        if isinstance(last, str):
            return None
        if last is not None and by is not None:
            return Path(self.root, (*self.steps[:-1], _sum(last, by)))
        return Path(self.root, _unknown_from_last_field(self.steps))

    @property
    def is_certain(self) -> bool:
        """Whether it is one place, and known."""
        return self != ELSEWHERE and all(map(_is_one_step, self.steps))


ELSEWHERE = Path(
    "", ()
)  # local variables, and constants: no parameter's object
Pointers = frozenset[Path]  # where a pointer may point
_FILE_LEVEL = "&"  # starts the roots of what no parameter leads to
NOWHERE: Pointers = frozenset({ELSEWHERE})


def root_of_variable(name: str) -> str:
    """Return the root of paths into a file-level variable: its address."""
    return _FILE_LEVEL + name


def variable_of(root: str) -> str | None:
    """Return the file-level variable that a root leads to; None for a parameter."""
    return root.removeprefix(_FILE_LEVEL) if root[:1] == _FILE_LEVEL else None


def _is_one_step(step: Step) -> bool:
    return isinstance(step, str) or (step is not None and step[0] == step[1])


def _sum(a: Range, b: Range) -> Range:
    return a[0] + b[0], a[1] + b[1]


def _unknown_from_last_field(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Forget the indices behind the last field: a pointer walks from row to row."""
    kept = len(steps)
    while kept and not isinstance(steps[kept - 1], str):
        kept -= 1
    return (*steps[:kept], *[None] * (len(steps) - kept))


class Roots:
    """The types of what paths start from.

    Args:
        types: of the parameters that are pointers or arrays.
        other: returns the type of the address of a file-level variable, by its root.
    """

    def __init__(
        self,
        types: Mapping[str, CType],
        other: Callable[[str], CType | None],
    ):
        self.types = types
        self.other = other

    def type_at(self, path: Path, depth: int | None = None) -> CType | None:
        """Return the type of a place, or of what its first steps lead to."""
        found = self.types.get(path.root) or self.other(path.root)
        for step in path.steps[:depth]:
            found = _below(found, step)
        return found

    def as_pointer_to(self, wanted: CType | None, path: Path) -> Path | None:
        """Return the path of a pointer that is seen as one to another type.

        `r` of `float r[3][3]`, seen as a `float *`, points to `r[0][0]`.

        Returns:
            None where no such object lies there.
        """
        if path == ELSEWHERE or wanted is None or isinstance(wanted, Void):
            return path
        found = self.type_at(path)
        while not _are_same(found, wanted):
            if not isinstance(found, Array):
                return None
            path = path.then(FIRST)
            found = found.of
        return path

    def inside(self, path: Path) -> Path | None:
        """Carry indices beyond their row into the rows that follow.

        Returns:
            None if a place lies outside of the field that it is reached from.
        """
        steps = list(path.steps)
        for k in range(len(steps) - 1, 0, -1):
            step = steps[k]
            array = self.type_at(path, k)
            if not isinstance(step, tuple) or not isinstance(array, Array):
                continue
            length = array.length
            if length is None or 0 <= step[0] <= step[1] < length:
                continue
            row = steps[k - 1]
            if isinstance(row, str):
                return None
            if row is not None and step[0] == step[1]:
                rows, column = divmod(step[0], length)
                steps[k - 1] = _sum(row, (rows, rows))
                steps[k] = (column, column)
            else:
                steps[k - 1] = None
                steps[k] = None
        return Path(path.root, tuple(steps))


def _below(ctype: CType | None, step: Step) -> CType | None:
    if isinstance(step, str):
        return ctype.field(step) if isinstance(ctype, Struct | Union) else None
    if isinstance(ctype, Array):
        return ctype.of
    return ctype.to if isinstance(ctype, Pointer) else None


def _are_same(a: CType | None, b: CType) -> bool:
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return (a.kind, a.bits, a.signed) == (b.kind, b.bits, b.signed)
    if isinstance(a, Array) and isinstance(b, Array):
        return a.length == b.length and _are_same(a.of, b.of)
    if isinstance(a, Struct | Union) and isinstance(b, Struct | Union):
        return a.fields == b.fields
    return a == b


def covers(path: Sequence[Step], leaf: Sequence[Step | int]) -> bool:
    """Say whether a path may reach a leaf.

    A path that ends above the leaf reaches everything below it; an unknown index
    reaches every element.

    Args:
        path: of an access.
        leaf: fields and indices.
    """
    for step, want in zip(path, leaf, strict=False):
        if isinstance(want, str):
            if step != want:
                return False
        elif isinstance(step, tuple) and isinstance(want, int):
            is_among = step[0] <= want <= step[1]
            if not is_among:
                return False
    return True


def size_of(ctype: CType | None) -> int | None:
    """Return the bytes of a type where pointers have four; None if unknown."""
    found = _size_and_alignment(ctype)
    return None if found is None else found[0]


def _size_and_alignment(ctype: CType | None) -> tuple[int, int] | None:
    if isinstance(ctype, BitField):
        return None
    if isinstance(ctype, Scalar):
        return ctype.bits // 8, ctype.bits // 8
    if isinstance(ctype, Pointer):
        return 4, 4
    if isinstance(ctype, Array):
        inner = _size_and_alignment(ctype.of)
        if inner is None or ctype.length is None:
            return None
        return inner[0] * ctype.length, inner[1]
    if not isinstance(ctype, Struct):
        return None
    end = 0
    largest = 1
    for _, field in ctype.fields:
        inner = _size_and_alignment(field)
        if inner is None:
            return None
        size, alignment = inner
        end = -(-end // alignment) * alignment + size
        largest = max(largest, alignment)
    return -(-end // largest) * largest, largest
