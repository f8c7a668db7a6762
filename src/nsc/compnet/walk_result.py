"""What a walk over programs tells of their roots, and how hard programs are to predict.

In: walks. Out: `Roots`. Non-goals: walking (native.py compiled, reference.py in numpy,
model.py in torch).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.compnet.arrays import Array
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
    """Pick the roots out of a walk over a batch; h: embeddings of its nodes. Tensors
    become arrays.
    """
    count = len(batch.roots)
    h, *numbers = (
        _on_host(a[batch.roots])
        for a in (h, walk.means, walk.scales, walk.formula_scales)
    )
    depths = np.zeros(count)
    for number, level in enumerate(batch.levels, 1):
        depths[batch.program[level.start : level.stop]] = number
    sizes, inputs = (
        np.bincount(batch.program[:n], minlength=count) for n in (None, batch.n_leaves)
    )
    return Roots(h, *numbers, depths, sizes, inputs)


def _on_host(a: Array) -> np.ndarray:
    return a if isinstance(a, np.ndarray) else a.cpu().numpy()


def error_features(roots: Roots) -> np.ndarray:
    """Describe how hard programs are to predict, float32 `p 6`: depth, size, scales."""
    formula = roots.scales / np.maximum(roots.formula_scales, 1e-30)
    relative = np.abs(roots.means) / roots.scales
    columns = [
        roots.depths / 10,
        np.log(roots.sizes) / 3,
        roots.inputs / MAX_INPUTS,
        np.clip(np.log10(roots.scales), -6, 6) / 3,
        np.clip(np.log10(relative + 1e-3), -3, 3),
        np.clip(np.log(formula), -6, 3),
    ]
    return np.stack(columns, axis=1).astype(np.float32)
