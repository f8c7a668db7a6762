"""The CompNet as a torch module: one embedding per DAG node, computed bottom-up.

In: `pack.Batch`. Out: node embeddings, predicted values, parameters. `compile.CompNet` is the same
function in numpy. Source: the structured compiler of docs/system.md; it replaces the transformer
encoder of ICML 2024, section 3, behind the same parameter head.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nsc.compnet.config import (
    LITERAL_FEATURES,
    MAX_INPUTS,
    N_PARAMETERS,
    NODE_ANCHORS,
    ROOT_ANCHORS,
    ModelConfig,
)
from nsc.compnet.pack import Batch, Level
from nsc.program.dag import OP_INDEX, OPS

# How much of each child's embedding passes straight through at the start: the operation's linear part.
_LINEAR_PART = {
    "ADD": (1, 1), "SUB": (1, -1), "NEG": (-1,), "SEL": (0, 0.5, 0.5), "MIN": (0.5, 0.5), "MAX": (0.5, 0.5),
    "SIN": (0.7,), "ATAN": (0.7,), "TANH": (0.7,), "TAN": (1,), "ERF": (0.8,), "SINH": (1,), "ASIN": (1,),
    "ROUND": (0.8,), "TRUNC": (0.7,), "FLOOR": (0.8,), "CBRT": (0.7,), "FMOD": (0.5,),
}  # fmt: skip


class DagNet(nn.Module):
    """Leaves, one shared cell with per-operation gains, and heads."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        d, gated, bilinear = config.width, config.gated, config.bilinear
        self.gated, self.bilinear = gated, bilinear
        wide, narrow, n_ops = gated + 2 * bilinear, gated + bilinear, len(OPS)
        self.inputs = nn.Parameter(0.3 * torch.randn(MAX_INPUTS, d))
        self.literal_1 = nn.Linear(LITERAL_FEATURES, 128)
        self.literal_2 = nn.Linear(128, d)
        for k in (1, 2, 3):
            setattr(self, f"child_{k}", nn.Parameter(torch.randn(d, wide) / math.sqrt(d)))
        self.gain_in = nn.Parameter(1 + 0.5 * torch.randn(n_ops, wide))
        self.bias_in = nn.Parameter(0.5 * torch.randn(n_ops, wide))
        self.gain_out = nn.Parameter(1 + 0.5 * torch.randn(n_ops, narrow))
        self.mix = nn.Parameter(0.5 * torch.randn(narrow, d) / math.sqrt(narrow))
        self.bias_out = nn.Parameter(0.02 * torch.randn(n_ops, d))
        skip = torch.zeros(n_ops, 3, d)
        for op, parts in _LINEAR_PART.items():
            for k, part in enumerate(parts):
                skip[OP_INDEX[op], k] = part
        self.skip = nn.Parameter(skip)
        self.node_values = nn.Linear(d, NODE_ANCHORS)
        self.root_linear = nn.Linear(d, ROOT_ANCHORS)
        self.root_1 = nn.Linear(d, config.head // 2)
        self.root_2 = nn.Linear(config.head // 2, ROOT_ANCHORS)
        self.head_1 = nn.Linear(d, config.head)
        self.head_2 = nn.Linear(config.head, config.head // 2)
        self.head_3 = nn.Linear(config.head // 2, N_PARAMETERS)
        with torch.no_grad():
            self.head_3.weight.mul_(0.3)
        self.base = nn.Parameter(_random_base())

    def leaves(self, batch: Batch) -> Tensor:
        """Embed inputs and literals: `leaf d`."""
        literals = self.literal_2(F.silu(self.literal_1(torch.from_numpy(batch.literals))))
        return torch.cat([self.inputs[torch.from_numpy(batch.inputs)], literals])

    def cell(self, op: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
        """Embed operations from their children: a for all rows, b and c for the leading ones."""
        z = a @ self.child_1
        z = _add_to_leading(z, b @ self.child_2)
        z = _add_to_leading(z, c @ self.child_3) if len(c) else z
        z = z * self.gain_in[op] + self.bias_in[op]
        g, k = self.gated, self.bilinear
        units = torch.cat([F.silu(z[:, :g]), z[:, g : g + k] * z[:, g + k :]], 1) * self.gain_out[op]
        skip = self.skip[op]
        out = units @ self.mix + self.bias_out[op] + skip[:, 0] * a
        out = _add_to_leading(out, skip[: len(b), 1] * b)
        out = _add_to_leading(out, skip[: len(c), 2] * c) if len(c) else out
        rms = out.pow(2).mean(1, keepdim=True).sqrt()
        return out / torch.clamp(rms / 3.0, min=1.0)

    def parameters_of(self, h: Tensor) -> Tensor:
        """Emit the 65 parameters: `p d` -> `p w`."""
        return self.base + self.head_3(F.silu(self.head_2(F.silu(self.head_1(h)))))

    def root_values_of(self, h: Tensor) -> Tensor:
        """Predict squashed outputs at the root anchors: `p d` -> `p 512`."""
        return self.root_linear(h) + self.root_2(F.silu(self.root_1(h)))


class Tape:
    """Node embeddings of a batch, level by level, each level its own small autograd graph.

    One buffer holds all embeddings; a level reads its children from it as detached leaves. `backward`
    walks the levels down and adds each child's gradient into one gradient buffer. This avoids a graph
    of concatenations over the whole batch, the slow part on a CPU.
    """

    def __init__(self, net: DagNet, batch: Batch):
        self.steps: list[tuple[Level, Tensor, list[tuple[Tensor, Tensor]]]] = []
        op, args = torch.from_numpy(batch.ops), torch.from_numpy(batch.args)
        leaves = net.leaves(batch)
        self.h = torch.empty(len(batch.ops), leaves.shape[1])
        self.h[: len(leaves)] = leaves.detach()
        self.steps.append((Level(0, len(leaves), 0, 0), leaves, []))
        for level in batch.levels:
            rows = slice(level.start, level.stop)
            counts = (level.stop - level.start, level.binary, level.ternary)
            kids = []
            for k, count in enumerate(counts):
                index = args[level.start : level.start + count, k]
                kids.append((index, self.h[index].requires_grad_()))
            out = net.cell(op[rows], *(value for _, value in kids))
            self.h[rows] = out.detach()
            self.steps.append((level, out, kids))
        self.h.requires_grad_()

    def backward(self) -> None:
        """Carry `h.grad` into the parameters' gradients."""
        gradient = self.h.grad
        for level, out, kids in reversed(self.steps):
            torch.autograd.backward(out, gradient[level.start : level.stop])
            for index, value in kids:
                if value.grad is not None and len(index):
                    gradient.index_add_(0, index, value.grad)


def _add_to_leading(z: Tensor, part: Tensor) -> Tensor:
    return torch.cat([z[: len(part)] + part, z[len(part) :]]) if len(part) else z


def _random_base() -> Tensor:
    """Draw 9-4-4-1 as torch.nn.Linear would, twice as wide so that sigmoids start apart."""
    generator = torch.Generator().manual_seed(7)
    parts = [(36, 9), (4, 9), (16, 4), (4, 4), (4, 4), (1, 4)]
    drawn = [(torch.rand(n, generator=generator) * 2 - 1) / math.sqrt(fan_in) for n, fan_in in parts]
    return 2.0 * torch.cat(drawn)


def surrogate_forward(w: Tensor, x: Tensor, n_inputs: Tensor) -> Tensor:
    """Run 9-4-4-1: w `p 65`, x `n 9`, inputs from n_inputs on are zero; returns `p n`."""
    used = (torch.arange(MAX_INPUTS)[None] < n_inputs[:, None]).to(w.dtype)
    w1 = w[:, :36].view(-1, 4, 9) * used[:, None]
    h = torch.sigmoid(w1 @ x.T + w[:, 36:40, None])
    h = torch.sigmoid(w[:, 40:56].view(-1, 4, 4) @ h + w[:, 56:60, None])
    return (w[:, None, 60:64] @ h)[:, 0] + w[:, 64:65]
