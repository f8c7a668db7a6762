"""Surrogates of few runs: nsc beside what a user would try next, on the same runs.

Run: .venv/bin/python benchmarks/surrogates/run.py [--runs 10 30 100] [--seeds 2]
[--each 2] [--peers gp rbf mlp] [--validation FOLDER] [--option NAME=VALUE ...] [--json]

Problems are the functions of functions.py, which nsc gets as Python callables without a
text, and with `--validation` programs of a data set's validation split with one output
over [-1, 1], `--each` of every number of inputs, which it gets as C. Peers see the very
runs that nsc learns from: scikit-learn's Gaussian process (RBF with a length an input,
white noise, normalised outputs, 2 more starts), scipy's thin-plate splines, scikit-learn's
MLP (2 layers of 32, L-BFGS). Errors are nmse on 1,000 fresh inputs, at least 1e-6 and at
most 1e6; the table has geometric means. Peers need `nsc[bench]`.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from functions import FUNCTIONS

import nsc
from nsc.compilation import TRAINING, drawn
from nsc.errors import NscError
from nsc.program import Program, draw_inputs, parse_program
from nsc.record import read_records
from nsc.sandbox import ProgramOracle

FLOOR = 1e-6
CEILING = 1e6
FRESH = 1000
GROUPS = ((1, 1), (2, 2), (3, 5), (6, 9))


@dataclass(frozen=True)
class Problem:
    """A program, and its values."""

    name: str
    program: Program
    run: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Row:
    """One method on one problem."""

    method: str
    problem: str
    inputs: int
    runs: int
    seed: int
    nmse: float
    seconds: float
    topology: str = ""


def functions() -> Iterator[Problem]:
    for name, function in FUNCTIONS.items():
        inputs = [f"x{k}" for k in range(len(function.box))]
        ranges = dict(zip(inputs, function.box, strict=True))
        program = Program.from_callable(
            function, inputs, ranges=ranges, name=name
        )
        yield Problem(name, program, function)


def validation_programs(folder: Path, each: int) -> Iterator[Problem]:
    """Yield programs of every number of inputs, spread over the split."""
    by_inputs: dict[int, list] = {}
    for record in sorted(read_records(folder), key=lambda r: r.cluster):
        is_plain = set(record.box) == {(-1.0, 1.0)}
        if record.n_outputs == 1 and is_plain and not record.flags:
            by_inputs.setdefault(record.n_inputs, []).append(record)
    for _, records in sorted(by_inputs.items()):
        step = max(1, len(records) // each)
        for record in records[::step][:each]:
            function = record.name.split(":")[-1]
            try:
                program = parse_program(record.text, function=function)
                oracle = ProgramOracle(program.unit)
            except NscError as refused:
                print("left out", record.name, str(refused)[:80])
                continue
            yield Problem(
                record.name,
                program,
                lambda x, oracle=oracle: oracle(x)[:, 0],
            )


def gaussian_process(u, y, wanted):
    from sklearn.gaussian_process import GaussianProcessRegressor, kernels

    kernel = kernels.ConstantKernel(1.0, (1e-3, 1e5)) * kernels.RBF(
        np.ones(u.shape[1]), (1e-2, 1e3)
    ) + kernels.WhiteKernel(1e-6, (1e-10, 1.0))
    found = GaussianProcessRegressor(
        kernel, normalize_y=True, n_restarts_optimizer=2, random_state=0
    )
    return found.fit(u, y).predict(wanted)


def splines(u, y, wanted):
    from scipy.interpolate import RBFInterpolator

    degree = 1 if len(u) > u.shape[1] + 1 else 0
    kernel = "thin_plate_spline" if degree else "linear"
    return RBFInterpolator(u, y, kernel=kernel, degree=degree)(wanted)


def perceptron(u, y, wanted):
    from sklearn.neural_network import MLPRegressor

    mean, spread = y.mean(), y.std() or 1.0
    found = MLPRegressor(
        (32, 32), activation="tanh", solver="lbfgs", max_iter=2000
    )
    found.set_params(random_state=0)
    return found.fit(u, (y - mean) / spread).predict(wanted) * spread + mean


PEERS = {"gp": gaussian_process, "rbf": splines, "mlp": perceptron}


def rows_of(problem: Problem, runs: int, seed: int, args) -> Iterator[Row]:
    """Let everybody learn from the same runs."""
    program = problem.program
    lo, hi = np.array(program.domain.lo), np.array(program.domain.hi)

    def draw(n, generator):
        return draw_inputs(program, n, generator=generator)

    x = drawn(draw, runs, seed=seed, stream=TRAINING, number=0)
    fresh = draw(FRESH, np.random.default_rng([seed, 99]))
    truth = problem.run(fresh)
    variance = truth.var()
    if not variance > 0:
        return

    def row(method, predict, topology=""):
        started = time.perf_counter()
        try:
            found = predict()
        except Exception as error:
            print(method, problem.name, runs, seed, repr(error)[:200])
            return None
        nmse = float(((found - truth) ** 2).mean() / variance)
        nmse = min(max(nmse, FLOOR), CEILING) if nmse == nmse else CEILING
        seconds = time.perf_counter() - started
        return Row(
            method, problem.name, len(lo), runs, seed, nmse, seconds, topology
        )

    u, wanted = (2 * (z - lo) / (hi - lo) - 1 for z in (x, fresh))
    for name in args.peers:
        yield row(
            name, lambda name=name: PEERS[name](u, problem.run(x), wanted)
        )
    made = []

    def compiled():
        made.append(
            nsc.compile(
                program, budget=runs, seed=seed, timing=False, **args.option
            )
        )
        return made[0](fresh)[:, 0]

    found = row("nsc", compiled)
    if found and made:
        topology = " + ".join(str(m.topology) for m in made[0].members)
        found = replace(found, topology=topology)
    yield found


def mean(values) -> float:
    return float(np.exp(np.mean(np.log(values))))


def table(rows: list[Row]) -> Iterator[str]:
    """Draw geometric means by runs and group, of what all methods did."""
    methods = list(dict.fromkeys(row.method for row in rows))
    yield f"{'runs':>5} {'inputs':>6} {'n':>3}" + "".join(
        f"{m:>10}" for m in methods
    )
    for runs in sorted({row.runs for row in rows}):
        for lo, hi in (*GROUPS, (1, 99)):
            here = [r for r in rows if r.runs == runs and lo <= r.inputs <= hi]
            if not here:
                continue
            means = [
                mean([r.nmse for r in here if r.method == m] or [1])
                for m in methods
            ]
            n = sum(r.method == methods[-1] for r in here)
            label = "all" if hi == 99 else f"{lo}-{hi}"
            yield f"{runs:5} {label:>6} {n:3}" + "".join(
                f"{m:10.1e}" for m in means
            )


def option(text: str) -> tuple[str, object]:
    name, value = text.split("=", 1)
    return name, int(value) if value.isdecimal() else value


def main() -> None:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--runs", type=int, nargs="+", default=[10, 30, 100])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--each", type=int, default=2)
    parser.add_argument(
        "--peers", nargs="*", choices=PEERS, default=list(PEERS)
    )
    parser.add_argument("--validation", type=Path)
    parser.add_argument("--option", type=option, action="append", default=[])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    args.option = dict(args.option)
    warnings.simplefilter("ignore")
    problems = list(functions())
    if args.validation:
        problems += validation_programs(args.validation, args.each)
    rows: list[Row] = []
    for problem in problems:
        for runs in args.runs:
            for seed in range(args.seeds):
                rows += [r for r in rows_of(problem, runs, seed, args) if r]
    print("\n".join(table(rows)))
    for method in dict.fromkeys(r.method for r in rows):
        for runs in args.runs:
            spent = [
                r.seconds for r in rows if (r.method, r.runs) == (method, runs)
            ]
            print(
                f"{method} {runs}: median {np.median(spent):.2f} s, most {max(spent):.2f} s"
            )
    if args.json:
        args.json.write_text(json.dumps([asdict(r) for r in rows], indent=1))


if __name__ == "__main__":
    main()
