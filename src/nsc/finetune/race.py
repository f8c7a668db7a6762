# ruff: noqa: F722 (axes, not forward references)
"""Several starts race; the best on validation goes on.

In: starts `p w`, data of one surrogate. Out: one `FinetuneResult` with p = 1.
Non-goals: where the starts came from.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from nsc.finetune.engine import finetune
from nsc.finetune.optimizers import optimizer_of
from nsc.finetune.task import (
    FinetuneData,
    FinetuneResult,
    Progress,
    Settings,
    show_nothing,
)
from nsc.surrogate import Topology

RACE_STEPS = 80
# validation examples that a compiled start is worth against a random one; chosen on
# validation programs
TRUST = 30
# the same for a start that heeded predictions, against one that did not
TRUST_PREDICTIONS = 3
# of a race that nothing can tell: a random start cannot win
HOPELESS = 1e30


def handicap(n_validation: int, trust: float = TRUST) -> float:
    """Return by how much a random start's validation loss counts more than a compiled's.

    A few examples say little: the smallest of many losses on them is small by luck.
    With a single example in all, which is training and validation alike, there is none
    to choose by (0), and a random start cannot win.

    Example: handicap(30) is 2, handicap(300) is 1.1.

    Args:
        trust: how many validation examples the other start is worth.
    """
    if n_validation == 0:
        return HOPELESS
    return 1.0 + trust / n_validation


def finetune_best_of(
    starts: Float[np.ndarray, "*p w"],
    topology: Topology,
    data: FinetuneData,
    settings: Settings,
    *,
    handicaps: Float[np.ndarray, " p"] | None = None,
    progress: Progress = show_nothing,
) -> tuple[FinetuneResult, int]:
    """Finetune every start for a short race, then the best to the end.

    An optimizer that cannot go on from parameters alone takes every start to the end.

    Args:
        starts: `p w` or `w`.
        handicaps: factors of the starts' validation losses, `p`; default 1.

    Returns:
        The result of the winner on validation (its curve includes the race), and its
        number.
    """
    starts = np.atleast_2d(starts)
    if handicaps is None:
        handicaps = np.ones(len(starts))
    continued = optimizer_of(settings).continued
    is_short = len(starts) == 1 or settings.steps <= RACE_STEPS
    if continued is None or is_short:
        result = finetune(starts, topology, data, settings, progress=progress)
        winner = _winner(result, handicaps)
        return _only(result, winner), winner
    short = replace(settings, steps=RACE_STEPS)
    race = finetune(starts, topology, data, short, progress=progress)
    winner = _winner(race, handicaps)
    rest = continued(settings, RACE_STEPS)
    last = finetune(
        race.w_final[winner], topology, data, rest, progress=progress
    )
    joined = _joined(_only(race, winner), last)
    return replace(joined, seconds=race.seconds + last.seconds), winner


def _winner(result: FinetuneResult, handicaps: np.ndarray) -> int:
    return int(np.argmin(result.best_validation * handicaps))


def _only(result: FinetuneResult, k: int) -> FinetuneResult:
    """Return one surrogate of a result, its curves cut where they end."""
    one = slice(k, k + 1)
    length = int(result.steps_run[k]) + 1
    return replace(
        result,
        w=result.w[one],
        w_final=result.w_final[one],
        train_loss=result.train_loss[one, :length],
        validation_loss=result.validation_loss[one, :length],
        test_loss=result.test_loss[one, :length],
        best_step=result.best_step[one],
        stopped=(result.stopped[k],),
    )


def _joined(first: FinetuneResult, second: FinetuneResult) -> FinetuneResult:
    """Join a race and what came after it into one history."""
    steps = first.train_loss.shape[1] - 1
    second_is_better = second.best_validation[0] < first.best_validation[0]
    return replace(
        second,
        w=second.w if second_is_better else first.w,
        best_step=second.best_step + steps
        if second_is_better
        else first.best_step,
        train_loss=_end_to_end(first.train_loss, second.train_loss),
        validation_loss=_end_to_end(
            first.validation_loss, second.validation_loss
        ),
        test_loss=_end_to_end(first.test_loss, second.test_loss),
    )


def _end_to_end(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Join two curves; the second begins where the first ends."""
    return np.concatenate([first, second[:, 1:]], axis=1)
