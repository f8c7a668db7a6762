"""What one training of a CompNet is made of; saved as JSON beside its results.

In: numbers. Out: `TrainConfig`. Non-goals: the network's widths (compnet/config.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from nsc.compnet.config import ModelConfig
from nsc.errors import InputError

DEVICES = ("cpu", "cuda")


@dataclass(frozen=True)
class TrainConfig:
    """Training of a CompNet; saved as JSON beside its results.

    Args:
        model: widths of the network.
        steps: optimizer steps in all; the learning rate follows a cosine over them.
        batch: programs a step.
        programs: grown from the records, to train on.
        learning_rate: the highest, after `warmup_steps`.
        weight_decay: of matrices that mix.
        clip_norm: the largest norm of a gradient.
        eps_from, eps_to: floor inside log(NMSE + eps), moved geometrically over
            training.
        checkpoint_every: steps between states on disk, and between rows of losses.
        threads: of torch, a process.
        workers: processes that grow programs.
        processes: that share each batch; the losses are those of one process but for
            rounding.
        device: "cpu" or "cuda"; of several processes each needs a GPU of its own.
        bf16: multiply the cells' matrices in bfloat16.
    """

    model: ModelConfig = ModelConfig()
    steps: int = 10_000
    batch: int = 96
    programs: int = 200_000
    learning_rate: float = 8e-4
    warmup_steps: int = 200
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    eps_from: float = 0.01
    eps_to: float = 0.002
    seed: int = 0
    checkpoint_every: int = 200
    threads: int = 1
    workers: int = 2
    processes: int = 1
    device: str = "cpu"
    bf16: bool = False

    def __post_init__(self) -> None:
        expect_device(self.device)
        for name in (
            "steps",
            "batch",
            "programs",
            "workers",
            "threads",
            "processes",
        ):
            expect_at_least_one(name, getattr(self, name))
        if self.processes > self.batch:
            raise InputError(
                f"processes must be at most the {self.batch} programs of a batch;"
                f" found {self.processes}"
            )


def expect_device(name: str) -> None:
    """Refuse what is no kind of device.

    Raises:
        InputError: it is none.
    """
    if name not in DEVICES:
        raise InputError(
            f"device expects {' or '.join(DEVICES)}; found '{name}'"
        )


def expect_at_least_one(name: str, count: int) -> None:
    """Refuse a setting that asks for nothing.

    Raises:
        InputError: it does.
    """
    if count < 1:
        raise InputError(f"{name} must be at least 1; found {count}")
