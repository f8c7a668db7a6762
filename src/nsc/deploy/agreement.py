"""Whether an export computes what was verified.

In: an `ExportJob`, what runs its export. Out: nothing, or an error that says where they
differ. Non-goals: formats.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nsc.deploy.exporter import ExportJob
from nsc.deploy.rounding import (
    LEAST,
    UNIT,
    corners,
    is_float32,
    rounding_bound,
)
from nsc.errors import BuildError
from nsc.program import as_returned

CHECKED_ROWS = 1024
# beside the verified error, an export may be off that much of an output's range
LARGEST_SHARE_OF_RANGE = 1e-3
# terms of a last layer that may underflow, each by the smallest number of its type
LEAST_TERMS = 4096

Evaluate = Callable[[np.ndarray], np.ndarray]


def check_agreement(job: ExportJob, evaluate: Evaluate, real: str) -> None:
    """Compare an export with the network that was verified.

    They are compared on inputs of the domain, on its corners, and beside these outside,
    by the last bit of each input (not where the export calls the original there, as it
    does where conditions between inputs do not hold). An
    output may be off by what rounding in `real` explains (`rounding_bound`) and no
    more; nor, explained or not, by more than the verified error and
    LARGEST_SHARE_OF_RANGE of what the output ranges over. An integer may be any between
    those that the bound allows for.

    Args:
        evaluate: runs the export, `n i` -> `n o` in the program's units.
        real: what it computes in, "float" or "double".

    Raises:
        BuildError: they differ; names the output and the input.
    """
    x = checked_inputs(job)
    y = job.surrogate.networks(x)
    stored = _rounded_by_storing(job, y)
    explained = rounding_bound(job.surrogate, x, real)
    tolerated = explained + 2 * stored
    worth = _worth_knowing(job, y)
    if worth is not None:
        # arithmetic that underflows loses that much, however small the output is
        lost = LEAST_TERMS * LEAST[real]
        tolerated = np.minimum(tolerated, worth + 4 * stored + lost)
    found = evaluate(x)
    low = _returned(job, y - tolerated)
    high = _returned(job, y + tolerated)
    slack = 2 * stored
    agrees = (found >= low - slack) & (found <= high + slack)
    if not agrees.all():
        row, output = np.argwhere(~agrees)[0]
        raise BuildError(_said(job, x[row], found[row], int(output)))


def _rounded_by_storing(job: ExportJob, y: np.ndarray) -> np.ndarray:
    """Return how much an output's own type rounds, whatever computes it, `n o`.

    What is smaller than its least number becomes that, or zero.
    """
    single = [is_float32(leaf) for leaf in job.program.signature.outputs]
    rounded = np.where(single, UNIT["float"], UNIT["double"]) * np.abs(y)
    return rounded + np.where(single, LEAST["float"], LEAST["double"])


def _worth_knowing(job: ExportJob, y: np.ndarray) -> np.ndarray | None:
    """Return how far off an output may be at all, `o`; None where nothing is verified."""
    if job.error is None:
        return None
    return np.maximum(job.error, LARGEST_SHARE_OF_RANGE * np.ptp(y, axis=0))


def checked_inputs(job: ExportJob) -> np.ndarray:
    """Return `n i` inputs that an export is checked on; see `check_agreement`."""
    inside = corners(job.program)
    parts = [job.tested_inputs[:CHECKED_ROWS]]
    if job.guard or job.outside == "clip":
        parts.append(inside[job.program.drawing.holds(inside)])
    else:
        parts += [inside, corners(job.program, beyond=True)]
    return np.concatenate(parts)


def _returned(job: ExportJob, y: np.ndarray) -> np.ndarray:
    return as_returned(job.program, job.surrogate.as_held(y))


def _said(job: ExportJob, x: np.ndarray, found: np.ndarray, k: int) -> str:
    """Say what differs, and where."""
    [expected] = _returned(job, job.surrogate.networks(x[None]))
    where = ", ".join(f"{v:.9g}" for v in x)
    return (
        f"the export differs from the verified network: {job.surrogate.output_names[k]}"
        f" is {found[k]:.9g} and should be {expected[k]:.9g} at ({where}), which is"
        " beyond rounding; nothing was written"
    )
