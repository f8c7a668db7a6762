"""Predictions that expect to be wrong shrink towards zero.

In: predicted values, the surrogate that goes with them, their expected error. Out: the
same, shrunk. Source: validation programs; a model card's decision (docs/system.md).
Non-goals: predicting the error.
"""

from __future__ import annotations

import numpy as np

from nsc.surrogate import COVERING

# the expected nmse from which on nothing is kept; chosen on validation programs
HOPELESS = 4.0


def shrunk(
    values: np.ndarray, w: np.ndarray, expected: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw predictions towards their median, and that towards zero.

    The larger the error they expect, the more so. Predictions as wide as the truth that
    correlate with it by r have nmse 2 - 2 r, and r of their width is best. Where they
    are hopeless, so is their median: near a pole it can be off by many orders of
    magnitude.

    Args:
        values: `p n`, predicted outputs.
        w: `p w`, parameters of the covering architecture in the same units.
        expected: `p 1`, the nmse that `values` are predicted to have.

    Returns:
        The values and the parameters, shrunk alike.
    """
    kept = np.clip(1.0 - expected / HOPELESS, 0.0, 1.0)
    centre = np.median(values, axis=1, keepdims=True)
    shifted = np.minimum(1.0, 2.0 * kept) * centre
    w = w.copy()
    weight, bias = COVERING.layers(w)[-1]
    weight *= kept[:, :, None]
    bias[:] = shifted + kept * (bias - centre)
    return shifted + kept * (values - centre), w


def error_when_shrunk(expected: np.ndarray) -> np.ndarray:
    """Return the nmse of shrunk predictions: k^2 - 2 k r + 1.

    They keep k of their width and correlate with the truth by r; expected: any shape.
    """
    expected = np.minimum(expected, HOPELESS)
    kept = 1.0 - expected / HOPELESS
    correlation = 1.0 - expected / 2.0
    return kept * kept - 2.0 * kept * correlation + 1.0
