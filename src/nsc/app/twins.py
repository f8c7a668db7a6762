"""The coarse twin of a dear program, as a teacher of its surrogate.

In: Program, its oracle, runs of it. Out: starts that know the twin's values, and
`report.Twin`. Non-goals: finding twins (nsc.twins), training (compilation).

A twin is never truth: verification runs the program.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

import numpy as np

from nsc.app.options import CompileOptions
from nsc.app.running import Running
from nsc.compilation import Examples, Progress, Start
from nsc.finetune import Predictions
from nsc.oracle import RunsEnded
from nsc.program import Program, draw_inputs, normalised
from nsc.report import Twin
from nsc.sandbox import Built, RunLimits, fuel_of
from nsc.twins import (
    Search,
    Taught,
    find_twin,
    most_cost_of_search,
    recalled,
    taught_by,
)

# wasm instructions; a call of 1e5 takes some 30 us
DEAR = 1e5  # a call from which on a twin is looked for
# for a budget of few runs, which errors are worth a search of seconds for
FEW = 128
COSTLY = 1e10  # for all runs of a larger budget
FREE = 5e9  # what runs of a twin may cost in any case
MOST_FUEL = 1 << 40  # of a call
RUNS = 1024  # of a twin
FEWEST_RUNS = 256
DEAREST_CALL = 10.0  # calls of the program that one of a twin may cost
ENDED = "its runs were ended from the keyboard"
SEARCHED = 1  # number of the way to search: another one may find others
FACT = "twin"  # what a ledger calls the search's answer
STREAM = 3  # of random numbers; see compilation/oracle.py
_PRICED = 2  # inputs

Array = np.ndarray


class TwinTeacher:
    """Looks for a twin once, and teaches in every round.

    Args:
        running: runs the program; one that is no C in the sandbox has no twin.

    Attributes:
        found: what came of it; None where no twin was looked for.
    """

    def __init__(
        self,
        program: Program,
        options: CompileOptions,
        running: Running,
        progress: Progress,
    ):
        self.program = program
        self.options = options
        self.running = running
        self.built: Built | None = None
        if running.sandboxed is not None and _may_teach(running, options):
            self.built = running.sandboxed.built
        self.progress = progress
        self.found: Twin | None = None
        self._search: Search | None = None

    def __call__(
        self, starts: tuple[Start, ...], examples: Examples
    ) -> tuple[Start, ...]:
        """Add a twin's values to starts, where the program is dear and has one."""
        search = self._searched(examples)
        if search is None:
            return starts
        taught = self._taught(search, examples)
        assert self._search is not None, "it is there once it was searched"
        search = self._search
        self.found = _described(search, taught, len(examples.x))
        if taught is None or search.twin is None:
            return starts
        values = Predictions(
            normalised(self.program, taught.x),
            taught.y,
            source=f"twin ({search.twin.said})",
            price=search.twin.price,
        )
        return tuple(_with_values(starts, values, taught.nmse))

    def used(self, winners: Sequence[str]) -> Twin | None:
        """Return what came of it, told which starts won."""
        if self.found is None:
            return None
        is_used = any(winner.startswith("twin (") for winner in winners)
        return replace(self.found, is_used=is_used)

    def _searched(self, examples: Examples) -> Search | None:
        """Look for a twin the first time that it is worth it."""
        x, y = examples
        if self._search is not None or self.built is None or not len(x):
            return self._search
        limits = RunLimits(fuel_per_sample=MOST_FUEL)
        price = fuel_of(self.built, x[:_PRICED], limits)
        if price is None or not is_worth_it(price, len(x)):
            return None
        self.progress("looking for a coarser program that agrees", 0.0)
        cheapest = _allowed(price, len(x)) / FEWEST_RUNS
        asked = _asked(x, y, cheapest)
        kept = self.running.facts.get(FACT, {})
        if kept.get("asked") == asked:
            self._search = recalled(self.program, kept["found"])
        if self._search is None:
            self._search = find_twin(
                self.program,
                x,
                y,
                fuel=MOST_FUEL,
                cheapest=cheapest,
                workers=self.running.workers,
            )
            found = self._search.as_json()
            self.running.note(**{FACT: {"asked": asked, "found": found}})
        return self._search

    def _taught(self, search: Search, examples: Examples) -> Taught | None:
        """Run the twin, as often as that costs no more than what is allowed."""
        twin = search.twin
        if twin is None:
            return None
        affordable = _allowed(search.price, len(examples.x)) / twin.price
        n = int(np.clip(affordable, FEWEST_RUNS, RUNS))
        self.progress(f"running the coarser program on {n} inputs", 0.0)
        generator = np.random.default_rng([self.options.seed, STREAM])
        fuel = int(DEAREST_CALL * search.price) + 10_000
        beside = self.running.beside(twin.built, twin.said, twin.values, fuel)
        with closing(beside) as runner:
            runner.seconds = self.running.cost.seconds * twin.price
            try:
                return taught_by(
                    (examples.x, examples.y),
                    draw_inputs(self.program, n, generator=generator),
                    execute=runner.outcomes,
                    standard=partial(normalised, self.program),
                )
            except RunsEnded:
                # the surrogate is learned from the program's own runs, then
                self._search = replace(search, twin=None, why=ENDED)
                return None


def _may_teach(running: Running, options: CompileOptions) -> bool:
    """Say whether twins are wanted, and can be had of such a program."""
    reads_text = options.initialiser.race.enters_all
    return options.twins and reads_text and running.sandboxed is not None


def most_cost_of_twins(running: Running, options: CompileOptions) -> float:
    """Return what twins may cost at most, in runs of the program."""
    price = running.cost.fuel
    n = options.budget
    if not _may_teach(running, options) or not is_worth_it(price, n):
        return 0.0
    return most_cost_of_search(price, n) + _allowed(price, n)


def is_worth_it(price: float, n: int) -> bool:
    """Say whether to look for a twin of a program of this price, for `n` runs of it."""
    return price >= DEAR and (n <= FEW or price * n >= COSTLY)


def _asked(x: Array, y: Array, cheapest: float) -> str:
    """Name what a search was asked: only the same has the same answer."""
    said = hashlib.sha256(repr((SEARCHED, x.shape, cheapest)).encode())
    said.update(np.ascontiguousarray(x).tobytes())
    said.update(np.ascontiguousarray(y).tobytes())
    return said.hexdigest()


def _allowed(price: float, n: int) -> float:
    """Return what runs of a twin may cost, in runs of the program."""
    return max(float(n), FREE / price)


def _with_values(
    starts: Sequence[Start], values: Predictions, nmse: Array
) -> list[Start]:
    """Give each member the values of its own outputs."""
    found: list[Start] = []
    first = 0
    for start in starts:
        end = first + start.topology.n_outputs
        own = replace(
            values, y=values.y[:, first:end], nmse=float(nmse[first:end].max())
        )
        found.append(replace(start, taught=own))
        first = end
    return found


def _described(search: Search, taught: Taught | None, n: int) -> Twin:
    """Say what was reduced, what it is worth, and what it cost."""
    twin = search.twin
    if twin is None or taught is None:
        why = search.why or "the twin that was chosen fails on some inputs"
        return Twin(why_none=why, tried=search.tried, cost=search.spent)
    return Twin(
        reduced=twin.said,
        price=twin.price,
        nmse=tuple(taught.nmse.tolist()),
        corrections=taught.corrections,
        dear_runs=n,
        cheap_runs=taught.runs,
        cost=search.spent + taught.runs * twin.price,
        tried=search.tried,
    )
