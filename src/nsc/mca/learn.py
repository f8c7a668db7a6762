"""Learning a structured model: from many simulated blocks, from few measured ones.

In: a start, records, cycles. Out: a Model.
Non-goals: the gradient (csrc/train.h), where labels come from.
"""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nsc.mca import native
from nsc.mca.model import Model
from nsc.mca.native import ExamplesStruct, SettingsStruct, TrainedStruct
from nsc.mca.vocabulary import Records


@dataclass(frozen=True)
class Rates:
    """How far a step goes, and what is made small.

    Args:
        table: of latencies and uses.
        network: of the network that corrects.
        batch: blocks a step.
        pull: times the squared distance from the start.
        logarithmic: share of |log ratio| in the loss; the rest is relative error.
        longest: the longest gradient; 0 for any.
    """

    table: float = 0.02
    network: float = 0.004
    batch: int = 256
    pull: float = 0.0
    logarithmic: float = 0.0
    longest: float = 0.0


class Learner:
    """A model while it learns; C works on its arrays in place.

    Args:
        start: where it begins.
        records: of the blocks.
        cycles: an iteration of each.
    """

    def __init__(self, start: Model, records: Records, cycles: np.ndarray):
        self._start = start
        self._records = records
        self._cycles = np.ascontiguousarray(cycles, np.float32)
        self.w = start.w.copy()
        n = len(self.w)
        self._arrays = [self.w, *(np.zeros(n, np.float32) for _ in range(4))]
        places = [native.address(array) for array in self._arrays]
        self._trained = TrainedStruct(*places, native.address(start.w), n, 0)
        self._examples = ExamplesStruct(
            native.address(records.flat),
            native.address(records.offsets),
            native.address(self._cycles),
        )
        self._roles = start.vocabulary.roles.struct()

    def _settings(self, rates: Rates, factor: float) -> SettingsStruct:
        return SettingsStruct(
            rates.batch,
            rates.table * factor,
            rates.network * factor,
            rates.pull,
            rates.logarithmic,
            rates.longest,
            self._start.sharpness,
            int(self._start.forwards),
        )

    def epoch(self, order: np.ndarray, rates: Rates, factor: float) -> float:
        """Step through blocks.

        Args:
            order: their numbers.
            rates: of the steps.
            factor: times the rates.

        Returns:
            The mean loss while it learned.
        """
        settings = self._settings(rates, factor)
        return native.library().nsc_mca_epoch(
            ctypes.byref(self._trained), ctypes.byref(self._roles),
            ctypes.byref(self._examples),
            native.pointer(np.ascontiguousarray(order, np.int64)),
            ctypes.c_int64(len(order)), ctypes.byref(settings),
        )  # fmt: skip

    def gradient(
        self, which: np.ndarray, rates: Rates
    ) -> tuple[float, np.ndarray]:
        """Compute the mean loss of blocks and its gradient of the raw parameters.

        Args:
            which: the blocks' numbers.
            rates: for the loss.
        """
        settings = self._settings(rates, 1.0)
        loss = native.library().nsc_mca_gradient(
            ctypes.byref(self._trained), ctypes.byref(self._roles),
            ctypes.byref(self._examples),
            native.pointer(np.ascontiguousarray(which, np.int64)),
            ctypes.c_int64(len(which)), ctypes.byref(settings),
        )  # fmt: skip
        return float(loss), self._arrays[3].copy()

    def model(self) -> Model:
        """Take the model as it is now."""
        return replace(self._start, w=self.w.copy())

    def error(self, which: np.ndarray) -> float:
        """Compute the mean relative error on blocks.

        Args:
            which: their numbers.
        """
        found = self.model().cycles(self._records.pick(which))
        return relative_error(found, self._cycles[which])


def relative_error(predicted: np.ndarray, true: np.ndarray) -> float:
    """Compute the mean of |predicted - true| / true.

    Args:
        predicted, true: cycles (n).
    """
    return float(np.mean(np.abs(predicted - true) / true))


_PIECE = 16_384  # blocks between two looks at the clock


def learn(
    learner: Learner,
    train: np.ndarray,
    validation: np.ndarray,
    *,
    seconds: float,
    rates: Rates = Rates(),
    epochs: float = math.inf,
    seed: int = 0,
) -> Model:
    """Learn for a time, the rate falling as a cosine; keep the best of validation.

    Args:
        learner: what learns.
        train, validation: numbers of blocks.
        seconds: of this process.
        rates: of the steps.
        epochs: at most, where time would allow more.
        seed: of the order.
    """
    rng = np.random.default_rng(seed)
    begun = time.process_time()
    seen = 0
    best = (learner.error(validation), learner.model())
    order = rng.permutation(train)
    at = 0
    while True:
        gone = (time.process_time() - begun) / seconds
        gone = max(gone, seen / (epochs * len(train)))
        if gone >= 1:
            break
        piece = order[at : at + _PIECE]
        learner.epoch(piece, rates, cosine(gone))
        seen += len(piece)
        at += len(piece)
        if at >= len(order):
            at = 0
            order = rng.permutation(train)
    error = learner.error(validation)
    return learner.model() if error <= best[0] else best[1]


def cosine(gone: float) -> float:
    """Tell the rate's factor after a fraction of the way.

    Args:
        gone: 0 to 1.
    """
    return 0.5 * (1 + math.cos(math.pi * gone)) + 0.003


@dataclass(frozen=True)
class Adaptation:
    """How few measurements change a model.

    Args:
        rates: of the steps.
        epochs: at most.
        patience: epochs without a better validation error.
    """

    rates: Rates
    epochs: int = 80
    patience: int = 15


def adapt_once(
    start: Model,
    records: Records,
    cycles: np.ndarray,
    parts: tuple[np.ndarray, np.ndarray],
    how: Adaptation,
    seed: int,
) -> tuple[Model, float]:
    """Learn from few blocks until validation says no more.

    Args:
        start: where it begins, and what the pull draws to.
        records, cycles: of all blocks.
        parts: numbers of those to learn from, and to validate by.
        how: rates and limits.
        seed: of the order.

    Returns:
        The model of the best epoch, the start among them, and its validation error.
    """
    rng = np.random.default_rng(seed)
    learner = Learner(start, records, cycles)
    best = (start, learner.error(parts[1]))
    waited = 0
    for _ in range(how.epochs):
        learner.epoch(rng.permutation(parts[0]), how.rates, 1.0)
        error = learner.error(parts[1])
        if error < best[1] - 1e-5:
            best = (learner.model(), error)
            waited = 0
        else:
            waited += 1
        if waited > how.patience:
            break
    return best


def adapt(
    starts: Sequence[Model],
    records: Records,
    cycles: np.ndarray,
    which: np.ndarray,
    ways: Sequence[Adaptation],
    seed: int,
) -> list[Model]:
    """Make an ensemble: each member leaves out another part of the blocks.

    Args:
        starts: one for each member.
        records, cycles: of all blocks.
        which: numbers of those that may be learned from.
        ways: to try; the one with the best mean validation error is taken.
        seed: of the parts and the orders.
    """
    rng = np.random.default_rng(seed)
    folds = np.array_split(rng.permutation(which), len(starts))
    found: list[tuple[float, list[Model]]] = []
    for how in ways:
        made = [
            adapt_once(
                start,
                records,
                cycles,
                (np.setdiff1d(which, fold), fold),
                how,
                10 * seed + k,
            )
            for k, (start, fold) in enumerate(zip(starts, folds, strict=True))
        ]
        error = float(np.mean([one[1] for one in made]))
        found.append((error, [one[0] for one in made]))
    return min(found, key=lambda pair: pair[0])[1]
