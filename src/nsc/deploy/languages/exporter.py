"""A row of `EXPORTERS` for each language.

In: a `Language`, an `ExportJob`. Out: a file's bytes, run before anybody gets it.
Non-goals: any syntax (a file a language), how it is run (running).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nsc.deploy.agreement import check_agreement
from nsc.deploy.c_policy import expect_possible
from nsc.deploy.exporter import ExportJob, missing_commands
from nsc.deploy.languages.running import Answers, Sources, run_rows
from nsc.errors import BuildError, InputError
from nsc.program import Program

# what a policy's answers outside the domain are not: the networks'
_ANSWERED_APART = ("clip", "nan", "raise")


@dataclass(frozen=True)
class Language:
    """How one language writes surrogates.

    Args:
        name: as messages call it.
        file_name: of its file.
        policies: what it can do outside the domain, beside nothing.
        text: writes the file.
        sources: puts a driver beside a file's text; see running.
        commands: that build and run it.
    """

    name: str
    file_name: str
    policies: tuple[str, ...]
    text: Callable[[ExportJob], str]
    sources: Callable[[ExportJob, str], Sources]
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class LanguageExporter:
    """A surrogate as one file of a language: doubles in, doubles out."""

    language: Language
    tools: tuple[str, ...] = ()
    is_default: bool = False

    @property
    def file_name(self) -> str:
        """The file's name in a folder of results."""
        return self.language.file_name

    @property
    def commands(self) -> tuple[str, ...]:
        """Commands that build and run it."""
        return self.language.commands

    def refusal(self, program: Program, outside: str | None) -> str | None:
        """Refuse what cannot be done outside; see `Exporter.refusal`."""
        possible = self.language.policies
        if outside is None or outside in possible:
            return None
        why = (
            "it cannot call the original, which is C: leave guard out"
            if outside == "original"
            else "its functions are pure and can print nothing"
        )
        return (
            f"{why}; outside='{outside}' must be another: of policies it has"
            f" {', '.join(possible)}"
        )

    def render(self, job: ExportJob) -> bytes:
        """Return the file; see `Exporter.render`."""
        reason = self.refusal(job.program, _policy(job))
        if reason is not None:
            raise InputError(f"the export as {self.language.name}: {reason}")
        expect_possible(job.outside, job.program, gradient=False)
        data = self.language.text(job).encode("utf-8")
        self.check(job, data)
        return data

    def check(self, job: ExportJob, data: bytes) -> None:
        """Build and run the file; see `Exporter.check`.

        Each way to evaluate many rows must agree with the network by itself.
        """
        found: list[Answers] = []

        def scalar(x: np.ndarray) -> np.ndarray:
            found.append(self._answers(job, data, x))
            return found[0].scalar

        check_agreement(job, scalar, "double")
        for batch in found[0].batches:
            check_agreement(job, lambda _, y=batch: y, "double")

    def evaluate(
        self, job: ExportJob, data: bytes, x: np.ndarray
    ) -> np.ndarray:
        """Run the file on `n i`, row by row; see `Exporter.evaluate`."""
        return self._answers(job, data, x).scalar

    def _answers(self, job: ExportJob, data: bytes, x: np.ndarray) -> Answers:
        missing = missing_commands(self)
        if missing:
            raise BuildError(
                f"the exported {self.language.name} cannot be run here: {missing[0]}"
                " is not on PATH"
            )
        x = np.asarray(x, np.float64)
        called = np.ones(len(x), bool)
        if job.outside in _ANSWERED_APART:
            called = job.surrogate.is_inside(x)
        sources = self.language.sources(job, data.decode("utf-8"))
        return run_rows(sources, x, called, job.program.n_outputs)


def _policy(job: ExportJob) -> str | None:
    return "original" if job.guard else job.outside
