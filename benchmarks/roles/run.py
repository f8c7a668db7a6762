"""How many signatures of a data set differ from what runs show?

    python benchmarks/roles/run.py DATASET

In: a data set, or a folder of shards. Out: JSON on standard output: how many records
have pointers, arrays or structs behind pointers, how many of them agree, and how many
differ, by kind; how many have another number of inputs or outputs than when they were
recorded, and how many are refused now, by reason; with --show the names of all these.
Non-goals: making records; those without pointers, which have no such elements.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from nsc.errors import InputError, SourceError
from nsc.program import Program, has_cells, parse_program
from nsc.record import Record, read_records, shared_inputs
from nsc.sandbox import Disagreement, signature_disagreements

SAMPLES = 128
BATCH = 64  # programs, which are built as one module
SEED = 0


@dataclass
class Counts:
    """What became of records.

    Args:
        differ: records by the kinds of elements they are wrong about; one may be in
            several kinds.
        refused: records that are no program any more, by reason.
        changed: records by what they have more or less of.
        shown: name -> the elements.
    """

    records: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    with_pointers: int = 0
    agree: int = 0
    differ: Counter[str] = field(default_factory=Counter)
    shown: dict[str, list[str]] = field(default_factory=dict)

    def add(self, record: Record, found: Sequence[Disagreement]) -> None:
        self.with_pointers += 1
        self.agree += not found
        self.differ.update({each.kind for each in found})
        if found:
            self.shown[record.name] = [f"{d.kind} {d.element}" for d in found]

    def compare(self, record: Record, program: Program) -> None:
        """Hold a record's numbers of inputs and outputs against today's."""
        sizes = (
            ("inputs", record.n_inputs, program.n_inputs),
            ("outputs", record.n_outputs, program.n_outputs),
        )
        told = [
            f"{'more' if after > before else 'fewer'} {what}"
            for what, before, after in sizes
            if after != before
        ]
        if told:
            self.changed[", ".join(told)] += 1
            self.shown[record.name] = told

    def refuse(self, record: Record, reason: str) -> None:
        self.refused[reason] += 1
        self.shown[record.name] = [f"refused: {reason}"]


def shards_of(folder: Path) -> Iterator[Path]:
    """List the folders of a data set that hold shards, or the folder itself."""
    splits = [folder / name for name in ("train", "validation", "test")]
    yield from [s for s in splits if s.is_dir()] or [folder]


def program_of(record: Record) -> Program | str:
    """Read a record's text again; harvested ones are named `path:line:function`.

    Returns:
        The program, or why there is none.
    """
    _, _, function = record.name.rpartition(":")
    named = function if ":" in record.name else None
    text = (
        record.text if "#include" in record.text else _with_math(record.text)
    )
    try:
        program = parse_program(text, function=named)
    except SourceError as error:
        return error.problems[0].reason
    except InputError:
        return "no function"
    is_too_wide = program.n_inputs > shared_inputs().shape[1]
    return "too many inputs" if is_too_wide else program


def _with_math(text: str) -> str:
    return f"#include <math.h>\n{text}"


def count(folder: Path) -> Counts:
    """Check every record of a data set."""
    counts = Counts()
    waiting = _pointed(folder, counts)
    while batch := list(islice(waiting, BATCH)):
        programs = [program for _, program in batch]
        inputs = [shared_inputs()[:SAMPLES, : p.n_inputs] for p in programs]
        found = signature_disagreements(programs, inputs, seed=SEED)
        for (record, _), differs in zip(batch, found, strict=True):
            counts.add(record, differs)
    return counts


def _pointed(folder: Path, counts: Counts) -> Iterator[tuple[Record, Program]]:
    """Yield the records whose programs are given pointers or arrays."""
    for split in shards_of(folder):
        for record in read_records(split):
            counts.records += 1
            program = program_of(record)
            if isinstance(program, str):
                counts.refuse(record, program)
                continue
            counts.compare(record, program)
            if has_cells(program):
                yield record, program


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument(
        "--show", action="store_true", help="name those that differ"
    )
    arguments = parser.parse_args()
    started = time.perf_counter()
    counts = count(arguments.dataset)
    told = {
        "records": counts.records,
        "refused": dict(counts.refused.most_common()),
        "changed": dict(counts.changed.most_common()),
        "with_pointers": counts.with_pointers,
        "agree": counts.agree,
        "differ": dict(counts.differ.most_common()),
        "seconds": round(time.perf_counter() - started, 1),
    }
    if arguments.show:
        told["shown"] = counts.shown
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
