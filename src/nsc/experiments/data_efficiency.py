"""Data efficiency (ICML 2024, section 5.2): the test loss after finetuning on a share.

In: a `Job`. Out: a `Measured` for every program, size and trial. A trial draws a share
of a program's training examples, the same for all initialisations, 80:20 for training
and validation. The value is the test loss where validation was best; with Adam,
validation is measured before training, after every third epoch and after training, the
test loss whenever validation is at its best so far. Without examples it is that of the
start. Starts that race do so as in `nsc compile`. Levenberg-Marquardt learns
standardised outputs; losses are in the program's units.
Non-goals: improvements (statistics.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nsc.experiments.job import Job, Measured, Task, bounded
from nsc.experiments.races import raced, racers
from nsc.experiments.starts import STARTS
from nsc.finetune import (
    FinetuneData,
    Score,
    Trial,
    share_examples,
    share_of,
    sweep,
)
from nsc.surrogate import (
    COVERING,
    Topology,
    forward,
    pad_inputs,
    scale_outputs,
)

SEEDS = 1000  # of trials, that other seeds do not share
Cell = tuple[Task, float, int]


def measure(job: Job) -> list[Measured]:
    """Finetune every program of a job on every share."""
    cells = {
        f"{k}/{size}/{trial}": (task, size, trial)
        for k, task in enumerate(job.tasks)
        for size in job.protocol.sizes
        for trial in job.trials
    }
    if STARTS[job.initial].races_as:
        return [_raced(job, *cell) for cell in cells.values()]
    scores = sweep(
        _trials(job, cells), COVERING, job.protocol.settings, threads=1
    )
    return [_measured(score, job, cells[score.key]) for score in scores]


def _raced(job: Job, task: Task, size: float, trial: int) -> Measured:
    """Let starts race on the examples of a trial, split as for the others."""
    s = task.subject
    row = STARTS[job.initial]
    x, y = share_examples(
        s.x_train, s.y_train, share=size, seed=examples_seed(job, trial)
    )
    drawn = job.start(task, trial)
    start = racers(row.races_as, s, job.sources.compnet, drawn, row.topology)
    seed = examples_seed(job, trial)
    w = raced(row.races_as, start, x, y, job.protocol.steps, seed)
    return Measured(
        s.name,
        size,
        trial,
        value=bounded(test_loss(w, task, row.topology)),
        start=bounded(test_loss(start.w, task, row.topology)),
        step=0,
    )


def test_loss(
    w: np.ndarray, task: Task, topology: Topology = COVERING
) -> float:
    s = task.subject
    found = forward(w, topology, pad_inputs(s.x_test, topology))
    return float(((found - s.y_test) ** 2).mean())


def examples_seed(job: Job, trial: int) -> int:
    """Return the seed of a trial's examples, the same for all starts."""
    return SEEDS * job.protocol.seed + trial


def _trials(job: Job, cells: dict[str, Cell]) -> Iterator[Trial]:
    for key, (task, size, trial) in cells.items():
        data = _examples(job, task, size, trial)
        mean, spread = scale_of(data, job.protocol.optimizer)
        yield Trial(
            key,
            partial(_in_units, job, task, trial, mean, spread),
            standardised(data, mean, spread),
        )


def _examples(job: Job, task: Task, size: float, trial: int) -> FinetuneData:
    """Draw the examples of a trial; smaller shares are part of larger ones."""
    s = task.subject
    return share_of(
        s.x_train,
        s.y_train,
        share=size,
        seed=examples_seed(job, trial),
        x_test=s.x_test,
        y_test=s.y_test,
    )


def scale_of(data: FinetuneData, optimizer: str) -> tuple[float, float]:
    """Return (mean, spread) that a program's outputs are standardised with; Adam's are not."""
    y = data.y_train
    if optimizer == "adam" or len(y) < 2 or y.std() == 0:
        return 0.0, 1.0
    return float(y.mean()), float(y.std())


def standardised(
    data: FinetuneData, mean: float, spread: float
) -> FinetuneData:
    y_test = data.y_test
    return FinetuneData(
        data.x_train,
        (data.y_train - mean) / spread,
        data.x_validation,
        (data.y_validation - mean) / spread,
        data.x_test,
        None if y_test is None else (y_test - mean) / spread,
    )


def _in_units(
    job: Job, task: Task, trial: int, mean: float, spread: float
) -> np.ndarray:
    """Carry a start to standardised outputs."""
    w = job.start(task, trial)
    gain = np.array([1 / spread])
    shift = np.array([-mean / spread])
    return scale_outputs(w, COVERING, gain, shift)


def _measured(score: Score, job: Job, cell: Cell) -> Measured:
    task, size, trial = cell
    data = _examples(job, task, size, trial)
    unit = scale_of(data, job.protocol.optimizer)[1] ** 2
    return Measured(
        task.subject.name,
        size,
        trial,
        value=bounded(unit * score.test),
        start=bounded(unit * score.test_start),
        step=score.best_step,
    )
