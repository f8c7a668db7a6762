"""A Program -> a unit that shows what the program does to all that it could reach.

In: Program. Out: `Probe`: the same closed pieces behind an entry that takes and gives
back every scalar behind every pointer. Non-goals: running it, judging what it shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from nsc.program.entry import unit_of
from nsc.program.leaves import scalars_of
from nsc.program.program import Program
from nsc.program.unit import Unit
from nsc.program.units import nearest_whole
from nsc.syntax import Array, CType, Leaf, Param, Pointer, Scalar

MAX_CELLS = 2048
# elements behind the last one that the signature knows, which nothing may touch
SPARE_SCALARS = 4
SPARE_OTHERS = 1


@dataclass(frozen=True)
class Cell:
    """One scalar behind a pointer or in an array that a program is given.

    Args:
        leaf: it, named as the signature would.
        input: which of the program's inputs it is, if any.
        is_output: whether it is one of the program's outputs.
        is_past_end: whether it lies behind all that the signature knows of.
    """

    leaf: Leaf
    input: int | None
    is_output: bool
    is_past_end: bool


@dataclass(frozen=True)
class Probe:
    """A program and every cell that it could reach.

    The unit's inputs are the program's scalars that are passed by value, then the
    cells; its outputs are the result's scalars, then the cells after the call.
    """

    program: Program
    cells: tuple[Cell, ...]

    @cached_property
    def by_value(self) -> tuple[int, ...]:
        """Which of the program's inputs are passed by value."""
        held = {cell.input for cell in self.cells}
        return tuple(k for k in range(self.program.n_inputs) if k not in held)

    @cached_property
    def result(self) -> tuple[Leaf, ...]:
        """What the program returns."""
        outputs = self.program.signature.outputs
        return tuple(leaf for leaf in outputs if leaf.param == "return")

    @cached_property
    def unit(self) -> Unit:
        signature = self.program.signature
        leaves = tuple(cell.leaf for cell in self.cells)
        wide = replace(
            signature,
            params=tuple(_with_spare(p) for p in signature.params),
            inputs=(*(signature.inputs[k] for k in self.by_value), *leaves),
            outputs=(*self.result, *leaves),
        )
        return unit_of(wide, self.program.pieces, self.program.headers)

    @property
    def free(self) -> np.ndarray:
        """The cells that are no inputs."""
        cells = enumerate(self.cells)
        return np.array([k for k, c in cells if c.input is None], np.int64)

    def inputs_of(self, x: np.ndarray) -> np.ndarray:
        """Lay the program's inputs `n i` out for the unit; other cells hold zero.

        They are what the types can hold, so that what is left untouched reads the same.
        """
        leaves = self.program.signature.inputs
        held = np.array(x, np.float64)
        for k, leaf in enumerate(leaves):
            held[:, k] = as_held(leaf.type, held[:, k])
        wide = np.zeros((len(x), self.unit.n_inputs))
        for column, k in enumerate(self.by_value):
            wide[:, column] = held[:, k]
        for column, cell in enumerate(self.cells, len(self.by_value)):
            if cell.input is not None:
                wide[:, column] = held[:, cell.input]
        return wide


def as_held(kind: Scalar, values: np.ndarray) -> np.ndarray:
    """Return what variables of a type hold once they are given values."""
    if kind.kind != "float":
        return nearest_whole(values)
    return values.astype(np.float32) if kind.bits <= 32 else values


def has_cells(program: Program) -> bool:
    """Say whether a program is given pointers or arrays."""
    return any(
        isinstance(p.type, Pointer | Array) for p in program.signature.params
    )


def probe_of(program: Program) -> Probe | None:
    """Make a probe; None where more than `MAX_CELLS` cells are behind the pointers."""
    inputs = {
        (leaf.param, leaf.path): k
        for k, leaf in enumerate(program.signature.inputs)
    }
    outputs = {(leaf.param, leaf.path) for leaf in program.signature.outputs}
    cells: list[Cell] = []
    for param in program.signature.params:
        for leaf, path in _cells_of(param):
            key = (param.name, path)
            is_known = path is not None
            found = inputs.get((param.name, path)) if is_known else None
            cells.append(
                Cell(leaf, found, is_known and key in outputs, not is_known)
            )
            if len(cells) > MAX_CELLS:
                return None
    return Probe(program, tuple(cells))


_Path = tuple[str | int, ...]


def _cells_of(param: Param) -> Iterator[tuple[Leaf, _Path | None]]:
    """Yield the cells behind a parameter, with the path that its signature knows.

    Those behind the last element have none.
    """
    if not isinstance(param.type, Pointer | Array):
        return
    element, length = _elements(param.type)
    is_array = length is not None
    known = 1 if length is None else length
    for k in range(known + _spare(element)):
        for suffix, scalar, path in scalars_of(element, 0):
            place = f"{param.name}[{k}]{suffix}"
            inside = k < known
            name = place if is_array or not inside else param.name + suffix
            own = (k, *path) if is_array else path
            leaf = Leaf(name, place, scalar, param.name, own)
            yield leaf, own if inside else None


def _elements(ctype: Pointer | Array) -> tuple[CType, int | None]:
    """Return what stands behind a pointer, and how often if it is an array."""
    array = ctype if isinstance(ctype, Array) else ctype.to
    return (
        (array.of, array.length) if isinstance(array, Array) else (array, None)
    )


def _spare(element: CType) -> int:
    return SPARE_SCALARS if isinstance(element, Scalar) else SPARE_OTHERS


def _with_spare(param: Param) -> Param:
    """Give a parameter room behind its last element."""
    if not isinstance(param.type, Pointer | Array):
        return param
    element, length = _elements(param.type)
    room = Array(element, (1 if length is None else length) + _spare(element))
    is_array = isinstance(param.type, Array)
    return replace(param, type=room if is_array else Pointer(room))
