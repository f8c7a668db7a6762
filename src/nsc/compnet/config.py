"""Sizes of a CompNet and settings of its training."""

from __future__ import annotations

from dataclasses import dataclass

MAX_INPUTS = 9
N_PARAMETERS = 65  # of the covering architecture 9-4-4-1
NODE_ANCHORS = 128
ROOT_ANCHORS = 512
LITERAL_FEATURES = 24


@dataclass(frozen=True)
class ModelConfig:
    """Widths. `width`: a node's embedding; `gated`, `bilinear`: units of the cell; `head`: of the heads."""

    width: int = 128
    gated: int = 256
    bilinear: int = 128
    head: int = 512


@dataclass(frozen=True)
class TrainConfig:
    """Training of a CompNet; saved as JSON beside its results.

    Args:
        steps: optimizer steps in all; the learning rate follows a cosine over them.
        batch: programs a step.
        eps_from, eps_to: floor inside log(NMSE + eps), moved geometrically over training.
    """

    model: ModelConfig = ModelConfig()
    steps: int = 40_000
    batch: int = 64
    learning_rate: float = 4e-3
    warmup_steps: int = 200
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    eps_from: float = 0.01
    eps_to: float = 0.003
    seed: int = 0
    checkpoint_every: int = 1_000
    threads: int = 1
