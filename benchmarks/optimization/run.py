"""Regret at equal numbers of runs: nsc's optimisation and others.

    .venv/bin/python benchmarks/optimization/run.py --peers V/bin/python --seeds 20

Every job (method, problem, seed) is a line of a file; a run that is ended goes on where
it was. `--table` prints what is there. The peers' Python is made as `peers.py` says.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from problems import MEASURED, TUNING, Standard, problem_named  # noqa: E402

CALIBRATIONS = ("battery", "projectile", "van_der_pol")
SEARCHES = ("random", "sobol", "cma", "nevergrad", "evolution", "lbfgs")
MODELS = ("skopt", "botorch")
AT = (50, 100, 200)
OWN = "nsc"
LIMIT_S = 3600  # of a job; NGOpt's threads can wait for each other for ever
LEAST = 1e-12  # regret, of logarithms


def own(problem: Standard, seed: int, runs: int) -> dict:
    """Run nsc's optimisation."""
    from nsc.optimization import (
        Measured,
        Problem,
        Settings,
        Space,
        optimise,
    )

    n = len(problem.lo)
    whole = np.array(problem.whole or (False,) * n)
    lo = np.array(problem.lo, float)
    hi = np.array(problem.hi, float)
    space = Space(lo, hi, whole, np.zeros(n, bool))

    def measure(x: np.ndarray) -> Measured:
        y = np.array([problem.function(row) for row in x])
        residuals = np.empty((len(x), 0))
        if problem.residuals is not None:
            residuals = np.array([problem.residuals(row) for row in x])
        limits = y[:, 1:]
        holds = np.all(limits <= 0, axis=1)
        return Measured(y[:, :1], limits, holds, residuals)

    settings = Settings(runs, seed=seed, patience=runs)
    started = time.process_time()
    found = optimise(Problem(space, measure), settings)
    took = time.process_time() - started
    history = found.history
    values = history.measured.objectives[:, 0]
    values = np.where(history.feasible, values, np.inf)
    least = np.minimum.accumulate(values).tolist()
    return {
        "values": least + least[-1:] * (runs - len(least)),
        "seconds": took,
    }


def job(method: str, name: str, seed: int, runs: int, peers: str) -> dict:
    """Run one method on one problem."""
    if method == OWN:
        return own(problem_named(name), seed, runs)
    words = [peers, str(HERE / "peers.py"), method, name, str(seed), str(runs)]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"more than {LIMIT_S} s"}
    if done.returncode:
        return {"failed": done.stderr[-300:]}
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument(
        "--methods", default=",".join((OWN, *SEARCHES, *MODELS))
    )
    parser.add_argument("--problems", default="")
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--file", type=Path, default=HERE / "result.jsonl")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    names = [p.name for p in (TUNING if args.tuning else MEASURED)]
    if not args.tuning:
        names += CALIBRATIONS
    if args.problems:
        names = args.problems.split(",")
    methods = args.methods.split(",")
    if not args.table:
        run_all(methods, names, args)
    print_table(read(args.file), names, methods)


def read(path: Path) -> dict[tuple[str, str, int], dict]:
    """Read all jobs that are done; those that failed are tried again."""
    found = {}
    lines = path.read_text().splitlines() if path.exists() else []
    for line in lines:
        row = json.loads(line)
        if "failed" in row:
            continue
        found[row["method"], row["problem"], row["seed"]] = row
    return found


def run_all(
    methods: list[str], names: list[str], args: argparse.Namespace
) -> None:
    """Do the jobs that are not done."""
    done = read(args.file)
    for seed in range(args.first, args.first + args.seeds):
        for name in names:
            for method in methods:
                if (method, name, seed) in done:
                    continue
                found = job(method, name, seed, args.runs, args.peers)
                row = {
                    "method": method,
                    "problem": name,
                    "seed": seed,
                    **found,
                }
                with args.file.open("a") as file:
                    file.write(json.dumps(row) + "\n")


def regrets(row: dict, best: float) -> list[float]:
    """Return the regret at each number of runs; NaN beyond those made."""
    values = row["values"]
    found = [values[n - 1] if n <= len(values) else np.nan for n in AT]
    return [max(v - best, LEAST) for v in found]


def best_of(name: str, rows: dict) -> float:
    """Return the least value: known, or of calibrations the least that was found."""
    if name not in CALIBRATIONS:
        return problem_named(name).best
    found = [row["values"][-1] for (_, p, _), row in rows.items() if p == name]
    return min(found, default=0.0)


def print_table(
    rows: dict[tuple[str, str, int], dict],
    names: list[str],
    methods: list[str],
) -> None:
    """Print median regrets with quartiles, and seconds."""
    print(
        "| problem | method | seeds | " + " | ".join(map(str, AT)) + " | s |"
    )
    print("|---|---|---|" + "---|" * (len(AT) + 1))
    for name in names:
        best = best_of(name, rows)
        for method in methods:
            kept = [
                row
                for (m, p, _), row in rows.items()
                if m == method and p == name and "values" in row
            ]
            if not kept:
                continue
            found = np.array([regrets(row, best) for row in kept])
            low, middle, high = np.quantile(found, (0.25, 0.5, 0.75), axis=0)
            cells = " | ".join(
                f"{m:.1e} ({a:.0e} to {b:.0e})"
                for a, m, b in zip(low, middle, high, strict=True)
            )
            seconds = np.mean([row["seconds"] for row in kept])
            said = f"| {name} | {method} | {len(kept)} | {cells} |"
            print(f"{said} {seconds:.1f} |")


if __name__ == "__main__":
    main()
