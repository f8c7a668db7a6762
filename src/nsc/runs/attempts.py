"""Samples one by one, each tried again where that may help.

In: what tries a sample. Out: `Batch`. Non-goals: what is run.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nsc.runs.executable import OUT_OF_TIME, Array, Batch, Failure

# inputs `i` -> outputs `o`, or why there are none
Try = Callable[[Array], npt.ArrayLike | Failure]


def one_by_one(x: Array, n_outputs: int, tried: Try, retries: int) -> Batch:
    """Run samples `n i`.

    Args:
        retries: further tries of a sample that fails otherwise than by time.
    """
    outputs = np.full((len(x), n_outputs), np.nan)
    failed: dict[int, Failure] = {}
    started = time.perf_counter()
    n_repeats = 0
    for k, row in enumerate(x):
        found = tried(row)
        for _ in range(retries):
            if not isinstance(found, Failure) or found.reason == OUT_OF_TIME:
                break
            n_repeats += 1
            found = tried(row)
        if isinstance(found, Failure):
            failed[k] = found
        else:
            outputs[k] = found
    took = time.perf_counter() - started
    return Batch(outputs, failed, took, len(x), n_repeats)
