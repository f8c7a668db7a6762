"""What a format must offer so that surrogates are written in it.

In: an `ExportJob`. Out: a file's bytes. Non-goals: where files are written; which
formats there are (table.py).
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nsc.deploy.batch_options import BatchOptions
from nsc.deploy.rounding import arithmetic
from nsc.program import Program
from nsc.surrogate import Surrogate


@dataclass(frozen=True)
class ExportJob:
    """A surrogate that is to be exported.

    Args:
        program: what it is a surrogate of: its names, its types, its text.
        x: `n i` inputs in the program's units, to check what is exported with.
        drop_in: give what is exported the original's name.
        guard: call the original outside the domain.
        outside: what else is done there; see c_policy. None tests nothing.
        notes: lines for a human reader, for example the verified error.
        error: `o`, the verified root mean squared error of each output, if there is
            one.
        batch: what is asked of C's batch entries.
    """

    surrogate: Surrogate
    program: Program
    x: np.ndarray
    drop_in: bool = False
    guard: bool = False
    outside: str | None = None
    notes: tuple[str, ...] = ()
    error: np.ndarray | None = None
    batch: BatchOptions = BatchOptions()

    @property
    def tested_inputs(self) -> np.ndarray:
        """Those of `x` that a policy answers as the network does, `n i`."""
        if self.outside in (None, "warn"):
            return self.x
        return self.x[self.surrogate.is_inside(self.x)]

    @property
    def real(self) -> str:
        """What exported C computes in."""
        outputs = self.program.signature.outputs
        return arithmetic(self.surrogate, outputs, self.x, self.error)


class Exporter(Protocol):
    """One format, one file."""

    @property
    def file_name(self) -> str:
        """The file's name in a folder of results."""
        ...

    @property
    def tools(self) -> tuple[str, ...]:
        """Optional modules that rendering needs."""
        ...

    def refusal(self, program: Program, outside: str | None) -> str | None:
        """Say why a program cannot be written in this format; None where it can.

        Args:
            outside: what is done outside the domain; "original" with a guard, too.

        Returns:
            What follows "export must be left without NAME: ".
        """
        ...

    def render(self, job: ExportJob) -> bytes:
        """Return the file, checked.

        Raises:
            InputError: the job asks for what this program does not allow.
            MissingExtraError: a tool is not installed; names the extra to install.
            BuildError: the file does not compute what the surrogate computes.
        """
        ...

    def check(self, job: ExportJob, data: bytes) -> None:
        """Run a rendered file and compare with its surrogate; see `check_agreement`.

        Raises:
            MissingExtraError: a tool is not installed.
            BuildError: it computes something else, or cannot be run.
        """
        ...

    def evaluate(
        self, job: ExportJob, data: bytes, x: np.ndarray
    ) -> np.ndarray:
        """Run a rendered file on `n i` in the program's units; returns `n o`.

        Raises:
            MissingExtraError: a tool is not installed.
            BuildError: it cannot be run.
        """
        ...


def is_available(exporter: Exporter) -> bool:
    """Say whether everything is installed that an exporter needs."""
    return all(importlib.util.find_spec(tool) for tool in exporter.tools)
