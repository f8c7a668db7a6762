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

from nsc.compilation.given import Given
from nsc.oracle import Oracle, RunsEnded, checked_outputs, run_oracle
from nsc.verify import POPULATION

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
        given: examples that come before any that are run.
    """

    oracle: Oracle
    draw: Draw
    outputs: int
    seed: int
    given: Given | None = None

    def run(self, n: int, *, stream: int, number: int) -> Examples:
        """Run the program on `n` inputs; the same stream and number draw the same.

        Returns:
            Fewer examples, the first of them, where the user ended the running.

        Raises:
            OracleError: see `run_oracle`.
        """
        first = self._given(n, stream, number)
        missing = n - len(first.x)
        if not missing or not self._runs_any():
            return first
        more = self._run(missing, stream, number + len(first.x))
        pairs = zip(first, more, strict=True)
        return Examples(*(np.concatenate(pair) for pair in pairs))

    @property
    def population(self) -> str:
        """What verification speaks of, in words."""
        return POPULATION if self.given is None else self.given.population

    def _runs_any(self) -> bool:
        """Say whether examples are run where none is given."""
        is_held = self.given is not None and self.given.held is not None
        return not is_held

    def _given(self, n: int, stream: int, number: int) -> Examples:
        """Return what is given of examples `number` to `number + n`."""
        no_x = self.draw(0, np.random.default_rng(0))
        nothing = Examples(no_x, np.empty((0, self.outputs)))
        if self.given is None:
            return nothing
        if stream == TRAINING:
            end = number + n
            return Examples(self.given.x[number:end], self.given.y[number:end])
        if stream == VERIFICATION and self.given.held is not None:
            return Examples(*self.given.held)
        return nothing

    def _run(self, n: int, stream: int, number: int) -> Examples:
        """Run the program on `n` inputs."""
        x = drawn(self.draw, n, seed=self.seed, stream=stream, number=number)
        try:
            return Examples(x, run_oracle(self.oracle, x, self.outputs))
        except RunsEnded as ended:
            x = x[: len(ended.y)]
            return Examples(x, checked_outputs(ended.y, x, self.outputs))


def drawn(draw: Draw, n: int, *, seed: int, stream: int, number: int) -> Array:
    """Draw inputs `n i`; the same seed, stream and number draw the same."""
    return draw(n, np.random.default_rng([seed, stream, number]))
