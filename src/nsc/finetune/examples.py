# ruff: noqa: F722 (axes, not forward references)
"""Examples parted into training and validation.

In: examples `n i`, `n o`. Out: `FinetuneData`. Non-goals: where they came from.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nsc.errors import InputError
from nsc.finetune.task import FinetuneData

# ICML 2024, section 5: 80:20
VALIDATION_FRACTION = 0.2


def split_examples(
    x: Float[np.ndarray, "n i"],
    y: Float[np.ndarray, "n o"],
    *,
    seed: int,
    validation_fraction: float = VALIDATION_FRACTION,
) -> FinetuneData:
    """Split examples at random into training and validation, 80:20.

    At least one example goes to each side; a single example serves as both.

    Example: 100 examples become x_train `1 80 i` and x_validation `1 20 i`.

    Raises:
        InputError: there are none.
    """
    n = len(x)
    if n == 0:
        raise InputError(
            "there are no examples to finetune on; a budget of 0 is the zero-shot mode"
        )
    order = np.random.default_rng(seed).permutation(n)
    wanted = max(1, round(n * validation_fraction))
    held = min(wanted, max(n - 1, 1))
    validation = order[:held]
    train = order if n == 1 else order[held:]
    return FinetuneData(
        x[None, train],
        y[None, train],
        x[None, validation],
        y[None, validation],
    )
