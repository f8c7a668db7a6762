# ruff: noqa: F722 (axes, not forward references)
"""How unsure a surrogate is at an input: networks that learned from other runs.

In: parameters, calibrated numbers. Out: standard deviations in the outputs' units.
Non-goals: training the networks, calibrating them (compilation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nsc.surrogate.member import Member
from nsc.surrogate.model import forward


@dataclass(frozen=True)
class ErrorBars:
    """Networks whose disagreement with a surrogate tells its standard deviation.

    std^2 = scale^2 d^2 + constant^2, where d^2 is the mean over the networks of their
    squared distance from the surrogate's own networks.

    Args:
        networks: each as the surrogate's members: one, or one per output.
        scale: `o`.
        constant: `o`, in the outputs' units.
    """

    networks: tuple[tuple[Member, ...], ...]
    scale: Float[np.ndarray, " o"]
    constant: Float[np.ndarray, " o"]

    def disagreement(
        self, u: Float[np.ndarray, "n i"], y: Float[np.ndarray, "n o"]
    ) -> Float[np.ndarray, "n o"]:
        """Return d; see the class.

        Args:
            u: in [-1, 1].
            y: what the surrogate's own networks say there.
        """
        squares = np.zeros_like(y)
        for members in self.networks:
            squares += (outputs_of(members, u) - y) ** 2
        return np.sqrt(squares / len(self.networks))

    def deviation(
        self, u: Float[np.ndarray, "n i"], y: Float[np.ndarray, "n o"]
    ) -> Float[np.ndarray, "n o"]:
        """Return standard deviations, in the outputs' units.

        Args: as of `disagreement`.
        """
        scaled = self.scale * self.disagreement(u, y)
        return np.hypot(scaled, self.constant)


def outputs_of(
    members: Sequence[Member], u: Float[np.ndarray, "n i"]
) -> Float[np.ndarray, "n o"]:
    """Evaluate networks on inputs in [-1, 1]; their outputs are concatenated."""
    outputs = [forward(m.w, m.topology, u) for m in members]
    return np.concatenate(outputs, axis=1)
