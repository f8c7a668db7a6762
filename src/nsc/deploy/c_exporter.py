"""A surrogate as C that is built and run before anybody gets it.

In: an `ExportJob`. Out: the file's bytes, and what it computes, in the sandbox. Natively
runs nothing here. Non-goals: the text (c_source).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nsc.deploy.agreement import check_agreement
from nsc.deploy.c_selftest import MACRO, stand_ins
from nsc.deploy.c_source import c_source, surrogate_name
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
# wasm instructions: a parameter takes some, an original that is called the rest
_FUEL = 2_000_000
_FUEL_PER_PARAMETER = 30


@dataclass(frozen=True)
class CExporter:
    """C99 with the original's signature, and a self-test."""

    file_name: str = "surrogate.c"
    tools: tuple[str, ...] = ()

    def render(self, job: ExportJob) -> bytes:
        """Return the file; see `Exporter.render`."""
        data = self._text(job).encode("utf-8")
        self.check(job, data)
        return data

    def _text(self, job: ExportJob) -> str:
        return c_source(
            job.surrogate,
            job.program,
            drop_in=job.drop_in,
            guard=job.guard,
            notes=job.notes,
            selftest_inputs=job.x,
            real=job.real,
        )

    def check(self, job: ExportJob, data: bytes) -> None:
        """Build and run the file in the sandbox; see `Exporter.check`."""
        check_agreement(job, lambda x: self.evaluate(job, data, x), job.real)

    def evaluate(
        self, job: ExportJob, data: bytes, x: np.ndarray
    ) -> np.ndarray:
        """Run the file in the sandbox on `n i`; see `Exporter.evaluate`."""
        parameters = sum(
            m.topology.n_parameters for m in job.surrogate.members
        )
        fuel = _FUEL + _FUEL_PER_PARAMETER * parameters
        built = _built(_unit(job, data.decode("utf-8")))
        done = run(built, x, RunLimits(fuel_per_sample=fuel, failures=1))
        if done.failed:
            raise BuildError(f"the exported C does not finish: {done.outcome}")
        return done.outputs


def _unit(job: ExportJob, text: str) -> Unit:
    """Put a scalar entry behind exported C."""
    program = job.program
    exported = (
        _unguarded(job) if job.guard else text.partition(f"#ifdef {MACRO}")[0]
    )
    name = surrogate_name(program, drop_in=job.drop_in)
    called = scalar_entry(program.signature, name, _ENTRY)
    entry = stand_ins(program) + PortableNames(program).text(called)
    pieces = (Piece((), exported), Piece((_ENTRY,), entry))
    unit = Unit((), pieces, _ENTRY, program.n_inputs, program.n_outputs)
    return with_long_of_64_bits(unit, frozenset(program.globals_))


def _unguarded(job: ExportJob) -> str:
    """Write what the sandbox builds in place of C that calls the original.

    The original is embedded as the front end reads it, without a directive; where it
    cannot be, the call is left out. The network's part is the same.
    """
    program = job.program
    is_embedded = (
        job.drop_in
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
    )


@lru_cache(maxsize=2)
def _built(unit: Unit) -> Built:
    built = build_own(unit)
    if isinstance(built, Failed):
        raise BuildError(f"the exported C does not compile: {built.message}")
    return built
