"""Fit a network of any topology to values at the anchors.

They are a CompNet's predictions, or exact ones (distillation). In: values `512 o` at
the anchors, where to start. Out: parameters. Non-goals: where the values come from.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nsc.compnet.anchors import ANCHORS
from nsc.compnet.axes import FittedParameters, Inputs, ManyParameters, Outputs
from nsc.compnet.emission import Emission
from nsc.finetune import (
    FinetuneData,
    FinetuneResult,
    LmSettings,
    finetune,
    spread_of,
)
from nsc.surrogate import COVERING, Topology, scale_outputs

# chosen on validation programs
FIT = LmSettings(steps=30, damping=1e-2, patience=1000, ridge=1e-6)
RACE_STEPS = 15
KEPT = 4
# what the loss of a fit from a CompNet counts; chosen on validation programs
_INFORMED = 0.5


def anchor_inputs(n_inputs: int, inputs: tuple[int, ...]) -> Inputs:
    """Return the anchors as inputs of a program.

    Args:
        n_inputs: of the program.
        inputs: which of them each column of the anchors stands for; the others, which
            the program does not use, are zero.

    Returns:
        `512 i`, in [-1, 1].
    """
    x = np.zeros((len(ANCHORS), n_inputs))
    x[:, list(inputs)] = ANCHORS[:, : len(inputs)]
    return x


def fit_values(
    starts: ManyParameters,
    topology: Topology,
    x: Inputs,
    y: Outputs,
    *,
    informed: bool = False,
    config: LmSettings = FIT,
) -> FittedParameters:
    """Fit by Levenberg-Marquardt from every start.

    The first start and the best after a few steps go on to the end.

    Args:
        starts: `p w`, in the units of y.
        x, y: `512 i` in [-1, 1] and `512 o`.
        informed: whether the first start comes from a CompNet; its fit is then second
            only to one with half its loss, for 512 values leave others room to overfit
            where there are many inputs.

    Returns:
        Up to KEPT parameters `k w`, the best fit first.
    """
    mean = y.mean(axis=0)
    spread = spread_of(y)
    spread = np.where(spread > 0, spread, 1.0)
    w = _standardised(starts, topology, mean, spread)
    target = ((y - mean) / spread)[None]
    data = FinetuneData(x[None], target, x[None, :1], target[:, :1])
    if len(w) > KEPT:
        raced = replace(config, steps=RACE_STEPS)
        first = finetune(w, topology, data, raced, threads=1)
        order = np.argsort(_last_losses(first)).tolist()
        best = [0, *(k for k in order if k != 0)]
        w = first.w_final[best[:KEPT]]
    found = finetune(w, topology, data, config, threads=1)
    losses = _last_losses(found)
    if informed:
        losses[0] *= _INFORMED
    order = np.argsort(losses, kind="stable")
    return np.stack(
        [
            scale_outputs(found.w_final[k], topology, spread, mean)
            for k in order
        ]
    )


def _standardised(
    starts: np.ndarray,
    topology: Topology,
    mean: np.ndarray,
    spread: np.ndarray,
) -> np.ndarray:
    """Carry starts `p w` from the units of the outputs (o,) to standard ones."""
    gain = 1 / spread
    shift = -mean / spread
    return np.stack([scale_outputs(w, topology, gain, shift) for w in starts])


def _last_losses(found: FinetuneResult) -> np.ndarray:
    """Return the training losses at the end, `p`."""
    steps = np.isfinite(found.train_loss).sum(axis=1)
    return np.take_along_axis(found.train_loss, steps[:, None] - 1, axis=1)[
        :, 0
    ]


def fit_emissions(emissions: list[Emission]) -> ManyParameters:
    """Fit 9-4-4-1 to what each emission predicts, all at once.

    Returns:
        `p 65`; `w` of an emission without predictions, or of constant ones, stays.
    """
    w = np.stack([e.w for e in emissions])
    able = [k for k, e in enumerate(emissions) if _varies(e.values)]
    if not able:
        return w
    values = np.stack([emissions[k].values for k in able])
    mean = values.mean(axis=1, keepdims=True)
    spread = values.std(axis=1, keepdims=True)
    x = np.stack(
        [anchor_inputs(COVERING.n_inputs, emissions[k].inputs) for k in able]
    )
    y = ((values - mean) / spread)[:, :, None]
    data = FinetuneData(x, y, x[:, :1], y[:, :1])
    starts = [
        scale_outputs(w[k], COVERING, 1 / s, -m / s)
        for k, m, s in zip(able, mean, spread, strict=True)
    ]
    found = finetune(np.stack(starts), COVERING, data, FIT)
    for k, fitted, m, s in zip(able, found.w_final, mean, spread, strict=True):
        w[k] = scale_outputs(fitted, COVERING, s, m)
    return w


def _varies(values: np.ndarray) -> bool:
    return bool(values.size) and bool(spread_of(values[:, None])[0] > 0)
