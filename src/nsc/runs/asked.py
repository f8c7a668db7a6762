"""What was asked of a runner, and what is done of it.

In: samples, batches as they come. Out: outputs, or what failed. Non-goals: running.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np

from nsc.errors import OracleError
from nsc.oracle import SomeFailed
from nsc.runs.executable import (
    OUT_OF_TIME,
    WORKER_DIED,
    Array,
    Description,
    Failure,
)

FEW_FAILED = 3  # that are tolerated of few samples, where any are
MOST_FAILURES = 64
FAILING_S = 1.0  # that runs go on after one that failed
# what one sample fails by, and many would take long to
_WORST = (OUT_OF_TIME, WORKER_DIED)
# (inputs `n i`, sample -> why it failed) -> what its user is told
Refuse = Callable[[Array, Mapping[int, Failure]], OracleError]


class Asked:
    """Samples `n i` and what came of them.

    Args:
        is_patient: whether all are run, however many fail.
    """

    def __init__(
        self, x: Array, said: Description, *, is_patient: bool = False
    ):
        self.x = x
        self.y = np.full((len(x), said.n_outputs), np.nan)
        self.is_done = np.zeros(len(x), bool)
        self.failed: dict[int, Failure] = {}
        self.is_patient = is_patient
        # failures that are no reason to give up
        self.tolerated = 0
        if said.tolerated:
            self.tolerated = max(FEW_FAILED, int(said.tolerated * len(x)))

    def failure(self, refuse: Refuse) -> OracleError:
        """Say what failed; with what is done, where that is tolerated."""
        refusal = refuse(self.x, self.failed_of_prefix())
        if not self.tolerated:
            return refusal
        reasons = Counter(why.reason for why in self.failed.values())
        is_hopeless = not self.is_done.all()
        return SomeFailed(
            str(refusal), self.y, dict(reasons), is_hopeless=is_hopeless
        )

    @property
    def prefix(self) -> int:
        """How many samples are done, from the first on.

        What comes behind a gap is left out where not all is done: which sample is done
        by then hangs on how long it took.
        """
        return (
            len(self.x) if self.is_done.all() else int(self.is_done.argmin())
        )

    def failed_of_prefix(self) -> dict[int, Failure]:
        """Return the failures before the first sample that was not run."""
        return {
            k: why for k, why in sorted(self.failed.items()) if k < self.prefix
        } or self.failed

    def is_hopeless(self, failing_since: float | None) -> bool:
        """Say whether enough failed for an end, with all samples before those done."""
        if self.is_patient or failing_since is None:
            return False
        if self.tolerated:
            return len(self.failed) > self.tolerated
        if not self.is_done[: min(self.failed)].all():
            return False
        if len(self.failed) >= MOST_FAILURES:
            return True
        if any(why.reason in _WORST for why in self.failed.values()):
            return True
        return time.monotonic() - failing_since > FAILING_S
