"""What a CompNet is trained on: log errors of what it predicts.

Of node values, root values, emitted surrogates and predicted errors. In: a `Tape`,
targets. Out: four scalars, means over the batch; where several processes share it, each
one's part of them. All errors are relative to the variance of what they are to predict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import huber_loss

from nsc.compnet.anchors import ANCHORS, Targets
from nsc.compnet.config import NODE_ANCHORS, ROOT_ANCHORS
from nsc.compnet.pack import Batch
from nsc.compnet.terms import INPUT
from nsc.compnet.training.corpus import Corpus
from nsc.compnet.training.model import TermNet
from nsc.compnet.training.parallel import Ranks
from nsc.compnet.training.surrogates import run_covering
from nsc.compnet.training.tape import Tape
from nsc.compnet.walk_result import error_features, roots_of

SURROGATE_SAMPLES = 96
NAMES = ("nodes", "roots", "surrogates", "errors")
_FEWEST_CANDIDATES = 8
_SHARE_OF_INPUTS = 0.1  # they count little: enough to keep them where they are
# a prediction counts as at most so many standard deviations off, and as wide
_FARTHEST = 1e3
_LARGEST_ERROR = 1e4  # standard deviations, of one value
_LEAST_TRUE_ERROR = 1e-5  # that predicted errors are to tell from zero


@dataclass(frozen=True)
class NodeTargets:
    """What is to be predicted of the `m` nodes of a batch, on the net's device.

    Args:
        defined: bool `m 128`, where shapes are.
        shapes: float32 `m 128`, standardised values at the node anchors; 0 elsewhere.
        means, spreads: float64 (m,); spread 1 where there is nothing to learn.
        is_input: bool (m,).
        is_inner: bool (m,), what can be learned of the others.
    """

    defined: Tensor
    shapes: Tensor
    means: Tensor
    spreads: Tensor
    is_input: Tensor
    is_inner: Tensor


def node_targets(
    batch: Batch, targets: Targets, device: torch.device
) -> NodeTargets:
    """Collect the targets of a batch, whose arrays are numpy's."""

    def on_device(a: np.ndarray) -> Tensor:
        return torch.from_numpy(a).to(device)

    shapes = targets.shapes[batch.order].astype(np.float32)
    spreads = targets.spreads[batch.order]
    is_learnable = spreads > 0
    is_input = batch.kinds == INPUT
    return NodeTargets(
        defined=on_device(np.isfinite(shapes)),
        shapes=on_device(np.nan_to_num(shapes)),
        means=on_device(targets.means[batch.order]),
        spreads=on_device(np.where(is_learnable, spreads, 1.0)),
        is_input=on_device(is_input),
        is_inner=on_device(is_learnable & ~is_input),
    )


def candidates_of(batch: Batch, targets: Targets) -> np.ndarray:
    """Return the inner nodes that may stand for programs, in the order of programs.

    Returns:
        int64 (k,), rows of the batch.
    """
    shapes = targets.shapes[batch.order]
    is_inner = (targets.spreads[batch.order] > 0) & (batch.kinds != INPUT)
    rows = np.flatnonzero(is_inner & np.isfinite(shapes).all(axis=1))
    return rows[np.lexsort((batch.order[rows], batch.program[rows]))]


@dataclass(frozen=True)
class Counts:
    """How much all processes hold together of a batch; at least 1 of each.

    Args:
        candidates_before: that processes of lower rank hold.
    """

    programs: int
    inner: int
    inputs: int
    candidates: int
    candidates_before: int


def counts_of(
    batch: Batch, targets: Targets, candidates: np.ndarray, ranks: Ranks
) -> Counts:
    """Count what this process holds, and add what the others do."""
    is_learnable = targets.spreads[batch.order] > 0
    is_input = batch.kinds == INPUT
    own = (
        len(batch.roots),
        int((is_learnable & ~is_input).sum()),
        int(is_input.sum()),
        len(candidates),
    )
    counts = ranks.gather(*own)
    programs, inner, inputs, total = np.maximum(counts.sum(axis=0), 1).tolist()
    before = int(counts[: ranks.rank, 3].sum())
    return Counts(programs, inner, inputs, total, before)


class Losses:
    """Losses of one batch, or of this process' part of it."""

    def __init__(
        self,
        net: TermNet,
        corpus: Corpus,
        tape: Tape,
        batch: Batch,
        programs: np.ndarray,
        ranks: Ranks,
    ):
        """Prepare the targets of a batch.

        Args:
            tape: of the batch, its tensors where the net is.
            batch: its arrays are numpy's.
            programs: (p,), which of the corpus are in the batch.
        """
        targets = corpus.targets
        self._net = net
        self._tape = tape
        self._batch = batch
        self._width = net.config.width
        self._device = net.base.device
        self._nodes = node_targets(batch, targets, self._device)
        self._outputs = targets.outputs[programs]
        self._n_inputs = self._tensor(corpus.packed.n_inputs[programs])
        self._x = self._tensor(ANCHORS.astype(np.float32))
        self._candidates = candidates_of(batch, targets)
        self._counts = counts_of(batch, targets, self._candidates, ranks)

    def _tensor(self, a: np.ndarray) -> Tensor:
        return torch.from_numpy(a).to(self._device)

    def all(self, eps: float, generator: np.random.Generator) -> list[Tensor]:
        """Return the losses in the order of NAMES; eps: floor inside the logarithms."""
        nodes = self._node_loss(eps)
        mean = self._outputs.mean(axis=1)
        spread = self._outputs.std(axis=1)
        truth = self._tensor(
            (self._outputs - mean[:, None]) / spread[:, None]
        ).float()
        roots = self._tensor(self._batch.roots)
        h = self._tape.h[roots, : self._width]
        mean, scale = self._relative(
            roots, self._tensor(mean), self._tensor(spread)
        )
        values = _square_error(
            mean + scale * self._net.root_shapes_of(h), truth
        )
        window = _window(generator, ROOT_ANCHORS)
        emitted = mean + scale * self._emitted(h, self._n_inputs, window)
        emitted = _square_error(emitted, truth[:, window])
        inner = self._inner_loss(eps, generator)
        surrogates = self._mean((emitted + eps).log())
        if inner is not None:
            surrogates = (surrogates + inner) / 2
        return [
            nodes,
            self._mean((values + eps).log()),
            surrogates,
            self._error_loss(h, values, emitted),
        ]

    def _mean(self, of_programs: Tensor) -> Tensor:
        return of_programs.sum() / self._counts.programs

    def _node_loss(self, eps: float) -> Tensor:
        """Return the mean over nodes of log(NMSE + eps)."""
        target = self._nodes
        error = torch.where(
            target.defined, self._node_values() - target.shapes, 0.0
        )
        error = error.clamp(-_LARGEST_ERROR, _LARGEST_ERROR).pow(2).sum(1)
        log = (error / target.defined.sum(1).clamp(min=1) + eps).log()
        inner = log[target.is_inner].sum() / self._counts.inner
        inputs = (
            _SHARE_OF_INPUTS * log[target.is_input].sum() / self._counts.inputs
        )
        return inner + inputs

    def _node_values(self) -> Tensor:
        """Predict all nodes' values, in units of their true spread: `m 128`."""
        walk = self._tape.walk
        h = self._tape.h
        decode = self._net.decode[:NODE_ANCHORS]
        target = self._nodes
        means = (walk.formula_means - target.means) / target.spreads
        means = means.clip(-_FARTHEST, _FARTHEST).float()
        scales = walk.formula_scales / target.spreads
        scales = scales.clip(1 / _FARTHEST, _FARTHEST).float()
        shapes = h[:, : self._width] @ (decode - decode.mean(0)).T
        shift = h[:, self._width, None]
        stretch = h[:, self._width + 1, None]
        return means[:, None] + scales[:, None] * (shift + stretch * shapes)

    def _relative(
        self, rows: Tensor, means: Tensor, spreads: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return predicted means and scales `k 1` in units of the true ones (k,).

        No gradient goes through them.
        """
        walk = self._tape.walk
        mean = ((walk.means[rows] - means) / spreads).clip(
            -_FARTHEST, _FARTHEST
        )
        scale = (walk.scales[rows] / spreads).clip(1 / _FARTHEST, _FARTHEST)
        return mean.float()[:, None], scale.float()[:, None]

    def _emitted(self, h: Tensor, n_inputs: Tensor, window: slice) -> Tensor:
        """Run the surrogates emitted for embeddings `k d` at some anchors: `k 96`."""
        return run_covering(
            self._net.parameters_of(h), self._x[window], n_inputs
        )

    def _inner_loss(
        self, eps: float, generator: np.random.Generator
    ) -> Tensor | None:
        """Treat random inner nodes as programs of their own; None where few are.

        Each process draws for all, and keeps what it holds.
        """
        counts = self._counts
        if counts.candidates < _FEWEST_CANDIDATES:
            return None
        drawn = generator.integers(0, counts.candidates, counts.programs)
        drawn = drawn - counts.candidates_before
        is_own = (drawn >= 0) & (drawn < len(self._candidates))
        chosen = self._candidates[drawn[is_own]]
        n_inputs = self._n_inputs[self._tensor(self._batch.program[chosen])]
        rows = self._tensor(chosen)
        target = self._nodes
        mean, scale = self._relative(
            rows, target.means[rows], target.spreads[rows]
        )
        window = _window(generator, NODE_ANCHORS)
        h = self._tape.h[rows, : self._width]
        emitted = mean + scale * self._emitted(h, n_inputs, window)
        error = _square_error(emitted, target.shapes[rows][:, window])
        return self._mean((error + eps).log())

    def _error_loss(
        self, h: Tensor, values: Tensor, emitted: Tensor
    ) -> Tensor:
        """Return how far off the predicted errors are.

        They teach nothing but their own head.
        """
        roots = roots_of(self._batch, self._tape.walk, self._tape.h.detach())
        predicted = self._net.errors_of(
            h.detach(), self._tensor(error_features(roots))
        )
        errors = torch.stack([values, emitted], 1).detach()
        truth = (errors + _LEAST_TRUE_ERROR).log()
        return self._mean(
            huber_loss(predicted, truth, reduction="none").mean(1)
        )


def _window(generator: np.random.Generator, anchors: int) -> slice:
    """Draw 96 neighbouring anchors."""
    start = int(generator.integers(0, anchors - SURROGATE_SAMPLES + 1))
    return slice(start, start + SURROGATE_SAMPLES)


def _square_error(predicted: Tensor, truth: Tensor) -> Tensor:
    """Return the mean square error of each row: `k n` -> (k,)."""
    error = (predicted - truth).clamp(-_LARGEST_ERROR, _LARGEST_ERROR)
    return error.pow(2).mean(1)
