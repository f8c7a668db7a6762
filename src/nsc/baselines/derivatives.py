"""First and second derivatives of many sigmoid networks' losses, in numpy.

In: parameters `p w`, examples `p n i`, `p n`. Out: losses, gradients, products with
the Hessian. Non-goals: speed beyond BLAS; other activations, several outputs.

Source: Pearlmutter (1994), "Fast exact multiplication by the Hessian".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.surrogate import Topology

Layers = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Examples:
    """What each network is to compute.

    Args:
        x: `p n i`.
        y: `p n`.
        weights: `p n`, of the squared residuals; a mean has 1 / n.
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray

    @staticmethod
    def mean(x: np.ndarray, y: np.ndarray) -> Examples:
        """Let all examples count alike, and together 1."""
        return Examples(x, y, np.full(y.shape, 1.0 / y.shape[1]))


def loss_and_gradient(
    w: np.ndarray, topology: Topology, examples: Examples
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted sums of squared residuals, `p`, and their gradients, `p w`."""
    layers = topology.layers(w)
    hidden = _activations(layers, examples.x)
    residual = hidden[-1][:, :, 0] - examples.y
    loss = (examples.weights * residual**2).sum(axis=1)
    delta = (2.0 * examples.weights * residual)[:, :, None]
    backwards: Layers = []
    for k in range(len(layers) - 1, -1, -1):
        backwards.append((_turned(delta) @ hidden[k], delta.sum(axis=1)))
        if k:
            weight, _ = layers[k]
            delta = (delta @ weight) * _slope(hidden[k])
    return loss, topology.join(backwards[::-1])


def hessian_product(
    w: np.ndarray, topology: Topology, examples: Examples, v: np.ndarray
) -> np.ndarray:
    """Multiply the Hessian of each network's loss by a direction, `p w`.

    Forward over reverse: every quantity of `loss_and_gradient` is followed by its
    derivative in the direction v.
    """
    layers = topology.layers(w)
    directions = topology.layers(v)
    hidden = _activations(layers, examples.x)
    moved = _moved_activations(layers, directions, hidden)
    residual = hidden[-1][:, :, 0] - examples.y
    delta = (2.0 * examples.weights * residual)[:, :, None]
    moved_delta = 2.0 * examples.weights[:, :, None] * moved[-1]
    backwards: Layers = []
    for k in range(len(layers) - 1, -1, -1):
        of_weight = _turned(moved_delta) @ hidden[k]
        of_weight += _turned(delta) @ moved[k]
        backwards.append((of_weight, moved_delta.sum(axis=1)))
        if k:
            weight, _ = layers[k]
            turn, _ = directions[k]
            slope = _slope(hidden[k])
            before = delta @ weight
            curve = moved[k] * (1.0 - 2.0 * hidden[k])
            moved_delta = (moved_delta @ weight + delta @ turn) * slope
            moved_delta += before * curve
            delta = before * slope
    return topology.join(backwards[::-1])


def _activations(layers: Layers, x: np.ndarray) -> list[np.ndarray]:
    """Return what enters each layer, `p n h`, and what leaves the last."""
    hidden = [x]
    for k, (weight, bias) in enumerate(layers):
        z = hidden[-1] @ _turned(weight) + bias[:, None]
        hidden.append(z if k == len(layers) - 1 else _sigmoid(z))
    return hidden


def _moved_activations(
    layers: Layers, directions: Layers, hidden: list[np.ndarray]
) -> list[np.ndarray]:
    """Return the derivatives of activations where parameters move in a direction."""
    moved = [np.zeros_like(hidden[0])]
    pairs = zip(layers, directions, strict=True)
    for k, ((weight, _), (turn, shift)) in enumerate(pairs):
        z = moved[-1] @ _turned(weight)
        z += hidden[k] @ _turned(turn) + shift[:, None]
        is_last = k == len(layers) - 1
        moved.append(z if is_last else z * _slope(hidden[k + 1]))
    return moved


def _turned(matrices: np.ndarray) -> np.ndarray:
    return np.swapaxes(matrices, -1, -2)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(z, -700.0, 700.0)))


def _slope(h: np.ndarray) -> np.ndarray:
    """Return the sigmoid's derivative from its value."""
    return h * (1.0 - h)
