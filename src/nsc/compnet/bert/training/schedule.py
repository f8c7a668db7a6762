"""Which programs a step of training takes, how far it is, and at which rate it learns.

In: settings, a step. Out: program numbers, numbers. Batches are a function of the seed
and the step alone, so that a resumed run sees the same. Non-goals: learning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from nsc.compnet.bert.training.config import BertTrainConfig

CHUNK = 64  # batches' worth of programs that are sorted by length together


def batches(
    lengths: np.ndarray, size: int, *, seed: int, step: int
) -> Iterator[np.ndarray]:
    """Yield the batches from a step on, for ever.

    Epochs are shuffled; batches hold programs of similar length, for each is padded to
    its longest.

    Args:
        lengths: (p,), of each program in tokens.
        size: programs a batch.

    Yields:
        (size,), program numbers.
    """
    per_epoch = steps_an_epoch(len(lengths), size)
    epoch, position = divmod(step, per_epoch)
    while True:
        generator = np.random.default_rng([seed, epoch])
        shuffled = generator.permutation(len(lengths))
        cuts = range(size * CHUNK, len(shuffled), size * CHUNK)
        order = np.concatenate(
            [
                chunk[np.argsort(lengths[chunk], kind="stable")]
                for chunk in np.array_split(shuffled, cuts)
            ]
        )
        for k in generator.permutation(per_epoch)[position:]:
            yield order[k * size : (k + 1) * size]
        epoch += 1
        position = 0


def steps_an_epoch(programs: int, size: int) -> int:
    """Return how many whole batches there are; at least one."""
    return max(1, programs // size)


def steps_in_all(config: BertTrainConfig, programs: int) -> int | None:
    """Return the steps of a whole run; None where time alone ends it."""
    has_no_budget = config.steps is None and config.seconds is None
    if has_no_budget:
        return config.epochs * steps_an_epoch(programs, config.programs)
    return config.steps


def fraction_done(
    config: BertTrainConfig, programs: int, *, step: int, seconds: float
) -> float:
    """Return the fraction of the budget that is spent.

    It is that of the steps or that of the seconds, whichever is more.
    """
    steps = steps_in_all(config, programs)
    by_steps = step / steps if steps else 0.0
    by_seconds = seconds / config.seconds if config.seconds else 0.0
    return max(by_steps, by_seconds)


def rate_at(config: BertTrainConfig, done: float) -> float:
    """Return the learning rate once a fraction of the budget is spent."""
    factors = {
        "constant": 1.0,
        "linear": 1.0 - done,
        "cosine": 0.5 + 0.5 * math.cos(math.pi * done),
    }
    return config.learning_rate * factors[config.schedule]
