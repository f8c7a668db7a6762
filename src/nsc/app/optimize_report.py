"""What an optimisation found -> its report; every optimum is run again.

In: `Found`, what judged the runs. Out: `OptimizationReport`. Non-goals: pages (report).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nsc.app.goals import Goals, output_names
from nsc.app.objective_runs import FitRuns, GoalRuns
from nsc.app.optimize_sources import Subject
from nsc.app.table import Table
from nsc.errors import InputError
from nsc.optimization import Found, History
from nsc.report import FitReport, OptimizationReport, Optimum

ERROR = "error"  # the objective where measurements are fitted to


def report_of(
    subject: Subject,
    goals: Goals,
    judge: GoalRuns | FitRuns,
    found: Found,
    table: Table | None,
) -> OptimizationReport:
    """Confirm what was found, and describe it.

    Raises:
        InputError: the conditions hold on no run.
    """
    _expect_feasible(found, subject)
    if isinstance(judge, GoalRuns):
        return _of_goals(subject, goals, judge, found)
    assert table is not None, "it was fitted to"
    return _of_fit(subject, judge, found, table)


def _expect_feasible(found: Found, subject: Subject) -> None:
    history = found.history
    if history.feasible[found.best]:
        return
    names = [leaf.name for leaf in subject.program.signature.inputs]
    names = [n for n in names if not subject.tuned or n in subject.tuned]
    row = history.x[found.best]
    where = ", ".join(
        f"{name} = {v:.6g}" for name, v in zip(names, row, strict=True)
    )
    raise InputError(
        f"subject_to must hold somewhere; it held on none of {len(history)} runs. Nearest"
        f" was {where}: widen the domain, allow more runs, or ask for less"
    )


def _of_goals(
    subject: Subject, goals: Goals, judge: GoalRuns, found: Found
) -> OptimizationReport:
    """Describe optima of outputs."""
    history = found.history
    program = subject.program
    measured = history.measured
    signs = np.array(goals.signs)
    chosen = found.front if len(signs) > 1 else (found.best,)
    first = min(chosen, key=lambda k: measured.objectives[k, 0])
    ordered = [first, *(k for k in chosen if k != first)]
    optima = _confirmed(goals, judge, found, subject, ordered)
    feasible = history.feasible
    shown = np.where(feasible[:, None], measured.objectives * signs, np.nan)
    values = _shown(found, shown[:, 0])
    box = _box(subject, found, range(len(program.signature.inputs)))
    report = _report(subject, judge, found, box, optima[0], values)
    report = replace(report, check_runs=len(ordered))
    if len(signs) == 1:
        return report
    points = tuple(map(tuple, shown[feasible].tolist()))
    return replace(report, front=tuple(optima), points=points)


def _confirmed(
    goals: Goals,
    judge: GoalRuns,
    found: Found,
    subject: Subject,
    chosen: Sequence[int],
) -> list[Optimum]:
    """Run optima again, past what is kept."""
    history = found.history
    x = history.x[list(chosen)]
    y = judge.calls.again(x)
    again = judge.judged(x, y)
    before = history.measured.objectives[list(chosen)]
    is_same = (again.objectives == before).all(axis=1) & again.holds
    inputs = [leaf.name for leaf in subject.program.signature.inputs]
    outputs = output_names(subject.program)
    signs = np.array(goals.signs)
    return [
        Optimum(
            dict(zip(inputs, x[k].tolist(), strict=True)),
            dict(zip(outputs, y[k].tolist(), strict=True)),
            tuple((before[k] * signs).tolist()),
            bool(is_same[k]),
        )
        for k in range(len(chosen))
    ]


def _shown(found: Found, values: np.ndarray) -> tuple[float | None, ...]:
    """Return the values of feasible runs, None for the others."""
    kept = np.where(found.history.feasible, values, np.nan)
    return tuple(float(v) if np.isfinite(v) else None for v in kept)


def _box(
    subject: Subject, found: Found, places: Sequence[int]
) -> dict[str, tuple[float, float]]:
    space = found.history.space
    leaves = subject.program.signature.inputs
    return {
        leaves[k].name: (float(lo), float(hi))
        for k, lo, hi in zip(places, space.lo, space.hi, strict=True)
    }


def _of_fit(
    subject: Subject, judge: FitRuns, found: Found, table: Table
) -> OptimizationReport:
    """Describe constants that were fitted to measurements."""
    history = found.history
    m = judge.measurements
    constants = history.x[found.best]
    before = float(history.measured.objectives[found.best, 0])
    again = judge.error(constants, m.learned, anew=True)
    leaves = subject.program.signature.inputs
    names = [leaves[k].name for k in m.tuned]
    default = {n: v for n, v in subject.default.items() if n in names}
    is_known = len(default) == len(names)
    usual = np.array([default[n] for n in names]) if is_known else None
    best = Optimum(
        dict(zip(names, constants.tolist(), strict=True)),
        {},
        (before,),
        again == before,
    )
    fit = FitReport(
        table.path,
        len(m.learned),
        len(m.held),
        _errors(judge, (constants, before), usual),
        default if is_known else {},
        "rmse" if len(m.outputs) == 1 else "rmse over the spread",
    )
    values = _shown(found, history.measured.objectives[:, 0])
    box = _box(subject, found, m.tuned)
    report = _report(subject, judge, found, box, best, values)
    rerun = (len(m.learned) + len(m.held)) * (2 if is_known else 1)
    return replace(
        report, objectives={ERROR: "minimize"}, fit=fit, check_runs=rerun
    )


def _report(
    subject: Subject,
    judge: GoalRuns | FitRuns,
    found: Found,
    box: Mapping[str, tuple[float, float]],
    best: Optimum,
    values: tuple[float | None, ...],
) -> OptimizationReport:
    """Describe what both kinds have."""
    goals = judge.goals
    wanted = {1.0: "minimize", -1.0: "maximize"}
    return OptimizationReport(
        subject.program.name,
        subject.program.path,
        {
            name: wanted[sign]
            for name, sign in zip(goals.names, goals.signs, strict=True)
        },
        inputs=box,
        best=best,
        runs=len(found.history),
        calls=sum(map(len, judge.calls.x)),
        check_runs=0,
        why=found.why,
        values=values,
        notes=_notes(found),
    )


def _errors(
    judge: FitRuns, fitted: tuple[np.ndarray, float], usual: np.ndarray | None
) -> dict[str, dict[str, float | None]]:
    """Return errors by rows and constants."""
    m = judge.measurements
    constants, learned = fitted
    held = judge.error(constants, m.held, anew=True)
    errors: dict[str, dict[str, float | None]] = {
        "learned": {"fitted": learned},
        "held_out": {"fitted": held},
    }
    if usual is not None:
        for rows, which in (("learned", m.learned), ("held_out", m.held)):
            errors[rows]["default"] = judge.error(usual, which, anew=True)
    return errors


def _notes(found: Found) -> tuple[str, ...]:
    """Say what of the runs their reader should know."""
    history = found.history
    n = len(history)
    gave = np.isfinite(history.measured.objectives).all(axis=1)
    notes: list[str] = []
    failed = int((~gave).sum())
    if failed:
        notes.append(
            f"{failed:,} of {n:,} runs failed or gave no finite numbers; the search went"
            " round them"
        )
    undefined = int((gave & ~history.worked).sum())
    if undefined:
        notes.append(
            f"a condition came to NaN or infinity on {undefined:,} of {n:,} runs; the"
            " search went round them"
        )
    if _is_flat(history):
        notes.append(
            "every run gave the same: nothing was found, and any of these inputs is as"
            " good"
        )
    return tuple(notes)


def _is_flat(history: History) -> bool:
    """Say whether no run that worked differs from another."""
    values = history.measured.objectives[history.worked]
    return len(values) > 1 and bool((values == values[:1]).all())
