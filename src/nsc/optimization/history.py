# ruff: noqa: F722 (axes, not forward references)
"""All runs so far, and which of them is best.

In: inputs, what runs gave. Out: the best run, the Pareto front. Non-goals: what runs
next.
"""

from __future__ import annotations

import numpy as np

from nsc.optimization.problem import Inputs, Measured, Space, Table

# of runs that tell something of the whole, in [-1, 1], for one input
SEPARATION = 0.01


class History:
    """Runs, in the order in which they were made.

    Attributes:
        x, u: their inputs, as the program has them and in [-1, 1], `n i`.
        found: what they gave.
    """

    def __init__(self, space: Space):
        self.space = space
        self.x = np.empty((0, space.n_inputs))
        self.u = self.x
        self.found: Measured | None = None
        self.known: set[bytes] = set()

    def __len__(self) -> int:
        return len(self.x)

    def add(self, x: Inputs, found: Measured) -> None:
        """Take runs."""
        self.x = np.concatenate([self.x, x])
        self.u = np.concatenate([self.u, self.space.unit(x)])
        self.known.update(row.tobytes() for row in np.ascontiguousarray(x))
        if self.found is None:
            self.found = found
            return
        old = self.found
        self.found = Measured(
            np.concatenate([old.objectives, found.objectives]),
            np.concatenate([old.constraints, found.constraints]),
            np.concatenate([old.holds, found.holds]),
            np.concatenate([old.residuals, found.residuals]),
        )

    def is_new(self, x: np.ndarray) -> bool:
        """Say whether inputs `i` have not run."""
        return np.ascontiguousarray(x).tobytes() not in self.known

    def distance(self, x: np.ndarray) -> float:
        """Return how far inputs `i` are from the nearest run, in [-1, 1]."""
        u = self.space.unit(x[None])[0]
        return float(np.sqrt(((self.u - u) ** 2).sum(axis=1).min()))

    @property
    def measured(self) -> Measured:
        """What all runs gave."""
        assert self.found is not None, "nothing has run"
        return self.found

    @property
    def worked(self) -> np.ndarray:
        """Say which runs gave finite numbers, `n`."""
        found = self.measured
        values = np.column_stack([found.objectives, found.constraints])
        return np.all(np.isfinite(values), axis=1)

    @property
    def feasible(self) -> np.ndarray:
        """Say which runs gave finite numbers and fulfil all conditions, `n`."""
        return self.worked & self.measured.holds

    def violation(self) -> np.ndarray:
        """Return how far runs are from fulfilling all conditions, `n`.

        Each constraint counts in units of what it varies by.
        """
        constraints = self.measured.constraints
        worked = self.worked
        if not constraints.shape[1] or not worked.any():
            return np.where(worked, 0.0, np.inf)
        scale = constraint_scales(constraints[worked])
        excess = np.maximum(constraints, 0.0) / scale
        return np.where(worked, excess.sum(axis=1), np.inf)

    def best(self, values: np.ndarray) -> int | None:
        """Return the run with the least value that fulfils all conditions.

        Where none does, the one that is nearest to fulfilling them; None where no run
        worked.
        """
        if not self.worked.any():
            return None
        if self.feasible.any():
            return int(np.where(self.feasible, values, np.inf).argmin())
        return int(self.violation().argmin())

    def front(self) -> list[int]:
        """List the runs that no other is better than in every objective."""
        kept = np.flatnonzero(self.feasible)
        y = self.measured.objectives[kept]
        found: list[int] = []
        for k, row in zip(kept, y, strict=True):
            is_beaten = ((y <= row).all(axis=1) & (y < row).any(axis=1)).any()
            is_repeated = any(
                (self.measured.objectives[other] == row).all()
                for other in found
            )
            if not is_beaten and not is_repeated:
                found.append(int(k))
        return found


def constraint_scales(constraints: Table) -> np.ndarray:
    """Return what constraints vary by, above zero, `c`."""
    spread = np.median(np.abs(constraints), axis=0)
    return np.where(spread > 0, spread, 1.0)
