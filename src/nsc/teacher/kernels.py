# ruff: noqa: F722 (axes, not forward references)
"""Correlation functions of Gaussian processes, and their derivatives.

In: squared distances along each input, hyperparameters. Out: correlations, and sums of
their derivatives by what a likelihood weighs them with. Non-goals: fitting.

Source: C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine Learning"
(2006), chapter 4; N. Durrande, D. Ginsbourger, O. Roustant, "Additive covariance
kernels for high-dimensional Gaussian process modeling" (2012): products of one plus a
kernel of one input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Matrix = Float[np.ndarray, "n k"]
Apart = Float[np.ndarray, "i n k"]  # squared distances along each input
Vector = Float[np.ndarray, " h"]


@dataclass(frozen=True)
class Kernel:
    """A family of correlation functions.

    Args:
        count: inputs -> hyperparameters, all of them logarithms; those of correlation
            lengths come first.
        correlate: (hyperparameters, distances) -> correlations.
        slopes: (hyperparameters, distances, weights) -> for each hyperparameter, the sum
            of the correlations' derivatives times the weights.
    """

    name: str
    count: Callable[[int], int]
    correlate: Callable[[Vector, Apart], Matrix]
    slopes: Callable[[Vector, Apart, Matrix], Vector]


def apart(x: Float[np.ndarray, "n i"], z: Float[np.ndarray, "k i"]) -> Apart:
    """Return squared distances along each input."""
    return (x.T[:, :, None] - z.T[:, None, :]) ** 2


def _near(h: Vector, d: Apart) -> Matrix:
    """Return squared distances in units of the correlation lengths."""
    return np.tensordot(np.exp(-2.0 * h), d, axes=1)


def _rbf(h: Vector, d: Apart) -> Matrix:
    return np.exp(-0.5 * _near(h, d))


def _rbf_slopes(h: Vector, d: Apart, weights: Matrix) -> Vector:
    return np.exp(-2.0 * h) * _along(d, weights * _rbf(h, d))


def _matern(h: Vector, d: Apart) -> Matrix:
    r = np.sqrt(5.0 * _near(h, d))
    return (1.0 + r + r * r / 3.0) * np.exp(-r)


def _matern_slopes(h: Vector, d: Apart, weights: Matrix) -> Vector:
    r = np.sqrt(5.0 * _near(h, d))
    fall = 5.0 / 3.0 * (1.0 + r) * np.exp(-r)
    return np.exp(-2.0 * h) * _along(d, weights * fall)


def _along(d: Apart, weights: Matrix) -> Vector:
    """Sum distances along each input times weights."""
    return d.reshape(len(d), -1) @ weights.ravel()


def _parts(h: Vector, d: Apart) -> tuple[np.ndarray, np.ndarray, Vector]:
    """Return each input's own kernel times its share, one plus it, and shares."""
    count = len(d)
    scale = np.exp(-2.0 * h[:count])
    shares = np.exp(h[count:])
    own = np.exp(-0.5 * scale[:, None, None] * d)
    own *= shares[:, None, None]
    return own, 1.0 + own, shares


def _sums(h: Vector, d: Apart) -> Matrix:
    _, factors, shares = _parts(h, d)
    return factors.prod(axis=0) / (1.0 + shares).prod()


def _sums_slopes(h: Vector, d: Apart, weights: Matrix) -> Vector:
    own, factors, shares = _parts(h, d)
    weighted = factors.prod(axis=0) * weights / (1.0 + shares).prod()
    without = own / factors * weighted
    by_share = without.sum(axis=(1, 2))
    by_share -= shares / (1.0 + shares) * weighted.sum()
    by_length = (without * d).sum(axis=(1, 2)) * np.exp(-2.0 * h[: len(d)])
    return np.concatenate([by_length, by_share])


RBF = Kernel("RBF", lambda i: i, _rbf, _rbf_slopes)
MATERN = Kernel("Matern-5/2", lambda i: i, _matern, _matern_slopes)
SUMS = Kernel("sums of products", lambda i: 2 * i, _sums, _sums_slopes)
KERNELS: Mapping[str, Kernel] = {
    kernel.name: kernel for kernel in (RBF, MATERN, SUMS)
}
