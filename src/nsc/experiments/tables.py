"""The papers' tables and figures of one result, their numbers beside ours.

In: a `Result`. Out: the report room's tables and pictures. Non-goals: pages (pages.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from nsc.experiments.ablations import (
    memory_figure,
    traits_tables,
    values_table,
)
from nsc.experiments.groups import groups_of
from nsc.experiments.names import factor, kind_of, size_text
from nsc.experiments.pictures import photos_of
from nsc.experiments.published import ICML, PREPRINT, PUBLISHED, published
from nsc.experiments.results import Result
from nsc.experiments.starts import STARTS
from nsc.experiments.statistics import (
    PERCENTILES,
    Interval,
    geometric,
    least_improving,
    percentiles,
)
from nsc.experiments.suites import SUITES
from nsc.report import (
    Axis,
    Bar,
    Figure,
    GroupedBars,
    Picture,
    Series,
    TableOf,
    axis_for,
)

ALL = "all"
FEW = 20  # programs that have a row each
NAN = float("nan")
# what the papers call their starts, by paper and our name
_THEIRS = {
    (PREPRINT, "pretrained"): "DTI",
    (PREPRINT, "maml"): "MAML",
    (PREPRINT, "bert"): "HyBERTNet",
    (ICML, "bert"): "CompNet",
}
Cell = tuple[str, str]  # program, size


def tables_of(result: Result) -> Iterator[TableOf]:
    """Yield the tables of a result."""
    yield _overall(result)
    if len(result.programs) <= FEW:
        yield _by_program(result)
    yield _percentiles(result)
    if not SUITES[result.suite["suite"]].of:
        yield from _grouped(result)
    if result.experiment.shows_values:
        yield values_table(result)
    if any(count for count, _ in result.capped.values()):
        yield _capped(result)
    yield _fallbacks(result)


def _grouped(result: Result) -> Iterator[TableOf]:
    """Yield tables of groups of programs; applications have none."""
    yield _groups(result, "By group of programs, all sizes", result.gains)
    if len(result.sizes) > 1 and result.sizes[0] == 0:
        yield _groups(
            result,
            "By group of programs, without examples",
            lambda initial: result.gains(initial)[:, :1],
        )
    yield from traits_tables(result)


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
    memory = memory_figure(result)
    if memory is not None:
        yield Picture(f"{name}-similarity", memory)
    if result.kept:
        for photo, drawing in photos_of(result):
            yield Picture(f"{name}-{photo}", drawing)


def _titles(result: Result) -> list[str]:
    return [STARTS[name].title for name in result.others]


def _theirs(result: Result) -> list[tuple[str, str]]:
    """List (paper, start) of what the papers report of this experiment and suite."""
    here = result.experiment.name, result.suite["suite"]
    found = [
        (p.paper, p.initial)
        for p in PUBLISHED
        if (p.experiment, p.suite) == here
    ]
    return list(dict.fromkeys(found))


def _quoted(
    result: Result, paper: str, initial: str, program: str, size: str
) -> str:
    """Return what a paper says of a cell; a dash where it says nothing."""
    found = published(
        result.experiment.name,
        result.suite["suite"],
        initial,
        program=program,
        size=size,
    )
    values = [p.value for p in found if p.paper == paper]
    return factor(values[0] if values else None)


def _their_rows(
    result: Result, cells: Sequence[Cell]
) -> Iterator[tuple[str, ...]]:
    """Yield a row of published numbers for each of the papers' starts."""
    for paper, initial in _theirs(result):
        values = [
            _quoted(result, paper, initial, program, size)
            for program, size in cells
        ]
        yield f"published, {paper}: {_THEIRS[paper, initial]}", *values


def _with_theirs(
    title: str,
    head: tuple[str, ...],
    own: Sequence[tuple[str, ...]],
    theirs: Iterator[tuple[str, ...]],
) -> TableOf:
    """Put the papers' rows below ours."""
    rows = (*own, *theirs)
    quoted = frozenset(range(len(own), len(rows)))
    return TableOf(title, head, rows, quoted)


def _overall(result: Result) -> TableOf:
    """Tabulate sizes and their mean: geometric means over programs."""
    has_sizes = len(result.sizes) > 1
    sizes = result.sizes if has_sizes else ()
    own = []
    for name in result.others:
        found = result.gains(name)
        whole = result.sureness(name).over_programs()
        cells = [factor(geometric(found[:, k])) for k in range(len(sizes))]
        span = f"{factor(whole.low)} to {factor(whole.high)}"
        title = STARTS[name].title
        own.append((title, *cells, factor(whole.improvement), span))
    cells = [(ALL, f"{size:g}") for size in sizes] + [(ALL, ALL)]
    theirs = ((*row, "") for row in _their_rows(result, cells))
    head = ("start", *map(size_text, sizes), ALL, "95 %")
    title = "Improvement, geometric means over programs"
    if has_sizes:
        title += ", by share of the examples"
    return _with_theirs(title, head, own, theirs)


def _by_program(result: Result) -> TableOf:
    """Tabulate programs: the papers' columns beside ours."""
    theirs = [
        (paper, initial)
        for paper, initial in _theirs(result)
        if paper == PREPRINT and result.suite["suite"] == "parrot"
    ]
    rows = []
    for k, program in enumerate(result.programs):
        name = program["name"]
        own = [
            factor(geometric(result.gains(start)[k]))
            for start in result.others
        ]
        said = [_quoted(result, *key, name, ALL) for key in theirs]
        rows.append((name, *own, *said))
    titles = [f"{key[0]}: {_THEIRS[key]}" for key in theirs]
    return TableOf(
        "Improvement by program, geometric means over shares",
        ("program", *_titles(result), *titles),
        tuple(rows),
    )


def _percentiles(result: Result) -> TableOf:
    """Tabulate percentiles over configurations, and the least that improves."""
    own = []
    for name in result.others:
        found = result.gains(name)
        levels = percentiles(found)
        cells = [factor(levels.get(level)) for level in PERCENTILES]
        least = factor(least_improving(found))
        mean = factor(geometric(found))
        own.append((STARTS[name].title, mean, *cells, least))
    statistics = [ALL, *(f"p{level}" for level in PERCENTILES), "MPI"]
    cells = [(ALL, statistic) for statistic in statistics]
    theirs = (
        row
        for row in _their_rows(result, cells)
        if any(cell != "-" for cell in row[2:])
    )
    levels = [f"percentile {level}" for level in PERCENTILES]
    return _with_theirs(
        "Percentiles of the improvement over programs and shares; MPI: the least"
        " percentile that improves",
        ("start", "geometric mean", *levels, "MPI"),
        own,
        theirs,
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


def _fallbacks(result: Result) -> TableOf:
    """Tabulate the programs to which a start is not what it is called."""
    rows = []
    for name in ("random", *result.others):
        found = result.fallbacks[name]
        told = [f"{why}: {n}" for why, n in found.counts.items()]
        title = STARTS[name].title
        rows.append((title, "; ".join(told) or "none", str(found.known)))
    return TableOf(
        "Programs whose start is something else, for the text says nothing to it",
        ("start", "starts as", "programs looked at"),
        tuple(rows),
    )


def _bars_by_size(result: Result) -> GroupedBars:
    sizes = [f"{size:g}" for size in result.sizes]
    series = []
    for name in result.others:
        found = result.sureness(name)
        bars = [
            _bar(result, name, found.over_programs(k), (ALL, size))
            for k, size in enumerate(sizes)
        ]
        bars.append(_bar(result, name, found.over_programs(), (ALL, ALL)))
        series.append(Series(STARTS[name].title, kind_of(name), tuple(bars)))
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
        found = result.sureness(initial)
        bars = [
            _bar(result, initial, found.of_program(k), (name, ALL))
            for k, name in enumerate(names)
        ]
        series.append(
            Series(STARTS[initial].title, kind_of(initial), tuple(bars))
        )
    shown = tuple(_short(name, len(names)) for name in names)
    return GroupedBars(
        "Improvement over random initialisation by program",
        shown,
        tuple(series),
    )


def _short(name: str, count: int) -> str:
    """Keep names from running into each other."""
    room = max(5, 110 // count)
    tail = name.rsplit(":", 1)[-1]
    return tail if len(tail) <= room else f"…{tail[1 - room :]}"


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
    for name, curve in curves:
        title = STARTS[name].title
        figure.line(levels.tolist(), curve, kind_of(name), title)
    return figure
