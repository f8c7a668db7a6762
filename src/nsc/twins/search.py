"""Which coarser program is a cheap relative of a dear one.

In: Program, runs of it. Out: `Search`: the twin that was chosen, or why there is none.
Non-goals: what its outputs are used for (teacher.py).

Numbers that reach loops are reduced, first by themselves, then together with others. A
coarser program is built and priced on one or two inputs, and what costs at most half (a
quarter of a very dear one) is run on runs of the program that exist. How one of them is
chosen says choice.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any, TypeVar

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

T = TypeVar("T")
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

    def as_json(self) -> dict[str, Any]:
        """Return plain values that `recalled` makes the search of again."""
        twin = self.twin
        return {
            "why": self.why,
            "price": self.price,
            "tried": self.tried,
            "spent": self.spent,
            "twin": twin
            and {
                "values": twin.values,
                "price": twin.price,
                "error": twin.error,
            },
        }


def recalled(program: Program, said: Mapping[str, Any]) -> Search | None:
    """Make a search's answer of what `Search.as_json` kept of it.

    Returns:
        None where its twin cannot be built any more.
    """
    found = Search(
        None, said["why"], said["price"], said["tried"], said["spent"]
    )
    kept = said["twin"]
    if kept is None:
        return found
    literals = literals_of(program)
    values = {int(k): float(v) for k, v in kept["values"]}
    coarser = literals and literals.changed(values)
    if literals is None or not coarser:
        return None
    built = build([coarser.unit])[0]
    if not isinstance(built, Built):
        return None
    described = said_of(literals.all, values)
    return replace(
        found,
        twin=Twin(
            key_of(values),
            described,
            coarser,
            built,
            kept["price"],
            kept["error"],
        ),
    )


def find_twin(
    program: Program,
    x: np.ndarray,
    y: np.ndarray,
    *,
    fuel: int,
    cheapest: float = 1.0,
    workers: int = 1,
) -> Search:
    """Look for a twin of a program.

    Args:
        x, y: runs of the program, `n i` and `n o`, in its units.
        fuel: instructions that a call of the program may take.
        cheapest: what a twin may cost at most, over the program's price.
        workers: threads that run coarser programs; what is found does not hang on it.
    """
    if len(x) < FEWEST_COMPARED:
        why = f"{len(x)} runs of the program are too few to compare twins on"
        return Search(None, why, 0.0, 0, 0.0)
    literals = literals_of(program)
    reductions = [] if literals is None else reductions_of(literals)
    if literals is None or not reductions:
        why = "no number in its text decides how long its loops run"
        return Search(None, why, 0.0, 0, 0.0)
    search = _Search(literals, x, y, fuel, workers)
    return search.run(reductions, cheapest)


def most_cost_of_search(price: float, n: int) -> float:
    """Return what a search may cost, in runs of the program.

    Args:
        price: instructions of a call of the program.
        n: runs of it that exist.
    """
    return SHARE * n + FREE_FUEL / price


class _Search:
    """Coarser programs so far, and what they cost."""

    def __init__(
        self,
        literals: Literals,
        x: np.ndarray,
        y: np.ndarray,
        fuel: int,
        workers: int,
    ):
        self.workers = workers
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
        allowed = most_cost_of_search(self.cost.price, len(self.x))
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
        able = [
            (key, program, built)
            for (key, program), built in zip(fresh, made, strict=True)
            if isinstance(built, Built)
        ]
        prices = self._each(self._price, [built for _, _, built in able])
        twins = [
            self._priced(key, program, built, price)
            for (key, program, built), price in zip(able, prices, strict=False)
        ]
        cheap = sorted(
            (twin for twin in twins if twin is not None),
            key=lambda twin: twin.price,
        )
        errors = self._each(self._error, cheap)
        compared = [
            self._judged(twin, error)
            for twin, error in zip(cheap, errors, strict=False)
        ]
        compared += cheap[len(compared) :]
        self.found += compared
        return compared

    def _each(
        self, measure: Callable[[T], float | None], items: Sequence[T]
    ) -> Iterator[float | None]:
        """Measure items in order, on threads, until all is spent that may be.

        What running costs is added by who takes the results, in order: so it is the
        same for any number of threads, which run a few items ahead in vain.
        """
        with ThreadPoolExecutor(self.workers) as threads:
            ahead: deque[Future[float | None]] = deque()
            rest = iter(items)
            for item in islice(rest, self.workers):
                ahead.append(threads.submit(measure, item))
            while ahead and not self.cost.is_all_spent:
                yield ahead.popleft().result()
                for item in islice(rest, 1):
                    ahead.append(threads.submit(measure, item))

    def _price(self, built: Built) -> float | None:
        """Count the instructions of a call; None where it costs too much."""
        limits = RunLimits(
            fuel_per_sample=int(self.effort.dearest * self.cost.price)
        )
        return fuel_of(built, self.x[: self.effort.priced], limits)

    def _priced(
        self,
        key: tuple[tuple[int, float], ...],
        program: Program,
        built: Built,
        price: float | None,
    ) -> Twin | None:
        """Return a coarser program of a price; None where it costs too much."""
        share = (
            self.effort.dearest if price is None else price / self.cost.price
        )
        self.cost.spent += self.effort.priced * share
        self.tried += 1
        if price is None:
            return None
        said = said_of(self.literals.all, dict(key))
        return Twin(key, said, program, built, share)

    def _error(self, twin: Twin) -> float:
        """Compare a coarser program with the runs of the program."""
        limits = RunLimits(int(self.cost.price) + 10_000, failures=1)
        done = run(twin.built, self.x, limits)
        return np.inf if done.failed else disagreement(done.outputs, self.y)

    def _judged(self, twin: Twin, error: float | None) -> Twin:
        self.cost.spent += len(self.x) * twin.price
        return twin if error is None else replace(twin, error=error)

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
