"""A small data set of hand-written programs."""

import numpy as np

from nsc.experiments import (
    Ask,
    Sources,
    bench,
    chosen_starts,
    experiments_of,
)
from nsc.graph import evaluate
from nsc.program import parse_program
from nsc.record import Record, shared_inputs, write_records

PROGRAMS = {
    "wave": "double wave(double x) { return sin(3 * x); }",
    "slope": "double slope(double x, double y) { return 0.7 * x - y; }",
    "product": "double product(double x, double y) { return x * y + 0.3; }",
    "bowl": "double bowl(double x, double y) { return x * x + y * y; }",
    "decay": "double decay(double x) { return exp(-x) / 2; }",
    "ratio": "double ratio(double x) { return x / (2 + x); }",
}


def record_of(name: str, text: str) -> Record:
    program = parse_program("#include <math.h>\n" + text, function=name)
    n = program.n_inputs
    y = evaluate(program.dag, shared_inputs()[:, :n])
    return Record(
        name=f"{name}.c:{name}",
        text=program.text,
        origin="test",
        n_inputs=n,
        n_outputs=1,
        box=((-1.0, 1.0),) * n,
        input_seed=0,
        outputs=y.astype(np.float32),
        dag=program.dag,
        normalised=program.normalised,
    )


def write_data(folder, test, train):
    """Write a data set: test and training programs, by name."""
    for split, names in (("test", test), ("train", train)):
        records = [record_of(name, PROGRAMS[name]) for name in names]
        write_records(folder / "exestack" / split / "a.parquet", records)
    return folder


def ask_of(data, protocol, names="compnet", what="all", **more):
    sources = Sources(seed=protocol.seed, draws=protocol.draws)
    starts = tuple(chosen_starts(names, sources, protocol.optimizer))
    more = {"workers": 1, **more}
    return Ask(
        experiments_of(what),
        ("exestack",),
        starts,
        protocol,
        sources,
        data,
        **more,
    )


def run(ask, folder):
    seen = []
    bench(ask, folder, lambda what, done, total: seen.append((what, done)))
    return seen
