# ruff: noqa: F722 (axes, not forward references)
"""The minimum of a smooth function of a few numbers.

In: a function with its gradient, a start. Out: a local minimum. BFGS with a line search
that backtracks. Non-goals: bounds (a prior keeps hyperparameters near).

Source: J. Nocedal, S. J. Wright, "Numerical Optimization" (2006), chapters 3 and 6.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

Vector = Float[np.ndarray, " h"]
# parameters -> (value, gradient); an infinite value where there is none
Objective = Callable[[Vector], tuple[float, Vector]]

_DESCENT = 1e-4  # of what a gradient promises, to be content with a step
_HALVINGS = 12
_LONGEST = 2.0  # of a step, along a parameter
_FLAT = 1e-5  # gain from which on a minimum is not looked for


def minimise(
    objective: Objective, start: Vector, *, steps: int
) -> tuple[float, Vector]:
    """Go down from `start`, at most `steps` times.

    Returns:
        The least value found, and where.
    """
    at = start
    value, slope = objective(at)
    inverse = np.eye(len(at))
    for step in range(steps):
        if not np.isfinite(value):
            break
        way = -inverse @ slope
        if slope @ way >= 0:
            inverse = np.eye(len(at))
            way = -slope
        way *= min(1.0, _LONGEST / max(float(np.abs(way).max()), 1e-300))
        found = _search(objective, at, way, value, float(slope @ way))
        if found is None:
            break
        gain = value - found[0]
        moved = found[2] - at
        inverse = _updated(inverse, moved, found[1] - slope, step)
        value, slope, at = found
        if gain < _FLAT:
            break
    return value, at


def _search(
    objective: Objective, at: Vector, way: Vector, value: float, slope: float
) -> tuple[float, Vector, Vector] | None:
    """Halve a step until it goes down enough; None where none does."""
    length = 1.0
    for _ in range(_HALVINGS):
        there = at + length * way
        found, its_slope = objective(there)
        if found <= value + _DESCENT * length * slope:
            return found, its_slope, there
        length *= 0.4
    return None


def _updated(
    inverse: np.ndarray, moved: Vector, turned: Vector, step: int
) -> np.ndarray:
    """Learn the curvature along a step; leave it where it is not positive."""
    along = float(moved @ turned)
    if along <= 1e-12:
        return inverse
    if step == 0:
        inverse = inverse * (along / float(turned @ turned))
    across = np.eye(len(moved)) - np.outer(moved, turned) / along
    return across @ inverse @ across.T + np.outer(moved, moved) / along
