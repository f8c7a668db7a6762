"""Inputs and outputs in the program's units, as its types can hold them.

In: Program, arrays. Out: arrays. Non-goals: running it.
"""

from __future__ import annotations

import math

import numpy as np

from nsc.program.program import Program


def with_whole_inputs(program: Program, x: np.ndarray) -> np.ndarray:
    """Round the integer inputs among `n i` inputs in the program's units."""
    whole = [leaf.type.kind != "float" for leaf in program.signature.inputs]
    return np.where(whole, nearest_whole(x), x)


def nearest_whole(x: np.ndarray) -> np.ndarray:
    """Round as the entry does; from 2^52 on every double is a whole number."""
    return np.where(np.abs(x) < 2.0**52, np.floor(x + 0.5), x)


def as_returned(program: Program, y: np.ndarray) -> np.ndarray:
    """Return what exported C makes of a network's outputs.

    An integer is the nearest one of its type, a _Bool says whether the network is above
    one half.

    Args:
        program: whose output types are meant.
        y: `n o`, in the program's units.

    Returns:
        `n o`, doubles that variables of the outputs' types can hold.
    """
    y = np.array(y, np.float64)
    for k, leaf in enumerate(program.signature.outputs):
        column = y[:, k]
        if leaf.type.kind == "bool":
            y[:, k] = column > 0.5
        elif leaf.type.kind == "int":
            # halves go away from zero, as in C's round
            nearest = np.trunc(column + np.copysign(0.5, column))
            y[:, k] = np.clip(nearest, *leaf.type.limits)
    return y


def draw_inputs(
    program: Program, n: int, *, generator: np.random.Generator
) -> np.ndarray:
    """Draw `n i` inputs uniformly from a program's domain, in its units.

    Integer and _Bool inputs are whole numbers, every one from lo to hi equally likely;
    a float input is a number that a float can hold.

    Args:
        program: whose domain is meant.
        n: how many.
        generator: draws one number an input, in C order.
    """
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    unit = generator.uniform(size=(n, len(lo)))
    x = lo + (hi - lo) * unit
    for k, leaf in enumerate(program.signature.inputs):
        if leaf.type.kind != "float":
            least = math.ceil(lo[k])
            count = math.floor(hi[k]) - least + 1.0
            x[:, k] = np.floor(least + count * unit[:, k])
        elif leaf.type.bits == 32:
            x[:, k] = x[:, k].astype(np.float32)
    return x
