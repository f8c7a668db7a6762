"""The search: runs where most is promised, and near the best one, in turn.

In: `Problem`, `Settings`. Out: `Found`. Begins with evenly spread inputs. Then runs that
promise most anywhere take turns with steps near the best run, until these expect nothing
better. The same seed gives the same runs, however they are executed. Non-goals: running
(the caller), exactness of the optimum (the caller runs it again).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from threadpoolctl import (  # pyright: ignore[reportMissingTypeStubs]  # has none
    threadpool_limits,
)

from nsc.errors import InputError
from nsc.optimization.guided import GuidedSteps
from nsc.optimization.history import History
from nsc.optimization.local import TrustRegion
from nsc.optimization.modelling import (
    Modeller,
    Models,
    promise_of,
    ranked,
    with_guess,
)
from nsc.optimization.problem import Problem, Settings
from nsc.optimization.propose import allowed, drawn, propose
from nsc.optimization.solvers import expect_scipy, sobol_points

DESIGN = 8  # a stream of random numbers
PROPOSING = 9
SUM_PART = 0.05  # of a mixed objective, beside its worst part
# (what is happening, fraction of the runs that is done)
Progress = Callable[[str, float], None]

SPENT = "all runs are spent"
NO_BETTER = "no run was better for long"
ALL_RUN = "every input has run"
NOTHING_NEW = "no new input was found that conditions allow"
ENDED = "it was ended"


@dataclass(frozen=True)
class Found:
    """What an optimisation found.

    Args:
        best: the run with the least objective that fulfils all conditions; of several
            objectives the first of the front.
        front: runs that no other is better than in all objectives.
        why: it ended.
        seconds: that choosing runs took, without running them.
    """

    history: History
    best: int
    front: tuple[int, ...]
    why: str
    seconds: float


def optimise(
    problem: Problem,
    settings: Settings,
    progress: Progress = lambda what, fraction: None,
) -> Found:
    """Look for the input with the least objective.

    Raises:
        InputError: no run gave finite numbers, or the conditions hold nowhere that was
            looked.
        MissingExtraError: scipy is not installed.
    """
    expect_scipy()
    search = _Search(problem, settings, progress)
    try:
        why = search.run()
    except KeyboardInterrupt:
        if not len(search.history):
            raise
        why = ENDED
    return search.found(why)


class _Search:
    """One optimisation."""

    def __init__(
        self, problem: Problem, settings: Settings, progress: Progress
    ):
        self.problem = problem
        self.settings = settings
        self.progress = progress
        self.history = History(problem.space)
        self.generator = np.random.default_rng([settings.seed, PROPOSING])
        self.region = TrustRegion(problem)
        self.modeller = Modeller()
        self.guided: GuidedSteps | None = None
        if problem.guide is not None:
            self.guided = GuidedSteps(problem, problem.guide, self.generator)
        self.is_near_next = True
        self.in_vain = 0
        self.seconds = 0.0

    def run(self) -> str:
        """Run until there is a reason to end; returns it."""
        self._measure(self._design())
        self._expect_numbers()
        while len(self.history) < self.settings.runs:
            if self.in_vain >= self.settings.most_in_vain:
                return NO_BETTER
            if not self._round():
                is_all = len(self.history) >= self.problem.space.count()
                return ALL_RUN if is_all else NOTHING_NEW
        return SPENT

    def found(self, why: str) -> Found:
        """Return what was found so far."""
        best = self.history.best(self.history.measured.objectives[:, 0])
        front = self.history.front()
        if best is None:
            raise _no_numbers(self.history)
        return Found(self.history, best, tuple(front), why, self.seconds)

    def _design(self) -> np.ndarray:
        """Return the first inputs: those that are given, and evenly spread ones."""
        space = self.problem.space
        if self.guided is not None:
            return self.guided.design(self.problem.first, self.settings.runs)
        n = min(2 * (space.n_inputs + 1), self.settings.runs // 2)
        n = max(n, 2)
        seed = (self.settings.seed, DESIGN)
        u = sobol_points(max(64, 8 * n), space.n_inputs, seed)
        u = u[allowed(self.problem, u)]
        if len(u) < n:
            more = drawn(self.problem, n, np.random.default_rng(seed))
            u = np.concatenate([u, more])
        if not len(u):
            raise InputError(
                "subject_to must hold somewhere: the conditions on inputs alone hold at"
                " none of the points that were drawn; narrow the domain to where they do"
            )
        first = self.problem.first.reshape(-1, space.n_inputs)
        x = np.concatenate([first, space.inputs(u)])
        _, rows = np.unique(x, axis=0, return_index=True)
        return x[np.sort(rows)][: max(n, len(first))]

    def _measure(self, x: np.ndarray) -> None:
        """Run inputs, and say how far it is."""
        before = self._best_value()
        found = self.problem.measure(x)
        self.history.add(x, found)
        is_better = self._best_value() < before
        self.in_vain = 0 if is_better else self.in_vain + len(x)
        n = len(self.history)
        said = f"optimizing: {n:,} of {self.settings.runs:,} runs"
        self.progress(said, n / self.settings.runs)

    def _best_value(self) -> float:
        """Return what is to become less: a value, or how far conditions are."""
        if not len(self.history) or not self.history.worked.any():
            return np.inf
        if self.problem.n_objectives > 1:
            return -float(len(self.history.front()))
        if not self.history.feasible.any():
            # an infeasible run is worse than any that is feasible
            return 1e200 + float(self.history.violation().min())
        kept = self.history.measured.objectives[self.history.feasible, 0]
        return float(kept.min())

    def _expect_numbers(self) -> None:
        """Refuse a program that gave numbers nowhere.

        Raises:
            InputError: it did.
        """
        if not self.history.worked.any():
            raise _no_numbers(self.history)

    def _round(self) -> bool:
        """Choose inputs and run them; returns whether there were any."""
        started = time.perf_counter()
        # many small matrices: threads would wait for each other, and differ in bits
        with threadpool_limits(1, "blas"):
            near, x = self._chosen()
        self.seconds += time.perf_counter() - started
        if not len(x):
            return False
        self._measure(x)
        if near is not None:
            self._learn(len(self.history) - len(x))
        return True

    def _learn(self, run: int) -> None:
        """Take what a step near the best run gave."""
        values = self.history.measured.objectives[:, 0]
        is_better = self.history.best(values) == run
        excess = self.history.measured.constraints[run]
        self.region.learn(is_better=is_better, excess=np.nan_to_num(excess))
        if is_better:
            self.region.move(run, is_own=True)
        self.is_near_next = is_better

    def _chosen(self) -> tuple[np.ndarray | None, np.ndarray]:
        """Choose the next inputs; returns the step near the best run, and all `n i`."""
        history = self.history
        left = self.settings.runs - len(history)
        wanted = min(self.settings.batch, left)
        is_one = self.problem.n_objectives == 1
        if self.guided is not None:
            y = history.measured.objectives[:, 0]
            return None, self.guided.propose(history, y, wanted)
        values = self._mixed()
        order = ranked(history, values)
        models = self.modeller(history, values, order)
        near = self._near(values, models, int(order[0])) if is_one else None
        self.is_near_next = near is None
        chosen = [] if near is None else [near]
        while len(chosen) < wanted:
            for x in chosen[-1:]:
                history.known.add(np.ascontiguousarray(x).tobytes())
                models = with_guess(models, self.problem.space.unit(x[None]))
            promise = promise_of(history, values, models)
            x = propose(promise, self.problem, history, order, self.generator)
            if x is None:
                break
            chosen.append(x)
        return near, np.array(chosen).reshape(-1, self.problem.space.n_inputs)

    def _near(
        self, values: np.ndarray, models: Models, best: int
    ) -> np.ndarray | None:
        """Return a step near the best run, where it is its turn."""
        self.region.move(best, is_own=False)
        if not self.is_near_next or self.region.is_done:
            return None
        return self.region.propose(
            self.history, values, models, self.generator
        )

    def _mixed(self) -> np.ndarray:
        """Return what is minimised now, `n`; of several objectives a random mixture."""
        y = self.history.measured.objectives
        if y.shape[1] == 1:
            return y[:, 0]
        worked = y[self.history.worked]
        low = worked.min(axis=0)
        size = np.maximum(worked.max(axis=0) - low, 1e-300)
        weights = self.generator.dirichlet(np.ones(y.shape[1]))
        parts = weights * (y - low) / size
        return parts.max(axis=1) + SUM_PART * parts.sum(axis=1)


def _no_numbers(history: History) -> InputError:
    n = len(history)
    if np.isfinite(history.measured.objectives).all(axis=1).any():
        return InputError(
            f"subject_to must come to numbers; it came to NaN or infinity on all of the"
            f" first {n} runs: mend the condition, or restrict the domain to where it is"
            " defined"
        )
    return InputError(
        f"the program gave NaN or infinity, or failed, on all of the first {n} runs: there"
        " is nothing to minimise; restrict the domain to where it gives numbers"
    )
