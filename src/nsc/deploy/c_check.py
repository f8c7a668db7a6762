"""Exported C in the sandbox: its scalar function and its batch entries, side by side.

In: an `ExportJob`, its text. Out: what each entry computes. A sample of the sandbox's is
a few rows more than a block, so that whole blocks and what is left are both run.
Non-goals: whether it is right (agreement, gradient_agreement).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nsc.deploy.c_policy import TESTING
from nsc.deploy.c_selftest import MACRO, stand_ins
from nsc.deploy.c_source import c_source, surrogate_name
from nsc.deploy.entries import Entries, entries_of
from nsc.deploy.exporter import ExportJob
from nsc.errors import BuildError
from nsc.program import (
    Piece,
    PortableNames,
    Unit,
    scalar_entry,
    with_long_of_64_bits,
)
from nsc.sandbox import Built, Failed, RunLimits, build_own, refusal, run

_ENTRY = "nsc_entry"
_ROW = "nsc_checked_row"
# beyond a block's
MORE_ROWS = 5
MOST_LANES = 32
# wasm instructions: a parameter takes some in each entry, an original that is called
# the rest
_FUEL = 2_000_000
_FUEL_PER_PARAMETER = 120
_MEMORY = 64 << 20
# the sandbox has room for that many samples, of which it fills as many as there are
_CHUNK_BYTES = 8 * 1024
_MOST_BUFFERS = 1 << 30


@dataclass(frozen=True)
class Computed:
    """What exported C gives on `n` rows: `n o` each; None is no such entry.

    Args:
        gradient: `n (o i)`.
    """

    scalar: np.ndarray
    rows: np.ndarray | None
    arrays: np.ndarray | None
    gradient: np.ndarray | None


def compute(job: ExportJob, text: str, x: np.ndarray) -> Computed:
    """Run all of an exported file on `n i`.

    Raises:
        BuildError: it does not compile, or does not finish.
    """
    n = len(x)
    taken = _rows_of_sample(job)
    unit = _unit(job, text, taken)
    parameters = sum(m.topology.n_parameters for m in job.surrogate.members)
    fuel = taken * (_FUEL + _FUEL_PER_PARAMETER * parameters)
    padded = np.concatenate([x, np.repeat(x[:1], -n % taken, axis=0)])
    buffers = _CHUNK_BYTES * (unit.n_inputs + unit.n_outputs)
    limits = RunLimits(
        fuel_per_sample=fuel, failures=1, memory_bytes=_MEMORY + buffers
    )
    done = run(_built(unit), padded.reshape(len(padded) // taken, -1), limits)
    if done.failed:
        raise BuildError(f"the exported C does not finish: {done.outcome}")
    return _parted(job, done.outputs, taken, n)


def _entries(job: ExportJob) -> Entries | None:
    return entries_of(
        job.program, guard=job.guard, gradient=job.batch.gradient
    )


def _values_of_row(job: ExportJob) -> list[int]:
    """Return how many numbers each entry gives for a row."""
    entries = _entries(job)
    o = job.program.n_outputs
    if entries is None:
        return [o]
    gradient = [o * job.program.n_inputs] if entries.gradient else []
    return [o, o, o, *gradient]


def _rows_of_sample(job: ExportJob) -> int:
    row = job.program.n_inputs + sum(_values_of_row(job))
    most = _MOST_BUFFERS // (_CHUNK_BYTES * row)
    return max(1, min(MOST_LANES + MORE_ROWS, most))


def _parted(
    job: ExportJob, outputs: np.ndarray, taken: int, n: int
) -> Computed:
    """Take apart what samples of `taken` rows gave."""
    found: list[np.ndarray | None] = []
    at = 0
    for width in _values_of_row(job):
        part = outputs[:, at : at + taken * width]
        found.append(part.reshape(-1, width)[:n])
        at += taken * width
    found += [None] * (4 - len(found))
    scalar, *rest = found
    assert scalar is not None  # every file has a scalar function
    return Computed(scalar, *rest)


def _unit(job: ExportJob, text: str, taken: int) -> Unit:
    """Put an entry that runs `taken` rows behind exported C."""
    program = job.program
    exported = text.partition(f"#ifdef {MACRO}")[0]
    if job.guard or job.outside in TESTING:
        exported = _unguarded(job)
    name = surrogate_name(program, drop_in=job.drop_in)
    called = scalar_entry(program.signature, name, _ROW)
    entry = stand_ins(program) + PortableNames(program).text(called)
    entry += _rows(job, taken)
    pieces = (Piece((), exported), Piece((_ENTRY,), entry))
    n_outputs = taken * sum(_values_of_row(job))
    unit = Unit((), pieces, _ENTRY, taken * program.n_inputs, n_outputs)
    return with_long_of_64_bits(unit, frozenset(program.globals_))


def _rows(job: ExportJob, taken: int) -> str:
    """Write the entry: the scalar function row by row, then all batch entries."""
    n = job.program.n_inputs
    o = job.program.n_outputs
    entries = _entries(job)
    lines = [
        f"for (int r = 0; r < {taken}; r++)"
        f" {_ROW}(nsc_in + r * {n}, nsc_out + r * {o});"
    ]
    if entries is not None:
        lines += _batch_calls(entries, taken, n, o)
    body = "\n".join(f"  {line}" for line in lines)
    head = f"void {_ENTRY}(const double *nsc_in, double *nsc_out)"
    return f"{head} {{\n{body}\n}}\n"


def _batch_calls(entries: Entries, taken: int, n: int, o: int) -> list[str]:
    kind = entries.kind
    size = taken * o
    widest = taken * o * (n if entries.gradient else 1)
    columns = (
        f"for (int k = 0; k < {n}; k++) columns[k] = turned + k * {taken};"
    )
    turned = f"turned[k * {taken} + r] = rows[r * {n} + k]"
    lines = [
        f"static {kind} rows[{taken * n}], turned[{taken * n}], y[{widest}];",
        f"const {kind} *columns[{n}]; {kind} *found[{o}];",
        f"for (int k = 0; k < {taken * n}; k++) rows[k] = ({kind})nsc_in[k];",
        f"for (int r = 0; r < {taken}; r++) for (int k = 0; k < {n}; k++) {turned};",
        columns,
        f"for (int k = 0; k < {o}; k++) found[k] = y + k * {taken};",
        f"{entries.rows}(rows, y, {taken});",
        f"for (int k = 0; k < {size}; k++) nsc_out[{size} + k] = y[k];",
        f"{entries.arrays}(columns, found, {taken});",
        f"for (int r = 0; r < {taken}; r++) for (int k = 0; k < {o}; k++)"
        f" nsc_out[{2 * size} + r * {o} + k] = found[k][r];",
    ]
    if entries.gradient:
        lines += [
            f"{entries.gradient}(rows, y, {taken});",
            f"for (int k = 0; k < {size * n}; k++) nsc_out[{3 * size} + k] = y[k];",
        ]
    return lines


def _unguarded(job: ExportJob) -> str:
    """Write what the sandbox builds in place of C that tests its inputs.

    What needs a system is left out, as are NaNs for inputs that rounding puts outside. The
    original is embedded as the front end reads it, without a directive; where it
    cannot be, the call is left out. The network's part is the same.
    """
    program = job.program
    is_embedded = (
        job.guard
        and job.drop_in
        and bool(program.source)
        and not program.bodiless
        and refusal(program.unit) is None
    )
    headers = "".join(f"#include <{h}>\n" for h in program.headers)
    return c_source(
        job.surrogate,
        program,
        drop_in=job.drop_in,
        guard=is_embedded,
        real=job.real,
        original=headers + program.source,
        batch=job.batch,
    )


@lru_cache(maxsize=2)
def _built(unit: Unit) -> Built:
    built = build_own(unit)
    if isinstance(built, Failed):
        raise BuildError(f"the exported C does not compile: {built.message}")
    return built
