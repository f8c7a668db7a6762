# ruff: noqa: F722 (axes, not forward references)
"""The surrogate's function, and changes of parameters that keep or transform it.

In: `w`, Topology, inputs. Out: outputs or new `w`, exactly. Non-goals: training, units
of programs.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from jaxtyping import Float

from nsc.errors import InputError
from nsc.surrogate.topology import Topology


def activate(z: np.ndarray, activation: str) -> np.ndarray:
    """Return the values of hidden units from their sums."""
    if activation == "sigmoid":
        return 1.0 / (1.0 + np.exp(-np.clip(z, -700.0, 700.0)))
    if activation == "tanh":
        return np.tanh(z)
    return np.maximum(z, 0.0)


def pad_inputs(x: np.ndarray, topology: Topology) -> np.ndarray:
    """Fill unused inputs of a covering architecture with zeros.

    Args:
        x: `... i`.

    Returns:
        `... topology.n_inputs`.

    Raises:
        InputError: there are more inputs than the topology has.
    """
    missing = topology.n_inputs - x.shape[-1]
    if missing < 0:
        raise InputError(
            f"{x.shape[-1]} inputs do not fit a {topology} surrogate"
        )
    if missing == 0:
        return x
    zeros = np.zeros((*x.shape[:-1], missing))
    return np.concatenate([x, zeros], axis=-1)


def forward(
    w: Float[np.ndarray, "... w"],
    topology: Topology,
    x: npt.ArrayLike,
    *,
    kind: type[np.floating] = np.float64,
) -> Float[np.ndarray, "... n o"]:
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
        is_last = k == len(layers) - 1
        h = z if is_last else activate(z, topology.activation)
    return h


def scale_outputs(
    w: Float[np.ndarray, " w"],
    topology: Topology,
    gain: Float[np.ndarray, " o"],
    shift: Float[np.ndarray, " o"],
) -> Float[np.ndarray, " w"]:
    """Return parameters of `old(x) * gain + shift`."""
    layers = topology.layers(w)
    weight, bias = layers[-1]
    layers[-1] = (weight * np.asarray(gain)[:, None], bias * gain + shift)
    return topology.join(layers)


def clone_outputs(
    w: Float[np.ndarray, " w"], topology: Topology, n_outputs: int
) -> tuple[Float[np.ndarray, " v"], Topology]:
    """Give a one-output surrogate more outputs by cloning its output head.

    Source: ICML 2024, section 3.
    """
    grown = Topology((*topology.widths[:-1], n_outputs), topology.activation)
    layers = topology.layers(w)
    weight, bias = layers[-1]
    layers[-1] = (
        np.repeat(weight, n_outputs, axis=0),
        np.repeat(bias, n_outputs),
    )
    return grown.join(layers), grown


def resize_inputs(
    w: Float[np.ndarray, " w"], topology: Topology, n_inputs: int
) -> tuple[Float[np.ndarray, " v"], Topology]:
    """Drop inputs from the end, or add ones of weight zero.

    Those that are dropped must be unused: zero. Else the function changes.
    """
    resized = Topology((n_inputs, *topology.widths[1:]), topology.activation)
    layers = topology.layers(w)
    weight, bias = layers[0]
    kept = weight[:, :n_inputs]
    missing = n_inputs - kept.shape[1]
    layers[0] = (np.pad(kept, ((0, 0), (0, missing))), bias)
    return resized.join(layers), resized


def widen(
    w: Float[np.ndarray, " w"],
    topology: Topology,
    hidden: tuple[int, ...],
    *,
    seed: int,
) -> tuple[Float[np.ndarray, " v"], Topology]:
    """Add hidden units without changing the function.

    New units get random incoming weights (as torch.nn.Linear draws them) and outgoing
    weights zero.

    Example: widen(w, 9-4-4-1, (8, 8), seed=0) gives parameters of 9-8-8-1.

    Raises:
        InputError: another number of hidden layers, or fewer units than now.
    """
    same_depth = len(hidden) == len(topology.hidden)
    pairs = zip(hidden, topology.hidden, strict=False)
    none_shrinks = all(new >= old for new, old in pairs)
    if not (same_depth and none_shrinks):
        raise InputError(
            f"{topology} cannot be widened to hidden layers"
            f" {'-'.join(map(str, hidden))}"
        )
    widths = (topology.n_inputs, *hidden, topology.n_outputs)
    wide = Topology(widths, topology.activation)
    generator = np.random.default_rng(seed)
    layers: list[tuple[np.ndarray, np.ndarray]] = []
    for k, (weight, bias) in enumerate(topology.layers(w)):
        columns, rows = wide.widths[k : k + 2]
        old_rows, old_columns = weight.shape
        bound = 1.0 / np.sqrt(columns)
        new_weight = generator.uniform(-bound, bound, (rows, columns))
        new_bias = generator.uniform(-bound, bound, rows)
        new_weight[:old_rows, :old_columns] = weight
        new_weight[:old_rows, old_columns:] = (
            0.0  # old units do not see new ones
        )
        new_bias[:old_rows] = bias
        layers.append((new_weight, new_bias))
    return wide.join(layers), wide


def random_parameters(
    topology: Topology, *, seed: int | np.random.Generator
) -> Float[np.ndarray, " w"]:
    """Draw parameters as torch.nn.Linear does: U(-1/sqrt(fan_in), 1/sqrt(fan_in))."""
    generator = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    for fan_in, units in pairwise(topology.widths):
        count = (fan_in + 1) * units
        parts.append(generator.uniform(-1, 1, count) / np.sqrt(fan_in))
    return np.concatenate(parts)
