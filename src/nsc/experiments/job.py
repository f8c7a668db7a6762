"""A piece of an experiment's work, and what is measured in it.

In / Out: frozen values that travel between processes. Non-goals: doing the work
(data_efficiency.py, training_time.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nsc.experiments.protocol import Protocol
from nsc.experiments.starts import STARTS, Sources
from nsc.experiments.subject import Subject

DIVERGED = 1e30  # an error that overflowed, and the largest that counts


@dataclass(frozen=True)
class Task:
    """One program of a job.

    Args:
        partner: another program with as many inputs, for mismatched text.
        target: the test loss to reach, where the experiment has one.
        starts_as: the program that is started, where `subject` has other inputs.
    """

    subject: Subject
    partner: Subject | None = None
    target: float | None = None
    starts_as: Subject | None = None

    @property
    def started(self) -> Subject:
        """What an initialiser gets to see."""
        return self.starts_as or self.subject

    @property
    def parts(self) -> tuple[Task, ...]:
        """What is trained for an application: a task for each program it calls."""
        if not self.subject.parts:
            return (self,)
        other = self.partner
        others = () if other is None else other.parts or (other,)
        return tuple(
            Task(part, others[k % len(others)] if others else None)
            for k, part in enumerate(self.subject.parts)
        )


@dataclass(frozen=True)
class Job:
    """The trials of one initialisation on a few programs.

    Args:
        experiment, initial: names of rows.
        trials: numbers of those to do.
    """

    experiment: str
    initial: str
    protocol: Protocol
    sources: Sources
    tasks: tuple[Task, ...]
    trials: tuple[int, ...]

    def start(self, task: Task, trial: int) -> np.ndarray:
        """Return where a trial starts, `w` of 9-4-4-1 in the program's units."""
        made = _starts(self.initial, task.started, task.partner, self.sources)
        return made[trial % len(made)]

    def fallback(self, task: Task) -> str:
        """Say what the start is instead, where it cannot be what it is called."""
        row = STARTS[self.initial]
        found = (row.falls_back(t.started, t.partner) for t in task.parts)
        return ", ".join(dict.fromkeys(why for why in found if why))


@lru_cache(maxsize=64)
def _starts(
    initial: str, subject: Subject, partner: Subject | None, sources: Sources
) -> np.ndarray:
    return STARTS[initial].make(subject, partner, sources)


@dataclass(frozen=True)
class Measured:
    """What one trial gave.

    Args:
        program, size, trial: which.
        value: what improvements are ratios of: a test loss, or epochs.
        start: the test loss before any training.
        step: at which the value was measured.
        is_complete: False where the cap was met first.
        fallback: what the start was instead, "" where it was what it is called; None
            where nobody looked.
        w: the parameters of a surrogate that a figure needs.
    """

    program: str
    size: float
    trial: int
    value: float
    start: float
    step: int
    is_complete: bool = True
    fallback: str | None = None
    w: list[float] | None = None

    @property
    def key(self) -> tuple[str, float, int]:
        """What tells it from others of its run."""
        return self.program, self.size, self.trial


def bounded(loss: float) -> float:
    """Return a loss that can be averaged: what is NaN or overflowed counts as 1e30."""
    return min(float(np.nan_to_num(loss, nan=DIVERGED)), DIVERGED)
