"""What names are worth where bodies are missing: functions told by name, and programs
whose helpers are taken away.

Run: .venv/bin/python benchmarks/names/run.py --data data/exestack/test [--seed 0]

1. Every real program with one output, taken for what its own name says: is it like that
   (correlation of outputs above 0.9, error below half the variance)?
2. Every real program that calls helpers of its own whose parameters are numbers: their
   bodies are removed, and the rest is compiled with helpers guessed by name, with each
   of them taken for zero, and with the bodies, for comparison. Improvement over random
   initialisation, zero-shot.
"""

import argparse
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from nsc.compnet import FLOOR, fit_emissions, load_compnet, run_covering
from nsc.errors import InputError
from nsc.graph import Dag, evaluate
from nsc.initial import compiler_input
from nsc.program import Program, parse_program
from nsc.record import Record, read_records, shared_inputs
from nsc.surrogate import COVERING, random_parameters

HELPER = re.compile(
    r"^[^\S\n]*((?:\w+[ \t\n]+)*(?:float|double)["
    r" \t\n]+(\w+)\s*\(([^(){}*\[\]]*)\))\s*\{",
    re.MULTILINE,
)


def real(folder: Path) -> list[Record]:
    """Return the programs that people wrote and that vary."""
    made = ("synthetic", "mutated")
    return [
        r
        for r in read_records(folder)
        if r.origin not in made and r.outputs[:, 0].var() > 1e-8
    ]


def entry_of(record: Record) -> str:
    return record.name.rsplit(":", 1)[-1]


def told_by_name(records: list[Record]) -> dict:
    """Read a call of a function that has the record's name and no body; prints and
    returns how often it helps.
    """
    x, rows, asked = shared_inputs(), [], 0
    for record in records:
        if record.n_outputs > 1:
            continue
        asked += 1
        names = [f"x{k}" for k in range(record.n_inputs)]
        called = re.sub(r"\W", "_", entry_of(record))
        text = (
            f"double whole({', '.join(f'double {n}' for n in names)}) {{ return"
            f" {called}({', '.join(names)}); }}"
        )
        try:
            dag = parse_program(text, function="whole", partial=True).dag
        except InputError:
            continue
        if not isinstance(dag, Dag) or not dict(dag.guesses).get(called):
            continue
        found, y = (
            evaluate(dag, np.asfortranarray(x[:, : record.n_inputs]))[:, 0],
            record.raw_outputs[:, 0],
        )
        defined = np.isfinite(found)
        found, y = found[defined], y[defined]
        alike = (
            np.corrcoef(found, y)[0, 1] if found.std() > 0 < y.std() else 0.0
        )
        rows.append((alike > 0.9, np.mean((found - y) ** 2) < 0.5 * y.var()))
    alike, near = np.sum(rows, axis=0)
    print(
        f"of {asked} functions with one output {len(rows)} are told by name: {alike}"
        f" correlate with what they compute, {near} have less than half its variance as"
        " error\n"
    )
    return {
        "asked": asked,
        "told": len(rows),
        "correlate": int(alike),
        "near": int(near),
    }


def without_helpers(record: Record) -> str | None:
    """Replace the helpers' bodies by semicolons; None where there are none."""
    text, removed = record.text, False
    for found in reversed(list(HELPER.finditer(text))):
        if found[2] == entry_of(record):
            continue
        depth, end = 1, found.end()
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        text, removed = (
            text[: found.start()] + found[1] + ";" + text[end:],
            True,
        )
    return text if removed else None


def partial_programs(records: list[Record], seed: int) -> dict:
    """Print and return what a text without its helpers' bodies is worth."""
    compnet, generator, rows = load_compnet(), np.random.default_rng(seed), []
    for record in records:
        found = whole_and_part(record)
        if found is None:
            continue
        whole, part = found
        emissions = [
            compnet.emission_for(compiler_input(program))
            for program in (whole, part, nameless(part))
        ]
        parameters = [*fit_emissions(emissions), compnet.base]
        random = np.mean(
            [
                error(random_parameters(COVERING, seed=generator), record)
                for _ in range(9)
            ]
        )
        told = sum(bool(guess) for _, guess in part.dag.guesses) / len(
            part.dag.guesses
        )
        rows.append(
            [
                told,
                *(random / max(error(w, record), FLOOR) for w in parameters),
            ]
        )
    rows = np.array(rows)
    print(
        "| programs | | with bodies | helpers by name | helpers zero | nothing read"
        " |\n|---|---|---|---|---|---|"
    )
    groups = (
        ("all", rows[:, 0] >= 0),
        ("every helper told", rows[:, 0] == 1),
        ("some or none told", rows[:, 0] < 1),
    )
    result = {}
    for name, chosen in groups:
        if chosen.any():
            means = np.exp(np.log(rows[chosen, 1:]).mean(axis=0))
            print(
                f"| {name} | {chosen.sum()} | "
                + " | ".join(f"{m:.3g}" for m in means)
                + " |"
            )
            columns = zip(
                ("with_bodies", "by_name", "zero", "nothing_read"),
                means.round(2).tolist(),
                strict=True,
            )
            result[name] = {"programs": int(chosen.sum())} | dict(columns)
    return result


def whole_and_part(record: Record) -> tuple[Program, Program] | None:
    """Read a program with and without its helpers' bodies; None where that is no
    different or cannot be read.
    """
    text = without_helpers(record)
    if text is None:
        return None
    try:
        whole = parse_program(record.text, function=entry_of(record))
        part = parse_program(text, function=entry_of(record), partial=True)
    except InputError:
        return None
    is_read = all(
        isinstance(p.dag, Dag) and p.n_inputs == record.n_inputs
        for p in (whole, part)
    )
    return (whole, part) if is_read and part.dag.guesses else None


def nameless(part: Program) -> Program:
    """Give every function without a body a name that says nothing."""
    source, names = (
        part.source,
        tuple(f"q{k}" for k in range(len(part.bodiless))),
    )
    for name, empty in zip(part.bodiless, names, strict=True):
        source = re.sub(rf"\b{name}\b", empty, source)
    return replace(part, source=source, bodiless=names)


def error(w: np.ndarray, record: Record) -> float:
    """Return the mean squared error of 9-4-4-1 on inputs 1024..2047."""
    y = record.raw_outputs[1024:, 0]
    return float(
        np.mean(
            (run_covering(w, shared_inputs()[1024:], record.n_inputs) - y) ** 2
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    records = real(options.data)
    result = {
        "names": told_by_name(records),
        "helpers_removed": partial_programs(records, options.seed),
    }
    (Path(__file__).parent / "result.json").write_text(
        json.dumps(result, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
