"""The surrogate's function, and changes of parameters that keep or exactly transform
it.

In: `w`, Topology, inputs. Out: outputs or new `w`. Non-goals: training, units of
programs.
"""

from __future__ import annotations

import numpy as np

from nsc.errors import InputError
from nsc.surrogate.topology import Topology

_ACT = {
    "sigmoid": lambda z: 1.0 / (1.0 + np.exp(-np.clip(z, -700.0, 700.0))),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
}


def pad_inputs(x: np.ndarray, topology: Topology) -> np.ndarray:
    """Fill unused inputs of a covering architecture with zeros: `... i` -> `...
    topology.n_inputs`.
    """
    missing = topology.n_inputs - x.shape[-1]
    if missing < 0:
        raise InputError(f"{x.shape[-1]} inputs do not fit a {topology} surrogate")
    return (
        x
        if missing == 0
        else np.concatenate([x, np.zeros((*x.shape[:-1], missing))], axis=-1)
    )


def forward(
    w: np.ndarray, topology: Topology, x: np.ndarray, *, kind: type = np.float64
) -> np.ndarray:
    """Evaluate surrogates, in double or in single precision.

    Args:
        w: `w`, or `p w` for many at once.
        x: `n i`, or `p n i`; missing inputs are zero.

    Returns:
        `n o`, or `p n o`.
    """
    h = pad_inputs(np.asarray(x, kind), topology).astype(kind, copy=False)
    layers = topology.layers(np.asarray(w, kind))
    for k, (weight, bias) in enumerate(layers):
        z = h @ np.swapaxes(weight, -1, -2) + bias[..., None, :]
        h = z if k == len(layers) - 1 else _ACT[topology.activation](z)
    return h


def scale_outputs(
    w: np.ndarray, topology: Topology, gain: np.ndarray, shift: np.ndarray
) -> np.ndarray:
    """Return parameters of `old(x) * gain + shift`; gain, shift: `o`."""
    layers = [(weight.copy(), bias.copy()) for weight, bias in topology.layers(w)]
    weight, bias = layers[-1]
    layers[-1] = (weight * np.asarray(gain)[:, None], bias * gain + shift)
    return topology.join(layers)


def clone_outputs(
    w: np.ndarray, topology: Topology, n_outputs: int
) -> tuple[np.ndarray, Topology]:
    """Give a one-output surrogate more outputs by cloning its output head (ICML 2024,
    section 3).
    """
    grown = Topology((*topology.widths[:-1], n_outputs), topology.activation)
    layers = list(topology.layers(w))
    weight, bias = layers[-1]
    layers[-1] = (np.repeat(weight, n_outputs, axis=0), np.repeat(bias, n_outputs))
    return grown.join(layers), grown


def resize_inputs(
    w: np.ndarray, topology: Topology, n_inputs: int
) -> tuple[np.ndarray, Topology]:
    """Drop inputs from the end (they must be the unused, zero ones) or add ones of
    weight zero.
    """
    resized = Topology((n_inputs, *topology.widths[1:]), topology.activation)
    layers = list(topology.layers(w))
    weight, bias = layers[0]
    if n_inputs <= topology.n_inputs:
        weight = weight[:, :n_inputs]
    else:
        weight = np.concatenate(
            [weight, np.zeros((len(weight), n_inputs - topology.n_inputs))], axis=1
        )
    layers[0] = (weight, bias)
    return resized.join(layers), resized


def widen(
    w: np.ndarray, topology: Topology, hidden: tuple[int, ...], *, seed: int
) -> tuple[np.ndarray, Topology]:
    """Add hidden units without changing the function.

    New units get random incoming weights (as torch.nn.Linear draws them) and outgoing
    weights zero.

    Raises:
        InputError: another number of hidden layers, or fewer units than now.
    """
    fits = len(hidden) == len(topology.hidden) and all(
        n >= o for n, o in zip(hidden, topology.hidden, strict=False)
    )
    if not fits:
        raise InputError(
            f"{topology} cannot be widened to hidden layers"
            f" {'-'.join(map(str, hidden))}"
        )
    wide = Topology(
        (topology.n_inputs, *hidden, topology.n_outputs), topology.activation
    )
    generator = np.random.default_rng(seed)
    layers = []
    for k, (weight, bias) in enumerate(topology.layers(w)):
        rows = wide.widths[k + 1]
        columns = wide.widths[k]
        bound = 1.0 / np.sqrt(columns)
        new_weight = generator.uniform(-bound, bound, (rows, columns))
        new_bias = generator.uniform(-bound, bound, rows)
        new_weight[: len(weight), : weight.shape[1]] = weight
        new_weight[: len(weight), weight.shape[1] :] = 0.0
        new_bias[: len(bias)] = bias
        layers.append((new_weight, new_bias))
    return wide.join(layers), wide


def random_parameters(
    topology: Topology, *, seed: int | np.random.Generator
) -> np.ndarray:
    """Draw parameters as torch.nn.Linear does: U(-1/sqrt(fan_in), 1/sqrt(fan_in));
    float64 `w`.
    """
    generator = np.random.default_rng(seed)
    parts = []
    for a, b in zip(topology.widths, topology.widths[1:], strict=False):
        parts.append(generator.uniform(-1, 1, (a + 1) * b) / np.sqrt(a))
    return np.concatenate(parts)
