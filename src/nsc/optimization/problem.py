# ruff: noqa: F722 (axes, not forward references)
"""What is optimised: a box of inputs, what a run gives, and what may be spent.

In: plain values, callables. Out: `Problem`, `Settings`. Non-goals: which program runs,
how its texts are read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from jaxtyping import Float

Inputs = Float[np.ndarray, "n i"]
Table = Float[np.ndarray, "n k"]


@dataclass(frozen=True)
class Space:
    """A box of inputs, brought to [-1, 1].

    Args:
        lo, hi: its ends, `i`.
        whole: which inputs are whole numbers.
        log: which are searched by their logarithms; both ends have one sign.
        held: rounds inputs `n i` to what the program's variables hold.
    """

    lo: np.ndarray
    hi: np.ndarray
    whole: np.ndarray
    log: np.ndarray
    held: Callable[[Inputs], Inputs] = lambda x: x

    @property
    def n_inputs(self) -> int:
        """How many inputs there are."""
        return len(self.lo)

    def unit(self, x: Inputs) -> Inputs:
        """Bring inputs to [-1, 1]."""
        lo, hi = self._ends()
        return 2.0 * (self._scaled(x) - lo) / (hi - lo) - 1.0

    def inputs(self, u: Inputs) -> Inputs:
        """Return the inputs of the program at points of [-1, 1], rounded and held."""
        x = self.raw(u)
        x = np.where(self.whole, np.floor(x + 0.5), x)
        least = np.where(self.whole, np.ceil(self.lo), self.lo)
        most = np.where(self.whole, np.floor(self.hi), self.hi)
        return self.held(np.clip(x, least, most))

    def raw(self, u: Inputs) -> Inputs:
        """Return inputs at points of [-1, 1] as if all were real numbers."""
        lo, hi = self._ends()
        scaled = lo + (np.clip(u, -1.0, 1.0) + 1.0) / 2.0 * (hi - lo)
        sign = np.where(self.lo < 0, -1.0, 1.0)
        powers = sign * np.exp(np.where(self.log, sign * scaled, 0.0))
        return np.where(self.log, powers, scaled)

    def count(self) -> float:
        """Return how many inputs there are in the box; infinite with a real one."""
        if not self.whole.all():
            return np.inf
        return float(np.prod(np.floor(self.hi) - np.ceil(self.lo) + 1.0))

    def _ends(self) -> tuple[np.ndarray, np.ndarray]:
        return self._scaled(self.lo), self._scaled(self.hi)

    def _scaled(self, x: np.ndarray) -> np.ndarray:
        """Take the logarithms of those inputs that are searched by them."""
        size = np.where(self.log, np.abs(x), 1.0)
        return np.where(self.log, np.sign(x) * np.log(size), x)


@dataclass(frozen=True)
class Measured:
    """What runs gave.

    Args:
        objectives: to be minimised, `n m`; NaN where a run failed.
        constraints: fulfilled where at most zero, `n c`.
        holds: whether all conditions hold, `n`, as their user wrote them.
        residuals: whose mean square is the only objective, `n r`; `n 0` where the
            objective is none of that kind.
    """

    objectives: Table
    constraints: Table
    holds: np.ndarray
    residuals: Table


def _no_prior(x: Inputs) -> Table:
    return np.empty((len(x), 0))


class Guide(Protocol):
    """A differentiable surrogate of an objective."""

    def learn(self, x: Inputs) -> None:
        """Learn from what runs at inputs `n i` gave, which its owner has kept."""
        ...

    def __call__(
        self, x: Float[np.ndarray, " i"]
    ) -> tuple[float, Float[np.ndarray, " i"]]:
        """Return the objective at inputs, as if all were real numbers, and its slope."""
        ...


@dataclass(frozen=True)
class Problem:
    """What is optimised.

    Args:
        measure: runs the program at inputs `n i`.
        prior: constraints that need no run, `n k`, fulfilled where at most zero.
        first: inputs that are tried before all others, `n i`.
        guide: a surrogate to follow; None models the runs.
    """

    space: Space
    measure: Callable[[Inputs], Measured]
    n_objectives: int = 1
    prior: Callable[[Inputs], Table] = _no_prior
    first: Inputs = field(default_factory=lambda: np.empty((0, 0)))
    guide: Guide | None = None


@dataclass(frozen=True)
class Settings:
    """What an optimisation may spend.

    Args:
        runs: of the program, at most.
        batch: runs that are chosen together, and may run beside each other.
        patience: runs without a better value after which it ends; None is half of all,
            50 at least.
    """

    runs: int
    seed: int = 0
    batch: int = 1
    patience: int | None = None

    @property
    def most_in_vain(self) -> int:
        """After how many runs without a better value it ends."""
        if self.patience is not None:
            return self.patience
        return max(50, self.runs // 2)
