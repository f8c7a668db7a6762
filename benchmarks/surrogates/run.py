"""Surrogates of few runs: nsc beside what a user would try next, on the same runs.

Run: .venv/bin/python benchmarks/surrogates/run.py [--runs 10 30 100] [--seeds 2]
[--each 2] [--methods gp kriging rbf chebyshev mlp torch nsc nsc_random] [--only NAME ...]
[--validation FOLDER] [--examples FOLDER ...] [--option NAME=VALUE ...] [--json FILE]

Problems are the functions of functions.py, which nsc gets as Python callables without a
text, and with `--validation` programs of a data set's validation split with one output
over [-1, 1], `--each` of every number of inputs, which it gets as C; with `--examples`
the first outputs of the C programs of these folders, with the flags of their first
lines. Peers (peers.py) see
the very runs that nsc learns from, but for Chebyshev, which chooses its own, at most as
many. `nsc_random` is nsc from random starts alone (`initial=random`, no teacher). Errors
are nmse on 1,000 fresh inputs, at least 1e-6 and at most 1e6; the table has geometric
means over what each method did, and of nsc over each peer, on what both did, the ratio
with a 95 % interval, by bootstrap over problems. A call is one row in Python; bytes are
those of the pickle of what a peer must keep, of nsc 8 a parameter. Peers need
`nsc[bench]`, kriging `smt` too. With --json rows are kept after each problem, and what is
there is not run again.
"""

from __future__ import annotations

import argparse
import json
import pickle
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from functions import FUNCTIONS
from peers import PEERS, Fitted, Task

import nsc
from nsc.compilation import TRAINING, drawn, modelled_ns
from nsc.errors import NscError
from nsc.program import (
    Program,
    draw_inputs,
    parse_program,
    parse_ranges,
)
from nsc.record import read_records
from nsc.sandbox import ProgramOracle
from nsc.surrogate import resize_inputs

FLOOR = 1e-6
CEILING = 1e6
CALLS = 5
BOOTSTRAPS = 2000
FRESH = 1000
OURS = ("nsc", "nsc_random")
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
    call_us: float = 0.0
    bytes: int = 0
    modelled_ns: float | None = None


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


def examples(folder: Path) -> Iterator[Problem]:
    """Yield the programs of a folder of examples, which have flags in their first line."""
    for path in sorted(folder.glob("*.c")):
        text = path.read_text()
        words = text.splitlines()[0].removeprefix("// nsc:").split()
        flags = dict(pairwise(words))
        program = parse_program(
            text,
            path=path.name,
            function=flags.get("--function"),
            ranges=parse_ranges(flags.get("--domain", "")),
        )
        oracle = ProgramOracle(program.unit)
        yield Problem(
            path.stem, program, lambda x, oracle=oracle: oracle(x)[:, 0]
        )


def rows_of(
    problem: Problem, runs: int, seed: int, args, methods: list[str]
) -> Iterator[Row]:
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
    u, wanted = (2 * (z - lo) / (hi - lo) - 1 for z in (x, fresh))

    def run(v: np.ndarray) -> np.ndarray:
        return problem.run(lo + (v + 1) / 2 * (hi - lo))

    task = Task(u, problem.run(x), run, seed)
    for method in methods:
        started = time.perf_counter()
        try:
            made = (
                PEERS[method](task)
                if method in PEERS
                else compiled(program, runs, seed, args, method)
            )
            if made is None:
                continue
            found = made.predict(wanted)
        except Exception as error:
            print(method, problem.name, runs, seed, repr(error)[:200])
            continue
        seconds = time.perf_counter() - started
        nmse = float(((found - truth) ** 2).mean() / variance)
        nmse = min(max(nmse, FLOOR), CEILING) if nmse == nmse else CEILING
        topology, size, ns = deployed(made)
        call_us = 1e6 * seconds_a_call(made.predict, wanted[:1])
        yield Row(
            method,
            problem.name,
            len(lo),
            runs,
            seed,
            nmse,
            seconds,
            topology,
            call_us,
            size,
            ns,
        )


def compiled(
    program: Program, runs: int, seed: int, args, method: str
) -> Fitted:
    """Compile a program by nsc."""
    options = dict(args.option)
    if method == "nsc_random":
        options["initial"] = "random"
    made = nsc.compile(
        program, budget=runs, seed=seed, timing=False, **options
    )
    middle = (made.hi + made.lo) / 2
    half = (made.hi - made.lo) / 2
    return Fitted(lambda u: made(middle + half * u)[:, 0], made)


def deployed(made: Fitted) -> tuple[str, int, float | None]:
    """Return topology, bytes, and modelled ns of a call; the first and last are nsc's."""
    if not isinstance(made.deployed, nsc.Surrogate):
        return "", len(pickle.dumps(made.deployed)), None
    members = made.deployed.members
    inputs = len(made.deployed.lo)
    parameters = sum(
        resize_inputs(m.w, m.topology, inputs)[1].n_parameters for m in members
    )
    topology = " + ".join(str(m.topology) for m in members)
    ns = sum(modelled_ns(m.topology, inputs) for m in members)
    return topology, 8 * parameters, ns


def seconds_a_call(predict, row: np.ndarray) -> float:
    """Return the least time of a few calls of one row."""
    took = []
    for _ in range(CALLS):
        started = time.perf_counter()
        predict(row)
        took.append(time.perf_counter() - started)
    return min(took)


def mean(values) -> float:
    return float(np.exp(np.mean(np.log(values))))


def table(rows: list[Row]) -> Iterator[str]:
    """Draw geometric means by runs and group, of what all methods did."""
    methods = list(dict.fromkeys(row.method for row in rows))
    yield f"{'runs':>5} {'inputs':>6} {'n':>3}" + "".join(
        f"{m:>11}" for m in methods
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
                f"{m:11.1e}" for m in means
            )


def ratios(rows: list[Row]) -> Iterator[str]:
    """Compare nsc with each peer on the problems that both did, with intervals."""
    generator = np.random.default_rng(0)
    own = {key_of(r)[1:]: r.nmse for r in rows if r.method == "nsc"}
    for method in dict.fromkeys(r.method for r in rows if r.method != "nsc"):
        for runs in sorted({row.runs for row in rows}):
            by_problem: dict[str, list[float]] = {}
            for r in rows:
                ours = own.get(key_of(r)[1:])
                if (r.method, r.runs) == (method, runs) and ours is not None:
                    by_problem.setdefault(r.problem, []).append(
                        float(np.log(ours / r.nmse))
                    )
            if not by_problem:
                continue
            each = np.array([np.mean(v) for v in by_problem.values()])
            drawn_ = generator.integers(0, len(each), (BOOTSTRAPS, len(each)))
            lo, hi = np.quantile(each[drawn_].mean(axis=1), (0.025, 0.975))
            yield (
                f"nsc / {method:10} at {runs:5} runs: {np.exp(each.mean()):.2f}"
                f" ({np.exp(lo):.2f} to {np.exp(hi):.2f}), {len(each)} problems"
            )


def costs(rows: list[Row]) -> Iterator[str]:
    """Say what models took, and what one deploys."""
    for method in dict.fromkeys(r.method for r in rows):
        for runs in sorted({row.runs for row in rows}):
            own = [r for r in rows if (r.method, r.runs) == (method, runs)]
            if not own:
                continue
            seconds = [r.seconds for r in own]
            yield (
                f"{method} {runs}: median {np.median(seconds):.2f} s, most"
                f" {max(seconds):.2f} s; a call in Python"
                f" {np.median([r.call_us for r in own]):.0f} us,"
                f" {np.median([r.bytes for r in own]):.0f} bytes"
            )


def key_of(row: Row) -> tuple[str, str, int, int]:
    return row.method, row.problem, row.runs, row.seed


def kept(path: Path | None) -> list[Row]:
    """Read rows that an earlier run left."""
    if path is None or not path.exists():
        return []
    return [Row(**row) for row in json.loads(path.read_text())]


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
        "--methods",
        nargs="+",
        choices=(*PEERS, *OURS),
        default=[*PEERS, *OURS],
    )
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--validation", type=Path)
    parser.add_argument("--examples", type=Path, nargs="*", default=[])
    parser.add_argument("--option", type=option, action="append", default=[])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    problems = list(functions())
    if args.validation:
        problems += validation_programs(args.validation, args.each)
    for folder in args.examples:
        problems += examples(folder)
    rows = kept(args.json)
    done = {key_of(row) for row in rows}
    for problem in problems:
        if args.only and problem.name not in args.only:
            continue
        for runs, seed in product(args.runs, range(args.seeds)):
            missing = [
                m
                for m in args.methods
                if (m, problem.name, runs, seed) not in done
            ]
            rows += rows_of(problem, runs, seed, args, missing)
        if args.json:
            text = json.dumps([asdict(r) for r in rows], indent=1)
            args.json.write_text(text + "\n")
    for lines in (table(rows), ratios(rows), costs(rows)):
        print("\n".join(lines))


if __name__ == "__main__":
    main()
