"""`nsc.optimize`: the inputs of a program that make an output least, found by few runs.

In: a C function, a Python function or a Program; what is wanted. Out: `Optimized`.
Every optimum is run again, past all that is kept. Non-goals: the search
(nsc.optimization), flags.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nsc.app.checked import checked
from nsc.app.goals import Goals, as_texts, goals_of
from nsc.app.measured import measurements_of, ranges_of, read_measured
from nsc.app.objective_runs import Calls, FitRuns, GoalRuns, Measurements
from nsc.app.optimize_report import report_of
from nsc.app.optimize_results import written
from nsc.app.optimize_sources import Reading, Subject, subject_of
from nsc.app.options import CompileOptions
from nsc.app.results import check_writable
from nsc.app.running import Running, running_of
from nsc.app.same_values import expect_same_values
from nsc.app.search_space import first_of, space_of
from nsc.app.table import Table
from nsc.compilation import Progress
from nsc.errors import InputError
from nsc.optimization import (
    Guide,
    Problem,
    Settings,
    expect_scipy,
    optimise,
)
from nsc.report import OptimizationReport
from nsc.surrogate import Surrogate

FEWEST_RUNS = 20
MOST_RUNS = 10_000
MOST_BATCH = 256
OWN_OPTIONS = (
    "seed",
    "workers",
    "call_limit",
    "native",
    "executor",
    "address",
)


@dataclass(frozen=True)
class Optimized:
    """What was found.

    Args:
        best: inputs by name.
        value: of the objective there, as the program gave it.
        confirmed: whether it gave the same when it ran again.
        surrogate: fitted to all runs; None where they tell too little.
    """

    best: Mapping[str, float]
    value: float
    confirmed: bool
    report: OptimizationReport
    surrogate: Surrogate | None


@dataclass(frozen=True)
class _Asked:
    """What is wanted, and what it may cost."""

    minimize: tuple[str, ...]
    maximize: tuple[str, ...]
    subject_to: tuple[str, ...]
    table: Table | None
    settings: Settings
    start: Mapping[str, float]
    guide: Guide | None
    options: CompileOptions

    def __post_init__(self) -> None:
        wanted = len(self.minimize) + len(self.maximize)
        is_plain = not (self.subject_to or self.table) and wanted < 2
        if self.guide is not None and not is_plain:
            raise InputError(
                "guide is for one objective without conditions or measurements: leave"
                " out subject_to, fit and further objectives"
            )


def optimize(
    source: Any,
    *,
    minimize: str | Sequence[str] = (),
    maximize: str | Sequence[str] = (),
    subject_to: str | Sequence[str] = (),
    tune: Mapping[str, Any] | None = None,
    fit: str | Path | None = None,
    start: Mapping[str, float] | None = None,
    guide: Guide | None = None,
    runs: int = 200,
    batch: int = 1,
    domain: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    function: str | None = None,
    out: Sequence[str] = (),
    arrays: Mapping[str, int] | None = None,
    fix: Mapping[str, float] | None = None,
    include: Sequence[Path] = (),
    others: Sequence[Path] = (),
    defines: Mapping[str, str] | None = None,
    outputs: Sequence[str] | None = None,
    vectorized: bool | None = None,
    folder: str | Path | None = None,
    progress: Progress = lambda what, fraction: None,
    put: Callable[[str], str] = str,
    **options: Any,
) -> Optimized:
    """Look for the inputs, or constants, that make an output least.

    Models of the runs so far say which input runs next. The same seed gives the same
    runs; where they are kept (`folder`), a search that was ended goes on.

    Args:
        source: a Program (nsc.command, nsc.server, nsc.parse_program), a Python
            function, a path to a C file, or C text.
        minimize, maximize: outputs; of several, the Pareto front is looked for. A program
            with one output needs neither.
        subject_to: conditions on inputs and outputs, as "g <= 0 && x < y".
        tune: what is searched, with ranges: (lo, hi), ("int", lo, hi) or ("log", lo, hi).
            Inputs, macros and constants of C text, which become inputs; by default all
            inputs.
        fit: measurements (.csv, .parquet, .npz): what is tuned is fitted to three
            quarters of the rows, and judged on the others.
        start: inputs by name that run first, today's settings for example; others begin
            in the middle of their range.
        guide: a differentiable surrogate of the objective, which is followed instead of
            models of the runs: `guide.learn(x)` is told the inputs `n i` that ran,
            `guide(x)` returns the value and slope (i) at inputs (i).
        runs: of the program; with `fit`, constants that are tried on all rows.
        batch: runs that are chosen together, and run beside each other where runs are
            dear.
        domain, function, out, arrays, fix, include, others, defines: as of
            `nsc.compile`.
        inputs, outputs, vectorized: the same.
        folder: where results are written, and runs kept.
        progress: told what is happening, and the fraction of it that is done.
        put: puts a note in its reader's words.
        options: seed, workers, call_limit, native, executor, address, as of
            `nsc.compile`.

    Returns:
        What was found: best, value, confirmed, surrogate; `.report` is the report.

    Raises:
        InputError: what is asked for does not fit the program, or holds nowhere.
        MissingExtraError: scipy is not installed.
    """
    started = time.perf_counter()
    expect_scipy()
    wrong = [name for name in options if name not in OWN_OPTIONS]
    if wrong:
        raise InputError(
            f"nsc.optimize takes no '{wrong[0]}'; of options it has"
            f" {', '.join(OWN_OPTIONS)}"
        )
    _expect_dicts(domain=domain, inputs=inputs, tune=tune)
    asked = _Asked(
        as_texts("minimize", minimize),
        as_texts("maximize", maximize),
        as_texts("subject_to", subject_to),
        _table(fit, tune, minimize, maximize),
        _settings(runs, batch, options.get("seed", 0)),
        start or {},
        guide,
        CompileOptions(budget=runs, **options),
    )
    where = None if folder is None else Path(folder)
    if where is not None:
        check_writable(where, ())
    reading = Reading(
        {"function": function, "out": out, "arrays": arrays, "fix": fix},
        {"include": include, "others": others, "defines": defines},
        {"outputs": outputs, "vectorized": vectorized},
    )
    subject = subject_of(
        source,
        reading,
        (domain or {}, inputs or {}, tune or {}),
        {} if asked.table is None else ranges_of(asked.table),
        asked.options,
        is_kept=where is not None,
    )
    return _optimized(subject, asked, where, progress, put, started)


def _expect_dicts(**given: object) -> None:
    """Refuse ranges that are not given by name."""
    for name, ranges in given.items():
        if ranges is not None and not isinstance(ranges, Mapping):
            raise InputError(
                f"{name} must be a dict of ranges by name, as {{'x': (0, 1)}}; found"
                f" {ranges!r:.80}"
            )


def _table(
    fit: str | Path | None,
    tune: Mapping[str, Any] | None,
    minimize: str | Sequence[str],
    maximize: str | Sequence[str],
) -> Table | None:
    """Read measurements, if there are any."""
    if fit is None:
        return None
    if minimize or maximize:
        raise InputError(
            "minimize and maximize must be left out with fit, which makes the error"
            " least"
        )
    if not tune:
        raise InputError(
            "fit needs something to tune: tune={'k': (0.1, 10)} names constants or inputs"
        )
    if not isinstance(fit, str | Path):
        raise InputError(
            f"fit must be a path to a table; found {type(fit).__name__}"
        )
    return read_measured(Path(fit))


def _settings(runs: int, batch: int, seed: int) -> Settings:
    """Check what may be spent."""
    for name, value, least, most in (
        ("runs", runs, FEWEST_RUNS, MOST_RUNS),
        ("batch", batch, 1, MOST_BATCH),
    ):
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or not least <= value <= most:
            raise InputError(
                f"{name} must be a whole number from {least} to {most:,}; found {value!r}"
            )
    return Settings(runs, seed=seed, batch=batch)


def _optimized(
    subject: Subject,
    asked: _Asked,
    folder: Path | None,
    progress: Progress,
    put: Callable[[str], str],
    started: float,
) -> Optimized:
    """Search, confirm what was found, and write it."""
    program = subject.program
    goals = goals_of(
        program,
        asked.minimize,
        asked.maximize,
        asked.subject_to,
        has_objective=asked.table is None,
    )
    measurements = _measurements(subject, asked, goals)
    running = running_of(
        program, asked.options, folder=folder, progress=progress
    )
    calls = Calls(running, program.n_outputs)
    judge = GoalRuns(calls, goals)
    if measurements is not None:
        judge = FitRuns(calls, measurements, goals)
    with closing(running):
        report = _searched(subject, asked, judge, progress)
    time_s = {**report.time_s, "all": time.perf_counter() - started}
    notes = tuple(map(put, report.notes))
    report = replace(report, notes=notes, time_s=time_s)
    progress("fitting a surrogate to all runs", 1.0)
    surrogate, report = written(calls, program, report, asked.options, folder)
    best = report.best
    return Optimized(
        best.inputs, best.values[0], best.confirmed, report, surrogate
    )


def _searched(
    subject: Subject,
    asked: _Asked,
    judge: GoalRuns | FitRuns,
    progress: Progress,
) -> OptimizationReport:
    """Check the program, search, and confirm what was found."""
    program = subject.program
    options = asked.options
    running = judge.calls.running
    problem = _problem(subject, judge, asked)
    progress("checking the program", 0.0)
    notes, check_runs = checked(
        program, running, seed=options.seed, budget=asked.settings.runs
    )
    same = expect_same_values(subject, running, options)
    found = optimise(problem, asked.settings, progress)
    report = report_of(subject, judge.goals, judge, found, asked.table)
    said = (*subject.notes, *program.notes, *notes, *running.kept_note)
    return replace(
        report,
        check_runs=sum(check_runs.values()) + same + report.check_runs,
        notes=(*said, *report.notes, *_on_batch(running, asked)),
        conditions=asked.subject_to,
        seed=options.seed,
        time_s={"choosing": found.seconds},
    )


def _measurements(
    subject: Subject, asked: _Asked, goals: Goals
) -> Measurements | None:
    """Divide measurements, if there are any."""
    if asked.table is None:
        return None
    names = [leaf.name for leaf in subject.program.signature.inputs]
    names += goals.output_names
    limits = (*goals.limits, *goals.prior)
    spoken = {names[k] for limit in limits for k in limit.columns()}
    others = sorted(spoken - set(subject.tuned))
    if others:
        raise InputError(
            "subject_to must speak of what is tuned alone, with fit; found"
            f" '{others[0]}'"
        )
    return measurements_of(
        asked.table, subject.program, subject.tuned, asked.options.seed
    )


def _problem(
    subject: Subject, judge: GoalRuns | FitRuns, asked: _Asked
) -> Problem:
    """Put together what is searched."""
    goals = judge.goals
    if isinstance(judge, GoalRuns):
        space = space_of(subject, None)
        names = [leaf.name for leaf in subject.program.signature.inputs]
        return Problem(
            space,
            judge,
            max(1, len(goals.columns)),
            goals.prior_limits,
            first_of(space, names, asked.start),
            asked.guide,
        )
    measurements = judge.measurements
    places = list(measurements.tuned)
    space = space_of(subject, places)

    def prior(constants: np.ndarray) -> np.ndarray:
        x = np.repeat(measurements.inputs[:1], len(constants), axis=0)
        x[:, places] = constants
        return goals.prior_limits(x)

    names = [subject.program.signature.inputs[k].name for k in places]
    first = first_of(space, names, asked.start)
    if not len(first) and all(name in subject.default for name in names):
        first = np.array([[subject.default[name] for name in names]])
        is_inside = ((first >= space.lo) & (first <= space.hi)).all()
        first = first if is_inside else np.empty((0, 0))
    return Problem(space, judge, 1, prior, first)


def _on_batch(running: Running, asked: _Asked) -> tuple[str, ...]:
    """Say how runs could go beside each other, where they are dear and do not."""
    is_alone = asked.settings.batch == 1 and asked.table is None
    if not is_alone or running.workers < 2 or running.cost.seconds < 1.0:
        return ()
    return (
        f"runs were chosen one by one; batch={running.workers} lets as many run at a time",
    )
