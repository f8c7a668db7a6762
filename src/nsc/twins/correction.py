# ruff: noqa: F722 (axes, not forward references)
"""What few runs of a program say of its twin: a linear model and a smooth correction.

In: the twin's and the program's outputs on the same inputs. Out: `Correction`, chosen by
its leave-one-out error. Non-goals: where either comes from.

Source: M. C. Kennedy, A. O'Hagan, "Predicting the output from a complex computer code
when fast approximations are available", Biometrika 87 (2000): y = a twin + b + d(x), d a
Gaussian process. Errors without one example at a time need no second fit: O. Dubrule,
"Cross validation of kriging in a unique neighborhood", Mathematical Geology 15 (1983).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

FEWEST_LINEAR = 6  # examples; fewer agree with much by luck
FEWEST_SMOOTH = 8
MOST_SMOOTH = 256  # examples that a Gaussian process is fitted to
# correlation length over the width of the inputs' box, noise over the variance
LENGTHS = (0.35, 0.7, 1.4, 2.8)
NOISES = (1e-6, 1e-4, 1e-2, 1e-1)
# a model with more freedom must be this much better without one example at a time
GAIN = 0.7
_LARGEST = 1e100  # of a twin's outputs; squares overflow
_VAGUE = 1e3  # prior variance of the linear part, over that of what is missed

Column = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class _Model:
    """One way to correct; `length` None for no smooth part."""

    is_linear: bool
    length: float | None
    noise: float

    @property
    def name(self) -> str:
        linear = (
            "linear in the twin" if self.is_linear else "the twin as it is"
        )
        return linear + (" plus a smooth correction" if self.length else "")


_AS_IS = _Model(False, None, 1.0)
_LINEAR = _Model(True, None, 1.0)


@dataclass(frozen=True)
class _Pairs:
    """What a twin misses, in standard units.

    Args:
        u: inputs in [-1, 1].
        t: the twin's outputs, standardised as `standard` does.
        missed: the program's outputs less the twin's, over `unit`.
    """

    u: Float[np.ndarray, "n i"]
    t: Column
    missed: Column
    centre: float
    scale: float
    unit: float

    @classmethod
    def of(cls, u: np.ndarray, t: Column, y: Column) -> _Pairs:
        missed = y - t
        unit = float(np.sqrt((missed**2).mean())) or 1.0
        centre = float(t.mean())
        scale = float(t.std()) or 1.0
        standard = (t - centre) / scale
        return cls(u, standard, missed / unit, centre, scale, unit)

    def standard(self, t: Column) -> Column:
        return (t - self.centre) / self.scale


@dataclass(frozen=True)
class Correction:
    """One output's correction.

    Args:
        nmse: squared error without one example at a time, over the variance; inf where
            examples do not vary, and the twin misses them.
        weights: of the examples, `n`; None for the twin as it is.
    """

    model: _Model
    nmse: float
    pairs: _Pairs
    weights: Column | None

    @property
    def name(self) -> str:
        return self.model.name

    def __call__(
        self, u: Float[np.ndarray, "k i"], t: Float[np.ndarray, " k"]
    ) -> Float[np.ndarray, " k"]:
        """Correct the twin's outputs `k` at inputs in [-1, 1]."""
        if self.weights is None:
            return t
        pairs = self.pairs
        here = (u, pairs.standard(t))
        mean = _covariance(self.model, here, (pairs.u, pairs.t))
        return t + pairs.unit * (mean @ self.weights)


def correction_of(
    u: Float[np.ndarray, "n i"], t: Column, y: Column
) -> Correction:
    """Choose how to correct a twin.

    Args:
        u: inputs in [-1, 1].
        t, y: the twin's outputs, and the program's.
    """
    u, t, y = (each[:MOST_SMOOTH] for each in (u, t, y))
    pairs = _Pairs.of(u, t, y)
    spread = _spread(y)
    if spread == 0:
        return Correction(_AS_IS, _of_constant(t, y), pairs, None)
    best = _AS_IS
    weights = None
    error = float((pairs.missed**2).mean())
    for group in _groups(len(y)):
        tried = [(*_left_out(model, pairs), model) for model in group]
        found, its_weights, model = min(tried, key=lambda each: each[0])
        if found < GAIN * error:
            best = model
            error = found
            weights = its_weights
    nmse = error * pairs.unit**2 / spread**2
    return Correction(best, nmse, pairs, weights)


def _spread(y: Column) -> float:
    """Return the standard deviation; 0 for what is rounding alone."""
    spread = float(y.std()) if len(y) else 0.0
    largest = float(np.abs(y).max(initial=0.0))
    return spread if spread > 1e-12 * largest else 0.0


def _of_constant(t: Column, y: Column) -> float:
    """Return the error of a twin where nothing varies: none, or all."""
    return 0.0 if np.allclose(t, y, rtol=1e-9, atol=0.0) else np.inf


def _groups(n: int) -> Iterator[list[_Model]]:
    """Yield models, those with more freedom later."""
    if n >= FEWEST_LINEAR:
        yield [_LINEAR]
    if n >= FEWEST_SMOOTH:
        yield [
            _Model(is_linear, length, noise)
            for is_linear in (False, True)
            for length in LENGTHS
            for noise in NOISES
        ]


def _left_out(model: _Model, pairs: _Pairs) -> tuple[float, Column]:
    """Return the mean squared error of each example by the others, and weights."""
    here = (pairs.u, pairs.t)
    k = _covariance(model, here, here)
    k[np.diag_indices(len(k))] += model.noise
    try:
        inverse = np.linalg.inv(k)
    except np.linalg.LinAlgError:
        return np.inf, np.zeros(len(k))
    weights = inverse @ pairs.missed
    left_out = weights / np.diag(inverse)
    error = float((left_out**2).mean())
    return error if np.isfinite(error) else np.inf, weights


def _covariance(
    model: _Model,
    ours: tuple[np.ndarray, np.ndarray],
    theirs: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Return how outputs at two sets of (inputs, twin's outputs) vary together."""
    u, t = ours
    v, s = theirs
    found = np.zeros((len(u), len(v)))
    if model.length is not None:
        width = model.length * 2.0 * np.sqrt(u.shape[1])
        apart = ((u[:, None] - v[None]) ** 2).sum(axis=2)
        found += np.exp(-0.5 * apart / width**2)
    if model.is_linear:
        found += _VAGUE * (1.0 + np.outer(t, s))
    return found


def disagreement(
    t: Float[np.ndarray, "n o"], y: Float[np.ndarray, "n o"]
) -> float:
    """Return the worst output's error of a twin, over the variance.

    It is that of the twin as it is or of a linear model, without one example at a time.
    """
    if not np.isfinite(t).all() or np.abs(t).max() > _LARGEST:
        return np.inf
    columns = range(y.shape[1])
    return max(_of_column(t[:, k], y[:, k]) for k in columns)


def _of_column(t: Column, y: Column) -> float:
    spread = _spread(y)
    if spread == 0:
        return _of_constant(t, y)
    pairs = _Pairs.of(np.zeros((len(y), 1)), t, y)
    error = 1.0
    if len(y) >= FEWEST_LINEAR:
        error = min(error, _left_out(_LINEAR, pairs)[0])
    return error * pairs.unit**2 / spread**2
