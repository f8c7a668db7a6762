# ruff: noqa: F722 (axes, not forward references)
"""How much a run promises: the logarithm of the expected improvement, and its gradient.

In: models, the best value. Out: `n` values, to be maximised, with gradients. Where no
run fulfils all conditions yet, it is the logarithm of the probability that they are.
Non-goals: where it is greatest (propose).

Source: D. R. Jones, M. Schonlau, W. J. Welch, "Efficient Global Optimization of Expensive
Black-Box Functions", J. Global Optimization 13 (1998); J. R. Gardner et al., "Bayesian
Optimization with Inequality Constraints", ICML 2014; S. Ament et al., "Unexpected
Improvements to Expected Improvement for Bayesian Optimization", NeurIPS 2023.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nsc.optimization.model import Inputs, Model
from nsc.optimization.solvers import log_normal, scaled_erfc

_HALF_LOG_2PI = 0.5 * np.log(2.0 * np.pi)


class Limit(NamedTuple):
    """A model of a constraint.

    Args:
        zero: in its standard units, up to which it is fulfilled.
        column: which constraint.
    """

    model: Model
    zero: float
    column: int


@dataclass(frozen=True)
class Acquisition:
    """What a run at an input promises.

    Args:
        objective: None where no run fulfils the conditions yet.
        best: the least value so far, in the objective's standard units.
        limits: models of constraints.
    """

    objective: Model | None
    best: float
    limits: tuple[Limit, ...] = ()

    def values(self, u: Inputs) -> np.ndarray:
        """Return values `k` alone."""
        value = np.zeros(len(u))
        if self.objective is not None:
            mean, deviation = self.objective(u)
            z = (self.best - mean) / deviation
            value += np.log(deviation) + _log_gain(z)[0]
        for model, zero, _ in self.limits:
            mean, deviation = model(u)
            value += log_normal((zero - mean) / deviation)
        return value

    def __call__(self, u: Inputs) -> tuple[np.ndarray, np.ndarray]:
        """Return values `k` and gradients `k i`."""
        value = np.zeros(len(u))
        slope = np.zeros(u.shape)
        if self.objective is not None:
            said = self.objective.with_slopes(u)
            z = (self.best - said.mean) / said.deviation
            gain, below, density = _log_gain(z)
            value += np.log(said.deviation) + gain
            slope -= (below / said.deviation)[:, None] * said.mean_slope
            slope += (density / said.deviation)[:, None] * said.deviation_slope
        for model, zero, _ in self.limits:
            said = model.with_slopes(u)
            z = (zero - said.mean) / said.deviation
            chance = log_normal(z)
            value += chance
            rate = np.exp(np.clip(_log_density(z) - chance, None, 600.0))
            rate = (rate / said.deviation)[:, None]
            slope -= rate * said.mean_slope
            slope -= rate * z[:, None] * said.deviation_slope
        return value, slope


def _log_density(z: np.ndarray) -> np.ndarray:
    return -0.5 * z * z - _HALF_LOG_2PI


def _log_gain(z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log h, Phi / h and phi / h, where h(z) = phi(z) + z Phi(z)."""
    log_phi = _log_density(z)
    log_below = log_normal(z)
    near = np.maximum(z, -1.0)
    plain = np.log(
        np.exp(_log_density(near)) + near * np.exp(log_normal(near))
    )
    far = np.minimum(z, -1.0)
    # phi (1 - |z| Phi / phi), whose brackets tend to 1 / z^2
    mills = np.sqrt(np.pi / 2.0) * scaled_erfc(-far / np.sqrt(2.0))
    bracket = np.where(far < -1e3, 1.0 / far**2, 1.0 + far * mills)
    tail = _log_density(far) + np.log(np.maximum(bracket, 1e-300))
    log_h = np.where(z > -1.0, plain, tail)
    return log_h, np.exp(log_below - log_h), np.exp(log_phi - log_h)
