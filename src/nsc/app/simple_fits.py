"""Whether a surrogate is better than what needs no network.

In: runs that it learned from, runs that verified it, its errors. Out: what to tell.
Non-goals: choosing by it: fresh inputs verify, and choose nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nsc.compilation import Compilation
from nsc.report import BEATEN

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
    tried: list[tuple[float, str]] = []
    for what, degree in (("a constant", 0), ("linear", 1), ("quadratic", 2)):
        terms = _terms(learned[0], degree)
        if degree and len(terms) < SPARE * terms.shape[1]:
            continue
        weights = np.linalg.lstsq(terms, learned[1], rcond=None)[0]
        missed = _terms(fresh[0], degree) @ weights - fresh[1]
        tried.append((float((missed**2).mean()) / variance, what))
    return min(tried)


def _terms(u: Array, degree: int) -> Array:
    """Return the monomials up to a degree of inputs `n i`, `n t`."""
    return np.column_stack(list(_monomials(u, degree)))


def _monomials(u: Array, degree: int) -> Iterator[Array]:
    yield np.ones(len(u))
    columns: Sequence[Array] = list(u.T)
    if degree > 0:
        yield from columns
    if degree > 1:
        for k, first in enumerate(columns):
            yield from (first * second for second in columns[k:])
