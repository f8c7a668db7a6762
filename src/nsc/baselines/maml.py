"""`maml`: parameters from which one step of gradient descent helps most programs.

In: tasks. Out: parameters of 9-4-4-1, a row a seed. Source: ICML 2024, appendix F
(alpha = beta = 0.01; an epoch takes one batch from each of two copies of the training
data, steps on the first and is judged on the second); Finn et al. (2017), algorithm 1.

A task is a program. Both batches of an epoch are examples of the same programs, drawn
apart, for what is learned from a program says something of that program alone. The
outer step is Adam's, with beta as its learning rate. The first-order variant leaves
the Hessian out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.baselines.derivatives import (
    Examples,
    hessian_product,
    loss_and_gradient,
)
from nsc.baselines.pretrained import OnStep
from nsc.baselines.tasks import TRAINING, Tasks
from nsc.finetune import AdamState
from nsc.surrogate import COVERING, random_parameters


@dataclass(frozen=True, kw_only=True)
class MamlConfig:
    """How MAML trains.

    Args:
        is_second_order: whether the outer gradient goes through the inner step.
        epochs: each is one outer step.
        programs: in a batch.
        examples: of each program, in a batch.
        alpha, beta: learning rates of the inner and the outer step.
    """

    is_second_order: bool
    epochs: int = 6000
    programs: int = 32
    examples: int = 32
    alpha: float = 0.01
    beta: float = 0.01


SHOW_EVERY = 1000


def meta_gradient(
    w: np.ndarray, inner: Examples, outer: Examples, config: MamlConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Return each program's loss after the inner step, `p`, and its gradient by w.

    With w' = w - alpha g(w) and H the inner loss's Hessian at w, it is (1 - alpha H)
    times the outer gradient at w'.

    Args:
        w: `w`, before the inner step.
    """
    shared = np.broadcast_to(w, (len(inner.y), len(w)))
    _, slope = loss_and_gradient(shared, COVERING, inner)
    stepped = shared - config.alpha * slope
    loss, gradient = loss_and_gradient(stepped, COVERING, outer)
    if config.is_second_order:
        curved = hessian_product(shared, COVERING, inner, gradient)
        gradient = gradient - config.alpha * curved
    return loss, gradient


def train_maml(
    tasks: Tasks, seed: int, config: MamlConfig, on_step: OnStep
) -> np.ndarray:
    """Train from one seed, which draws the start and the batches; `w`."""
    generator = np.random.default_rng(seed)
    state = AdamState.start(random_parameters(COVERING, seed=seed)[None])
    recent: list[float] = []
    while state.step < config.epochs:
        inner, outer = _batches(tasks, config, generator)
        loss, gradient = meta_gradient(state.w[0], inner, outer, config)
        recent.append(float(loss.mean()))
        state = state.updated(gradient.mean(axis=0)[None], config.beta)
        if state.step % SHOW_EVERY == 0 or state.step == config.epochs:
            on_step(state.step, float(np.mean(recent)))
            recent.clear()
    return state.w[0]


def _batches(
    tasks: Tasks, config: MamlConfig, generator: np.random.Generator
) -> tuple[Examples, Examples]:
    """Draw programs, and for each batch examples of them, without replacement."""
    count = min(config.programs, len(tasks))
    chosen = tasks.select(generator.choice(len(tasks), count, replace=False))

    def drawn() -> Examples:
        rows = generator.choice(TRAINING, config.examples, replace=False)
        outputs = chosen.outputs[:, rows].astype(np.float64)
        return Examples.mean(chosen.inputs(rows), outputs)

    return drawn(), drawn()
