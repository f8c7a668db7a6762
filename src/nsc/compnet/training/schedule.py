"""Which programs a step of training takes, and at which rate it learns.

In: settings, a step. Out: program numbers, numbers. All are functions of the seed and
the step alone, so that a resumed run goes on as if nothing had happened. Non-goals:
learning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from nsc.compnet.training.config import TrainConfig

CHUNK = 20_000  # programs sorted by depth at a time
_LAST_RATE = 0.003  # of the highest rate, what is left of it at the end


def batches(
    depths: np.ndarray, size: int, *, seed: int, step: int
) -> Iterator[np.ndarray]:
    """Yield the batches from a step on, for ever.

    Epochs are shuffled; batches hold programs of nearly the same depth, for each level
    costs as much as it is wide.

    Args:
        depths: (p,), of each program.
        size: programs a batch.

    Yields:
        (size,), program numbers.
    """
    per_epoch = max(1, len(depths) // size)
    epoch, position = divmod(step, per_epoch)
    while True:
        generator = np.random.default_rng([seed, epoch])
        jittered = depths + 2.0 * generator.random(len(depths))
        chunks = np.array_split(
            generator.permutation(len(depths)), max(1, len(depths) // CHUNK)
        )
        order = np.concatenate([c[np.argsort(jittered[c])] for c in chunks])
        for k in generator.permutation(per_epoch)[position:]:
            yield order[k * size : (k + 1) * size]
        epoch += 1
        position = 0


def rate_at(config: TrainConfig, step: int) -> float:
    """Return the learning rate of a step: it warms up, then follows a cosine."""
    done = step / config.steps
    warm = min(1.0, (step + 1) / config.warmup_steps)
    cosine = 0.5 + 0.5 * math.cos(math.pi * done) + _LAST_RATE
    return config.learning_rate * warm * cosine


def eps_at(config: TrainConfig, step: int) -> float:
    """Return the floor inside log(NMSE + eps) of a step, moved geometrically."""
    done = step / config.steps
    return config.eps_from * (config.eps_to / config.eps_from) ** done
