"""An exported function against its original, both called natively on the same memory.

In: a compiled program, a library. Out: faults, and how errors compare with what was
verified. Non-goals: making programs and building them.

Every input is in the domain: half are drawn as verification draws them, half are
special (zeros, equal inputs, corners, values that programs compare with). Whatever is no
input is filled with two patterns.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from memory import RESULT, SCALARS, Case, Cell
from native import Layout, layout_of, ran

from nsc.program import Program, as_returned, draw_inputs, with_whole_inputs
from nsc.report import Report
from nsc.sandbox import Built, RunLimits, run
from nsc.surrogate import Surrogate

DRAWN = 128
SPECIAL = 128
VALUES = (0.0, 0.1, 0.25, 0.3, 0.5, -0.3, 1.0, -1.0, 1.5, 2.0)
# an export's arithmetic, of the largest output
ROUNDING = {"double": 1e-9, "float": 2e-4}
# twice the promised share of inputs may exceed a bound before that is no luck
ALLOWANCE = 2.0
NO_LUCK = 1e-6
FACTOR = 3.0


@dataclass(frozen=True)
class Made:
    """A program that nsc accepted.

    Args:
        exported: the C that was written.
        function: its name.
        guard: whether it calls the original outside the domain.
    """

    case: Case
    program: Program
    surrogate: Surrogate
    report: Report
    exported: str
    function: str
    guard: bool


@dataclass
class Errors:
    """How far exports are from originals.

    Args:
        drawn, above: inputs drawn as verification does; of them above the bound.
        promised: how many may be above it, by the reports.
        special, far: special inputs; of them FACTOR times the verified maximum off.
    """

    drawn: int = 0
    above: int = 0
    promised: float = 0.0
    special: int = 0
    far: int = 0

    def add(self, other: Errors) -> None:
        """Add another program's."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class Found:
    """What one program showed."""

    faults: list[str] = field(default_factory=list[str])
    errors: Errors = field(default_factory=Errors)


def special_inputs(
    program: Program, generator: np.random.Generator
) -> np.ndarray:
    """Choose inputs where programs have ties: `SPECIAL i`."""
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    n = len(lo)
    rows = [np.zeros(n), lo, hi, (lo + hi) / 2]
    rows += [np.full(n, value) for value in VALUES]
    while len(rows) < SPECIAL:
        kind = generator.integers(3)
        if kind == 0:
            row = generator.choice(VALUES, size=n)
        elif kind == 1:
            row = np.where(generator.random(n) < 0.5, lo, hi)
        else:
            row = generator.uniform(lo, hi)
            row[generator.random(n) < 0.5] = row[0]
        rows.append(row)
    return _held(program, np.clip(np.array(rows), np.ceil(lo - 1), hi), lo)


def _held(program: Program, x: np.ndarray, lo: np.ndarray) -> np.ndarray:
    """Return inputs as their types hold them, inside the domain."""
    x = with_whole_inputs(program, np.maximum(x, lo))
    for k, leaf in enumerate(program.signature.inputs):
        if leaf.type.kind == "float" and leaf.type.bits == 32:
            x[:, k] = x[:, k].astype(np.float32)
    return x


class Comparison:
    """One program's original and export, on the same memory."""

    def __init__(
        self, made: Made, built: ctypes.CDLL, sandboxed: Built, seed: int
    ):
        self.made = made
        self.sandboxed = sandboxed
        self.built = built
        self.cells = made.case.cells()
        self.layout: Layout = layout_of(built, made.case)
        self.generator = np.random.default_rng(seed)
        signature = made.program.signature
        self.inputs = [
            self._cell(leaf.param, leaf.path) for leaf in signature.inputs
        ]
        self.outputs = [
            self._cell(leaf.param, leaf.path) for leaf in signature.outputs
        ]

    def _cell(self, param: str, path: tuple[str | int, ...]) -> int:
        """Find a leaf's cell: behind a pointer to one element, the first."""
        keys = {cell.key: k for k, cell in enumerate(self.cells)}
        for tried in (path, (0, *path), (0, 0, *path), path[1:]):
            if (param, tried) in keys:
                return keys[param, tried]
        raise LookupError(f"no cell for {param}{path}")

    def get(self, memory: np.ndarray, k: int) -> np.ndarray:
        """Read cell k of every row."""
        dtype = np.dtype(SCALARS[self.cells[k].type])
        at = self.layout.offsets[k]
        column = memory[:, at : at + dtype.itemsize]
        return np.ascontiguousarray(column).view(dtype)[:, 0]

    def put(self, memory: np.ndarray, k: int, values: np.ndarray) -> None:
        """Write cell k of every row."""
        dtype = np.dtype(SCALARS[self.cells[k].type])
        at = self.layout.offsets[k]
        column = values.astype(dtype).reshape(-1, 1).view(np.uint8)
        memory[:, at : at + dtype.itemsize] = column

    def filled(self, x: np.ndarray) -> np.ndarray:
        """Return memory with inputs, and a new pattern in all else."""
        g = self.generator
        memory = np.zeros((len(x), self.layout.size), np.uint8)
        fixed = {v.name for v in self.made.case.variables if not v.is_input}
        for k, cell in enumerate(self.cells):
            if cell.key[0] in fixed:
                continue
            self.put(memory, k, _pattern(cell, len(x), g))
        for k, column in zip(self.inputs, x.T, strict=True):
            self.put(memory, k, column)
        return memory

    def untouched(self) -> list[int]:
        """List the cells that no output shares, and that something else may read.

        A static variable that is no input is the function's own: nsc accepts one that
        no result depends on.
        """
        own = {
            v.name
            for v in self.made.case.variables
            if v.is_static and not v.is_input
        }
        written = {self.layout.offsets[k] for k in self.outputs}
        return [
            k
            for k, cell in enumerate(self.cells)
            if self.layout.offsets[k] not in written
            and cell.key[0] not in (RESULT, *own)
        ]

    def found(self) -> Found:
        """Compare the two."""
        program = self.made.program
        drawn = draw_inputs(program, DRAWN, generator=self.generator)
        x = np.concatenate([drawn, special_inputs(program, self.generator)])
        found = Found()
        before = [self.filled(x), self.filled(x)]
        number = self.made.case.number
        sides: dict[str, list[np.ndarray]] = {}
        for side in ("original", "exported"):
            name = f"{side}_{number}"
            sides[side] = [ran(self.built, name, m) for m in before]
            again = ran(self.built, name, before[0])
            found.faults += self._touched(side, before, sides[side])
            found.faults += self._unexplained(side, sides[side])
            found.faults += self._other(
                f"{side}: a second call gives something else",
                sides[side][0],
                again,
            )
        self._judge(found, x, sides)
        if self.made.guard:
            found.faults += self._guarded(x)
        return found

    def _touched(
        self, side: str, before: list[np.ndarray], after: list[np.ndarray]
    ) -> list[str]:
        """Name cells that changed and are no output."""
        names = [
            self.cells[k].name
            for k in self.untouched()
            if any(
                self.get(b, k).tobytes() != self.get(a, k).tobytes()
                for b, a in zip(before, after, strict=True)
            )
        ]
        return [f"{side}: written and no output: {names}"] if names else []

    def _unexplained(self, side: str, after: list[np.ndarray]) -> list[str]:
        what = f"{side}: depends on what is no input"
        return self._other(what, *after)

    def _other(self, what: str, one: np.ndarray, two: np.ndarray) -> list[str]:
        names = [
            self.cells[k].name
            for k in self.outputs
            if not _same(self.get(one, k), self.get(two, k)).all()
        ]
        return [f"{what}: {names}"] if names else []

    def values(self, memory: np.ndarray) -> np.ndarray:
        """Return the outputs as doubles, `n o`."""
        columns = [self.get(memory, k).astype(float) for k in self.outputs]
        return np.stack(columns, axis=1)

    def _judge(
        self, found: Found, x: np.ndarray, sides: dict[str, list[np.ndarray]]
    ) -> None:
        """Compare values: of sandbox and compiler, network and export, and both."""
        program = self.made.program
        original = self.values(sides["original"][0])
        exported = self.values(sides["exported"][0])
        done = run(self.sandboxed, x, RunLimits())
        if done.failed:
            found.faults.append(f"it fails on its domain: {done.outcome}")
            return
        oracle = done.outputs
        differs = ~_same(oracle, original)
        found.faults += self._said(
            "the sandbox computes something else", differs, oracle, original, x
        )
        network = as_returned(program, self.made.surrogate(x))
        allowed = self._rounding(network)
        differs = ~(np.abs(network - exported) <= allowed)
        found.faults += self._said(
            "the export is not the network", differs, network, exported, x
        )
        error = np.abs(exported - original)
        self._count(found, (error - allowed * self._floating()).max(axis=1))

    def _floating(self) -> np.ndarray:
        leaves = self.made.program.signature.outputs
        return np.array([leaf.type.kind == "float" for leaf in leaves])

    def _rounding(self, network: np.ndarray) -> np.ndarray:
        leaves = self.made.program.signature.outputs
        is_single = any(leaf.type.bits == 32 for leaf in leaves)
        relative = ROUNDING["float" if is_single else "double"]
        scale = np.maximum(np.abs(network).max(axis=0), 1e-2)
        return relative * scale + ~self._floating()

    def _count(self, found: Found, error: np.ndarray) -> None:
        """Hold errors against the report's bound."""
        verified = self.made.report.test
        errors = found.errors
        bound = verified.bound
        largest = verified.max_abs
        assert bound is not None, "512 inputs are enough for one"
        assert largest is not None, "what is not finite is refused"
        errors.drawn = DRAWN
        errors.above = int((error[:DRAWN] > bound.error).sum())
        errors.promised = DRAWN * bound.fraction
        errors.special = SPECIAL
        limit = FACTOR * largest
        errors.far = int((error[DRAWN:] > limit).sum())
        chance = _tail(DRAWN, ALLOWANCE * bound.fraction, errors.above)
        if chance < NO_LUCK:
            found.faults.append(
                f"{errors.above} of {DRAWN} drawn inputs are above the bound"
                f" {bound}; largest error {error[:DRAWN].max():.6g}"
            )

    def _guarded(self, x: np.ndarray) -> list[str]:
        """Outside the domain a guarded export is the original, to the bit."""
        lo = np.array(self.made.program.domain.lo)
        hi = np.array(self.made.program.domain.hi)
        leaves = self.made.program.signature.inputs
        real = [
            k for k, leaf in enumerate(leaves) if leaf.type.kind == "float"
        ]
        if not real:
            return []
        x = x.copy()
        moved = self.generator.choice(real, size=len(x))
        rows = np.arange(len(x))
        outside = np.where(rows % 2, hi[moved] + 0.5, lo[moved] - 0.25)
        x[rows, moved] = outside
        before = self.filled(x)
        number = self.made.case.number
        one = ran(self.built, f"original_{number}", before)
        two = ran(self.built, f"exported_{number}", before)
        names = [
            cell.name
            for k, cell in enumerate(self.cells)
            if not _same(self.get(one, k), self.get(two, k)).all()
        ]
        what = "guarded, it is not the original outside the domain"
        return [f"{what}: {names}"] if names else []

    def _said(
        self,
        what: str,
        differs: np.ndarray,
        expected: np.ndarray,
        got: np.ndarray,
        x: np.ndarray,
    ) -> list[str]:
        if not differs.any():
            return []
        row, k = np.argwhere(differs)[0]
        leaf = self.made.program.signature.outputs[k]
        where = ", ".join(
            f"{each.name} = {value:.17g}"
            for each, value in zip(
                self.made.program.signature.inputs, x[row], strict=True
            )
        )
        return [
            f"{what}: {leaf.name} is {got[row, k]:.17g}, not"
            f" {expected[row, k]:.17g}, at {where};"
            f" {int(differs.any(axis=1).sum())} of {len(x)} inputs"
        ]


def _pattern(cell: Cell, n: int, generator: np.random.Generator) -> np.ndarray:
    """Draw what nothing may depend on: small, for it may be an index."""
    if cell.type in ("double", "float"):
        return generator.uniform(-1, 1, n)
    return generator.integers(0, 2 if cell.type == "_Bool" else 4, n)


def _same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a == b) | ((a != a) & (b != b))


def _tail(n: int, share: float, count: int) -> float:
    """Return P(Binomial(n, share) >= count)."""
    share = min(share, 1.0)
    return math.fsum(
        math.comb(n, k) * share**k * (1 - share) ** (n - k)
        for k in range(count, n + 1)
    )


def compared(
    made: Made, built: ctypes.CDLL, sandboxed: Built, seed: int
) -> Found:
    """Compare one program's export with its original.

    Args:
        built: has both.
        sandboxed: the original, as it is run for verification.
    """
    return Comparison(made, built, sandboxed, seed).found()


def written(folder: Path, name: str) -> str:
    """Read one of the files that a compilation wrote."""
    return (folder / name).read_text()
