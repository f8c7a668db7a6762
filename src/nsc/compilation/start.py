"""Where finetuning may start.

In: parameters, and what is known of the outputs. Out: `Start`. Non-goals: which
initialiser made them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nsc.finetune import Predictions, finetune_with_predictions
from nsc.surrogate import Topology

Parameters = npt.NDArray[np.float64]  # `w`
Entrant = tuple[str, Parameters]  # what a start is, and its `w`


@dataclass(frozen=True)
class Start:
    """Where one member may start: parameters that map [-1, 1] to the program's units.

    Args:
        candidates: (what they are, `w`); the first is what zero-shot gets, all compete
            on validation loss.
        is_informed: whether they know the program, so that random starts compete with a
            handicap.
        instead: what starts alone where many examples are known and `predicted` is of a
            text read with doubt.
        predicted: what is known of the outputs before any run; joins few examples.
        taught: values of a measured error, which a network may learn from as it does
            from examples; all outputs of the member.
        simple: values of the best simple fit, taught where examples alone end worse.
        sizes: other topologies that may be better; see `sizes.py`.
        larger: tried where none of these holds what a teacher says.
    """

    topology: Topology
    candidates: tuple[Entrant, ...]
    is_informed: bool = True
    instead: Entrant | None = None
    predicted: Predictions | None = None
    taught: Predictions | None = None
    simple: Predictions | None = None
    sizes: tuple[Topology, ...] = ()
    larger: Topology | None = None

    @property
    def w(self) -> Parameters:
        """The first candidate's parameters, `w`."""
        return self.candidates[0][1]

    @cached_property
    def without_runs(self) -> Parameters:
        """The `w` to use where nothing is run: fitted to predictions to the end.

        A start for finetuning is not: that would be worse after it.
        """
        if self.predicted is None:
            return self.w
        found = finetune_with_predictions(
            self.w, self.topology, None, self.predicted
        )
        return found.w[0]
