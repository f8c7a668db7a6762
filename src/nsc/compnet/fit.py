"""Fit a network of any topology to values at the anchors: predicted ones (CompNet) or
exact ones (distillation).

In: values `512 o` at the anchors, where to start. Out: parameters. Non-goals: where the
values come from.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nsc.compnet.anchors import ANCHORS
from nsc.compnet.compile import Emission
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


def anchor_inputs(n_inputs: int, inputs: tuple[int, ...]) -> np.ndarray:
    """Return the anchors as inputs of a program, `512 i`: column k of the anchors is
    input `inputs[k]`.

    Inputs that the program does not use are zero.
    """
    x = np.zeros((len(ANCHORS), n_inputs))
    x[:, list(inputs)] = ANCHORS[:, : len(inputs)]
    return x


def fit_values(
    starts: np.ndarray,
    topology: Topology,
    x: np.ndarray,
    y: np.ndarray,
    *,
    informed: bool = False,
    config: LmSettings = FIT,
) -> np.ndarray:
    """Fit by Levenberg-Marquardt from every start; the first and the best after a few
    steps go on to the end.

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
    w = np.stack(
        [
            scale_outputs(w, topology, 1 / spread, -mean / spread)
            for w in np.atleast_2d(starts)
        ]
    )
    target = ((y - mean) / spread)[None]
    data = FinetuneData(x[None], target, x[None, :1], target[:, :1])
    if len(w) > KEPT:
        first = finetune(
            w, topology, data, replace(config, steps=RACE_STEPS), threads=1
        )
        best = [0, *(k for k in np.argsort(_last(first)).tolist() if k)]
        w = first.w_final[best[:KEPT]]
    found = finetune(w, topology, data, config, threads=1)
    losses = _last(found)
    losses[0] *= _INFORMED if informed else 1.0
    order = np.argsort(losses, kind="stable")
    return np.stack(
        [scale_outputs(found.w_final[k], topology, spread, mean) for k in order]
    )


def _last(found: FinetuneResult) -> np.ndarray:
    """Return the training losses at the end, `p`."""
    steps = np.isfinite(found.train_loss).sum(axis=1)
    return np.take_along_axis(found.train_loss, steps[:, None] - 1, axis=1)[:, 0]


def fit_emissions(emissions: list[Emission]) -> np.ndarray:
    """Fit 9-4-4-1 to what each emission predicts, all at once; `p 65`. Without
    predictions, `w` stays.
    """
    w = np.stack([e.w for e in emissions])
    able = [
        k
        for k, e in enumerate(emissions)
        if e.values.size and spread_of(e.values[:, None])[0] > 0
    ]
    if not able:
        return w
    values = np.stack([emissions[k].values for k in able])
    mean = values.mean(axis=1, keepdims=True)
    spread = values.std(axis=1, keepdims=True)
    x = np.stack([anchor_inputs(COVERING.n_inputs, emissions[k].inputs) for k in able])
    y = ((values - mean) / spread)[:, :, None]
    start = [
        scale_outputs(w[k], COVERING, 1 / s, -m / s)
        for k, m, s in zip(able, mean, spread, strict=True)
    ]
    found = finetune(
        np.stack(start), COVERING, FinetuneData(x, y, x[:, :1], y[:, :1]), FIT
    )
    for k, fitted, m, s in zip(able, found.w_final, mean, spread, strict=True):
        w[k] = scale_outputs(fitted, COVERING, s, m)
    return w
