"""A surrogate as C that is built and run before anybody gets it.

In: an `ExportJob`. Out: the file's bytes, and what it computes, in the sandbox. Natively
runs nothing here. Non-goals: the text (c_source), how it is run (c_check).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.deploy.agreement import check_agreement
from nsc.deploy.c_check import Computed, compute
from nsc.deploy.c_source import c_source
from nsc.deploy.exporter import ExportJob
from nsc.deploy.gradient_agreement import check_gradient
from nsc.program import Program


@dataclass(frozen=True)
class CExporter:
    """C99 with the original's signature, batch entries beside it, and a self-test."""

    file_name: str = "surrogate.c"
    tools: tuple[str, ...] = ()

    def refusal(self, program: Program, outside: str | None) -> str | None:
        """Refuse nothing here: `expect_possible` does; see `Exporter.refusal`."""
        return None

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
            outside=job.outside,
            notes=job.notes,
            selftest_inputs=job.tested_inputs,
            real=job.real,
            batch=job.batch,
        )

    def check(self, job: ExportJob, data: bytes) -> None:
        """Build and run the file in the sandbox; see `Exporter.check`.

        Each of its entries must agree with the network by itself.
        """
        computed = _Computed(job, data.decode("utf-8"))
        check_agreement(job, lambda x: computed(x).scalar, job.real)
        rows = computed.last.rows
        arrays = computed.last.arrays
        gradient = computed.last.gradient
        if rows is not None and arrays is not None:
            check_agreement(job, lambda _: rows, job.real)
            check_agreement(job, lambda _: arrays, job.real)
        if gradient is not None:
            check_gradient(job, computed.x, gradient)

    def evaluate(
        self, job: ExportJob, data: bytes, x: np.ndarray
    ) -> np.ndarray:
        """Run the file in the sandbox on `n i`; see `Exporter.evaluate`."""
        return compute(job, data.decode("utf-8"), x).scalar


class _Computed:
    """Runs a file, and remembers the inputs and what came of them."""

    last: Computed
    x: np.ndarray

    def __init__(self, job: ExportJob, text: str):
        self.job = job
        self.text = text

    def __call__(self, x: np.ndarray) -> Computed:
        self.x = x
        self.last = compute(self.job, self.text, x)
        return self.last
