"""Where a CompNet is trained: a device, batches on it, and `Arrays` there.

In: "cpu" or "cuda", arrays. Out: tensors on the device. Non-goals: gradients; a walk
needs none.
"""

from __future__ import annotations

from dataclasses import fields, replace
from types import ModuleType
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from nsc.compnet.functions import EQUAL, FUNCTIONS
from nsc.compnet.pack import Batch, Level
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
            f"device {name}: torch finds no such device here; the CPU is 'cpu'"
        )
    if ranks.local_size > torch.cuda.device_count():
        found = f"{ranks.local_size} processes and {torch.cuda.device_count()} GPUs"
        raise InputError(
            f"device {name}: each process needs a GPU of its own; found {found}"
        )
    device = torch.device("cuda", ranks.local_rank)
    torch.cuda.set_device(device)
    return device


class TorchArrays:
    """The torch side of `Arrays`, on one device."""

    def __init__(self, device: torch.device):
        self.device = device

    @property
    def xp(self) -> ModuleType:
        return torch

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
        zeros = torch.zeros(n, dtype=values.dtype, device=self.device)
        return zeros.index_add_(0, owner, values)

    def apply(self, function: int, a: Tensor) -> Tensor:
        return _EVALUATE[FUNCTIONS[function]](a)


def on_device(batch: Batch, device: torch.device) -> Batch:
    """Return a batch whose arrays are tensors on a device."""
    levels = tuple(_moved(level, device) for level in batch.levels)
    return replace(_moved(batch, device), levels=levels)


BatchOrLevel = TypeVar("BatchOrLevel", Batch, Level)


def _moved(value: BatchOrLevel, device: torch.device) -> BatchOrLevel:
    """Move what of a dataclass' fields are arrays."""
    tensors = {
        f.name: torch.from_numpy(array).to(device, non_blocking=True)
        for f in fields(value)
        if isinstance(array := getattr(value, f.name), np.ndarray)
    }
    return replace(value, **tensors)
