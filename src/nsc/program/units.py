"""Inputs and outputs in the program's units, as its types can hold them.

In: Program, arrays. Out: arrays. Non-goals: running it.
"""

from __future__ import annotations

import math

import numpy as np

from nsc.errors import DomainError
from nsc.program.program import Program
from nsc.syntax import Leaf

PROBED = 100_000  # draws that tell how rare it is that conditions hold
LEAST_SHARE = 1e-3  # of all draws, that must fulfil them
MOST_DRAWS = 20 / LEAST_SHARE  # for each input that is wanted


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


def normalised(program: Program, x: np.ndarray) -> np.ndarray:
    """Bring inputs `n i` in a program's units to [-1, 1]."""
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    return 2 * (x - lo) / (hi - lo) - 1


def draw_inputs(
    program: Program, n: int, *, generator: np.random.Generator
) -> np.ndarray:
    """Draw `n i` inputs from a program's domain, in its units, as it says they are drawn.

    That is uniformly, or log-uniformly, where its conditions hold; or rows of a sample
    that may be learnt from. Integer and _Bool inputs are whole numbers, every one from lo
    to hi equally likely; a float input is a number that a float can hold. The first inputs
    are the same however many are drawn.

    Args:
        program: whose domain is meant.
        n: how many.
        generator: draws one number an input, in C order.

    Raises:
        DomainError: hardly any input fulfils the conditions.
    """
    drawing = program.drawing
    if drawing.sample is not None:
        rows = drawing.sample.learned
        return rows[generator.integers(0, len(rows), n)]
    if not drawing.conditions:
        return _drawn(program, n, generator)
    parts = [np.empty((0, program.n_inputs))]
    missing = n
    tried = 0
    while missing > 0:
        x = _drawn(program, max(64, 2 * missing), generator)
        found = x[drawing.holds(x)][:missing]
        parts.append(found)
        missing -= len(found)
        tried += len(x)
        if tried > MOST_DRAWS * (n + 1):
            raise _too_rare(program, n - missing, tried)
    return np.concatenate(parts)


def _drawn(
    program: Program, n: int, generator: np.random.Generator
) -> np.ndarray:
    """Draw `n i` inputs from all of the domain."""
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    unit = generator.uniform(size=(n, len(lo)))
    x = lo + (hi - lo) * unit
    for k, leaf in enumerate(program.signature.inputs):
        is_whole = leaf.type.kind != "float"
        if program.drawing.is_log(k):
            x[:, k] = _log_uniform(unit[:, k], lo[k], hi[k], is_whole=is_whole)
        elif is_whole:
            least = math.ceil(lo[k])
            count = math.floor(hi[k]) - least + 1.0
            x[:, k] = np.floor(least + count * unit[:, k])
        if not is_whole and leaf.type.bits == 32:
            x[:, k] = x[:, k].astype(np.float32)
    return x


def _log_uniform(
    unit: np.ndarray, lo: float, hi: float, *, is_whole: bool
) -> np.ndarray:
    """Map numbers from [0, 1) so that their logarithm is uniform from lo to hi.

    A whole number k is as likely as the numbers from k to k + 1.
    """
    if hi < 0:
        return -_log_uniform(unit, -hi, -lo, is_whole=is_whole)
    if not is_whole:
        return np.clip(lo * np.exp(np.log(hi / lo) * unit), lo, hi)
    least = math.ceil(lo)
    end = math.floor(hi)
    x = np.floor(least * np.exp(np.log((end + 1) / least) * unit))
    return np.clip(x, least, end)


def expect_fulfilled(program: Program) -> None:
    """Make sure that drawing finds inputs that fulfil a program's conditions.

    Raises:
        DomainError: fewer than `LEAST_SHARE` of all do.
    """
    if not program.drawing.conditions:
        return
    x = _drawn(program, PROBED, np.random.default_rng(0))
    n = int(program.drawing.holds(x).sum())
    if n < LEAST_SHARE * PROBED:
        raise _too_rare(program, n, PROBED)


def _too_rare(program: Program, n: int, tried: int) -> DomainError:
    return DomainError(
        f"where must hold on at least 1 in {1 / LEAST_SHARE:,.0f} inputs of the domain;"
        f" '{program.drawing.where}' holds on {n:,} of {tried:,} that were drawn: narrow"
        " the domain to where it holds"
    )


def count_inputs(program: Program) -> float:
    """Return how many inputs a domain has, conditions aside; infinite with a float."""
    n = 1.0
    sides = zip(
        program.signature.inputs,
        program.domain.lo,
        program.domain.hi,
        strict=True,
    )
    for leaf, lo, hi in sides:
        n *= _count(leaf, lo, hi)
    return n


def _count(leaf: Leaf, lo: float, hi: float) -> float:
    if leaf.type.kind == "float":
        return math.inf
    return math.floor(hi) - math.ceil(lo) + 1.0


def every_input(program: Program) -> np.ndarray:
    """List all inputs of a domain of integers that fulfil its conditions, `n i`."""
    sides = zip(program.domain.lo, program.domain.hi, strict=True)
    axes = [
        np.arange(math.ceil(lo), math.floor(hi) + 1, dtype=np.float64)
        for lo, hi in sides
    ]
    grid = np.meshgrid(*axes, indexing="ij")
    x = np.stack([axis.ravel() for axis in grid], axis=1)
    return x[program.drawing.holds(x)]


def is_drawn(program: Program, x: np.ndarray) -> np.ndarray:
    """Say of `n i` inputs of the domain's box whether drawing can give them.

    Of a sample that is so of its rows alone.
    """
    sample = program.drawing.sample
    if sample is None:
        return program.drawing.holds(x)
    row = np.dtype((np.void, x.shape[1] * x.itemsize))
    known = np.ascontiguousarray(sample.rows).view(row).ravel()
    return np.isin(np.ascontiguousarray(x).view(row).ravel(), known)
