# ruff: noqa: F722 (axes, not forward references)
"""Derivatives of surrogates by their inputs, in numpy: what compiled ones must equal.

In: parameters, inputs. Out: `n o i`. Non-goals: derivatives by parameters (finetune).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from nsc.surrogate.model import activate, pad_inputs
from nsc.surrogate.topology import Topology


def input_gradient(
    w: Float[np.ndarray, " w"],
    topology: Topology,
    x: Float[np.ndarray, "n i"],
) -> Float[np.ndarray, "n o i"]:
    """Return the derivatives of outputs by inputs; at a relu's kink that of the left.

    Args:
        x: `n i`; missing inputs are zero, and have no derivatives here.
    """
    layers = topology.layers(w)
    slopes: list[np.ndarray] = []
    h = pad_inputs(x, topology)
    for weight, bias in layers[:-1]:
        h = activate(h @ weight.T + bias, topology.activation)
        slopes.append(activation_slope(h, topology.activation))
    last, _ = layers[-1]
    found = np.broadcast_to(last, (len(x), *last.shape))
    for (weight, _), slope in zip(
        reversed(layers[:-1]), reversed(slopes), strict=True
    ):
        found = (found * slope[:, None, :]) @ weight
    return np.ascontiguousarray(found[:, :, : x.shape[1]])


def activation_slope(h: np.ndarray, activation: str) -> np.ndarray:
    """Return an activation's derivative, from its value."""
    if activation == "sigmoid":
        return h * (1.0 - h)
    if activation == "tanh":
        return 1.0 - h * h
    return np.where(h > 0, 1.0, 0.0 * h)  # a NaN stays one
