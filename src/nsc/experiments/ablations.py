"""Ablations: which programs gain, whether starts only remember, two arms compared.

In: `Result`s. Out: tables and a figure. Non-goals: measuring.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from nsc.experiments.groups import traits_groups
from nsc.experiments.names import factor, kind_of, size_text
from nsc.experiments.results import Result
from nsc.experiments.starts import STARTS
from nsc.experiments.statistics import NAN, geometric
from nsc.report import Figure, TableOf, axis_for

BINS = 8  # of programs, by similarity; as many in each
FEWEST = 16  # programs that are worth bins
NEAREST = 1e-4  # 1 - cosine: embeddings are kept in 16 bits


def traits_tables(result: Result) -> Iterator[TableOf]:
    """Tabulate improvements by length, calls and similarity to training programs."""
    names = result.others
    rows = []
    for group, chosen in traits_groups(result.programs):
        cells = []
        for name in names:
            values = result.gains(name)[chosen]
            kept = values[np.isfinite(values)]
            median = float(np.median(kept)) if len(kept) else NAN
            cells.append(f"{factor(geometric(values))} / {factor(median)}")
        rows.append((group, str(int(chosen.sum())), *cells))
    if rows:
        titles = [STARTS[name].title for name in names]
        yield TableOf(
            "By length, calls of the mathematical library, and cosine of the most"
            " similar training program: geometric mean / median",
            ("group", "programs", *titles),
            tuple(rows),
        )


def memory_figure(result: Result) -> Figure | None:
    """Draw improvement by distance: what only remembers falls to 1 far away.

    Returns:
        None where too few programs have an embedding.
    """
    cosine = np.array(
        [p["cosine"] if p.get("cosine") else NAN for p in result.programs]
    )
    known = np.flatnonzero(np.isfinite(cosine))
    if len(known) < FEWEST:
        return None
    order = known[np.argsort(cosine[known], kind="stable")]
    bins = np.array_split(order, BINS)
    xs = [max(1 - float(cosine[b].mean()), NEAREST) for b in bins]
    curves = {
        name: [geometric(result.gains(name)[b]) for b in bins]
        for name in result.others
    }
    values = [v for curve in curves.values() for v in curve]
    figure = Figure(
        "Improvement by distance to the training set",
        axis_for(xs, "1 - cosine, of eighths of the programs", log=True),
        axis_for([*values, 1.0], "improvement", log=True),
    )
    figure.line([min(xs), max(xs)], [1.0, 1.0], "one")
    for name, curve in curves.items():
        figure.line(xs, curve, kind_of(name), STARTS[name].title)
    return figure


def arms_table(result: Result, results: Sequence[Result]) -> Iterator[TableOf]:
    """Tabulate how much larger this arm's losses are than the other's."""
    other = _other_arm(result, results)
    if other is None:
        return
    sizes = result.sizes
    rows = []
    for name in ("random", *result.others):
        if name in other.runs and other.sizes == sizes:
            ratio = _ratio(result, other, name)
            cells = [factor(geometric(column)) for column in ratio.T]
            rows.append((STARTS[name].title, *cells, factor(geometric(ratio))))
    yield TableOf(
        f"{result.experiment.title}: losses over those of"
        f" {other.experiment.title.lower()}, geometric means over programs; above 1"
        f" the latter is better",
        ("start", *map(size_text, sizes), "all"),
        tuple(rows),
    )


def _other_arm(result: Result, results: Sequence[Result]) -> Result | None:
    key = (
        result.experiment.compared_with,
        result.suite["suite"],
        result.optimizer,
    )
    for other in results:
        here = other.experiment.name, other.suite["suite"], other.optimizer
        if here == key:
            return other
    return None


def _ratio(result: Result, other: Result, name: str) -> np.ndarray:
    """Divide mean losses over the trials that both arms have, `program size`."""
    pair = result.runs[name].values, other.runs[name].values
    count = min(values.shape[2] for values in pair)
    mine, theirs = (
        np.maximum(values[:, :, :count].mean(axis=2), r.floor)
        for values, r in zip(pair, (result, other), strict=True)
    )
    return mine / theirs


def values_table(result: Result) -> TableOf:
    """Tabulate what is measured, means over trials, by program and start."""
    rows = []
    for k, program in enumerate(result.programs):
        for name in ("random", *result.others):
            means = result.runs[name].values[k].mean(axis=1)
            if np.isfinite(means).any():
                title = f"{program['name']}: {STARTS[name].title}"
                rows.append((title, *map(_value, means)))
    return TableOf(
        f"{result.experiment.unit}, means over trials, by share of the examples",
        ("program: start", *map(size_text, result.sizes)),
        tuple(rows),
    )


def _value(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "-"
