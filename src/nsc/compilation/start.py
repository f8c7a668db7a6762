"""Where finetuning may start.

In: parameters, and what is known of the outputs. Out: `Start`. Non-goals: which
initialiser made them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nsc.finetune import Predictions, finetune_with_predictions
from nsc.surrogate import Topology

Entrant = tuple[str, np.ndarray]  # what a start is, and its `w`


@dataclass(frozen=True)
class Start:
    """Where one member may start: parameters that map [-1, 1] to the program's units.

    Args:
        candidates: (what they are, `w`); the first is what zero-shot gets, all compete
            on validation loss.
        is_informed: whether they know the program, so that random starts compete with a
            handicap.
        predicted: what is known of the outputs before any run; joins few examples.
    """

    topology: Topology
    candidates: tuple[tuple[str, np.ndarray], ...]
    is_informed: bool = True
    predicted: Predictions | None = None

    @property
    def w(self) -> np.ndarray:
        return self.candidates[0][1]

    @cached_property
    def without_runs(self) -> np.ndarray:
        """The `w` to use where nothing is run: fitted to what is predicted to the end,
        which a start is not.
        """
        if self.predicted is None:
            return self.w
        return finetune_with_predictions(self.w, self.topology, None, self.predicted).w[
            0
        ]
