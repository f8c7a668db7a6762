"""The report of an optimisation: values, their JSON, a page, a few lines.

In: an `OptimizationReport`. Out: plain values, HTML, text. Non-goals: optimising.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from nsc.report.document import (
    Document,
    Picture,
    Section,
    TableOf,
    document_page,
)
from nsc.report.svg import Axis, Figure, axis_for

MOST_ROWS = 40  # of the front, in a table
SCHEMA = 1


@dataclass(frozen=True)
class Optimum:
    """A run that is offered as an optimum.

    Args:
        values: of the objectives, in their order.
        confirmed: whether the program gave the same again.
    """

    inputs: Mapping[str, float]
    outputs: Mapping[str, float]
    values: tuple[float, ...]
    confirmed: bool


@dataclass(frozen=True)
class FitReport:
    """How well constants reproduce measurements.

    Errors are root mean squares, in units of the measurements' standard deviation where
    there are several outputs.

    Args:
        learned, held: rows that were fitted to, and those that judge.
        error: by rows ("learned", "held_out") and constants ("fitted", "default").
        default: constants as they were; empty where they are not known.
        unit: of the errors.
    """

    path: str
    learned: int
    held: int
    error: Mapping[str, Mapping[str, float | None]]
    default: Mapping[str, float]
    unit: str


@dataclass(frozen=True)
class OptimizationReport:
    """What an optimisation found, and how.

    Args:
        objectives: names, with what is wanted of each: "minimize" or "maximize".
        best: of several objectives, that of the front with the least first one.
        front: optima of several objectives; empty of one.
        runs: that the search made; of measurements, constants that were tried.
        calls: of the program in all.
        check_runs: calls that looked for what forbids all this, or confirmed.
        why: it ended.
        values: of the objective after each run; None where conditions do not hold or a
            run failed.
        points: objectives of all feasible runs, of several objectives.
        time_s: seconds by what they were spent on.
    """

    function: str
    path: str
    objectives: Mapping[str, str]
    inputs: Mapping[str, tuple[float, float]]
    best: Optimum
    runs: int
    calls: int
    check_runs: int
    why: str
    values: tuple[float | None, ...]
    seed: int = 0
    conditions: tuple[str, ...] = ()
    front: tuple[Optimum, ...] = ()
    points: tuple[tuple[float, ...], ...] = ()
    fit: FitReport | None = None
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    time_s: Mapping[str, float] = field(default_factory=dict)


def optimization_json(r: OptimizationReport) -> dict[str, Any]:
    """Return a report as plain values; `best.value` is that of the first objective."""
    found = asdict(r)
    found["schema"] = SCHEMA
    found["best"]["value"] = r.best.values[0]
    every = (r.best, *r.front)
    found["confirmed"] = all(each.confirmed for each in every)
    return _finite(found)


def _finite(found: Any) -> Any:
    """Make what JSON has no word for None."""
    if isinstance(found, dict):
        return {name: _finite(value) for name, value in found.items()}
    if isinstance(found, list | tuple):
        return [_finite(value) for value in found]
    is_bare = isinstance(found, float) and not math.isfinite(found)
    return None if is_bare else found


def optimization_text(r: OptimizationReport) -> str:
    """Say the result in a few lines."""
    said = ", ".join(f"{k} = {v:.10g}" for k, v in r.best.inputs.items())
    names = list(r.objectives)
    values = ", ".join(
        f"{name} = {value:.10g}"
        for name, value in zip(names, r.best.values, strict=True)
    )
    lines = [
        f"{values} at {said}",
        f"  {_confirmed(r)}; {r.runs:,} runs: {r.why}",
    ]
    if r.front:
        lines.append(f"  {_of_front(r)}")
    if r.fit is not None:
        lines += [f"  {line}" for line in _fit_lines(r.fit)]
    lines += [f"  note: {note}" for note in r.notes]
    return "\n".join(lines)


def _confirmed(r: OptimizationReport) -> str:
    optima = r.front or (r.best,)
    wrong = sum(not each.confirmed for each in optima)
    if not wrong:
        return "the program gave the same when it ran again"
    where = f" at {wrong} of {len(optima)} points" if r.front else ""
    return f"NOT CONFIRMED: run again, the program gave other values{where}"


def _of_front(r: OptimizationReport) -> str:
    """Say what is shown of a front: one end of it."""
    n = len(r.front)
    if n == 1:
        return "the Pareto front is this one point"
    return (
        f"the Pareto front has {n} points; this is the one with the"
        f" {_end(r)}; all are in the report"
    )


def _end(r: OptimizationReport) -> str:
    """Name which end of a front is shown as the optimum."""
    name, how = next(iter(r.objectives.items()))
    return f"{'least' if how == 'minimize' else 'greatest'} {name}"


def _fit_lines(fit: FitReport) -> list[str]:
    found: list[str] = []
    counts = {"learned": fit.learned, "held_out": fit.held}
    for rows, errors in fit.error.items():
        said = ", ".join(
            f"{what} constants {value:.6g}"
            for what, value in errors.items()
            if value is not None
        )
        if said:
            name = rows.replace("_", " ")
            found.append(f"{name} rows ({counts[rows]}): {fit.unit} {said}")
    return found


def optimization_page(r: OptimizationReport) -> str:
    """Write the page of an optimisation."""
    said = _confirmed(r)
    notes = [f"{said[0].upper()}{said[1:]}."]
    if r.front:
        notes.append(f"T{_of_front(r)[1:]}.")
    sections = [Section("Optimum", tuple(notes), (_table(r),))]
    sections.append(
        Section("Progress", (f"It ended because {r.why}.",), (), _progress(r))
    )
    if len(r.front) > 1:
        sections.append(_front(r))
    if r.fit is not None:
        sections.append(
            Section("Measurements", tuple(f"{s}." for s in _fit_lines(r.fit)))
        )
    wanted = [f"{how} {name}" for name, how in r.objectives.items()]
    lead = [f"{'; '.join(wanted)} of {r.function} ({r.path})"]
    lead += [f"where {text}" for text in r.conditions]
    shown = _end(r) if r.front else next(iter(r.objectives))
    if not r.best.confirmed:
        shown += ", not confirmed"
    tiles = [(f"{r.best.values[0]:.8g}", shown)]
    tiles += [
        (f"{r.runs:,}", "runs"),
        (f"{r.calls:,}", "calls of the program"),
    ]
    document = Document(
        f"{r.function}: optimum",
        tuple(lead),
        tuple(tiles),
        tuple(sections),
        r.notes,
    )
    return document_page(document)


def _table(r: OptimizationReport) -> TableOf:
    rows = [
        (name, f"{value:.10g}", *(f"{end:.6g}" for end in r.inputs[name]))
        for name, value in r.best.inputs.items()
    ]
    return TableOf("Inputs", ("input", "value", "from", "to"), tuple(rows))


def _progress(r: OptimizationReport) -> tuple[Picture, ...]:
    """Draw the best value after each run, and how far it was from the last best."""
    sign = -1.0 if "maximize" in list(r.objectives.values())[:1] else 1.0
    best: list[float] = []
    least = math.inf
    for value in r.values:
        least = min(least, math.inf if value is None else sign * value)
        best.append(sign * least)
    known = [k for k, value in enumerate(best) if math.isfinite(value)]
    if not known:
        return ()
    runs = [float(k + 1) for k in known]
    values = [best[k] for k in known]
    x = Axis(0.0, float(len(best)), "runs")
    name = next(iter(r.objectives))
    progress = Figure("Best value so far", x, axis_for(values, name))
    progress.line(runs, values, "a")
    left = [abs(value - values[-1]) for value in values]
    positive = [(k, v) for k, v in zip(runs, left, strict=True) if v > 0]
    pictures = [Picture("progress", progress)]
    if positive:
        y = axis_for([v for _, v in positive], "above the last", log=True)
        regret = Figure("Above the best that was found", x, y)
        regret.line([k for k, _ in positive], [v for _, v in positive], "a")
        pictures.append(Picture("regret", regret))
    return tuple(pictures)


def _front(r: OptimizationReport) -> Section:
    names = list(r.objectives)
    head = (*names, *r.best.inputs, "run again")
    rows = tuple(
        (
            *(f"{v:.6g}" for v in (*each.values, *each.inputs.values())),
            "the same" if each.confirmed else "NOT CONFIRMED",
        )
        for each in sorted(r.front, key=lambda each: each.values)[:MOST_ROWS]
    )
    pictures: tuple[Picture, ...] = ()
    if len(names) == 2:
        xs = _column(r.points, 0)
        ys = _column(r.points, 1)
        figure = Figure("Runs", axis_for(xs, names[0]), axis_for(ys, names[1]))
        figure.points(xs, ys, "b")
        best = [each.values for each in r.front]
        figure.points(_column(best, 0), _column(best, 1), "a")
        pictures = (Picture("front", figure),)
    title = f"Pareto front: {len(r.front)} points"
    return Section(title, (), (TableOf("Front", head, rows),), pictures)


def _column(rows: Sequence[Sequence[float]], k: int) -> list[float]:
    return [row[k] for row in rows]
