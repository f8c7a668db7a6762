"""Surrogates in torch: run many at once, each with parameters of its own.

In: parameters `p w`, inputs. Out: outputs that carry gradients to the parameters.
nsc.surrogate has the same in numpy.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from nsc.compnet.config import MAX_INPUTS
from nsc.surrogate import COVERING, Topology


def layers_of(w: Tensor, topology: Topology) -> list[tuple[Tensor, Tensor]]:
    """View `p w` as [(weight `p out in`, bias `p out 1`)], from inputs to outputs."""
    found = []
    at = 0
    for a, b in zip(topology.widths, topology.widths[1:], strict=False):
        weight = w[:, at : at + a * b].view(-1, b, a)
        at += a * b
        found.append((weight, w[:, at : at + b, None]))
        at += b
    return found


def run_covering(w: Tensor, x: Tensor, n_inputs: Tensor) -> Tensor:
    """Run 9-4-4-1 on the same inputs.

    Args:
        w: `p w`.
        x: `n 9`.
        n_inputs: (p,); later inputs are zero, which weights of zero amount to.

    Returns:
        `p n`.
    """
    slots = torch.arange(MAX_INPUTS, device=w.device)[None]
    used = (slots < n_inputs[:, None]).to(w.dtype)
    (weight, bias), *above = layers_of(w, COVERING)
    h = (weight * used[:, None]) @ x.T + bias
    for weight, bias in above:
        h = weight @ torch.sigmoid(h) + bias
    return h[:, 0]


def run_surrogates(
    w: Tensor, topology: Topology, x: Tensor, n_inputs: Tensor
) -> Tensor:
    """Run sigmoid surrogates of any topology.

    Args:
        w: `p w`.
        x: `n i`.
        n_inputs: (p,); later inputs are zero.

    Returns:
        `p o n`.
    """
    slots = torch.arange(topology.n_inputs, device=w.device)[None]
    used = slots < n_inputs[:, None]
    (weight, bias), *above = layers_of(w, topology)
    h = weight @ (x.T * used[:, :, None]) + bias
    for weight, bias in above:
        h = weight @ torch.sigmoid(h) + bias
    return h


def random_covering() -> Tensor:
    """Draw 9-4-4-1 as torch.nn.Linear would, (65,), always the same.

    It is twice as wide, so that sigmoids start apart.
    """
    generator = torch.Generator().manual_seed(7)
    drawn = []
    for fan_in, fan_out in zip(
        COVERING.widths, COVERING.widths[1:], strict=False
    ):
        for n in (fan_in * fan_out, fan_out):
            uniform = torch.rand(n, generator=generator) * 2 - 1
            drawn.append(uniform / math.sqrt(fan_in))
    return 2.0 * torch.cat(drawn)
