"""How long a CompNet takes, and whether it knows how wrong it is: on validation
programs.

Run: OMP_NUM_THREADS=1 .venv/bin/python benchmarks/compnet/run.py --data
data/exestack/validation [--compnet FILE]
"""

import argparse
import json
import time
from collections.abc import Callable
from importlib.resources import files
from itertools import count
from pathlib import Path

import numpy as np

from nsc.compilation import Start
from nsc.compnet import fit_emissions, load_compnet, run_covering
from nsc.errors import InputError
from nsc.graph import Dag
from nsc.initial import compiler_input, initial_of
from nsc.program import Program, parse_program
from nsc.record import Record, read_records, shared_inputs
from nsc.surrogate import COVERING

REPEATS = 5
STEPS = ("read the text", "predict", "fit one", "race 12 fits")


def readable(folder: Path) -> list[tuple[Record, Program]]:
    """Return the programs that vary and have a DAG."""
    found = []
    for record in read_records(folder):
        try:
            program = parse_program(
                record.text, function=record.name.rsplit(":", 1)[-1]
            )
        except InputError:
            continue
        fits = (
            isinstance(program.dag, Dag)
            and program.n_inputs == record.n_inputs <= COVERING.n_inputs
        )
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
    """Return what reads a text that it has never seen, down to the DAG: the front end
    remembers what it parsed.
    """
    numbers = count()
    return lambda: (
        parse_program(
            f"typedef int nsc_unseen_{next(numbers)};\n{text}", function=name
        ).dag
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--compnet")
    parser.add_argument("--out", default="result.json", help="in this folder")
    options = parser.parse_args()
    compnet = load_compnet(options.compnet)
    path = Path(
        options.compnet
        or str(files("nsc") / "compnet" / "weights" / "compnet.safetensors")
    )
    numbers = sum(a.size for a in compnet.arrays.values())
    programs = readable(options.data)
    print(
        f"{path.stat().st_size / 1e6:.1f} MB, {numbers:,} parameters; {len(programs)}"
        f" programs of {options.data.name}"
    )
    times, errors = [], []
    x = shared_inputs()[1024:]
    for record, program in programs:
        name = program.signature.function
        emission = compnet.emission_for(compiler_input(program))
        if not emission.values.size or not emission.inputs:
            continue
        times.append(
            (
                ms(reading(record.text, name)),
                ms(
                    lambda program=program: compnet.emission_for(
                        compiler_input(program)
                    )
                ),
                ms(lambda emission=emission: fit_emissions([emission])),
                ms(
                    lambda e=emission, n=record.n_inputs: initial_of(
                        [e], n, COVERING, 0
                    )
                ),
            )
        )
        y, initial = (
            record.raw_outputs[1024:, 0],
            initial_of([emission], record.n_inputs, COVERING, 0),
        )
        if initial.predicted is None:
            continue
        w = Start(
            COVERING, (("text", initial.w),), predicted=initial.predicted
        ).without_runs
        expected = (
            emission.expected_nmse + initial.predicted.misfit(w, COVERING)[0]
        )
        errors.append(
            (
                expected,
                np.mean((run_covering(w, x, record.n_inputs) - y) ** 2)
                / y.var(),
            )
        )
    result = {"data": options.data.name} | report(
        np.array(times), np.array(errors)
    )
    (Path(__file__).parent / options.out).write_text(
        json.dumps(result, indent=1) + "\n"
    )


def report(times: np.ndarray, errors: np.ndarray) -> dict:
    """Print the tables, and return what they say."""
    print("\n| step | median ms | 90 % |\n|---|---|---|")
    whole = times[:, :3].sum(axis=1)
    rows = dict(
        zip(
            (*STEPS, "text to 9-4-4-1, one fit"),
            (*times.T, whole),
            strict=True,
        )
    )
    result = {
        name: [round(float(np.quantile(t, q)), 2) for q in (0.5, 0.9)]
        for name, t in rows.items()
    }
    for name, (median, most) in result.items():
        print(f"| {name} | {median:.1f} | {most:.1f} |")
    logs = np.log(np.maximum(errors, 1e-6))
    ratios = np.exp(logs[:, 1] - logs[:, 0])
    result |= {
        "programs": len(times),
        "share_over_10_ms": round(float(np.mean(whole > 10)), 3),
        "expected": len(errors),
        "correlation_of_logs": round(float(np.corrcoef(logs.T)[0, 1]), 3),
        "actual_over_expected": round(float(np.median(ratios)), 3),
        "share_above_3": round(float(np.mean(ratios > 3)), 3),
    }
    print(
        f"\nover 10 ms from text to 9-4-4-1: {result['share_over_10_ms']:.0%} of"
        f" {len(times)} programs"
    )
    print(
        f"expected errors of {len(errors)} programs that are not predicted constant:"
        " correlation of logarithms"
    )
    print(
        f"with the actual ones {result['correlation_of_logs']:.2f}; actual over"
        f" expected {result['actual_over_expected']:.2f} (median),\nabove 3 for"
        f" {result['share_above_3']:.0%}"
    )
    return result


if __name__ == "__main__":
    main()
