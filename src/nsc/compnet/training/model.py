"""The CompNet as a torch module: one embedding per term, computed bottom-up.

In: `pack.Batch`. Out: embeddings, predicted values, parameters. `compile.CompNet` is
the same function in numpy; what both share is walk.py. Source: the structured compiler
of docs/system.md; it replaces the transformer encoder of ICML 2024, section 3, behind
the same parameter head.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nsc.compnet.config import (
    ERROR_FEATURES,
    MAX_INPUTS,
    N_PARAMETERS,
    NODE_ANCHORS,
    QUANTILES,
    ROOT_ANCHORS,
    SMALLEST_STRETCH,
    ModelConfig,
)
from nsc.compnet.describe import Described
from nsc.compnet.functions import FUNCTIONS
from nsc.compnet.pack import Batch
from nsc.compnet.training.device import TorchArrays
from nsc.compnet.walk import Embedded, Walk


class TermNet(nn.Module):
    """Input embeddings, a cell for products, a cell for functions of one argument, and
    heads.

    Embeddings are `k d`; a cell returns `k d+1`, the last column shifting the mean.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        d = config.width
        functions = len(FUNCTIONS)
        self.config = config
        wide = config.gated + 2 * config.bilinear
        narrow = config.gated + config.bilinear
        self.inputs = nn.Parameter(torch.randn(MAX_INPUTS, d))
        self.decode = nn.Parameter(torch.randn(ROOT_ANCHORS, d) / math.sqrt(d))
        self.product_in = nn.Parameter(torch.randn(d, config.products) / math.sqrt(d))
        self.product_out = nn.Parameter(
            torch.randn(config.products, d + 1) / math.sqrt(config.products)
        )
        self.unary_in = nn.Parameter(torch.randn(d, wide) / math.sqrt(d))
        self.gain_in = nn.Parameter(1 + 0.3 * torch.randn(functions, wide))
        self.bias_in = nn.Parameter(0.3 * torch.randn(functions, wide))
        self.modulate_1 = nn.Linear(2 * QUANTILES, config.modulation)
        self.modulate_2 = nn.Linear(config.modulation, 2 * wide)
        self.gain_out = nn.Parameter(1 + 0.3 * torch.randn(functions, narrow))
        self.unary_out = nn.Parameter(
            0.5 * torch.randn(narrow, d + 1) / math.sqrt(narrow)
        )
        self.bias_out = nn.Parameter(0.02 * torch.randn(functions, d + 1))
        self.root_1 = nn.Linear(d, config.head // 2)
        self.root_2 = nn.Linear(config.head // 2, ROOT_ANCHORS)
        self.head_1 = nn.Linear(d, config.head)
        self.head_2 = nn.Linear(config.head, config.head // 2)
        self.head_3 = nn.Linear(config.head // 2, N_PARAMETERS)
        self.error_1 = nn.Linear(d + ERROR_FEATURES, config.head // 4)
        self.error_2 = nn.Linear(config.head // 4, 2)
        with torch.no_grad():
            self.head_3.weight.mul_(0.3)
            for p in (self.root_2.weight, self.root_2.bias, self.error_2.weight):
                p.zero_()
        self.base = nn.Parameter(_random_base())

    def weights(self, *, frozen: bool) -> SimpleNamespace:
        """Return the parameters by name, `unary_in` and `modulate_1_weight` alike;
        frozen: without gradients.
        """
        w = {
            name.replace(".", "_"): p.detach() if frozen else p
            for name, p in self.named_parameters()
        }
        shapes = w["decode"][:NODE_ANCHORS]
        return SimpleNamespace(**w, shapes=shapes - shapes.mean(0), config=self.config)

    def parameters_of(self, u: Tensor) -> Tensor:
        """Emit the 65 parameters of the standardised program: `p d` -> `p w`."""
        return self.base + self.head_3(F.silu(self.head_2(F.silu(self.head_1(u)))))

    def root_shapes_of(self, u: Tensor) -> Tensor:
        """Predict standardised outputs at all anchors: `p d` -> `p 512`."""
        return u @ self.decode.T + self.root_2(F.silu(self.root_1(u)))

    def errors_of(self, u: Tensor, features: Tensor) -> Tensor:
        """Predict log(NMSE) of the predicted values and of the emitted surrogate: `p
        2`.
        """
        return self.error_2(F.silu(self.error_1(torch.cat([u, features], 1))))


def product_cell(w: SimpleNamespace, a: Tensor, b: Tensor, parts: Tensor) -> Tensor:
    """Embed products: a, b `k d`; parts `3 k`, shares of a, b and their product."""
    units = (a @ w.product_in) * (b @ w.product_in)
    out = (units @ w.product_out) * parts[2][:, None]
    return torch.cat(
        [out[:, :-1] + parts[0][:, None] * a + parts[1][:, None] * b, out[:, -1:]], 1
    )


def unary_cell(
    w: SimpleNamespace,
    a: Tensor,
    function: Tensor,
    quantiles: Tensor,
    slope: Tensor,
    rest: Tensor,
) -> Tensor:
    """Embed functions of a `k d`, described as `walk.Described` says."""
    hidden = F.silu(F.linear(quantiles, w.modulate_1_weight, w.modulate_1_bias))
    gain, bias = F.linear(hidden, w.modulate_2_weight, w.modulate_2_bias).chunk(
        2, dim=1
    )
    z = (a @ w.unary_in) * (w.gain_in[function] + gain) + w.bias_in[function] + bias
    g = w.config.gated
    k = w.config.bilinear
    units = (
        torch.cat([F.silu(z[:, :g]), z[:, g : g + k] * z[:, g + k :]], 1)
        * w.gain_out[function]
    )
    out = (units @ w.unary_out + w.bias_out[function]) * rest[:, None]
    return torch.cat([out[:, :-1] + slope[:, None] * a, out[:, -1:]], 1)


def linear_cell(h: Tensor, owner: Tensor, share: Tensor, rows: int) -> Tensor:
    """Add up embeddings: h `e d`, one for each edge; returns `rows d+1`."""
    return _unshifted(
        h.new_zeros(rows, h.shape[1]).index_add(0, owner, h * share[:, None])
    )


def standardised(w: SimpleNamespace, raw: Tensor) -> Tensor:
    """Scale embeddings `k d+1` so that their shapes have unit variance; returns `k
    d+2`: embedding, shift, stretch.
    """
    shapes = raw[:, :-1] @ w.shapes.T
    stretch = (
        shapes.pow(2)
        .mean(1, keepdim=True)
        .add(1e-12)
        .sqrt()
        .clamp(min=SMALLEST_STRETCH)
    )
    return torch.cat([raw[:, :-1] / stretch, raw[:, -1:], stretch], 1)


def _unshifted(h: Tensor) -> Tensor:
    return torch.cat([h, h.new_zeros(len(h), 1)], 1)


class Tape:
    """Embeddings of a batch, and how to carry gradients back.

    Each level is an autograd graph of its own over frozen parameters, and gives its
    inputs' gradients; the parameters' gradients come from one more pass over all rows
    of a kind at once. Small levels would otherwise each write gradients as large as the
    parameters.

    Attributes:
        h: float32 (m, d+2), embedding, shift and stretch; its gradient is what
            `backward` carries on.
    """

    def __init__(self, net: TermNet, batch: Batch, bf16: bool = False):
        """Walk a batch; its arrays are tensors where the net is. bf16: multiply
        matrices of cells in bfloat16.
        """
        self._net = net
        self._frozen = net.weights(frozen=True)
        self._width = net.config.width
        self._levels: list[tuple[slice, Tensor, list[tuple[Tensor, Tensor]]]] = []
        self._calls: dict[str, list[tuple[slice, tuple]]] = {
            name: [] for name in _CALLS
        }
        device = net.base.device
        self._cells_in = partial(
            torch.autocast, device.type, torch.bfloat16, enabled=bf16
        )
        self.arrays = TorchArrays(device)
        self.h = torch.zeros(len(batch.kinds), self._width + 2, device=device)
        self.walk = Walk(batch, self)
        self.h.requires_grad_()

    # what Walk asks for

    def leaves(self, rows: slice, slots: Tensor) -> Embedded:
        return self._embed("leaves", rows, (slots,), ())

    def linear(
        self, rows: slice, owner: Tensor, source: Tensor, share: Tensor
    ) -> Embedded:
        return self._embed(
            "linear", rows, (owner, share, rows.stop - rows.start), (source,)
        )

    def product(self, rows: slice, a: Tensor, b: Tensor, parts: Tensor) -> Embedded:
        return self._embed("product", rows, (parts,), (a, b))

    def unary(
        self, rows: slice, a: Tensor, function: Tensor, described: Described
    ) -> Embedded:
        return self._embed(
            "unary",
            rows,
            (function, described.quantiles, described.slope, described.rest),
            (a,),
        )

    def _embed(
        self, kind: str, rows: slice, arguments: tuple, sources: tuple[Tensor, ...]
    ) -> Embedded:
        kids = [
            (index, self.h[index, : self._width].requires_grad_()) for index in sources
        ]
        out = standardised(
            self._frozen,
            self._cell(kind, self._frozen, [h for _, h in kids], arguments),
        )
        self._levels.append((rows, out, kids))
        self._calls[kind].append((rows, arguments, sources))
        with torch.no_grad():
            self.h[rows] = out
            shapes = out[:, : self._width] @ self._frozen.shapes.T
            shift, stretch = out[:, self._width :].double().unbind(1)
        return Embedded(shift, stretch, shapes)

    def _cell(
        self, kind: str, w: SimpleNamespace, kids: list[Tensor], arguments: Sequence
    ) -> Tensor:
        with self._cells_in():
            return _CALLS[kind](w, kids, arguments).float()

    def backward(self) -> None:
        """Carry `h.grad` into the parameters' gradients."""
        gradient = self.h.grad
        for rows, out, kids in reversed(self._levels):
            if kids:
                for (index, _), part in zip(
                    kids,
                    torch.autograd.grad(out, [h for _, h in kids], gradient[rows]),
                    strict=True,
                ):
                    gradient[:, : self._width].index_add_(0, index, part)
        w = self._net.weights(frozen=False)
        h = self.h.detach()[:, : self._width]
        for kind, calls in self._calls.items():
            if calls:
                arguments, sources = _JOIN[kind](calls)
                raw = self._cell(kind, w, [h[index] for index in sources], arguments)
                torch.autograd.backward(
                    standardised(w, raw),
                    torch.cat([gradient[rows] for rows, *_ in calls]),
                )


_CALLS = {
    "leaves": lambda w, kids, arguments: _unshifted(w.inputs[arguments[0]]),
    "linear": lambda w, kids, arguments: linear_cell(*kids, *arguments),
    "product": lambda w, kids, arguments: product_cell(w, *kids, *arguments),
    "unary": lambda w, kids, arguments: unary_cell(w, *kids, *arguments),
}


def _join_rows(calls: list[tuple], axis: int = 0) -> tuple[list, list]:
    """Lay the arguments of several calls end to end."""
    arguments = [
        torch.cat(column, axis)
        for column in zip(*(a for _, a, _ in calls), strict=True)
    ]
    return arguments, [
        torch.cat(column) for column in zip(*(s for *_, s in calls), strict=True)
    ]


def _join_linear(calls: list[tuple]) -> tuple[list, list]:
    firsts = np.cumsum([0] + [a[2] for _, a, _ in calls]).tolist()
    owner = torch.cat(
        [a[0] + first for (_, a, _), first in zip(calls, firsts, strict=False)]
    )
    share = torch.cat([a[1] for _, a, _ in calls])
    return [owner, share, firsts[-1]], [torch.cat([s[0] for *_, s in calls])]


_JOIN = {
    "leaves": _join_rows,
    "linear": _join_linear,
    "product": lambda calls: _join_rows(calls, axis=1),
    "unary": _join_rows,
}


def _random_base() -> Tensor:
    """Draw 9-4-4-1 as torch.nn.Linear would, twice as wide so that sigmoids start
    apart.
    """
    generator = torch.Generator().manual_seed(7)
    parts = [(36, 9), (4, 9), (16, 4), (4, 4), (4, 4), (1, 4)]
    drawn = [
        (torch.rand(n, generator=generator) * 2 - 1) / math.sqrt(fan_in)
        for n, fan_in in parts
    ]
    return 2.0 * torch.cat(drawn)


def surrogate_forward(w: Tensor, x: Tensor, n_inputs: Tensor) -> Tensor:
    """Run 9-4-4-1: w `p 65`, x `n 9`, inputs from n_inputs on are zero; returns `p n`."""
    used = (torch.arange(MAX_INPUTS, device=w.device)[None] < n_inputs[:, None]).to(
        w.dtype
    )
    w1 = w[:, :36].view(-1, 4, 9) * used[:, None]
    h = torch.sigmoid(w1 @ x.T + w[:, 36:40, None])
    h = torch.sigmoid(w[:, 40:56].view(-1, 4, 4) @ h + w[:, 56:60, None])
    return (w[:, None, 60:64] @ h)[:, 0] + w[:, 64:65]
