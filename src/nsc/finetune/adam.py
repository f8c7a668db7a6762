"""Full-batch Adam.

In: a task, `AdamSettings`. Out: `Outcome`. csrc/adam.h is the same, compiled, in
single precision. Non-goals: speed beyond BLAS.

Source: Kingma and Ba (2015), algorithm 1; with the settings of ICML 2024, section 5
(`AdamSettings.paper`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.errors import InputError
from nsc.finetune.network import gradient, mean_squared_error
from nsc.finetune.task import (
    FinetuneData,
    Optimizer,
    Outcome,
    Progress,
    Settings,
    Task,
)
from nsc.surrogate import Topology

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-8
SHOW_EVERY = 100  # epochs


@dataclass(frozen=True, kw_only=True)
class AdamSettings(Settings):
    """Settings of Adam. Losses are mean squared errors.

    Args:
        steps: epochs; each is one step, on all training examples.
        learning_rate: alpha of algorithm 1.
        evaluate_every: epochs between measurements of the validation loss.
        target_loss: it stops when the test loss (the validation loss, without test
            examples), measured where validation is best so far, is at most this.
    """

    steps: int = 350
    learning_rate: float = 0.01
    evaluate_every: int = 1
    target_loss: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.evaluate_every < 1:
            raise InputError(
                f"evaluate_every must be at least 1; found {self.evaluate_every}"
            )

    @staticmethod
    def paper() -> AdamSettings:
        """Return ICML 2024's, section 5: 5,000 epochs at 0.01, measured every 3."""
        return AdamSettings(steps=5000, learning_rate=0.01, evaluate_every=3)


@dataclass(frozen=True)
class AdamState:
    """Parameters `p w` and the moments of their gradients; `step` updates were made."""

    w: np.ndarray
    first_moment: np.ndarray
    second_moment: np.ndarray
    step: int

    @staticmethod
    def start(w: np.ndarray) -> AdamState:
        """Begin at parameters, with moments of zero."""
        return AdamState(w, np.zeros_like(w), np.zeros_like(w), 0)

    def updated(self, slope: np.ndarray, learning_rate: float) -> AdamState:
        """Make one update (algorithm 1, the loop's body)."""
        t = self.step + 1
        first = BETA_1 * self.first_moment + (1 - BETA_1) * slope
        second = BETA_2 * self.second_moment + (1 - BETA_2) * slope * slope
        step_size = learning_rate / (1 - BETA_1**t)
        spread = np.sqrt(second / (1 - BETA_2**t)) + EPSILON
        return AdamState(self.w - step_size * first / spread, first, second, t)


@dataclass(frozen=True)
class _Best:
    """Where validation was best so far, of each surrogate; and who reached the target."""

    w: np.ndarray
    validation: np.ndarray
    step: np.ndarray
    has_reached: np.ndarray

    @staticmethod
    def none(w: np.ndarray) -> _Best:
        p = len(w)
        infinite = np.full(p, np.inf)
        return _Best(
            w.copy(), infinite, np.zeros(p, np.int64), np.zeros(p, bool)
        )


class _Curves:
    """Losses before every step and after the last, `p e`; NaN where not measured."""

    def __init__(self, p: int, steps: int):
        self.train = np.full((p, steps + 1), np.nan)
        self.validation = np.full((p, steps + 1), np.nan)
        self.test = np.full((p, steps + 1), np.nan)


def run_adam(
    task: Task, settings: AdamSettings, progress: Progress
) -> Outcome:
    """Run full-batch Adam; losses are measured before every step and after the last.

    A surrogate that has reached the target keeps its best parameters; its curves end
    there.
    """
    topology = task.topology
    data = task.data
    state = AdamState.start(task.w)
    best = _Best.none(task.w)
    curves = _Curves(len(task.w), settings.steps)
    while True:
        step = state.step
        is_last = step == settings.steps
        is_alive = ~best.has_reached
        loss, slope = gradient(state.w, topology, data.x_train, data.y_train)
        curves.train[is_alive, step] = loss[is_alive]
        if step % settings.evaluate_every == 0 or is_last:
            best = _measured(state, best, topology, data, settings, curves)
        if is_last or best.has_reached.all():
            break
        state = state.updated(slope, settings.learning_rate)
        if step % SHOW_EVERY == 0:
            progress(step, settings.steps, float(best.validation.min()))
    length = state.step + 1
    return Outcome(
        w=best.w,
        w_final=state.w,
        train_loss=curves.train[:, :length],
        validation_loss=curves.validation[:, :length],
        test_loss=curves.test[:, :length],
        best_step=best.step,
        stopped=tuple(
            "target" if r else "step_limit" for r in best.has_reached
        ),
    )


def _measured(
    state: AdamState,
    best: _Best,
    topology: Topology,
    data: FinetuneData,
    settings: AdamSettings,
    curves: _Curves,
) -> _Best:
    """Measure validation, and tests where it is best so far; keep what is best."""
    step = state.step
    is_alive = ~best.has_reached
    loss = mean_squared_error(state.w, topology, *data.validation)
    curves.validation[is_alive, step] = loss[is_alive]
    is_better = (loss < best.validation) & is_alive
    measured = loss
    if data.test is not None and is_better.any():
        measured = mean_squared_error(state.w, topology, *data.test)
        curves.test[is_better, step] = measured[is_better]
    target = np.nan if settings.target_loss is None else settings.target_loss
    has_reached = is_better & (measured <= target)  # never for NaN
    return _Best(
        w=np.where(is_better[:, None], state.w, best.w),
        validation=np.where(is_better, loss, best.validation),
        step=np.where(is_better, step, best.step),
        has_reached=best.has_reached | has_reached,
    )


ADAM = Optimizer(
    name="adam",
    title="Adam",
    settings=AdamSettings,
    reference=run_adam,
    header="adam.h",
    precision=np.float32,
    for_one=AdamSettings.paper(),
    constants={"BETA_1": BETA_1, "BETA_2": BETA_2, "EPSILON": EPSILON},
    lanes_up_to=192,  # up to here lanes are surrogates, from here on samples
)
