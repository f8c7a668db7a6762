"""A callee's surrogate, tuned to measurements of the program that calls it.

In: the program with the surrogate's numbers in variables, rows of measurements. Out: other
numbers, and what they are worth on rows that they were not tuned to. Non-goals: reading
rows (first_rows), the first surrogate (pipeline).

The program has no gradient here, so that its derivatives by each number are differences.
What the numbers were is kept near by a ridge, whose strength cross-validation chooses:
measurements say little of what the program seldom asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nsc.errors import InputError

STRENGTHS = (1.0, 0.1, 0.01, 1e-3)  # of the ridge, over the outputs' variance
FOLDS = 3
HELD_SHARE = 0.25  # of rows that judge what the others tuned
FEWEST_ROWS = 8
MOST_ROWS = 400
STEPS = 10
DIFFERENCE = 1e-4  # of a number, over 1 + its size
DAMPING = 1e-2
_LEAST_DAMPING = 1e-9

# numbers `k w` and inputs of the program `k i` -> its outputs `k o`
Run = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Tuned:
    """Numbers that fit measurements.

    Args:
        w: `(w,)`.
        before, after: root mean squared error on rows that nothing was tuned to, in the
            outputs' standard deviations; `after` is of numbers tuned to the other rows.
        rows: that there were.
        strength: of the ridge; None where the numbers stay as they were.
    """

    w: np.ndarray
    before: float
    after: float
    rows: int
    strength: float | None


def tune(
    run: Run, w: np.ndarray, x: np.ndarray, y: np.ndarray, *, seed: int
) -> Tuned:
    """Fit numbers to measurements.

    Args:
        w: where they start.
        x, y: `n i` and `n o`; more than MOST_ROWS are thinned out.

    Raises:
        InputError: there are too few rows, or an output is the same on all.
    """
    if len(x) < FEWEST_ROWS:
        raise InputError(
            f"measurements of the whole must be at least {FEWEST_ROWS} rows; found"
            f" {len(x)}"
        )
    spread = y.std(axis=0)
    if not spread.all():
        raise InputError(
            "measurements of the whole must vary; an output is the same in all rows"
        )
    order = np.random.default_rng([seed, len(x)]).permutation(len(x))
    order = order[:MOST_ROWS]
    fit = _Fit(run, x[order], y[order] / spread, spread)
    n_held = max(2, round(HELD_SHARE * len(order)))
    held = np.arange(n_held)
    others = np.arange(n_held, len(order))
    strength = fit.strength(w, others)
    after = w if strength is None else fit.fitted(w, others, strength)
    told = [
        float(np.sqrt(np.mean(fit.residuals(v, held) ** 2)))
        for v in (w, after)
    ]
    if strength is None or told[1] >= told[0]:
        return Tuned(w, told[0], told[0], len(x), None)
    found = fit.fitted(w, np.arange(len(order)), strength)
    return Tuned(found, told[0], told[1], len(x), strength)


@dataclass(frozen=True)
class _Fit:
    """Measurements, and the program that is to give them.

    Args:
        y: over `spread`.
    """

    run: Run
    x: np.ndarray
    y: np.ndarray
    spread: np.ndarray

    def residuals(self, w: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return how far the program is from some rows, `(n o,)`."""
        return self._of(w[None], rows)[0]

    def _of(self, many: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return residuals of several numbers `k w`: `k (n o)`."""
        k = len(many)
        x = np.tile(self.x[rows], (k, 1))
        found = self.run(np.repeat(many, len(rows), axis=0), x) / self.spread
        apart = found.reshape(k, len(rows), -1) - self.y[rows]
        return apart.reshape(k, -1)

    def strength(self, w: np.ndarray, rows: np.ndarray) -> float | None:
        """Choose the ridge by cross-validation; None where the start is better."""
        errors = np.zeros(len(STRENGTHS))
        unchanged = 0.0
        for k in range(FOLDS):
            held = rows[k::FOLDS]
            others = np.setdiff1d(rows, held)
            unchanged += float(np.sum(self.residuals(w, held) ** 2))
            for j, strength in enumerate(STRENGTHS):
                found = self.fitted(w, others, strength)
                errors[j] += float(np.sum(self.residuals(found, held) ** 2))
        best = int(np.nanargmin(np.where(np.isfinite(errors), errors, np.inf)))
        return STRENGTHS[best] if errors[best] < unchanged else None

    def fitted(
        self, start: np.ndarray, rows: np.ndarray, strength: float
    ) -> np.ndarray:
        """Fit by Levenberg-Marquardt: mean square and ridge towards the start."""
        w = start
        damping = DAMPING
        r = self.residuals(w, rows)
        loss = self._loss(w, start, r, strength)
        for _ in range(STEPS):
            step = DIFFERENCE * (1.0 + np.abs(w))
            moved = self._of(w + np.diag(step), rows)
            j = (moved - r) / step[:, None]  # `w n`
            a = j @ j.T / r.size + strength * np.eye(len(w)) / len(w)
            b = j @ r / r.size + strength * (w - start) / len(w)
            if not (np.isfinite(a).all() and np.isfinite(b).all()):
                return w
            for _ in range(4):
                eye = damping * np.trace(a) / len(w) * np.eye(len(w))
                new = w - np.linalg.solve(a + eye, b)
                r_new = self.residuals(new, rows)
                loss_new = self._loss(new, start, r_new, strength)
                if loss_new < loss:
                    w = new
                    r = r_new
                    loss = loss_new
                    damping = max(damping / 4, _LEAST_DAMPING)
                    break
                damping *= 4
            else:
                return w
        return w

    def _loss(
        self, w: np.ndarray, start: np.ndarray, r: np.ndarray, strength: float
    ) -> float:
        ridge = strength * float(np.mean((w - start) ** 2))
        loss = float(np.mean(r**2)) + ridge
        return loss if np.isfinite(loss) else np.inf
