"""Training time (ICML 2024, section 5.3): epochs until a target test loss is reached.

In: a `Job`, its tasks with a target. Out: a `Measured` for every program and trial. The
target is the mean final test loss of some random initialisations, trained to the end on
all training examples. The value is the first measured epoch at which the test loss is
at most the target, before training, after every third epoch or after training; what
never reaches it counts as the cap, and is told. Full batches: trials differ where starts
do. Non-goals: improvements (statistics.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from nsc.experiments.job import Job, Measured, Task, bounded
from nsc.finetune import FinetuneData, FinetuneResult, Settings, finetune
from nsc.surrogate import COVERING, scale_outputs

ALL = 1.0  # of the examples
# (result, which surrogate, task, unit of losses) -> (value, step, was it reached)
Judge = Callable[[FinetuneResult, int, Task, float], tuple[float, int, bool]]


def measure_targets(job: Job) -> list[Measured]:
    """Train to the end; the value is the final test loss."""
    return [
        measured
        for task in job.tasks
        for measured in _each(job, task, job.protocol.settings, _final)
    ]


def measure(job: Job) -> list[Measured]:
    """Train until the target is reached; the value is the epoch."""
    found = []
    for task in job.tasks:
        assert task.target is not None, "a target was measured before"
        unit = _spread(job, task) ** 2
        settings = job.protocol.settings_until(task.target / unit)
        judge = partial(_first_reached, job.protocol.steps)
        found += _each(job, task, settings, judge)
    return found


def _each(
    job: Job, task: Task, settings: Settings, judge: Judge
) -> list[Measured]:
    """Train from every trial's start, test examples in the place of validation: so
    they are measured each time. Adam chooses nothing by them; Levenberg-Marquardt ends
    where they get no better for long.
    """
    found = _trained(job, task, settings)
    unit = _spread(job, task) ** 2
    rows = []
    for k, trial in enumerate(job.trials):
        value, step, is_complete = judge(found, k, task, unit)
        rows.append(
            Measured(
                task.subject.name,
                ALL,
                trial,
                value=value,
                start=bounded(unit * float(found.validation_loss[k, 0])),
                step=step,
                is_complete=is_complete,
            )
        )
    return rows


def _trained(job: Job, task: Task, settings: Settings) -> FinetuneResult:
    s = task.subject
    spread = _spread(job, task)
    mean = 0.0 if job.protocol.optimizer == "adam" else s.y_train.mean()
    gain = np.array([1 / spread])
    shift = np.array([-mean / spread])
    starts = [job.start(task, trial) for trial in job.trials]
    w = np.stack([scale_outputs(w, COVERING, gain, shift) for w in starts])
    y = ((s.y_train - mean) / spread)[None]
    y_test = ((s.y_test - mean) / spread)[None]
    data = FinetuneData(s.x_train[None], y, s.x_test[None], y_test)
    return finetune(w, COVERING, data, settings, threads=1)


def _spread(job: Job, task: Task) -> float:
    """Return what outputs are divided by: Adam's are not standardised."""
    spread = float(task.subject.y_train.std())
    return 1.0 if job.protocol.optimizer == "adam" or not spread else spread


def _final(
    found: FinetuneResult, k: int, task: Task, unit: float
) -> tuple[float, int, bool]:
    """Return the last test loss that was measured."""
    curve = found.validation_loss[k]
    last = int(np.flatnonzero(np.isfinite(curve))[-1:].sum())
    return bounded(unit * float(curve[last])), last, True


def _first_reached(
    cap: int, found: FinetuneResult, k: int, task: Task, unit: float
) -> tuple[float, int, bool]:
    """Return the first epoch with at most the target; the kernel's word counts, for
    it compares in its own precision.
    """
    if found.stopped[k] == "target":
        epoch = int(found.best_step[k])
        return float(epoch), epoch, True
    assert task.target is not None, "a target was measured before"
    curve = unit * found.validation_loss[k]
    reached = np.flatnonzero(curve <= task.target)
    if not len(reached):
        return float(cap), cap, False
    return float(reached[0]), int(reached[0]), True
