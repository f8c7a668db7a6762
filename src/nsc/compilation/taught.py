"""The finetuning of a member that has a teacher beside its examples.

In: a `Start`, examples. Out: `MemberResult`. A teacher gives any number of values whose
error was measured on the examples: a network learns from both together, and what it is
then worth (the teacher's error and its own beside the teacher) is compared with what
examples alone gave. Non-goals: who teaches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nsc.compilation.config import CompilationConfig
from nsc.compilation.oracle import Examples
from nsc.compilation.race import (
    Array,
    MemberResult,
    finetune_member,
    random_entrants,
)
from nsc.compilation.start import Start
from nsc.finetune import (
    FinetuneData,
    FinetuneResult,
    Predictions,
    Scale,
    finetune_best_of,
    handicap,
    split_examples,
)
from nsc.finetune import Progress as FinetuneProgress
from nsc.surrogate import Member, forward, pad_inputs

# validation examples below which these do not tell what examples alone gave
FEW_TO_JUDGE = 10

# adds to starts, one a member, what examples allow to predict
Teach = Callable[[tuple[Start, ...], Examples], tuple[Start, ...]]


def no_teacher(
    starts: tuple[Start, ...], examples: Examples
) -> tuple[Start, ...]:
    """Leave starts as they are."""
    return starts


def finetune_taught(
    start: Start,
    u: Array,
    y: Array,
    *,
    number: int,
    config: CompilationConfig,
    progress: FinetuneProgress,
) -> MemberResult:
    """Finetune one member on examples, and with its teacher where that is better.

    Args: as of `finetune_member`.
    """
    alone = finetune_member(
        replace(start, taught=None),
        u,
        y,
        number=number,
        config=config,
        progress=progress,
    )
    if not can_teach(start):
        return alone
    found = finetune_by_teacher(
        start, Examples(u, y), (number, config, progress)
    )
    return found if is_better(found, alone, start, y) else alone


def can_teach(start: Start) -> bool:
    """Say whether a start has a teacher whose error was measured."""
    nmse = None if start.taught is None else start.taught.nmse
    return nmse is not None and bool(np.isfinite(nmse))


def is_better(
    found: MemberResult, alone: MemberResult, start: Start, y: Array
) -> bool:
    """Say whether what learned from a teacher is better than what examples gave."""
    taught = start.taught
    assert taught is not None, "only a taught start has a teacher"
    scale = Scale.of(np.concatenate([y, taught.y]))
    error = _error_of(alone, taught, scale)
    # nor where either is NaN
    return found.error is not None and found.error < error


def finetune_by_teacher(
    start: Start,
    examples: Examples,
    how: tuple[int, CompilationConfig, FinetuneProgress],
) -> MemberResult:
    """Finetune one member on examples and its teacher's values.

    Args:
        how: number of the member, limits, progress.
    """
    taught = start.taught
    assert taught is not None, "only a taught start has a teacher"
    assert taught.nmse is not None, "only a measured teacher teaches"
    found, winner, scale = _with_teacher(start, examples, taught, how)
    w = scale.out_of(found.w[0], start.topology)
    return MemberResult(
        Member(start.topology, w),
        found,
        f"{taught.source}, {winner}",
        n_validation=0,
        error=taught.nmse + float(found.best_validation[0]),
        is_taught=True,
    )


def _error_of(alone: MemberResult, taught: Predictions, scale: Scale) -> float:
    """Return what examples alone gave: its error where it was not learned from.

    Few examples to validate on say little, the smallest of many losses being small by
    luck; then the teacher's values judge, as far as they are right themselves.
    """
    if alone.n_validation >= FEW_TO_JUDGE:
        error = float(alone.result.best_validation[0])
        return error * handicap(alone.n_validation)
    assert taught.nmse is not None, "only a measured teacher is compared"
    topology = alone.member.topology
    found = forward(alone.member.w, topology, pad_inputs(taught.x, topology))
    missed = scale.standardise(found) - scale.standardise(taught.y)
    return float((missed**2).mean()) - taught.doubt * taught.nmse


def _with_teacher(
    start: Start,
    examples: Examples,
    taught: Predictions,
    how: tuple[int, CompilationConfig, FinetuneProgress],
) -> tuple[FinetuneResult, str, Scale]:
    """Race all starts on examples and the teacher's values; some of these validate."""
    number, config, progress = how
    scale = Scale.of(np.concatenate([examples.y, taught.y]))
    values = split_examples(
        taught.x, scale.standardise(taught.y), seed=config.seed
    )
    x = np.concatenate([examples.x, values.x_train[0]])
    y = np.concatenate([scale.standardise(examples.y), values.y_train[0]])
    weights = np.full(len(x), taught.weight)
    weights[: len(examples.x)] = 1.0
    data = FinetuneData(
        x[None],
        y[None],
        values.x_validation,
        values.y_validation,
        weights=weights[None] / weights.mean()
        if taught.can_weigh(config.finetune)
        else None,
    )
    topology = start.topology
    entrants = [
        (label, scale.into(w, topology)) for label, w in start.candidates
    ]
    entrants += random_entrants(topology, x.shape[1], number, config)
    found, winner = finetune_best_of(
        np.stack([w for _, w in entrants]),
        topology,
        data,
        config.finetune,
        progress=progress,
    )
    return found, entrants[winner][0], scale
