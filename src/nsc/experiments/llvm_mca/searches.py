"""What one would tune a simulator's latencies by without a surrogate of blocks.

In: a `Task`. Out: every search asks its objective until it ends itself, or is ended by
`Spent`. Non-goals: the objective, the surrogate.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nsc.optimization import Measured, Problem, Settings, Space, optimise

# integers (g) -> what is to become least
Objective = Callable[[np.ndarray], float]


class Spent(Exception):
    """All evaluations are spent."""


@dataclass(frozen=True)
class Task:
    """What is searched.

    Args:
        objective: of latencies; raises `Spent` where no more may be asked.
        defaults: where every search begins.
        most: of each latency; the least is 0.
        runs: that the objective may be asked for.
        seed: of what is random.
    """

    objective: Objective
    defaults: np.ndarray
    most: np.ndarray
    runs: int
    seed: int


def space_of(task: Task) -> Space:
    """Return the box of latencies, all whole numbers."""
    n = len(task.defaults)
    return Space(np.zeros(n), task.most, np.ones(n, bool), np.zeros(n, bool))


def random_search(task: Task) -> None:
    """Ask near the defaults: each latency moves with a chance of a third."""
    rng = np.random.default_rng(task.seed)
    task.objective(task.defaults)
    while True:
        moved = rng.random(len(task.defaults)) < 1 / 3
        drawn = rng.integers(0, task.most.astype(int) + 1)
        task.objective(np.where(moved, drawn, task.defaults).astype(float))


def coordinate_descent(task: Task) -> None:
    """Move one latency after another by ever smaller steps, in a random order."""
    rng = np.random.default_rng(task.seed)
    best = task.defaults.copy()
    least = task.objective(best)
    for size in (4.0, 2.0, 1.0, 1.0, 1.0, 1.0):
        for k in rng.permutation(len(best)):
            for step in (-size, size):
                other = best.copy()
                other[k] = np.clip(other[k] + step, 0.0, task.most[k])
                if other[k] == best[k]:
                    continue
                found = task.objective(other)
                if found < least:
                    best = other
                    least = found
                    break


def own_models(task: Task) -> None:
    """Search as `nsc.optimize` does where nothing but runs is known."""
    optimise(problem_of(task), Settings(task.runs, seed=task.seed))


def problem_of(task: Task) -> Problem:
    """Write a task as a problem of nsc.optimization."""

    def measure(x: np.ndarray) -> Measured:
        n = len(x)
        values = np.array([[task.objective(row)] for row in x])
        none = np.empty((n, 0))
        return Measured(values, none, np.ones(n, bool), none)

    return Problem(space_of(task), measure, first=task.defaults[None])


def cma_es(task: Task) -> None:
    """Search by CMA-ES (package cma), whose points are rounded."""
    import cma  # pyright: ignore[reportMissingImports]  # a peer, asked for by name

    strategy = cma.CMAEvolutionStrategy(
        task.defaults,
        2.0,
        {
            "bounds": [0.0, task.most.tolist()],
            "seed": task.seed + 1,
            "verbose": -9,
            "maxfevals": task.runs,
        },
    )
    task.objective(task.defaults)
    while not strategy.stop():
        asked = strategy.ask()
        told = [task.objective(np.rint(row)) for row in asked]
        strategy.tell(asked, told)


def nevergrad(task: Task) -> None:
    """Search by nevergrad's NGOpt over whole numbers."""
    import nevergrad  # pyright: ignore[reportMissingImports]  # a peer

    array = nevergrad.p.Array(init=task.defaults.copy())
    array = array.set_mutation(sigma=2.0)  # as CMA-ES begins
    array = array.set_bounds(0.0, task.most).set_integer_casting()
    array.random_state.seed(task.seed)
    optimizer = nevergrad.optimizers.NGOpt(array, budget=task.runs)
    task.objective(task.defaults)
    optimizer.suggest(task.defaults)
    for _ in range(task.runs):
        asked = optimizer.ask()
        value = np.asarray(asked.value, float)
        optimizer.tell(asked, task.objective(value))


SEARCHES: dict[str, tuple[Callable[[Task], None], str]] = {
    "random": (random_search, ""),
    "coordinate descent": (coordinate_descent, ""),
    "CMA-ES": (cma_es, "cma"),
    "nevergrad NGOpt": (nevergrad, "nevergrad"),
    "nsc.optimize, its own models": (own_models, "scipy"),
}


def missing_package(name: str) -> str:
    """Name the package that a search lacks; "" for none."""
    package = SEARCHES[name][1]
    has_it = not package or importlib.util.find_spec(package) is not None
    return "" if has_it else package
