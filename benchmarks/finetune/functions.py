"""Standard test functions of surrogate modelling and numerical integration, on [-1,
1]^i.

Each is (inputs, function of an `n i` array). Ranges of the literature are mapped from
[-1, 1]; sources: Genz (1984), Franke (1979), Friedman (1991), Ishigami and Homma
(1990), Surjanovic and Bingham's library of simulation experiments.
"""

import numpy as np


def to(x, lo, hi):
    return lo + (hi - lo) * (x + 1) / 2


def franke(x):
    a, b = 9 * to(x[:, 0], 0, 1), 9 * to(x[:, 1], 0, 1)
    return (
        0.75 * np.exp(-((a - 2) ** 2 + (b - 2) ** 2) / 4)
        + 0.75 * np.exp(-((a + 1) ** 2) / 49 - (b + 1) / 10)
        + 0.5 * np.exp(-((a - 7) ** 2 + (b - 3) ** 2) / 4)
        - 0.2 * np.exp(-((a - 4) ** 2) - (b - 7) ** 2)
    )


def branin(x):
    a, b = to(x[:, 0], -5, 10), to(x[:, 1], 0, 15)
    return (
        (b - 5.1 * a**2 / (4 * np.pi**2) + 5 * a / np.pi - 6) ** 2
        + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a)
        + 10
    )


def camel(x):
    a, b = 2 * x[:, 0], x[:, 1]
    return (4 - 2.1 * a**2 + a**4 / 3) * a**2 + a * b + (-4 + 4 * b**2) * b**2


def lim(x):
    a, b = (x[:, :2].T + 1) / 2
    return ((30 + 5 * a * np.sin(5 * a)) * (4 + np.exp(-5 * b)) - 100) / 6


def currin(x):
    a, b = (x[:, :2].T + 1) / 2 + 1e-3
    return (
        (1 - np.exp(-1 / (2 * b)))
        * (2300 * a**3 + 1900 * a**2 + 2092 * a + 60)
        / (100 * a**3 + 500 * a**2 + 4 * a + 20)
    )


def ishigami(x):
    a, b, c = np.pi * x[:, :3].T / 2
    return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


def friedman(x):
    a, b, c, d, e = (x[:, :5].T + 1) / 2
    return 10 * np.sin(np.pi * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e


def impedance(x):
    r, f, inductance, c = (
        to(x[:, 0], 0, 100),
        to(x[:, 1], 40, 560) * np.pi,
        to(x[:, 2], 0, 1),
        to(x[:, 3], 1, 11),
    )
    return np.sqrt(r**2 + (f * inductance - 1 / (f * c)) ** 2)


def borehole(x):
    rw, r = to(x[:, 0], 0.05, 0.15), to(x[:, 1], 100, 50000)
    tu, hu, tl, hl = (
        to(x[:, 2], 63070, 115600),
        to(x[:, 3], 990, 1110),
        to(x[:, 4], 63.1, 116),
        to(x[:, 5], 700, 820),
    )
    length, kw = to(x[:, 6], 1120, 1680), to(x[:, 7], 9855, 12045)
    log = np.log(r / rw)
    return (
        2
        * np.pi
        * tu
        * (hu - hl)
        / (log * (1 + 2 * length * tu / (log * rw**2 * kw) + tu / tl))
    )


def piston(x):
    m, s, v0 = (
        to(x[:, 0], 30, 60),
        to(x[:, 1], 0.005, 0.02),
        to(x[:, 2], 0.002, 0.01),
    )
    k, p0, ta, t0 = (
        to(x[:, 3], 1000, 5000),
        to(x[:, 4], 9e4, 11e4),
        to(x[:, 5], 290, 296),
        to(x[:, 6], 340, 360),
    )
    a = p0 * s + 19.62 * m - k * v0 / s
    v = s / (2 * k) * (np.sqrt(a**2 + 4 * k * p0 * v0 * ta / t0) - a)
    return 2 * np.pi * np.sqrt(m / (k + s**2 * p0 * v0 * ta / (t0 * v**2)))


def otl(x):
    b1, b2, f = to(x[:, 0], 50, 150), to(x[:, 1], 25, 70), to(x[:, 2], 0.5, 3)
    c1, c2, beta = (
        to(x[:, 3], 1.2, 2.5),
        to(x[:, 4], 0.25, 1.2),
        to(x[:, 5], 50, 300),
    )
    vb, t = 12 * b2 / (b1 + b2), beta * (c2 + 9)
    return (
        (vb + 0.74) * t / (t + f)
        + 11.35 * f / (t + f)
        + 0.74 * f * t / ((t + f) * c1)
    )


def robot_arm(x):
    angles, lengths = (
        np.cumsum(np.pi / 2 * x[:, :3], axis=1),
        to(x[:, 3:6], 0, 1),
    )
    return np.hypot(
        (lengths * np.cos(angles)).sum(1), (lengths * np.sin(angles)).sum(1)
    )


FUNCTIONS = {
    "runge": (1, lambda x: 1 / (1 + 25 * x[:, 0] ** 2)),
    "forrester": (
        1,
        lambda x: (3 * x[:, 0] + 1) ** 2 * np.sin(6 * x[:, 0] + 2),
    ),
    "higdon": (
        1,
        lambda x: (
            np.sin(to(x[:, 0], 0, 6.28))
            + 0.2 * np.sin(4 * to(x[:, 0], 0, 6.28))
        ),
    ),
    "bump": (1, lambda x: np.exp(-12 * (x[:, 0] - 0.2) ** 2)),
    "step": (1, lambda x: np.tanh(8 * x[:, 0] - 1)),
    "cusp": (1, lambda x: np.abs(x[:, 0]) ** 1.5),
    "damped": (1, lambda x: np.exp(-x[:, 0]) * np.cos(4 * x[:, 0])),
    "franke": (2, franke),
    "branin": (2, branin),
    "camel": (2, camel),
    "lim": (2, lim),
    "currin": (2, currin),
    "saddle": (2, lambda x: x[:, 0] * x[:, 1]),
    "rosenbrock": (
        2,
        lambda x: np.log(
            1
            + (1 - 2 * x[:, 0]) ** 2
            + 100 * (x[:, 1] - 4 * x[:, 0] ** 2) ** 2
        ),
    ),
    "ripple": (2, lambda x: np.sin(6 * np.hypot(x[:, 0], x[:, 1]) + 1e-9)),
    "bearing": (2, lambda x: np.arctan2(x[:, 1], 1.5 + x[:, 0])),
    "ishigami": (3, ishigami),
    "friedman": (5, friedman),
    "impedance": (4, impedance),
    "otl": (6, otl),
    "robot arm": (6, robot_arm),
    "piston": (7, piston),
    "borehole": (8, borehole),
    "gaussian peak": (4, lambda x: np.exp(-((x[:, :4] - 0.3) ** 2).sum(1))),
    "oscillatory": (5, lambda x: np.cos(1 + 0.8 * x[:, :5].sum(1))),
    "corner peak": (3, lambda x: (1 + (x[:, :3] + 1).sum(1) / 2) ** -4.0),
}
