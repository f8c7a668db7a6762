"""A start for programs of one input: units that step at evenly spread places.

In: a topology, a seed. Out: parameters. Drawn as usual, all units of the first layer
bend near the middle of the domain, for it is one of the many inputs of a covering
topology; a curve of many waves is then out of reach for any optimizer. Non-goals:
several inputs.
"""

from __future__ import annotations

import numpy as np

from nsc.compilation.start import Entrant
from nsc.surrogate import Topology, random_parameters

LABEL = "even steps"
# activation -> how steep the steps are, in steps of a sigmoid to the distance of two
STEEPNESS = {"sigmoid": 1.0, "tanh": 0.5}
MOVED = 0.3  # standard deviation of a place, of the distance of two


def even_steps(topology: Topology, inputs: int, *, seed: int) -> list[Entrant]:
    """Return a start of evenly spread steps; none where it would not help.

    Args:
        inputs: of the program; a topology may have more.
    """
    steepness = STEEPNESS.get(topology.activation)
    if inputs != 1 or steepness is None or not topology.hidden:
        return []
    generator = np.random.default_rng(seed)
    w = random_parameters(topology, seed=generator)
    units = topology.hidden[0]
    weight, bias = topology.layers(w)[0]
    moved = generator.normal(size=units) * MOVED / units
    places = np.linspace(-1.0, 1.0, units) + moved
    steep = steepness * units * generator.choice((-1.0, 1.0), size=units)
    # both are views into `w`
    weight[:, 0] = steep
    bias[:] = -steep * places
    return [(LABEL, w)]
