"""Results that C leaves open, found by running with other contents of memory.

In: a unit's `Built`s, inputs, a run. Out: `Unsettled`. Non-goals: what `realloc` adds,
and reads that change no result.

A second build fills variables and `malloc`ed memory that have no value yet, and a second
run fills what null pointers lead to. A program that reads neither computes the same.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from nsc.program import Unit
from nsc.sandbox.build import Built, build
from nsc.sandbox.outcome import Outcome
from nsc.sandbox.run import Execution, RunLimits, run

FILLS = ("pattern", "zero")
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
        seen: how many of the inputs were run before too many had failed.
    """

    outcome: Outcome
    differs: np.ndarray
    seen: int

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
    with ThreadPoolExecutor(len(FILLS)) as threads:
        made = threads.map(lambda fill: build([unit], fill=fill)[0], FILLS)
    others = [b for b in made if isinstance(b, Built) and b.wasm != plain.wasm]
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
    patient = _patient(limits)
    n = len(x)
    through_null = _wrote_low(ran)
    differs = through_null.copy()
    for k, built in enumerate(filled):
        first = n if k == 0 else min(n, ZEROED)
        again = run(built, x[:first], patient, low_byte=LOW_BYTE)
        differs[:first] |= _differences(ran, again, first, limits.failures)
    if not differs.any():
        return None
    seen = _reached(ran, n, limits.failures)
    low_only = run(plain, x, patient, low_byte=LOW_BYTE)
    through_null |= _wrote_low(low_only)
    through_null |= _differences(ran, low_only, n, limits.failures)
    if through_null.any():
        return Unsettled(Outcome.null_pointer, through_null, seen)
    return Unsettled(Outcome.unwritten_value, differs, seen)


def _patient(limits: RunLimits) -> RunLimits:
    """Give a call more of what is limited: fuel, or time."""
    fuel = limits.fuel_per_sample
    seconds = limits.seconds
    return replace(
        limits,
        fuel_per_sample=None if fuel is None else _PATIENCE * fuel,
        seconds=None if seconds is None else _PATIENCE * seconds,
    )


def _wrote_low(done: Execution) -> np.ndarray:
    """Mark, `n o`, the samples that wrote through a null pointer."""
    marked = np.zeros(done.outputs.shape, bool)
    for sample, outcome in done.failed.items():
        marked[sample] = outcome is Outcome.null_pointer
    return marked


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
        is_late = Outcome.out_of_time in (
            a.failed.get(sample),
            b.failed.get(sample),
        )
        differs[sample] = not (is_settled or was_slow or is_late)
    differs[seen:] = False
    return differs


def _reached(done: Execution, n: int, failures: int) -> int:
    """Return how many samples were run before too many had failed."""
    is_late = Outcome.out_of_time in done.failed.values()
    is_given_up = is_late or len(done.failed) >= failures
    return max(done.failed) + 1 if is_given_up else n
