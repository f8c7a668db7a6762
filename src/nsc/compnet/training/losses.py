"""What a CompNet is trained on: log errors of node values, root values, emitted
surrogates and predicted errors.

In: a `Tape`, targets. Out: four scalars, means over the batch; where several processes
share it, each one's part of them. All errors are relative to the variance of what they
are to predict.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from nsc.compnet.anchors import ANCHORS
from nsc.compnet.config import NODE_ANCHORS, ROOT_ANCHORS
from nsc.compnet.pack import Batch
from nsc.compnet.terms import INPUT
from nsc.compnet.training.corpus import Corpus
from nsc.compnet.training.model import Tape, TermNet, surrogate_forward
from nsc.compnet.training.parallel import Ranks
from nsc.compnet.walk_result import error_features, roots_of

SURROGATE_SAMPLES = 96
NAMES = ("nodes", "roots", "surrogates", "errors")
_FEWEST_CANDIDATES = 8
# a prediction counts as at most so many standard deviations off, and as wide
_FARTHEST = 1e3


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
        """Prepare the targets of a batch, whose arrays are numpy's; the tape's are
        where the net is.
        """
        self.net = net
        self.tape = tape
        self.batch = batch
        self.width = net.config.width
        self.device = net.base.device
        targets = corpus.targets
        shapes = targets.shapes[batch.order].astype(np.float32)
        defined = np.isfinite(shapes)
        spreads = targets.spreads[batch.order]
        learnable = spreads > 0
        is_input = batch.kinds == INPUT
        is_inner = learnable & ~is_input
        self.defined = self._tensor(defined)
        self.shapes = self._tensor(np.nan_to_num(shapes))
        self.means = self._tensor(targets.means[batch.order])
        self.spreads = self._tensor(np.where(learnable, spreads, 1.0))
        self.is_input = self._tensor(is_input)
        self.is_inner = self._tensor(is_inner)
        self.outputs = targets.outputs[programs]
        self.n_inputs = self._tensor(corpus.packed.n_inputs[programs])
        self.x = self._tensor(ANCHORS.astype(np.float32))
        self.candidates = self._candidates(is_inner & defined.all(axis=1))
        counts = len(programs), is_inner.sum(), is_input.sum(), len(self.candidates)
        counts = ranks.gather(*map(int, counts))
        self.n_programs, self.n_inner, self.n_leaves, self.n_candidates = np.maximum(
            counts.sum(axis=0), 1
        ).tolist()
        self.candidates_before = int(counts[: ranks.rank, 3].sum())

    def _tensor(self, a: np.ndarray) -> Tensor:
        return torch.from_numpy(a).to(self.device)

    def _candidates(self, chosen: np.ndarray) -> np.ndarray:
        """Return the inner nodes that may stand for programs, in the order of the
        programs.
        """
        rows = np.flatnonzero(chosen)
        return rows[np.lexsort((self.batch.order[rows], self.batch.program[rows]))]

    def all(self, eps: float, generator: np.random.Generator) -> list[Tensor]:
        """Return the losses in the order of NAMES."""
        nodes = self._nodes(eps)
        mean = self.outputs.mean(axis=1)
        spread = self.outputs.std(axis=1)
        truth = self._tensor((self.outputs - mean[:, None]) / spread[:, None]).float()
        roots = self._tensor(self.batch.roots)
        h = self.tape.h[roots, : self.width]
        mean, scale = self._relative(roots, self._tensor(mean), self._tensor(spread))
        values = _square_error(mean + scale * self.net.root_shapes_of(h), truth)
        window = _window(generator, ROOT_ANCHORS)
        emitted = self._surrogate_error(h, mean, scale, truth, self.n_inputs, window)
        inner = self._inner(eps, generator)
        surrogates = self._mean((emitted + eps).log())
        if inner is not None:
            surrogates = (surrogates + inner) / 2
        return [
            nodes,
            self._mean((values + eps).log()),
            surrogates,
            self._errors(h, values, emitted),
        ]

    def _mean(self, of_programs: Tensor) -> Tensor:
        return of_programs.sum() / self.n_programs

    def _nodes(self, eps: float) -> Tensor:
        """Return the mean over nodes of log(NMSE + eps); inputs count little, to keep
        them where they are.
        """
        walk = self.tape.walk
        h = self.tape.h
        decode = self.net.decode[:NODE_ANCHORS]
        means = (
            ((walk.formula_means - self.means) / self.spreads)
            .clip(-_FARTHEST, _FARTHEST)
            .float()
        )
        scales = (
            (walk.formula_scales / self.spreads).clip(1 / _FARTHEST, _FARTHEST).float()
        )
        shapes = h[:, : self.width] @ (decode - decode.mean(0)).T
        shift = h[:, self.width, None]
        stretch = h[:, self.width + 1, None]
        predicted = means[:, None] + scales[:, None] * (shift + stretch * shapes)
        error = (
            torch.where(self.defined, predicted - self.shapes, 0.0)
            .clamp(-1e4, 1e4)
            .pow(2)
            .sum(1)
        )
        log = (error / self.defined.sum(1).clamp(min=1) + eps).log()
        return (
            log[self.is_inner].sum() / self.n_inner
            + 0.1 * log[self.is_input].sum() / self.n_leaves
        )

    def _relative(
        self, rows: Tensor, means: Tensor, spreads: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return predicted means and scales `k 1` in units of the true ones; no
        gradient.
        """
        walk = self.tape.walk
        mean = ((walk.means[rows] - means) / spreads).clip(-_FARTHEST, _FARTHEST)
        scale = (walk.scales[rows] / spreads).clip(1 / _FARTHEST, _FARTHEST)
        return mean.float()[:, None], scale.float()[:, None]

    def _surrogate_error(
        self,
        h: Tensor,
        mean: Tensor,
        scale: Tensor,
        truth: Tensor,
        n_inputs: Tensor,
        window: slice,
    ) -> Tensor:
        emitted = surrogate_forward(self.net.parameters_of(h), self.x[window], n_inputs)
        return _square_error(mean + scale * emitted, truth[:, window])

    def _inner(self, eps: float, generator: np.random.Generator) -> Tensor | None:
        """Treat random inner nodes as programs of their own."""
        if self.n_candidates < _FEWEST_CANDIDATES:
            return None
        drawn = (
            generator.integers(0, self.n_candidates, self.n_programs)
            - self.candidates_before
        )
        rows = self.candidates[drawn[(drawn >= 0) & (drawn < len(self.candidates))]]
        n_inputs = self.n_inputs[self._tensor(self.batch.program[rows])]
        rows = self._tensor(rows)
        mean, scale = self._relative(rows, self.means[rows], self.spreads[rows])
        window = _window(generator, NODE_ANCHORS)
        h = self.tape.h[rows, : self.width]
        return self._mean(
            (
                self._surrogate_error(
                    h, mean, scale, self.shapes[rows], n_inputs, window
                )
                + eps
            ).log()
        )

    def _errors(self, h: Tensor, values: Tensor, emitted: Tensor) -> Tensor:
        """Return how far off the predicted errors are; they teach nothing but their own
        head.
        """
        features = self._tensor(
            error_features(roots_of(self.batch, self.tape.walk, self.tape.h.detach()))
        )
        predicted = self.net.errors_of(h.detach(), features)
        truth = (torch.stack([values, emitted], 1).detach() + 1e-5).log()
        return self._mean(
            torch.nn.functional.huber_loss(predicted, truth, reduction="none").mean(1)
        )


def _window(generator: np.random.Generator, anchors: int) -> slice:
    start = int(generator.integers(0, anchors - SURROGATE_SAMPLES + 1))
    return slice(start, start + SURROGATE_SAMPLES)


def _square_error(predicted: Tensor, truth: Tensor) -> Tensor:
    return (predicted - truth).clamp(-1e4, 1e4).pow(2).mean(1)
