"""Errors on fresh inputs, and a bound on them that needs no assumption.

Where the inputs are all that there are, it is no bound but what was found.

In: true and predicted outputs `n o`. Out: `Verification`. Non-goals: how the inputs
were drawn (they must be independent of everything the surrogate was trained or chosen
on).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

# an integer output of more values is a quantity: its error says more than the share of
# answers that are exactly right
FEW_VALUES = 256
QUANTILES = (0.5, 0.9, 0.99, 0.999)
# of inputs that may exceed a bound; stated is the first that there are examples for
FRACTIONS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25)


@dataclass(frozen=True)
class Population:
    """What the inputs that are compared stand for.

    Args:
        name: in words.
        size: how many there are; None where that is not known, or endless.
    """

    name: str = "inputs in the domain"
    size: int | None = None


@dataclass(frozen=True)
class Bound:
    """With `confidence`, at most `fraction` of a population exceed the error `error`.

    It is certain, and the fraction zero, where all of the population was compared.
    """

    confidence: float
    fraction: float
    error: float
    population: Population = Population()

    @property
    def is_certain(self) -> bool:
        return not self.fraction

    def sentence(self) -> str:
        """Say it in words."""
        name = self.population.name
        if self.is_certain:
            return (
                f"none of the {self.population.size:,} {name} exceeds |error|"
                f" {_rounded_up(self.error)}: the program ran on each"
            )
        return (
            f"with {100 * self.confidence:g} % confidence at most"
            f" {100 * self.fraction:.2g} % of {name} exceed |error|"
            f" {self.error:.3g}"
        )


def _rounded_up(value: float) -> str:
    """Write three digits of a number, and no less than it is."""
    said = f"{value:.3g}"
    if not math.isfinite(value) or float(said) >= value:
        return said
    unit = 10.0 ** (math.floor(math.log10(value)) - 2)
    return f"{(math.floor(value / unit) + 1) * unit:.3g}"


@dataclass(frozen=True)
class Verification:
    """Errors over all outputs, and over each by itself.

    Args:
        n: how many inputs were compared.
        mse: mean squared error, over inputs and outputs.
        rmse: its root, in the outputs' units.
        nmse: the mean of mse / variance over the outputs that vary; where none does,
            zero if the mse is, else infinite.
        mean_abs: mean absolute error, over inputs and outputs.
        max_abs: the largest absolute error.
        quantiles: of the inputs' errors, by their share ("0.99").
        bound: None when `n` is too small for any statement at this confidence.
        outputs: the errors of each output, where there are several.
        wrong: the share of inputs on which an output is another integer than it should
            be; None where no output is one, or hardly a value of it comes up twice.
        population: what the inputs stand for.
    """

    n: int
    mse: float
    rmse: float
    nmse: float
    mean_abs: float
    max_abs: float
    quantiles: dict[str, float]
    bound: Bound | None
    outputs: tuple[Verification, ...] = ()
    wrong: float | None = None
    population: Population = Population()

    @property
    def is_exact(self) -> bool:
        """Whether all inputs that there are were compared."""
        return self.n == self.population.size

    def as_json(self) -> dict:
        """Return plain numbers; infinities and NaN become None."""
        found = asdict(self)
        found["outputs"] = [output.as_json() for output in self.outputs]
        if self.bound is not None:
            found["bound"] = asdict(self.bound) | {
                "sentence": self.bound.sentence()
            }
        return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    is_expressible = not isinstance(value, float) or math.isfinite(value)
    return value if is_expressible else None


def verify(
    truth: np.ndarray,
    predicted: np.ndarray,
    *,
    confidence: float = 0.99,
    looks: int = 1,
    whole: Sequence[bool] = (),
    population: Population = Population(),
) -> Verification:
    """Compare true with predicted outputs.

    An input's error is its largest absolute error over the outputs. The bound is
    distribution-free: of n independent errors, the k-th largest exceeds the (1 -
    q)-quantile with probability P(Binomial(n, q) >= k); the smallest q = 0.5 % or more
    for which that reaches `confidence` is stated.

    Args:
        truth: `n o`.
        predicted: `n o`.
        confidence: that the bound holds.
        looks: how many sets of inputs may be compared, each with a network of its own,
            before what is found in one of them ends the search: then every bound holds
            with 1 - (1 - confidence) / looks (Bonferroni), and all of them, the last
            one too, with `confidence`.
        whole: which outputs are integers, right or wrong; () where none is.
        population: what the inputs stand for, drawn from it independently; as many as
            it has are all of it, each once.
    """
    truth = np.asarray(truth, np.float64)
    predicted = np.asarray(predicted, np.float64)
    error = predicted - truth
    mse = (error**2).mean(axis=0)
    worst = np.abs(error).max(axis=1)

    def alone(k: int) -> Verification:
        one = slice(k, k + 1)
        return verify(
            truth[:, one],
            predicted[:, one],
            confidence=confidence,
            looks=looks,
            whole=whole[one],
            population=population,
        )

    n_outputs = error.shape[1]
    return Verification(
        n=len(error),
        mse=float(mse.mean()),
        rmse=float(math.sqrt(mse.mean())),
        nmse=_normalised(mse, truth.var(axis=0)),
        mean_abs=float(np.abs(error).mean()),
        max_abs=float(worst.max()),
        quantiles={f"{q:g}": float(np.quantile(worst, q)) for q in QUANTILES},
        bound=_bound(np.sort(worst), confidence, looks, population),
        outputs=tuple(map(alone, range(n_outputs))) if n_outputs > 1 else (),
        wrong=_wrong(error, _countable(truth, whole)),
        population=population,
    )


def _countable(truth: np.ndarray, whole: Sequence[bool]) -> list[bool]:
    """Say which outputs are integers of so few values that these come up again."""
    most = max(FEW_VALUES, len(truth) // 2)
    return [
        is_whole and len(np.unique(column)) <= most
        for column, is_whole in zip(truth.T, whole, strict=False)
    ]


def _wrong(error: np.ndarray, whole: Sequence[bool]) -> float | None:
    """Return the share of wrong answers; see `Verification.wrong`."""
    if not any(whole):
        return None
    return float((error[:, np.array(whole)] != 0).any(axis=1).mean())


def _normalised(mse: np.ndarray, variance: np.ndarray) -> float:
    """Average mse / variance over the outputs that vary; see `Verification.nmse`."""
    varies = variance > 0
    if varies.any():
        with np.errstate(invalid="ignore"):  # both may be infinite
            return float((mse[varies] / variance[varies]).mean())
    return float(np.where(mse == 0, 0.0, np.inf).mean())


def _bound(
    ordered: np.ndarray, confidence: float, looks: int, population: Population
) -> Bound | None:
    """State the tightest error for the smallest fraction that `n` allows."""
    n = len(ordered)
    if n == population.size:
        return Bound(1.0, 0.0, float(ordered[-1]), population)
    of_each_look = 1 - (1 - confidence) / looks
    for fraction in FRACTIONS:
        rank = largest_rank(n, fraction, of_each_look)
        if rank:
            error = float(ordered[n - rank])
            return Bound(confidence, fraction, error, population)
    return None


def largest_rank(n: int, fraction: float, confidence: float) -> int:
    """Return the largest k such that the k-th largest of n draws bounds a quantile.

    The (1 - fraction)-quantile, with a confidence: P(Binomial(n, fraction) >= k) >=
    confidence. 0 when even the maximum does not.

    Example: largest_rank(919, 0.005, 0.99) is 1, since 1 - 0.995**919 > 0.99.
    """
    below = 0.0  # P(Binomial < k)
    for k in range(n + 1):
        log_ways = (
            math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        )
        log_exceeding = k * math.log(fraction)
        log_staying = (n - k) * math.log1p(-fraction)
        below += math.exp(log_ways + log_exceeding + log_staying)
        if 1.0 - below < confidence:
            return k
    return n
