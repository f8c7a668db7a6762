"""Which input promises most, anywhere in the box.

In: an acquisition, runs so far. Out: a new input. It is looked for among random points
and points near good runs, and then by gradients from the best of these. Whole inputs are
rounded, and their neighbours looked at. Non-goals: what promises (acquisition).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nsc.optimization.acquisition import Acquisition
from nsc.optimization.history import SEPARATION, History
from nsc.optimization.problem import Problem, Space
from nsc.optimization.solvers import minimise_in_box

SPREAD = 400  # random points
NEAR = 25  # points near each of the best runs, at each distance
DISTANCES = (0.2, 0.02, 0.002)
GOOD = 3  # runs that are looked near
ASCENDED = 4  # points from which gradients are followed
MOST_DRAWN = 40  # times that many points are drawn where few are allowed
MOST_LISTED = 20_000  # inputs of a box that is small
_TOO_MANY = 64  # neighbours


def propose(
    promise: Acquisition,
    problem: Problem,
    history: History,
    order: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray | None:
    """Return the new input `i` that promises most; None where no new one is found.

    Args:
        order: runs, the best first.
    """
    space = problem.space
    # where whole inputs are rounded, or points near a good run meet the same corner of
    # the box, those that promise most may all have run
    u = _new(problem, history, _candidates(problem, history, order, generator))
    if not len(u):
        return None
    value = promise.values(u)
    first = np.argsort(-value, kind="stable")
    top = u[first[:ASCENDED]]
    risen = _ascended(promise, top)
    pool = np.concatenate([risen, top, u[first[ASCENDED : 8 * ASCENDED]]])
    pool = np.concatenate([pool, neighbours(space, space.inputs(pool[:2]))])
    return _first_new(promise.values, pool, problem, history)


def allowed(problem: Problem, u: np.ndarray) -> np.ndarray:
    """Say at which points constraints hold that need no run, `n`."""
    prior = problem.prior(problem.space.inputs(u))
    return np.all(prior <= 0, axis=1)


def drawn(
    problem: Problem, n: int, generator: np.random.Generator
) -> np.ndarray:
    """Draw up to `n` points at which constraints hold that need no run."""
    found = np.empty((0, problem.space.n_inputs))
    for _ in range(MOST_DRAWN):
        u = generator.uniform(-1.0, 1.0, (n, problem.space.n_inputs))
        found = np.concatenate([found, u[allowed(problem, u)]])
        if len(found) >= n:
            break
    return found[:n]


def neighbours(space: Space, x: np.ndarray) -> np.ndarray:
    """Return points that differ from inputs by one in a whole input."""
    whole = np.flatnonzero(space.whole)[:_TOO_MANY]
    found = [np.empty((0, space.n_inputs))]
    for k in whole:
        for step in (-1.0, 1.0):
            moved = x.copy()
            moved[:, k] = np.clip(moved[:, k] + step, space.lo[k], space.hi[k])
            found.append(space.unit(moved))
    return np.concatenate(found)


def _candidates(
    problem: Problem,
    history: History,
    order: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:
    """Return random points, and points near good runs."""
    found = [drawn(problem, SPREAD, generator)]
    shape = (NEAR, problem.space.n_inputs)
    for k in order[:GOOD]:
        for distance in DISTANCES:
            step = generator.normal(0.0, distance, shape)
            kept = generator.random(shape) < 0.5
            kept[:, 0] |= ~kept.any(axis=1)
            near = np.clip(history.u[k] + step * kept, -1.0, 1.0)
            found.append(near[allowed(problem, near)])
    return np.concatenate(found)


def _new(problem: Problem, history: History, u: np.ndarray) -> np.ndarray:
    """Return the points whose rounded inputs have not run; of a small box any."""
    space = problem.space
    for points in (u, _all(space)):
        kept = [history.is_new(row) for row in space.inputs(points)]
        if any(kept):
            points = points[kept]
            return points[allowed(problem, points)]
    return u[:0]


def _all(space: Space) -> np.ndarray:
    """Return every point of a small box of whole numbers; none of another."""
    if space.count() > MOST_LISTED:
        return np.empty((0, space.n_inputs))
    ends = zip(space.lo, space.hi, strict=True)
    axes = [np.arange(np.ceil(lo), np.floor(hi) + 1) for lo, hi in ends]
    grid = np.meshgrid(*axes, indexing="ij")
    return space.unit(np.stack([axis.ravel() for axis in grid], axis=1))


def _ascended(promise: Acquisition, top: np.ndarray) -> np.ndarray:
    """Follow gradients from several points, all in one search."""

    def smooth(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = promise(flat.reshape(top.shape))
        if not (np.isfinite(value).all() and np.isfinite(slope).all()):
            return np.inf, np.zeros(top.size)
        return -float(value.sum()), -slope.ravel()

    ends = np.ones(top.size)
    risen = minimise_in_box(smooth, top.ravel(), -ends, ends)
    return risen.reshape(top.shape)


def _first_new(
    score: Callable[[np.ndarray], np.ndarray],
    pool: np.ndarray,
    problem: Problem,
    history: History,
) -> np.ndarray | None:
    """Return the input with the highest score that is new and allowed."""
    x = problem.space.inputs(pool)
    value = score(problem.space.unit(x))
    value = np.where(allowed(problem, problem.space.unit(x)), value, -np.inf)
    value = np.where(np.isnan(value), -np.inf, value)
    apart = SEPARATION * np.sqrt(problem.space.n_inputs)
    found: np.ndarray | None = None
    for k in np.argsort(-value, kind="stable"):
        if not value[k] > -np.inf or not history.is_new(x[k]):
            continue
        if found is None:
            found = x[k]
        if history.distance(x[k]) >= apart:
            return x[k]
    return found
