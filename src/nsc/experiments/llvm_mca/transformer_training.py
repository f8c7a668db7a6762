"""Training of transformers, several at once on one GPU (or slowly on a CPU).

In: a Corpus, specifications. Out: a file of checkpoints that transformer_stage reads.
Each model has a CUDA stream and a graph of one whole step (draw a batch, forward,
backward, AdamW), so that small models share a GPU. Run as
`python -m nsc.experiments.llvm_mca.transformer_training data mca 200`: where the data
is, the study's folder, seconds.
Non-goals: judging speed (transformer_stage).
"""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from nsc.experiments.llvm_mca.corpus import Corpus, load_corpus
from nsc.experiments.llvm_mca.study import BLOCKS
from nsc.experiments.llvm_mca.transformer import (
    NO_REGISTER,
    Transformer,
    predicted,
)
from nsc.experiments.llvm_mca.transformer_stage import CHECKPOINTS, FEWEST
from nsc.experiments.llvm_mca.transformer_tokens import (
    INSTRUCTION_LENGTH,
    TEXT_LENGTH,
    TextTokens,
    Windows,
    frequent_words,
    instruction_windows,
)
from nsc.mca import Vocabulary, frequent_forms, no_roles, relative_error

WIDTHS = (16, 32, 64, 128)
CHECKS = 12  # looks at validation in the whole time
_PAPER_EPOCHS = 100


@dataclass(frozen=True)
class Specification:
    """A transformer and how it is trained.

    Args:
        name: of its arrays in the file; one that begins with "instruction" has a
            token an instruction, others text tokens.
        width: of the embedding.
        batch: blocks a step.
        rate: of AdamW.
        falls: the rate as a cosine over the time; else it is constant, and training
            ends after the paper's 100 epochs.
    """

    name: str
    width: int
    batch: int
    rate: float
    falls: bool


def specifications(widths: Sequence[int]) -> list[Specification]:
    """List the paper's protocol and larger batches, for each width.

    Args:
        widths: of the embeddings.
    """
    found: list[Specification] = []
    for width in widths:
        for kind in ("text", "instruction"):
            name = f"{kind}{width}"
            found.append(Specification(name, width, 256, 2e-3, True))
        found.append(Specification(f"paper{width}", width, 64, 1e-4, False))
    return found


@dataclass(frozen=True)
class Tokens:
    """The corpus as one kind of tokens.

    Args:
        windows: of all blocks.
        vocabulary: how many tokens there are.
        padded: windows (n, length, 1 + registers) on the device.
        first: the first window of each block.
        train: blocks to learn from, of one window each.
    """

    windows: Windows
    vocabulary: int
    padded: torch.Tensor
    first: torch.Tensor
    train: torch.Tensor


def tokens_of(
    corpus: Corpus, windows: Windows, vocabulary: int, length: int, device: str
) -> Tokens:
    """Put a corpus's windows on a device.

    Args:
        corpus: its blocks.
        windows: of all of them.
        vocabulary: how many tokens there are.
        length: of a window.
        device: "cuda" or "cpu".
    """
    starts = windows.starts
    sizes = np.diff(starts)
    wide = windows.flat.shape[1]
    x = np.zeros((len(sizes), length, wide), np.int16)
    x[..., 1:] = NO_REGISTER
    row = np.repeat(np.arange(len(sizes)), sizes)
    x[row, np.arange(starts[-1]) - starts[row]] = windows.flat
    n = len(corpus.blocks)
    is_single = np.bincount(windows.owner, minlength=n) == 1
    train = corpus.train[is_single[corpus.train]]
    first = np.searchsorted(windows.owner, np.arange(n))
    return Tokens(
        windows,
        vocabulary,
        torch.from_numpy(x).to(device),
        torch.from_numpy(first).to(device),
        torch.from_numpy(train.astype(np.int64)).to(device),
    )


class Trainee:
    """A model while it is trained.

    Args:
        spec: how.
        tokens: of its kind.
        cycles: of all blocks, on the device.
        device: "cuda" or "cpu".
    """

    def __init__(
        self,
        spec: Specification,
        tokens: Tokens,
        cycles: torch.Tensor,
        device: str,
    ):
        self.spec = spec
        self.tokens = tokens
        self.steps = 0
        self.best: tuple[float, dict[str, np.ndarray]] = (math.inf, {})
        self._cycles = cycles
        _, length, wide = tokens.padded.shape
        self.model = Transformer(
            tokens.vocabulary, wide - 1, spec.width, length
        ).to(device)
        is_fast = device == "cuda"
        self._rate = torch.tensor(spec.rate, device=device)
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(),
            lr=self._rate if is_fast else spec.rate,
            weight_decay=1e-4 if spec.falls else 1e-2,
            capturable=is_fast,
            foreach=is_fast,
        )
        self.per_epoch = max(1, len(tokens.train) // spec.batch)
        self._order = tokens.train.clone()
        self._at = torch.zeros(1, dtype=torch.int64, device=device)
        self._places = torch.arange(spec.batch, device=device)
        self._stream = torch.cuda.Stream() if is_fast else None
        self._graph = self._captured() if is_fast else None

    def on_stream(self) -> contextlib.AbstractContextManager[object]:
        """Put what follows on this model's own stream."""
        if self._stream is None:
            return contextlib.nullcontext()
        return torch.cuda.stream(self._stream)

    def _captured(self) -> torch.cuda.CUDAGraph:
        for p in self.model.parameters():
            p.grad = torch.zeros_like(p)
        torch.cuda.synchronize()
        with self.on_stream():
            for _ in range(3):
                self._step()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self._stream):
            self._step()
        torch.cuda.synchronize()
        return graph

    def _step(self) -> None:
        rows = (self._at * self.spec.batch + self._places) % len(self._order)
        chosen = self._order[rows]
        x = self.tokens.padded[self.tokens.first[chosen]].long()
        true = self._cycles[chosen]
        loss = ((self.model(x) - true).abs() / true).mean()
        self._optimizer.zero_grad(set_to_none=False)
        loss.backward()
        if self.spec.falls:
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimizer.step()
        self._at.add_(1)

    def advance(self, gone: float) -> None:
        """Take one step.

        Args:
            gone: the fraction of the time, which the rate follows.
        """
        if self.steps % self.per_epoch == 0:
            n = len(self._order)
            mixed = torch.randperm(n, device=self._order.device)
            self._order.copy_(self.tokens.train[mixed])
            self._at.zero_()
        if self.spec.falls and self.steps % 50 == 0:
            warm = min(1.0, (self.steps + 1) / 200)
            falling = 0.5 + 0.5 * math.cos(math.pi * gone) + 0.005
            self._set_rate(self.spec.rate * warm * falling)
        if self._graph is None:
            self._step()
        else:
            self._graph.replay()
        self.steps += 1

    def _set_rate(self, rate: float) -> None:
        self._rate.fill_(rate)
        if self._graph is None:
            for group in self._optimizer.param_groups:
                group["lr"] = rate

    def is_done(self) -> bool:
        """Tell whether the paper's epochs are over."""
        epochs = self.steps / self.per_epoch
        return not self.spec.falls and epochs >= _PAPER_EPOCHS

    def check(self, validation: np.ndarray, cycles: np.ndarray) -> float:
        """Judge by blocks that nothing learns from, and keep the best.

        Args:
            validation: numbers of blocks.
            cycles: of all blocks.
        """
        error = relative_error(self.predict(validation), cycles[validation])
        if error < self.best[0]:
            state = self.model.state_dict()
            arrays = {k: v.cpu().numpy().copy() for k, v in state.items()}
            self.best = (error, arrays)
        return error

    def predict(self, blocks: np.ndarray) -> np.ndarray:
        """Predict cycles of blocks.

        Args:
            blocks: their numbers.
        """
        wanted = np.zeros(len(self.tokens.first), bool)
        wanted[blocks] = True
        found = predicted(self.model, *_picked(self.tokens.windows, wanted))
        out = np.zeros(len(wanted))
        out[: len(found)] = found
        return out[blocks]


def _picked(
    windows: Windows, wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take the windows of some blocks."""
    rows = np.flatnonzero(wanted[windows.owner])
    sizes = np.diff(windows.starts)[rows]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    shift = np.repeat(windows.starts[rows] - starts[:-1], sizes)
    flat = windows.flat[np.arange(starts[-1]) + shift]
    return flat, starts, windows.owner[rows]


def all_tokens(corpus: Corpus, device: str) -> dict[str, Tokens]:
    """Tokenise a corpus both ways.

    Args:
        corpus: its blocks.
        device: "cuda" or "cpu".
    """
    learned = corpus.texts(corpus.train)
    texts = [block.text for block in corpus.blocks]
    forms = frequent_forms(learned, FEWEST)
    vocabulary = Vocabulary(forms, no_roles(len(forms) + 2))
    words = frequent_words(learned)
    read = TextTokens(words).windows(texts)
    by_instruction = instruction_windows(texts, vocabulary)
    return {
        "text": tokens_of(corpus, read, len(words) + 2, TEXT_LENGTH, device),
        "instruction": tokens_of(
            corpus, by_instruction, len(forms) + 2, INSTRUCTION_LENGTH, device
        ),
    }


def train(
    corpus: Corpus, specs: Sequence[Specification], seconds: float
) -> Iterator[tuple[Specification, float, dict[str, np.ndarray]]]:
    """Train transformers together.

    Args:
        corpus: blocks and labels.
        specs: one a transformer.
        seconds: of the clock.

    Yields:
        Each with its best validation error and its parameters then.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokens = all_tokens(corpus, device)
    cycles = torch.tensor(corpus.cycles, dtype=torch.float32).to(device)
    trainees: list[Trainee] = []
    for seed, spec in enumerate(specs):
        torch.manual_seed(seed)
        kind = "instruction" if spec.name.startswith("instruction") else "text"
        trainees.append(Trainee(spec, tokens[kind], cycles, device))
    begun = time.time()
    checked = 0
    while checked < CHECKS:
        gone = min(1.0, (time.time() - begun) / seconds)
        _turn(trainees, gone)
        if gone >= (checked + 1) / CHECKS:
            checked = int(gone * CHECKS)
            _check(trainees, corpus)
    for one in trainees:
        yield one.spec, *one.best


def _turn(trainees: Sequence[Trainee], gone: float) -> None:
    """Give every model a step, those of smaller batches three."""
    for one in trainees:
        with one.on_stream():
            for _ in range(1 if one.spec.falls else 3):
                if not one.is_done():
                    one.advance(gone)
    # no more than a few steps wait on the device
    if torch.cuda.is_available() and trainees[0].steps % 16 == 0:
        torch.cuda.synchronize()


def _check(trainees: Sequence[Trainee], corpus: Corpus) -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    for one in trainees:
        error = one.check(corpus.validation, corpus.cycles)
        epochs = one.steps / one.per_epoch
        print(f"{one.spec.name}: epoch {epochs:.1f}, validation {error:.4f}")


def main(words: Sequence[str]) -> None:
    """Train, and write checkpoints.

    Args:
        words: where the data is, the study's folder, seconds, widths.
    """
    data, folder, seconds, *widths = words
    corpus = load_corpus(
        Path(data) / BLOCKS,
        Path(folder),
        quick=False,
        progress=lambda done, wanted: print(f"labels: {done} of {wanted}"),
    )
    specs = specifications([int(width) for width in widths] or WIDTHS)
    arrays: dict[str, np.ndarray] = {}
    for spec, error, found in train(corpus, specs, float(seconds)):
        print(f"{spec.name}: validation {error:.4f}")
        for name, array in found.items():
            arrays[f"{spec.name}/{name}"] = array
    with (Path(folder) / CHECKPOINTS).open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


if __name__ == "__main__":
    main(sys.argv[1:])
