"""Programs and what is true: formulas with other constants or a missing term, and
measurements of real substances.

In: a generator. Out: inputs, measurements, test inputs and their values.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Array = np.ndarray
HERE = Path(__file__).parent
TESTED = 1000


@dataclass(frozen=True)
class Problem:
    """A program and what it is meant to say.

    Args:
        box: the range of each input.
        program, truth: `n i` -> `n`.
        noise: of measurements, over the spread of what is true.
        measured: (x, y) where rows exist; then `truth` is not asked.
    """

    name: str
    source: str
    box: tuple[tuple[float, float], ...]
    program: Callable[[Array], Array]
    truth: Callable[[Array], Array] | None = None
    noise: float = 0.05
    measured: tuple[Array, Array] | None = None
    where: str = ""

    def split(self, n: int, seed: int) -> tuple[Array, Array, Array, Array]:
        """Draw `n` measurements and what judges: measured rows, or noiseless values."""
        generator = np.random.default_rng([seed, n])
        if self.measured is not None:
            x, y = self.measured
            order = np.random.default_rng(seed).permutation(len(x))
            test = order[200:]
            train = order[:n]
            return x[train], y[train], x[test], y[test]
        assert self.truth is not None
        lo, hi = np.array(self.box).T
        x = generator.uniform(lo, hi, (n, len(lo)))
        test = generator.uniform(lo, hi, (TESTED, len(lo)))
        clean = self.truth(test)
        errors = self.noise * clean.std() * generator.normal(size=n)
        return x, self.truth(x) + errors, test, clean


def borehole(x: Array, factor: float, one: float) -> Array:
    rw, r, tu, hu, tl, hl, length, kw = x.T
    ratio = np.log(r / rw)
    within = one + 2 * length * tu / (ratio * rw**2 * kw) + tu / tl
    return factor * tu * (hu - hl) / (ratio * within)


def currin(x: Array) -> Array:
    a, b = x.T
    fall = 1 - np.exp(-1 / (2 * np.maximum(b, 1e-8)))
    top = 2300 * a**3 + 1900 * a**2 + 2092 * a + 60
    return fall * top / (100 * a**3 + 500 * a**2 + 4 * a + 20)


def currin_low(x: Array) -> Array:
    a, b = x.T
    below = np.maximum(b - 0.05, 0)
    near = [
        (a + 0.05, b + 0.05),
        (a + 0.05, below),
        (a - 0.05, b + 0.05),
        (a - 0.05, below),
    ]
    return np.mean([currin(np.stack(pair, axis=1)) for pair in near], axis=0)


def park(x: Array) -> Array:
    a, b, c, d = x.T
    root = np.sqrt(1 + (b + c**2) * d / a**2)
    return a / 2 * (root - 1) + (a + 3 * d) * np.exp(1 + np.sin(c))


def park_low(x: Array) -> Array:
    a, b, c, _ = x.T
    return (1 + np.sin(a) / 10) * park(x) - 2 * a + b**2 + c**2 + 0.5


def projectile(x: Array) -> Array:
    """How far a ball flies in air: quadratic drag, by steps of 10 ms."""
    speed, angle = x.T
    vx = speed * np.cos(angle)
    vy = speed * np.sin(angle)
    far = np.zeros(len(x))
    high = np.zeros(len(x))
    for _ in range(1200):
        is_up = high >= 0
        drag = 0.006 * np.hypot(vx, vy)
        far = np.where(is_up, far + 0.01 * vx, far)
        high = np.where(is_up, high + 0.01 * vy, high)
        vx = vx - 0.01 * drag * vx
        vy = vy - 0.01 * (9.81 + drag * vy)
    return far


def enzyme(x: Array) -> Array:
    s, inhibitor, celsius = x.T
    rate = 1.15 * np.exp(0.055 * (celsius - 25))
    return rate * s / (0.7 * (1 + inhibitor / 2.0) + s + s**2 / 12)


def enzyme_low(x: Array) -> Array:
    s, inhibitor, celsius = x.T
    rate = np.exp(0.069 * (celsius - 25))
    return rate * s / (0.5 * (1 + inhibitor / 1.5) + s)


def losses(x: Array) -> Array:
    hot, cold, speed = x.T
    convection = (6.5 + 4.2 * speed**0.8) * (hot - cold)
    return convection + 5.1e-8 * (hot**4 - cold**4)


def losses_low(x: Array) -> Array:
    hot, cold, speed = x.T
    return (5.7 + 3.8 * speed) * (hot - cold)


def battery(x: Array) -> Array:
    charge, current, celsius = x.T
    open_ = 3.3 + 0.6 * charge + 0.12 * np.tanh(12 * (charge - 0.08))
    resistance = 0.045 * np.exp(-0.018 * (celsius - 25))
    return open_ - current * resistance * (1 + 0.6 * (1 - charge) ** 4)


def battery_low(x: Array) -> Array:
    charge, current, _ = x.T
    return 3.4 + 0.6 * charge - 0.04 * current


def vaporization(x: Array) -> Array:
    tb, tc, pc = x.T
    top = 1.093 * 8.314462618 * tb * (np.log(pc / 101325.0) - 1.013)
    return top / (0.930 - tb / tc)


def critical_volume(x: Array) -> Array:
    tc, pc, _ = x.T
    return 1e6 * 0.375 * 8.314462618 * tc / pc


def measured(path: Path, *columns: str) -> tuple[Array, Array]:
    """Read rows of a table; the last column is the output."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    found = np.array([[float(row[k]) for k in columns] for row in rows])
    return found[:, :-1], found[:, -1]


def real(name: str, source: str, program, rows, where: str = "") -> Problem:
    x, y = rows
    ends = (x.min(axis=0).tolist(), x.max(axis=0).tolist())
    box = tuple(zip(*ends, strict=True))
    return Problem(name, source, box, program, measured=rows, where=where)


def problems() -> list[Problem]:
    heat = measured(HERE / "vaporization.csv", "tb", "tc", "pc", "hvap")
    path = HERE.parents[1] / "examples" / "case_study" / "critical_volume.csv"
    volumes = measured(path, "tc", "pc", "mass", "vc")
    return [
        Problem(
            "borehole",
            "two fidelities: Xiong, Qian, Wu (2013)",
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
            lambda x: borehole(x, 5.0, 1.5),
            lambda x: borehole(x, 2 * np.pi, 1.0),
        ),
        Problem(
            "currin",
            "two fidelities: Xiong, Qian, Wu (2013)",
            ((0.05, 0.95), (0.05, 0.95)),
            currin_low,
            currin,
        ),
        Problem(
            "park",
            "two fidelities: Xiong, Qian, Wu (2013)",
            ((0.1, 1), (0, 1), (0, 1), (0, 1)),
            park_low,
            park,
        ),
        Problem(
            "projectile",
            "a missing term: drag",
            ((10, 60), (0.2, 1.3)),
            lambda x: x[:, 0] ** 2 * np.sin(2 * x[:, 1]) / 9.81,
            projectile,
            noise=0.02,
        ),
        Problem(
            "enzyme",
            "other constants, and inhibition by the substrate is missing",
            ((0.1, 10), (0, 5), (10, 40)),
            enzyme_low,
            enzyme,
        ),
        Problem(
            "losses",
            "other constants, and radiation is missing",
            ((300, 600), (270, 300), (0, 10)),
            losses_low,
            losses,
            noise=0.02,
        ),
        Problem(
            "battery",
            "one input is not in the program",
            ((0.02, 1), (0, 5), (-10, 45)),
            battery_low,
            battery,
            noise=0.05,
        ),
        real(
            "vaporization",
            "real: Riedel (1954); CRC Handbook, 265 substances",
            vaporization,
            heat,
            where="x1 < 0.85 * x2",
        ),
        real(
            "critical_volume",
            "real: van der Waals (1873); IUPAC, 421 substances",
            critical_volume,
            volumes,
        ),
    ]
