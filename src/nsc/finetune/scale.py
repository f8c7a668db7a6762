# ruff: noqa: F722 (axes, not forward references)
"""Outputs to mean 0 and spread 1, and parameters between the two units, exactly.

In: outputs `n o`. Out: a `Scale`. Non-goals: inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nsc.surrogate import Topology, scale_outputs


def spread_of(y: Float[np.ndarray, "n o"]) -> Float[np.ndarray, " o"]:
    """Return each output's standard deviation; 0 where there is none but rounding."""
    spread = y.std(axis=0)
    return np.where(spread > 1e-12 * np.abs(y).max(axis=0), spread, 0.0)


@dataclass(frozen=True)
class Scale:
    """The units that finetuning sees: outputs less their mean, over their spread.

    Args:
        mean, spread: `o`; the spread of an output that does not vary is 1.
    """

    mean: Float[np.ndarray, " o"]
    spread: Float[np.ndarray, " o"]

    @staticmethod
    def of(y: Float[np.ndarray, "n o"]) -> Scale:
        """Return the scale of outputs `n o`."""
        spread = spread_of(y)
        return Scale(y.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def standardise(
        self, y: Float[np.ndarray, "... o"]
    ) -> Float[np.ndarray, "... o"]:
        """Return outputs in these units."""
        return (y - self.mean) / self.spread

    def into(
        self, w: Float[np.ndarray, " w"], topology: Topology
    ) -> Float[np.ndarray, " w"]:
        """Return parameters that compute the same in these units."""
        return scale_outputs(
            w, topology, 1.0 / self.spread, -self.mean / self.spread
        )

    def out_of(
        self, w: Float[np.ndarray, " w"], topology: Topology
    ) -> Float[np.ndarray, " w"]:
        """Return parameters that compute the same in the original units."""
        return scale_outputs(w, topology, self.spread, self.mean)


def with_constants(
    w: Float[np.ndarray, " w"], topology: Topology, y: Float[np.ndarray, "n o"]
) -> Float[np.ndarray, " w"]:
    """Return parameters whose outputs are constant, exactly, where those of y are.

    Finetuning only comes near: what it leaves of a constant's weights may be numbers so
    small that they have hardly a digit, which no two arithmetics agree on.
    """
    is_constant = spread_of(y) == 0
    # a mean is rounded; of equal numbers it is not to be another one
    value = np.clip(y.mean(axis=0), y.min(axis=0), y.max(axis=0))
    layers = topology.layers(w)
    weight, bias = layers[-1]
    layers[-1] = (
        np.where(is_constant[:, None], 0.0, weight),
        np.where(is_constant, value, bias),
    )
    return topology.join(layers)
