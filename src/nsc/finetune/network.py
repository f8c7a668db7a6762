# ruff: noqa: F722 (axes, not forward references)
"""A network's loss and its derivatives in numpy, float64.

In: parameters, examples. Out: losses, gradients, normal equations. csrc/network.h is
the same, compiled. Non-goals: speed beyond BLAS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nsc.surrogate import Topology, forward

# how much of a step the residuals' second derivatives are measured over
BEND_LENGTH = 0.1

Layers = list[tuple[np.ndarray, np.ndarray]]


def _activate(z: np.ndarray, activation: str) -> np.ndarray:
    if activation == "sigmoid":
        return 1.0 / (1.0 + np.exp(np.clip(-z, -700.0, 700.0)))
    if activation == "tanh":
        return np.tanh(z)
    return np.maximum(z, 0.0)


def _slope(h: np.ndarray, activation: str) -> np.ndarray:
    """Return the activation's derivative from its value."""
    if activation == "sigmoid":
        return h * (1.0 - h)
    if activation == "tanh":
        return 1.0 - h * h
    return (h > 0).astype(np.float64)


def mean_squared_error(
    w: Float[np.ndarray, "p w"],
    topology: Topology,
    x: Float[np.ndarray, "p n i"],
    y: Float[np.ndarray, "p n o"],
) -> Float[np.ndarray, " p"]:
    """Return the mean squared error of each surrogate, `p`, over examples and outputs."""
    return ((forward(w, topology, x) - y) ** 2).mean(axis=(1, 2))


def gradient(
    w: Float[np.ndarray, "p w"],
    topology: Topology,
    x: Float[np.ndarray, "p n i"],
    y: Float[np.ndarray, "p n o"],
) -> tuple[Float[np.ndarray, " p"], Float[np.ndarray, "p w"]]:
    """Return each surrogate's mean squared error, and its gradient by backpropagation."""
    layers = topology.layers(w)
    hidden = _activations(layers, topology, x)
    residual = hidden[-1] - y
    loss = (residual**2).mean(axis=(1, 2))
    delta = residual * (2.0 / (y.shape[1] * y.shape[2]))
    backwards: Layers = []
    for k in range(len(layers) - 1, -1, -1):
        of_weight = np.swapaxes(delta, -1, -2) @ hidden[k]
        of_bias = delta.sum(axis=1)
        backwards.append((of_weight, of_bias))
        if k:
            weight, _ = layers[k]
            delta = (delta @ weight) * _slope(hidden[k], topology.activation)
    return loss, topology.join(backwards[::-1])


def _activations(
    layers: Layers, topology: Topology, x: np.ndarray
) -> list[np.ndarray]:
    """Return what enters each layer, `p n h`, and what leaves the last."""
    hidden = [x]
    for weight, bias in layers:
        z = hidden[-1] @ np.swapaxes(weight, -1, -2) + bias[:, None]
        is_last = len(hidden) == len(layers)
        hidden.append(z if is_last else _activate(z, topology.activation))
    return hidden


@dataclass(frozen=True)
class _Forward:
    """A forward pass: its parameters, residual `o n`, activations of every layer `h n`."""

    w: np.ndarray
    residual: np.ndarray
    hidden: list[np.ndarray]


class NormalEquations:
    """J J^T and J r of one network, feature-major (`w n`), in buffers made once.

    Inputs that are zero in every example are left out: their weights do not move.

    Args:
        x, y: `n i`, `n o`.
        weights: of the examples, `n`; residuals are multiplied by their roots.
    """

    def __init__(
        self,
        topology: Topology,
        x: Float[np.ndarray, "n i"],
        y: Float[np.ndarray, "n o"],
        weights: Float[np.ndarray, " n"] | None = None,
    ):
        self.topology = topology
        self.used = _trained_parameters(topology, x)
        self._x = np.ascontiguousarray(x.T)
        self._y = np.ascontiguousarray(y.T)
        self._root = None if weights is None else np.sqrt(weights)
        self._n = x.shape[0]
        self._jacobian = np.empty(
            (topology.n_parameters, topology.n_outputs * self._n)
        )
        self._last: _Forward | None = None

    def loss(self, w: Float[np.ndarray, " w"]) -> float:
        """Return the mean of the squared, weighted residuals."""
        self._last = self._forward(w)
        residual = self._last.residual
        return float(np.vdot(residual, residual)) / residual.size

    def assemble(
        self, w: Float[np.ndarray, " w"]
    ) -> tuple[Float[np.ndarray, "u u"], Float[np.ndarray, " u"]]:
        """Return (J J^T / m, J r / m) over the `u` used parameters, m residuals."""
        is_known = self._last is not None and self._last.w is w
        last = self._last if is_known else self._forward(w)
        assert last is not None  # known or just made
        layers = self.topology.layers(w)
        for output in range(self.topology.n_outputs):
            columns = slice(output * self._n, (output + 1) * self._n)
            self._fill(self._jacobian[:, columns], output, layers, last.hidden)
            if self._root is not None:
                self._jacobian[:, columns] *= self._root
        all_used = len(self.used) == len(w)
        jacobian = self._jacobian if all_used else self._jacobian[self.used]
        m = last.residual.size
        return jacobian @ jacobian.T / m, jacobian @ last.residual.ravel() / m

    def bend(
        self, w: Float[np.ndarray, " w"], step: Float[np.ndarray, " u"]
    ) -> Float[np.ndarray, " u"]:
        """Return J r'' / m at the parameters that were assembled last.

        Args:
            w: those parameters.
            step: of the used ones; r'' are the residuals' second derivatives along it,
                by central differences.
        """
        along = np.zeros_like(w)
        along[self.used] = BEND_LENGTH * step
        ahead, here, behind = (
            self._forward(at).residual for at in (w + along, w, w - along)
        )
        curved = (ahead - 2 * here + behind) / BEND_LENGTH**2
        return self._jacobian[self.used] @ curved.ravel() / curved.size

    def _forward(self, w: np.ndarray) -> _Forward:
        hidden = [self._x]
        layers = self.topology.layers(w)
        for weight, bias in layers:
            z = weight @ hidden[-1] + bias[:, None]
            is_last = len(hidden) == len(layers)
            hidden.append(
                z if is_last else _activate(z, self.topology.activation)
            )
        residual = hidden[-1] - self._y
        if self._root is not None:
            residual = residual * self._root
        return _Forward(w, residual, hidden)

    def _fill(
        self,
        block: np.ndarray,
        output: int,
        layers: Layers,
        hidden: list[np.ndarray],
    ) -> None:
        """Write the derivatives of one output by every parameter, `w n`, last layer first."""
        delta = np.zeros((self.topology.n_outputs, self._n))
        delta[output] = 1.0
        end = len(block)
        for k in range(len(layers) - 1, -1, -1):
            weight, _ = layers[k]
            rows, columns = weight.shape
            of_bias = block[end - rows : end]
            of_weight = block[end - rows - rows * columns : end - rows]
            of_bias[:] = delta
            for row in range(rows):
                of_row = of_weight[row * columns : (row + 1) * columns]
                np.multiply(hidden[k], delta[row], out=of_row)
            end -= rows + rows * columns
            if k:
                delta = (weight.T @ delta) * _slope(
                    hidden[k], self.topology.activation
                )


def _trained_parameters(topology: Topology, x: np.ndarray) -> np.ndarray:
    """Return the numbers of the parameters that examples `n i` can move."""
    used = np.ones(topology.n_parameters, bool)
    first_units = topology.widths[1]
    first = used[: first_units * topology.n_inputs].reshape(first_units, -1)
    is_zero = ~np.abs(x).any(axis=0)
    first[:, is_zero] = False
    return np.flatnonzero(used)
