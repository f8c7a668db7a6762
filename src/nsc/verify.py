"""How wrong is a surrogate? Errors on fresh inputs, and a bound that needs no
assumption.

In: true and predicted outputs `n o`. Out: `Verification`. Non-goals: how the inputs
were drawn (they must be independent of everything the surrogate was trained or chosen
on).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

QUANTILES = (0.5, 0.9, 0.99, 0.999)


@dataclass(frozen=True)
class Bound:
    """With `confidence`, at most `fraction` of the domain's inputs exceed |error|
    `error`.
    """

    confidence: float
    fraction: float
    error: float

    def sentence(self) -> str:
        """Say it in words."""
        return (
            f"with {100 * self.confidence:g} % confidence at most"
            f" {100 * self.fraction:.2g} % of inputs in the domain exceed |error|"
            f" {self.error:.3g}"
        )


@dataclass(frozen=True)
class Verification:
    """Errors over all outputs; `nmse` is the mean of mse / variance over the outputs
    that vary.

    Where none varies, `nmse` is zero if the mse is, else infinite.
    `bound` is None when `n` is too small for any statement at this confidence.
    `outputs` are the errors of each output by itself, where there are several.
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

    def as_json(self) -> dict:
        """Return plain numbers; infinities and NaN become None."""
        found = asdict(self) | {
            "outputs": [output.as_json() for output in self.outputs]
        }
        found["bound"] = (
            None
            if self.bound is None
            else asdict(self.bound) | {"sentence": self.bound.sentence()}
        )
        return {
            k: None if isinstance(v, float) and not math.isfinite(v) else v
            for k, v in found.items()
        }


def verify(
    truth: np.ndarray,
    predicted: np.ndarray,
    *,
    confidence: float = 0.99,
    looks: int = 1,
) -> Verification:
    """Compare outputs `n o`.

    An input's error is its largest absolute error over the outputs. The bound is
    distribution-free: of n independent errors, the k-th largest exceeds the (1 -
    q)-quantile with probability P(Binomial(n, q) >= k); the smallest q = 0.5 % or more
    for which that reaches `confidence` is stated.

    Args:
        looks: how many sets of inputs may be compared, each with a network of its own,
            before what is found in one of them ends the search: then every bound holds
            with 1 - (1 - confidence) / looks (Bonferroni), and all of them, the last
            one too, with `confidence`.
    """
    truth = np.asarray(truth, np.float64)
    predicted = np.asarray(predicted, np.float64)
    error = predicted - truth
    mse = (error**2).mean(axis=0)
    variance = truth.var(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        nmse = np.where(variance > 0, mse / variance, np.where(mse == 0, 0.0, np.inf))
    if (variance > 0).any():
        nmse = nmse[variance > 0]
    worst = np.abs(error).max(axis=1)

    def alone(k: int) -> Verification:
        return verify(
            truth[:, k : k + 1],
            predicted[:, k : k + 1],
            confidence=confidence,
            looks=looks,
        )

    return Verification(
        n=len(error),
        mse=float(mse.mean()),
        rmse=float(math.sqrt(mse.mean())),
        nmse=float(nmse.mean()),
        mean_abs=float(np.abs(error).mean()),
        max_abs=float(worst.max()),
        quantiles={f"{q:g}": float(np.quantile(worst, q)) for q in QUANTILES},
        bound=_bound(np.sort(worst), confidence, looks),
        outputs=tuple(map(alone, range(error.shape[1]))) if error.shape[1] > 1 else (),
    )


def _bound(ordered: np.ndarray, confidence: float, looks: int) -> Bound | None:
    """State the tightest error for the smallest of a few fractions that `n` allows."""
    n = len(ordered)
    for fraction in (0.005, 0.01, 0.02, 0.05, 0.1, 0.25):
        rank = largest_rank(n, fraction, 1 - (1 - confidence) / looks)
        if rank:
            return Bound(confidence, fraction, float(ordered[n - rank]))
    return None


def largest_rank(n: int, fraction: float, confidence: float) -> int:
    """Return the largest k such that the k-th largest of n draws bounds the (1 -
    fraction)-quantile.

    That is P(Binomial(n, fraction) >= k) >= confidence; 0 when even the maximum does
    not.

    Example: largest_rank(919, 0.005, 0.99) is 1, since 1 - 0.995**919 > 0.99.
    """
    below = 0.0  # P(Binomial < k)
    for k in range(n + 1):
        log_p = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        below += math.exp(
            log_p + k * math.log(fraction) + (n - k) * math.log1p(-fraction)
        )
        if 1.0 - below < confidence:
            return k
    return n
