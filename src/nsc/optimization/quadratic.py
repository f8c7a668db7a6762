# ruff: noqa: F722 (axes, not forward references)
"""Quadratic functions of a few inputs, fitted to the runs nearest to a point.

In: points, values `n m`. Out: `Quadratic`. Runs count by the cube of their distance,
which is what a quadratic function errs by there; where they are fewer than the
coefficients, the curvature is as small as it can be. Non-goals: where to step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_NEAREST = 2  # runs taken, times the coefficients
_BENT = 0.3  # what curvature counts beside slopes where runs are few
_CLOSEST = 0.003  # of weights


@dataclass(frozen=True)
class Quadratic:
    """`m` functions of steps from a centre, in units of a radius.

    Args:
        values: at the centre, `m`.
        slopes: `m i`.
        curvatures: `m i i`.
    """

    centre: np.ndarray
    radius: float
    values: Float[np.ndarray, " m"]
    slopes: Float[np.ndarray, "m i"]
    curvatures: Float[np.ndarray, "m i i"]

    def __call__(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return values `m` and gradients `m i` at one point."""
        s = (u - self.centre) / self.radius
        turned = self.curvatures @ s
        value = self.values + self.slopes @ s + 0.5 * turned @ s
        return value, (self.slopes + turned) / self.radius


def count_coefficients(inputs: int) -> int:
    """Return how many coefficients a quadratic function has."""
    return (inputs + 1) * (inputs + 2) // 2


def fit_quadratic(
    u: Float[np.ndarray, "n i"],
    y: Float[np.ndarray, "n m"],
    centre: np.ndarray,
    radius: float,
) -> Quadratic:
    """Fit quadratic functions to the runs nearest to a centre."""
    inputs = u.shape[1]
    s = (u - centre) / radius
    distance = np.sqrt((s**2).sum(axis=1))
    n = _NEAREST * count_coefficients(inputs)
    near = np.argsort(distance, kind="stable")[:n]
    weight = np.sqrt(1.0 / (_CLOSEST + distance[near] ** 3))
    features = quadratic_features(s[near])
    scale = np.ones(features.shape[1])
    scale[1 + inputs :] = _BENT
    base = y[near[0]]
    design = features * scale * weight[:, None]
    wanted = (y[near] - base) * weight[:, None]
    found = np.linalg.lstsq(design, wanted, rcond=1e-14)[0]
    found = found * scale[:, None]
    rows, columns = np.triu_indices(inputs)
    curvatures = np.zeros((y.shape[1], inputs, inputs))
    curvatures[:, rows, columns] = found[1 + inputs :].T
    curvatures[:, columns, rows] = found[1 + inputs :].T
    slopes = found[1 : 1 + inputs].T
    return Quadratic(centre, radius, base + found[0], slopes, curvatures)


def quadratic_features(s: np.ndarray) -> np.ndarray:
    """Return 1, `s`, and the products of `s`, squares halved, `n p`."""
    rows, columns = np.triu_indices(s.shape[1])
    halves = np.where(rows == columns, 0.5, 1.0)
    products = s[:, rows] * s[:, columns] * halves
    return np.column_stack([np.ones(len(s)), s, products])
