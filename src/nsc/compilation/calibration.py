# ruff: noqa: F722 (axes, not forward references)
"""Error bars that hold as often as they say: calibrated on inputs that taught nothing.

In: how far networks disagree, and how wrong the surrogate is, on inputs that verify.
Out: what makes standard deviations of the one, and how often these held. Half of the
inputs calibrate, the other half judges. Non-goals: the networks (ensemble).

Source: J. Lei et al., "Distribution-Free Predictive Inference for Regression", JASA 113
(2018), section 5.2: locally weighted conformal intervals; T. Gneiting, A. E. Raftery,
"Strictly Proper Scoring Rules", JASA 102 (2007), section 6.2: interval scores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

LEVEL = 0.95  # of the inputs, on which an interval is to hold
TIMES = (
    1.959963984540054  # standard deviations that an interval is wide, each way
)
FEWEST_CALIBRATING = 40  # inputs: half of them tell a quantile at LEVEL
# parts of the same deviation everywhere, beside what networks disagree by; infinity is
# that alone
CONSTANTS = (0.0, 0.1, 0.3, 1.0, 3.0, math.inf)
LARGEST = 1e100  # factor, of networks that agree where they are wrong
STREAM = 7  # of random numbers; see oracle.py

Column = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Calibration:
    """What makes standard deviations of disagreement, and what they were worth.

    Args:
        scale, constant: `o` each; see `nsc.surrogate.ErrorBars`.
        n_calibrated, n_judged: inputs.
        held: share of the inputs that judge on which the interval held, of each output.
    """

    scale: Float[np.ndarray, " o"]
    constant: Float[np.ndarray, " o"]
    n_calibrated: int
    n_judged: int
    held: tuple[float, ...]


def calibrate(
    disagreement: Float[np.ndarray, "n o"],
    error: Float[np.ndarray, "n o"],
    *,
    seed: int,
) -> Calibration:
    """Calibrate the standard deviations of each output, and judge them.

    Args:
        disagreement: how far networks are from the surrogate's, at least FEWEST_CALIBRATING rows.
        error: how far the surrogate is from the program, in the same units.
    """
    n = len(error)
    assert n >= FEWEST_CALIBRATING, "who asks for error bars has enough inputs"
    order = np.random.default_rng([seed, STREAM]).permutation(n)
    calibrating = order[: n // 2]
    judging = order[n // 2 :]
    found = [
        _calibrated(d[calibrating], np.abs(e[calibrating]))
        for d, e in zip(disagreement.T, error.T, strict=True)
    ]
    scale, constant = (np.array(column) for column in zip(*found, strict=True))
    std = np.hypot(scale * disagreement[judging], constant)
    holds = np.abs(error[judging]) <= TIMES * std
    return Calibration(
        scale,
        constant,
        len(calibrating),
        len(judging),
        tuple(holds.mean(axis=0).tolist()),
    )


def _calibrated(d: Column, error: Column) -> tuple[float, float]:
    """Return scale and constant of one output: those of the best intervals."""
    usual = float(np.sqrt((d * d).mean()))
    if not usual > 0:
        return 0.0, _factor(np.ones_like(error), error)
    tried: list[tuple[float, float, float]] = []
    for part in CONSTANTS:
        is_same = math.isinf(part)
        raw = np.full_like(d, usual) if is_same else np.hypot(d, part * usual)
        factor = _factor(raw, error)
        if factor > LARGEST:
            continue
        scale = 0.0 if is_same else factor
        constant = usual * factor * (1.0 if is_same else part)
        score = _interval_score(TIMES * factor * raw, error)
        tried.append((score, scale, constant))
    _, scale, constant = min(tried, key=lambda each: each[0])
    return scale, constant


def _factor(raw: Column, error: Column) -> float:
    """Return what deviations are to be times, that intervals hold on LEVEL of inputs.

    Where nearly all errors are zero, as of integers, any would do: then it is what makes
    them standard deviations.
    """
    n = len(error)
    rank = min(n, math.ceil((n + 1) * LEVEL))
    # where networks agree, an error is beyond any multiple of nothing
    with np.errstate(over="ignore"):
        ratios = error / np.maximum(raw, 1e-300)
    ratios = np.where(error > 0, ratios, 0.0)
    factor = float(np.sort(ratios)[rank - 1]) / TIMES
    if factor > 0:
        return factor
    return float(np.sqrt((error * error).mean() / (raw * raw).mean()))


def _interval_score(half_width: Column, error: Column) -> float:
    """Score intervals: their width, and what they miss; less is better."""
    missed = np.maximum(error - half_width, 0.0)
    score = float((half_width + missed / (1 - LEVEL) * 2).mean())
    return score if math.isfinite(score) else math.inf
