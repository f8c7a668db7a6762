"""Whether a surrogate is better than what needs no network.

In: runs that it learned from, runs that verified it, its errors. Out: what to tell.
Non-goals: choosing by it: fresh inputs verify, and choose nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nsc.compilation import Compilation
from nsc.finetune import Predictions
from nsc.report import BEATEN
from nsc.teacher import (
    DEGREES,
    Polynomial,
    count_monomials,
    fit_polynomial,
)

FLOOR = 1e-6  # nmse below which it is no matter which is better
CLEARLY = 0.9  # of the surrogate's error, at most, is that of what beats it
SPARE = 1.5  # examples for each number that a polynomial has

Array = np.ndarray


def losses_to_simple_fits(found: Compilation) -> tuple[str, ...]:
    """Name the outputs for which a constant or a polynomial is better."""
    surrogate = found.surrogate
    if found.learned is None or not len(found.learned.x):
        return ()
    x, y = found.learned
    u = surrogate.normalise(x)
    fresh = surrogate.normalise(found.x)
    each = found.verification.outputs or (found.verification,)
    said: list[str] = []
    for k, name in enumerate(surrogate.output_names):
        nmse = each[k].nmse
        error, what = _best_fit((u, y[:, k]), (fresh, found.y[:, k]))
        if error < CLEARLY * nmse and nmse > FLOOR:
            said.append(f"{name} (nmse {nmse:.2g}, {what} {error:.2g})")
    if not said:
        return ()
    advice = "learn from more runs (budget), narrow the domain, or use the simpler fit"
    return (f"{BEATEN} to the same runs: {', '.join(said)}; {advice}",)


def _best_fit(
    learned: tuple[Array, Array], fresh: tuple[Array, Array]
) -> tuple[float, str]:
    """Return the least nmse of simple fits on fresh inputs, and which fit it is."""
    variance = float(fresh[1].var())
    if not variance > 0:
        return np.inf, ""
    u, y = learned
    return min(
        (
            float(((fit(fresh[0])[:, 0] - fresh[1]) ** 2).mean()) / variance,
            what,
        )
        for what, fit in _fits(u, y[:, None])
    )


def simple_fit(u: Array, y: Array, wanted: Array) -> Predictions | None:
    """Return the values of the polynomial that examples themselves call the best.

    Args:
        u, y: `n i` in [-1, 1] and `n o`.
        wanted: where, `k i`.

    Returns:
        None where outputs do not vary.
    """
    variance = y.var(axis=0)
    if not (variance > 0).all():
        return None
    tried = [
        (float(((fit.missed**2).mean(axis=0) / variance).max()), what, fit)
        for what, fit in _fits(u, y)
    ]
    nmse, what, fit = min(tried, key=lambda each: each[0])
    return Predictions(
        wanted,
        fit(wanted),
        source=what if what.startswith("a ") else f"a {what} fit",
        nmse=nmse,
        doubt=-1.0,  # of the same examples
    )


def _fits(u: Array, y: Array) -> Iterator[tuple[str, Polynomial]]:
    """Yield the polynomials that examples are enough for; a constant always is one."""
    for what, degree in DEGREES.items():
        if degree and len(u) < SPARE * count_monomials(u.shape[1], degree):
            continue
        fit = fit_polynomial(u, y, degree)
        if fit is not None:
            yield what, fit
