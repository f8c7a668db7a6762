"""Steps near the best run, within a region in which a model of it is trusted.

In: runs so far, models. Out: the next input. Few runs are explained by the Gaussian
processes of all, enough of them near by quadratic functions; where the objective is a
mean of squares, by quadratic functions of what is squared. Constraints are heeded by
SLSQP. Non-goals: other places (propose).

Source: A. R. Conn, K. Scheinberg, L. N. Vicente, "Introduction to Derivative-Free
Optimization" (2009), chapters 5, 6 and 10; Y. Diouane et al., "TREGO: a trust-region
framework for efficient global optimization", J. Global Optimization 86 (2023).
"""

from __future__ import annotations

import numpy as np

from nsc.optimization.history import History, constraint_scales
from nsc.optimization.modelling import Models, models_near
from nsc.optimization.problem import Problem
from nsc.optimization.propose import allowed, neighbours
from nsc.optimization.quadratic import (
    Quadratic,
    count_coefficients,
    fit_quadratic,
    quadratic_features,
)
from nsc.optimization.solvers import Limits, Smooth, minimise_within

FIRST_RADIUS = 0.2
LARGEST_RADIUS = 0.8
LEAST_RADIUS = 1e-9
SETTLED = 1e-4  # a radius in which what promises nothing is an optimum
FINE = 1e-3  # a radius within which processes tell runs hardly apart
SHORT = 1e-4  # a step, in radii, that is none
NEGLIGIBLE = 1e-14  # a gain, of the values' size
MOST_SHRINKING = 40
GEOMETRY = 64  # points among which the one that tells most is chosen
_DIFFERENCE = 1e-6


class TrustRegion:
    """Where the best run's surroundings are searched.

    Attributes:
        radius: half of its side, in [-1, 1].
        is_done: whether nothing better is expected near.
    """

    def __init__(self, problem: Problem):
        self.problem = problem
        self.radius = FIRST_RADIUS
        self.centre = -1
        self.is_done = False
        self.margin: np.ndarray | None = None
        self.step = 0.0
        self.is_geometry = False
        self.is_known = False
        self.has_doubts = False  # of processes, after a step that failed

    def move(self, best: int, *, is_own: bool) -> None:
        """Begin anew around another run.

        Args:
            is_own: whether this region's own step found it.
        """
        if best == self.centre:
            return
        self.centre = best
        self.is_done = False
        if not is_own:
            self.radius = max(self.radius, FIRST_RADIUS / 2)

    def learn(self, *, is_better: bool, excess: np.ndarray) -> None:
        """Take what the last step gave.

        Args:
            excess: of each constraint above zero, `c`.
        """
        if self.margin is None:
            self.margin = np.zeros(len(excess))
        is_over = excess > 0
        self.margin = np.where(is_over, 1.5 * excess, 0.2 * self.margin)
        if self.is_geometry:
            return
        if not is_better:
            self.has_doubts = not self.has_doubts
            # too few runs near tell nothing of the region's size
            self.radius *= 0.5 if self.is_known else 1.0
        elif self.step > 0.8 * self.radius:
            self.radius = min(2.0 * self.radius, LARGEST_RADIUS)
        else:
            self.radius = max(2.0 * self.step, 0.3 * self.radius)

    def propose(
        self,
        history: History,
        values: np.ndarray,
        models: Models,
        generator: np.random.Generator,
    ) -> np.ndarray | None:
        """Return the next input `i`; None where nothing better is expected near."""
        self.is_geometry = False
        models = models_near(models, history, values, self.centre)
        centre = history.u[self.centre]
        for _ in range(MOST_SHRINKING):
            if self.radius < LEAST_RADIUS:
                break
            n_near = self._count_near(history)
            self.is_known = n_near > self.problem.space.n_inputs
            smooth, limits = self._near(history, values, models)
            lo, hi = self._box(centre)
            u = minimise_within(smooth, limits, centre, lo, hi)
            x = self._new(history, u, smooth)
            if x is not None and self._is_worth(centre, x, smooth, values):
                return x
            if self.radius < SETTLED:
                break
            if not self.is_known:
                return self._telling(history, generator)
            self.radius *= 0.25
        self.is_done = True
        return None

    def _box(self, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the region's ends; whole inputs can move by one at least."""
        space = self.problem.space
        side = np.full(space.n_inputs, self.radius)
        width = 2.0 / np.maximum(space.hi - space.lo, 1e-300)
        side = np.where(space.whole, np.maximum(side, width), side)
        lo = np.maximum(centre - side, -1.0)
        return lo, np.minimum(centre + side, 1.0)

    def _is_worth(
        self,
        centre: np.ndarray,
        x: np.ndarray,
        smooth: Smooth,
        values: np.ndarray,
    ) -> bool:
        """Say whether a step promises something, and remember its length."""
        u = self.problem.space.unit(x[None])[0]
        self.step = float(np.abs(u - centre).max())
        gain = smooth(centre)[0] - smooth(u)[0]
        size = float(np.abs(values[self.centre])) + _TINY
        is_flat = gain <= NEGLIGIBLE * size and self.margin is None
        return self.step > SHORT * self.radius and not is_flat

    def _new(
        self, history: History, u: np.ndarray, smooth: Smooth
    ) -> np.ndarray | None:
        """Round a point; where it has run, take the best of its neighbours."""
        space = self.problem.space
        x = space.inputs(u[None])
        if not history.is_new(x[0]) and space.whole.any():
            x = space.inputs(neighbours(space, x))
        points = space.unit(x)
        is_fit = allowed(self.problem, points)
        ranked = sorted(
            (smooth(point)[0], k)
            for k, point in enumerate(points)
            if is_fit[k] and history.is_new(x[k])
        )
        return x[ranked[0][1]] if ranked else None

    def _count_near(self, history: History) -> int:
        """Count the runs that worked in twice the region."""
        apart = np.abs(history.u - history.u[self.centre]).max(axis=1)
        return int((history.worked & (apart <= 2.0 * self.radius)).sum())

    def _telling(
        self, history: History, generator: np.random.Generator
    ) -> np.ndarray | None:
        """Return an input in the region that tells most about it."""
        space = self.problem.space
        lo, hi = self._box(history.u[self.centre])
        points = generator.uniform(lo, hi, (GEOMETRY, space.n_inputs))
        x = space.inputs(points[allowed(self.problem, points)])
        x = x[[history.is_new(row) for row in x]] if len(x) else x
        if not len(x):
            self.is_done = True
            return None
        self.is_geometry = True
        centre = history.u[self.centre]
        there = (history.u[history.worked] - centre) / self.radius
        near = quadratic_features(there[np.abs(there).max(axis=1) <= 2.0])
        wanted = quadratic_features((space.unit(x) - centre) / self.radius)
        inner = near.T @ near + 1e-3 * np.eye(near.shape[1])
        told = (wanted * np.linalg.solve(inner, wanted.T).T).sum(axis=1)
        return x[int(told.argmax())]

    def _near(
        self, history: History, values: np.ndarray, models: Models
    ) -> tuple[Smooth, Limits]:
        """Return models of objective and constraints near the best run."""
        inputs = self.problem.space.n_inputs
        found = history.measured
        worked = history.worked
        residuals = found.residuals
        enough = count_coefficients(inputs)
        has_squares = residuals.shape[1] > 0
        is_early = self._count_near(history) < enough and not has_squares
        is_trusted = self.radius > FINE and not self.has_doubts
        if is_early and is_trusted and models.objective is not None:
            return _of_processes(models, self._prior)
        what = residuals if has_squares else values[:, None]
        y = np.column_stack([what, found.constraints])[worked]
        centre = history.u[self.centre]
        near = fit_quadratic(history.u[worked], y, centre, self.radius)
        margin = self.margin
        if margin is None:
            margin = np.zeros(found.constraints.shape[1])
        scales = constraint_scales(found.constraints[worked])
        parts = (near, what.shape[1], margin, scales)
        return _of_quadratics(parts, self._prior, has_squares=has_squares)

    def _prior(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return constraints that need no run, and their gradients."""
        space = self.problem.space
        steps = _DIFFERENCE * np.eye(len(u))
        points = np.concatenate([u[None], u + steps, u - steps])
        value = self.problem.prior(space.raw(points))
        up = value[1 : 1 + len(u)]
        with np.errstate(invalid="ignore"):  # solvers refuse what is no number
            slope = (up - value[1 + len(u) :]) / (2.0 * _DIFFERENCE)
        return value[0], slope.T


_TINY = 1e-300


def _of_processes(models: Models, prior: Limits) -> tuple[Smooth, Limits]:
    """Minimise means of processes where those of constraints are at most zero."""

    def smooth(u: np.ndarray) -> tuple[float, np.ndarray]:
        assert models.objective is not None
        said = models.objective.with_slopes(u[None])
        return float(said.mean[0]), said.mean_slope[0]

    def limits(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, slope = prior(u)
        for model, zero, _ in models.limits:
            said = model.with_slopes(u[None])
            value = np.append(value, said.mean[0] - zero)
            slope = np.concatenate([slope, said.mean_slope])
        return value, slope

    return smooth, limits


def _of_quadratics(
    parts: tuple[Quadratic, int, np.ndarray, np.ndarray],
    prior: Limits,
    *,
    has_squares: bool,
) -> tuple[Smooth, Limits]:
    """Minimise quadratic functions where those of constraints are at most zero.

    Args:
        parts: all functions, how many of them make the objective, how far constraints
            must be below zero, and in which units they count.
    """
    near, count, margin, scales = parts
    size = (
        np.abs(near.values[:count]).mean() + np.abs(near.slopes[:count]).mean()
    )
    scale = size**2 if has_squares else size
    scale = scale if scale > 0 else 1.0

    def smooth(u: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = near(u)
        value = value[:count]
        slope = slope[:count]
        if has_squares:
            slope = 2.0 * value @ slope / count
            return float((value**2).mean() / scale), slope / scale
        return float(value[0] / scale), slope[0] / scale

    def limits(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, slope = near(u)
        above = (value[count:] + margin) / scales
        own, own_slope = prior(u)
        slopes = slope[count:] / scales[:, None]
        return np.append(own, above), np.concatenate([own_slope, slopes])

    return smooth, limits
