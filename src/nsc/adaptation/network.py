# ruff: noqa: F722 (axes, not forward references)
"""Networks of one output: values, derivatives, and fits that stay near a start.

In: a topology, `w`, inputs in [-1, 1]. Out: values and Jacobians; parameters with the
least squared error plus a penalty on the distance from where they started. Non-goals:
large data (finetune), which penalty (forms.py).

Source: J. Nocedal, S. J. Wright, "Numerical Optimization" (2006), section 10.3
(Levenberg-Marquardt).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from nsc.surrogate import Topology

Inputs = Float[np.ndarray, "n i"]
Column = Float[np.ndarray, " n"]
Vector = Float[np.ndarray, " p"]
# parameters -> values `n` and their derivatives `n p`
Evaluate = Callable[[Vector], tuple[Column, Float[np.ndarray, "n p"]]]

STEPS = 40
_DAMPING = 1e-2
_FLOOR = 1e-9
_CEILING = 1e8
_GAIN = 1e-5  # of the objective, below which a fit has ended


@dataclass(frozen=True)
class Network:
    """A network of one output.

    Args:
        w: `w`, of the topology.
    """

    topology: Topology
    w: Vector

    def __call__(self, u: Inputs) -> Column:
        """Return values at inputs."""
        return self._layers(u)[-1][:, 0]

    def derivatives(
        self, u: Inputs
    ) -> tuple[Column, Float[np.ndarray, "n p"], Inputs]:
        """Return values, and their derivatives by parameters and by inputs."""
        held = self._layers(u)
        layers = self.topology.layers(self.w)
        slope = np.ones((len(u), 1))
        parts: list[np.ndarray] = []
        for k in range(len(layers) - 1, -1, -1):
            below = held[k]
            products = slope[:, :, None] * below[:, None, :]
            parts[:0] = [products.reshape(len(u), -1), slope]
            slope = slope @ layers[k][0]
            if k:
                slope = slope * _slope(below, self.topology.activation)
        return held[-1][:, 0], np.concatenate(parts, axis=1), slope

    def _layers(self, u: Inputs) -> list[np.ndarray]:
        """Return inputs, each hidden layer's values, and the output."""
        held = [u]
        layers = self.topology.layers(self.w)
        for k, (weight, bias) in enumerate(layers):
            z = held[-1] @ weight.T + bias
            is_last = k == len(layers) - 1
            held.append(z if is_last else _active(z, self.topology.activation))
        return held

    def of_inputs(self, scale: Vector, shift: Vector) -> Network:
        """Return the network that takes `scale * u + shift` in place of `u`."""
        layers = self.topology.layers(self.w)
        weight, bias = layers[0]
        layers[0] = (weight * scale, bias + weight @ shift)
        return replace(self, w=self.topology.join(layers))

    def of_outputs(self, gain: float, shift: float) -> Network:
        """Return the network that gives `gain * y + shift` in place of `y`."""
        layers = self.topology.layers(self.w)
        weight, bias = layers[-1]
        layers[-1] = (weight * gain, bias * gain + shift)
        return replace(self, w=self.topology.join(layers))

    def fitted_to(
        self, u: Inputs, y: Column, strength: float, *, around: Vector
    ) -> Network:
        """Fit all parameters to examples.

        Args:
            strength: of the penalty on the squared distance from `around`.
        """

        def evaluate(w: Vector) -> tuple[Column, np.ndarray]:
            return replace(self, w=w).derivatives(u)[:2]

        penalty = np.full(len(self.w), strength)
        return replace(self, w=fit(evaluate, self.w, y, penalty, around))


def _active(z: np.ndarray, activation: str) -> np.ndarray:
    if activation == "sigmoid":
        return 1.0 / (1.0 + np.exp(-np.clip(z, -700.0, 700.0)))
    return np.tanh(z) if activation == "tanh" else np.maximum(z, 0.0)


def _slope(h: np.ndarray, activation: str) -> np.ndarray:
    """Return an activation's derivative, by its value."""
    if activation == "sigmoid":
        return h * (1.0 - h)
    return 1.0 - h * h if activation == "tanh" else (h > 0).astype(float)


def fit(
    evaluate: Evaluate,
    start: Vector,
    y: Column,
    penalty: Vector,
    around: Vector,
    *,
    steps: int = STEPS,
) -> Vector:
    """Minimise the mean squared error plus a penalty, from `start`.

    Args:
        penalty: of each parameter's squared distance from `around`.
    """

    def objective(values: Column, p: Vector) -> float:
        off = p - around
        return float(((values - y) ** 2).mean() + penalty @ (off * off))

    at = start
    values, jacobian = evaluate(at)
    least = objective(values, at)
    damping = _DAMPING
    for _ in range(steps):
        if not np.isfinite(least) or damping > _CEILING:
            break
        slope = jacobian.T @ (values - y) / len(y) + penalty * (at - around)
        step = _step(jacobian, slope, penalty + damping)
        found, its_jacobian = evaluate(at - step)
        value = objective(found, at - step)
        if not value < least:
            damping *= 4.0
            continue
        gain = least - value
        at = at - step
        values = found
        jacobian = its_jacobian
        least = value
        damping = max(damping / 3.0, _FLOOR)
        if gain < _GAIN * value:
            break
    return at


def _step(jacobian: np.ndarray, slope: Vector, diagonal: Vector) -> Vector:
    """Solve (J'J / n + diagonal) step = slope, over examples where these are fewer."""
    n, p = jacobian.shape
    if p <= n:
        gram = jacobian.T @ jacobian / n
        gram[np.diag_indices(p)] += diagonal
        return np.linalg.solve(gram, slope)
    turned = jacobian / diagonal
    gram = turned @ jacobian.T
    gram[np.diag_indices(n)] += n
    part = slope / diagonal
    return part - turned.T @ np.linalg.solve(gram, jacobian @ part)
