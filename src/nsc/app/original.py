"""The program behind a surrogate, for inputs outside the domain.

In: Program, options. Out: `Original`, an oracle that is built when it is first asked.
Non-goals: which inputs it is asked (surrogate).
"""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np

from nsc.app.data import GivenRows
from nsc.app.options import CompileOptions
from nsc.app.running import Running, running_of
from nsc.oracle import run_oracle
from nsc.program import Program


class Original:
    """Runs a program as its compilation did, on any inputs.

    Args:
        program: that can be run.
        options: of its compilation.
    """

    def __init__(self, program: Program, options: CompileOptions):
        self.program = program
        self.options = replace(
            options, workers=1, executor="process", address=None
        )
        self._running: Running | None = None
        self._lock = threading.Lock()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Run it on `n i`; returns `n o`.

        Raises:
            OracleError: it fails on some of the inputs.
        """
        with self._lock:
            if self._running is None:
                self._running = running_of(self.program, self.options)
            return run_oracle(self._running.oracle, x, self.program.n_outputs)


def original_of(program: Program, options: CompileOptions) -> Original | None:
    """Return what runs a program; None where nothing can."""
    is_rows = isinstance(program.function, GivenRows)
    is_in_part = program.function is None and bool(program.bodiless)
    if is_rows or is_in_part or options.text_only:
        return None
    return Original(program, options)
