"""How a program's inputs are drawn, where not uniformly from all of its domain.

In: what the user says. Out: `Drawing`, `Sample`, words about them. Non-goals: drawing
(units), reading files (app).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nsc.conditions import Condition

# of a sample's rows, that verify where there are too few for all that is wanted
LEAST_HELD = 0.25


@dataclass(frozen=True, eq=False)
class Table:
    """Rows that a user has of a program's inputs.

    Args:
        path: as messages call it.
        columns: by name, all of one length, numbers.
        lines: where each row stands in the file, from 1; () where it has no lines.
        problems: why a column holds no numbers, by its name.
    """

    path: str
    columns: Mapping[str, np.ndarray]
    lines: Sequence[int] = ()
    problems: Mapping[str, str] = field(default_factory=dict)

    def place(self, row: int) -> str:
        """Say where a row is."""
        if len(self.lines):
            return f"{self.path}:{self.lines[row]}"
        return f"{self.path}: row {row + 1}"


@dataclass(frozen=True, eq=False)
class Sample:
    """The user's own inputs, in the order in which they are taken.

    Args:
        path: of their file, as messages call it.
        rows: `n i`, in the program's units.
        n_verifying: how many verify: the last ones, which nothing is learnt from.
        n_left_out: rows of the file that are not among them: they do not fit.
    """

    path: str
    rows: np.ndarray
    n_verifying: int = 0
    n_left_out: int = 0

    @property
    def learned(self) -> np.ndarray:
        """The rows that may be learnt from, `n i`."""
        return self.rows[: len(self.rows) - self.n_verifying]

    @property
    def verifying(self) -> np.ndarray:
        """The rows that verify, `n i`."""
        return self.rows[len(self.rows) - self.n_verifying :]

    def divided(self, budget: int, verification: int, *, seed: int) -> Sample:
        """Shuffle the rows, and hold those back that verify.

        Where there are too few for both, those that the budget leaves over verify, but
        a quarter of all at least, and half at most: a coarse twin learns from the rest.
        """
        n = len(self.rows)
        held = verification
        if n < budget + verification:
            held = max(round(LEAST_HELD * n), min(n // 2, n - budget))
        held = min(held, n - 1)
        order = np.random.default_rng([seed, n]).permutation(n)
        return replace(self, rows=self.rows[order], n_verifying=held)


@dataclass(frozen=True)
class Drawing:
    """How inputs are drawn from a domain.

    Args:
        log: which inputs are drawn log-uniformly; () where none is.
        conditions: that inputs fulfil.
        sample: rows to draw from; None where inputs are drawn from the domain.
    """

    log: tuple[bool, ...] = ()
    conditions: tuple[Condition, ...] = ()
    sample: Sample | None = None

    def holds(self, x: np.ndarray) -> np.ndarray:
        """Say of `n i` inputs in the program's units which fulfil all conditions."""
        found = np.ones(len(x), bool)
        for condition in self.conditions:
            found &= condition.holds(x)
        return found

    def is_log(self, k: int) -> bool:
        """Say whether input k is drawn log-uniformly."""
        return bool(self.log) and self.log[k]

    def log_names(self, inputs: Sequence[str]) -> tuple[str, ...]:
        """Name the inputs that are drawn log-uniformly."""
        return tuple(name for k, name in enumerate(inputs) if self.is_log(k))

    @property
    def where(self) -> str:
        """All conditions in one text; "" where there is none."""
        texts = [c.text for c in self.conditions]
        if len(texts) == 1:
            return texts[0]
        return " && ".join(f"({text})" for text in texts)

    def population(self, inputs: Sequence[str]) -> str:
        """Say what a bound speaks of: "inputs in the domain where a < b"."""
        if self.sample is not None:
            how = "it has not learned from"
            if self.sample.n_left_out:
                how = "were neither left out nor learned from"
            return f"the rows of {self.sample.path} that {how}"
        said = "inputs in the domain"
        if self.where:
            said += f" where {self.where}"
        names = self.log_names(inputs)
        if names:
            said += f" ({', '.join(names)} log-uniform)"
        return said
