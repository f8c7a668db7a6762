# ruff: noqa: F722 (axes, not forward references)
"""Polynomials of degree 0, 1 and 2 by least squares, and their error elsewhere.

In: inputs in [-1, 1], outputs. Out: `Polynomial`. Non-goals: who is compared with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb

import numpy as np
from jaxtyping import Float

DEGREES = {"a constant": 0, "linear": 1, "quadratic": 2}
_SINGULAR = 1e-9


@dataclass(frozen=True)
class Polynomial:
    """A polynomial that was fitted to outputs.

    Args:
        weights: of its monomials, `t o`.
        missed: outputs less what the other examples say of each, `n o`.
        triangle: of the QR factors of the monomials at the examples, `t t`.
    """

    degree: int
    weights: Float[np.ndarray, "t o"]
    missed: Float[np.ndarray, "n o"]
    triangle: Float[np.ndarray, "t t"]

    def __call__(self, u: Float[np.ndarray, "k i"]) -> np.ndarray:
        """Return its values, `k o`."""
        return monomials(u, self.degree) @ self.weights


def fit_polynomial(
    u: Float[np.ndarray, "n i"], y: Float[np.ndarray, "n o"], degree: int
) -> Polynomial | None:
    """Fit a polynomial; what it misses without an example is closed-form.

    Returns:
        None where examples do not settle it.
    """
    if len(u) < count_monomials(u.shape[1], degree):
        return None
    terms = monomials(u, degree)
    q, r = np.linalg.qr(terms)
    if np.abs(np.diag(r)).min() < _SINGULAR * np.abs(r).max():
        return None
    weights = np.linalg.solve(r, q.T @ y)
    own = (q**2).sum(axis=1, keepdims=True)  # what each example says of itself
    missed = (y - terms @ weights) / np.maximum(1.0 - own, _SINGULAR)
    return Polynomial(degree, weights, missed, r)


def count_monomials(inputs: int, degree: int) -> int:
    """Return how many numbers a polynomial has."""
    return comb(inputs + degree, degree)


def monomials(u: Float[np.ndarray, "n i"], degree: int) -> np.ndarray:
    """Return the monomials up to a degree, `n t`."""
    return np.column_stack(list(_monomials(u, degree)))


def _monomials(u: np.ndarray, degree: int) -> Iterator[np.ndarray]:
    yield np.ones(len(u))
    if degree > 0:
        yield from u.T
    if degree > 1:
        pairs = combinations_with_replacement(u.T, 2)
        yield from (first * second for first, second in pairs)
