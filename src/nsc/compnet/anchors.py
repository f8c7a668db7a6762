"""Anchors: the fixed inputs at which values are predicted, and programs' values there.

In: packed programs. Out: `ANCHORS`, `evaluate`, `Targets`. Non-goals: learning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.compnet.arrays import NumpyArrays, apply_softly
from nsc.compnet.config import MAX_INPUTS, NODE_ANCHORS, ROOT_ANCHORS
from nsc.compnet.functions import LARGEST, apply, multiply
from nsc.compnet.pack import Batch, Level, Packed, make_batch

_BLOCK = 64
_SMALLEST_SPREAD = 1e-9
_RELATIVE_SPREAD = 1e-7  # of the mean, below which a spread is rounding
_LARGEST_SHAPE = 6e4  # what float16 holds


def _stratified(
    generator: np.random.Generator, sweeps: int = 60
) -> np.ndarray:
    """Draw 64 points of a Latin hypercube whose columns hardly correlate.

    Each sweep whitens the columns and gives them back their strata in the order found
    (Iman and Conover, 1982); the best of all sweeps is returned.
    """
    strata = (np.arange(_BLOCK) + 0.5) / _BLOCK * 2 - 1
    x = np.stack(
        [generator.permutation(strata) for _ in range(MAX_INPUTS)], axis=1
    )
    best = x
    least = np.inf
    for _ in range(sweeps):
        gram = 3.0 * x.T @ x / _BLOCK
        worst = np.abs(gram - np.diag(np.diag(gram))).max()
        if worst < least:
            best = x
            least = worst
        white = x @ np.linalg.inv(np.linalg.cholesky(gram)).T
        ranks = np.argsort(np.argsort(white, axis=0), axis=0)
        x = strata[ranks]
    return best


def _anchors() -> np.ndarray:
    """Return 512 points of [-1, 1]^9.

    Each is followed by its negative, so that odd moments vanish.
    """
    generator = np.random.default_rng(0)
    blocks = ROOT_ANCHORS // 2 // _BLOCK
    half = np.concatenate([_stratified(generator) for _ in range(blocks)])
    return np.stack([half, -half], axis=1).reshape(ROOT_ANCHORS, MAX_INPUTS)


# float64 (512, 9); nodes are predicted at the first 128, roots at all
ANCHORS = _anchors()


def evaluate(
    batch: Batch, x: np.ndarray, *, softly: bool = False
) -> np.ndarray:
    """Evaluate every node of a batch.

    Args:
        x: `n 9`, by slot.
        softly: cut reciprocals off near their poles, as `apply_softly` says.

    Returns:
        float64 `m n`; NaN and inf may appear.
    """
    out = np.empty((len(batch.kinds), len(x)))
    leaves = slice(0, batch.n_leaves)
    out[leaves] = x.T[batch.bias[leaves].astype(np.int64)]
    with np.errstate(all="ignore"):
        for level in batch.levels:
            _evaluate_level(batch, level, out, softly=softly)
    return out


def _evaluate_level(
    batch: Batch, level: Level, out: np.ndarray, *, softly: bool
) -> None:
    rows = slice(level.start, level.linear)
    out[rows] = batch.bias[rows, None]
    np.add.at(
        out[rows], level.owner, level.weight[:, None] * out[level.source]
    )
    rows = slice(level.linear, level.product)
    out[rows] = multiply(out[batch.args[rows, 0]], out[batch.args[rows, 1]])
    for start, stop, function in level.runs:
        a = out[batch.args[start:stop, 0]]
        if softly:
            out[start:stop] = apply_softly(
                NumpyArrays(), function, a, _spread(a)
            )
        else:
            out[start:stop] = apply(function, a)


def _spread(a: np.ndarray) -> np.ndarray:
    """Return the standard deviation of what is finite in each row, `k 1`."""
    finite = np.isfinite(a)
    count = np.maximum(finite.sum(axis=1, keepdims=True), 1)
    mean = np.where(finite, a, 0.0).sum(axis=1, keepdims=True) / count
    squares = np.where(finite, a - mean, 0.0) ** 2
    return np.sqrt(squares.sum(axis=1, keepdims=True) / count)


@dataclass(frozen=True)
class Targets:
    """What a CompNet is to predict.

    Args:
        shapes: float16 (m, 128), node values at the node anchors, standardised; NaN
            where undefined.
        means, spreads: float64 (m,), of the node values; spread 0 where there is
            nothing to learn.
        outputs: float64 (p, 512), root values at all anchors.
    """

    shapes: np.ndarray
    means: np.ndarray
    spreads: np.ndarray
    outputs: np.ndarray


def targets_of(packed: Packed, chunk: int = 500) -> Targets:
    """Evaluate packed programs at the anchors, `chunk` of them at a time."""
    m = int(packed.offsets[-1])
    shapes = np.empty((m, NODE_ANCHORS), np.float16)
    means = np.empty(m)
    spreads = np.empty(m)
    outputs = np.empty((len(packed), ROOT_ANCHORS))
    for start in range(0, len(packed), chunk):
        programs = np.arange(start, min(start + chunk, len(packed)))
        batch = make_batch(packed, programs)
        outputs[programs] = evaluate(batch, ANCHORS)[batch.roots]
        values = evaluate(batch, ANCHORS[:NODE_ANCHORS], softly=True)
        shape, mean, spread = _standardised(values)
        shapes[batch.order] = shape
        means[batch.order] = mean
        spreads[batch.order] = spread
    return Targets(shapes, means, spreads, outputs)


def _standardised(
    values: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (shape, mean, spread) of rows, of what is finite in them.

    Where there is nothing to learn the spread is 0: less than half of the values are
    finite, or they vary by no more than rounding.
    """
    finite = np.isfinite(values)
    v = np.clip(np.where(finite, values, 0.0), -LARGEST, LARGEST)
    count = finite.sum(axis=1)
    mean = v.sum(axis=1) / np.maximum(count, 1)
    deviation = np.where(finite, v - mean[:, None], 0.0)
    spread = np.sqrt((deviation**2).sum(axis=1) / np.maximum(count, 1))
    standard = deviation / np.maximum(spread, 1e-300)[:, None]
    shape = np.clip(standard, -_LARGEST_SHAPE, _LARGEST_SHAPE)
    is_defined = count >= values.shape[1] // 2
    varies = (spread > _RELATIVE_SPREAD * np.abs(mean)) & (
        spread > _SMALLEST_SPREAD
    )
    shape = np.where(finite, shape, np.nan)
    return shape, mean, np.where(is_defined & varies, spread, 0.0)
