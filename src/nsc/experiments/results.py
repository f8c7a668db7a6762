"""What runs on disk say: improvements by program, by size and over all.

In: a folder that `bench` wrote. Out: `Result`s, and rows of plain values. Runs that are
not done yet count with the programs that they have. Non-goals: drawing (pages.py).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nsc.errors import StoreError
from nsc.experiments.bench import TARGET
from nsc.experiments.job import Measured
from nsc.experiments.starts import RANDOM, STARTS
from nsc.experiments.statistics import (
    Bootstrap,
    Interval,
    Values,
    gains,
    values_of,
)
from nsc.experiments.store import Head, read_run
from nsc.experiments.suites import SUITES
from nsc.experiments.table import EXPERIMENTS, Experiment
from nsc.host import read_json

ALL = "all"
Described = dict[str, Any]


@dataclass(frozen=True)
class Fallbacks:
    """How many programs a start was something else for.

    Args:
        counts: programs by what it was instead.
        known: programs that were looked at; earlier versions did not.
    """

    counts: Mapping[str, int]
    known: int

    @property
    def total(self) -> int:
        """All programs whose start was something else."""
        return sum(self.counts.values())


@dataclass(frozen=True, eq=False)
class Result:
    """One experiment on one suite with one optimizer.

    Args:
        experiment: its row.
        suite: the programs, as `Suite.described` has them.
        head: of the random run, which says how it was done.
        runs: values by initialisation, random among them.
        capped: trials that met the cap, and all, by initialisation.
        fallbacks: programs whose start is not what it is called.
        kept: parameters that figures need, by (initialisation, program, size).
    """

    experiment: Experiment
    suite: Described
    head: Head
    runs: Mapping[str, Values]
    capped: Mapping[str, tuple[int, int]]
    fallbacks: Mapping[str, Fallbacks]
    kept: Mapping[tuple[str, str, float], list[float]]
    _sureness: dict[str, Bootstrap] = field(default_factory=dict)

    @property
    def optimizer(self) -> str:
        return self.head["protocol"]["optimizer"]

    @property
    def floor(self) -> float:
        """Values below count as this."""
        return self.experiment.floors[self.optimizer]

    @property
    def sizes(self) -> tuple[float, ...]:
        return self.runs[RANDOM].sizes

    @property
    def programs(self) -> list[Described]:
        """What is known of each program, in the order of the values' axis."""
        return self.suite["programs"]

    @property
    def others(self) -> list[str]:
        """The initialisations that are compared with random, in the table's order."""
        return [n for n in STARTS if n in self.runs and n != RANDOM]

    def gains(self, initial: str) -> np.ndarray:
        """Return improvements, `program size`; NaN where a trial is missing."""
        return gains(*self._pair(initial), self.floor)

    def _pair(self, initial: str) -> tuple[Values, Values]:
        """Return values whose ratio is the improvement."""
        pair = self.runs[RANDOM], self.runs[initial]
        return (pair[1], pair[0]) if self.experiment.is_score else pair

    def sureness(self, initial: str) -> Bootstrap:
        """Return improvements with their intervals, computed once."""
        if initial not in self._sureness:
            self._sureness[initial] = Bootstrap(
                *self._pair(initial), self.floor
            )
        return self._sureness[initial]


def read_results(folder: Path) -> list[Result]:
    """Read all that a folder holds, experiments and suites in their tables' order.

    Raises:
        StoreError: no results there, or files that do not belong together.
    """
    found = []
    for experiment in EXPERIMENTS.values():
        for suite in SUITES:
            place = folder / experiment.name / suite
            for optimizer in sorted(place.glob("*")):
                result = _result(folder, experiment, suite, optimizer)
                found += [] if result is None else [result]
    if not found:
        raise StoreError(
            f"{folder} holds no results; make some with: nsc bench all -o {folder}"
        )
    return found


def _result(
    folder: Path, experiment: Experiment, suite: str, runs: Path
) -> Result | None:
    """Read one experiment's runs; None where there is no random one yet."""
    described = read_json(folder / f"{suite}.json")
    _expect_described(folder / f"{suite}.json", described)
    names = [program["name"] for program in described["programs"]]
    heads: dict[str, Head] = {}
    values: dict[str, Values] = {}
    every: dict[str, list[Measured]] = {}
    for path in sorted(runs.glob("*.jsonl")):
        head, measured = read_run(path)
        initial = str(head.get("run"))
        if initial == TARGET or not measured:
            continue
        if (
            initial not in STARTS
            or head.get("programs") != described["digest"]
        ):
            raise StoreError(
                f"{path} is no run on the programs of {folder / suite}.json: remove it"
            )
        heads[initial] = head
        values[initial] = values_of(measured, names)
        every[initial] = measured
    if RANDOM not in values:
        return None
    head = heads[RANDOM]
    _expect_alike(runs, heads)
    whole = {
        name: v
        for name, v in values.items()
        if v.sizes == values[RANDOM].sizes
    }
    return Result(
        experiment,
        described,
        head,
        whole,
        capped={name: _capped(found) for name, found in every.items()},
        fallbacks={name: _fallbacks(found) for name, found in every.items()},
        kept=_kept(every),
    )


def _expect_described(path: Path, described: Described) -> None:
    wanted = {"suite", "source", "digest", "counts", "programs"}
    if not wanted <= described.keys():
        raise StoreError(
            f"{path} does not describe programs: it was not written by nsc bench"
        )


def _expect_alike(runs: Path, heads: Mapping[str, Head]) -> None:
    """Refuse runs of different protocols or code: their ratio would say nothing."""
    first = heads[RANDOM]
    for name, head in heads.items():
        for key in ("protocol", "versions", "code"):
            if head.get(key) != first.get(key):
                raise StoreError(
                    f"{runs / name}.jsonl was made with another {key} than"
                    f" {RANDOM}.jsonl: remove one, and run nsc bench again"
                )


def _capped(measured: Sequence[Measured]) -> tuple[int, int]:
    return sum(not m.is_complete for m in measured), len(measured)


def _fallbacks(measured: Sequence[Measured]) -> Fallbacks:
    """Count programs, each by what its start was."""
    found: dict[str, str] = {}
    for m in measured:
        if m.fallback is not None:
            found[m.program] = found.get(m.program) or m.fallback
    counts = Counter(why for why in found.values() if why)
    return Fallbacks(dict(sorted(counts.items())), len(found))


def _kept(
    every: Mapping[str, Sequence[Measured]],
) -> dict[tuple[str, str, float], list[float]]:
    return {
        (name, m.program, m.size): m.w
        for name, found in every.items()
        for m in found
        if m.w is not None
    }


def rows(results: Iterable[Result]) -> Iterator[dict[str, Any]]:
    """Yield improvements as plain values: over all, by size, by program."""
    for result in results:
        for initial in result.others:
            found = result.sureness(initial)
            yield _row(result, ALL, ALL, initial, found.over_programs())
            for k, size in enumerate(result.sizes):
                interval = found.over_programs(k)
                yield _row(result, ALL, size, initial, interval)
            for k in found.kept.tolist():
                name = result.programs[k]["name"]
                interval = found.of_program(k)
                yield _row(result, name, ALL, initial, interval)


def _row(
    result: Result,
    program: str,
    size: float | str,
    initial: str,
    interval: Interval,
) -> dict[str, Any]:
    return {
        "experiment": result.experiment.name,
        "suite": result.suite["suite"],
        "optimizer": result.optimizer,
        "program": program,
        "size": size,
        "initial": initial,
        "improvement": finite(interval.improvement),
        "low": finite(interval.low),
        "high": finite(interval.high),
        "capped": result.capped[initial][0],
        "fallbacks": result.fallbacks[initial].total,
        "fallbacks_known": result.fallbacks[initial].known,
    }


def finite(value: float) -> float | None:
    """Return a number that JSON can hold; None for NaN and infinity."""
    return value if math.isfinite(value) else None
