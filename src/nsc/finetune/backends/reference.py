"""The reference backend: each optimizer's own numpy, what faster ones are proven equal to.

In: a checked task. Out: `Outcome`. Non-goals: speed beyond BLAS, threads.
"""

from __future__ import annotations

from typing import Any

from threadpoolctl import (  # pyright: ignore[reportMissingTypeStubs]  # has none
    threadpool_limits,
)

from nsc.finetune.task import Optimizer, Outcome, Progress, Settings, Task


def run_reference(
    optimizer: Optimizer[Any],
    task: Task,
    settings: Settings,
    threads: int | None,
    progress: Progress,
) -> Outcome:
    """Run an optimizer's reference, whatever the number of threads."""
    # small matrices: threads cost more than they give, and change bits
    with threadpool_limits(1, "blas"):
        return optimizer.reference(task, settings, progress)
