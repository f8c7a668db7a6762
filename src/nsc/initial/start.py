"""What an initialiser gives: parameters, what they cost, what is to be said of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.finetune import Predictions
from nsc.program import Program
from nsc.surrogate import Topology, random_parameters


@dataclass(frozen=True)
class Initial:
    """Parameters that map [-1, 1] to the program's units.

    Args:
        w: float64 `w`.
        others: more parameters of the same make, for a race; best first.
        predicted: what the text says of the outputs, in the program's units over [-1,
            1]; None where it says nothing.
        expected_nmse: mean squared error over the variance that what is predicted is
            expected to have, `o`; None where nothing is. Parameters add their misfit to
            it.
        silent: the text-free vector, which races too where the text is read with doubt.
        runs: program runs that went into them; 0 for what only reads the text.
        notes: what the user should know.
    """

    w: np.ndarray
    others: tuple[np.ndarray, ...] = ()
    predicted: Predictions | None = None
    expected_nmse: tuple[float, ...] | None = None
    silent: np.ndarray | None = None
    runs: int = 0
    notes: tuple[str, ...] = ()

    def expected_of(
        self, w: np.ndarray, topology: Topology
    ) -> np.ndarray | None:
        """Add what the text says wrongly and what a network misses of it.

        Args:
            w: parameters that were made from these.

        Returns:
            The nmse to expect of each output, `o`; None where the text says nothing.
        """
        if self.expected_nmse is None:
            return None
        expected = np.array(self.expected_nmse)
        if self.predicted is None:
            return expected
        return expected + self.predicted.misfit(w, topology)


def random_initial(program: Program, topology: Topology, seed: int) -> Initial:
    """Ignore the program and draw parameters as torch.nn.Linear does."""
    return Initial(random_parameters(topology, seed=seed))
