# ruff: noqa: F722 (axes, not forward references)
"""Steps by the gradient of a surrogate that its user brings, checked by runs.

In: runs so far, a `Guide`. Out: the next inputs. The surrogate is followed downhill from
the best run, as far as it is trusted; what is found is rounded and run, and the surrogate
learns from all runs. Where it promises nothing new, random steps near the best run teach
it. Non-goals: which surrogate.

Source: "Programming with Neural Surrogates of Programs" (Onward! 2021), surrogate
optimization; A. Renda et al., "DiffTune" (MICRO 2020).
"""

from __future__ import annotations

import numpy as np

from nsc.errors import InputError
from nsc.optimization.history import History
from nsc.optimization.problem import Guide, Inputs, Problem
from nsc.optimization.propose import neighbours

FIRST_RUNS = 12  # near the first one, that the surrogate learns from at first
FIRST_RADIUS = 0.8  # of a step, in [-1, 1]
LEAST_RADIUS = 0.05
LARGEST_RADIUS = 1.0
GROWS = 1.5
SHRINKS = 0.7
STARTS = 3  # from the best run, and from near it
STEPS = 120
MOVED = 0.4  # of the inputs, that a random step moves
RATE = 0.08  # of a step, in radii
TRIES = 50


class GuidedSteps:
    """Steps that a guide shows.

    Attributes:
        radius: how far a step may go, in [-1, 1].
    """

    def __init__(
        self, problem: Problem, guide: Guide, generator: np.random.Generator
    ):
        self.space = problem.space
        if problem.space.log.any():
            raise InputError(
                "guide expects inputs that are searched evenly; some are by their"
                " logarithms"
            )
        self.guide = guide
        self.generator = generator
        self.radius = FIRST_RADIUS
        self.learned = 0
        self.asked: bytes = b""  # the input that was promised most
        self.least = np.inf

    def design(self, first: Inputs, runs: int) -> Inputs:
        """Return the first inputs: those that are given, and some near them."""
        n = self.space.n_inputs
        x = first.reshape(-1, n)
        if not len(x):
            x = self.space.inputs(np.zeros((1, n)))
        u = self.space.unit(x[:1])[0]
        count = min(FIRST_RUNS, runs // 4)
        near = [self._moved(u) for _ in range(count)]
        x = np.concatenate([x, *near])
        _, rows = np.unique(x, axis=0, return_index=True)
        return x[np.sort(rows)]

    def propose(
        self, history: History, values: np.ndarray, wanted: int
    ) -> Inputs:
        """Return up to `wanted` new inputs, `n i`; the first is promised most."""
        if self.learned < len(history):
            self.guide.learn(history.x)
            self.learned = len(history)
        best = int(np.where(history.feasible, values, np.inf).argmin())
        is_better = values[best] < self.least
        was_promised = history.x[best].tobytes() == self.asked
        if self.asked:
            step = GROWS if is_better and was_promised else SHRINKS
            self.radius = float(
                np.clip(self.radius * step, LEAST_RADIUS, LARGEST_RADIUS)
            )
        self.least = float(values[best])
        found: list[np.ndarray] = []
        x = self._downhill(history, best)
        self.asked = b"" if x is None else x.tobytes()
        if x is not None:
            found.append(x)
        for _ in range(TRIES):
            if len(found) >= wanted:
                break
            near = self._moved(history.u[best])[0]
            is_known = any((near == other).all() for other in found)
            if history.is_new(near) and not is_known:
                found.append(near)
        return np.array(found).reshape(-1, self.space.n_inputs)

    def _downhill(self, history: History, best: int) -> np.ndarray | None:
        """Follow the surrogate; None where it leads to nothing new that is better."""
        centre = history.u[best]
        begins = [
            centre,
            *(self._near(centre, 0.5) for _ in range(STARTS - 1)),
        ]
        u = np.array([self._followed(begin, centre) for begin in begins])
        beside = neighbours(self.space, history.x[best : best + 1])
        ends = [
            (self.guide(x)[0], x)
            for x in self.space.inputs(np.concatenate([u, beside]))
            if history.is_new(x)
        ]
        ends = [end for end in ends if np.isfinite(end[0])]
        if not ends:
            return None
        value, x = min(ends, key=lambda end: end[0])
        return x if value < self.guide(history.x[best])[0] else None

    def _followed(self, u: np.ndarray, centre: np.ndarray) -> np.ndarray:
        """Go downhill by Adam within the radius, ever more slowly."""
        low = np.maximum(centre - self.radius, -1.0)
        high = np.minimum(centre + self.radius, 1.0)
        scale = (self.space.hi - self.space.lo) / 2.0
        first = np.zeros_like(u)
        second = np.zeros_like(u)
        for step in range(1, STEPS + 1):
            value, slope = self.guide(self.space.raw(u[None])[0])
            slope = slope * scale
            if not (np.isfinite(value) and np.isfinite(slope).all()):
                break
            first = 0.9 * first + 0.1 * slope
            second = 0.99 * second + 0.01 * slope**2
            moved = first / (1 - 0.9**step)
            size = np.sqrt(second / (1 - 0.99**step)) + 1e-12
            rate = RATE * self.radius * (1.0 - step / (STEPS + 1))
            u = np.clip(u - rate * moved / size, low, high)
        return u

    def _moved(self, u: np.ndarray) -> Inputs:
        """Return an input near a point, `1 i`."""
        return self.space.inputs(self._near(u, self.radius / 2)[None])

    def _near(self, u: np.ndarray, far: float) -> np.ndarray:
        is_moved = self.generator.random(len(u)) < MOVED
        step = self.generator.normal(0.0, far, len(u)) * is_moved
        return np.clip(u + step, -1.0, 1.0)
