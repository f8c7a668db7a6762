# ruff: noqa: F722 (axes, not forward references)
"""Finetuning of many surrogates: one seam for every optimizer and backend.

In: parameters `p w`, a topology, examples, settings. Out: `FinetuneResult`, which names
its backend.
Non-goals: programs, where `w` came from, units (the caller standardises outputs).
"""

from __future__ import annotations

import time

import numpy as np
from jaxtyping import Float

from nsc.errors import InputError
from nsc.finetune.backends import BACKENDS
from nsc.finetune.checks import checked
from nsc.finetune.optimizers import check_abilities, optimizer_of
from nsc.finetune.task import (
    FinetuneData,
    FinetuneResult,
    Progress,
    Settings,
    show_nothing,
)
from nsc.surrogate import Topology


def finetune(
    w: Float[np.ndarray, "*p w"],
    topology: Topology,
    data: FinetuneData,
    settings: Settings,
    *,
    threads: int | None = None,
    progress: Progress = show_nothing,
) -> FinetuneResult:
    """Finetune surrogates on their examples.

    Deterministic: full batches, no randomness; each surrogate's bits do not depend on
    its neighbours, on their order or on the number of threads.

    Example: finetune(w, COVERING, data, LmSettings(steps=800)).best_validation

    Args:
        w: `p w` or `w`.
        settings: of an optimizer; they name the backend too.
        threads: of the cpu backend; default one per core.

    Raises:
        InputError: unknown backend, shapes that do not fit, NaN or infinite examples,
            what the optimizer cannot do (too many parameters, weights).
    """
    if settings.backend not in BACKENDS:
        known = ", ".join(BACKENDS)
        raise InputError(
            f"unknown finetuning backend '{settings.backend}'; known are {known}"
        )
    optimizer = optimizer_of(settings)
    task = checked(w, topology, data)
    check_abilities(settings, topology, task.data)
    run = BACKENDS[settings.backend]
    started = time.perf_counter()
    found = run(optimizer, task, settings, threads, progress)
    return FinetuneResult(
        w=found.w,
        w_final=found.w_final,
        train_loss=found.train_loss,
        validation_loss=found.validation_loss,
        test_loss=found.test_loss,
        best_step=found.best_step,
        stopped=found.stopped,
        optimizer=optimizer.name,
        backend=settings.backend,
        seconds=time.perf_counter() - started,
    )
