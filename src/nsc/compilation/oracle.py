"""Running the real program on inputs of its domain, reproducibly.

In: an `Oracle`, where inputs come from, a seed. Out: examples. Non-goals: which kind of
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
from nsc.verify import Population

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


class Source:
    """Where inputs come from; by itself, fresh ones for every purpose.

    Args:
        draw: draws them.
        population: what those that verify stand for.
    """

    def __init__(self, draw: Draw, population: Population = Population()):
        self.draw = draw
        self.population = population

    def take(self, n: int, *, seed: int, stream: int, number: int) -> Array:
        """Return `n i` inputs; the same seed, stream and number give the same.

        Args:
            stream: what they are for.
            number: of the examples before, in training; of the round, in verification.
        """
        return drawn(self.draw, n, seed=seed, stream=stream, number=number)

    def said(self, n: int) -> str:
        """Say how many inputs verify: "200 fresh", "all 256"."""
        return f"all {n}" if n == self.population.size else f"{n} fresh"


@dataclass(frozen=True)
class Sampler:
    """The program on the inputs of a source.

    Args:
        outputs: how many numbers it returns.
        given: examples that come before any that are run.
    """

    oracle: Oracle
    source: Source
    outputs: int
    seed: int
    given: Given | None = None

    def run(self, n: int, *, stream: int, number: int) -> Examples:
        """Run the program on `n` inputs; the same stream and number are the same.

        Returns:
            Fewer examples, the first of them, where the user ended the running.

        Raises:
            OracleError: see `run_oracle`.
        """
        given = self.given
        if given is None:
            return self._run(n, stream, number)
        if stream == VERIFICATION and given.held is not None:
            return Examples(*given.held)
        if stream != TRAINING:
            return self._run(n, stream, number)
        end = number + n
        first = Examples(given.x[number:end], given.y[number:end])
        missing = n - len(first.x)
        if not missing or given.held is not None:
            return first
        more = self._run(missing, stream, number + len(first.x))
        pairs = zip(first, more, strict=True)
        return Examples(*(np.concatenate(pair) for pair in pairs))

    def _run(self, n: int, stream: int, number: int) -> Examples:
        """Run the program on `n` inputs of the source."""
        x = self.source.take(n, seed=self.seed, stream=stream, number=number)
        assert len(x) == n, "who limits its inputs limits the budget"
        try:
            return Examples(x, run_oracle(self.oracle, x, self.outputs))
        except RunsEnded as ended:
            x = x[: len(ended.y)]
            return Examples(x, checked_outputs(ended.y, x, self.outputs))


def drawn(draw: Draw, n: int, *, seed: int, stream: int, number: int) -> Array:
    """Draw inputs `n i`; the same seed, stream and number draw the same."""
    return draw(n, np.random.default_rng([seed, stream, number]))
