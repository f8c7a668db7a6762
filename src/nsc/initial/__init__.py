"""Initialisers: callables `(program, topology, seed) -> w`. Must not know wasm, sources or CompNet."""

from __future__ import annotations

import numpy as np

from nsc.program import Program
from nsc.surrogate import Topology, random_parameters


def random_initialiser(program: Program, topology: Topology, seed: int) -> np.ndarray:
    """Ignore the program and draw parameters as torch.nn.Linear does; float64 `w`."""
    return random_parameters(topology, seed=seed)
