"""Runs a program and its surrogate side by side, for the figures of the report's page.

What conditions between inputs leave out is not run, and stays blank. Of a sample's inputs
there are no curves or maps: most of these would be far from any of its rows.

In: program, surrogate, oracle, verified outputs. Out: `Figures`, and how many runs they
took. Non-goals: drawing (report).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.errors import OracleError
from nsc.oracle import Oracle, run_oracle
from nsc.program import Program, as_returned, with_whole_inputs
from nsc.report import Curve, Figures, HeatMap, Histogram, RowWithGaps
from nsc.surrogate import Surrogate

CURVE_POINTS = 121
MAP_SIDE = 36
FEWEST_POINTS = 9  # of a curve, and of a map's side
SCATTER_POINTS = 300
HISTOGRAM_BARS = 41
HISTOGRAM_SHARE = 0.995  # of errors; the rest is counted in the outermost bars
MAX_CURVES = 12


@dataclass(frozen=True)
class Pair:
    """A program and its surrogate, to be run on the same inputs."""

    program: Program
    surrogate: Surrogate
    oracle: Oracle

    def run(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run both on `n i`: the program's outputs and the surrogate's, each `n o`.

        Raises:
            OracleError: the program fails on some of the inputs.
        """
        y = run_oracle(self.oracle, x, len(self.surrogate.output_names))
        return y, self.predicted(x)

    def predicted(self, x: np.ndarray) -> np.ndarray:
        """Return what the surrogate gives on `n i`, as the outputs' types hold it."""
        return as_returned(self.program, self.surrogate.evaluate(x))


def figures_of(
    pair: Pair, x: np.ndarray, y: np.ndarray, *, share: float = 1.0
) -> tuple[Figures, int]:
    """Collect the series of all figures.

    Args:
        x, y: verification inputs and the program's outputs, `n i` and `n o`.
        share: of the runs that a cheap program is worth; too few make no figure.

    Returns:
        The series, and the program runs that they took.
    """
    curves: list[Curve] = []
    maps: list[HeatMap] = []
    runs = 0
    try:
        if pair.program.drawing.sample is not None:
            pass
        elif len(pair.surrogate.lo) == 2:
            maps, runs = _heat_maps(pair, share)
        else:
            curves, runs = _curves(pair, x, share)
    except OracleError:
        # the program fails on the edge of its domain; the page goes without them
        pass
    predicted = pair.predicted(x)
    figures = Figures(
        curves=tuple(curves),
        heat_maps=tuple(maps),
        truth=_rows(y[:SCATTER_POINTS]),
        predicted=_rows(predicted[:SCATTER_POINTS]),
        histogram=_histogram(predicted - y),
    )
    return figures, runs


def _rows(values: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in values.tolist())


def _with_gaps(values: np.ndarray, is_there: np.ndarray) -> RowWithGaps:
    """Put the values of those inputs that were run in their places; None elsewhere."""
    found: list[float | None] = [None] * len(is_there)
    for k, value in zip(np.flatnonzero(is_there), values, strict=True):
        found[int(k)] = float(value)
    return tuple(found)


def _histogram(error: np.ndarray) -> Histogram:
    """Count errors `n o` in bars of one width around zero."""
    error = error.ravel()
    reach = float(np.quantile(np.abs(error), HISTOGRAM_SHARE)) or 1e-12
    within = np.clip(error, -reach, reach)
    counts, edges = np.histogram(within, HISTOGRAM_BARS, (-reach, reach))
    return Histogram(tuple(edges.tolist()), tuple(counts.tolist()))


def _curves(
    pair: Pair, inside: np.ndarray, share: float
) -> tuple[list[Curve], int]:
    """Run both along each input, the others at the middle of their range.

    Args:
        inside: inputs `n i` that fulfil all conditions.
    """
    curves: list[Curve] = []
    runs = 0
    points = round(CURVE_POINTS * share)
    if points < FEWEST_POINTS:
        return curves, runs
    start, rest = _start(pair, inside)
    for k in range(len(pair.surrogate.input_names)):
        if len(curves) >= MAX_CURVES:
            break
        x = _line(pair, start, k, points)
        is_there = pair.program.drawing.holds(x)
        if is_there.sum() < FEWEST_POINTS:
            continue
        y, predicted = pair.run(x[is_there])
        runs += len(y)
        curves += [
            Curve(
                title=title,
                input=pair.surrogate.input_names[k],
                output=pair.surrogate.output_names[j],
                x=tuple(x[:, k].tolist()),
                program=_with_gaps(y[:, j], is_there),
                surrogate=_with_gaps(predicted[:, j], is_there),
                is_log=pair.program.drawing.is_log(k) or None,
            )
            for j, title in enumerate(_titles(pair.surrogate, k, rest))
        ]
    return curves, runs


def _titles(surrogate: Surrogate, k: int, rest: str) -> list[str]:
    """Name the curves along input k, one an output."""
    name = surrogate.input_names[k]
    return [
        f"{output} along {name}{rest}" for output in surrogate.output_names
    ]


def _axis(pair: Pair, k: int, points: int) -> np.ndarray:
    """Return values of input k from lo to hi; in equal ratios where it is logarithmic."""
    lo = pair.surrogate.lo[k]
    hi = pair.surrogate.hi[k]
    space = np.geomspace if pair.program.drawing.is_log(k) else np.linspace
    return space(lo, hi, points)


def _middle(pair: Pair, k: int) -> float:
    """Return the middle of what input k ranges over, as it is drawn."""
    return float(_axis(pair, k, 3)[1])


def _start(pair: Pair, inside: np.ndarray) -> tuple[np.ndarray, str]:
    """Return the input that all curves go through, `i`, and what titles say of it.

    It is the middle of all ranges, or the nearest of other inputs where conditions leave
    that out.
    """
    surrogate = pair.surrogate
    n_inputs = len(surrogate.lo)
    middle = np.array([_middle(pair, k) for k in range(n_inputs)])
    [start] = with_whole_inputs(pair.program, middle[None])
    rest = ", the rest mid-range" if n_inputs > 1 else ""
    if not len(inside) or pair.program.drawing.holds(start[None])[0]:
        return start, rest
    away = (inside - start) / (surrogate.hi - surrogate.lo)
    nearest = inside[int(np.argmin((away**2).sum(axis=1)))]
    return nearest, rest and ", the rest near mid-range"


def _line(pair: Pair, start: np.ndarray, k: int, points: int) -> np.ndarray:
    """Return inputs `n i` along input k."""
    x = np.tile(start, (points, 1))
    x[:, k] = _axis(pair, k, points)
    return with_whole_inputs(pair.program, x)


def _heat_maps(pair: Pair, share: float) -> tuple[list[HeatMap], int]:
    """Run both on a grid over two inputs."""
    surrogate = pair.surrogate
    side = round(MAP_SIDE * share**0.5)
    if side < FEWEST_POINTS:
        return [], 0
    first_axis, second_axis = (_axis(pair, k, side) for k in (0, 1))
    second, first = np.meshgrid(second_axis, first_axis, indexing="ij")
    grid = np.stack([first.ravel(), second.ravel()], axis=1)
    x = with_whole_inputs(pair.program, grid)
    is_there = pair.program.drawing.holds(x)
    if not is_there.any():
        return [], 0
    y, predicted = pair.run(x[is_there])
    log = [pair.program.drawing.is_log(k) for k in (0, 1)]
    labels = [
        f"{name} (logarithmic)" if is_log else name
        for name, is_log in zip(surrogate.input_names, log, strict=True)
    ]

    def cells(values: np.ndarray) -> tuple[RowWithGaps, ...]:
        row = _with_gaps(values, is_there)
        return tuple(row[k : k + side] for k in range(0, len(row), side))

    maps = [
        HeatMap(
            output=name,
            x=labels[0],
            y=labels[1],
            program=cells(y[:, j]),
            surrogate=cells(predicted[:, j]),
        )
        for j, name in enumerate(surrogate.output_names)
    ]
    return maps, len(y)
