"""Running the real program on inputs of its domain, reproducibly.

In: an `Oracle`, a way to draw inputs, a seed. Out: examples. Non-goals: which kind of
oracle answers, what examples are for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nsc.oracle import Oracle, run_oracle

Array = npt.NDArray[np.float64]
# (n, generator) -> `n i`, in the program's units
Draw = Callable[[int, np.random.Generator], Array]
# what use makes of a surrogate's outputs: `n o` -> `n o`
Rounding = Callable[[Array], Array]

# streams of random numbers; a third one seeds restarts
TRAINING = 0
VERIFICATION = 1
RESTARTS = 2


class Examples(NamedTuple):
    """Inputs `n i` and the program's outputs `n o`, in the program's units."""

    x: Array
    y: Array


@dataclass(frozen=True)
class Sampler:
    """The program on random inputs.

    Args:
        outputs: how many numbers it returns.
    """

    oracle: Oracle
    draw: Draw
    outputs: int
    seed: int

    def run(self, n: int, *, stream: int, number: int) -> Examples:
        """Run the program on `n` inputs; the same stream and number draw the same.

        Raises:
            OracleError: see `run_oracle`.
        """
        generator = np.random.default_rng([self.seed, stream, number])
        x = self.draw(n, generator)
        return Examples(x, run_oracle(self.oracle, x, self.outputs))
