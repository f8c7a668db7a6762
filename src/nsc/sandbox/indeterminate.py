"""Results that C leaves open, found by running with other contents of memory.

In: a unit's `Built`s, inputs, a run. Out: `Unsettled`. Non-goals: reads of `malloc`ed
memory that was never written, and reads that change no result.

A second build fills each variable that has no value yet, and a second run fills what null
pointers lead to. A program that reads neither computes the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.program import Unit
from nsc.sandbox.build import Built, build
from nsc.sandbox.outcome import Outcome
from nsc.sandbox.run import Execution, RunLimits, run

LOW_BYTE = 0x55  # doubles and integers of it are far from zero, and positive
ZEROED = 256  # inputs that are run with zeros too
# filling takes instructions: a program that ran well must not run out of them
_PATIENCE = 4
# a compiler may fold a library's function otherwise than the sandbox computes it
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Unsettled:
    """What decides a result that nothing in C does.

    Args:
        outcome: `null_pointer` or `unwritten_value`.
        differs: `n o`, where outputs change with it.
    """

    outcome: Outcome
    differs: np.ndarray

    @property
    def samples(self) -> np.ndarray:
        """List the inputs on which any output changes."""
        return np.flatnonzero(self.differs.any(axis=1))

    @property
    def outputs(self) -> np.ndarray:
        """List the outputs that change."""
        return np.flatnonzero(self.differs.any(axis=0))


def filled_builds(unit: Unit, plain: Built) -> list[Built]:
    """Build a unit whose variables hold something before they are written.

    Args:
        plain: the unit as it is built else.

    Returns:
        Those whose code is another, or `plain`, which stands for them.
    """
    # Zeros too: a pattern as an index leads outside, where a compiler may assume
    # anything, so that the code is the same as without.
    made = [build([unit], fill=fill)[0] for fill in ("pattern", "zero")]
    others = [
        b for b in made if isinstance(b, Built) and b.wasm != plain.wasm
    ]
    return others or [plain]


def unsettled(
    plain: Built,
    filled: list[Built],
    x: np.ndarray,
    ran: Execution,
    limits: RunLimits = RunLimits(),
) -> Unsettled | None:
    """Compare a run on inputs `n i` with runs on other contents of memory.

    Args:
        filled: see `filled_builds`.
        ran: what came of `plain`.
    """
    patient = RunLimits(
        _PATIENCE * limits.fuel_per_sample,
        limits.memory_bytes,
        limits.failures,
    )
    differs = np.zeros(ran.outputs.shape, bool)
    for k, built in enumerate(filled):
        n = len(x) if k == 0 else min(len(x), ZEROED)
        again = run(built, x[:n], patient, low_byte=LOW_BYTE)
        differs[:n] |= _differences(ran, again, n, limits.failures)
    if not differs.any():
        return None
    low_only = run(plain, x, patient, low_byte=LOW_BYTE)
    through_null = _differences(ran, low_only, len(x), limits.failures)
    if through_null.any():
        return Unsettled(Outcome.null_pointer, through_null)
    return Unsettled(Outcome.unwritten_value, differs)


def _differences(
    a: Execution, b: Execution, n: int, failures: int
) -> np.ndarray:
    """Say which outputs of the first `n` samples differ; of one that failed once, all."""
    seen = min(n, _reached(a, n, failures), _reached(b, n, failures))
    differs = ~np.isclose(
        a.outputs[:n], b.outputs[:n], _ROUNDING, 0, equal_nan=True
    )
    for sample in a.failed.keys() | b.failed.keys():
        if sample >= n:
            continue
        is_settled = (sample in a.failed) == (sample in b.failed)
        was_slow = a.failed.get(sample) is Outcome.out_of_fuel
        differs[sample] = not (is_settled or was_slow)
    differs[seen:] = False
    return differs


def _reached(done: Execution, n: int, failures: int) -> int:
    """Return how many samples were run before too many had failed."""
    return max(done.failed) + 1 if len(done.failed) >= failures else n
