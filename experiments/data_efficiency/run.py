"""Data efficiency (ICML 2024, section 5): how much better a surrogate ends when it
starts from the program's text.

Run: .venv/bin/python experiments/data_efficiency/run.py --data data/exestack/test
         [--train data/exestack/train] [--bert data/bert/compnet.safetensors] [--control
         data/control/compnet.safetensors] [--trials 3] [--threads 2] [-o
         experiments/data_efficiency/results]

Every program of the folder counts; those that an initialiser cannot read get its
fallback, those whose first output does not vary are left out and counted. A program's
first 1,024 examples train and validate (80:20), the other 1,024 test. A trial draws a
share of the examples, 0 to 100 %, the same for all initialisers. Scores are appended to
a file as they come, so that an interrupted run goes on; results.json and tables.md are
made from them.
"""

import argparse
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from examples import examples, scale
from starts import DISBELIEVED, HEEDING, Start, heed, nearest_starts, starts_of
from tables import tables

from nsc.errors import InputError
from nsc.finetune import (
    FEW,
    PAPER_DATA_SIZES,
    AdamSettings,
    FinetuneData,
    LmSettings,
    Predictions,
    Trial,
    bears_out,
    sweep,
)
from nsc.graph import Dag
from nsc.program import parse_program
from nsc.record import Record, read_records
from nsc.surrogate import COVERING, scale_outputs

OPTIMIZERS = {"adam": AdamSettings.paper(), "lm": LmSettings(steps=200)}


def read_programs(folder: Path) -> tuple[list[Record], dict[str, int]]:
    """Read the programs whose first output varies, and count all.

    Programs whose records have no DAG are read again: the front end may have learned to
    read them since.
    """
    records = [
        r if r.dag is not None else replace(r, dag=_dag_of(r))
        for r in read_records(folder)
    ]
    varied = [r for r in records if r.raw_outputs[:, 0].var() > 1e-8]
    return varied, {
        "programs": len(records),
        "constant": len(records) - len(varied),
        "without_dag": sum(r.dag is None for r in varied),
    }


def _dag_of(record: Record) -> Dag | None:
    try:
        program = parse_program(
            record.text, function=record.name.rsplit(":", 1)[-1]
        )
    except InputError:
        return None
    found = program.dag
    return (
        found
        if isinstance(found, Dag) and found.n_inputs == record.n_inputs
        else None
    )


def trials(
    records: list[Record],
    name: str,
    starts: list[Start],
    optimizer: str,
    count: int,
) -> Iterator[Trial]:
    """Yield every (program, share, trial) of one initialiser: share 0 once, unless the
    start itself is drawn.
    """
    for k, (record, start) in enumerate(zip(records, starts, strict=True)):
        for share in PAPER_DATA_SIZES:
            for trial in range(count):
                w = start.w(trial)
                if w is None or not (share or trial == 0 or start.varies):
                    continue
                data = examples(record, share, trial)
                mean, spread = scale(data, optimizer)
                own, label = _standardised(data, mean, spread), name
                if start.prior is not None:
                    verdict = _verdict(start.prior, w, data)
                    if verdict == "too many examples":
                        continue
                    label = name if verdict == "heeded" else DISBELIEVED
                    w = (
                        partial(heed, w, data, start.prior)
                        if verdict == "heeded"
                        else w
                    )
                    few = len(data.x_validation) < FEW or verdict != "heeded"
                    own = _untrained(own) if few else own
                yield Trial(
                    f"{k}/{share}/{trial}/{label}",
                    partial(_in_units, w, mean, spread),
                    own,
                )


def _verdict(prior: Predictions, w: np.ndarray, data: FinetuneData) -> str:
    """Say what `nsc compile` makes of predictions beside these examples."""
    x, y = (
        np.concatenate(parts)
        for parts in (
            (data.x_train, data.x_validation),
            (data.y_train, data.y_validation),
        )
    )
    if not prior.helps(OPTIMIZERS["lm"], len(x)):
        return "too many examples"
    return (
        "heeded"
        if not len(x) or bears_out(prior, w, COVERING, x, y)
        else "disbelieved"
    )


def _in_units(
    w: np.ndarray | Callable[[], np.ndarray], mean: float, spread: float
) -> np.ndarray:
    w = w() if callable(w) else w
    return scale_outputs(
        w, COVERING, np.array([1 / spread]), np.array([-mean / spread])
    )


def _untrained(data: FinetuneData) -> FinetuneData:
    """Keep the test examples alone: the start is all there is."""
    return FinetuneData(
        *(a[:0] for a in data.arrays()[:4]), data.x_test, data.y_test
    )


def count_trials(starts: list[Start], count: int) -> int:
    """Return how many trials there are at most."""
    shares = len(PAPER_DATA_SIZES) - 1  # but 0
    return sum(
        count * shares + (count if s.varies else 1)
        for s in starts
        if s.w(0) is not None
    )


def _digest(records: Iterable[Record]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for record in records:
        digest.update(
            f"{record.name}\0{record.text}\0".encode()
            + record.outputs.tobytes()
        )
    return digest.hexdigest()


def _show(what: str, done: int, total: int) -> None:
    print(f"\r{what}: {done}/{total}", end="", flush=True)


def _standardised(
    data: FinetuneData, mean: float, spread: float
) -> FinetuneData:
    ys = [
        (y - mean) / spread
        for y in (data.y_train, data.y_validation, data.y_test)
    ]
    return FinetuneData(
        data.x_train, ys[0], data.x_validation, ys[1], data.x_test, ys[2]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--compnet", help="a checkpoint; default the shipped one"
    )
    parser.add_argument("--bert", help="a checkpoint of the papers' compiler")
    parser.add_argument(
        "--control", help="a checkpoint of the same that reads DAGs"
    )
    parser.add_argument(
        "--train", type=Path, help="training records, for the nearest program"
    )
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--optimizers", default="adam,lm")
    parser.add_argument(
        "--only",
        help="starts, as in random,bert: run their trials and make no tables yet",
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(__file__).parent / "results"
    )
    options = parser.parse_args()
    records, counts = read_programs(options.data)
    print(
        f"{counts['programs']} programs, {counts['constant']} constant,"
        f" {counts['without_dag']} without a DAG"
    )
    starts, made_of = starts_of(
        records,
        options.compnet,
        {"bert": options.bert, "bert on DAGs": options.control},
    )
    if options.train:
        starts["nearest"] = nearest_starts(
            records, options.train, options.compnet
        )
        made_of["nearest"] = (
            f"{made_of['compnet']} and {_digest(read_records(options.train))}"
        )
    starts = {
        n: s
        for n, s in starts.items()
        if not options.only or n.split(" ")[0] in options.only.split(",")
    }
    found = {optimizer: {} for optimizer in options.optimizers.split(",")}
    for optimizer, scores in found.items():
        only_lm = ("random ", "compnet ", HEEDING)
        chosen = {
            n: s
            for n, s in starts.items()
            if optimizer == "lm" or not n.startswith(only_lm)
        }
        for name, made in chosen.items():
            total = count_trials(made, options.trials)
            run = sweep(
                trials(records, name, made, optimizer, options.trials),
                COVERING,
                OPTIMIZERS[optimizer],
                file=options.output / optimizer / f"{name}.jsonl",
                threads=options.threads,
                about=f"{_digest(records)}, {made_of.get(name, '')}",
                progress=lambda done, what=f"{optimizer}, {name}", total=total: (
                    _show(what, done, total)
                ),
            )
            scores |= {s.key: s for s in run}
            print()
    if options.only:
        return
    result, text = tables(records, found)
    result = {
        "data": options.data.name,
        **counts,
        "trials": options.trials,
    } | result
    (options.output / "results.json").write_text(
        json.dumps(result, indent=1) + "\n"
    )
    (options.output / "tables.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
