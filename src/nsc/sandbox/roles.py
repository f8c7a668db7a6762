"""Which elements behind pointers a program reads and writes, found by running it.

In: Programs, inputs of their domains. Out: `Roles` of the cells of their probes, and
where the signatures say otherwise. Non-goals: what a text says (nsc.program).

Cells that are no inputs are filled with two patterns. A program that heeds the pattern
reads them; one that leaves both patterns in place leaves them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nsc.program import Probe, Program, as_held, has_cells, probe_of
from nsc.sandbox.build import Built, build
from nsc.sandbox.history import same_bits
from nsc.sandbox.run import RunLimits, run

# What a signature can say otherwise than a run shows, and what was seen.
KINDS: dict[str, str] = {
    "hidden_input": "is read, but is no input",
    "kept_value": "keeps its old value on some inputs, but is no input",
    "hidden_output": "is written, but is no output",
    "never_written": "is an output, but was never written",
    "past_end": "lies behind the last element, and is read or written",
    "stray_memory": "or memory beside it decides the result, and is no input",
    "unchecked": "could not be looked at",
}
MOST_SINGLE_RUNS = 8192  # to tell which cell a program heeds
MOST_SINGLE_SAMPLES = 32
SMALL = (0, 7)  # whole numbers that cells hold for which nothing else is known


@dataclass(frozen=True)
class Roles:
    """What runs showed of each cell of a probe: the first sample that shows it, or -1.

    Args:
        read: where the cell's value alone changed something else, or itself.
        kept: where the cell was left as it was, whatever it held.
        written: where the cell held something else after the call.
        heeded: where something changed with what the cells held that are no inputs.
        ran: how many samples ran to their end.
    """

    read: np.ndarray
    kept: np.ndarray
    written: np.ndarray
    heeded: int
    ran: int


@dataclass(frozen=True)
class Disagreement:
    """An element that a signature is wrong about.

    Args:
        kind: a key of `KINDS`.
        element: as the signature would name it.
        param: the parameter that it is behind.
        example: inputs `i` that show it; empty where no single one does.
    """

    kind: str
    element: str
    param: str
    example: tuple[float, ...] = ()


def signature_disagreements(
    programs: Sequence[Program],
    inputs: Sequence[np.ndarray],
    *,
    seed: int,
    limits: RunLimits = RunLimits(),
) -> list[list[Disagreement]]:
    """Run programs on inputs `n i` of each, and list where their signatures are wrong.

    Programs without pointers have no such elements; others are built 64 to a module.
    """
    probes = [probe_of(p) if has_cells(p) else None for p in programs]
    looked_at = [probe for probe in probes if probe is not None]
    units = [probe.unit for probe in looked_at]
    built = iter(build(units, checks=["array-bounds"]))
    found: list[list[Disagreement]] = []
    for program, probe, x in zip(programs, probes, inputs, strict=True):
        if probe is None:
            found.append(_unchecked(program) if has_cells(program) else [])
            continue
        made = next(built)
        if not isinstance(made, Built):
            found.append(_unchecked(program))
            continue
        generator = np.random.default_rng(seed)
        roles = observed_roles(
            probe, made, x, generator=generator, limits=limits
        )
        found.append(disagreements(probe, roles, x))
    return found


def _unchecked(program: Program) -> list[Disagreement]:
    params = [p.name for p in program.signature.params]
    return [Disagreement("unchecked", params[0], params[0])]


def disagreements(
    probe: Probe, roles: Roles, x: np.ndarray
) -> list[Disagreement]:
    """List where a program's signature says otherwise than runs on `n i` inputs."""
    found: list[Disagreement] = []
    for k, cell in enumerate(probe.cells):
        read, kept, written = (
            int(of[k]) for of in (roles.read, roles.kept, roles.written)
        )
        # an input that is left as it was is an output all the same
        stale = kept if cell.input is None else -1
        seen = {
            "past_end": max(read, written) if cell.is_past_end else -1,
            "hidden_input": read,
            "kept_value": stale if written >= 0 else -1,
            "hidden_output": -1 if cell.is_output else written,
            "never_written": stale if cell.is_output and written < 0 else -1,
        }
        kinds = [kind for kind, sample in seen.items() if sample >= 0]
        for kind in kinds[:1] if cell.is_past_end else kinds:
            example = tuple(float(v) for v in x[seen[kind]])
            leaf = cell.leaf
            found.append(Disagreement(kind, leaf.name, leaf.param, example))
    if roles.heeded >= 0 and not any(d.kind != "never_written" for d in found):
        # no cell by itself
        example = tuple(float(v) for v in x[roles.heeded])
        cell = probe.cells[int(probe.free[0])]
        found.append(
            Disagreement(
                "stray_memory", cell.leaf.name, cell.leaf.param, example
            )
        )
    return found


def observed_roles(
    probe: Probe,
    built: Built,
    x: np.ndarray,
    *,
    generator: np.random.Generator,
    limits: RunLimits = RunLimits(),
) -> Roles:
    """Run a probe on inputs `n i` and say what became of each cell.

    All cells that are no inputs change at once; only where something depends on them
    is each changed by itself. Samples that do not end are no evidence.
    """
    return _Observation(probe, built, limits).roles(x, generator)


class _Observation:
    """Runs of one probe."""

    def __init__(self, probe: Probe, built: Built, limits: RunLimits):
        self.probe = probe
        self.built = built
        self.limits = limits
        self.first_in = len(probe.by_value)
        self.first_out = len(probe.result)

    def roles(self, x: np.ndarray, generator: np.random.Generator) -> Roles:
        n = len(x)
        a = self.probe.inputs_of(x)
        b = a.copy()
        for k in self.probe.free:
            column = self.first_in + k
            a[:, column], b[:, column] = self._patterns(int(k), n, generator)
        ran, y = self._run(np.concatenate([a, b]))
        ended = ran[:n] & ran[n:]
        kept = self._kept(a, y[:n]) & self._kept(b, y[n:])
        differs = ~same_bits(y[:n], y[n:]) & ended[:, None]
        differs[:, self.first_out :] &= ~kept
        read = np.full(len(self.probe.cells), -1)
        telling = _telling(differs)
        if telling:
            read = self._read_one_by_one(a, b, y[:n], telling)
        return Roles(
            read,
            _first(kept & ended[:, None]),
            _first(~kept & ended[:, None]),
            telling[0] if telling else -1,
            int(ended.sum()),
        )

    def _run(self, wide: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return which samples ended, and the outputs."""
        every = len(wide) + 1
        limits = replace(self.limits, failures=every)
        done = run(self.built, wide, limits)
        ran = np.ones(len(wide), bool)
        ran[list(done.failed)] = False
        return ran, done.outputs

    def _kept(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Say which cells `n c` hold after a call what they held before it."""
        cells = np.ascontiguousarray(before[:, self.first_in :])
        return same_bits(
            cells, np.ascontiguousarray(after[:, self.first_out :])
        )

    def _patterns(
        self, k: int, n: int, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw `n` values twice for a cell; they differ, and its user could give them."""
        leaf = self.probe.cells[k].leaf
        lo, hi = self._range(k)
        if leaf.type.kind == "float":
            drawn = generator.uniform(lo, hi, (2, n))
            held = as_held(leaf.type, drawn).astype(np.float64)
            return held[0], held[1]
        least = np.ceil(lo)
        count = max(int(np.floor(hi) - least) + 1, 2)
        first = generator.integers(0, count, n)
        other = (first + generator.integers(1, count, n)) % count
        return least + first, least + other

    def _range(self, k: int) -> tuple[float, float]:
        """Return what the cells of the same parameter that are inputs range over."""
        leaf = self.probe.cells[k].leaf
        domain = self.probe.program.domain
        beside = [
            cell.input
            for cell in self.probe.cells
            if cell.input is not None
            and cell.leaf.param == leaf.param
            and cell.leaf.type == leaf.type
        ]
        if leaf.type.kind == "bool":
            return 0.0, 1.0
        if beside:
            return min(domain.lo[i] for i in beside), max(
                domain.hi[i] for i in beside
            )
        if leaf.type.kind == "float":
            return -1.0, 1.0
        is_narrow = leaf.type.limits[1] < SMALL[1]  # a bit-field
        return leaf.type.limits if is_narrow else SMALL

    def _read_one_by_one(
        self, a: np.ndarray, b: np.ndarray, y: np.ndarray, telling: list[int]
    ) -> np.ndarray:
        """Change one cell at a time, and say which of them changed anything.

        Args:
            a: inputs, with the first pattern.
            b: and with the second.
            y: outputs of the first.
            telling: samples on which outputs depend on the pattern.
        """
        free = self.probe.free
        most = max(1, min(MOST_SINGLE_SAMPLES, MOST_SINGLE_RUNS // len(free)))
        samples = telling[:most]
        wide = np.repeat(a[samples], len(free), axis=0)
        rows = np.arange(len(wide))
        columns = self.first_in + np.tile(free, len(samples))
        wide[rows, columns] = np.repeat(b[samples], len(free), axis=0)[
            rows, columns
        ]
        ran, changed = self._run(wide)
        before = np.repeat(y[samples], len(free), axis=0)
        moved = ~same_bits(changed, before)
        own = self.first_out + np.tile(free, len(samples))
        kept = self._kept(wide, changed)[rows, own - self.first_out]
        was = np.repeat(a[samples], len(free), axis=0)
        kept &= self._kept(was, before)[rows, own - self.first_out]
        moved[rows, own] &= ~kept
        is_read = (moved.any(axis=1) & ran).reshape(len(samples), len(free))
        read = np.full(len(self.probe.cells), -1)
        shown = _first(is_read)
        read[free] = np.where(shown >= 0, np.array(samples)[shown], -1)
        return read


def _telling(differs: np.ndarray) -> list[int]:
    """List samples that show something: one for each output first, then the others."""
    each = [int(column.argmax()) for column in differs.T if column.any()]
    others = np.flatnonzero(differs.any(axis=1)).tolist()
    return list(dict.fromkeys((*each, *others)))


def _first(holds: np.ndarray) -> np.ndarray:
    """Return the first row in which each column holds, or -1."""
    return np.where(holds.any(axis=0), holds.argmax(axis=0), -1)
