"""What a walk tells of programs' roots, and how hard programs are to predict.

In: walks. Out: `Roots`. Non-goals: walking (native.py compiled, reference.py in numpy,
model.py in torch).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.compnet.arrays import TINY, Array
from nsc.compnet.config import MAX_INPUTS
from nsc.compnet.pack import Batch
from nsc.compnet.walk import Walk


@dataclass(frozen=True)
class Roots:
    """The roots of `p` programs.

    Args:
        h: float32 (p, d), embeddings.
        means, scales, formula_scales: float64 (p,); the last are scales before the
            cells' correction.
        depths, sizes, inputs: (p,), levels above the inputs, nodes, inputs in use.
    """

    h: np.ndarray
    means: np.ndarray
    scales: np.ndarray
    formula_scales: np.ndarray
    depths: np.ndarray
    sizes: np.ndarray
    inputs: np.ndarray


def roots_of(batch: Batch, walk: Walk, h: Array) -> Roots:
    """Pick the roots out of a walk over a batch.

    Args:
        batch: its arrays may be tensors of any device.
        h: `m d`, embeddings of the batch's nodes.
    """
    count = len(batch.roots)
    depths = np.zeros(count)
    for number, level in enumerate(batch.levels, 1):
        depths[batch.program[level.start : level.stop]] = number
    return Roots(
        h=_on_host(h[batch.roots]),
        means=_on_host(walk.means[batch.roots]),
        scales=_on_host(walk.scales[batch.roots]),
        formula_scales=_on_host(walk.formula_scales[batch.roots]),
        depths=depths,
        sizes=np.bincount(batch.program, minlength=count),
        inputs=np.bincount(batch.program[: batch.n_leaves], minlength=count),
    )


def _on_host(a: Array) -> np.ndarray:
    return a if isinstance(a, np.ndarray) else a.cpu().numpy()


def error_features(roots: Roots) -> np.ndarray:
    """Describe how hard programs are to predict.

    Returns:
        float32 `p 6`: depth, size, inputs in use, scale, mean over scale, and how the
        cells changed the scale.
    """
    stretched = roots.scales / np.maximum(roots.formula_scales, TINY)
    relative = np.abs(roots.means) / roots.scales
    columns = [
        roots.depths / 10,
        np.log(roots.sizes) / 3,
        roots.inputs / MAX_INPUTS,
        np.clip(np.log10(roots.scales), -6, 6) / 3,
        np.clip(np.log10(relative + 1e-3), -3, 3),
        np.clip(np.log(stretched), -6, 3),
    ]
    return np.stack(columns, axis=1).astype(np.float32)
