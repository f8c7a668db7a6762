"""Models of objective and constraints, and what a run promises by them.

In: runs so far, values to minimise. Out: `Models`, `Acquisition`. Runs that failed count
as the worst that worked. Of many runs the best are explained, and some of the others.
Non-goals: fitting (model), which input runs next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nsc.optimization.acquisition import Acquisition, Limit
from nsc.optimization.history import SEPARATION, History
from nsc.optimization.model import Fitter, Model
from nsc.teacher import MOST, process_of

NEAREST = 200  # runs that models near one are of
BEST_KEPT = MOST // 2  # of many runs, that models explain


@dataclass(frozen=True)
class Models:
    """Processes of all runs.

    Args:
        objective: None where values do not vary.
        limits: of constraints.
    """

    objective: Model | None
    limits: Sequence[Limit] = ()


def models_near(
    models: Models, history: History, values: np.ndarray, centre: int
) -> Models:
    """Return the models on all runs that are nearest to one, close ones too."""
    apart = ((history.u - history.u[centre]) ** 2).sum(axis=1)
    worked = history.worked
    kept = np.argsort(np.where(worked, apart, np.inf), kind="stable")
    kept = np.sort(kept[: min(NEAREST, int(worked.sum()))])
    u = history.u[kept]

    def again(model: Model, column: np.ndarray) -> Model:
        process = model.process
        y = model.warp(column[kept])
        try:
            found = process_of(
                process.kernel, u, y, np.ones((len(u), 1)), process.h
            )
        except np.linalg.LinAlgError:
            return model
        return Model(found, model.warp)

    if models.objective is None:
        return models
    objective = again(models.objective, values)
    columns = history.measured.constraints
    limits = [
        each._replace(model=again(each.model, columns[:, each.column]))
        for each in models.limits
    ]
    return Models(objective, tuple(limits))


class Modeller:
    """Fits models again and again to growing histories."""

    def __init__(self) -> None:
        self.objective = Fitter(may_warp=True)
        self.limits: list[Fitter] = []

    def __call__(
        self, history: History, values: np.ndarray, order: np.ndarray
    ) -> Models:
        """Fit models.

        Args:
            values: to be minimised, `n`; NaN where runs failed.
            order: runs, the best first.
        """
        kept = _kept(history, order)
        worked = history.worked
        u = history.u[kept]
        objective = self.objective(u, _filled(values, worked)[kept])
        constraints = history.measured.constraints
        while len(self.limits) < constraints.shape[1]:
            self.limits.append(Fitter(may_warp=False))
        limits: list[Limit] = []
        for k, fitter in enumerate(self.limits):
            column = constraints[:, k]
            model = fitter(u, _filled(column, worked)[kept])
            if model is not None:
                zero = float(model.warp(np.zeros(1))[0])
                limits.append(Limit(model, zero, k))
        return Models(objective, tuple(limits))


def promise_of(
    history: History, values: np.ndarray, models: Models
) -> Acquisition:
    """Return what a run promises."""
    feasible = history.feasible
    objective = models.objective
    if objective is None or (models.limits and not feasible.any()):
        return Acquisition(None, 0.0, tuple(models.limits))
    kept = feasible if feasible.any() else history.worked
    best = float(objective.warp(values[kept].min()[None])[0])
    return Acquisition(objective, best, tuple(models.limits))


def ranked(history: History, values: np.ndarray) -> np.ndarray:
    """Return runs, the best first: feasible ones by value, others by violation."""
    keys = np.where(history.feasible, values, history.violation())
    keys = np.where(np.isfinite(keys), keys, np.inf)
    return np.lexsort((keys, ~history.feasible))


def with_guess(models: Models, u: np.ndarray) -> Models:
    """Return models that take their own means at points for runs."""

    def guessed(model: Model) -> Model:
        process = model.process
        x = np.concatenate([process.x, u])
        y = np.concatenate([process.y, model(u)[0]])
        basis = np.ones((len(x), 1))
        try:
            more = process_of(process.kernel, x, y, basis, process.h)
        except np.linalg.LinAlgError:
            return model
        return Model(more, model.warp)

    objective = None
    if models.objective is not None:
        objective = guessed(models.objective)
    limits = [
        each._replace(model=guessed(each.model)) for each in models.limits
    ]
    return Models(objective, tuple(limits))


def _kept(history: History, order: np.ndarray) -> np.ndarray:
    """Return which runs are explained, in the order in which they were made.

    Of runs that lie together the best is: the others, which steps near the best run
    made, would outweigh all that is known elsewhere.
    """
    kept: list[int] = []
    apart = SEPARATION * np.sqrt(history.space.n_inputs)
    for k in order:
        others = history.u[kept]
        distance = np.sqrt(((others - history.u[k]) ** 2).sum(axis=1))
        if not len(kept) or distance.min() >= apart:
            kept.append(int(k))
    if len(kept) > MOST:
        spread = np.linspace(BEST_KEPT, len(kept) - 1, MOST - BEST_KEPT)
        rest = np.array(kept)[spread.astype(int)]
        kept = [*kept[:BEST_KEPT], *rest.tolist()]
    return np.sort(kept)


def _filled(values: np.ndarray, worked: np.ndarray) -> np.ndarray:
    """Count runs that failed as the worst that worked."""
    worst = values[worked].max() if worked.any() else 0.0
    return np.where(worked & np.isfinite(values), values, worst)
