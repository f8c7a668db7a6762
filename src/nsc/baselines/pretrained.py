"""`pretrained`: one network trained on the examples of all programs, text ignored.

In: tasks. Out: parameters of 9-4-4-1, a row a seed. Source: ICML 2024, section 5.1.3
("dataset-tailored"): Adam at 0.01; three seeds.

Programs share their inputs, and a network that ignores text gives all programs of one
arity the same output at one input. So the sum of squared errors over these programs is
their number times (f(x) - their mean output)^2, and a constant: the objective over all
programs is a weighted regression with at most 9 rows an input. It is computed exactly,
in full batches. Non-goals: minibatches, which are noisy estimates of the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nsc.baselines.derivatives import Examples, loss_and_gradient
from nsc.baselines.tasks import TRAINING, Tasks, masked
from nsc.finetune import AdamState
from nsc.record import shared_inputs
from nsc.surrogate import COVERING, random_parameters

LEARNING_RATE = 0.01
STEPS = 5000
SHOW_EVERY = 500

OnStep = Callable[[int, float], None]  # told the step and the mean loss


def regression_of(tasks: Tasks, n: int = TRAINING) -> tuple[Examples, float]:
    """Reduce all programs' examples on the first n inputs to a weighted regression.

    Returns:
        The examples, `1 r 9` and `1 r`, and the constant that their weighted squared
        errors lack to the mean squared error over all programs and inputs.
    """
    inputs: list[np.ndarray] = []
    means: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    constant = 0.0
    values = tasks.outputs[:, :n].astype(np.float64)
    total = values.size
    for arity in np.unique(tasks.arity):
        own = values[tasks.arity == arity]
        mean = own.mean(axis=0)
        constant += float(((own - mean) ** 2).sum()) / total
        inputs.append(masked(shared_inputs()[:n], np.array([arity]))[0])
        means.append(mean)
        weights.append(np.full(n, len(own) / total))
    return (
        Examples(
            np.concatenate(inputs)[None],
            np.concatenate(means)[None],
            np.concatenate(weights)[None],
        ),
        constant,
    )


def train_pretrained(
    tasks: Tasks,
    seeds: list[int],
    on_step: OnStep,
    *,
    steps: int = STEPS,
) -> np.ndarray:
    """Train a network for each seed, which draws where it starts; `s 65`."""
    examples, constant = regression_of(tasks)
    repeated = Examples(
        *(
            np.repeat(a, len(seeds), axis=0)
            for a in (examples.x, examples.y, examples.weights)
        )
    )
    state = AdamState.start(
        np.stack([random_parameters(COVERING, seed=s) for s in seeds])
    )
    while state.step < steps:
        loss, slope = loss_and_gradient(state.w, COVERING, repeated)
        if state.step % SHOW_EVERY == 0:
            on_step(state.step, float(loss.mean()) + constant)
        state = state.updated(slope, LEARNING_RATE)
    loss, _ = loss_and_gradient(state.w, COVERING, repeated)
    on_step(state.step, float(loss.mean()) + constant)
    return state.w
