"""Which coarser program is a cheap relative of a dear one.

In: Program, runs of it. Out: `Search`: the twin that was chosen, or why there is none.
Non-goals: what its outputs are used for (teacher.py).

Numbers that reach loops are reduced, first by themselves, then together with others. A
coarser program is built and priced on one or two inputs, and what costs at most half (a
quarter of a very dear one) is run on runs of the program that exist. The rule of
choice: among those that cost at most an eighth, the error that is least counts, and of
all within twice of it (or below 1e-6) the cheapest is taken. A quarter is allowed where
an eighth gives none, or only errors above 1e-3 and a quarter a tenth of them. One that
differs elsewhere, on fresh inputs, from the best of those that cost more was lucky:
that is its error then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from nsc.program import Program, draw_inputs
from nsc.sandbox import (
    Built,
    RunLimits,
    build,
    filled_builds,
    fuel_of,
    run,
    unsettled,
)
from nsc.twins.correction import disagreement
from nsc.twins.literals import Literals, literals_of
from nsc.twins.reductions import (
    FACTORS,
    Reduction,
    Values,
    reductions_of,
    said_of,
)

FEWEST_COMPARED = 3
CHEAP = (
    0.125,
    0.25,
)  # prices to choose from; the second where the first has none
AGREES = 0.1  # error over variance above which a twin disagrees
AS_GOOD = 1e-6  # below it no twin is better than another
NEARLY = 2.0  # times the least error is as good
FIRST = 128  # coarser programs that are tried first
MORE = 64  # and then in each round of combinations
ROUNDS = 2
KEPT = 48  # of all so far, to combine
CHECKED = 8  # that are run with checks, at most
LOOKED_AT = 16  # to choose from, at most
CLIPPED = 0.3  # error of what disagrees, as its combinations are ordered
FRESH = 48  # inputs on which a twin is compared with a better one
LUCK = 10.0  # times the error on runs of the program; above it they were lucky
POOR = 1e-3  # error above which a dearer twin may be taken
MUCH_BETTER = 0.1  # if its error is this much less
# instructions that a search may run whatever the program costs, about a second's
FREE_FUEL = 2e9
SHARE = 0.75  # of the program's runs, what a search may cost more than that
SINGLES = 0.6  # of all that, for numbers by themselves
PROBED = (
    16  # the factor that tells whether a number matters, where runs are dear
)


@dataclass(frozen=True)
class Effort:
    """How much is run of a coarser program.

    Args:
        priced: inputs that tell a price.
        dearest: share of the program's price; what costs more is not compared.
        compared: runs of the program that a twin is compared on, at most.
        probes: whether numbers that save nothing at one factor are left alone.
    """

    priced: int
    dearest: float
    compared: int
    probes: bool


THOROUGH = Effort(2, 0.5, 16, probes=False)
FRUGAL = Effort(1, 0.25, 8, probes=True)
DEAR = 3e7  # instructions of a call from which on frugality is called for


@dataclass(frozen=True)
class Twin:
    """A coarser program.

    Args:
        said: what was reduced: "N 200 -> 20".
        price: of a call, over the program's.
        error: over the variance of the program's outputs.
    """

    values: tuple[tuple[int, float], ...]
    said: str
    program: Program
    built: Built
    price: float
    error: float = np.inf


@dataclass(frozen=True)
class Search:
    """What a search for twins found.

    Args:
        twin: the one that was chosen; None where there is none, and `why` says why.
        price: instructions of a call of the program.
        tried: coarser programs that were built.
        spent: what running them cost, in runs of the program.
    """

    twin: Twin | None
    why: str
    price: float
    tried: int
    spent: float


def find_twin(
    program: Program,
    x: np.ndarray,
    y: np.ndarray,
    *,
    fuel: int,
    cheapest: float = 1.0,
) -> Search:
    """Look for a twin of a program.

    Args:
        x, y: runs of the program, `n i` and `n o`, in its units.
        fuel: instructions that a call of the program may take.
        cheapest: what a twin may cost at most, over the program's price.
    """
    if len(x) < FEWEST_COMPARED:
        why = f"{len(x)} runs of the program are too few to compare twins on"
        return Search(None, why, 0.0, 0, 0.0)
    literals = literals_of(program)
    reductions = [] if literals is None else reductions_of(literals)
    if literals is None or not reductions:
        why = "no number in its text decides how long its loops run"
        return Search(None, why, 0.0, 0, 0.0)
    search = _Search(literals, x, y, fuel)
    return search.run(reductions, cheapest)


class _Search:
    """Coarser programs so far, and what they cost."""

    def __init__(
        self, literals: Literals, x: np.ndarray, y: np.ndarray, fuel: int
    ):
        self.literals = literals
        self.x = x
        self.y = y
        self.effort = THOROUGH
        self.allowed = 0.0
        self.fuel = fuel
        self.price = 0.0
        self.tried = 0
        self.spent = 0.0
        self.seen: set[tuple[tuple[int, float], ...]] = set()
        self.found: list[Twin] = []
        self.fresh: dict[tuple[tuple[int, float], ...], np.ndarray] = {}

    def run(self, reductions: Sequence[Reduction], cheapest: float) -> Search:
        built = build([self.literals.program.unit])[0]
        if isinstance(built, Built):
            limits = RunLimits(fuel_per_sample=self.fuel)
            priced = self.x[: THOROUGH.priced]
            self.price = fuel_of(built, priced, limits) or 0.0
        if not self.price:
            return self._result(None, "the program does not end here")
        allowed = SHARE * len(self.x) + FREE_FUEL / self.price
        if self.price >= DEAR:
            self.effort = FRUGAL
        self.x = self.x[: self.effort.compared]
        self.y = self.y[: self.effort.compared]
        self.allowed = SINGLES * allowed
        singles = self._singles(reductions)
        self.allowed = allowed
        for _ in range(ROUNDS):
            if self._is_settled(cheapest):
                break
            self._tried(self._combined(singles), MORE)
        return self._chosen(cheapest)

    def _result(self, twin: Twin | None, why: str) -> Search:
        return Search(twin, why, self.price, self.tried, self.spent)

    def _singles(self, reductions: Sequence[Reduction]) -> list[Twin]:
        """Try numbers by themselves."""
        if not self.effort.probes:
            return self._tried(_alone(reductions, self.literals), FIRST)
        probes = {
            key_of(values): reduction
            for reduction in reductions
            if (values := _probe(reduction, self.literals)) is not None
        }
        found = self._tried([dict(key) for key in probes], FIRST)
        matter = [probes[twin.values] for twin in found]
        found += self._tried(_alone(matter, self.literals), FIRST)
        return found

    def _tried(self, wanted: Sequence[Values], most: int) -> list[Twin]:
        """Build coarser programs, price them, and compare those that are cheap."""
        fresh: list[tuple[tuple[tuple[int, float], ...], Program]] = []
        for values in wanted:
            key = key_of(values)
            if key in self.seen or len(fresh) == most:
                continue
            self.seen.add(key)
            coarser = self.literals.changed(values)
            if coarser is not None and _keeps_types(
                self.literals.program, coarser
            ):
                fresh.append((key, coarser))
        made = build([program.unit for _, program in fresh])
        twins = [
            self._priced(key, program, built)
            for (key, program), built in zip(fresh, made, strict=True)
            if isinstance(built, Built) and not self._has_spent_all()
        ]
        cheap = sorted(
            (twin for twin in twins if twin is not None),
            key=lambda twin: twin.price,
        )
        compared = [self._compared(twin) for twin in cheap]
        self.found += compared
        return compared

    def _priced(
        self,
        key: tuple[tuple[int, float], ...],
        program: Program,
        built: Built,
    ) -> Twin | None:
        """Price a coarser program; None where it costs too much."""
        limits = RunLimits(
            fuel_per_sample=int(self.effort.dearest * self.price)
        )
        x = self.x[: self.effort.priced]
        price = fuel_of(built, x, limits)
        share = self.effort.dearest if price is None else price / self.price
        self.spent += len(x) * share
        self.tried += 1
        if price is None:
            return None
        said = said_of(self.literals.all, dict(key))
        return Twin(key, said, program, built, share)

    def _compared(self, twin: Twin) -> Twin:
        """Compare a coarser program with the runs of the program."""
        if self._has_spent_all():
            return twin
        limits = RunLimits(fuel_per_sample=int(self.price) + 10_000)
        done = run(twin.built, self.x, replace(limits, failures=1))
        self.spent += len(self.x) * twin.price
        if done.failed:
            return twin
        return replace(twin, error=disagreement(done.outputs, self.y))

    def _has_spent_all(self) -> bool:
        """Say whether the search may run nothing more."""
        return self.spent >= self.allowed

    def _combined(self, singles: Sequence[Twin]) -> list[Values]:
        """Join what was found with single reductions of other numbers."""
        best = sorted(self.found, key=lambda t: (_expected(t), t.price))
        pairs: list[tuple[float, float, Values]] = []
        for one, other in product(best[:KEPT], singles):
            changed = {k for k, _ in one.values} & {k for k, _ in other.values}
            price = one.price * other.price
            if changed or price > self.effort.dearest:
                continue
            error = _expected(one) + _expected(other)
            pairs.append((error, price, dict((*one.values, *other.values))))
        pairs.sort(key=lambda pair: pair[:2])
        return [values for _, _, values in pairs]

    def _is_settled(self, cheapest: float) -> bool:
        """Say whether a twin is as good and as cheap as one needs to be."""
        limit = min(CHEAP[0] ** 2, cheapest)
        return any(t.error <= AS_GOOD and t.price <= limit for t in self.found)

    def _chosen(self, cheapest: float) -> Search:
        """Choose by the rule, of those whose results C defines."""
        agreeing = [t for t in self.found if t.error <= AGREES]
        checked = 0
        for _ in range(LOOKED_AT):
            twin = _best(agreeing, cheapest)
            if twin is None or checked == CHECKED:
                break
            agreeing.remove(twin)
            error = self._error_elsewhere(twin)
            if error > LUCK * max(twin.error, AS_GOOD):
                agreeing.append(replace(twin, error=error))
                agreeing = [t for t in agreeing if t.error <= AGREES]
                continue
            checked += 1
            if self._is_defined(twin):
                return self._result(twin, "")
        if checked:
            why = (
                "the coarser programs that agree index beyond their arrays, or read"
                " what they have not written"
            )
            return self._result(None, why)
        return self._result(None, self._why(cheapest))

    def _error_elsewhere(self, twin: Twin) -> float:
        """Compare a twin with the best one that costs more, on fresh inputs.

        Few runs may have missed where it errs. It is 0 where there is no better one, or
        nothing more may be run.
        """
        better = [
            t
            for t in self.found
            if t.error < twin.error and t.price > twin.price
        ]
        if not better or self._has_spent_all():
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
            program = self.literals.program
            x = draw_inputs(program, FRESH, generator=generator)
            limits = RunLimits(fuel_per_sample=2 * int(self.price) + 10_000)
            self.fresh[twin.values] = run(twin.built, x, limits).outputs
            self.spent += FRESH * twin.price
        return self.fresh[twin.values]

    def _why(self, cheapest: float) -> str:
        """Say why there is no twin."""
        limit = min(CHEAP[-1], cheapest)
        cheap = [t for t in self.found if t.price <= limit]
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

    def _is_defined(self, twin: Twin) -> bool:
        """Run a twin with checks: beyond an array's end it would read anything.

        So it would in cells that shorter loops no longer write.
        """
        unit = twin.program.unit
        bounded = build([unit], checks=("bounds",))[0]
        if not isinstance(bounded, Built):
            return False
        fuel = 2 * int(self.price) + 10_000
        limits = RunLimits(fuel_per_sample=fuel, failures=1)
        filled = filled_builds(unit, twin.built)
        self.spent += (2 + len(filled)) * len(self.x) * twin.price
        if run(bounded, self.x, limits).failed:
            return False
        done = run(twin.built, self.x, limits)
        return unsettled(twin.built, filled, self.x, done, limits) is None


def key_of(values: Values) -> tuple[tuple[int, float], ...]:
    """Return what numbers change to, to look it up by."""
    return tuple(sorted(values.items()))


def _probe(reduction: Reduction, literals: Literals) -> Values | None:
    """Return what a reduction makes of numbers at the factor that tells most."""
    for factor in sorted(FACTORS, reverse=True):
        values = reduction.values(literals.all, factor)
        if factor <= PROBED and values is not None:
            return values
    return None


def _alone(
    reductions: Sequence[Reduction], literals: Literals
) -> list[Values]:
    """List what reductions make of numbers: first all by 16, then by 8, by 32..."""
    order = sorted(FACTORS, key=lambda f: abs(f.bit_length() - 5))
    found = [
        reduction.values(literals.all, factor)
        for factor in order
        for reduction in reductions
    ]
    return [values for values in found if values is not None]


def _keeps_types(program: Program, coarser: Program) -> bool:
    """Say whether nothing but functions and variables differs.

    A type with other extents is not what the entry hands over.
    """
    return all(
        ours == theirs or not _declares_type(ours.text)
        for ours, theirs in zip(program.pieces, coarser.pieces, strict=True)
    )


def _declares_type(text: str) -> bool:
    first = text.split("(", 1)[0].split("=", 1)[0]
    words = first.replace("{", " { ").split()
    has_body = "{" in words and bool({"struct", "union"} & set(words))
    return has_body or "typedef" in words


def _expected(twin: Twin) -> float:
    return min(twin.error, CLIPPED)


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
