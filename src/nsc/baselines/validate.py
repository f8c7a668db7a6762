"""How good is a start on programs that it was not trained on? A short answer.

In: starts, tasks. Out: `Gains`: improvements over random starts, untrained and after
finetuning on ten examples. It chooses between variants of a baseline. Non-goals: the
papers' experiments with all their data sizes, and intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.baselines.tasks import TRAINING, Tasks
from nsc.compnet import FLOOR
from nsc.finetune import AdamSettings, FinetuneData, finetune
from nsc.record import SAMPLES
from nsc.surrogate import COVERING, forward, random_parameters

EXAMPLES = 10
TRAINED = 8  # of them; the others validate
MOST = 1000  # programs
_BATCH = 250


@dataclass(frozen=True)
class Gains:
    """Improvements over random starts: geometric means of ratios of test losses.

    Args:
        programs: how many were looked at.
        zero_shot: without training.
        finetuned: after Adam on ten examples, as the papers finetune.
    """

    programs: int
    zero_shot: float
    finetuned: float


def sample(n: int, seed: int) -> np.ndarray:
    """Choose at most `MOST` of n programs, by number."""
    chosen = np.random.default_rng(seed).permutation(n)[:MOST]
    return np.sort(chosen)


def gains_of(starts: np.ndarray, tasks: Tasks, seed: int = 0) -> Gains:
    """Compare starts with random ones on tasks.

    Args:
        starts: `t p w`, of as many trials, for every task.
        seed: of the random starts and the examples.
    """
    logs: list[np.ndarray] = []
    for trial, own in enumerate(starts):
        draw = np.random.default_rng([seed, trial])
        random = np.stack(
            [random_parameters(COVERING, seed=draw) for _ in range(len(tasks))]
        )
        split = int(draw.integers(2**31))
        losses = [_losses(w, tasks, split) for w in (random, own)]
        base, better = (np.maximum(loss, FLOOR) for loss in losses)
        logs.append(np.log(base / better))
    zero_shot, finetuned = np.exp(np.concatenate(logs, axis=1).mean(axis=1))
    return Gains(len(tasks), float(zero_shot), float(finetuned))


def _losses(w: np.ndarray, tasks: Tasks, split: int) -> np.ndarray:
    """Return test losses without training, and after it, `2 p`."""
    parts = [
        _batch_losses(
            w[k : k + _BATCH], tasks.select(np.arange(k, end)), split
        )
        for k in range(0, len(w), _BATCH)
        for end in [min(k + _BATCH, len(w))]
    ]
    return np.concatenate(parts, axis=1)


def _batch_losses(w: np.ndarray, tasks: Tasks, split: int) -> np.ndarray:
    drawn = np.random.default_rng(split).permutation(TRAINING)
    train = drawn[:TRAINED]
    held = drawn[TRAINED:EXAMPLES]
    data = FinetuneData(
        tasks.inputs(train),
        _outputs(tasks, train),
        tasks.inputs(held),
        _outputs(tasks, held),
    )
    found = finetune(w, COVERING, data, AdamSettings.paper(), threads=1)
    test = np.arange(TRAINING, SAMPLES)
    x = tasks.inputs(test)
    y = _outputs(tasks, test)
    return np.stack(
        [
            ((forward(v, COVERING, x) - y) ** 2).mean(axis=(1, 2))
            for v in (w, found.w)
        ]
    )


def _outputs(tasks: Tasks, rows: np.ndarray) -> np.ndarray:
    return tasks.outputs[:, rows, None].astype(np.float64)
