"""The walk over programs in numpy, level by level: what native.py is proven equal to.

In: a CompNet's arrays, `Terms`. Out: `Roots`. Non-goals: speed on few programs.
"""

from __future__ import annotations

import numpy as np

from nsc.compnet.arrays import NumpyArrays
from nsc.compnet.config import SMALLEST_STRETCH
from nsc.compnet.describe import Described
from nsc.compnet.layers import STRETCH_FLOOR, centred_shapes, linear, silu
from nsc.compnet.pack import make_batch, pack
from nsc.compnet.terms import Terms
from nsc.compnet.walk import Embedded, Walk
from nsc.compnet.walk_result import Roots, roots_of


class ReferenceWalk:
    """Walks programs, all at once. `arrays` are a CompNet's."""

    def __init__(self, arrays: dict[str, np.ndarray]):
        self._arrays = arrays
        self._shapes = centred_shapes(arrays)

    def __call__(self, programs: list[Terms]) -> Roots:
        batch = make_batch(pack(programs), np.arange(len(programs)))
        embedder = NumpyEmbedder(self._arrays, self._shapes, len(batch.kinds))
        return roots_of(batch, Walk(batch, embedder), embedder.h)


class NumpyEmbedder:
    """The numpy backend of `Walk`.

    Attributes:
        h: float32 `m d`, the embeddings so far.
    """

    arrays = NumpyArrays()

    def __init__(
        self, weights: dict[str, np.ndarray], shapes: np.ndarray, rows: int
    ):
        """Start with `rows` nodes; shapes: `128 d`, decodes embeddings (see layers)."""
        self._weights = weights
        self._shapes = shapes
        self.h = np.empty((rows, shapes.shape[1]), np.float32)

    def leaves(self, rows: slice, slots: np.ndarray) -> Embedded:
        return self._store(
            rows,
            self._weights["inputs"][slots],
            np.zeros(len(slots), np.float32),
        )

    def linear(
        self,
        rows: slice,
        owner: np.ndarray,
        source: np.ndarray,
        share: np.ndarray,
    ) -> Embedded:
        total = np.zeros((rows.stop - rows.start, self.h.shape[1]), np.float32)
        np.add.at(total, owner, self.h[source] * share[:, None])
        return self._store(rows, total, np.zeros(len(total), np.float32))

    def product(
        self, rows: slice, a: np.ndarray, b: np.ndarray, parts: np.ndarray
    ) -> Embedded:
        w = self._weights
        of_a, of_b, of_both = parts[:, :, None]
        first = self.h[a]
        second = self.h[b]
        units = (first @ w["product_in"]) * (second @ w["product_in"])
        out = (units @ w["product_out"]) * of_both
        raw = out[:, :-1] + of_a * first + of_b * second
        return self._store(rows, raw, out[:, -1])

    def unary(
        self,
        rows: slice,
        a: np.ndarray,
        function: np.ndarray,
        described: Described,
    ) -> Embedded:
        w = self._weights
        h = self.h[a]
        hidden = silu(linear(w, "modulate_1", described.quantiles))
        gain, bias = np.split(linear(w, "modulate_2", hidden), 2, axis=1)
        gain = w["gain_in"][function] + gain
        z = (h @ w["unary_in"]) * gain + w["bias_in"][function] + bias
        bilinear = z.shape[1] - w["gain_out"].shape[1]
        gated = z[:, : -2 * bilinear]
        left = z[:, -2 * bilinear : -bilinear]
        right = z[:, -bilinear:]
        units = np.concatenate([silu(gated), left * right], axis=1)
        units = units * w["gain_out"][function]
        out = units @ w["unary_out"] + w["bias_out"][function]
        out = out * described.rest[:, None]
        return self._store(
            rows, out[:, :-1] + described.slope[:, None] * h, out[:, -1]
        )

    def _store(
        self, rows: slice, raw: np.ndarray, shift: np.ndarray
    ) -> Embedded:
        """Scale raw embeddings `k d` so that their shapes have unit variance."""
        shapes = raw @ self._shapes.T
        deviation = np.sqrt(np.mean(shapes * shapes, axis=1) + STRETCH_FLOOR)
        stretch = np.maximum(deviation, SMALLEST_STRETCH)
        self.h[rows] = raw / stretch[:, None]
        return Embedded(
            shift.astype(np.float64),
            stretch.astype(np.float64),
            shapes / stretch[:, None],
        )
