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

from nsc.oracle import Oracle, RunsEnded, checked_outputs, run_oracle

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

        Returns:
            Fewer examples, the first of them, where the user ended the running.

        Raises:
            OracleError: see `run_oracle`.
        """
        x = drawn(self.draw, n, seed=self.seed, stream=stream, number=number)
        try:
            return Examples(x, run_oracle(self.oracle, x, self.outputs))
        except RunsEnded as ended:
            x = x[: len(ended.y)]
            return Examples(x, checked_outputs(ended.y, x, self.outputs))


def drawn(draw: Draw, n: int, *, seed: int, stream: int, number: int) -> Array:
    """Draw inputs `n i`; the same seed, stream and number draw the same."""
    return draw(n, np.random.default_rng([seed, stream, number]))
