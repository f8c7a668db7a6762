# ruff: noqa: F722 (axes, not forward references)
"""One network of a surrogate.

In: a topology, parameters. Out: `Member`. Non-goals: names, units of inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nsc.surrogate.topology import Topology


@dataclass(frozen=True)
class Member:
    """One network; its inputs are in [-1, 1], its outputs in the user's units."""

    topology: Topology
    w: Float[np.ndarray, " w"]
