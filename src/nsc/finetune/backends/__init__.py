"""How finetuning is computed: numpy, which defines what is correct, and fused C.

A backend is a function of an optimizer's row, a checked task, settings, a number of
threads and progress. To add one: its file, its row here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nsc.finetune.backends.cpu import run_cpu
from nsc.finetune.backends.reference import run_reference
from nsc.finetune.task import Optimizer, Outcome, Progress, Settings, Task

Backend = Callable[
    [Optimizer[Any], Task, Settings, int | None, Progress], Outcome
]

BACKENDS: dict[str, Backend] = {"cpu": run_cpu, "reference": run_reference}
