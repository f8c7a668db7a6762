"""Several processes as one trainer: each takes a part of every batch.

Their gradients are added up. In: how many processes, or torchrun's environment. Out:
`Ranks`. Non-goals: what is trained.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from nsc.host import temporary_folder

_PATIENCE = timedelta(hours=12)  # the first process may grow programs for long
_BACKEND = {"cpu": "gloo", "cuda": "cpu:gloo,cuda:nccl"}  # by device


@dataclass(frozen=True)
class Ranks:
    """Which of how many processes this is; the first one writes files and reports."""

    rank: int = 0
    size: int = 1

    @property
    def local_rank(self) -> int:
        """Which of the processes on this machine this is.

        torchrun may start some on others.
        """
        return int(os.environ.get("LOCAL_RANK", self.rank))

    @property
    def local_size(self) -> int:
        """How many of the processes are on this machine."""
        return int(os.environ.get("LOCAL_WORLD_SIZE", self.size))

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def part(self, items: np.ndarray) -> np.ndarray:
        """Return this process' share of a batch."""
        return np.array_split(items, self.size)[self.rank]

    def gather(self, *counts: int) -> np.ndarray:
        """Return the counts of all processes, int64 `size k`."""
        own = torch.tensor(counts, dtype=torch.int64)
        if self.size == 1:
            return own[None].numpy()
        found = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(found, own)
        return torch.stack(found).numpy()

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all processes."""
        if self.size == 1:
            return
        flat = torch.cat([t.reshape(-1) for t in tensors])
        dist.all_reduce(flat)
        sums = flat.split([t.numel() for t in tensors])
        for t, total in zip(tensors, sums, strict=True):
            t.copy_(total.view_as(t))

    def wait(self) -> None:
        """Wait until all processes have come here."""
        if self.size > 1:
            dist.barrier()


@contextmanager
def together(
    processes: int, device: str, run: Callable, *args
) -> Iterator[Ranks]:
    """Start the other processes of a run, and be the first.

    Under torchrun, which starts them itself, be the one that it says.

    Args:
        processes: in all.
        device: "cpu" or "cuda"; tensors on the latter go through NCCL.
        run: called by each of the others, with its `Ranks` and the rest of the
            arguments.
    """
    is_started_by_torchrun = (
        "WORLD_SIZE" in os.environ and "RANK" in os.environ
    )
    if is_started_by_torchrun:
        dist.init_process_group(_BACKEND[device], timeout=_PATIENCE)
        try:
            yield Ranks(dist.get_rank(), dist.get_world_size())
        finally:
            dist.destroy_process_group()
    elif processes == 1:
        yield Ranks()
    else:
        with temporary_folder("nsc-ranks-") as folder:
            group = _Group(
                processes, f"file://{folder}/store", _BACKEND[device]
            )
            yield from _first_of(group, run, args)


@dataclass(frozen=True)
class _Group:
    """Processes that are to find each other.

    Args:
        size: how many.
        store: a URL, where they do.
        backend: of torch.distributed, by which they talk then.
    """

    size: int
    store: str
    backend: str

    def join(self, rank: int) -> Ranks:
        dist.init_process_group(
            self.backend,
            init_method=self.store,
            rank=rank,
            world_size=self.size,
            timeout=_PATIENCE,
        )
        return Ranks(rank, self.size)


def _first_of(group: _Group, run: Callable, args: tuple) -> Iterator[Ranks]:
    """Start the others, then yield; they are ended where the caller fails."""
    context = get_context("spawn")
    others = [
        context.Process(
            target=_follow, args=(r, group, run, args), daemon=True
        )
        for r in range(1, group.size)
    ]
    for process in others:
        process.start()
    finished = False
    try:
        yield group.join(0)
        finished = True
    finally:
        for process in others:
            if not finished:
                process.terminate()
            process.join()
        if dist.is_initialized():
            dist.destroy_process_group()


def _follow(rank: int, group: _Group, run: Callable, args: tuple) -> None:
    run(group.join(rank), *args)
    dist.destroy_process_group()
