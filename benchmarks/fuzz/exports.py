"""Does exported C do what random programs do, within its verified error?

    python benchmarks/fuzz/exports.py                          # 2,000 programs
    python benchmarks/fuzz/exports.py --seed 3 --programs 50   # some of one seed's
    python benchmarks/fuzz/exports.py --seed 3 --only 17       # one of them, shown

Every program goes through the whole of `nsc compile`, on a small budget. Originals and
exports are built by the system's C compiler, many to a library, and called with the
same memory (see `compare`).

In: seeds. Out: a paragraph a fault, with the program; exit code 1 where there is any.
Non-goals: good surrogates.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compare import Errors, Made, compared, written
from grammar import HEAD, PRELUDE, Author
from memory import Argument, Case, Row, Struct
from native import export_file, library, original_file
from wide import wide_case

import nsc
from nsc.app import CompileOptions, ExportOptions, compile_file, pipeline
from nsc.errors import InputError, NscError, SourceError
from nsc.program import parse_program
from nsc.report import Report
from nsc.sandbox import Built, build

SEEDS = (0, 1, 2, 3)
PROGRAMS = 500  # of each seed
BATCH = 25  # programs in a library
OPTIONS = CompileOptions(budget=60, restarts=1, verification=512)
WHOLE = (0.0, 3.0)  # the range of an integer input
VARIABLE = (-1.0, 1.0)
ARRAY_NEEDED = re.compile(r"arrays=\{'(\w+)': N\}")
RANGES_NEEDED = re.compile(r"domain=(\{.*\})$", re.DOTALL)


@dataclass
class Outcome:
    """What a batch showed.

    Args:
        refused: how often, by reason.
        faults: a paragraph each.
    """

    programs: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list[str])
    errors: Errors = field(default_factory=Errors)

    def add(self, other: Outcome) -> None:
        """Add another batch's."""
        self.programs += other.programs
        self.refused += other.refused
        self.faults += other.faults
        self.errors.add(other.errors)


def case_of(seed: int, k: int) -> Case:
    """Write program k of a seed: every third has the fixed signature of `grammar`."""
    dice = random.Random(f"{seed}:{k}")
    return wide_case(dice, k) if k % 3 else _narrow_case(dice, k)


def _narrow_case(dice: random.Random, k: int) -> Case:
    row = Row("double", 3)
    struct = Struct("P", (("x", "double"), ("y", "double"), ("t", row)))
    arguments = (
        Argument("x", "double x", "double", "value"),
        Argument("y", "double y", "double", "value"),
        Argument("o", "double *o", Row("double", 8), "array", 6),
        Argument("r", "double r[3][3]", Row(row, 3), "array", 3),
        Argument("p", "P *p", struct, "address"),
    )
    function = Author(dice).function()
    head = HEAD.replace(" f(", f" fuzz_{k}(")
    text = PRELUDE + function.replace(HEAD, head, 1) + "\n"
    return Case(k, f"fuzz_{k}", text, arguments)


def reading_of(case: Case) -> dict[str, Any]:
    """Say how a program is to be read; ranges as nsc asks for them.

    Raises:
        InputError: nsc refuses it.
    """
    inputs = {
        v.name: WHOLE if v.type == "int" else VARIABLE
        for v in case.variables
        if v.is_input
    }
    reading: dict[str, Any] = {"function": case.name, "inputs": inputs}
    while True:
        try:
            parse_program(case.text, **reading)
            return reading
        except InputError as asked:
            before = dict(reading)
            for argument, more in _answer(case, asked).items():
                reading[argument] = {**reading.get(argument, {}), **more}
            if reading == before:
                raise


def _answer(case: Case, asked: InputError) -> dict[str, Any]:
    """Give what a message asks for, as its reader would."""
    if isinstance(asked, SourceError):
        # names as keys, for answers are put together
        written = {v.name: True for v in case.variables if v.is_input}
        if written and any(
            p.reason == "writes_global" for p in asked.problems
        ):
            return {"out": written}
        if any(p.reason != "dynamic_size" for p in asked.problems):
            return {}
        behind = {a.name: a.behind for a in case.arguments if a.behind}
        names = ARRAY_NEEDED.findall(str(asked))
        return {"arrays": {n: behind[n] for n in names if n in behind}}
    found = RANGES_NEEDED.search(str(asked))
    if found is None:
        return {}
    example = ast.literal_eval(found.group(1))
    return {"ranges": {name: WHOLE for name in example}}


def _leave_out_advice() -> None:
    """Do without what only advises a user, and takes half of a compilation's time.

    Notes on what C leaves open are built thrice; a sandbox is warm after one program.
    """
    pipeline.notes_on_open_behaviour = lambda program, oracle, seed: ()
    pipeline.warm_up = lambda tell: None


def made_of(case: Case, folder: Path) -> Made:
    """Compile a program as `nsc compile` does.

    Raises:
        InputError: nsc refuses it.
    """
    reading = reading_of(case)
    source = folder / f"{case.name}.c"
    source.write_text(case.text)
    out = folder / case.name
    is_plain = not any(v.is_static for v in case.variables)
    export = ExportOptions(
        drop_in=case.number % 5 == 0,
        guard=case.number % 5 == 1 and is_plain,
    )
    report = compile_file(
        source, out, OPTIONS, export, timing=False, **reading
    )
    assert isinstance(report, Report)
    program = parse_program(case.text, **reading)
    exported = written(out, "surrogate.c")
    function = f"{case.name}_surrogate"
    if export.drop_in:  # beside the original it needs another name
        exported = f"#define {case.name} {function}\n{exported}"
    surrogate = nsc.load(out / "surrogate.safetensors")
    return Made(
        case, program, surrogate, report, exported, function, export.guard
    )


def reason_of(refused: InputError) -> str:
    """Name why nsc refuses a program."""
    if isinstance(refused, SourceError):
        return refused.problems[0].reason
    named = re.search(r"\[(\w+)\]\s*$", str(refused))
    return named.group(1) if named else type(refused).__name__


def batch_outcome(seed: int, numbers: list[int]) -> Outcome:
    """Compile and compare some of a seed's programs."""
    outcome = Outcome(len(numbers))
    _leave_out_advice()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = [
            each
            for k in numbers
            if (each := _accepted(outcome, seed, case_of(seed, k), folder))
        ]
        if not made:
            return outcome
        for fault in _compared(seed, made, folder, outcome.errors):
            outcome.faults.append(fault)
            print(fault, file=sys.stderr, flush=True)
    return outcome


def _compared(
    seed: int, made: list[Made], folder: Path, errors: Errors
) -> Iterator[str]:
    """Build what was made, and yield its faults."""
    texts = {
        each.case.number: {
            f"o{each.case.number}.c": original_file(each.case),
            f"e{each.case.number}.c": export_file(
                each.case, each.exported, each.function
            ),
        }
        for each in made
    }
    built, refused = library(texts, folder)
    sandboxed = build([each.program.unit for each in made])
    for each, module in zip(made, sandboxed, strict=True):
        if each.case.number in refused:
            what = f"cc refuses it: {refused[each.case.number]}"
            yield _told(seed, each.case, what)
            continue
        assert isinstance(module, Built), "it was built before"
        try:
            found = compared(each, built, module, seed)
        except Exception:
            yield _told(seed, each.case, traceback.format_exc())
            continue
        errors.add(found.errors)
        for fault in found.faults:
            yield _told(seed, each.case, fault)


def _accepted(
    outcome: Outcome, seed: int, case: Case, folder: Path
) -> Made | None:
    try:
        return made_of(case, folder)
    except InputError as refused:
        outcome.refused[reason_of(refused)] += 1
    except NscError as failed:
        what = f"{type(failed).__name__}: {failed}"
        outcome.faults.append(_told(seed, case, what))
        print(outcome.faults[-1], file=sys.stderr, flush=True)
    except Exception:
        outcome.faults.append(_told(seed, case, traceback.format_exc()))
        print(outcome.faults[-1], file=sys.stderr, flush=True)
    return None


def _told(seed: int, case: Case, fault: str) -> str:
    own = case.text.rpartition("}\n\n")[2]
    return f"--seed {seed} --only {case.number}: {fault}\n{own}"


def batches(
    seeds: Sequence[int], programs: int
) -> Iterator[tuple[int, list[int]]]:
    """Cut the programs of some seeds into batches."""
    for seed in seeds:
        for start in range(0, programs, BATCH):
            yield seed, list(range(start, min(start + BATCH, programs)))


def fuzz(seeds: Sequence[int], programs: int, workers: int) -> Outcome:
    """Compile and compare programs, in some processes."""
    total = Outcome()
    with ProcessPoolExecutor(workers) as pool:
        waiting = [
            (seed, numbers, pool.submit(batch_outcome, seed, numbers))
            for seed, numbers in batches(seeds, programs)
        ]
        for seed, numbers, each in waiting:
            try:
                total.add(each.result())
            except BrokenProcessPool:
                what = f"--seed {seed}: a process ended at or near {numbers}"
                total.faults.append(what)
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return total


def told(total: Outcome) -> str:
    """Summarise."""
    refused = sum(total.refused.values())
    errors = total.errors
    reasons = ", ".join(f"{n} {why}" for why, n in total.refused.most_common())
    return "\n".join(
        [
            f"{total.programs} programs: {total.programs - refused} accepted,"
            f" {refused} refused by name ({reasons})",
            f"{errors.above} of {errors.drawn} drawn inputs are above their"
            f" bounds, which promise at most {errors.promised:.0f}",
            f"{errors.far} of {errors.special} special inputs are more than 3"
            " times the verified maximum off",
            f"{len(total.faults)} faults",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="0 to 3 where left out")
    parser.add_argument("--programs", type=int, default=PROGRAMS)
    parser.add_argument("--only", type=int, help="one program's number")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    seeds = list(SEEDS) if arguments.seed is None else [arguments.seed]
    started = time.perf_counter()
    if arguments.only is not None:
        print(case_of(seeds[0], arguments.only).text)
        total = batch_outcome(seeds[0], [arguments.only])
    else:
        total = fuzz(seeds, arguments.programs, arguments.workers)
    print(told(total))
    print(f"{time.perf_counter() - started:.0f} s")
    sys.exit(bool(total.faults))


if __name__ == "__main__":
    main()
