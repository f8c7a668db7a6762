"""A twin's outputs, corrected by what runs of the program show.

In: a twin, runs of both. Out: `Taught`: values at many inputs, and their measured error.
Non-goals: finding a twin (search.py), training on its values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nsc.twins.correction import Correction, correction_of

Array = np.ndarray


@dataclass(frozen=True)
class Taught:
    """Values of the program that a twin predicts.

    Args:
        x, y: `k i` in the program's units, and `k o`.
        nmse: of each output, `o`: measured on runs of the program, each left out of the
            correction that judges it.
        corrections: how each output is corrected.
        runs: of the twin.
    """

    x: Array
    y: Array
    nmse: Array
    corrections: tuple[str, ...]
    runs: int


def taught_by(
    runs: tuple[Array, Array],
    x: Array,
    *,
    execute: Callable[[Array], Array],
    standard: Callable[[Array], Array],
) -> Taught | None:
    """Run a twin, and correct it by runs of the program.

    Args:
        runs: of the program, `n i` and `n o`, in its units.
        x: `k i` inputs at which values are wanted.
        execute: runs the twin, `n i` -> `n o`; NaN where a call fails.
        standard: brings inputs to [-1, 1].

    Returns:
        Values; None where the twin fails on a run of the program, or on half of `x`.
    """
    known, y = runs
    found = execute(np.concatenate([known, x]))
    beside = found[: len(known)]
    ours = found[len(known) :]
    ended = np.asarray(np.isfinite(ours).all(axis=1))
    if not np.isfinite(beside).all() or ended.mean() < 0.5:
        return None
    u = standard(known)
    corrections = [
        correction_of(u, beside[:, k], y[:, k]) for k in range(y.shape[1])
    ]
    return Taught(
        x[ended],
        _corrected(corrections, standard(x[ended]), ours[ended]),
        np.array([c.nmse for c in corrections]),
        tuple(c.name for c in corrections),
        len(known) + len(ended),
    )


def _corrected(corrections: list[Correction], u: Array, found: Array) -> Array:
    columns = [c(u, found[:, k]) for k, c in enumerate(corrections)]
    return np.stack(columns, axis=1)
