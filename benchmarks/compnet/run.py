"""How long a CompNet takes, and whether it knows how wrong it is: on validation programs.

Run: OMP_NUM_THREADS=1 .venv/bin/python benchmarks/compnet/run.py --data data/exestack/validation [--compnet FILE]
"""

import argparse
import time
from collections.abc import Callable
from importlib.resources import files
from itertools import count
from pathlib import Path

import numpy as np

from nsc.compnet import fit_emissions, load_compnet
from nsc.compnet.evaluate import run_covering
from nsc.errors import InputError
from nsc.initial import initial_of
from nsc.patterns import Start
from nsc.program import Dag, Program, parse_program
from nsc.record import Record, read_records, shared_inputs
from nsc.surrogate import COVERING

REPEATS = 5
STEPS = ("read the text", "predict", "fit one", "race 12 fits")


def readable(folder: Path) -> list[tuple[Record, Program]]:
    """Return the programs that vary and have a DAG."""
    found = []
    for record in read_records(folder):
        try:
            program = parse_program(record.text, function=record.name.rsplit(":", 1)[-1])
        except InputError:
            continue
        fits = isinstance(program.dag, Dag) and program.n_inputs == record.n_inputs <= COVERING.n_inputs
        if fits and record.raw_outputs[:, 0].var() > 1e-8:
            found.append((record, program))
    return found


def ms(call: Callable[[], object]) -> float:
    """Return the least time of several calls, in ms."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return 1e3 * min(times)


def reading(text: str, name: str) -> Callable[[], object]:
    """Return what reads a text that it has never seen, down to the DAG: the front end remembers what it parsed."""
    numbers = count()
    return lambda: parse_program(f"typedef int nsc_unseen_{next(numbers)};\n{text}", function=name).dag


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--compnet")
    options = parser.parse_args()
    compnet = load_compnet(options.compnet)
    path = Path(options.compnet or str(files("nsc") / "compnet" / "weights" / "compnet.safetensors"))
    numbers = sum(a.size for a in compnet.arrays.values())
    programs = readable(options.data)
    print(
        f"{path.stat().st_size / 1e6:.1f} MB, {numbers:,} parameters; {len(programs)} programs of {options.data.name}"
    )
    times, errors = [], []
    x = shared_inputs()[1024:]
    for record, program in programs:
        name = program.signature.function
        emission = compnet.emission_for(program)
        if not emission.values.size or not emission.inputs:
            continue
        times.append((
            ms(reading(record.text, name)),
            ms(lambda program=program: compnet.emission_for(program)),
            ms(lambda emission=emission: fit_emissions([emission])),
            ms(lambda e=emission, n=record.n_inputs: initial_of([e], n, COVERING, 0)),
        ))  # fmt: skip
        y, initial = record.raw_outputs[1024:, 0], initial_of([emission], record.n_inputs, COVERING, 0)
        if initial.predicted is None:
            continue
        w = Start(COVERING, (("text", initial.w),), predicted=initial.predicted).without_runs
        expected = emission.expected_nmse + initial.predicted.misfit(w, COVERING)[0]
        errors.append((expected, np.mean((run_covering(w, x, record.n_inputs) - y) ** 2) / y.var()))
    report(np.array(times), np.array(errors))


def report(times: np.ndarray, errors: np.ndarray) -> None:
    print("\n| step | median ms | 90 % |\n|---|---|---|")
    rows = [*zip(STEPS, times.T, strict=True), ("text to 9-4-4-1, one fit", times[:, :3].sum(axis=1))]
    for name, t in rows:
        print(f"| {name} | {np.median(t):.1f} | {np.quantile(t, 0.9):.1f} |")
    print(f"\nover 10 ms from text to 9-4-4-1: {np.mean(times[:, :3].sum(axis=1) > 10):.0%} of {len(times)} programs")
    logs = np.log(np.maximum(errors, 1e-6))
    ratios = np.exp(logs[:, 1] - logs[:, 0])
    print(f"expected errors of {len(errors)} programs that are not predicted constant: correlation of logarithms")
    print(
        f"with the actual ones {np.corrcoef(logs.T)[0, 1]:.2f}; actual over expected {np.median(ratios):.2f} (median),"
    )
    print(f"above 3 for {np.mean(ratios > 3):.0%}")


if __name__ == "__main__":
    main()
