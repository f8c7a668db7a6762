"""A few examples, and what is predicted of the outputs: finetuned together, so that
neither is forgotten.

On few examples a network forgets what it started from: it has more parameters than they
settle. Predictions join the training examples, each with a tenth of an example's
weight. In: a start `w`, examples of one surrogate, a `Predictions`.
Out: parameters that heed both. Non-goals: where predictions come from, which start wins
(race.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nsc.finetune.engine import (
    FinetuneConfig,
    FinetuneData,
    FinetuneResult,
    finetune,
    spread_of,
)
from nsc.surrogate import Topology, forward, pad_inputs, scale_outputs

# of a prediction, an example's being 1; chosen on validation programs, as are the next
# three
WEIGHT = 0.1
# fewer steps for networks of more than SMALL parameters
STEPS = 200
FEWEST_STEPS = 10
SMALL = 200
# validation examples below which the best of several on them is best by luck: they
# train as well
FEW = 3
# see `bears_out`
ENOUGH = 3
DISBELIEF = 2.0
TOGETHER = 0.1
MOST = 128  # examples from which on predictions tell nothing more


@dataclass(frozen=True)
class Predictions:
    """Predicted outputs: x `k i` and y `k o`, in the units of the examples."""

    x: np.ndarray
    y: np.ndarray

    def helps(self, config: FinetuneConfig, n: int) -> bool:
        """Say whether predictions are worth having beside `n` examples."""
        return config.optimizer == "lm" and n <= MOST

    def misfit(self, w: np.ndarray, topology: Topology) -> np.ndarray:
        """Return how far a network is from the predictions: mean squared error over
        variance, `o`; 0 for constants.
        """
        error = (
            (forward(w, topology, pad_inputs(self.x, topology)) - self.y) ** 2
        ).mean(axis=0)
        spread = spread_of(self.y)
        return np.where(spread > 0, error / np.where(spread > 0, spread, 1.0) ** 2, 0.0)


def has_few(data: FinetuneData) -> bool:
    """Say whether validation examples are too few to choose by."""
    return data.x_validation.shape[1] < FEW


def bears_out(
    prior: Predictions, w: np.ndarray, topology: Topology, x: np.ndarray, y: np.ndarray
) -> bool:
    """Say whether examples `n i`, `n o` agree with a start `w` made from predictions,
    all in the same units.

    They do where no output is twice as wrong as the examples' mean would be; or, where
    all examples are equal, for they may not show what varies elsewhere, as a tenth of
    the predictions' variance. Where they disagree the text was misread, and what it
    predicts would only mislead. Two examples cannot tell.
    """
    error = ((forward(w, topology, pad_inputs(x, topology)) - y) ** 2).mean(axis=0)
    variance = np.where(
        spread_of(y) > 0,
        y.var(axis=0),
        TOGETHER * prior.y.var(axis=0) + 1e-6 * (y * y).mean(axis=0),
    )
    return len(x) < ENOUGH or bool((error <= DISBELIEF * variance).all())


def finetune_with_predictions(
    w: np.ndarray,
    topology: Topology,
    data: FinetuneData | None,
    prior: Predictions,
    *,
    threads: int | None = None,
) -> FinetuneResult:
    """Finetune on training examples and predictions, all steps; `w` of the result are
    the last parameters.

    Everything is in the units given; losses are of outputs standardised on both. Where
    validation examples are too few to choose by, they are trained on too. Without
    examples, data None, it is the predictions alone that are fitted, and measured.
    """
    parts = [] if data is None else [(data.x_train[:1], data.y_train[:1])]
    # one is both
    if (
        data is not None
        and has_few(data)
        and not np.array_equal(data.x_train, data.x_validation)
    ):
        parts.append((data.x_validation[:1], data.y_validation[:1]))
    n = sum(x.shape[1] for x, _ in parts)
    x, y = (
        np.concatenate(arrays, axis=1)
        for arrays in zip(*parts, (prior.x[None], prior.y[None]), strict=True)
    )
    mean = y[0].mean(axis=0)
    spread = spread_of(y[0])
    spread = np.where(spread > 0, spread, 1.0)
    weights = np.concatenate([np.ones(n), np.full(len(prior.x), WEIGHT)])[None]
    x_held, y_held = (x, y) if data is None else (data.x_validation, data.y_validation)
    joined = FinetuneData(
        x,
        (y - mean) / spread,
        x_held,
        (y_held - mean) / spread,
        weights=weights / weights.mean(),
    )
    steps = int(
        np.clip(STEPS * (SMALL / topology.n_parameters) ** 2, FEWEST_STEPS, STEPS)
    )
    given = scale_outputs(w, topology, 1.0 / spread, -mean / spread)
    found = finetune(
        given,
        topology,
        joined,
        FinetuneConfig(steps=steps, patience=steps),
        threads=threads,
    )
    last = np.stack(
        [scale_outputs(each, topology, spread, mean) for each in found.w_final]
    )
    return replace(
        found,
        w=last,
        w_final=last,
        best_step=np.isfinite(found.train_loss).sum(axis=1) - 1,
    )
