"""Layers in numpy, by the names that a checkpoint gives them.

In / Out: arrays `p d`. Non-goals: torch's (training/model.py).
"""

from __future__ import annotations

import numpy as np

from nsc.compnet.config import NODE_ANCHORS

MOST_SILU = (
    30.0  # where a sigmoid has long saturated, and exp does not overflow
)
STRETCH_FLOOR = (
    1e-12  # added to a shape's variance, so that its root has a derivative
)


def silu(z: np.ndarray) -> np.ndarray:
    """Return z sigmoid(z)."""
    return z / (1.0 + np.exp(-np.clip(z, -MOST_SILU, MOST_SILU)))


def gelu(z: np.ndarray) -> np.ndarray:
    """Return z times the normal distribution's cumulative function at z."""
    return 0.5 * z * (1.0 + erf(z * np.float32(np.sqrt(0.5))))


def erf(z: np.ndarray) -> np.ndarray:
    """Approximate the error function to 1.5e-7; numpy has none.

    Source: Abramowitz and Stegun, 7.1.26.
    """
    t = 1.0 / (1.0 + 0.3275911 * np.abs(z))
    series = 1.061405429 * t - 1.453152027
    series = series * t + 1.421413741
    series = series * t - 0.284496736
    series = (series * t + 0.254829592) * t
    return np.sign(z) * (1.0 - series * np.exp(-z * z))


def linear(
    arrays: dict[str, np.ndarray], name: str, x: np.ndarray
) -> np.ndarray:
    """Apply a linear layer: `p d` -> `p out`."""
    return x @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]


def layer_norm(
    arrays: dict[str, np.ndarray], name: str, x: np.ndarray, eps: float
) -> np.ndarray:
    """Standardise each row, then scale and shift its columns."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.mean(centred * centred, axis=-1, keepdims=True)
    scaled = centred / np.sqrt(variance + np.float32(eps))
    return scaled * arrays[f"{name}.weight"] + arrays[f"{name}.bias"]


def centred_shapes(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Return what decodes shapes at the node anchors, `128 d`.

    Their mean over the anchors is zero: a shape has none.
    """
    shapes = arrays["decode"][:NODE_ANCHORS]
    return shapes - shapes.mean(axis=0)
