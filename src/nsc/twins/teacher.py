"""A twin's outputs, corrected by what runs of the program show.

In: a twin, runs of both. Out: `Taught`: values at many inputs, and their measured error.
Non-goals: finding a twin (search.py), training on its values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nsc.sandbox import RunLimits, run
from nsc.twins.correction import Correction, correction_of
from nsc.twins.twin import Twin

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
    twin: Twin,
    runs: tuple[Array, Array],
    x: Array,
    *,
    fuel: int,
    standard: Callable[[Array], Array],
) -> Taught | None:
    """Run a twin, and correct it by runs of the program.

    Args:
        runs: of the program, `n i` and `n o`, in its units.
        x: `k i` inputs at which values are wanted.
        fuel: instructions that a call of the twin may take.
        standard: brings inputs to [-1, 1].

    Returns:
        Values; None where the twin fails on a run of the program, or on half of `x`.
    """
    limits = RunLimits(fuel_per_sample=fuel, failures=len(x))
    known, y = runs
    beside = run(twin.built, known, limits)
    ours = run(twin.built, x, limits)
    ended = np.asarray(np.isfinite(ours.outputs).all(axis=1))
    if not np.isfinite(beside.outputs).all() or ended.mean() < 0.5:
        return None
    u = standard(known)
    corrections = [
        correction_of(u, beside.outputs[:, k], y[:, k])
        for k in range(y.shape[1])
    ]
    return Taught(
        x[ended],
        _corrected(corrections, standard(x[ended]), ours.outputs[ended]),
        np.array([c.nmse for c in corrections]),
        tuple(c.name for c in corrections),
        len(known) + len(ended),
    )


def _corrected(corrections: list[Correction], u: Array, found: Array) -> Array:
    columns = [c(u, found[:, k]) for k, c in enumerate(corrections)]
    return np.stack(columns, axis=1)
