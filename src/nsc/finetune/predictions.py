# ruff: noqa: F722 (axes, not forward references)
"""A few examples, and what is predicted of the outputs, finetuned together.

On few examples a network forgets what it started from: it has more parameters than they
settle. Predictions join the training examples, each with a tenth of an example's
weight, so that neither is forgotten. In: a start `w`, examples of one surrogate, a
`Predictions`. Out: parameters that heed both. Non-goals: where predictions come from,
which start wins (race.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from nsc.finetune.engine import finetune
from nsc.finetune.lm import LmSettings
from nsc.finetune.optimizers import optimizer_of
from nsc.finetune.scale import Scale, spread_of
from nsc.finetune.task import Examples, FinetuneData, FinetuneResult, Settings
from nsc.surrogate import Topology, forward, pad_inputs

# of a prediction, an example's being 1; chosen on validation programs, as are the next
# three
WEIGHT = 0.1
# nmse of predictions up to which one counts as much as an example
EXACT = 1e-5
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
DOUBT = 2.0  # of values whose error few examples measured
MOST = 128  # examples from which on predictions tell nothing more
# DISBELIEF of doubtful ones; chosen on deep programs
DOUBTED = 1.0


@dataclass(frozen=True)
class Predictions:
    """Predicted outputs: x `k i` and y `k o`, in the units of the examples.

    Args:
        source: what predicts them, as a start in a race is called.
        price: of one of them, over that of an example; 0 for what runs nothing.
        nmse: their measured squared error over the variance; None where it is not
            known, as of what only a text says.
        is_doubtful: whether the text is of another program, which may be a relative.
        doubt: times that error they may be wrong about what examples alone gave.
    """

    x: Float[np.ndarray, "k i"]
    y: Float[np.ndarray, "k o"]
    source: str = "the text"
    price: float = 0.0
    nmse: float | None = None
    is_doubtful: bool = False
    doubt: float = DOUBT

    @property
    def weight(self) -> float:
        """What one counts beside an example, which counts 1: the better the more."""
        if self.nmse is None:
            return WEIGHT
        return float(np.clip(EXACT / max(self.nmse, EXACT), WEIGHT, 1.0))

    @staticmethod
    def can_weigh(settings: Settings) -> bool:
        """Say whether an optimizer can give examples weights."""
        return optimizer_of(settings).takes_weights

    def helps(self, settings: Settings, n: int) -> bool:
        """Say whether predictions are worth having beside `n` examples.

        They need an optimizer that gives them less weight than examples.
        """
        return self.can_weigh(settings) and n <= MOST

    def misfit(
        self, w: Float[np.ndarray, " w"], topology: Topology
    ) -> Float[np.ndarray, " o"]:
        """Return how far a network is from the predictions; 0 for constants.

        Returns:
            mean squared error over variance, `o`.
        """
        error = _error(w, topology, Examples(self.x, self.y))
        spread = spread_of(self.y)
        varies = spread > 0
        return np.where(
            varies, error / np.where(varies, spread, 1.0) ** 2, 0.0
        )


def _error(
    w: np.ndarray, topology: Topology, examples: Examples
) -> np.ndarray:
    """Return the mean squared error of each output, `o`, over examples `n i`, `n o`."""
    found = forward(w, topology, pad_inputs(examples.x, topology))
    return ((found - examples.y) ** 2).mean(axis=0)


def has_few(data: FinetuneData) -> bool:
    """Say whether validation examples are too few to choose by."""
    return data.x_validation.shape[1] < FEW


def bears_out(
    prior: Predictions,
    w: Float[np.ndarray, " w"],
    topology: Topology,
    x: Float[np.ndarray, "n i"],
    y: Float[np.ndarray, "n o"],
) -> bool:
    """Say whether examples agree with a start made from predictions, in the same units.

    They do where no output is twice as wrong as the examples' mean would be; or, where
    all examples are equal, for they may not show what varies elsewhere, as a tenth of
    the predictions' variance. Where they disagree the text was misread, and what it
    predicts would only mislead; what is doubtful is to be better than that. Two examples
    cannot tell.
    """
    error = _error(w, topology, Examples(x, y))
    rounding = 1e-6 * (y * y).mean(axis=0)
    elsewhere = np.asarray(TOGETHER * prior.y.var(axis=0) + rounding)
    variance = np.where(spread_of(y) > 0, np.asarray(y.var(axis=0)), elsewhere)
    limit = DOUBTED if prior.is_doubtful else DISBELIEF
    agrees = bool(np.all(error <= limit * variance))
    return len(x) < ENOUGH or agrees


def finetune_with_predictions(
    w: Float[np.ndarray, " w"],
    topology: Topology,
    data: FinetuneData | None,
    prior: Predictions,
    *,
    threads: int | None = None,
    backend: str = "cpu",
) -> FinetuneResult:
    """Finetune by Levenberg-Marquardt on training examples and predictions, all steps.

    Everything is in the units given; losses are of outputs standardised on both. Where
    validation examples are too few to choose by, they are trained on too.

    Args:
        data: None to fit, and measure, the predictions alone.

    Returns:
        A result whose `w` are the last parameters.
    """
    known = _training_examples(data)
    n = sum(len(examples.x) for examples in known)
    x = np.concatenate([*(examples.x for examples in known), prior.x])[None]
    y = np.concatenate([*(examples.y for examples in known), prior.y])
    scale = Scale.of(y)
    y = scale.standardise(y)[None]
    weights = np.concatenate(
        [np.ones(n), np.full(len(prior.x), prior.weight)]
    )[None]
    held = Examples(x, y)
    if data is not None:
        held = Examples(
            data.x_validation, scale.standardise(data.y_validation)
        )
    joined = FinetuneData(x, y, *held, weights=weights / weights.mean())
    start = scale.into(w, topology)
    steps = _steps_for(topology)
    settings = LmSettings(steps=steps, patience=steps, backend=backend)
    found = finetune(start, topology, joined, settings, threads=threads)
    last = scale.out_of(found.w_final[0], topology)[None]
    return replace(found, w=last, w_final=last, best_step=found.steps_run)


def _training_examples(data: FinetuneData | None) -> list[Examples]:
    """List what is trained on beside predictions, each set `n i`, `n o`."""
    if data is None:
        return []
    train = Examples(data.x_train[0], data.y_train[0])
    validation = Examples(data.x_validation[0], data.y_validation[0])
    is_both = np.array_equal(
        data.x_train, data.x_validation
    )  # a single example
    if has_few(data) and not is_both:
        return [train, validation]
    return [train]


def _steps_for(topology: Topology) -> int:
    """Return how many steps: each costs the square of the parameters, or more."""
    wanted = STEPS * (SMALL / topology.n_parameters) ** 2
    return int(np.clip(wanted, FEWEST_STEPS, STEPS))
