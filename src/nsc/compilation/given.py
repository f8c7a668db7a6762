"""Examples that exist: they take the place of runs.

In: inputs `n i` with their outputs `n o`, shuffled. Out: the same, as a sampler asks for
them. Non-goals: reading and dividing them (app).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nsc.verify import Population

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Given:
    """Examples of a program, or of what nobody has a program of.

    Args:
        x, y: inputs and outputs of the examples that are learned from first.
        held: those that verify; None where fresh runs do.
        population: what verification speaks of, where `held` verifies.
    """

    x: Array
    y: Array
    held: tuple[Array, Array] | None = None
    population: Population = Population()
