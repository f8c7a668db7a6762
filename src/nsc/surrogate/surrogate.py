"""A finished surrogate in its user's units.

In: parameters, a box, names. Out: a callable. Non-goals: C, programs, training.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nsc.errors import InputError
from nsc.surrogate.model import forward
from nsc.surrogate.topology import Topology


@dataclass(frozen=True)
class Member:
    """One network; its inputs are in [-1, 1], its outputs in the user's units."""

    topology: Topology
    w: np.ndarray


@dataclass(frozen=True)
class Surrogate:
    """A neural surrogate: callable on inputs in the user's units.

    Args:
        members: networks whose outputs are concatenated (one, or one per output).
        lo, hi: the domain, `i`; the surrogate was verified inside it only.
        metadata: JSON texts by key; "report" holds the report of its compilation.
    """

    members: tuple[Member, ...]
    lo: np.ndarray
    hi: np.ndarray
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    metadata: dict[str, str] = field(default_factory=dict)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Evaluate `n i` -> `n o`, or one example `i` -> `o`.

        Raises:
            InputError: the wrong number of inputs.
        """
        x = np.asarray(x, np.float64)
        if x.ndim not in (1, 2) or x.shape[-1] != len(self.lo):
            raise InputError(
                f"expected inputs {', '.join(self.input_names)} (n x {len(self.lo)});"
                f" found {x.shape}"
            )
        u = self.normalise(np.atleast_2d(x))
        y = np.concatenate([forward(m.w, m.topology, u) for m in self.members], axis=1)
        return y[0] if x.ndim == 1 else y

    def normalise(self, x: np.ndarray) -> np.ndarray:
        """Map the domain onto [-1, 1]: `n i` -> `n i`."""
        return (x - (self.hi + self.lo) / 2) / ((self.hi - self.lo) / 2)

    def in_domain(self, x: np.ndarray) -> np.ndarray:
        """Say for each row of `n i` whether it lies inside the domain: bool (n,)."""
        return ((x >= self.lo) & (x <= self.hi)).all(axis=-1)

    @property
    def report(self) -> dict | None:
        """The report of the compilation that made this surrogate, if it has one."""
        return (
            json.loads(self.metadata["report"]) if "report" in self.metadata else None
        )

    def save(self, path: str | Path) -> None:
        """Write a safetensors file that `nsc.load` reads."""
        from nsc.surrogate.store import save

        save(self, Path(path))
