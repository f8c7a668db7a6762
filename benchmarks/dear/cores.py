"""Runs of a dear program per second, on one core and on more; the bits must be the same.

Run: .venv/bin/python benchmarks/dear/cores.py [--runs 64] [--steps 20000000] [--tries 3]

The program integrates an oscillator, some tenths of a second a call in the sandbox. Each
count of workers has its tries in turn with the others, and its best one counts: what else
runs on the machine only adds. The start of the processes is in it.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np

from nsc.app.executable import SandboxExecutable
from nsc.errors import OracleError
from nsc.program import parse_program
from nsc.runs import Runner
from nsc.sandbox import Built, RunLimits, build, price_of

PROGRAM = """double f(double a, double b) {
  double s = a, v = b;
  for (int i = 0; i < STEPS; i++) {
    double force = -s - 0.1 * v * v * v;
    v += 1e-6 * force;
    s += 1e-6 * v;
  }
  return s;
}
"""


def seconds_of(
    executable: SandboxExecutable, x: np.ndarray, workers: int, seconds: float
) -> tuple[float, np.ndarray]:
    """Run all inputs `n i`; returns seconds and outputs."""
    runner = Runner(
        executable,
        lambda x, failed: OracleError(str(failed)),
        workers=workers,
        seconds=seconds,
    )
    started = time.perf_counter()
    y = runner(x)
    return time.perf_counter() - started, y


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20_000_000)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    text = PROGRAM.replace("STEPS", str(asked.steps))
    [built] = build([parse_program(text).unit])
    assert isinstance(built, Built), built
    x = np.random.default_rng(0).uniform(-1, 1, (asked.runs, 2))
    price = price_of(built, x[:1], 60.0)
    executable = SandboxExecutable(built, RunLimits(None, seconds=60.0))
    took: dict[int, list[float]] = {n: [] for n in asked.workers}
    outputs = []
    for _ in range(asked.tries):
        for workers in asked.workers:
            seconds, y = seconds_of(executable, x, workers, price.seconds)
            took[workers].append(seconds)
            outputs.append(y.tobytes())
    assert len(set(outputs)) == 1, "the bits hang on the workers"
    best = {n: min(seconds) for n, seconds in took.items()}
    one = best[asked.workers[0]]
    result = {
        "runs": asked.runs,
        "fuel_per_run": price.fuel,
        "seconds": took,
        "best_seconds": best,
        "speed_up": {n: one / seconds for n, seconds in best.items()},
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
    }
    path = Path(__file__).with_name("cores.json")
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
