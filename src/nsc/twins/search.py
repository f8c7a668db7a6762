"""Which coarser program is a cheap relative of a dear one.

In: Program, runs of it. Out: `Search`: the twin that was chosen, or why there is none.
Non-goals: what its outputs are used for (teacher.py).

Numbers that reach loops are reduced, first by themselves, then together with others. A
coarser program is built and priced on one or two inputs, and what costs at most half (a
quarter of a very dear one) is run on runs of the program that exist. How one of them is
chosen says choice.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from nsc.program import Program
from nsc.sandbox import Built, RunLimits, build, fuel_of, run
from nsc.twins.choice import AS_GOOD, CHEAP, FEWEST_COMPARED, Choice
from nsc.twins.correction import disagreement
from nsc.twins.literals import Literals, literals_of
from nsc.twins.reductions import (
    FACTORS,
    Reduction,
    Values,
    reductions_of,
    said_of,
)
from nsc.twins.twin import Cost, Twin, key_of

FIRST = 128  # coarser programs that are tried first
MORE = 64  # and then in each round of combinations
ROUNDS = 2
KEPT = 48  # of all so far, to combine
CLIPPED = 0.3  # error of what disagrees, as its combinations are ordered
# instructions that a search may run whatever the program costs, about a second's
FREE_FUEL = 2e9
SHARE = 0.75  # of the program's runs, what a search may cost more than that
SINGLES = 0.6  # of all that, for numbers by themselves
# the factor that tells whether a number matters, where runs are dear
PROBED = 16


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
        self.cost = Cost()
        self.fuel = fuel
        self.tried = 0
        self.seen: set[tuple[tuple[int, float], ...]] = set()
        self.found: list[Twin] = []

    def run(self, reductions: Sequence[Reduction], cheapest: float) -> Search:
        built = build([self.literals.program.unit])[0]
        if isinstance(built, Built):
            limits = RunLimits(fuel_per_sample=self.fuel)
            priced = self.x[: THOROUGH.priced]
            self.cost.price = fuel_of(built, priced, limits) or 0.0
        if not self.cost.price:
            return self._result(None, "the program does not end here")
        allowed = SHARE * len(self.x) + FREE_FUEL / self.cost.price
        if self.cost.price >= DEAR:
            self.effort = FRUGAL
        self.x = self.x[: self.effort.compared]
        self.y = self.y[: self.effort.compared]
        self.cost.allowed = SINGLES * allowed
        singles = self._singles(reductions)
        self.cost.allowed = allowed
        for _ in range(ROUNDS):
            if self._is_settled(cheapest):
                break
            self._tried(self._combined(singles), MORE)
        choice = Choice(self.literals.program, self.x, self.cost, self.tried)
        twin, why = choice.chosen(self.found, cheapest)
        return self._result(twin, why)

    def _result(self, twin: Twin | None, why: str) -> Search:
        return Search(twin, why, self.cost.price, self.tried, self.cost.spent)

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
            if isinstance(built, Built) and not self.cost.is_all_spent
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
            fuel_per_sample=int(self.effort.dearest * self.cost.price)
        )
        x = self.x[: self.effort.priced]
        price = fuel_of(built, x, limits)
        share = (
            self.effort.dearest if price is None else price / self.cost.price
        )
        self.cost.spent += len(x) * share
        self.tried += 1
        if price is None:
            return None
        said = said_of(self.literals.all, dict(key))
        return Twin(key, said, program, built, share)

    def _compared(self, twin: Twin) -> Twin:
        """Compare a coarser program with the runs of the program."""
        if self.cost.is_all_spent:
            return twin
        limits = RunLimits(fuel_per_sample=int(self.cost.price) + 10_000)
        done = run(twin.built, self.x, replace(limits, failures=1))
        self.cost.spent += len(self.x) * twin.price
        if done.failed:
            return twin
        return replace(twin, error=disagreement(done.outputs, self.y))

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
