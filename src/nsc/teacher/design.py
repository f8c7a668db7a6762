# ruff: noqa: F722 (axes, not forward references)
"""Which inputs to run next, so that a Gaussian process is sure everywhere.

In: runs in [-1, 1], candidates. Out: which candidates, one after the other, lower the
integrated variance most. A variance needs no output, so a whole batch is chosen before
any of it runs. The variance counts more where the process was wrong without the runs
there. Non-goals: drawing candidates, running.

Source: D. A. Cohn, Z. Ghahramani, M. I. Jordan, "Active Learning with Statistical
Models", JAIR 4 (1996); the weights are those of cross-validation designs: S. Le
Gratiet, C. Cannamela, Technometrics 57 (2015).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from threadpoolctl import (  # pyright: ignore[reportMissingTypeStubs]  # has none
    threadpool_limits,
)

from nsc.teacher.kernels import MATERN, RBF, apart
from nsc.teacher.process import Process, fit_process

FITTED = 128  # runs that hyperparameters are fitted to
OUTPUTS = 4  # that decide, where there are more
EVEN = 0.5  # of the weights is the same everywhere
QUIETEST = 1e-8  # noise over the variance, far above rounding

Inputs = Float[np.ndarray, "n i"]
Matrix = Float[np.ndarray, "k k"]


def next_inputs(
    u: Inputs,
    y: Float[np.ndarray, "n o"],
    candidates: Float[np.ndarray, "k i"],
    count: int,
) -> Int[np.ndarray, " count"]:
    """Choose among candidates, which also stand for the domain.

    The same arguments give the same choice, whatever runs the program.

    Args:
        u, candidates: in [-1, 1].
        y: the outputs at `u`, in any units.
        count: how many to choose, at most `k`.

    Returns:
        Indices of candidates in the order of choice. Where nothing can be fitted, the
        first ones.
    """
    # many small matrices: threads would wait for each other
    with threadpool_limits(1, "blas"):
        columns = y.T[:OUTPUTS]
        fitted = [_fitted(u, column) for column in columns]
        found = [
            _covariances(process, candidates)
            for process in fitted
            if process is not None
        ]
        if not found:
            return np.arange(count)
        return _chosen(found, count)


class _Uncertainty:
    """What one output's process does not know of the candidates.

    Args:
        covariances: `k k`, of the candidates given the runs, over the prior variance.
        noise: variance that a run has, in the same units.
        weights: what variance counts at each candidate, `k`.
    """

    def __init__(
        self,
        covariances: Matrix,
        noise: float,
        weights: Float[np.ndarray, " k"],
    ):
        self.covariances = covariances
        self.noise = noise
        self.weights = weights

    def gains(self) -> Float[np.ndarray, " k"]:
        """Say what a run at each candidate takes from the integrated variance."""
        variance = np.maximum(np.diag(self.covariances), 0.0) + self.noise
        return self.weights @ self.covariances**2 / variance

    def learn(self, k: int) -> None:
        """Take a run at candidate `k` for made, whatever it will give."""
        column = self.covariances[:, k].copy()
        variance = max(column[k], 0.0) + self.noise
        self.covariances -= np.outer(column, column) / variance


def _chosen(found: list[_Uncertainty], count: int) -> np.ndarray:
    """Choose greedily, each run as if those before had been made."""
    chosen: list[int] = []
    for _ in range(count):
        gains = np.sum([each.gains() for each in found], axis=0)
        gains[chosen] = -np.inf
        best = int(np.argmax(gains))
        chosen.append(best)
        for each in found:
            each.learn(best)
    return np.array(chosen)


def _fitted(u: Inputs, y: Float[np.ndarray, " n"]) -> Process | None:
    """Fit the likeliest process to the first runs, and condition it on all."""
    spread = float(y.std())
    if not spread > 1e-12 * np.abs(y).max():
        return None
    standard = (y - y.mean()) / spread
    basis = np.ones((len(u), 1))
    first = slice(FITTED)
    try:
        tried = [
            fit_process(kernel, u[first], standard[first], basis[first])
            for kernel in (RBF, MATERN)
        ]
        fitted = [process for process in tried if process is not None]
        if not fitted:
            return None
        best = min(fitted, key=lambda process: process.solved.loss)
        return best if len(u) <= FITTED else best.given(u, standard, basis)
    except np.linalg.LinAlgError:
        return None


def _covariances(
    process: Process, candidates: Float[np.ndarray, "k i"]
) -> _Uncertainty:
    """Condition the candidates on the runs; outputs have the variance 1.

    By a triangle, not by the process's inverse: where runs tell nearly all, what is left
    is smaller than an inverse's rounding.
    """
    lengths = process.h[:-1]
    correlate = process.kernel.correlate
    x = process.x
    noise = process.noise**2 / process.variance
    noise = max(noise, QUIETEST)
    near = correlate(lengths, apart(x, candidates))
    left = correlate(lengths, apart(candidates, candidates))
    there = correlate(lengths, apart(x, x))
    there[np.diag_indices(len(x))] += noise
    explained = np.linalg.solve(np.linalg.cholesky(there), near)
    left -= explained.T @ explained
    wrong = process.left_out**2
    share = near**2 + 1e-12
    local = wrong @ share / share.sum(axis=0)
    weights = EVEN + (1 - EVEN) * local / max(float(local.mean()), 1e-300)
    return _Uncertainty(left, noise, process.variance * weights / len(weights))
