"""The papers' tables and figures of one result, their numbers beside ours.

In: a `Result`. Out: the report room's tables and pictures. Non-goals: pages (pages.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from nsc.experiments.groups import groups_of
from nsc.experiments.published import PREPRINT, PUBLISHED, published
from nsc.experiments.results import Result
from nsc.experiments.starts import STARTS
from nsc.experiments.statistics import (
    PERCENTILES,
    Interval,
    geometric,
    least_improving,
    over_programs,
    percentiles,
)
from nsc.report import (
    Axis,
    Bar,
    Figure,
    GroupedBars,
    Picture,
    TableOf,
    axis_for,
)

ALL = "all"
FEW = 20  # programs that have a row each
KINDS = 8  # colours of lines
NAN = float("nan")
# the papers' starts by our names, and what their tables call them
_THEIRS = (
    ("pretrained", "DTI"),
    ("maml", "MAML"),
    ("bert", "HyBERTNet"),
)
Cell = tuple[str, str]  # program, size


def tables_of(result: Result) -> Iterator[TableOf]:
    """Yield the tables of a result."""
    yield _overall(result)
    if len(result.programs) <= FEW:
        yield _by_program(result)
    yield _percentiles(result)
    yield _groups(result, "By group of programs, all sizes", result.gains)
    if len(result.sizes) > 1 and result.sizes[0] == 0:
        yield _groups(
            result,
            "By group of programs, without examples",
            lambda initial: result.gains(initial)[:, :1],
        )
    if any(count for count, _ in result.capped.values()):
        yield _capped(result)


def pictures_of(result: Result) -> Iterator[Picture]:
    """Yield the figures of a result."""
    name = (
        f"{result.experiment.name}-{result.suite['suite']}-{result.optimizer}"
    )
    if len(result.sizes) > 1:
        yield Picture(f"{name}-by-size", _bars_by_size(result))
    if len(result.programs) <= FEW:
        yield Picture(f"{name}-by-program", _bars_by_program(result))
    yield Picture(f"{name}-percentiles", _curves(result))


def size_text(size: float) -> str:
    """Write a share of the examples as "0.1 %"."""
    return f"{100 * size:g} %"


def factor(value: float | None) -> str:
    """Write an improvement, such as "5.02" or "1.8e+04"; a dash for none."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.3g}"


def _with_interval(found: Interval) -> str:
    if not math.isfinite(found.low):
        return factor(found.improvement)
    span = f"{factor(found.low)} to {factor(found.high)}"
    return f"{factor(found.improvement)} ({span})"


def _titles(result: Result) -> list[str]:
    return [STARTS[name].title for name in result.others]


def _their_titles(result: Result) -> list[tuple[str, str]]:
    """List (start, column) of what the papers report here."""
    held = {
        (p.initial, p.paper)
        for p in PUBLISHED
        if (p.experiment, p.suite)
        == (result.experiment.name, result.suite["suite"])
    }
    found = [
        (name, f"{PREPRINT}: {title}")
        for name, title in _THEIRS
        if (name, PREPRINT) in held
    ]
    return [*found, ("ICML", "ICML 2024: CompNet")]


def _theirs(result: Result, program: str, size: str) -> list[str]:
    """Return the papers' cells of a row."""
    cells = []
    for name, _ in _their_titles(result):
        initial = "bert" if name == "ICML" else name
        found = published(
            result.experiment.name,
            result.suite["suite"],
            initial,
            program=program,
            size=size,
        )
        wanted = [
            p for p in found if (p.paper != PREPRINT) == (name == "ICML")
        ]
        cells.append(factor(wanted[0].value) if wanted else "-")
    return cells


def _head(result: Result, first: str) -> tuple[str, ...]:
    theirs = [title for _, title in _their_titles(result)]
    return (first, *_titles(result), *theirs)


def _overall(result: Result) -> TableOf:
    """Tabulate sizes and their mean: geometric means over programs."""
    rows = []
    found = {name: result.gains(name) for name in result.others}
    if len(result.sizes) > 1:
        for k, size in enumerate(result.sizes):
            own = [
                _with_interval(over_programs(found[n][:, k : k + 1]))
                for n in result.others
            ]
            theirs = _theirs(result, ALL, f"{size:g}")
            rows.append((size_text(size), *own, *theirs))
    own = [_with_interval(over_programs(found[n])) for n in result.others]
    rows.append(("all", *own, *_theirs(result, ALL, ALL)))
    return TableOf(
        "Improvement by share of the examples, geometric means over programs",
        _head(result, "share"),
        tuple(rows),
        marked=frozenset({len(rows) - 1}),
    )


def _by_program(result: Result) -> TableOf:
    rows = []
    for k, program in enumerate(result.programs):
        own = [
            _with_interval(result.of_program(name, k))
            for name in result.others
        ]
        theirs = _theirs(result, program["name"], ALL)
        rows.append((program["name"], *own, *theirs))
    return TableOf(
        "Improvement by program, geometric means over shares",
        _head(result, "program"),
        tuple(rows),
    )


def _percentiles(result: Result) -> TableOf:
    """Tabulate percentiles over configurations, and the least that improves."""
    found = {name: result.gains(name) for name in result.others}
    levels = {name: percentiles(found[name]) for name in result.others}
    own = [factor(geometric(found[n])) for n in result.others]
    rows = [("geometric mean", *own, *_theirs(result, ALL, ALL))]
    for level in PERCENTILES:
        own = [factor(levels[n].get(level)) for n in result.others]
        theirs = _theirs(result, ALL, f"p{level}")
        rows.append((f"percentile {level}", *own, *theirs))
    own = [factor(least_improving(found[n])) for n in result.others]
    rows.append(("MPI", *own, *_theirs(result, ALL, "MPI")))
    return TableOf(
        "Percentiles of the improvement over programs and shares; MPI: the least"
        " percentile that improves",
        _head(result, "statistic"),
        tuple(rows),
    )


def _groups(
    result: Result, title: str, gains: Callable[[str], np.ndarray]
) -> TableOf:
    """Tabulate geometric means and medians by group."""
    names = result.others
    found = {name: gains(name) for name in names}
    rows = []
    for group, chosen in groups_of(result.programs):
        cells = []
        for name in names:
            values = found[name][chosen]
            kept = values[np.isfinite(values)]
            median = float(np.median(kept)) if len(kept) else NAN
            cells.append(f"{factor(geometric(values))} / {factor(median)}")
        rows.append((group, str(int(chosen.sum())), *cells))
    head = ("group", "programs", *_titles(result))
    return TableOf(f"{title}: geometric mean / median", head, tuple(rows))


def _capped(result: Result) -> TableOf:
    rows = [
        (
            STARTS[name].title,
            str(result.capped[name][0]),
            str(result.capped[name][1]),
        )
        for name in ("random", *result.others)
    ]
    return TableOf(
        "Trials that never reached the target and count as the cap",
        ("start", "capped", "trials"),
        tuple(rows),
    )


def _bars_by_size(result: Result) -> GroupedBars:
    sizes = [f"{size:g}" for size in result.sizes]
    series = []
    for name in result.others:
        found = result.gains(name)
        parts = [found[:, k : k + 1] for k in range(len(sizes))] + [found]
        bars = [
            _bar(result, name, over_programs(part), (ALL, size))
            for part, size in zip(parts, [*sizes, ALL], strict=True)
        ]
        series.append((STARTS[name].title, tuple(bars)))
    groups = (*map(size_text, result.sizes), ALL)
    return GroupedBars(
        "Improvement over random initialisation by share of the examples",
        groups,
        tuple(series),
    )


def _bars_by_program(result: Result) -> GroupedBars:
    names = [program["name"] for program in result.programs]
    series = []
    for initial in result.others:
        bars = [
            _bar(result, initial, result.of_program(initial, k), (name, ALL))
            for k, name in enumerate(names)
        ]
        series.append((STARTS[initial].title, tuple(bars)))
    shown = tuple(_short(name, len(names)) for name in names)
    return GroupedBars(
        "Improvement over random initialisation by program",
        shown,
        tuple(series),
    )


def _short(name: str, count: int) -> str:
    """Keep names from running into each other."""
    room = max(4, 110 // count)
    tail = name.rsplit(":", 1)[-1]
    return tail if len(tail) <= room else f"{tail[: room - 1]}…"


def _bar(result: Result, initial: str, found: Interval, cell: Cell) -> Bar:
    """Return a bar, with what the preprint says of the same cell."""
    program, size = cell
    theirs = published(
        result.experiment.name,
        result.suite["suite"],
        initial,
        program=program,
        size=size,
    )
    value = theirs[0].value if theirs else NAN
    return Bar(found.improvement, found.low, found.high, value)


def _curves(result: Result) -> Figure:
    """Draw the improvement at every percentile of the configurations."""
    levels = np.linspace(0, 100, 101)
    curves: list[tuple[str, Sequence[float]]] = []
    for name in result.others:
        found = result.gains(name)
        kept = found[np.isfinite(found)]
        if len(kept):
            curves.append((name, np.percentile(kept, levels).tolist()))
    values = [v for _, curve in curves for v in curve]
    y = axis_for([*values, 1.0], "improvement", log=True)
    figure = Figure(
        "Improvement by percentile, over programs and shares",
        Axis(0, 100, "percentile"),
        y,
    )
    figure.line([0, 100], [1.0, 1.0], "one")
    for k, (name, curve) in enumerate(curves):
        kind = f"c{k % KINDS}"
        figure.line(levels.tolist(), curve, kind, STARTS[name].title)
    return figure
