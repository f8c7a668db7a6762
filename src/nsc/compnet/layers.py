"""Layers in numpy, by the names that a checkpoint gives them. In / Out: arrays `p d`."""

from __future__ import annotations

import numpy as np

from nsc.compnet.config import NODE_ANCHORS


def silu(z: np.ndarray) -> np.ndarray:
    return z / (1.0 + np.exp(-np.clip(z, -30.0, 30.0)))


def linear(arrays: dict[str, np.ndarray], name: str, x: np.ndarray) -> np.ndarray:
    return x @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]


def centred_shapes(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Return what decodes shapes at the node anchors, (128, d): their mean is none of a
    shape's business.
    """
    shapes = arrays["decode"][:NODE_ANCHORS]
    return shapes - shapes.mean(axis=0)
