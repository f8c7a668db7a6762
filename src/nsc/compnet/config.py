"""Sizes of a CompNet and settings of its training."""

from __future__ import annotations

from dataclasses import dataclass

from nsc.errors import InputError

MAX_INPUTS = 9
N_PARAMETERS = 65  # of the covering architecture 9-4-4-1
NODE_ANCHORS = 128
ROOT_ANCHORS = 512
QUANTILES = 33  # at which a function of one argument is described
SMALLEST_STRETCH = 0.02  # what cancels more than that is not blown up to unit variance
DEVICES = ("cpu", "cuda")
ERROR_FEATURES = 6  # that describe how hard a program is to predict


@dataclass(frozen=True)
class ModelConfig:
    """Widths.

    Args:
        width: of a node's embedding.
        products: bilinear units of the product cell.
        gated, bilinear: units of the cell for functions of one argument.
        modulation: hidden units of the network that turns a function's description into gains and biases.
        head: hidden units of the parameter head.
    """

    width: int = 256
    products: int = 512
    gated: int = 256
    bilinear: int = 128
    modulation: int = 48
    head: int = 512


def tensor_shapes(model: ModelConfig, functions: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor of a CompNet that knows a number of functions; `model.TermNet` makes them."""
    d, wide, narrow = model.width, model.gated + 2 * model.bilinear, model.gated + model.bilinear
    linear = {
        "modulate_1": (2 * QUANTILES, model.modulation), "modulate_2": (model.modulation, 2 * wide),
        "root_1": (d, model.head // 2), "root_2": (model.head // 2, ROOT_ANCHORS), "head_1": (d, model.head),
        "head_2": (model.head, model.head // 2), "head_3": (model.head // 2, N_PARAMETERS),
        "error_1": (d + ERROR_FEATURES, model.head // 4), "error_2": (model.head // 4, 2),
    }  # fmt: skip
    shapes = {
        "inputs": (MAX_INPUTS, d), "decode": (ROOT_ANCHORS, d), "base": (N_PARAMETERS,),
        "product_in": (d, model.products), "product_out": (model.products, d + 1),
        "unary_in": (d, wide), "gain_in": (functions, wide), "bias_in": (functions, wide),
        "unary_out": (narrow, d + 1), "gain_out": (functions, narrow), "bias_out": (functions, d + 1),
    }  # fmt: skip
    for name, (inputs, outputs) in linear.items():
        shapes |= {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}
    return shapes


@dataclass(frozen=True)
class TrainConfig:
    """Training of a CompNet; saved as JSON beside its results.

    Args:
        steps: optimizer steps in all; the learning rate follows a cosine over them.
        batch: programs a step.
        programs: grown from the records, to train on.
        eps_from, eps_to: floor inside log(NMSE + eps), moved geometrically over training.
        workers: processes that grow programs.
        processes: that share each batch; the losses are those of one process but for rounding.
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
        for name in ("steps", "batch", "programs", "workers", "threads", "processes"):
            if getattr(self, name) < 1:
                raise InputError(f"--{name} must be at least 1; found {getattr(self, name)}")
        if self.processes > self.batch:
            raise InputError(
                f"--processes must be at most the {self.batch} programs of a batch; found {self.processes}"
            )


def expect_device(name: str) -> None:
    """Refuse what is no kind of device.

    Raises:
        InputError: it is none.
    """
    if name not in DEVICES:
        raise InputError(f"--device expects {' or '.join(DEVICES)}; found '{name}'")
