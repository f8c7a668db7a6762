"""One pass over a batch, inputs first: every node's mean and scale.

A node's values are mean + scale * shape, the shape being what a network embeds. Linear
combinations of embeddings are exact; a product or a function of one argument is
linearised statistically around its arguments' means (the part a formula can tell), and
the network adds the rest. In: a `Batch`; a backend that embeds rows (torch to train, on
any device; numpy as the reference of native.py). Out: means and scales. Nothing here
knows how embeddings are computed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from nsc.compnet.arrays import TINY, Array, Arrays
from nsc.compnet.config import NODE_ANCHORS
from nsc.compnet.describe import Described, Distribution, describe
from nsc.compnet.pack import Batch, Level

INPUT_SCALE = 1 / math.sqrt(3)  # the standard deviation of U(-1, 1)


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


@runtime_checkable
class Backend(Protocol):
    """Embeds rows of a batch and keeps the embeddings.

    Indices are int64, the rest float32, all of library `arrays`.
    """

    @property
    def arrays(self) -> Arrays: ...

    def leaves(self, rows: slice, slots: Array) -> Embedded:
        """Embed inputs; slots: (k,), which input each row is."""
        ...

    def linear(
        self, rows: slice, owner: Array, source: Array, share: Array
    ) -> Embedded:
        """Embed linear combinations.

        owner, source, share: (e,), row counted from the first, node and weight of each
        edge.
        """
        ...

    def product(
        self, rows: slice, a: Array, b: Array, parts: Array
    ) -> Embedded:
        """Embed products of nodes a, b (k,).

        parts: `3 k`, the shares of a, of b, and of their product.
        """
        ...

    def unary(
        self, rows: slice, a: Array, function: Array, described: Described
    ) -> Embedded:
        """Embed functions of nodes a (k,)."""
        ...


class Walk:
    """Means and scales of a batch's nodes, after one pass.

    Attributes:
        means, scales: float64 (m,).
        formula_means, formula_scales: the same before the cells' corrections.
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
        zeros = arrays.single(arrays.full(m * NODE_ANCHORS, 0.0))
        self._shapes = zeros.reshape(m, NODE_ANCHORS)
        rows = slice(0, batch.n_leaves)
        self._shapes[rows] = backend.leaves(
            rows, arrays.whole(batch.bias[rows])
        ).shapes
        for level in batch.levels:
            self._walk_level(level)

    def _walk_level(self, level: Level) -> None:
        if level.linear > level.start:
            self._linear(level)
        if level.product > level.linear:
            self._product(slice(level.linear, level.product))
        if level.stop > level.product:
            self._unary(level)

    def _linear(self, level: Level) -> None:
        """sum w (m + s u) = sum w m + sum w s u, the parts of the sum independent."""
        n = level.linear - level.start
        rows = slice(level.start, level.linear)
        sum_by = self._arrays.sum_by
        parts = level.weight * self.scales[level.source]
        scales = (sum_by(level.owner, parts * parts, n) ** 0.5).clip(min=TINY)
        weighted = level.weight * self.means[level.source]
        means = self.batch.bias[rows] + sum_by(level.owner, weighted, n)
        share = self._arrays.single(parts / scales[level.owner])
        embedded = self._backend.linear(rows, level.owner, level.source, share)
        self._store(rows, means, scales, embedded)

    def _product(self, rows: slice) -> None:
        """(m + s u)(n + t v) = m n + s n u + m t v + s t u v.

        The mean of u v is their correlation.
        """
        a, b = self.batch.args[rows].T
        m = self.means[a]
        s = self.scales[a]
        n = self.means[b]
        t = self.scales[b]
        total = self._arrays.double(
            (self._shapes[a] * self._shapes[b]).sum(axis=1)
        )
        correlation = total / NODE_ANCHORS
        parts = self._arrays.xp.stack([s * n, m * t, s * t])
        scales = ((parts * parts).sum(axis=0) ** 0.5).clip(min=TINY)
        shares = self._arrays.single(parts / scales)
        embedded = self._backend.product(rows, a, b, shares)
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
        embedded = self._backend.unary(
            rows, a, self.batch.functions[rows], described
        )
        self._store(rows, described.means, described.scales, embedded)

    def _store(
        self, rows: slice, means: Array, scales: Array, embedded: Embedded
    ) -> None:
        """Keep what a formula says, and what it is once corrected, within bounds."""
        xp = self._arrays.xp
        lo = self.batch.lo[rows]
        hi = self.batch.hi[rows]
        widest = ((hi - lo) / 2).clip(min=TINY)
        self.formula_means[rows] = means
        self.formula_scales[rows] = scales
        means = means + scales * embedded.shift
        means = xp.where(xp.isnan(means), 0.0, means)
        self.means[rows] = means.clip(min=lo).clip(max=hi)
        scales = scales * embedded.stretch
        self.scales[rows] = scales.clip(min=TINY).clip(max=widest)
        self._shapes[rows] = embedded.shapes
