"""The papers' CompNet as a torch module: BERT, its state of [CLS], a linear head.

In: token numbers, how many. Out: parameters `p w`. `compile.BertCompNet` is the same
function in numpy. Source: ICML 2024, section 3; Devlin et al., 2019 (post-LN, exact
GELU, learnt positions). The last layer is computed for [CLS] alone, the only state that
is read: the same numbers for less work.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nsc.compnet.bert.config import BertConfig


class BertNet(nn.Module):
    """BERT with a linear parameter head on the state of [CLS]."""

    def __init__(
        self, config: BertConfig, n_parameters: int, *, dropout: float
    ):
        super().__init__()
        d = config.hidden
        self.words = nn.Embedding(config.vocabulary, d)
        self.positions = nn.Embedding(config.positions, d)
        self.segments = nn.Embedding(2, d)
        self.norm = nn.LayerNorm(d, config.eps)
        self.layers = nn.ModuleList(
            _Layer(config, dropout) for _ in range(config.layers)
        )
        self.dropout = nn.Dropout(dropout)
        self.apply(_as_bert_starts)
        # as torch starts it: the papers say no more than "linear"
        self.head = nn.Linear(d, n_parameters)

    def states(
        self, tokens: Tensor, lengths: Tensor, last: int | None = None
    ) -> Tensor:
        """Encode texts.

        Args:
            tokens: int64 `p t`, padded.
            lengths: int64 (p,), how many tokens each text has.
            last: how many leading states of the last layer to compute; all by default.

        Returns:
            `p t d`, or `p last d`.
        """
        t = tokens.shape[1]
        is_token = (
            torch.arange(t, device=lengths.device)[None] < lengths[:, None]
        )
        read = is_token[:, None, None]
        h = (
            self.words(tokens)
            + self.positions.weight[:t]
            + self.segments.weight[0]
        )
        h = self.dropout(self.norm(h))
        for k, layer in enumerate(self.layers):
            h = layer(h, read, last if k == len(self.layers) - 1 else None)
        return h

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Emit parameters: tokens `p t`, lengths (p,) -> `p w`."""
        return self.head(self.states(tokens, lengths, last=1)[:, 0])


class _Layer(nn.Module):
    """One layer of BERT: attention, then two linear layers, each with a norm after."""

    def __init__(self, config: BertConfig, dropout: float):
        super().__init__()
        d = config.hidden
        self.heads = config.heads
        self.rate = dropout
        self.query = nn.Linear(d, d)
        self.key = nn.Linear(d, d)
        self.value = nn.Linear(d, d)
        self.merge = nn.Linear(d, d)
        self.norm_1 = nn.LayerNorm(d, config.eps)
        self.wide = nn.Linear(d, config.intermediate)
        self.narrow = nn.Linear(config.intermediate, d)
        self.norm_2 = nn.LayerNorm(d, config.eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, h: Tensor, read: Tensor, last: int | None) -> Tensor:
        """Apply it: `p t d` -> its `last` leading states; read: bool `p 1 1 t`."""
        top = h[:, :last]
        query = self._split(self.query(top))
        key = self._split(self.key(h))
        value = self._split(self.value(h))
        rate = self.rate if self.training else 0.0
        context = F.scaled_dot_product_attention(
            query, key, value, attn_mask=read, dropout_p=rate
        )
        context = context.transpose(1, 2).reshape(top.shape)
        top = self.norm_1(top + self.dropout(self.merge(context)))
        narrow = self.narrow(F.gelu(self.wide(top)))
        return self.norm_2(top + self.dropout(narrow))

    def _split(self, z: Tensor) -> Tensor:
        """Deal `p t d` to the heads: `p head t d/head`."""
        return z.view(*z.shape[:2], self.heads, -1).transpose(1, 2)


def _as_bert_starts(module: nn.Module) -> None:
    """Draw weights as BERT does: normal of deviation 0.02, biases zero."""
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
