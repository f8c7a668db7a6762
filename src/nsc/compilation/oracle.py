"""Running the real program on inputs of its domain, reproducibly.

In: an `Oracle`, where inputs come from, a seed. Out: examples. Non-goals: which kind of
oracle answers, what examples are for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nsc.compilation.given import Given
from nsc.oracle import (
    Oracle,
    RunsEnded,
    SomeFailed,
    checked_outputs,
    run_oracle,
)
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

MOST_FAILED = 0.1  # of the inputs, where failures are tolerated at all
FEW_FAILED = 3  # that are no share yet
MOST_TRIES = 8  # to find inputs for those that failed
FAR = 1 << 40  # beyond the numbers of examples


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


@dataclass
class LeftOut:
    """Samples that failed, where the program may on some.

    Args:
        drawn: inputs that the program was run on.
        reasons: how many failed, by reason.
        first: what was said of the first.
    """

    drawn: int = 0
    reasons: Counter[str] = field(default_factory=lambda: Counter[str]())
    first: str = ""

    def add(self, n: int, failed: SomeFailed | None) -> None:
        """Take up what came of `n` inputs.

        Raises:
            SomeFailed: more failed than is a nuisance.
        """
        self.drawn += n
        if failed is None:
            return
        self.reasons.update(failed.reasons)
        self.first = self.first or str(failed)
        n_failed = self.reasons.total()
        is_much = n_failed > max(FEW_FAILED, MOST_FAILED * self.drawn)
        if failed.is_hopeless or is_much:
            raise failed


@dataclass(frozen=True)
class Sampler:
    """The program on the inputs of a source.

    Args:
        outputs: how many numbers it returns.
        given: examples that come before any that are run.
        left_out: samples that failed: others stand in for them.
    """

    oracle: Oracle
    source: Source
    outputs: int
    seed: int
    given: Given | None = None
    left_out: LeftOut = field(default_factory=LeftOut)

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
        parts: list[Examples] = []
        missing = n
        for again in range(MOST_TRIES):
            # inputs of another number stand in for those that failed
            found, is_ended = self._once(missing, stream, number + again * FAR)
            parts.append(found)
            missing -= len(found.x)
            if is_ended or not missing:
                break
        pairs = zip(*parts, strict=True)
        return Examples(*(np.concatenate(pair) for pair in pairs))

    def _once(self, n: int, stream: int, number: int) -> tuple[Examples, bool]:
        """Run the program; returns what has outputs, and whether the user ended it."""
        x = self.source.take(n, seed=self.seed, stream=stream, number=number)
        assert len(x) == n, "who limits its inputs limits the budget"
        try:
            found = Examples(x, run_oracle(self.oracle, x, self.outputs))
            self.left_out.add(n, None)
            return found, False
        except SomeFailed as failed:
            self.left_out.add(n, failed)
            return self._with_outputs(x, failed.y), False
        except RunsEnded as ended:
            return self._with_outputs(x[: len(ended.y)], ended.y), True

    def _with_outputs(self, x: Array, y: Array) -> Examples:
        """Leave out inputs that failed."""
        has = ~np.isnan(y).all(axis=1)
        return Examples(x[has], checked_outputs(y[has], x[has], self.outputs))


def drawn(draw: Draw, n: int, *, seed: int, stream: int, number: int) -> Array:
    """Draw inputs `n i`; the same seed, stream and number draw the same."""
    return draw(n, np.random.default_rng([seed, stream, number]))
