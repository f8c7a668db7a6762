"""Ablation: what stands in the inputs that a program lacks, zero or random numbers.

In: a `Job`. Out: as the data efficiency's, but with inputs up to nine drawn from
[-1, 1], for training and for testing; starts are the same. Zeros are the data
efficiency's own. Non-goals: comparing both (ablations.py).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nsc.experiments import data_efficiency
from nsc.experiments.job import Job, Measured, Task
from nsc.experiments.protocol import seed_of
from nsc.surrogate import COVERING


def measure(job: Job) -> list[Measured]:
    """Measure the data efficiency with random padding."""
    tasks = tuple(map(_padded, job.tasks))
    return data_efficiency.measure(replace(job, tasks=tasks))


def _padded(task: Task) -> Task:
    s = task.subject
    generator = np.random.default_rng(seed_of("padding", s.name))
    lacking = COVERING.n_inputs - s.n_inputs
    train, test = (
        np.hstack([x, generator.uniform(-1, 1, (len(x), lacking))])
        for x in (s.x_train, s.x_test)
    )
    padded = replace(s, x_train=train, x_test=test)
    return replace(task, subject=padded, starts_as=s)
