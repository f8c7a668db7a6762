"""Where a CompNet is trained: the device, batches on it, and the torch side of `Arrays`
for walks there.

In: "cpu" or "cuda", arrays. Out: tensors on the device. Non-goals: gradients; a walk
needs none.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

import numpy as np
import torch
from torch import Tensor

from nsc.compnet.functions import EQUAL, FUNCTIONS
from nsc.compnet.pack import Batch
from nsc.compnet.training.parallel import Ranks
from nsc.errors import InputError

_EVALUATE = {
    "SQRT": torch.sqrt,
    "SIN": torch.sin,
    "COS": torch.cos,
    "TAN": torch.tan,
    "EXP": torch.exp,
    "LOG": torch.log,
    "ABS": torch.abs,
    "ATAN": torch.atan,
    "TANH": torch.tanh,
    "FLOOR": torch.floor,
    "ASIN": torch.asin,
    "SINH": torch.sinh,
    "COSH": torch.cosh,
    "CBRT": lambda a: a.abs().pow(1 / 3).copysign(a),
    "ERF": torch.erf,
    "ROUND": lambda a: (a.abs() + 0.5).floor().copysign(a),
    "TRUNC": torch.trunc,
    "RECIP": torch.reciprocal,
    "STEP": lambda a: (a > 0).double(),
    "ZERO": lambda a: (a.abs() < EQUAL).double(),
}


def device_named(name: str, ranks: Ranks = Ranks()) -> torch.device:
    """Return the device of one of several processes: each has a GPU of its own.

    Raises:
        InputError: there is none of that kind, or too few.
    """
    if name == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise InputError(
            f"--device {name}: torch finds no such device here; leave the option out to"
            " train on the CPU"
        )
    if ranks.local_size > torch.cuda.device_count():
        found = f"{ranks.local_size} processes and {torch.cuda.device_count()} GPUs"
        raise InputError(
            f"--device {name}: each process needs a GPU of its own; found {found}"
        )
    device = torch.device("cuda", ranks.local_rank)
    torch.cuda.set_device(device)
    return device


class TorchArrays:
    """The torch side of `Arrays`, on one device."""

    xp = torch

    def __init__(self, device: torch.device):
        self.device = device

    def full(self, n: int, value: float) -> Tensor:
        return torch.full((n,), value, dtype=torch.float64, device=self.device)

    def double(self, a: Tensor) -> Tensor:
        return a.double()

    def single(self, a: Tensor) -> Tensor:
        return a.float()

    def whole(self, a: Tensor) -> Tensor:
        return a.long()

    def sorted(self, a: Tensor) -> Tensor:
        return a.sort(dim=1).values

    def sum_by(self, owner: Tensor, values: Tensor, n: int) -> Tensor:
        return torch.zeros(n, dtype=values.dtype, device=self.device).index_add_(
            0, owner, values
        )

    def apply(self, function: int, a: Tensor) -> Tensor:
        return _EVALUATE[FUNCTIONS[function]](a)


def on_device(batch: Batch, device: torch.device) -> Batch:
    """Return a batch whose arrays are tensors on a device."""
    return _moved(batch, device)


def _moved(value: object, device: torch.device) -> object:
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value).to(device, non_blocking=True)
    if is_dataclass(value):
        return replace(
            value,
            **{f.name: _moved(getattr(value, f.name), device) for f in fields(value)},
        )
    return (
        tuple(_moved(item, device) for item in value)
        if isinstance(value, tuple)
        else value
    )
