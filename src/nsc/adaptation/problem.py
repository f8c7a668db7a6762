# ruff: noqa: F722 (axes, not forward references)
"""Measurements of one output and what a program says of them, in the user's units.

In: inputs in [-1, 1], outputs, the program's network. Out: predictors learned from some
of the rows. Non-goals: how errors are reported (judge.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from nsc.adaptation.choice import Adapted, adapt
from nsc.adaptation.distil import Distilled, distil
from nsc.adaptation.forms import FORMS
from nsc.adaptation.network import Column, Inputs, Network

Rows = Int[np.ndarray, " k"]
Predict = Callable[[Inputs], Column]
SCRATCH_NETWORK = "scratch_network"


@dataclass(frozen=True)
class Problem:
    """Measurements of one output.

    Args:
        u: `n i`, in [-1, 1], the program's inputs first; each row is there once.
        y: measured, `n`.
        program: its network: the measurements' inputs in, its own units out.
        program_y: what the program itself says at the measurements.
    """

    u: Inputs
    y: Column
    program: Network
    program_y: Column


@dataclass(frozen=True)
class Learned:
    """What was learned from some measurements.

    Args:
        blend: in standard units.
        mean, spread: of the outputs that it was learned from.
        scaled: the program's network in standard units.
        u: the inputs that it was learned from.
    """

    blend: Adapted
    mean: float
    spread: float
    scaled: Network
    u: Inputs

    def adapted(self, u: Inputs) -> Column:
        """Return what the blend says."""
        return self.in_units(self.blend(u))

    def in_units(self, y: Column) -> Column:
        """Return standardised outputs in the user's units."""
        return self.mean + self.spread * y

    def distilled(self, seed: int) -> tuple[Network, float]:
        """Return one network in the user's units, and how far it is from the blend."""
        found: Distilled = distil(self.u, self.blend, self.scaled, seed=seed)
        network = found.network.of_outputs(self.spread, self.mean)
        return network, found.apart * self.spread

    def scratch(self, *, is_network: bool | None = None) -> Predict:
        """Return the best without the program, by its error at what was left out.

        Args:
            is_network: whether it must be one, or must not; None for either.
        """
        found = [
            each
            for each in self.blend.tried
            if not FORMS[each.form].uses_program
            and is_network in (None, each.form == SCRATCH_NETWORK)
        ]
        best = min(found, key=lambda each: each.error)
        lo = self.blend.lo
        hi = self.blend.hi
        return lambda u: self.in_units(np.clip(best.value(u), lo, hi))


def learn(problem: Problem, rows: Rows, seed: int) -> Learned:
    """Learn from some measurements."""
    y = problem.y[rows]
    mean = float(y.mean())
    spread = float(y.std()) or 1.0
    scaled = problem.program.of_outputs(1.0 / spread, -mean / spread)
    blend = adapt(
        problem.u[rows],
        (y - mean) / spread,
        scaled,
        seed=seed,
        zero=-mean / spread,
    )
    return Learned(blend, mean, spread, scaled, problem.u[rows])
