"""Examples of C as calibration problems: constants that measurements are to tell.

In: a name. Out: `Standard`, its function the root mean squared error over measurements.
The macros are made variables, and the file is built as a library. Measurements are the
program's own with other constants, and 1 % of noise.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from problems import Standard

DEAR = Path(__file__).parents[2] / "examples" / "dear"
ROWS = 24
NOISE = 0.01
SEED = 7


@dataclass(frozen=True)
class Calibration:
    """A calibration problem.

    Args:
        function: of the file, all of whose parameters are doubles.
        domain: of the parameters.
        constants: macro -> (lo, hi, what it is in truth).
        tuned: the same of parameters, by their place.
    """

    function: str
    domain: tuple[tuple[float, float], ...]
    constants: dict[str, tuple[float, float, float]]
    tuned: dict[int, tuple[float, float, float]]


CALIBRATIONS = {
    "battery": Calibration(
        "energy_delivered",
        ((1, 6), (0, 40), (0.5, 1), (0, 0.3)),
        {"CAPACITY": (2, 4, 2.7), "CUTOFF": (2.7, 3.3, 3.05)},
        {3: (0, 0.3, 0.12)},
    ),
    "projectile": Calibration(
        "range_of_shot",
        ((50, 300), (20, 70), (2, 10), (-10, 10)),
        {
            "DRAG_COEFFICIENT": (0.2, 0.8, 0.39),
            "SCALE_HEIGHT": (4000, 12000, 7600),
            "GRAVITY": (9.0, 10.5, 9.71),
        },
        {},
    ),
    "van_der_pol": Calibration(
        "displacement",
        ((0.5, 3), (0, 1.5), (0.5, 2), (-2, 2)),
        {"END": (5, 7, 5.7)},
        {0: (0.5, 3, 1.3), 1: (0, 1.5, 0.6)},
    ),
}


class Program:
    """A C file as a library, its constants variables."""

    def __init__(self, name: str, case: Calibration):
        text = (DEAR / f"{name}.c").read_text()
        for macro in case.constants:
            pattern = rf"#define {macro} ([-\d.e]+)"
            text = re.sub(pattern, rf"double {macro} = \1;", text)
        folder = Path(tempfile.mkdtemp())
        source = folder / "program.c"
        source.write_text(text)
        library = folder / "program.so"
        words = ["cc", "-O2", "-shared", "-fPIC", str(source), "-lm"]
        subprocess.run(
            [sys.executable, "-m", "ziglang", *words, "-o", str(library)],
            check=True,
            capture_output=True,
        )
        self.library = ctypes.CDLL(str(library))
        self.call = getattr(self.library, case.function)
        self.call.restype = ctypes.c_double
        self.call.argtypes = [ctypes.c_double] * len(case.domain)
        self.case = case

    def outputs(self, tuned: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the outputs at rows of parameters."""
        n = len(self.case.constants)
        for macro, value in zip(self.case.constants, tuned[:n], strict=True):
            ctypes.c_double.in_dll(self.library, macro).value = float(value)
        x = x.copy()
        x[:, list(self.case.tuned)] = tuned[n:]
        return np.array([self.call(*row) for row in x])


class Residuals:
    """The errors of a program beside measurements."""

    def __init__(self, name: str):
        case = CALIBRATIONS[name]
        self.program = Program(name, case)
        generator = np.random.default_rng(SEED)
        lo, hi = np.array(case.domain, float).T
        self.x = generator.uniform(lo, hi, (ROWS, len(lo)))
        self.ranges = [*case.constants.values(), *case.tuned.values()]
        truth = np.array([each[2] for each in self.ranges])
        y = self.program.outputs(truth, self.x)
        self.y = y + NOISE * y.std() * generator.normal(size=ROWS)

    def __call__(self, tuned: np.ndarray) -> np.ndarray:
        """Return the errors, over the spread of the measurements."""
        found = self.program.outputs(tuned, self.x)
        return (found - self.y) / self.y.std()


def calibration_named(name: str) -> Standard:
    """Build a calibration problem."""
    residuals = Residuals(name)

    def error(tuned: np.ndarray) -> tuple[float]:
        return (float(np.sqrt((residuals(tuned) ** 2).mean())),)

    lo = tuple(each[0] for each in residuals.ranges)
    hi = tuple(each[1] for each in residuals.ranges)
    return Standard(name, lo, hi, error, 0.0, residuals=residuals)
