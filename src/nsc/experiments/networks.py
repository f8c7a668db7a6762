"""The surrogates that an application calls: each trained on a share of its examples.

In: a `Job` of applications. Out: parameters of each part, size and trial, before and
after training, in the program's units. A trial draws a share as for the data
efficiency; parameters are those where validation was best. Applications of a job that
call the same program share its surrogates.
Non-goals: what applications make of them (applications.py, quantization.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from nsc.experiments.data_efficiency import (
    examples_seed,
    scale_of,
    standardised,
)
from nsc.experiments.job import Job, Task
from nsc.experiments.races import raced, racers
from nsc.experiments.starts import STARTS
from nsc.experiments.subject import Subject
from nsc.finetune import FinetuneData, finetune, share_examples, share_of
from nsc.surrogate import Topology, forward, pad_inputs, scale_outputs


@dataclass(frozen=True, eq=False)
class Network:
    """A surrogate, in the program's units.

    Args:
        part: the program that it stands for.
        w: `w`.
    """

    part: Subject
    w: np.ndarray

    def __call__(
        self, x: np.ndarray, kind: type[np.floating] = np.float64
    ) -> np.ndarray:
        """Evaluate it at `n i`, inputs in [-1, 1]; `n o`."""
        topology = self.part.topology
        padded = pad_inputs(np.asarray(x, kind), topology)
        return forward(self.w, topology, padded, kind=kind)


@dataclass(frozen=True, eq=False)
class Trained:
    """The networks of one application in one trial.

    Args:
        start, end: one for each part, before and after training.
    """

    task: Task
    size: float
    trial: int
    start: tuple[Network, ...]
    end: tuple[Network, ...]


def trained(job: Job) -> Iterator[Trained]:
    """Yield every application's networks, for every size and trial."""
    parts = {p.subject.name: p for task in job.tasks for p in task.parts}
    for size in job.protocol.sizes:
        found = {name: _pairs(job, part, size) for name, part in parts.items()}
        for task in job.tasks:
            for k, trial in enumerate(job.trials):
                pairs = [
                    (p.subject, found[p.subject.name][k]) for p in task.parts
                ]
                yield Trained(
                    task,
                    size,
                    trial,
                    tuple(Network(part, w[0]) for part, w in pairs),
                    tuple(Network(part, w[1]) for part, w in pairs),
                )


def _pairs(
    job: Job, part: Task, size: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (start, end) of every trial of one program."""
    if STARTS[job.initial].races_as:
        return [_raced(job, part, size, trial) for trial in job.trials]
    starts = np.stack([job.start(part, trial) for trial in job.trials])
    s = part.subject
    data = [
        share_of(
            s.x_train, s.y_train, share=size, seed=examples_seed(job, trial)
        )
        for trial in job.trials
    ]
    ends = finetuned(job, starts, s.topology, data)
    return list(zip(starts, ends, strict=True))


def _raced(
    job: Job, part: Task, size: float, trial: int
) -> tuple[np.ndarray, np.ndarray]:
    s = part.subject
    seed = examples_seed(job, trial)
    x, y = share_examples(s.x_train, s.y_train, share=size, seed=seed)
    row = STARTS[job.initial].races_as
    start = racers(row, s, job.sources.compnet, job.start(part, trial))
    return start.w, raced(row, start, x, y, job.protocol.steps, seed)


def finetuned(
    job: Job,
    starts: np.ndarray,
    topology: Topology,
    data: Iterable[FinetuneData],
) -> np.ndarray:
    """Finetune from `t w`, a trial each; parameters where validation was best.

    Args:
        data: of each trial, alike in shape, outputs in the program's units.
    """
    examples = list(data)
    if not len(examples[0].x_train):
        return starts
    scales = [scale_of(d, job.protocol.optimizer) for d in examples]
    pairs = list(zip(starts, scales, strict=True))
    w = np.stack([_to_standard(w, topology, *scale) for w, scale in pairs])
    stacked = _stacked(
        standardised(d, *scale)
        for d, scale in zip(examples, scales, strict=True)
    )
    found = finetune(w, topology, stacked, job.protocol.settings, threads=1)
    ends = zip(found.w, scales, strict=True)
    return np.stack([_to_units(w, topology, *scale) for w, scale in ends])


def _to_standard(
    w: np.ndarray, topology: Topology, mean: float, spread: float
) -> np.ndarray:
    gain = np.array([1 / spread])
    return scale_outputs(w, topology, gain, np.array([-mean / spread]))


def _to_units(
    w: np.ndarray, topology: Topology, mean: float, spread: float
) -> np.ndarray:
    return scale_outputs(w, topology, np.array([spread]), np.array([mean]))


def _stacked(data: Iterable[FinetuneData]) -> FinetuneData:
    """Put the examples of trials one behind the other, `t n i`."""
    arrays = zip(*(d.arrays()[:4] for d in data), strict=True)
    stack = partial(np.stack, axis=0)
    return FinetuneData(*map(stack, arrays))
