"""What a CompNet is trained on: log errors of node values, root values, emitted surrogates and predicted errors.

In: a `Tape`, targets. Out: four scalars, means over the batch; where several processes share it, each one's part of
them. All errors are relative to the variance of what they are to predict.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from nsc.compnet.anchors import ANCHORS
from nsc.compnet.config import NODE_ANCHORS, ROOT_ANCHORS
from nsc.compnet.corpus import Corpus
from nsc.compnet.model import Tape, TermNet, surrogate_forward
from nsc.compnet.pack import Batch
from nsc.compnet.parallel import Ranks
from nsc.compnet.roots import error_features, roots_of
from nsc.compnet.terms import INPUT

SURROGATE_SAMPLES = 96
NAMES = ("nodes", "roots", "surrogates", "errors")
_FEWEST_CANDIDATES = 8
_FARTHEST = 1e3  # a prediction counts as at most so many standard deviations off, and as wide


class Losses:
    """Losses of one batch, or of this process' part of it."""

    def __init__(self, net: TermNet, corpus: Corpus, tape: Tape, batch: Batch, programs: np.ndarray, ranks: Ranks):
        self.net, self.tape, self.batch = net, tape, batch
        self.width = net.config.width
        targets = corpus.targets
        shapes = torch.from_numpy(targets.shapes[batch.order].astype(np.float32))
        self.defined, self.shapes = torch.isfinite(shapes), torch.nan_to_num(shapes)
        self.means, spreads = targets.means[batch.order], targets.spreads[batch.order]
        self.learnable = spreads > 0
        self.spreads = np.where(self.learnable, spreads, 1.0)
        self.outputs = targets.outputs[programs]
        self.n_inputs = torch.from_numpy(corpus.packed.n_inputs[programs])
        self.x = torch.from_numpy(ANCHORS.astype(np.float32))
        self.is_input = batch.kinds == INPUT
        self.is_inner = self.learnable & ~self.is_input
        self.candidates = self._candidates()
        counts = len(programs), self.is_inner.sum(), self.is_input.sum(), len(self.candidates)
        counts = ranks.gather(*map(int, counts))
        self.n_programs, self.n_inner, self.n_leaves, self.n_candidates = np.maximum(counts.sum(axis=0), 1).tolist()
        self.candidates_before = int(counts[: ranks.rank, 3].sum())

    def _candidates(self) -> np.ndarray:
        """Return the inner nodes that may stand for programs, in the order of the programs."""
        rows = np.flatnonzero(self.is_inner & self.defined.all(1).numpy())
        return rows[np.lexsort((self.batch.order[rows], self.batch.program[rows]))]

    def all(self, eps: float, generator: np.random.Generator) -> list[Tensor]:
        """Return the losses in the order of NAMES."""
        nodes = self._nodes(eps)
        mean, spread = self.outputs.mean(axis=1), self.outputs.std(axis=1)
        truth = _single((self.outputs - mean[:, None]) / spread[:, None])
        h = self.tape.h[torch.from_numpy(self.batch.roots), : self.width]
        mean, scale = self._relative(self.batch.roots, mean, spread)
        values = _square_error(mean + scale * self.net.root_shapes_of(h), truth)
        window = _window(generator, ROOT_ANCHORS)
        emitted = self._surrogate_error(h, mean, scale, truth, self.n_inputs, window)
        inner = self._inner(eps, generator)
        surrogates = self._mean((emitted + eps).log())
        if inner is not None:
            surrogates = (surrogates + inner) / 2
        return [nodes, self._mean((values + eps).log()), surrogates, self._errors(h, values, emitted)]

    def _mean(self, of_programs: Tensor) -> Tensor:
        return of_programs.sum() / self.n_programs

    def _nodes(self, eps: float) -> Tensor:
        """Return the mean over nodes of log(NMSE + eps); inputs count little, to keep them where they are."""
        walk, h = self.tape.walk, self.tape.h
        decode = self.net.decode[:NODE_ANCHORS]
        means = np.clip((walk.formula_means - self.means) / self.spreads, -_FARTHEST, _FARTHEST)
        scales = np.clip(walk.formula_scales / self.spreads, 1 / _FARTHEST, _FARTHEST)
        shapes = h[:, : self.width] @ (decode - decode.mean(0)).T
        shift, stretch = h[:, self.width, None], h[:, self.width + 1, None]
        predicted = _single(means)[:, None] + _single(scales)[:, None] * (shift + stretch * shapes)
        error = torch.where(self.defined, predicted - self.shapes, torch.zeros(())).clamp(-1e4, 1e4).pow(2).sum(1)
        log = (error / self.defined.sum(1).clamp(min=1) + eps).log()
        inner, inputs = torch.from_numpy(self.is_inner), torch.from_numpy(self.is_input)
        return log[inner].sum() / self.n_inner + 0.1 * log[inputs].sum() / self.n_leaves

    def _relative(self, rows: np.ndarray, means: np.ndarray, spreads: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return predicted means and scales `k 1` in units of the true ones; no gradient."""
        walk = self.tape.walk
        mean = np.clip((walk.means[rows] - means) / spreads, -_FARTHEST, _FARTHEST)
        scale = np.clip(walk.scales[rows] / spreads, 1 / _FARTHEST, _FARTHEST)
        return _single(mean)[:, None], _single(scale)[:, None]

    def _surrogate_error(
        self, h: Tensor, mean: Tensor, scale: Tensor, truth: Tensor, n_inputs: Tensor, window: slice
    ) -> Tensor:
        emitted = surrogate_forward(self.net.parameters_of(h), self.x[window], n_inputs)
        return _square_error(mean + scale * emitted, truth[:, window])

    def _inner(self, eps: float, generator: np.random.Generator) -> Tensor | None:
        """Treat random inner nodes as programs of their own."""
        if self.n_candidates < _FEWEST_CANDIDATES:
            return None
        drawn = generator.integers(0, self.n_candidates, self.n_programs) - self.candidates_before
        rows = self.candidates[drawn[(drawn >= 0) & (drawn < len(self.candidates))]]
        mean, scale = self._relative(rows, self.means[rows], self.spreads[rows])
        chosen = torch.from_numpy(rows)
        n_inputs = self.n_inputs[torch.from_numpy(self.batch.program[rows])]
        window = _window(generator, NODE_ANCHORS)
        h = self.tape.h[chosen, : self.width]
        return self._mean((self._surrogate_error(h, mean, scale, self.shapes[chosen], n_inputs, window) + eps).log())

    def _errors(self, h: Tensor, values: Tensor, emitted: Tensor) -> Tensor:
        """Return how far off the predicted errors are; they teach nothing but their own head."""
        roots = roots_of(self.batch, self.tape.walk, self.tape.h.detach().numpy())
        features = torch.from_numpy(error_features(roots))
        predicted = self.net.errors_of(h.detach(), features)
        truth = (torch.stack([values, emitted], 1).detach() + 1e-5).log()
        return self._mean(torch.nn.functional.huber_loss(predicted, truth, reduction="none").mean(1))


def _single(a: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(a, np.float32))


def _window(generator: np.random.Generator, anchors: int) -> slice:
    start = int(generator.integers(0, anchors - SURROGATE_SAMPLES + 1))
    return slice(start, start + SURROGATE_SAMPLES)


def _square_error(predicted: Tensor, truth: Tensor) -> Tensor:
    return (predicted - truth).clamp(-1e4, 1e4).pow(2).mean(1)
