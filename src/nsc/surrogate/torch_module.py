"""A surrogate as a torch module.

In: a surrogate, a type. Out: `TorchSurrogate`. Non-goals: training it. Only
`Surrogate.to_torch` imports this file: torch is an extra.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import nn

from nsc.errors import InputError
from nsc.surrogate.base import SurrogateBase
from nsc.surrogate.held import Held, Whole
from nsc.surrogate.outside import OutsideDomainWarning, refuse_for_arrays

KINDS = {"float": torch.float32, "double": torch.float64}
_ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


class TorchSurrogate(nn.Module):
    """Networks on inputs in the user's units, `... i` -> `... o`.

    Weights are parameters; the domain is in buffers, so that `.to(device)` moves all.
    Where outputs are whole numbers or a few values, derivatives are those of the
    networks behind them. Fractions of integer inputs are cut off, as C does when it
    converts them; derivatives are those of the networks there.

    Args:
        outside: what becomes of inputs outside the domain.
    """

    lo: torch.Tensor
    hi: torch.Tensor
    centre: torch.Tensor
    rest: torch.Tensor
    half_width: torch.Tensor

    def __init__(self, surrogate: SurrogateBase, kind: str, outside: str):
        super().__init__()
        refuse_for_arrays(outside, ("warn", "raise", "clip", "nan"), "torch")
        self.surrogate = surrogate
        self.outside = outside
        self.has_warned = False
        dtype = KINDS[kind]
        self.members = nn.ModuleList(
            _member(layers, activation, dtype)
            for layers, activation in surrogate.layers()
        )
        for name, values in _box(surrogate).items():
            self.register_buffer(name, torch.tensor(values, dtype=dtype))
        rest = torch.tensor(_box(surrogate)["centre"]) - self.centre
        self.register_buffer("rest", rest.to(dtype))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Evaluate `... i` -> `... o`, in the module's type."""
        x = self._as_converted(x.to(self.centre.dtype))
        is_inside = self.in_domain(x)
        if self.outside == "clip":
            x = torch.clamp(x, self.lo, self.hi)
        elif self.outside in ("warn", "raise"):
            self._tell(is_inside)
        # what a float cannot hold of the centre is taken off by itself
        u = (x - self.centre - self.rest) / self.half_width
        y = torch.cat([member(u) for member in self.members], dim=-1)
        y = self._as_held(y)
        if self.outside == "nan":
            y = torch.where(is_inside[..., None], y, torch.nan)
        return y

    def _as_converted(self, x: torch.Tensor) -> torch.Tensor:
        """Cut off fractions of integer inputs, as C does; derivatives pass."""
        if not any(self.surrogate.whole):
            return x
        whole = torch.tensor(self.surrogate.whole, device=x.device)
        given = x.detach()
        cut = torch.where(whole, torch.trunc(given), given)
        return x + (cut - given).nan_to_num(nan=0.0)

    def in_domain(self, x: torch.Tensor) -> torch.Tensor:
        """Say of inputs `... i` which lie in the domain, `...`."""
        is_inside = ((x >= self.lo) & (x <= self.hi)).all(dim=-1)
        if not self.surrogate.conditions:
            return is_inside
        rows = x.detach().double().cpu().numpy().reshape(-1, x.shape[-1])
        holds = np.ones(len(rows), bool)
        for condition in self.surrogate.conditions:
            holds &= condition.holds(rows)
        found = torch.tensor(holds, device=x.device)
        return is_inside & found.reshape(is_inside.shape)

    def _tell(self, is_inside: torch.Tensor) -> None:
        """Refuse inputs outside, or warn of them once."""
        is_done = self.outside == "warn" and self.has_warned
        if is_done or torch.compiler.is_compiling():
            return
        try:
            are_inside = bool(is_inside.all())
        except RuntimeError:  # inside of vmap no values are known
            if self.outside == "raise":
                raise
            return
        if are_inside:
            return
        message = "inputs are outside the domain of the surrogate"
        if self.outside == "raise":
            raise InputError(message)
        self.has_warned = True
        warnings.warn(message, OutsideDomainWarning, stacklevel=3)

    def _as_held(self, y: torch.Tensor) -> torch.Tensor:
        """Return what stands for outputs; derivatives stay the networks'."""
        if not any(self.surrogate.held):
            return y
        columns = [
            _nearest(y[..., k].detach(), held)
            for k, held in enumerate(self.surrogate.held)
        ]
        return torch.stack(columns, dim=-1) + (y - y.detach())


def _member(
    layers: list[tuple[np.ndarray, np.ndarray]],
    activation: str,
    dtype: torch.dtype,
) -> nn.Sequential:
    """Return a network on inputs in [-1, 1]."""
    parts: list[nn.Module] = []
    for weight, bias in layers:
        outputs, inputs = weight.shape
        linear = nn.Linear(inputs, outputs, dtype=dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(weight))
            linear.bias.copy_(torch.tensor(bias))
        parts += [linear, _ACTIVATIONS[activation]()]
    return nn.Sequential(*parts[:-1])


def _box(surrogate: SurrogateBase) -> dict[str, np.ndarray]:
    return {
        "lo": surrogate.lo,
        "hi": surrogate.hi,
        "centre": (surrogate.hi + surrogate.lo) / 2,
        "half_width": (surrogate.hi - surrogate.lo) / 2,
    }


def _nearest(y: torch.Tensor, held: Held) -> torch.Tensor:
    """Return what stands for real outputs; see `nsc.surrogate.held`."""
    if held is None:
        return y
    if isinstance(held, Whole):
        nearest = torch.trunc(y + torch.copysign(torch.full_like(y, 0.5), y))
        return torch.clamp(nearest, held.lo, held.hi) + 0.0
    values = torch.tensor(held.values, dtype=y.dtype, device=y.device)
    limits = torch.tensor(held.thresholds, dtype=y.dtype, device=y.device)
    above = (y[..., None] > limits).sum(dim=-1)
    return torch.where(torch.isnan(y), y, values[above])
