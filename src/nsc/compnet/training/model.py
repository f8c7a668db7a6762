"""The CompNet as a torch module: its parameters, its cells and its heads.

In: embeddings. Out: embeddings, predicted values, parameters. `compile.CompNet` is the
same function in numpy; what both share is walk.py. Source: the structured compiler of
docs/system.md; it replaces the transformer encoder of ICML 2024, section 3, behind the
same parameter head. Non-goals: the order of calls and their gradients (tape.py).
"""

from __future__ import annotations

import math
from types import SimpleNamespace

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
from nsc.compnet.functions import FUNCTIONS
from nsc.compnet.layers import STRETCH_FLOOR
from nsc.compnet.training.surrogates import random_covering


class TermNet(nn.Module):
    """Input embeddings, cells for products and for functions of one argument, heads.

    Embeddings are `k d`; a cell returns `k d+1`, the last column shifting the mean.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        d = config.width
        functions = len(FUNCTIONS)
        wide = config.gated + 2 * config.bilinear
        narrow = config.gated + config.bilinear
        self.config = config
        # Parameters are drawn in the order of these lines: a seed's bits depend on it.
        self.inputs = _normal(MAX_INPUTS, d)
        self.decode = _normal(ROOT_ANCHORS, d, fan_in=d)
        self.product_in = _normal(d, config.products, fan_in=d)
        self.product_out = _normal(
            config.products, d + 1, fan_in=config.products
        )
        self.unary_in = _normal(d, wide, fan_in=d)
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
            for p in (
                self.root_2.weight,
                self.root_2.bias,
                self.error_2.weight,
            ):
                p.zero_()
        self.base = nn.Parameter(random_covering())

    def weights(self, *, frozen: bool) -> SimpleNamespace:
        """Return the parameters by name, `unary_in` and `modulate_1_weight` alike.

        With them go the `config`, and `shapes`, which decodes embeddings at the node
        anchors: `128 d`, as `layers.centred_shapes`. frozen: without gradients.
        """
        w = {
            name.replace(".", "_"): p.detach() if frozen else p
            for name, p in self.named_parameters()
        }
        shapes = w["decode"][:NODE_ANCHORS]
        return SimpleNamespace(
            **w, shapes=shapes - shapes.mean(0), config=self.config
        )

    def parameters_of(self, u: Tensor) -> Tensor:
        """Emit the 65 parameters of the standardised program: `p d` -> `p w`."""
        first = F.silu(self.head_1(u))
        second = F.silu(self.head_2(first))
        return self.base + self.head_3(second)

    def root_shapes_of(self, u: Tensor) -> Tensor:
        """Predict standardised outputs at all anchors: `p d` -> `p 512`."""
        return u @ self.decode.T + self.root_2(F.silu(self.root_1(u)))

    def errors_of(self, u: Tensor, features: Tensor) -> Tensor:
        """Predict log(NMSE) of the values and of the surrogate: `p d`, `p 6` -> `p 2`."""
        known = torch.cat([u, features], 1)
        return self.error_2(F.silu(self.error_1(known)))


def _normal(rows: int, columns: int, *, fan_in: int = 1) -> nn.Parameter:
    return nn.Parameter(torch.randn(rows, columns) / math.sqrt(fan_in))


def product_cell(
    w: SimpleNamespace, a: Tensor, b: Tensor, parts: Tensor
) -> Tensor:
    """Embed products.

    Args:
        a, b: `k d`, the factors.
        parts: `3 k`, shares of a, of b and of their product.

    Returns:
        `k d+1`.
    """
    of_a, of_b, of_both = parts[:, :, None].unbind(0)
    units = (a @ w.product_in) * (b @ w.product_in)
    out = (units @ w.product_out) * of_both
    raw = out[:, :-1] + of_a * a + of_b * b
    return torch.cat([raw, out[:, -1:]], 1)


def unary_cell(
    w: SimpleNamespace,
    a: Tensor,
    function: Tensor,
    quantiles: Tensor,
    slope: Tensor,
    rest: Tensor,
) -> Tensor:
    """Embed functions of one argument.

    Args:
        a: `k d`, the arguments.
        function: (k,), indices into FUNCTIONS.
        quantiles, slope, rest: as `Described` says.

    Returns:
        `k d+1`.
    """
    gated = w.config.gated
    bilinear = w.config.bilinear
    hidden = F.silu(
        F.linear(quantiles, w.modulate_1_weight, w.modulate_1_bias)
    )
    change = F.linear(hidden, w.modulate_2_weight, w.modulate_2_bias)
    gain, bias = change.chunk(2, dim=1)
    z = (
        (a @ w.unary_in) * (w.gain_in[function] + gain)
        + w.bias_in[function]
        + bias
    )
    first = F.silu(z[:, :gated])
    second = z[:, gated : gated + bilinear] * z[:, gated + bilinear :]
    units = torch.cat([first, second], 1) * w.gain_out[function]
    out = (units @ w.unary_out + w.bias_out[function]) * rest[:, None]
    return torch.cat([out[:, :-1] + slope[:, None] * a, out[:, -1:]], 1)


def linear_cell(h: Tensor, owner: Tensor, share: Tensor, rows: int) -> Tensor:
    """Add up embeddings: h `e d`, one for each edge; returns `rows d+1`."""
    zeros = h.new_zeros(rows, h.shape[1])
    return unshifted(zeros.index_add(0, owner, h * share[:, None]))


def standardised(w: SimpleNamespace, raw: Tensor) -> Tensor:
    """Scale embeddings so that their shapes have unit variance.

    Args:
        raw: `k d+1`.

    Returns:
        `k d+2`: embedding, shift, stretch.
    """
    shapes = raw[:, :-1] @ w.shapes.T
    variance = shapes.pow(2).mean(1, keepdim=True)
    stretch = variance.add(STRETCH_FLOOR).sqrt().clamp(min=SMALLEST_STRETCH)
    return torch.cat([raw[:, :-1] / stretch, raw[:, -1:], stretch], 1)


def unshifted(h: Tensor) -> Tensor:
    """Append a shift of zero: `k d` -> `k d+1`."""
    return torch.cat([h, h.new_zeros(len(h), 1)], 1)
