"""Jobs on threads, shown as one.

In: jobs of equal length. Out: nothing but what they do. An exception from progress,
Ctrl-C too, ends all of them. Non-goals: what a job is.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import TypeVar

from nsc.finetune.task import Progress

MAX_SHOWN = 16  # jobs that show progress; more would spend their time on it

Job = TypeVar("Job")


def run_jobs(
    run: Callable[[Job, Progress | None], None],
    jobs: Sequence[Job],
    threads: int | None,
    progress: Progress,
    limit: int,
) -> None:
    """Run every job; on one thread in turn, else as many at once as there are threads.

    Args:
        run: does a job, and shows how far it is, if it is asked to.
        threads: None for one per core.
        limit: steps of a job.
    """
    joint = _Joint(progress, len(jobs)) if len(jobs) <= MAX_SHOWN else None

    def run_one(k: int) -> None:
        if joint is None:
            run(jobs[k], None)
            return
        run(jobs[k], partial(joint.show, k))
        joint.steps[k] = limit

    threads = threads or _cores()
    if len(jobs) == 1 or threads == 1:
        for k in range(len(jobs)):
            run_one(k)
        return
    with ThreadPoolExecutor(min(threads, len(jobs))) as pool:
        try:
            for _ in pool.map(run_one, range(len(jobs))):
                pass
        except BaseException as error:  # Ctrl-C reaches this thread alone
            if joint is not None:
                joint.raised = error
            raise


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Joint:
    """Several jobs shown as one: the steps of an average job, the best loss of any."""

    def __init__(self, progress: Progress, jobs: int):
        self.progress = progress
        self.steps = [0] * jobs
        self.best = math.inf
        self.lock = Lock()
        self.raised: BaseException | None = None

    def show(self, job: int, step: int, limit: int, best: float) -> None:
        with self.lock:
            if self.raised:
                raise self.raised
            self.steps[job] = step
            self.best = min(self.best, best)
            mean_step = sum(self.steps) // len(self.steps)
            try:
                self.progress(mean_step, limit, self.best)
            except BaseException as error:
                self.raised = error
                raise
