"""Ablation: several outputs from one network, its last layer cloned, or from one each.

In: a `Job` of programs with two outputs. Out: the mean over outputs of the test loss,
each over the variance of its output. The papers clone the output of a network that
starts one output (ICML 2024, section 3): it is trained on both, and hidden units are
shared. Non-goals: comparing both (ablations.py).
"""

from __future__ import annotations

import numpy as np

from nsc.experiments.data_efficiency import examples_seed
from nsc.experiments.job import Job, Measured, Task, bounded
from nsc.experiments.networks import finetuned, trained
from nsc.experiments.starts import STARTS
from nsc.finetune import share_of
from nsc.surrogate import COVERING, clone_outputs, forward, pad_inputs


def measure_separate(job: Job) -> list[Measured]:
    """Train a network for each output."""
    rows = []
    for found in trained(job):
        start, end = (
            np.hstack([n(n.part.x_test) for n in networks])
            for networks in (found.start, found.end)
        )
        key = found.task, found.size, found.trial
        rows.append(_measured(*key, start, end))
    return rows


def measure_cloned(job: Job) -> list[Measured]:
    """Train one network for both outputs; it starts as the first output's."""
    assert not STARTS[job.initial].races_as, "races have one output"
    return [
        measured
        for task in job.tasks
        for size in job.protocol.sizes
        for measured in _cloned(job, task, size)
    ]


def _cloned(job: Job, task: Task, size: float) -> list[Measured]:
    parts = task.subject.parts
    first = [job.start(task.parts[0], trial) for trial in job.trials]
    cloned = [clone_outputs(w, COVERING, len(parts)) for w in first]
    topology = cloned[0][1]
    starts = np.stack([w for w, _ in cloned])
    x = parts[0].x_train
    y = np.hstack([part.y_train for part in parts])
    data = [
        share_of(x, y, share=size, seed=examples_seed(job, trial))
        for trial in job.trials
    ]
    ends = finetuned(job, starts, topology, data)
    x_test = pad_inputs(parts[0].x_test, topology)
    return [
        _measured(
            task,
            size,
            trial,
            forward(starts[k], topology, x_test),
            forward(ends[k], topology, x_test),
        )
        for k, trial in enumerate(job.trials)
    ]


def _measured(
    task: Task, size: float, trial: int, start: np.ndarray, end: np.ndarray
) -> Measured:
    exact = np.hstack([part.y_test for part in task.subject.parts])
    first, last = (
        float((((y - exact) ** 2).mean(axis=0) / exact.var(axis=0)).mean())
        for y in (start, end)
    )
    return Measured(
        task.subject.name,
        size,
        trial,
        value=bounded(last),
        start=bounded(first),
        step=0,
    )
