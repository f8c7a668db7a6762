"""One pass over a batch, inputs first: every node's mean and scale, and the description
of what its cell is to do.

A node's values are mean + scale * shape, the shape being what a network embeds. Linear
combinations of embeddings are exact; a product or a function of one argument is
linearised statistically around its arguments' means (the part a formula can tell), and
the network adds the rest. In: a `Batch`; a backend that embeds rows (torch to train, on
any device; numpy as the reference of native.py). Out: means and scales. Nothing here
knows how embeddings are computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from nsc.compnet.arrays import Array, Arrays, apply_softly
from nsc.compnet.config import NODE_ANCHORS, QUANTILES
from nsc.compnet.functions import LARGEST
from nsc.compnet.pack import Batch, Level

INPUT_SCALE = 1 / math.sqrt(3)  # the standard deviation of U(-1, 1)
TINY = 1e-30
QUANTILE_ROWS = np.round(
    (np.arange(QUANTILES) + 0.5) / QUANTILES * NODE_ANCHORS - 0.5
).astype(np.int64)


@dataclass(frozen=True)
class Embedded:
    """What a backend reports of the rows it embedded.

    Args:
        shift: float64 (k,), correction of the mean, in units of the formula's scale.
        stretch: float64 (k,), of the scale.
        shapes: float32 (k, 128), decoded shapes at the node anchors.
    """

    shift: Array
    stretch: Array
    shapes: Array


class Backend(Protocol):
    """Embeds rows of a batch and keeps the embeddings. Indices are int64, the rest
    float32, all of library `arrays`.
    """

    arrays: Arrays

    def leaves(self, rows: slice, slots: Array) -> Embedded: ...

    def linear(
        self, rows: slice, owner: Array, source: Array, share: Array
    ) -> Embedded: ...

    def product(self, rows: slice, a: Array, b: Array, parts: Array) -> Embedded: ...

    def unary(
        self, rows: slice, a: Array, function: Array, described: Described
    ) -> Embedded: ...


@dataclass(frozen=True)
class Described:
    """Functions of one argument around their arguments' distributions.

    Args:
        means, scales: float64 (k,), of the results.
        slope: float32 (k,), of the linear part, from standardised argument to
            standardised result.
        rest: float32 (k,), size of what is not linear.
        quantiles: float32 (k, 2 * 33), standardised results at quantiles of the
            argument, then these quantiles.
    """

    means: Array
    scales: Array
    slope: Array
    rest: Array
    quantiles: Array


class Walk:
    """Means and scales of all nodes; `formula_means` and `formula_scales` are those
    before the cell's correction.
    """

    def __init__(self, batch: Batch, backend: Backend):
        m = len(batch.kinds)
        arrays = backend.arrays
        self.batch = batch
        self._backend = backend
        self._arrays = arrays
        self.means = arrays.full(m, 0.0)
        self.scales = arrays.full(m, INPUT_SCALE)
        self.formula_means = arrays.full(m, 0.0)
        self.formula_scales = arrays.full(m, INPUT_SCALE)
        self._shapes = arrays.single(arrays.full(m * NODE_ANCHORS, 0.0)).reshape(
            m, NODE_ANCHORS
        )
        rows = slice(0, batch.n_leaves)
        self._shapes[rows] = backend.leaves(rows, arrays.whole(batch.bias[rows])).shapes
        for level in batch.levels:
            if level.linear > level.start:
                self._linear(level)
            if level.product > level.linear:
                self._product(slice(level.linear, level.product))
            if level.stop > level.product:
                self._unary(level)

    def _linear(self, level: Level) -> None:
        n = level.linear - level.start
        rows = slice(level.start, level.linear)
        sum_by = self._arrays.sum_by
        parts = level.weight * self.scales[level.source]
        scales = (sum_by(level.owner, parts * parts, n) ** 0.5).clip(min=TINY)
        means = self.batch.bias[rows] + sum_by(
            level.owner, level.weight * self.means[level.source], n
        )
        share = self._arrays.single(parts / scales[level.owner])
        self._store(
            rows,
            means,
            scales,
            self._backend.linear(rows, level.owner, level.source, share),
        )

    def _product(self, rows: slice) -> None:
        """(m + s u)(n + t v) = m n + s n u + m t v + s t u v, and the mean of u v is
        their correlation.
        """
        a, b = self.batch.args[rows].T
        m = self.means[a]
        s = self.scales[a]
        n = self.means[b]
        t = self.scales[b]
        correlation = (
            self._arrays.double((self._shapes[a] * self._shapes[b]).sum(axis=1))
            / NODE_ANCHORS
        )
        parts = self._arrays.xp.stack([s * n, m * t, s * t])
        scales = ((parts * parts).sum(axis=0) ** 0.5).clip(min=TINY)
        embedded = self._backend.product(
            rows, a, b, self._arrays.single(parts / scales)
        )
        self._store(rows, m * n + s * t * correlation, scales, embedded)

    def _unary(self, level: Level) -> None:
        rows = slice(level.product, level.stop)
        a = self.batch.args[rows, 0]
        x = Distribution(
            self.means[a],
            self.scales[a],
            self.batch.lo[a],
            self.batch.hi[a],
            self._shapes[a],
        )
        runs = [
            (start - rows.start, stop - rows.start, function)
            for start, stop, function in level.runs
        ]
        described = describe(runs, x, self._arrays)
        embedded = self._backend.unary(rows, a, self.batch.functions[rows], described)
        self._store(rows, described.means, described.scales, embedded)

    def _store(
        self, rows: slice, means: Array, scales: Array, embedded: Embedded
    ) -> None:
        xp = self._arrays.xp
        lo = self.batch.lo[rows]
        hi = self.batch.hi[rows]
        self.formula_means[rows] = means
        self.formula_scales[rows] = scales
        means = means + scales * embedded.shift
        self.means[rows] = (
            xp.where(xp.isnan(means), 0.0, means).clip(min=lo).clip(max=hi)
        )
        self.scales[rows] = (
            (scales * embedded.stretch)
            .clip(min=TINY)
            .clip(max=((hi - lo) / 2).clip(min=TINY))
        )
        self._shapes[rows] = embedded.shapes


class Distribution(NamedTuple):
    """What arguments are predicted to be: mean, scale and bounds float64 (k,), shapes
    float32 (k, 128).
    """

    mean: Array
    scale: Array
    lo: Array
    hi: Array
    shapes: Array


def describe(
    functions: Sequence[tuple[int, int, int]], x: Distribution, arrays: Arrays
) -> Described:
    """Describe functions of one argument by their results at 33 quantiles of the
    argument's predicted values.

    functions: (start, stop, function), which rows have which.
    """
    xp = arrays.xp
    t = arrays.double(arrays.sorted(x.shapes)[:, QUANTILE_ROWS])
    at = (
        (x.mean[:, None] + x.scale[:, None] * t)
        .clip(min=x.lo[:, None])
        .clip(max=x.hi[:, None])
    )
    with np.errstate(all="ignore"):
        rows = [
            apply_softly(arrays, f, at[i:j], x.scale[i:j, None])
            for i, j, f in functions
        ]
    y = xp.concat(rows)
    defined = xp.isfinite(y)
    y = xp.where(defined, y, 0.0).clip(-LARGEST, LARGEST)
    weight = arrays.double(defined)
    weight = weight / weight.sum(axis=1, keepdims=True).clip(min=1)
    result = (weight * y).sum(axis=1)
    deviation = xp.where(defined, y - result[:, None], 0.0)
    spread = (weight * deviation**2).sum(axis=1) ** 0.5
    spread = spread.clip(min=1e-6 * abs(result) + 1e-9)
    standard = deviation / spread[:, None]
    centred = t - (weight * t).sum(axis=1, keepdims=True)
    slope = (weight * standard * centred).sum(axis=1) / (weight * centred**2).sum(
        axis=1
    ).clip(min=1e-6)
    slope = slope.clip(-1.5, 1.5)
    rest = (weight * (standard - slope[:, None] * centred) ** 2).sum(axis=1) ** 0.5
    quantiles = xp.concat([standard.clip(-4, 4), t.clip(-4, 4)], axis=1)
    single = arrays.single
    return Described(
        result, spread, single(slope), single(rest.clip(min=1e-2)), single(quantiles)
    )
