"""Inputs and outputs in the program's units: drawn, rounded, as its types can hold
them.

In: Program, arrays. Out: arrays. Non-goals: running it.
"""

from __future__ import annotations

import math

import numpy as np

from nsc.program.program import Program


def with_whole_inputs(program: Program, x: np.ndarray) -> np.ndarray:
    """Round the integer inputs among `n i` inputs in the program's units."""
    whole = [leaf.type.kind != "float" for leaf in program.signature.inputs]
    return np.where(whole, np.floor(x + 0.5), x)


def as_returned(program: Program, y: np.ndarray) -> np.ndarray:
    """Return what exported C makes of a network's outputs `n o`: what a variable of the
    output's type can hold.

    An integer is the nearest one of its type, a _Bool says whether the network is above
    one half.
    """
    y = np.array(y, np.float64)
    for k, leaf in enumerate(program.signature.outputs):
        if leaf.type.kind == "bool":
            y[:, k] = y[:, k] > 0.5
        elif leaf.type.kind == "int":
            y[:, k] = np.clip(
                np.trunc(y[:, k] + np.copysign(0.5, y[:, k])), *leaf.type.limits
            )
    return y


def draw_inputs(
    program: Program, n: int, *, generator: np.random.Generator
) -> np.ndarray:
    """Draw `n i` inputs uniformly from a program's domain, in its units.

    Integer and _Bool inputs are whole numbers, every one from lo to hi equally likely.
    """
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    unit = generator.uniform(size=(n, len(lo)))
    x = lo + (hi - lo) * unit
    for k, leaf in enumerate(program.signature.inputs):
        if leaf.type.kind != "float":
            least = math.ceil(lo[k])
            x[:, k] = np.floor(least + (math.floor(hi[k]) - least + 1.0) * unit[:, k])
        elif leaf.type.bits == 32:
            x[:, k] = x[:, k].astype(np.float32)
    return x
