"""A function of one argument around what its argument is predicted to be.

The part that a formula can tell: the mean and spread of the results at quantiles of the
argument, and the slope of the line that fits them best. In: arguments' predicted
distributions. Out: `Described`. Non-goals: what the network adds (walk.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nsc.compnet.arrays import Array, Arrays, apply_softly
from nsc.compnet.config import NODE_ANCHORS, QUANTILES
from nsc.compnet.functions import LARGEST

QUANTILE_ROWS = np.round(
    (np.arange(QUANTILES) + 0.5) / QUANTILES * NODE_ANCHORS - 0.5
).astype(np.int64)

# Results that hardly vary beside their mean are rounding: the least spread there is.
SPREAD_OF_MEAN = 1e-6
SPREAD_LEAST = 1e-9
VARIANCE_LEAST = (
    1e-6  # of the argument's quantiles, where a slope divides by it
)
SLOPE_MOST = 1.5
REST_LEAST = 1e-2
QUANTILE_MOST = 4.0  # standard deviations; beyond, a description is cut off


class Distribution(NamedTuple):
    """What arguments are predicted to be.

    Args:
        mean, scale, lo, hi: float64 (k,), the last two bounds.
        shapes: float32 `k 128`, standardised values at the node anchors.
    """

    mean: Array
    scale: Array
    lo: Array
    hi: Array
    shapes: Array


@dataclass(frozen=True)
class Described:
    """Functions of one argument around their arguments' distributions.

    Args:
        means, scales: float64 (k,), of the results.
        slope: float32 (k,), of the linear part, from standardised argument to
            standardised result.
        rest: float32 (k,), size of what is not linear.
        quantiles: float32 (k, 2 * 33), standardised results at quantiles of the
            argument, then these quantiles.
    """

    means: Array
    scales: Array
    slope: Array
    rest: Array
    quantiles: Array


def describe(
    functions: Sequence[tuple[int, int, int]], x: Distribution, arrays: Arrays
) -> Described:
    """Describe functions by their results at 33 quantiles of their arguments.

    Args:
        functions: (start, stop, function), which rows have which.
        x: the arguments.
    """
    xp = arrays.xp
    t = arrays.double(arrays.sorted(x.shapes)[:, QUANTILE_ROWS])
    y = _results(functions, x, t, arrays)
    defined = xp.isfinite(y)
    y = xp.where(defined, y, 0.0).clip(-LARGEST, LARGEST)
    weight = arrays.double(defined)
    weight = weight / weight.sum(axis=1, keepdims=True).clip(min=1)
    mean = (weight * y).sum(axis=1)
    deviation = xp.where(defined, y - mean[:, None], 0.0)
    spread = (weight * deviation**2).sum(axis=1) ** 0.5
    spread = spread.clip(min=SPREAD_OF_MEAN * abs(mean) + SPREAD_LEAST)
    standard = deviation / spread[:, None]
    centred = t - (weight * t).sum(axis=1, keepdims=True)
    covariance = (weight * standard * centred).sum(axis=1)
    variance = (weight * centred**2).sum(axis=1).clip(min=VARIANCE_LEAST)
    slope = (covariance / variance).clip(-SLOPE_MOST, SLOPE_MOST)
    left = standard - slope[:, None] * centred
    rest = (weight * left**2).sum(axis=1) ** 0.5
    most = QUANTILE_MOST
    quantiles = xp.concat(
        [standard.clip(-most, most), t.clip(-most, most)], axis=1
    )
    return Described(
        means=mean,
        scales=spread,
        slope=arrays.single(slope),
        rest=arrays.single(rest.clip(min=REST_LEAST)),
        quantiles=arrays.single(quantiles),
    )


def _results(
    functions: Sequence[tuple[int, int, int]],
    x: Distribution,
    t: Array,
    arrays: Arrays,
) -> Array:
    """Apply the functions at quantiles `k 33` of the standardised arguments."""
    at = x.mean[:, None] + x.scale[:, None] * t
    at = at.clip(min=x.lo[:, None]).clip(max=x.hi[:, None])
    with np.errstate(all="ignore"):
        rows = [
            apply_softly(arrays, function, at[i:j], x.scale[i:j, None])
            for i, j, function in functions
        ]
    return arrays.xp.concat(rows)
