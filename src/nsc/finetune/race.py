"""Several starts race; the best on validation goes on.

In: starts `p w`, data of one surrogate. Out: one `FinetuneResult` with p = 1.
Non-goals: where the starts came from.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nsc.finetune.engine import (
    FinetuneConfig,
    FinetuneData,
    FinetuneResult,
    Progress,
    finetune,
)
from nsc.surrogate import Topology

RACE_STEPS = 80
# validation examples that a compiled start is worth against a random one; chosen on
# validation programs
TRUST = 30
# the same for a start that heeded predictions, against one that did not
TRUST_PREDICTIONS = 3


def handicap(n_validation: int, trust: float = TRUST) -> float:
    """Return by how much a random start's validation loss counts more than a compiled
    one's.

    A few examples say little: the smallest of many losses on them is small by luck.
    With a single example in all, which is training and validation alike, there is none
    to choose by (0), and a random start cannot win.

    Args:
        trust: how many validation examples the other start is worth.
    """
    return 1.0 + trust / n_validation if n_validation else 1e30


def finetune_best_of(
    starts: np.ndarray,
    topology: Topology,
    data: FinetuneData,
    config: FinetuneConfig,
    *,
    handicaps: np.ndarray | None = None,
    backend: str = "cpu",
    progress: Progress = lambda step, limit, best: None,
) -> tuple[FinetuneResult, int]:
    """Finetune every start for a short race, then the best to the end.

    Args:
        handicaps: factors of the starts' validation losses, `p`; default 1.

    Returns:
        The result of the winner on validation (its curve includes the race), and its
        number.
    """
    starts = np.atleast_2d(starts)
    handicaps = np.ones(len(starts)) if handicaps is None else handicaps
    if len(starts) == 1 or config.optimizer != "lm" or config.steps <= RACE_STEPS:
        result = finetune(
            starts, topology, data, config, backend=backend, progress=progress
        )
        winner = int(np.argmin(result.best_validation * handicaps))
        return _only(result, winner), winner
    race = finetune(
        starts,
        topology,
        data,
        replace(config, steps=RACE_STEPS),
        backend=backend,
        progress=progress,
    )
    winner = int(np.argmin(race.best_validation * handicaps))
    rest = replace(config, steps=config.steps - RACE_STEPS, damping=1e-3)
    last = finetune(
        race.w_final[winner], topology, data, rest, backend=backend, progress=progress
    )
    joined = _continued(_only(race, winner), last)
    return replace(joined, seconds=race.seconds + last.seconds), winner


def _only(result: FinetuneResult, k: int) -> FinetuneResult:
    one = slice(k, k + 1)
    length = int(np.isfinite(result.train_loss[k]).sum())
    curves = {
        name: getattr(result, name)[one, :length]
        for name in ("train_loss", "validation_loss", "test_loss")
    }
    return replace(
        result,
        w=result.w[one],
        w_final=result.w_final[one],
        best_step=result.best_step[one],
        stopped=(result.stopped[k],),
        **curves,
    )


def _continued(first: FinetuneResult, second: FinetuneResult) -> FinetuneResult:
    """Join a race and its continuation into one history."""
    steps = first.train_loss.shape[1] - 1
    second_better = second.best_validation[0] < first.best_validation[0]
    return replace(
        second,
        w=second.w if second_better else first.w,
        best_step=second.best_step + steps if second_better else first.best_step,
        train_loss=np.concatenate([first.train_loss, second.train_loss[:, 1:]], axis=1),
        validation_loss=np.concatenate(
            [first.validation_loss, second.validation_loss[:, 1:]], axis=1
        ),
        test_loss=np.concatenate([first.test_loss, second.test_loss[:, 1:]], axis=1),
    )
