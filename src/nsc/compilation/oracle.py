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

    def batches(self, n: int, *, stream: int, number: int) -> tuple[int, ...]:
        """Divide `n` inputs into those to take at a time, for `after`."""
        return (n,)

    def after(
        self, known: Examples, n: int, *, seed: int, stream: int, number: int
    ) -> Array:
        """Return `n i` inputs where the examples before are known; see `take`."""
        return self.take(n, seed=seed, stream=stream, number=number)

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

    def run(
        self,
        n: int,
        *,
        stream: int,
        number: int,
        known: Examples | None = None,
    ) -> Examples:
        """Run the program on `n` inputs; the same stream and number are the same.

        Args:
            known: the examples before, by which inputs may be chosen.

        Returns:
            Fewer examples, the first of them, where the user ended the running.

        Raises:
            OracleError: see `run_oracle`.
        """
        known = known or self._none()
        given = self.given
        if given is None:
            return self._run(n, stream, number, known)
        if stream == VERIFICATION and given.held is not None:
            return Examples(*given.held)
        if stream != TRAINING:
            return self._run(n, stream, number, known)
        end = number + n
        first = Examples(given.x[number:end], given.y[number:end])
        missing = n - len(first.x)
        if not missing or given.held is not None:
            return first
        known = _joined(known, first)
        more = self._run(missing, stream, number + len(first.x), known)
        return _joined(first, more)

    def more(self, n: int, known: Examples) -> Examples:
        """Run the program on `n` more inputs to learn from; see `run`."""
        number = len(known.x)
        return self.run(n, stream=TRAINING, number=number, known=known)

    def _none(self) -> Examples:
        """Return no examples."""
        return Examples(np.empty((0, 0)), np.empty((0, self.outputs)))

    def _run(
        self, n: int, stream: int, number: int, known: Examples
    ) -> Examples:
        """Run the program on `n` inputs of the source, batch by batch."""
        found = self._none()
        for size in self.source.batches(n, stream=stream, number=number):
            more, is_ended = self._batch(
                size, stream, number + len(found.x), _joined(known, found)
            )
            found = _joined(found, more)
            if is_ended or len(more.x) < size:
                break
        return found

    def _batch(
        self, n: int, stream: int, number: int, known: Examples
    ) -> tuple[Examples, bool]:
        """Run the program on `n` inputs; says whether the user ended it."""
        x = self.source.after(
            known, n, seed=self.seed, stream=stream, number=number
        )
        found, is_ended = self._once(x, n)
        for again in range(1, MOST_TRIES):
            missing = n - len(found.x)
            if is_ended or not missing:
                break
            # inputs of another number stand in for those that failed
            x = self.source.take(
                missing,
                seed=self.seed,
                stream=stream,
                number=number + again * FAR,
            )
            more, is_ended = self._once(x, missing)
            found = _joined(found, more)
        return found, is_ended

    def _once(self, x: Array, n: int) -> tuple[Examples, bool]:
        """Run the program; returns what has outputs, and whether the user ended it."""
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


def _joined(first: Examples, more: Examples) -> Examples:
    """Put examples behind others."""
    if not len(first.x) or not len(more.x):
        return first if len(first.x) else more
    pairs = zip(first, more, strict=True)
    return Examples(*(np.concatenate(pair) for pair in pairs))


def drawn(draw: Draw, n: int, *, seed: int, stream: int, number: int) -> Array:
    """Draw inputs `n i`; the same seed, stream and number draw the same."""
    return draw(n, np.random.default_rng([seed, stream, number]))
