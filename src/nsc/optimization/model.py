# ruff: noqa: F722 (axes, not forward references)
"""A Gaussian process of one column of runs, with gradients by its inputs.

In: inputs in [-1, 1], values. Out: `Model`: means, standard deviations, gradients, in
units in which values are standard. The kernel, and whether the values' logarithms are
explained, are chosen by likelihood. Non-goals: which input runs next.

Source: C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine Learning"
(2006), sections 2.7 and 5.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nsc.teacher import KERNELS, Process, fit_process, process_of

Inputs = Float[np.ndarray, "k i"]
Column = Float[np.ndarray, " n"]
_RBF = "RBF"
_MATERN = "Matern-5/2"
FITTED = 160  # runs that hyperparameters are fitted to
REFITTED = 1.08  # growth of the runs after which choices are made again
STEPS = 12  # of a fit that goes on from another
FIRST_STEPS = 60
_TINY = 1e-12


@dataclass(frozen=True)
class Warp:
    """How values are changed before a process explains them.

    Args:
        is_log: whether the logarithm of what they are above `base` is taken.
        centre, scale: that make the outcome standard.
    """

    is_log: bool
    base: float = 0.0
    centre: float = 0.0
    scale: float = 1.0

    def __call__(self, y: np.ndarray) -> np.ndarray:
        """Return standard values."""
        seen = np.log(np.maximum(y - self.base, _TINY)) if self.is_log else y
        return (seen - self.centre) / self.scale

    def log_slope(self, y: Column) -> float:
        """Return the mean logarithm of the derivative, that likelihoods differ by."""
        slope = -np.log(self.scale)
        if self.is_log:
            slope -= float(np.log(np.maximum(y - self.base, _TINY)).mean())
        return float(slope)


def warp_of(y: Column, *, is_log: bool) -> Warp:
    """Fit a warp to values; logarithms are of what they are above their least."""
    base = 0.0
    if is_log:
        low = float(y.min())
        ordered = np.sort(y)
        lower = float(np.median(ordered[: max(2, len(y) // 2)])) - low
        base = low - max(0.1 * lower, 1e-6 * float(np.ptp(y)), _TINY)
    plain = Warp(is_log, base)(y)
    spread = float(plain.std())
    scale = spread if spread > _TINY else 1.0
    return Warp(is_log, base, float(plain.mean()), scale)


class Said(NamedTuple):
    """What a model says at inputs `k i`, and its derivatives `k i`."""

    mean: np.ndarray
    deviation: np.ndarray
    mean_slope: np.ndarray
    deviation_slope: np.ndarray


def _rbf_fall(near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return correlations and their derivatives by squared distances."""
    k = np.exp(-0.5 * near)
    return k, -0.5 * k


def _matern_fall(near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r = np.sqrt(5.0 * near)
    fall = np.exp(-r)
    k = (1.0 + r + r * r / 3.0) * fall
    return k, -5.0 / 6.0 * (1.0 + r) * fall


_FALLS: Mapping[str, Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]] = {
    _RBF: _rbf_fall,
    _MATERN: _matern_fall,
}


class Model:
    """A process of standard values at inputs, with gradients."""

    def __init__(self, process: Process, warp: Warp):
        self.process = process
        self.warp = warp
        solved = process.solved
        self.lengths = np.exp(process.h[: process.x.shape[1]])
        self.scaled = process.x / self.lengths
        self.inverse = solved.inverse
        self.ones = solved.inverse.sum(axis=1)
        self.gram = float(self.ones.sum())
        self.constant = float(self.ones @ process.y) / self.gram

    def __call__(self, u: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Return means and standard deviations."""
        k, _, _ = self._near(u)
        return self._mean(k), np.sqrt(self._variance(k)[0])

    def with_slopes(self, u: Inputs) -> Said:
        """Return means, standard deviations and their derivatives."""
        k, slope, apart = self._near(u)
        variance, explained, rest = self._variance(k)
        deviation = np.sqrt(variance)
        # d k / d u = slope * 2 (u - x) / lengths^2
        turn = 2.0 * slope[:, :, None] * apart / self.lengths
        mean_slope = np.einsum("kni,n->ki", turn, self.process.solved.weights)
        by_k = -2.0 * explained
        by_k -= 2.0 * (rest / self.gram)[:, None] * self.ones
        by_u = np.einsum("kni,kn->ki", turn, by_k) * self.process.variance
        return Said(
            self._mean(k),
            deviation,
            mean_slope,
            by_u / (2.0 * deviation[:, None]),
        )

    def _near(self, u: Inputs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return correlations, their derivatives, and scaled differences."""
        apart = (u / self.lengths)[:, None, :] - self.scaled
        k, slope = _FALLS[self.process.kernel.name]((apart**2).sum(axis=2))
        return k, slope, apart

    def _mean(self, k: np.ndarray) -> np.ndarray:
        return k @ self.process.solved.weights + self.constant

    def _variance(
        self, k: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        explained = k @ self.inverse
        rest = 1.0 - k @ self.ones
        share = 1.0 - (explained * k).sum(axis=1) + rest**2 / self.gram
        floor = _TINY
        variance = self.process.variance * np.maximum(share, floor)
        return variance, explained, rest


@dataclass(frozen=True)
class _Choice:
    """A kernel, a warp's kind, and hyperparameters."""

    kernel: str
    is_log: bool
    h: np.ndarray
    n: int


class Fitter:
    """Fits models to growing columns; what fitted before is gone on from.

    Args:
        may_warp: whether logarithms may be explained.
    """

    def __init__(self, *, may_warp: bool):
        self.may_warp = may_warp
        self.choice: _Choice | None = None
        self.starts: dict[tuple[str, bool], np.ndarray] = {}

    def __call__(self, u: Inputs, y: Column) -> Model | None:
        """Fit a model; None where values do not vary or nothing fits."""
        if len(y) < 3 or not float(y.std()) > 0:
            return None
        choice = self.choice
        if choice is None or len(y) >= REFITTED * choice.n:
            self.choice = choice = self._chosen(u, y)
        if choice is None:
            return None
        warp = warp_of(y, is_log=choice.is_log)
        try:
            process = process_of(
                KERNELS[choice.kernel],
                u,
                warp(y),
                np.ones((len(y), 1)),
                choice.h,
            )
        except np.linalg.LinAlgError:
            return None
        return Model(process, warp)

    def _chosen(self, u: Inputs, y: Column) -> _Choice | None:
        """Fit every kind, and choose the likeliest."""
        part = slice(max(0, len(y) - FITTED), None)
        warps = (False, True) if self.may_warp else (False,)
        best: tuple[float, _Choice] | None = None
        for kernel in _FALLS:
            for is_log in warps:
                found = self._fitted(kernel, is_log, u[part], y[part])
                if found is None:
                    continue
                loss, h = found
                if best is None or loss < best[0]:
                    best = (loss, _Choice(kernel, is_log, h, len(y)))
        return None if best is None else best[1]

    def _fitted(
        self, kernel: str, is_log: bool, u: Inputs, y: Column
    ) -> tuple[float, np.ndarray] | None:
        """Fit one kind; returns its loss in the values' own units."""
        warp = warp_of(y, is_log=is_log)
        start = self.starts.get((kernel, is_log))
        process = fit_process(
            KERNELS[kernel],
            u,
            warp(y),
            np.ones((len(y), 1)),
            start=start,
            steps=FIRST_STEPS if start is None else STEPS,
        )
        if process is None:
            return None
        self.starts[kernel, is_log] = process.h
        loss = process.solved.loss - len(y) * warp.log_slope(y)
        return loss, process.h
