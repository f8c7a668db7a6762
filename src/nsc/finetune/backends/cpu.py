"""The CPU backend: compiled kernels, threads over surrogates.

In: a checked task. Out: `Outcome`, equal to the reference's but for rounding (Adam runs
in float32). Each surrogate's bits depend on its own data only: not on threads, order or
neighbours. Non-goals: building kernels (kernel.py), their data (layout.py).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nsc.errors import InputError
from nsc.finetune.backends.inputs import (
    used_inputs,
    with_inputs,
    with_inputs_put_back,
)
from nsc.finetune.backends.kernel import load_kernel
from nsc.finetune.backends.layout import (
    INTERRUPTED,
    LANES,
    NO_MEMORY,
    LaidOut,
    Run,
    Show,
    address,
    aligned,
    samples_in_lanes,
    settings_struct,
    surrogates_in_lanes,
)
from nsc.finetune.backends.threads import run_jobs
from nsc.finetune.task import (
    STOPS,
    Examples,
    Optimizer,
    Outcome,
    Progress,
    Settings,
    Task,
    stacked,
)

CURVES = 3  # training, validation, test


def run_cpu(
    optimizer: Optimizer[Any],
    task: Task,
    settings: Settings,
    threads: int | None,
    progress: Progress,
) -> Outcome:
    """Finetune surrogates with a compiled optimizer.

    Those that use the same inputs go together, so that nobody's bits depend on what
    others use.
    """
    used = used_inputs(task)
    outcomes: list[Outcome] = []
    members: list[npt.NDArray[np.int64]] = []
    for mask in np.unique(used, axis=0):
        ks = np.flatnonzero((used == mask).all(axis=1))
        is_everyone = len(ks) == len(used)
        group = task if is_everyone else _of_surrogates(task, ks)
        inputs = np.flatnonzero(mask)
        found = _run_group(
            optimizer, group, inputs, settings, threads, progress
        )
        outcomes.append(found)
        members.append(ks)
    if len(outcomes) == 1:
        return outcomes[0]
    return _in_order(stacked(outcomes), np.argsort(np.concatenate(members)))


def _of_surrogates(task: Task, ks: npt.NDArray[np.int64]) -> Task:
    return Task(task.w[ks], task.topology, task.data.of_surrogates(ks))


def _in_order(found: Outcome, order: npt.NDArray[np.int64]) -> Outcome:
    """Return the surrogates of an outcome in another order."""
    return Outcome(
        w=found.w[order],
        w_final=found.w_final[order],
        train_loss=found.train_loss[order],
        validation_loss=found.validation_loss[order],
        test_loss=found.test_loss[order],
        best_step=found.best_step[order],
        stopped=tuple(found.stopped[int(k)] for k in order),
    )


def _run_group(
    optimizer: Optimizer[Any],
    task: Task,
    used: npt.NDArray[np.int64],
    settings: Settings,
    threads: int | None,
    progress: Progress,
) -> Outcome:
    """Finetune surrogates that use the same inputs."""
    small = with_inputs(task, used)

    def show_building(line: str) -> None:
        progress(0, settings.steps, float("nan"))

    library = load_kernel(optimizer, small.topology, show_building)
    call = _Call(library, optimizer, small, settings)
    run_jobs(call.run, call.jobs(), threads, progress, settings.steps)
    width = int(call.ran.max()) + 1
    train, validation, test = call.curves[:, :, :width]
    return Outcome(
        w=with_inputs_put_back(task, used, call.best_w),
        w_final=with_inputs_put_back(task, used, call.w),
        train_loss=train,
        validation_loss=validation,
        test_loss=test,
        best_step=call.best_step,
        stopped=tuple(STOPS[code] for code in call.stopped),
    )


class _Call:
    """One call of the backend: every surrogate's parameters and curves.

    A job is one surrogate, whose examples are the vectors' lanes; or, where they are
    few, several surrogates, one a lane.
    """

    def __init__(
        self,
        library: ctypes.CDLL,
        optimizer: Optimizer[Any],
        task: Task,
        settings: Settings,
    ):
        p = len(task.w)
        self.library = library
        self.optimizer = optimizer
        self.task = task
        self.settings = settings
        self.settings_in_c = settings_struct(settings)
        self.side_by_side = task.data.x_train.shape[1] <= optimizer.lanes_up_to
        self.w = task.w.copy()
        self.best_w = task.w.copy()
        self.curves = np.full((CURVES, p, settings.steps + 1), np.nan)
        self.best_step = np.zeros(p, np.int64)
        self.ran = np.zeros(p, np.int64)
        self.stopped = np.zeros(p, np.int64)

    def jobs(self) -> list[range]:
        """List the surrogates of each job."""
        p = len(self.w)
        size = LANES if self.side_by_side else 1
        return [range(k, min(k + size, p)) for k in range(0, p, size)]

    def run(self, ks: range, progress: Progress | None) -> None:
        """Run a job and keep what it finds."""
        kind = self.optimizer.precision
        empty = LANES - len(ks) if self.side_by_side else 0
        lanes = [
            *ks,
            *[ks[0]] * empty,
        ]  # empty lanes repeat the first surrogate
        sets = self._laid_out(lanes)
        w = aligned((self.w.shape[1], len(lanes)), kind)
        w[:] = self.w[lanes].T
        best_w = aligned(w.shape, kind)
        curves = aligned((CURVES, self.settings.steps + 1, len(lanes)), kind)
        numbers = aligned((3, len(lanes)), np.int32)
        best_step, ran, stopped = numbers
        shown = _Shown(progress, self.settings.steps)
        run = Run(
            self.task.topology.n_inputs,
            *(None if s is None else ctypes.addressof(s.data) for s in sets),
            *map(address, (w, best_w, *curves, best_step, ran, stopped)),
            shown.callback,
        )
        settings = self.settings_in_c
        entry = "nsc_run_lanes" if self.side_by_side else "nsc_run"
        getattr(self.library, entry)(ctypes.byref(settings), ctypes.byref(run))
        shown.raise_caught()
        if (stopped == NO_MEMORY).any():
            topology = self.task.topology
            raise InputError(
                f"there is not enough memory to finetune {topology}"
            )
        for lane, k in enumerate(ks):
            self.w[k] = w[:, lane]
            self.best_w[k] = best_w[:, lane]
            end = int(ran[lane]) + 1
            self.curves[:, k, :end] = curves[:, :end, lane]
            self.best_step[k] = best_step[lane]
            self.ran[k] = ran[lane]
            self.stopped[k] = stopped[lane]

    def _laid_out(self, lanes: Sequence[int]) -> list[LaidOut | None]:
        """Lay out the training, validation and test examples of a job."""
        data = self.task.data
        k = lanes[0]
        weights = None if data.weights is None else data.weights[k]
        found: list[LaidOut | None] = []
        for examples, each in (
            (data.train, weights),
            (data.validation, None),
            (data.test, None),
        ):
            if examples is None:
                found.append(None)
            elif self.side_by_side:
                chosen = Examples(examples.x[lanes], examples.y[lanes])
                found.append(surrogates_in_lanes(chosen))
            else:
                one = Examples(examples.x[k], examples.y[k])
                found.append(
                    samples_in_lanes(one, self.optimizer.precision, each)
                )
        return found


class _Shown:
    """Progress from inside a kernel; an exception, Ctrl-C too, is raised after it."""

    def __init__(self, progress: Progress | None, limit: int):
        self.progress = progress
        self.limit = limit
        self.caught: BaseException | None = None
        self.callback = Show(self._show) if progress else Show()

    def _show(self, step: int, best: float) -> int:
        assert self.progress is not None  # else the callback is null
        try:
            self.progress(step, self.limit, best)
            return 0
        except BaseException as error:
            self.caught = error
            return INTERRUPTED

    def raise_caught(self) -> None:
        if self.caught is not None:
            raise self.caught
