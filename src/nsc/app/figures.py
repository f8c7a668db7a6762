"""Runs a program and its surrogate side by side, for the figures of the report's page.

In: program, surrogate, oracle, verified outputs. Out: `Figures`, and how many runs they
took. Non-goals: drawing (report).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.errors import OracleError
from nsc.oracle import Oracle, run_oracle
from nsc.program import Program, as_returned, with_whole_inputs
from nsc.report import Curve, Figures, HeatMap, Histogram
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
        return as_returned(self.program, self.surrogate(x))


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
        if len(pair.surrogate.lo) == 2:
            maps, runs = _heat_maps(pair, share)
        else:
            curves, runs = _curves(pair, share)
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


def _histogram(error: np.ndarray) -> Histogram:
    """Count errors `n o` in bars of one width around zero."""
    error = error.ravel()
    reach = float(np.quantile(np.abs(error), HISTOGRAM_SHARE)) or 1e-12
    within = np.clip(error, -reach, reach)
    counts, edges = np.histogram(within, HISTOGRAM_BARS, (-reach, reach))
    return Histogram(tuple(edges.tolist()), tuple(counts.tolist()))


def _curves(pair: Pair, share: float) -> tuple[list[Curve], int]:
    """Run both along each input, the others at the middle of their range."""
    curves: list[Curve] = []
    runs = 0
    points = round(CURVE_POINTS * share)
    if points < FEWEST_POINTS:
        return curves, runs
    for k in range(len(pair.surrogate.input_names)):
        if len(curves) >= MAX_CURVES:
            break
        x = _line(pair, k, points)
        y, predicted = pair.run(x)
        runs += len(x)
        curves += _curves_along(pair.surrogate, k, x[:, k], y, predicted)
    return curves, runs


def _line(pair: Pair, k: int, points: int) -> np.ndarray:
    """Return inputs `n i` along input k."""
    surrogate = pair.surrogate
    middle = (surrogate.lo + surrogate.hi) / 2
    [start] = with_whole_inputs(pair.program, middle[None])
    x = np.tile(start, (points, 1))
    x[:, k] = np.linspace(surrogate.lo[k], surrogate.hi[k], points)
    return with_whole_inputs(pair.program, x)


def _curves_along(
    surrogate: Surrogate,
    k: int,
    x: np.ndarray,
    y: np.ndarray,
    predicted: np.ndarray,
) -> list[Curve]:
    """Name the curves along input k, one an output: `n`, `n o` and `n o`."""
    name = surrogate.input_names[k]
    rest = ", the rest mid-range" if len(surrogate.lo) > 1 else ""
    return [
        Curve(
            title=f"{output} along {name}{rest}",
            input=name,
            output=output,
            x=tuple(x.tolist()),
            program=tuple(y[:, j].tolist()),
            surrogate=tuple(predicted[:, j].tolist()),
        )
        for j, output in enumerate(surrogate.output_names)
    ]


def _heat_maps(pair: Pair, share: float) -> tuple[list[HeatMap], int]:
    """Run both on a grid over two inputs."""
    surrogate = pair.surrogate
    side = round(MAP_SIDE * share**0.5)
    if side < FEWEST_POINTS:
        return [], 0
    limits = zip(surrogate.lo, surrogate.hi, strict=True)
    first_axis, second_axis = (np.linspace(lo, hi, side) for lo, hi in limits)
    second, first = np.meshgrid(second_axis, first_axis, indexing="ij")
    grid = np.stack([first.ravel(), second.ravel()], axis=1)
    x = with_whole_inputs(pair.program, grid)
    y, predicted = pair.run(x)
    maps = [
        HeatMap(
            output=name,
            x=surrogate.input_names[0],
            y=surrogate.input_names[1],
            program=_rows(y[:, j].reshape(side, side)),
            surrogate=_rows(predicted[:, j].reshape(side, side)),
        )
        for j, name in enumerate(surrogate.output_names)
    ]
    return maps, len(x)
