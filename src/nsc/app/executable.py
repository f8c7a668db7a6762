"""A program in the sandbox as an executable, which other processes can run as well.

In: what the sandbox built. Out: `Batch`. Non-goals: what a failure means (running).
Workers import this file: it imports nothing that takes long.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nsc.runs import Batch, Description, Failure
from nsc.sandbox import (
    Built,
    Execution,
    Outcome,
    RunLimits,
    Unsettled,
    counted_runs,
    run,
    unsettled,
)


@dataclass(frozen=True)
class SandboxExecutable:
    """Runs a built unit under a limit of time.

    Args:
        limits: seconds must be one of them.
        filled: other builds of it, that each sample runs in as well, to tell whether
            memory without a value decides a result; () where that is too dear.
    """

    built: Built
    limits: RunLimits
    filled: tuple[Built, ...] = ()

    @property
    def description(self) -> Description:
        """What a pool and a ledger must know; the wasm decides all outputs."""
        assert self.limits.seconds is not None, "a call's time is limited"
        return Description(
            self.built.n_outputs,
            self.limits.seconds,
            digest=_digest(self.built),
        )

    def __call__(self, x: np.ndarray) -> Batch:
        """Run samples `n i`; see `nsc.sandbox.run` for where it gives up."""
        started = time.perf_counter()
        done = run(self.built, x, self.limits)
        return self.judged(x, done, time.perf_counter() - started)

    def judged(self, x: np.ndarray, done: Execution, seconds: float) -> Batch:
        """Return a run on samples `n i` as a batch; what C does not settle failed.

        Args:
            seconds: that the run took.
        """
        with counted_runs() as repeated:
            found = self._unsettled(x, done)
        failed = {
            k: Failure(str(why), _detail(why, done.import_name))
            for k, why in done.failed.items()
        }
        if found is not None:
            named = Failure(str(found.outcome))
            failed = dict.fromkeys(found.samples.tolist(), named)
            n_run = found.seen
        else:
            is_late = Outcome.out_of_time in done.failed.values()
            is_given_up = is_late or len(failed) >= self.limits.failures
            n_run = max(failed) + 1 if is_given_up else len(x)
        return Batch(done.outputs, failed, seconds, n_run, repeated.n)

    def _unsettled(self, x: np.ndarray, done: Execution) -> Unsettled | None:
        if not self.filled:
            return None
        filled = list(self.filled)
        return unsettled(self.built, filled, x, done, self.limits)


@lru_cache(maxsize=4)
def _digest(built: Built) -> str:
    shape = (built.number, built.n_inputs, built.n_outputs)
    return hashlib.sha256(built.wasm + repr(shape).encode()).hexdigest()


def _detail(why: Outcome, import_name: str) -> str:
    return import_name if why is Outcome.forbidden_import else ""
