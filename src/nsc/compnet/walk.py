"""One pass over a batch, inputs first: every node's mean and scale, and the description of what its cell is to do.

A node's values are mean + scale * shape, the shape being what a network embeds. Linear combinations of embeddings are
exact; a product or a function of one argument is linearised statistically around its arguments' means (the part a
formula can tell), and the network adds the rest. In: a `Batch`; a backend that embeds rows (torch to train, numpy as
the reference of native.py). Out: means and scales. Nothing here knows how embeddings are computed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nsc.compnet.anchors import runs
from nsc.compnet.config import NODE_ANCHORS, QUANTILES
from nsc.compnet.functions import LARGEST, apply_softly
from nsc.compnet.pack import Batch, Level

INPUT_SCALE = 1 / math.sqrt(3)  # the standard deviation of U(-1, 1)
TINY = 1e-30
QUANTILE_ROWS = np.round((np.arange(QUANTILES) + 0.5) / QUANTILES * NODE_ANCHORS - 0.5).astype(np.int64)


@dataclass(frozen=True)
class Embedded:
    """What a backend reports of the rows it embedded.

    Args:
        shift: float64 (k,), correction of the mean, in units of the formula's scale.
        stretch: float64 (k,), of the scale.
        shapes: float32 (k, 128), decoded shapes at the node anchors.
    """

    shift: np.ndarray
    stretch: np.ndarray
    shapes: np.ndarray


class Backend(Protocol):
    """Embeds rows of a batch and keeps the embeddings. Arrays: indices int64, the rest float32."""

    def leaves(self, rows: slice, slots: np.ndarray) -> Embedded: ...

    def linear(self, rows: slice, owner: np.ndarray, source: np.ndarray, share: np.ndarray) -> Embedded: ...

    def product(self, rows: slice, a: np.ndarray, b: np.ndarray, parts: np.ndarray) -> Embedded: ...

    def unary(self, rows: slice, a: np.ndarray, function: np.ndarray, described: Described) -> Embedded: ...


@dataclass(frozen=True)
class Described:
    """Functions of one argument around their arguments' distributions.

    Args:
        means, scales: float64 (k,), of the results.
        slope: float32 (k,), of the linear part, from standardised argument to standardised result.
        rest: float32 (k,), size of what is not linear.
        quantiles: float32 (k, 2 * 33), standardised results at quantiles of the argument, then these quantiles.
    """

    means: np.ndarray
    scales: np.ndarray
    slope: np.ndarray
    rest: np.ndarray
    quantiles: np.ndarray


class Walk:
    """Means and scales of all nodes; `formula_means` and `formula_scales` are those before the cell's correction."""

    def __init__(self, batch: Batch, backend: Backend):
        m = len(batch.kinds)
        self.batch, self._backend = batch, backend
        self.means, self.scales = np.zeros(m), np.full(m, INPUT_SCALE)
        self.formula_means, self.formula_scales = np.zeros(m), np.full(m, INPUT_SCALE)
        self._shapes = np.empty((m, NODE_ANCHORS), np.float32)
        rows = slice(0, batch.n_leaves)
        self._shapes[rows] = backend.leaves(rows, batch.bias[rows].astype(np.int64)).shapes
        for level in batch.levels:
            if level.linear > level.start:
                self._linear(level)
            if level.product > level.linear:
                self._product(slice(level.linear, level.product))
            if level.stop > level.product:
                self._unary(slice(level.product, level.stop))

    def _linear(self, level: Level) -> None:
        n, rows = level.linear - level.start, slice(level.start, level.linear)
        parts = level.weight * self.scales[level.source]
        scales = np.maximum(np.sqrt(np.bincount(level.owner, parts * parts, n)), TINY)
        means = self.batch.bias[rows] + np.bincount(level.owner, level.weight * self.means[level.source], n)
        share = (parts / scales[level.owner]).astype(np.float32)
        self._store(rows, means, scales, self._backend.linear(rows, level.owner, level.source, share))

    def _product(self, rows: slice) -> None:
        """(m + s u)(n + t v) = m n + s n u + m t v + s t u v, and the mean of u v is their correlation."""
        a, b = self.batch.args[rows].T
        m, s, n, t = self.means[a], self.scales[a], self.means[b], self.scales[b]
        correlation = np.einsum("kn,kn->k", self._shapes[a], self._shapes[b]) / NODE_ANCHORS
        parts = np.stack([s * n, m * t, s * t])
        scales = np.maximum(np.sqrt((parts * parts).sum(axis=0)), TINY)
        embedded = self._backend.product(rows, a, b, (parts / scales).astype(np.float32))
        self._store(rows, m * n + s * t * correlation, scales, embedded)

    def _unary(self, rows: slice) -> None:
        a = self.batch.args[rows, 0]
        function = self.batch.functions[rows]
        bounds = self.batch.lo[a], self.batch.hi[a]
        described = describe(function, self.means[a], self.scales[a], bounds, self._shapes[a])
        self._store(rows, described.means, described.scales, self._backend.unary(rows, a, function, described))

    def _store(self, rows: slice, means: np.ndarray, scales: np.ndarray, embedded: Embedded) -> None:
        lo, hi = self.batch.lo[rows], self.batch.hi[rows]
        self.formula_means[rows], self.formula_scales[rows] = means, scales
        means = means + scales * embedded.shift
        self.means[rows] = np.clip(np.where(np.isnan(means), 0.0, means), lo, hi)
        self.scales[rows] = np.clip(scales * embedded.stretch, TINY, np.maximum((hi - lo) / 2, TINY))
        self._shapes[rows] = embedded.shapes


def describe(
    function: np.ndarray, means: np.ndarray, scales: np.ndarray, bounds: tuple[np.ndarray, np.ndarray],
    shapes: np.ndarray,
) -> Described:  # fmt: skip
    """Describe functions of one argument by their results at 33 quantiles of the argument's predicted values.

    function: int64 (k,), equal ones side by side; shapes: float32 (k, 128).
    """
    t = np.sort(shapes, axis=1)[:, QUANTILE_ROWS].astype(np.float64)
    x = np.clip(means[:, None] + scales[:, None] * t, bounds[0][:, None], bounds[1][:, None])
    y = np.empty_like(x)
    with np.errstate(all="ignore"):
        for start, stop, f in runs(function, 0, len(function)):
            y[start:stop] = apply_softly(f, x[start:stop], scales[start:stop, None])
    defined = np.isfinite(y)
    y = np.clip(np.where(defined, y, 0.0), -LARGEST, LARGEST)
    weight = defined / np.maximum(defined.sum(axis=1, keepdims=True), 1)
    result = (weight * y).sum(axis=1)
    deviation = np.where(defined, y - result[:, None], 0.0)
    spread = np.sqrt((weight * deviation**2).sum(axis=1))
    spread = np.maximum(spread, 1e-6 * np.abs(result) + 1e-9)
    standard = deviation / spread[:, None]
    centred = t - (weight * t).sum(axis=1, keepdims=True)
    slope = (weight * standard * centred).sum(axis=1) / np.maximum((weight * centred**2).sum(axis=1), 1e-6)
    slope = np.clip(slope, -1.5, 1.5)
    rest = np.sqrt((weight * (standard - slope[:, None] * centred) ** 2).sum(axis=1))
    quantiles = np.concatenate([np.clip(standard, -4, 4), np.clip(t, -4, 4)], axis=1)
    return Described(
        result, spread, slope.astype(np.float32), np.maximum(rest, 1e-2).astype(np.float32),
        quantiles.astype(np.float32),
    )  # fmt: skip
