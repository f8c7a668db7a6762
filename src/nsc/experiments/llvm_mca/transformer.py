"""Transformers over tokens of a block: the paper's kind of surrogate, in torch.

In: tokens of windows (text tokens, or one token an instruction). Out: cycles.
The result is a sum over tokens of positive numbers, after two layers of attention.
Non-goals: tokens (transformer_tokens), training (transformer_training).
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

LAYERS = 2
HEADS = 2
WIDEN = 2
NO_REGISTER = 50
PLACES = 51
BATCH_TOKENS = 1_024  # of blocks that are predicted together


class Transformer(nn.Module):
    """Two layers of attention, then a positive number a token.

    Args:
        vocabulary: tokens, with the pad (0) and the unknown one (1).
        registers: numbers beside each token; 0 for tokens of text.
        width: of the embedding.
        length: tokens of the longest window.
    """

    def __init__(
        self, vocabulary: int, registers: int, width: int, length: int
    ):
        super().__init__()
        self.word = nn.Embedding(vocabulary, width)
        self.slots = nn.ModuleList(
            nn.Embedding(PLACES, width) for _ in range(registers)
        )
        for table in [self.word, *self.slots]:
            nn.init.normal_(table.weight, std=0.3)
        self.place = nn.Parameter(torch.randn(length, width) * 0.02)
        self.norm1 = _each(lambda: nn.LayerNorm(width))
        self.norm2 = _each(lambda: nn.LayerNorm(width))
        self.qkv = _each(lambda: nn.Linear(width, 3 * width))
        self.mix = _each(lambda: nn.Linear(width, width))
        self.up = _each(lambda: nn.Linear(width, WIDEN * width))
        self.down = _each(lambda: nn.Linear(WIDEN * width, width))
        self.last = nn.LayerNorm(width)
        self.out = nn.Linear(width, 1)
        # so that the first sums are of the size of the cycles
        nn.init.constant_(self.out.bias, -0.5 if registers else -2.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict cycles of windows.

        Args:
            x: (windows, tokens, 1 + registers); token 0 pads.
        """
        known = x[..., 0] > 0
        h = self.word(x[..., 0]) + self.place[: x.shape[1]]
        for j, table in enumerate(self.slots):
            h = h + table(x[..., 1 + j])
        bias = (known.to(h.dtype) - 1.0)[:, None, None, :] * 1e9
        for layer in range(LAYERS):
            h = h + self._attention(layer, h, bias)
            wide = self.up[layer](self.norm2[layer](h))
            h = h + self.down[layer](F.relu(wide))
        each = F.softplus(self.out(self.last(h)).squeeze(-1))
        return (each * known).sum(1)

    def _attention(
        self, layer: int, h: torch.Tensor, bias: torch.Tensor
    ) -> torch.Tensor:
        b, t, _ = h.shape
        qkv = self.qkv[layer](self.norm1[layer](h)).view(b, t, 3, HEADS, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        weights = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + bias
        o = torch.softmax(weights, -1) @ v
        return self.mix[layer](o.transpose(1, 2).reshape(b, t, -1))


def _each(make) -> nn.ModuleList:
    return nn.ModuleList(make() for _ in range(LAYERS))


def restored(arrays: dict[str, np.ndarray]) -> Transformer:
    """Make a model of the arrays of a checkpoint.

    Args:
        arrays: by the names of the model's parameters.
    """
    vocabulary, width = arrays["word.weight"].shape
    registers = sum(name.startswith("slots.") for name in arrays)
    length = len(arrays["place"])
    model = Transformer(vocabulary, registers, width, length)
    model.load_state_dict(
        {k: torch.from_numpy(v) for k, v in arrays.items()}, strict=True
    )
    return model.eval()


@torch.inference_mode()
def predicted(
    model: Transformer, flat: np.ndarray, starts: np.ndarray, owner: np.ndarray
) -> np.ndarray:
    """Predict cycles of blocks from their windows, those of like length together.

    Args:
        model: what predicts.
        flat: tokens, windows one after another (tokens, 1 + registers).
        starts: where each window begins, and where the last ends (windows + 1).
        owner: the block of each window.
    """
    lengths = np.diff(starts)
    order = np.argsort(lengths, kind="stable")
    out = np.zeros(int(owner[-1]) + 1)
    at = 0
    while at < len(order):
        longest = int(lengths[order[at]])
        end = at + max(4, BATCH_TOKENS // longest)
        batch = order[at:end]
        x = torch.from_numpy(_padded(flat, starts[batch], lengths[batch]))
        told = model(x.to(model.place.device)).double().cpu().numpy()
        np.add.at(out, owner[batch], told)
        at = end
    return out


def _padded(
    flat: np.ndarray, starts: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    columns = np.arange(int(lengths.max()))
    inside = columns < lengths[:, None]
    rows = np.minimum(starts[:, None] + columns, len(flat) - 1)
    x = flat[rows].astype(np.int64)
    x[~inside] = NO_REGISTER
    x[..., 0] *= inside
    return x
