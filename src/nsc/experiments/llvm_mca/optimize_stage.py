"""Surrogate optimization: the latencies of llvm-mca 19, tuned to measured blocks.

In: measured blocks, a structured model. Out: rows: what each search found at how many
evaluations, judged on blocks that tuning never saw; and what the stock options are worth.
An evaluation is a simulation of all tuned blocks. Searches that ended are kept.
Non-goals: the searches (searches), the surrogate (latency_surrogate).

Source: "Programming with Neural Surrogates of Programs" (Onward! 2021), surrogate
optimization; A. Renda et al., "DiffTune" (MICRO 2020).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nsc.experiments.llvm_mca.latency_surrogate import LatencySurrogate
from nsc.experiments.llvm_mca.searches import (
    SEARCHES,
    Spent,
    Task,
    missing_package,
    problem_of,
)
from nsc.mca import (
    Latencies,
    Model,
    Simulation,
    Simulator,
    Tool,
    latencies_of,
    newest_mca,
    relative_error,
    simulated_cycles,
)
from nsc.optimization import Settings, expect_scipy, optimise

Row = dict[str, Any]
KEPT = "optimize.jsonl"
OURS = "through a surrogate"
TUNED = 300  # blocks
QUICK_TUNED = 100
BUDGETS = (22, 66, 200)
QUICK_BUDGET = 22
RUNS = {OURS: 66}  # where it takes fewer than others
SEEDS = 5
WEIGHT = 0.0005  # of a cycle away from a default, in the objective
LEAST_RANGE = 12  # of a latency
QUICK_OPTIONS = 10
OPTIONS = 60  # settings of stock options that are tried
_SPLIT = 5  # a seed of random numbers, and another
_STOCK = 6
# stock options and what they may be; 0 is the scheduling model's own
_RANGES = {
    "-dispatch": (0, 8),
    "-register-file-size": (0, 256),
    "-lqueue": (0, 128),
    "-squeue": (0, 96),
    "-micro-op-queue-size": (0, 64),
}
ITERATIONS = 100


@dataclass(frozen=True)
class Tuning:
    """Blocks to tune by and to judge by, in two simulators.

    Args:
        tuned, judged: latencies of the same groups over these blocks.
        measured: cycles an iteration of the tuned blocks, and of the judging ones.
        texts: of both.
    """

    tuned: Latencies
    judged: Latencies
    measured: tuple[np.ndarray, np.ndarray]
    texts: tuple[list[str], list[str]]

    def errors(self, latencies: np.ndarray) -> tuple[float, float]:
        """Return the mean relative error on the tuned and on the judging blocks."""
        found = [
            relative_error(side.cycles(latencies) / ITERATIONS, true)
            for side, true in zip(
                (self.tuned, self.judged), self.measured, strict=True
            )
        ]
        return found[0], found[1]


def optimize_stage(
    texts: Sequence[str],
    measured: np.ndarray,
    compiled: Model,
    folder: Path,
    *,
    quick: bool,
    say: Callable[[str], None],
) -> list[Row]:
    """Run the stage.

    Args:
        texts: measured blocks in AT&T syntax.
        measured: cycles an iteration of each.
        compiled: a structured model, of whatever llvm-mca.
        folder: where searches that ended are kept.
        quick: fewer blocks, seeds and evaluations.
        say: told what goes on.

    Raises:
        HostError: LLVM 19's library, its assembler or a C++ compiler is missing.
        MissingExtraError: scipy is not installed.
    """
    expect_scipy()
    budgets = (QUICK_BUDGET,) if quick else BUDGETS
    methods = [OURS, *SEARCHES]
    for method in SEARCHES:
        lacking = missing_package(method)
        if lacking:
            methods.remove(method)
            say(f"{method} left out: pip install {lacking}")
    traces: dict[str, list[list[Row]]] = {method: [] for method in methods}
    fixed: list[list[Row]] = []
    for seed in range(1 if quick else SEEDS):
        with Simulator() as one, Simulator() as other:
            tuning = _tuning(texts, measured, (one, other), seed, quick=quick)
            say(f"optimization, options of {newest_mca()}, split {seed}")
            fixed.append(
                [_default_row(tuning), *_stock_rows(tuning, quick=quick)]
            )
            for method in methods:
                say(f"optimization, {method}, split {seed}")
                runs = min(RUNS.get(method, budgets[-1]), budgets[-1])
                asked = {"method": method, "seed": seed, "runs": runs}
                traces[method].append(_kept(folder, asked, tuning, compiled))
    rows = [_mean(list(column)) for column in zip(*fixed, strict=True)]
    for method in methods:
        rows += _rows(method, traces[method], budgets)
    return rows


def _tuning(
    texts: Sequence[str],
    measured: np.ndarray,
    simulators: tuple[Simulator, Simulator],
    seed: int,
    *,
    quick: bool,
) -> Tuning:
    """Divide blocks, and give them to the simulators; groups are the tuned blocks'."""
    order = np.random.default_rng([_SPLIT, seed]).permutation(len(texts))
    n = min(QUICK_TUNED if quick else TUNED, len(texts) // 2)
    one = _side(simulators[0], order[:n], texts, None)
    two = _side(simulators[1], order[n:], texts, one[0])
    return Tuning(
        one[0],
        two[0],
        (measured[one[1]], measured[two[1]]),
        ([texts[int(k)] for k in one[1]], [texts[int(k)] for k in two[1]]),
    )


def _side(
    simulator: Simulator,
    which: np.ndarray,
    texts: Sequence[str],
    like: Latencies | None,
) -> tuple[Latencies, np.ndarray]:
    """Give a simulator its blocks; return the numbers of those that it took."""
    blocks = [texts[int(k)] for k in which]
    found = latencies_of(simulator, blocks, like=like)
    return found, which[np.array(found.kept)]


def _default_row(tuning: Tuning) -> Row:
    tuned, judged = tuning.errors(tuning.tuned.defaults)
    return {
        "kind": "fixed",
        "method": "llvm-mca 19, its own latencies",
        "evaluations": 1,
        "tuned": tuned,
        "judged": judged,
    }


def _stock_rows(tuning: Tuning, *, quick: bool) -> list[Row]:
    """Draw settings of the newest llvm-mca's own options; the best is judged."""
    tool = newest_mca()
    rng = np.random.default_rng(_STOCK)
    settings: list[tuple[str, ...]] = [()]
    for _ in range(QUICK_OPTIONS if quick else OPTIONS):
        drawn = {
            name: int(rng.integers(low, high + 1))
            for name, (low, high) in _RANGES.items()
            if rng.random() < 0.5
        }
        settings.append(tuple(f"{n}={v}" for n, v in drawn.items()))
    errors = [_stock_error(tuning, tool, each, 0) for each in settings]
    best = int(np.nanargmin(errors))
    return [
        {
            "kind": "fixed",
            "method": f"{tool}, {name}",
            "evaluations": n,
            "tuned": errors[k],
            "judged": _stock_error(tuning, tool, settings[k], 1),
        }
        for name, k, n in (
            ("its defaults", 0, 1),
            ("the best of its options", best, len(settings)),
        )
    ]


def _mean(rows: Sequence[Row]) -> Row:
    """Return a row's mean over splits."""
    judged = [row["judged"] for row in rows]
    return rows[0] | {
        "tuned": float(np.mean([row["tuned"] for row in rows])),
        "judged": float(np.mean(judged)),
        "least": min(judged),
        "most": max(judged),
        "seeds": len(rows),
    }


def _stock_error(
    tuning: Tuning, tool: Tool, options: tuple[str, ...], side: int
) -> float:
    how = Simulation(tool, iterations=ITERATIONS, options=options)
    cycles = simulated_cycles(tuning.texts[side], how) / ITERATIONS
    known = np.isfinite(cycles)
    return relative_error(cycles[known], tuning.measured[side][known])


def _kept(
    folder: Path, asked: Row, tuning: Tuning, compiled: Model
) -> list[Row]:
    """Return the trace of a search, which is run unless it ended before."""
    path = folder / KEPT
    # other blocks are another search
    asked = asked | {"groups": tuning.tuned.names, "blocks": _digest(tuning)}
    if path.exists():
        for line in path.read_text().splitlines():
            with suppress(ValueError, KeyError):
                held = json.loads(line)
                if held["asked"] == asked:
                    return held["trace"]
    trace = _searched(asked, tuning, compiled)
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write("\n" + json.dumps({"asked": asked, "trace": trace}) + "\n")
    return trace


def _digest(tuning: Tuning) -> str:
    """Name the blocks and their measurements."""
    said = repr([tuning.texts, [each.tolist() for each in tuning.measured]])
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


class _Judge:
    """The objective, which notes what it was asked.

    Attributes:
        trace: of every evaluation the best so far: its objective, and errors.
    """

    def __init__(self, tuning: Tuning, runs: int):
        self.tuning = tuning
        self.runs = runs
        self.trace: list[Row] = []
        self.least = np.inf
        self.answer: Callable[[np.ndarray, np.ndarray], None] | None = None

    def __call__(self, latencies: np.ndarray) -> float:
        if len(self.trace) >= self.runs:
            raise Spent
        tuning = self.tuning
        defaults = tuning.tuned.defaults
        cycles = tuning.tuned.cycles(latencies) / ITERATIONS
        if self.answer is not None:
            self.answer(latencies, cycles)
        error = relative_error(cycles, tuning.measured[0])
        value = error + WEIGHT * float(np.abs(latencies - defaults).sum())
        if value < self.least:
            self.least = value
            self.trace.append(
                {
                    "objective": value,
                    "tuned": error,
                    "latencies": [int(one) for one in latencies],
                }
            )
        else:
            self.trace.append(self.trace[-1])
        return value


def _searched(asked: Row, tuning: Tuning, compiled: Model) -> list[Row]:
    """Search, and judge what was best after each budget."""
    defaults = tuning.tuned.defaults
    judge = _Judge(tuning, asked["runs"])
    most = np.maximum(LEAST_RANGE, defaults + 4)
    task = Task(judge, defaults, most, asked["runs"], asked["seed"])
    with suppress(Spent):
        if asked["method"] == OURS:
            _by_surrogate(task, tuning, compiled, judge)
        else:
            SEARCHES[asked["method"]][0](task)
    judged: dict[tuple[int, ...], float] = {}
    for row in judge.trace:
        key = tuple(row["latencies"])
        if key not in judged:
            judged[key] = tuning.errors(np.array(key, float))[1]
        row["judged"] = judged[key]
    return judge.trace


def _by_surrogate(
    task: Task, tuning: Tuning, compiled: Model, judge: _Judge
) -> None:
    """Follow the slope of a surrogate over blocks and latencies."""
    guide = LatencySurrogate(
        compiled,
        compiled.vocabulary.records(tuning.texts[0]),
        tuning.tuned.groups,
        task.defaults,
        tuning.measured[0],
        WEIGHT,
    )
    judge.answer = guide.keep
    problem = replace(problem_of(task), guide=guide)
    optimise(problem, Settings(task.runs, seed=task.seed))


def _rows(
    method: str, found: list[list[Row]], budgets: Sequence[int]
) -> list[Row]:
    """Say what a method found at each budget, and how it came there."""
    runs = max(map(len, found))
    curve = [
        float(
            np.mean(
                [trace[min(k, len(trace) - 1)]["judged"] for trace in found]
            )
        )
        for k in range(runs)
    ]
    rows: list[Row] = []
    for budget in (each for each in budgets if each <= runs):
        ends = [trace[min(budget, len(trace)) - 1] for trace in found]
        row = _mean(ends) | {"kind": "search", "method": method}
        rows.append(row | {"evaluations": budget, "curve": curve})
    return rows
