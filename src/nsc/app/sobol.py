"""Scrambled Sobol points in the place of random numbers, to spread inputs evenly.

In: how many, of how many dimensions. Out: numbers in [0, 1). scipy is an extra: a function
imports it. Non-goals: what they are drawn for.
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from nsc.errors import MissingExtraError

STREAM = 5  # of random numbers; see compilation/oracle.py


def sobol(seed: int, first: int) -> np.random.Generator:
    """Return what draws points in the place of a generator's uniform numbers.

    Args:
        seed: of the scrambling.
        first: the number of the first point.
    """
    return cast("np.random.Generator", _Sobol(seed, first))


class _Sobol:
    """Draws the points `first`, `first` + 1, ... of one sequence, an input each.

    Args:
        seed: of the scrambling.
    """

    def __init__(self, seed: int, first: int):
        self.seed = seed
        self.first = first

    def uniform(self, *, size: tuple[int, int]) -> np.ndarray:
        """Return points `n i`; the next ones each time.

        Raises:
            MissingExtraError: scipy is not installed.
        """
        try:
            from scipy.stats import qmc  # an extra
        except ModuleNotFoundError:
            raise MissingExtraError("scipy", "sobol") from None
        n, dimensions = size
        end = self.first + n
        generator = np.random.default_rng([self.seed, STREAM])
        sequence = qmc.Sobol(dimensions, scramble=True, rng=generator)
        # a whole power of two: shorter sequences are its beginning
        points = sequence.random_base2(math.ceil(math.log2(max(2, end))))
        found = points[self.first : end]
        self.first = end
        return found
