"""Sizes of a CompNet and settings of its training."""

from __future__ import annotations

from dataclasses import dataclass

from nsc.surrogate import COVERING

MAX_INPUTS = COVERING.n_inputs
N_PARAMETERS = COVERING.n_parameters
NODE_ANCHORS = 128
ROOT_ANCHORS = 512
QUANTILES = 33  # at which a function of one argument is described
SMALLEST_STRETCH = (
    0.02  # what cancels more than that is not blown up to unit variance
)
ERROR_FEATURES = 6  # that describe how hard a program is to predict


@dataclass(frozen=True)
class ModelConfig:
    """Widths.

    Args:
        width: of a node's embedding.
        products: bilinear units of the product cell.
        gated, bilinear: units of the cell for functions of one argument.
        modulation: hidden units of the network that turns a function's description into
            gains and biases.
        head: hidden units of the parameter head.
    """

    width: int = 256
    products: int = 512
    gated: int = 256
    bilinear: int = 128
    modulation: int = 48
    head: int = 512


def tensor_shapes(
    model: ModelConfig, functions: int
) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor of a CompNet; `model.TermNet` makes them.

    functions: how many functions of one argument it knows.
    """
    d = model.width
    wide = model.gated + 2 * model.bilinear
    narrow = model.gated + model.bilinear
    linear = {
        "modulate_1": (2 * QUANTILES, model.modulation),
        "modulate_2": (model.modulation, 2 * wide),
        "root_1": (d, model.head // 2),
        "root_2": (model.head // 2, ROOT_ANCHORS),
        "head_1": (d, model.head),
        "head_2": (model.head, model.head // 2),
        "head_3": (model.head // 2, N_PARAMETERS),
        "error_1": (d + ERROR_FEATURES, model.head // 4),
        "error_2": (model.head // 4, 2),
    }
    shapes = {
        "inputs": (MAX_INPUTS, d),
        "decode": (ROOT_ANCHORS, d),
        "base": (N_PARAMETERS,),
        "product_in": (d, model.products),
        "product_out": (model.products, d + 1),
        "unary_in": (d, wide),
        "gain_in": (functions, wide),
        "bias_in": (functions, wide),
        "unary_out": (narrow, d + 1),
        "gain_out": (functions, narrow),
        "bias_out": (functions, d + 1),
    }
    for name, (inputs, outputs) in linear.items():
        shapes |= {
            f"{name}.weight": (outputs, inputs),
            f"{name}.bias": (outputs,),
        }
    return shapes
