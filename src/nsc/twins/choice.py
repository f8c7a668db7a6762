"""Which of the coarser programs is taken.

In: coarser programs with price and error. Out: one, or why there is none. Non-goals:
making them (search.py).

The rule: among those that cost at most an eighth, the error that is least counts, and of
all within twice of it (or below 1e-6) the cheapest is taken. A quarter is allowed where
an eighth gives none, or only errors above 1e-3 and a quarter a tenth of them. One that
differs elsewhere, on fresh inputs, from the best of those that cost more was lucky:
that is its error then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nsc.program import Program, draw_inputs
from nsc.sandbox import Built, RunLimits, build, filled_builds, run, unsettled
from nsc.twins.correction import disagreement
from nsc.twins.twin import Cost, Key, Twin

# prices to choose from; the second where the first has none
CHEAP = (0.125, 0.25)
AGREES = 0.1  # error over variance above which a twin disagrees
AS_GOOD = 1e-6  # below it no twin is better than another
NEARLY = 2.0  # times the least error is as good
CHECKED = 8  # that are run with checks, at most
LOOKED_AT = 16  # to choose from, at most
FRESH = 48  # inputs on which a twin is compared with a better one
LUCK = 10.0  # times the error on runs of the program; above it they were lucky
POOR = 1e-3  # error above which a dearer twin may be taken
MUCH_BETTER = 0.1  # if its error is this much less
FEWEST_COMPARED = 3  # runs that show whether a twin agrees


class Choice:
    """Chooses a twin of a program, running what it must.

    Args:
        x: inputs of the program's runs, `n i`.
        tried: coarser programs that were built.
    """

    def __init__(
        self, program: Program, x: np.ndarray, cost: Cost, tried: int
    ):
        self.program = program
        self.x = x
        self.cost = cost
        self.tried = tried
        self.fresh: dict[Key, np.ndarray] = {}

    def chosen(
        self, found: Sequence[Twin], cheapest: float
    ) -> tuple[Twin | None, str]:
        """Choose by the rule, of those whose results C defines.

        Args:
            found: coarser programs.
            cheapest: what a twin may cost at most, over the program's price.

        Returns:
            The twin, or None and why there is none.
        """
        agreeing = [t for t in found if t.error <= AGREES]
        checked = 0
        for _ in range(LOOKED_AT):
            twin = _best(agreeing, cheapest)
            if twin is None or checked == CHECKED:
                break
            agreeing.remove(twin)
            error = self._error_elsewhere(twin, found)
            if error > LUCK * max(twin.error, AS_GOOD):
                agreeing.append(replace(twin, error=error))
                agreeing = [t for t in agreeing if t.error <= AGREES]
                continue
            checked += 1
            if self._is_defined(twin):
                return twin, ""
        if checked:
            why = (
                "the coarser programs that agree index beyond their arrays, or read"
                " what they have not written"
            )
            return None, why
        return None, self._why(found, cheapest)

    def _error_elsewhere(self, twin: Twin, found: Sequence[Twin]) -> float:
        """Compare a twin with the best one that costs more, on fresh inputs.

        Few runs may have missed where it errs. It is 0 where there is no better one, or
        nothing more may be run.
        """
        better = [
            t for t in found if t.error < twin.error and t.price > twin.price
        ]
        if not better or self.cost.is_all_spent:
            return 0.0
        best = min(better, key=lambda t: (t.error, t.price))
        ours = self._on_fresh_inputs(twin)
        theirs = self._on_fresh_inputs(best)
        known = np.asarray(np.isfinite(theirs).all(axis=1))
        if known.sum() < FEWEST_COMPARED:
            return 0.0
        return disagreement(ours[known], theirs[known])

    def _on_fresh_inputs(self, twin: Twin) -> np.ndarray:
        """Run a twin on inputs that the program did not run on, once."""
        if twin.values not in self.fresh:
            generator = np.random.default_rng(FRESH)
            program = self.program
            x = draw_inputs(program, FRESH, generator=generator)
            limits = RunLimits(
                fuel_per_sample=2 * int(self.cost.price) + 10_000
            )
            self.fresh[twin.values] = run(twin.built, x, limits).outputs
            self.cost.spent += FRESH * twin.price
        return self.fresh[twin.values]

    def _is_defined(self, twin: Twin) -> bool:
        """Run a twin with checks: beyond an array's end it would read anything.

        So it would in cells that shorter loops no longer write.
        """
        unit = twin.program.unit
        bounded = build([unit], checks=("bounds",))[0]
        if not isinstance(bounded, Built):
            return False
        fuel = 2 * int(self.cost.price) + 10_000
        limits = RunLimits(fuel_per_sample=fuel, failures=1)
        filled = filled_builds(unit, twin.built)
        self.cost.spent += (2 + len(filled)) * len(self.x) * twin.price
        if run(bounded, self.x, limits).failed:
            return False
        done = run(twin.built, self.x, limits)
        return unsettled(twin.built, filled, self.x, done, limits) is None

    def _why(self, found: Sequence[Twin], cheapest: float) -> str:
        """Say why there is no twin."""
        limit = min(CHEAP[-1], cheapest)
        cheap = [t for t in found if t.price <= limit]
        if not cheap:
            return (
                f"none of {self.tried} coarser programs costs at most"
                f" {limit:.2g} of it"
            )
        best = min(cheap, key=lambda t: (t.error, t.price))
        return (
            f"none of {self.tried} coarser programs agrees with it; the best"
            f" ({best.said}) has nmse {best.error:.2g}"
        )


def _best(twins: Sequence[Twin], cheapest: float) -> Twin | None:
    """Choose by the rule (see above)."""
    tiers = [
        [t for t in twins if t.price <= min(most, cheapest)] for most in CHEAP
    ]
    able = tiers[0]
    least = min((t.error for t in able), default=np.inf)
    least_of_all = min((t.error for t in tiers[1]), default=np.inf)
    if least > POOR and least_of_all < MUCH_BETTER * least:
        able = tiers[1]
        least = least_of_all
    if not able:
        return None
    limit = max(NEARLY * least, AS_GOOD)
    return min(
        (t for t in able if t.error <= limit), key=lambda t: (t.price, t.error)
    )
