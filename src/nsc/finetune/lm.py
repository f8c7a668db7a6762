# ruff: noqa: F722 (axes, not forward references)
"""Levenberg-Marquardt with identity damping and early stopping on validation.

In: a task, `LmSettings`. Out: `Outcome`. csrc/lm.h is the same, compiled. Non-goals:
speed beyond BLAS.

With residuals r of m numbers (examples times outputs), their derivatives J `w m`, a
ridge and a damping, a step solves

    (J J^T / m + (ridge + damping) I) step = J r / m + ridge w

and is taken where mean r^2 + ridge |w|^2 falls. Large networks take the step along a
path that is curved as the residuals are (geodesic acceleration): it is corrected by

    (J J^T / m + (ridge + damping) I) correction = J r'' / 2 m

with r'' the second derivatives of r along the step, if the correction is short against
it. Sources: Levenberg (1944), "A method for the solution of certain non-linear problems
in least squares"; Nocedal and Wright (2006), section 10.3; Transtrum and Sethna (2012),
"Improvements to the Levenberg-Marquardt algorithm". The damping's rule, and what
acceleration is worth, is in docs/system.md, "Decisions".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from nsc.finetune.network import BEND_LENGTH, NormalEquations
from nsc.finetune.task import (
    Optimizer,
    Outcome,
    Progress,
    Settings,
    Task,
    stacked,
)

DAMPING_FLOOR = 1e-15  # so that it can grow again
DAMPING_CEILING = 1e12  # no step is short enough to help
SHOW_EVERY = 20  # steps
# parameters from which steps are corrected, and the compiled kernel is blocked
# (csrc/lm_large.h)
LARGE_FROM = 96
# residuals per parameter up to which it solves over residuals: the same step in less
# time (at 9-32-32-1, half of it at 1.2 and a thirteenth at 0.6)
RESIDUALS_UP_TO = 2.0
# length of a correction that counts, over the step's
BEND_LIMIT = 0.375
# what a run that goes on begins with: it has left the start, and is close
CONTINUED_DAMPING = 1e-3


@dataclass(frozen=True, kw_only=True)
class LmSettings(Settings):
    """Settings of Levenberg-Marquardt. Losses are mean squared errors.

    Args:
        steps: trial steps, accepted or not.
        patience: it stops after this many accepted steps without a better validation
            loss.
        damping: the first.
        damping_up: its factor when a step is rejected.
        damping_down: its divisor when a step is accepted.
        ridge: penalty on the squared norm of the parameters; keeps cancelling spikes
            away.
        plateau_steps, plateau_gain: it stops when the best validation loss of that many
            steps is above this share of the best before them.
        tolerance: it stops when the training loss (of standardised outputs) is below
            it.
    """

    steps: int = 350
    patience: int = 60
    damping: float = 0.1
    damping_up: float = 4.0
    damping_down: float = 2.0
    ridge: float = 0.0
    plateau_steps: int = 100
    plateau_gain: float = 0.8
    tolerance: float = 1e-14


@dataclass(frozen=True)
class _Best:
    """Where validation was best: parameters, losses (NaN without tests), the step."""

    w: np.ndarray
    validation: float
    test: float
    step: int


@dataclass(frozen=True)
class _State:
    """Where a run stands after a step.

    Args:
        w: the last accepted parameters.
        loss, validation: there.
        objective: the training loss and the ridge's penalty.
        since_best: accepted steps since validation was best.
    """

    w: np.ndarray
    loss: float
    objective: float
    validation: float
    damping: float
    since_best: int
    best: _Best


@dataclass(frozen=True)
class _Model:
    """The objective around the parameters, to second order: over the used ones."""

    curvature: np.ndarray
    slope: np.ndarray


@dataclass(frozen=True)
class _Problem:
    """The examples of one surrogate, each set with its normal equations."""

    train: NormalEquations
    validation: NormalEquations
    test: NormalEquations | None
    settings: LmSettings

    def start(self, w: np.ndarray) -> _State:
        loss = self.train.loss(w)
        validation = self.validation.loss(w)
        return _State(
            w=w,
            loss=loss,
            objective=self.objective(w, loss),
            validation=validation,
            damping=self.settings.damping,
            since_best=0,
            best=_Best(w, validation, self.test_loss(w), 0),
        )

    def objective(self, w: np.ndarray, loss: float) -> float:
        return loss + self.settings.ridge * float(w @ w)

    def test_loss(self, w: np.ndarray) -> float:
        return np.nan if self.test is None else self.test.loss(w)

    def model_at(self, w: np.ndarray) -> _Model:
        curvature, slope = self.train.assemble(w)
        return _Model(
            curvature, slope + self.settings.ridge * w[self.train.used]
        )

    def trial(
        self, w: np.ndarray, model: _Model, damping: float
    ) -> np.ndarray | None:
        """Return the parameters after a damped step; None where it has no solution."""
        damped = model.curvature.copy()
        damped.flat[:: len(damped) + 1] += damping + self.settings.ridge
        trial = w.copy()
        try:
            step = np.linalg.solve(damped, model.slope)
            if len(step) >= LARGE_FROM:
                bend = self.train.bend(w, step)
                step = _accelerated(step, np.linalg.solve(damped, bend) / 2)
        except np.linalg.LinAlgError:
            return None
        trial[self.train.used] -= step
        return trial


def _accelerated(step: np.ndarray, more: np.ndarray) -> np.ndarray:
    """Correct a step, where the correction is short; never for NaN."""
    is_short = more @ more <= BEND_LIMIT**2 * (step @ step)
    return step + more if is_short else step


def _after_step(
    problem: _Problem, state: _State, model: _Model, step: int
) -> _State:
    """Try a step: return the state behind it, or the same with a higher damping."""
    settings = problem.settings
    rejected = replace(state, damping=state.damping * settings.damping_up)
    trial = problem.trial(state.w, model, state.damping)
    if trial is None:
        return rejected
    loss = problem.train.loss(trial)
    objective = problem.objective(trial, loss)
    has_improved = objective < state.objective  # never for NaN
    if not has_improved:
        return rejected
    validation = problem.validation.loss(trial)
    is_best = validation < state.best.validation
    best = state.best
    if is_best:
        best = _Best(trial, validation, problem.test_loss(trial), step)
    return _State(
        w=trial,
        loss=loss,
        objective=objective,
        validation=validation,
        damping=max(state.damping / settings.damping_down, DAMPING_FLOOR),
        since_best=0 if is_best else state.since_best + 1,
        best=best,
    )


def _is_plateau(validation: Sequence[float], settings: LmSettings) -> bool:
    """Say whether the last steps gained too little over all before them."""
    span = settings.plateau_steps
    if len(validation) <= 2 * span:
        return False
    best_before = min(validation[:-span])
    best_lately = min(validation[-span:])
    return best_lately > settings.plateau_gain * best_before


def _reason_to_stop(
    state: _State, validation: Sequence[float], settings: LmSettings
) -> str | None:
    has_converged = state.loss < settings.tolerance
    is_out_of_patience = state.since_best >= settings.patience
    is_stuck = state.damping > DAMPING_CEILING
    if has_converged:
        return "converged"
    if is_out_of_patience:
        return "patience"
    if _is_plateau(validation, settings):
        return "plateau"
    if is_stuck:
        return "no_progress"
    return None


def _run(problem: _Problem, w: np.ndarray, progress: Progress) -> Outcome:
    """Run Levenberg-Marquardt on one surrogate."""
    settings = problem.settings
    state = problem.start(w)
    model: _Model | None = None
    train = [state.loss]
    validation = [state.validation]
    test = [state.best.test]
    stopped = None
    for step in range(1, settings.steps + 1):
        if model is None:
            model = problem.model_at(state.w)
        before = state
        state = _after_step(problem, before, model, step)
        has_moved = state.w is not before.w
        if has_moved:
            model = None
        is_best = state.best.step == step
        train.append(state.loss)
        validation.append(state.validation)
        test.append(state.best.test if is_best else np.nan)
        if step % SHOW_EVERY == 0:
            progress(step, settings.steps, state.best.validation)
        stopped = _reason_to_stop(state, validation, settings)
        if stopped is not None:
            break
    return Outcome(
        w=state.best.w[None],
        w_final=state.w[None],
        train_loss=np.array([train]),
        validation_loss=np.array([validation]),
        test_loss=np.array([test]),
        best_step=np.array([state.best.step]),
        stopped=(stopped or "step_limit",),
    )


def run_lm(task: Task, settings: LmSettings, progress: Progress) -> Outcome:
    """Run Levenberg-Marquardt on each surrogate in turn."""
    return stacked(
        [
            _run(_problem(task, k, settings), task.w[k], progress)
            for k in range(len(task.w))
        ]
    )


def _problem(task: Task, k: int, settings: LmSettings) -> _Problem:
    data = task.data
    weights = None if data.weights is None else data.weights[k]

    def equations(
        x: Float[np.ndarray, "p n i"],
        y: Float[np.ndarray, "p n o"],
        weights: Float[np.ndarray, " n"] | None = None,
    ) -> NormalEquations:
        return NormalEquations(task.topology, x[k], y[k], weights)

    return _Problem(
        train=equations(data.x_train, data.y_train, weights),
        validation=equations(data.x_validation, data.y_validation),
        test=None if data.test is None else equations(*data.test),
        settings=settings,
    )


def _continued(settings: LmSettings, steps_done: int) -> LmSettings:
    return replace(
        settings, steps=settings.steps - steps_done, damping=CONTINUED_DAMPING
    )


def _is_over_residuals(settings: LmSettings) -> bool:
    """Say whether few residuals are solved for instead of parameters, however many.

    A ridge pulls at parameters. The reference always solves for them.
    """
    return settings.ridge == 0 and settings.backend != "reference"


LM = Optimizer(
    name="lm",
    title="Levenberg-Marquardt",
    settings=LmSettings,
    reference=run_lm,
    header="lm.h",
    precision=np.float64,
    for_one=LmSettings(steps=800),
    constants={
        "DAMPING_FLOOR": DAMPING_FLOOR,
        "DAMPING_CEILING": DAMPING_CEILING,
        "SHOW_EVERY": SHOW_EVERY,
        "LARGE_FROM": LARGE_FROM,
        "RESIDUALS_UP_TO": RESIDUALS_UP_TO,
        "BEND_LENGTH": BEND_LENGTH,
        "BEND_LIMIT": BEND_LIMIT,
    },
    max_parameters=3000,  # the square of it must fit
    is_over_residuals=_is_over_residuals,
    takes_weights=True,
    continued=_continued,
)
