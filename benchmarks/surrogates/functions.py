"""Functions that surrogates are customarily tried on, on their customary domains.

In: nothing. Out: `FUNCTIONS`, by name: a function of columns, and its box.

Source: S. Surjanovic, D. Bingham, "Virtual Library of Simulation Experiments: Test
Functions and Datasets", sfu.ca/~ssurjano.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Box = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Function:
    """One function: columns of inputs -> a column."""

    of: Callable[..., np.ndarray]
    box: Box

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self.of(*x.T))


def forrester(x):
    return (6 * x - 2) ** 2 * np.sin(12 * x - 4)


def gramacy_lee(x):
    return np.sin(10 * np.pi * x) / (2 * x) + (x - 1) ** 4


def branin(x, y):
    b = 5.1 / (4 * np.pi**2)
    bent = y - b * x * x + 5 / np.pi * x - 6
    return bent**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10


def six_hump_camel(x, y):
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


def franke(x, y):
    u = 9 * x
    v = 9 * y
    return (
        0.75 * np.exp(-((u - 2) ** 2 + (v - 2) ** 2) / 4)
        + 0.75 * np.exp(-((u + 1) ** 2) / 49 - (v + 1) / 10)
        + 0.5 * np.exp(-((u - 7) ** 2 + (v - 3) ** 2) / 4)
        - 0.2 * np.exp(-((u - 4) ** 2) - (v - 7) ** 2)
    )


def ishigami(x, y, z):
    return np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)


def _hartmann(a, p, x):
    weights = np.array([1.0, 1.2, 3.0, 3.2])
    far = sum(
        np.outer(a[:, k], np.ones(len(x[0])))
        * (x[k][None] - p[:, k][:, None]) ** 2
        for k in range(len(x))
    )
    return -(weights[:, None] * np.exp(-far)).sum(axis=0)


def hartmann3(*x):
    a = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
    p = 1e-4 * np.array(
        [
            [3689, 1170, 2673],
            [4699, 4387, 7470],
            [1091, 8732, 5547],
            [381, 5743, 8828],
        ]
    )
    return _hartmann(a, p, x)


def hartmann6(*x):
    a = np.array(
        [
            [10, 3, 17, 3.5, 1.7, 8],
            [0.05, 10, 17, 0.1, 8, 14],
            [3, 3.5, 1.7, 10, 17, 8],
            [17, 8, 0.05, 10, 0.1, 14],
        ]
    )
    p = 1e-4 * np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    )
    return _hartmann(a, p, x)


def friedman(a, b, c, d, e):
    return 10 * np.sin(np.pi * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e


def otl_circuit(rb1, rb2, rf, rc1, rc2, beta):
    vb1 = 12 * rb2 / (rb1 + rb2)
    drain = beta * (rc2 + 9)
    return (
        (vb1 + 0.74) * drain / (drain + rf)
        + 11.35 * rf / (drain + rf)
        + 0.74 * rf * drain / ((drain + rf) * rc1)
    )


def piston(mass, area, volume, spring, pressure, ambient, gas):
    a = pressure * area + 19.62 * mass - spring * volume / area
    v = area / (2 * spring)
    v = v * (
        np.sqrt(a**2 + 4 * spring * pressure * volume / gas * ambient) - a
    )
    stiff = spring + area**2 * pressure * volume / gas * ambient / v**2
    return 2 * np.pi * np.sqrt(mass / stiff)


def borehole(rw, r, tu, hu, tl, hl, length, kw):
    ratio = np.log(r / rw)
    slow = 1 + 2 * length * tu / (ratio * rw**2 * kw) + tu / tl
    return 2 * np.pi * tu * (hu - hl) / (ratio * slow)


def robot_arm(a, b, c, d, p, q, r, s):
    turns = np.cumsum([a, b, c, d], axis=0)
    lengths = np.array([p, q, r, s])
    u = (lengths * np.cos(turns)).sum(axis=0)
    v = (lengths * np.sin(turns)).sum(axis=0)
    return np.sqrt(u**2 + v**2)


def wing_weight(sw, wfw, a, sweep, q, taper, tc, nz, wdg):
    cos = np.cos(np.deg2rad(sweep))
    return (
        0.036
        * sw**0.758
        * wfw**0.0035
        * (a / cos**2) ** 0.6
        * q**0.006
        * taper**0.04
        * (100 * tc / cos) ** -0.3
        * (nz * wdg) ** 0.49
    )


_UNIT = (0.0, 1.0)
_TURN = (0.0, 2 * np.pi)
FUNCTIONS: dict[str, Function] = {
    "forrester": Function(forrester, (_UNIT,)),
    "gramacy_lee": Function(gramacy_lee, ((0.5, 2.5),)),
    "branin": Function(branin, ((-5, 10), (0, 15))),
    "six_hump_camel": Function(six_hump_camel, ((-2, 2), (-1, 1))),
    "franke": Function(franke, (_UNIT,) * 2),
    "ishigami": Function(ishigami, ((-np.pi, np.pi),) * 3),
    "hartmann3": Function(hartmann3, (_UNIT,) * 3),
    "friedman": Function(friedman, (_UNIT,) * 5),
    "hartmann6": Function(hartmann6, (_UNIT,) * 6),
    "otl_circuit": Function(
        otl_circuit,
        ((50, 150), (25, 70), (0.5, 3), (1.2, 2.5), (0.25, 1.2), (50, 300)),
    ),
    "piston": Function(
        piston,
        (
            (30, 60),
            (0.005, 0.02),
            (0.002, 0.01),
            (1000, 5000),
            (90000, 110000),
            (290, 296),
            (340, 360),
        ),
    ),
    "borehole": Function(
        borehole,
        (
            (0.05, 0.15),
            (100, 50000),
            (63070, 115600),
            (990, 1110),
            (63.1, 116),
            (700, 820),
            (1120, 1680),
            (9855, 12045),
        ),
    ),
    "robot_arm": Function(robot_arm, (_TURN,) * 4 + (_UNIT,) * 4),
    "wing_weight": Function(
        wing_weight,
        (
            (150, 200),
            (220, 300),
            (6, 10),
            (-10, 10),
            (16, 45),
            (0.5, 1),
            (0.08, 0.18),
            (2.5, 6),
            (1700, 2500),
        ),
    ),
}
