# ruff: noqa: F722 (axes, not forward references)
"""scipy's optimisers, Sobol points and functions: scipy is an extra.

In: functions with gradients. Out: points. Non-goals: what is optimised.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nsc.errors import MissingExtraError

EXTRA = "optimize"  # that scipy comes with
# point -> (value, gradient)
Smooth = Callable[[np.ndarray], tuple[float, np.ndarray]]
# point -> (values, their gradients `k i`), at most zero where they are fulfilled
Limits = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def expect_scipy() -> None:
    """Make sure that scipy is there.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import scipy.optimize  # noqa: F401  # an extra
    except ModuleNotFoundError:
        raise MissingExtraError("scipy", EXTRA) from None


def sobol_points(n: int, dimensions: int, seed: Sequence[int]) -> np.ndarray:
    """Return scrambled Sobol points of [-1, 1], `n i`."""
    from scipy.stats import qmc  # an extra

    generator = np.random.default_rng(list(seed))
    sequence = qmc.Sobol(dimensions, scramble=True, rng=generator)
    points = sequence.random_base2(math.ceil(math.log2(max(2, n))))
    return 2.0 * points[:n] - 1.0


def log_normal(z: np.ndarray) -> np.ndarray:
    """Return the logarithm of the normal distribution function."""
    from scipy.special import log_ndtr  # an extra

    return log_ndtr(z)


def scaled_erfc(z: np.ndarray) -> np.ndarray:
    """Return exp(z^2) erfc(z)."""
    from scipy.special import erfcx  # an extra

    return erfcx(z)


def minimise_in_box(
    smooth: Smooth,
    start: np.ndarray,
    lo: np.ndarray,
    hi: np.ndarray,
    *,
    steps: int = 40,
) -> np.ndarray:
    """Go down from a start by L-BFGS-B; all of `start`'s shape."""
    from scipy.optimize import minimize  # an extra

    with np.errstate(all="ignore"):
        found: Any = minimize(
            smooth,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=np.column_stack([lo, hi]),
            options={"maxiter": steps},
        )
    is_sound = bool(np.isfinite(found.x).all())
    return np.clip(found.x, lo, hi) if is_sound else start


def minimise_within(
    smooth: Smooth,
    limits: Limits,
    start: np.ndarray,
    lo: np.ndarray,
    hi: np.ndarray,
    *,
    steps: int = 60,
) -> np.ndarray:
    """Go down from a start by SLSQP, in a box and where limits are at most zero."""
    from scipy.optimize import minimize  # an extra

    if not len(limits(start)[0]):
        return minimise_in_box(smooth, start, lo, hi, steps=steps)
    constraint = {
        "type": "ineq",
        "fun": lambda u: -limits(u)[0],
        "jac": lambda u: -limits(u)[1],
    }
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bounds that rounding leaves
        found: Any = minimize(
            smooth,
            np.clip(start, lo, hi),
            jac=True,
            method="SLSQP",
            bounds=np.column_stack([lo, hi]),
            constraints=[constraint],
            options={"maxiter": steps, "ftol": 1e-14},
        )
    is_sound = bool(np.isfinite(found.x).all())
    return np.clip(found.x, lo, hi) if is_sound else start
