"""Standard problems with known optima.

In: nothing. Out: `Standard`: a box, a function of one input, the least value there.
Those of `TUNING` may be tuned on; those of `MEASURED` are what is reported.

Sources: S. Surjanovic, D. Bingham, "Virtual Library of Simulation Experiments"; J. J.
Liang et al., "Problem Definitions ... Constrained Real-Parameter Optimization", CEC 2006
(G6, G8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Standard:
    """A problem.

    Args:
        function: inputs `i` -> the objective, then constraints that are fulfilled where
            at most zero.
        best: the least objective.
        whole: which inputs are whole numbers; () for none.
        residuals: whose root mean square is the objective; None where it is no such.
    """

    name: str
    lo: tuple[float, ...]
    hi: tuple[float, ...]
    function: Callable[[np.ndarray], tuple[float, ...]]
    best: float
    whole: tuple[bool, ...] = ()
    residuals: Callable[[np.ndarray], np.ndarray] | None = None


def branin(x):
    a = x[1] - 5.1 / (4 * np.pi**2) * x[0] ** 2 + 5 / np.pi * x[0] - 6
    return (a**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x[0]) + 10,)


_A3 = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
_P3 = 1e-4 * np.array(
    [
        [3689, 1170, 2673],
        [4699, 4387, 7470],
        [1091, 8732, 5547],
        [381, 5743, 8828],
    ]
)
_A6 = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_P6 = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])


def hartmann3(x):
    return (-float(_WEIGHTS @ np.exp(-(_A3 * (x - _P3) ** 2).sum(axis=1))),)


def hartmann6(x):
    return (-float(_WEIGHTS @ np.exp(-(_A6 * (x - _P6) ** 2).sum(axis=1))),)


def rosenbrock(x):
    steps = 100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2
    return (float(steps.sum()),)


def g6(x):
    value = (x[0] - 10) ** 3 + (x[1] - 20) ** 3
    first = -((x[0] - 5) ** 2) - (x[1] - 5) ** 2 + 100
    second = (x[0] - 6) ** 2 + (x[1] - 5) ** 2 - 82.81
    return (value, first, second)


def g8(x):
    top = np.sin(2 * np.pi * x[0]) ** 3 * np.sin(2 * np.pi * x[1])
    # its domain begins at 0, where it is 0 / 0
    bottom = x[0] ** 3 * (x[0] + x[1])
    value = -top / bottom if bottom > 0 else 0.0
    return (value, x[0] ** 2 - x[1] + 1, 1 - x[0] + (x[1] - 4) ** 2)


def whole_rosenbrock(x):
    """Rosenbrock's function of two whole inputs and a real one, moved."""
    moved = np.array([x[0] / 10.0, x[1] / 10.0, x[2]])
    return (rosenbrock(moved)[0] + 0.01 * abs(x[0] - 7),)


def ackley(x):
    first = -20 * np.exp(-0.2 * np.sqrt((x**2).mean()))
    return (first - np.exp(np.cos(2 * np.pi * x).mean()) + 20 + np.e,)


def styblinski(x):
    return (float(0.5 * (x**4 - 16 * x**2 + 5 * x).sum()),)


def levy(x):
    w = 1 + (x - 1) / 4
    first = np.sin(np.pi * w[0]) ** 2
    middle = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2)
    last = (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2)
    return (float(first + middle.sum() + last),)


def ellipsoid(x):
    centre = 0.3 * np.arange(1, len(x) + 1) / len(x)
    return (float((10 ** np.arange(len(x)) * (x - centre) ** 2).sum()),)


def camel(x):
    a = (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2
    return (a + x[0] * x[1] + (-4 + 4 * x[1] ** 2) * x[1] ** 2,)


def disc(x):
    """A line over a disc and a parabola: both constraints decide the optimum."""
    inside = x[0] ** 2 + x[1] ** 2 - 1
    return (x[0] + 2 * x[1], inside, x[0] ** 2 - x[1] - 0.9)


def _box(lo: float, hi: float, n: int):
    return (lo,) * n, (hi,) * n


MEASURED = (
    Standard("branin", (-5, 0), (10, 15), branin, 0.39788735772973816),
    Standard("hartmann3", *_box(0, 1, 3), hartmann3, -3.8627797869493365),
    Standard("hartmann6", *_box(0, 1, 6), hartmann6, -3.322368011415515),
    Standard("rosenbrock4", *_box(-5, 10, 4), rosenbrock, 0.0),
    Standard("g6", (13, 0), (100, 100), g6, -6961.813875580167),
    Standard("g8", (0, 0), (10, 10), g8, -0.095825041418),
    Standard(
        "whole rosenbrock",
        (-50, -50, -5),
        (50, 50, 5),
        whole_rosenbrock,
        0.01 * 3 + 0.0,  # at (10, 10, 1)
        (True, True, False),
    ),
)
TUNING = (
    Standard("ackley3", *_box(-15, 25, 3), ackley, 0.0),
    Standard(
        "styblinski3", *_box(-5, 5, 3), styblinski, -39.16616570377142 * 3
    ),
    Standard("levy4", *_box(-10, 10, 4), levy, 0.0),
    Standard("ellipsoid5", *_box(-1, 1.7, 5), ellipsoid, 0.0),
    Standard("camel", (-3, -2), (3, 2), camel, -1.031628453489877),
    Standard("disc", (-2, -2), (2, 2.5), disc, -1.9196),
)


def problem_named(name: str) -> Standard:
    """Return a problem by its name; those of C programs are built for it."""
    for problem in (*MEASURED, *TUNING):
        if problem.name == name:
            return problem
    from calibration import calibration_named

    return calibration_named(name)
