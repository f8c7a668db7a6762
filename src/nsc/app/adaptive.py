"""Inputs to learn from that are chosen by what earlier runs showed.

In: Program, the runs so far. Out: the next inputs, in batches. Non-goals: which of them
teach most (teacher).

A third of a budget is spread evenly, and more of one that is small for the number of
inputs. Then come batches, whose size is that of the
budget's and nothing of the machine's: a kept run is asked for again whatever the number
of workers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from nsc.compilation import Examples
from nsc.program import Program, draw_inputs, normalised
from nsc.teacher import MOST, next_inputs

START = 1 / 3  # of a budget, that is spread evenly
FEWEST = 4  # examples by which others are chosen
BATCHES = 8  # that the rest comes in
LEAST_BATCH = 4
CANDIDATES = 512  # that a batch is chosen from, and that stand for the domain
STREAM = 6  # of random numbers; see compilation/oracle.py


def batches_of(n: int, number: int, inputs: int) -> Iterator[int]:
    """Yield how many inputs to take at a time.

    Those that are spread evenly come first, and last those beyond what a Gaussian
    process may learn from.

    Args:
        n: how many in all.
        number: of the examples before.
        inputs: of the program.
    """
    end = number + n
    start = max(math.ceil(START * end), _fewest(inputs))
    first = min(n, max(0, start - number))
    if first:
        yield first
    left = n - first
    chosen = min(left, max(0, MOST - number - first))
    size = math.ceil((1 - START) * min(end, MOST) / BATCHES)
    size = max(LEAST_BATCH, size)
    for at in range(0, chosen, size):
        yield min(size, chosen - at)
    if left > chosen:
        yield left - chosen


def _fewest(inputs: int) -> int:
    """Return how many runs tell anything: fewer do not fit a linear model."""
    return max(FEWEST, inputs + 1)


def is_chosen(n: int, known: Examples) -> bool:
    """Say whether a batch of `n` inputs is chosen, not spread evenly."""
    there, inputs = known.x.shape
    is_start = there < math.ceil(START * (there + n))
    return _fewest(inputs) <= there < MOST and not is_start


def chosen_after(
    program: Program, known: Examples, n: int, *, seed: int, number: int
) -> np.ndarray:
    """Return `n i` inputs where a Gaussian process over the runs is least sure.

    They are drawn as the program's domain says, and chosen from what is drawn. The same
    examples before give the same.

    Args:
        number: of the examples before.
    """
    generator = np.random.default_rng([seed, STREAM, number])
    several = max(CANDIDATES, 4 * n)
    candidates = draw_inputs(program, several, generator=generator)
    u = normalised(program, known.x)
    wanted = normalised(program, candidates)
    return candidates[next_inputs(u, known.y, wanted, n)]
