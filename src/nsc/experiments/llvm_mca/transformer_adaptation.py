"""A trained transformer that measured blocks adapt: a `Learner` of nsc.adaptation.

In: a checkpoint, a tokeniser, measured blocks. Out: cycles; a transformer that learned.
It is finetuned as a whole, at two rates, of which a fifth of the blocks chooses, and
stops where these say no more.
Non-goals: tokens (transformer_tokens), training on labels (transformer_training).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from nsc.experiments.llvm_mca.transformer import (
    NO_REGISTER,
    Transformer,
    predicted,
    restored,
)
from nsc.experiments.llvm_mca.transformer_tokens import Windows
from nsc.mca import relative_error

Arrays = dict[str, np.ndarray]
RATES = (1e-4, 1e-3)
SCRATCH_RATES = (1e-3, 4e-3)
EPOCHS = 60
PATIENCE = 10
BATCH = 32
VALIDATED = 5  # one block in so many chooses the rate and the epoch
_LOGARITHMIC = 0.5  # of the loss, as of the structured model
_LEAST = 1e-3  # of what a logarithm is taken


@dataclass(frozen=True)
class TransformerLearner:
    """A transformer over tokens of blocks.

    Args:
        arrays: of its checkpoint.
        read: makes windows of blocks' texts.
        rates: of AdamW, to choose from.
    """

    arrays: Arrays
    read: Callable[[Sequence[str]], Windows]
    rates: tuple[float, ...] = RATES

    @property
    def measure(self) -> str:
        """The name of its error."""
        return "mean relative error"

    def error(self, predicted: np.ndarray, true: np.ndarray) -> float:
        """Compute the mean of |predicted - true| / true."""
        return relative_error(predicted, true)

    def __call__(self, x: Sequence[str]) -> np.ndarray:
        """Predict cycles of an iteration."""
        windows = self.read(x)
        parts = (windows.flat, windows.starts, windows.owner)
        return predicted(restored(self.arrays), *parts)

    def learn(
        self, x: Sequence[str], y: np.ndarray, seed: int
    ) -> TransformerLearner:
        """Finetune it to measured blocks.

        Args:
            x: their texts.
            y: their cycles.
            seed: of the orders, and of who validates.
        """
        order = np.random.default_rng(seed).permutation(len(y))
        cut = max(1, len(y) // VALIDATED)
        blocks = _Blocks(self.read(x), len(y), np.asarray(y, np.float32))
        parts = (order[cut:], order[:cut])
        found = [
            _finetuned(self.arrays, blocks, parts, rate, seed)
            for rate in self.rates
        ]
        _, arrays = min(found, key=lambda pair: pair[0])
        return replace(self, arrays=arrays)

    def scratch(self, seed: int) -> TransformerLearner:
        """Make one of the same size that knows nothing."""
        torch.manual_seed(seed)
        vocabulary, width = self.arrays["word.weight"].shape
        registers = sum(name.startswith("slots.") for name in self.arrays)
        length = len(self.arrays["place"])
        model = Transformer(vocabulary, registers, width, length)
        return replace(self, arrays=_arrays(model), rates=SCRATCH_RATES)


class _Blocks:
    """Blocks' windows, padded, and their cycles.

    Args:
        windows: of all of them.
        n: how many blocks there are.
        cycles: of each.
    """

    def __init__(self, windows: Windows, n: int, cycles: np.ndarray):
        starts = windows.starts
        sizes = np.diff(starts)
        wide = windows.flat.shape[1]
        x = np.full((len(sizes), sizes.max(), wide), NO_REGISTER, np.int64)
        x[..., 0] = 0
        row = np.repeat(np.arange(len(sizes)), sizes)
        x[row, np.arange(starts[-1]) - starts[row]] = windows.flat
        self.windows = torch.from_numpy(x)
        self.owner = windows.owner
        self.first = np.searchsorted(windows.owner, np.arange(n + 1))
        self.cycles = torch.from_numpy(cycles)

    def predict(self, model: Transformer, which: np.ndarray) -> torch.Tensor:
        """Predict cycles of blocks: the sums over their windows."""
        spans = [
            np.arange(int(self.first[k]), int(self.first[k + 1]))
            for k in which
        ]
        place = np.repeat(np.arange(len(which)), [len(s) for s in spans])
        x = self.windows[np.concatenate(spans)]
        longest = int((x[..., 0] > 0).sum(1).max())
        told = model(x[:, :longest])
        sums = torch.zeros(len(which), dtype=told.dtype)
        return sums.index_add(0, torch.from_numpy(place), told)

    def loss(self, model: Transformer, which: np.ndarray) -> torch.Tensor:
        """Compute half the relative error and half the logarithm's."""
        found = self.predict(model, which)
        true = self.cycles[which]
        relative = ((found - true).abs() / true).mean()
        ratio = found.clamp_min(_LEAST).log() - true.log()
        return (
            1 - _LOGARITHMIC
        ) * relative + _LOGARITHMIC * ratio.abs().mean()

    def error(self, model: Transformer, which: np.ndarray) -> float:
        """Compute the mean relative error."""
        with torch.inference_mode():
            found = self.predict(model, which)
        true = self.cycles[which]
        return float(((found - true).abs() / true).mean())


def _finetuned(
    arrays: Arrays,
    blocks: _Blocks,
    parts: tuple[np.ndarray, np.ndarray],
    rate: float,
    seed: int,
) -> tuple[float, Arrays]:
    """Learn from one part until the other says no more; returns its error too."""
    torch.set_num_threads(
        1
    )  # of so few blocks, threads would wait for each other
    rng = np.random.default_rng(seed)
    model = restored(arrays).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=rate, weight_decay=1e-4
    )
    best = (blocks.error(model, parts[1]), arrays)
    waited = 0
    for _ in range(EPOCHS):
        order = rng.permutation(parts[0])
        for at in range(0, len(order), BATCH):
            optimizer.zero_grad()
            blocks.loss(model, order[at : at + BATCH]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        error = blocks.error(model, parts[1])
        waited += 1
        if error < best[0]:
            best = (error, _arrays(model))
            waited = 0
        if waited > PATIENCE:
            break
    return best


def _arrays(model: Transformer) -> Arrays:
    state = model.state_dict()
    return {name: value.numpy().copy() for name, value in state.items()}
