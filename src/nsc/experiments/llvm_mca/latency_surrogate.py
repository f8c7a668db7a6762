"""A surrogate of llvm-mca over blocks and latencies, whose slope shows what to tune.

In: a structured model, tuned blocks, groups of latencies. Out: a `Guide` of the mean
relative error. The model's latencies move with those of the simulator; what it learns
from the simulator's answers, with whatever latencies, is shared by all of them.
Non-goals: which runs there are (nsc.optimization).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from nsc.mca import LATENCIES, RESOURCES, Learner, Model, Rates, Records

EPOCHS_FIRST = 150
EPOCHS = 30
TOGETHER = 16  # runs whose answers decide a step
RATE = 0.02
NETWORK_RATE = 0.002
_NOTHING = 0.03  # a latency that rounds to none


class LatencySurrogate:
    """The mean relative error of blocks by their simulator's latencies.

    Args:
        start: a structured model of the simulator, or of a relative of it.
        records: of the tuned blocks, by the model's vocabulary.
        groups: of every block the groups of its instructions, `n 2`.
        defaults: latencies of the groups in the simulator (g).
        measured: cycles an iteration of the blocks.
        weight: what a cycle away from the defaults costs.
    """

    def __init__(
        self,
        start: Model,
        records: Records,
        groups: Sequence[np.ndarray],
        defaults: np.ndarray,
        measured: np.ndarray,
        weight: float,
    ):
        self.start = start
        self.records = records
        self.defaults = defaults
        self.weight = weight
        self.w = start.w.astype(np.float64)
        self.every = np.arange(len(records))
        self.group = _group_of_forms(start, records, groups)
        self._begin_beside()
        self.judge = Learner(start, records, measured)
        self.answers: dict[bytes, np.ndarray] = {}
        self.pupils: dict[bytes, Learner] = {}
        self.is_first = True

    def _begin_beside(self) -> None:
        """Begin with the simulator's own latencies of what is written beside operands.

        A relative of the simulator may take none for these, as of the stack pointer;
        from there no answer shows the way back.
        """
        group = self.group[:, 1]
        forms = np.flatnonzero(group >= 0)
        self.w[LATENCIES * forms + 1] = _raw(self.defaults)[group[forms]]

    def keep(self, latencies: np.ndarray, cycles: np.ndarray) -> None:
        """Keep what the simulator said: cycles an iteration of the tuned blocks."""
        self.answers[_key(latencies)] = cycles

    def learn(self, x: np.ndarray) -> None:
        """Learn from the answers of runs at latencies `n g`, by Adam."""
        for latencies in x:
            key = _key(latencies)
            if key not in self.pupils and np.isfinite(self.answers[key]).all():
                self.pupils[key] = Learner(
                    self.start, self.records, self.answers[key]
                )
        pupils = [
            (np.frombuffer(key), pupil) for key, pupil in self.pupils.items()
        ]
        rng = np.random.default_rng(len(pupils))
        steps = EPOCHS_FIRST if self.is_first else EPOCHS
        self.is_first = False
        first = np.zeros_like(self.w)
        second = np.zeros_like(self.w)
        rates = self._rates()
        for step in range(1, steps + 1):
            slope = np.zeros_like(self.w)
            for k in rng.permutation(len(pupils))[:TOGETHER]:
                latencies, pupil = pupils[k]
                slope += self._slope(pupil, latencies)[1] / TOGETHER
            first = 0.9 * first + 0.1 * slope
            second = 0.999 * second + 0.001 * slope**2
            size = np.sqrt(second / (1 - 0.999**step)) + 1e-8
            left = 1.0 - step / (steps + 1)
            self.w -= left * rates * first / (1 - 0.9**step) / size

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the error of the tuned blocks at latencies (g), and its slope."""
        value, raw = self._slope(self.judge, x)
        slope = np.zeros(len(self.defaults))
        for column, group in enumerate(self.group.T):
            has = group >= 0
            forms = np.flatnonzero(has)
            np.add.at(slope, group[has], raw[LATENCIES * forms + column])
        slope *= _raw_slope(x)
        away = x - self.defaults
        return (
            value + self.weight * float(np.abs(away).sum()),
            slope + self.weight * np.sign(away),
        )

    def _slope(
        self, learner: Learner, latencies: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return a loss at latencies, and its slope by the shared parameters."""
        shift = _raw(latencies) - _raw(self.defaults)
        w = self.w.copy()
        for column, group in enumerate(self.group.T):
            forms = np.flatnonzero(group >= 0)
            w[LATENCIES * forms + column] += shift[group[forms]]
        learner.w[:] = w
        value, slope = learner.gradient(self.every, Rates())
        return value, slope.astype(np.float64)

    def _rates(self) -> np.ndarray:
        """Return how far a step moves each parameter."""
        tables = self.start.vocabulary.roles.forms * (LATENCIES + RESOURCES)
        rates = np.full(len(self.w), NETWORK_RATE)
        rates[:tables] = RATE
        return rates


def _key(latencies: np.ndarray) -> bytes:
    return np.ascontiguousarray(latencies, np.float64).tobytes()


def _raw(latency: np.ndarray) -> np.ndarray:
    """Return what the model turns into a latency: log(exp(2 l) - 1) / 2."""
    doubled = 2.0 * (np.maximum(latency, 0.0) + _NOTHING)
    return (doubled + np.log1p(-np.exp(-doubled))) / 2.0


def _raw_slope(latency: np.ndarray) -> np.ndarray:
    doubled = 2.0 * (np.maximum(latency, 0.0) + _NOTHING)
    return 1.0 / (1.0 - np.exp(-doubled))


def _group_of_forms(
    model: Model, records: Records, groups: Sequence[np.ndarray]
) -> np.ndarray:
    """Return the group of each form's written and other latencies, `f 2`; -1 for none.

    A form is of the group that most of its instructions are of. Blocks whose lines are
    not the simulator's instructions (prefixes are lines of their own) tell nothing.
    """
    found = np.full((model.vocabulary.roles.forms, 2), -1)
    for column in range(2):
        counts: dict[int, Counter[int]] = {}
        for k, group in enumerate(groups):
            forms = records.flat[
                records.offsets[k] : records.offsets[k + 1], 0
            ]
            if len(forms) != len(group):
                continue
            for form, number in zip(
                forms.tolist(), group[:, column].tolist(), strict=True
            ):
                counts.setdefault(form, Counter())[number] += 1
        for form, counter in counts.items():
            if form > 1:  # neither the pad nor the unknown form
                found[form, column] = counter.most_common(1)[0][0]
    return found
