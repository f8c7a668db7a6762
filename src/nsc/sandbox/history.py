"""Whether a program's results depend on its earlier calls, found by running it.

In: `Built`, inputs. Out: the first input whose result changed. Non-goals: which
variable remembers.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nsc.sandbox.build import Built
from nsc.sandbox.run import Execution, RunLimits, run


def same_bits(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Compare doubles bit by bit; every NaN is the same."""
    both_nan = np.isnan(a) & np.isnan(b)
    return both_nan | (a.view(np.uint64) == b.view(np.uint64))


def remembering(
    built: Built, x: np.ndarray, limits: RunLimits = RunLimits()
) -> int | None:
    """Find an input whose result depends on what was called before.

    The inputs `n i` run three times in one instance, the second time in reverse, and
    once in a fresh one. Samples that do not end are no evidence.

    Returns:
        Which input; None where all results agree bit for bit.
    """
    n = len(x)
    patient = replace(limits, failures=3 * n + 1)
    together = run(built, np.concatenate([x, x[::-1], x]), patient)
    fresh = run(built, x, patient)
    ended = _ended(together, 3 * n)
    for part in (
        slice(0, n),
        slice(2 * n - 1, n - 1, -1),
        slice(2 * n, 3 * n),
    ):
        other = np.ascontiguousarray(together.outputs[part])
        differ = ~same_bits(fresh.outputs, other).all(axis=1)
        differ &= ended[part] & _ended(fresh, n)
        if differ.any():
            return int(np.argmax(differ))
    return None


def _ended(done: Execution, n: int) -> np.ndarray:
    """Say which of `n` samples ran to their end."""
    ended = np.ones(n, bool)
    ended[list(done.failed)] = False
    return ended
