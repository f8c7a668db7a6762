"""The programs that experiments are done on, a row for each suite.

In: a folder of data sets, or nothing for what the package makes itself. Out:
`Suite`s. Test programs that are in the training split too are refused.
Non-goals: making data sets (exestack).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nsc.errors import InputError, StoreError
from nsc.exestack import (
    ParrotCode,
    ParrotProgram,
    checked_programs,
    parrot_programs,
    read_parrot,
    shared_programs,
)
from nsc.experiments.photographs import (
    PAIRS,
    applications,
    benchmark_picture,
    drawn_picture,
    photographs,
    picture_subjects,
    wide_applications,
)
from nsc.experiments.protocol import seed_of
from nsc.experiments.subject import Subject, digest_of
from nsc.graph import Dag, evaluate
from nsc.record import Record, read_records, shared_inputs

TRAINING = 1024  # of a record's 2,048 examples; the others test
LEAST_VARIANCE = 1e-8  # of outputs: programs below are left out
CPN = "cpn"
# a definition begins a line, its parameters and brace follow
_DEFINITION = re.compile(
    r"^\w[\w \t*]*?(\w+)\s*\([^;{}]*\)\s*\{", re.MULTILINE
)
SPLITS = ("test", "validation")
QUICK_SEED = 990_019  # of no data set
QUICK_PROGRAMS = 6
QUICK_EXAMPLES = 1024  # of a benchmark program, for training and for testing


@dataclass(frozen=True)
class Suite:
    """The programs of a suite.

    Args:
        name: of its row.
        source: where they come from, for people.
        counts: what was left out, and why.
        strangers: programs that are not measured, for mismatched text.
    """

    name: str
    source: str
    subjects: tuple[Subject, ...]
    counts: Mapping[str, int]
    strangers: tuple[Subject, ...] = ()

    def described(self) -> dict[str, Any]:
        """Return what reports need of it, as plain values."""
        return {
            "suite": self.name,
            "source": self.source,
            "digest": digest_of(self.subjects),
            "counts": dict(self.counts),
            "programs": [s.described() for s in self.subjects],
        }


@dataclass(frozen=True)
class Row:
    """How a suite is had.

    Args:
        title: what reports call it.
        load: (folder of data sets, split) -> its programs.
        make: the same without data, smaller.
        of: the suite that a user asks for to get this one; itself, but for applications
            of its programs.
    """

    title: str
    load: Callable[[Path, str], Suite]
    make: Callable[[], Suite]
    of: str = ""


def load_suite(
    name: str, data: Path | None, *, split: str = "test", most: int | None
) -> Suite:
    """Load a suite's programs.

    Args:
        data: a folder with the data sets exestack and parrot in it; None for programs
            that ship with the package.
        split: of exestack, "test" or "validation".
        most: a sample of so many programs, the same for the same programs; None for
            all.

    Raises:
        InputError: no such data, a test program in the training split, or a number
            below 1.
    """
    if split not in SPLITS:
        raise InputError(
            f"split expects {' or '.join(SPLITS)}; found '{split}'"
        )
    if most is not None and most < 1:
        raise InputError(f"programs must be at least 1; found {most}")
    row = SUITES[name]
    suite = row.make() if data is None else row.load(data, split)
    if not suite.subjects:
        raise InputError(f"{suite.source} holds no program to experiment on")
    if most is None or most >= len(suite.subjects):
        return suite
    order = sorted(suite.subjects, key=lambda s: seed_of("sample", s.name))
    kept = {s.name for s in order[:most]}
    counts = {**suite.counts, "not in the sample": len(order) - most}
    return replace(
        suite,
        subjects=tuple(s for s in suite.subjects if s.name in kept),
        counts=counts,
    )


def _exestack(data: Path, split: str) -> Suite:
    folder = data / "exestack"
    if not (folder / split).is_dir() or not (folder / "train").is_dir():
        raise InputError(
            f"{folder} is no data set: expected the folders {split} and train in it;"
            f" make one with: nsc data build SOURCE... -o {folder}"
        )
    records = list(read_records(folder / split))
    _expect_apart(records, folder / "train", split)
    kept = [r for r in records if _varies(r)]
    subjects = _named([subject_of(r) for r in kept])
    counts = {"outputs that do not vary": len(records) - len(kept)}
    source = f"{folder.name}/{split}"
    return Suite("exestack", source, subjects, counts)


def _expect_apart(
    records: Sequence[Record], training: Path, split: str
) -> None:
    """Refuse programs whose text, DAG or outputs are in the training split."""
    shared = shared_programs(records, training)
    if shared:
        named = ", ".join(shared[:3])
        raise StoreError(
            f"{len(shared)} programs of {split} are in {training} too, such as {named}:"
            " what was trained there has seen them; see: nsc data check, and build the"
            " data set anew"
        )


def _varies(record: Record) -> bool:
    y = record.raw_outputs[:, 0]
    has_all = len(y) == len(shared_inputs())
    return has_all and bool(y.var() > LEAST_VARIANCE)


def subject_of(record: Record) -> Subject:
    x = shared_inputs(record.input_seed)[:, : record.n_inputs]
    y = record.raw_outputs[:, :1]
    return Subject(
        name=record.name,
        text=record.text,
        function=_function_of(record),
        box=record.box,
        dag=record.dag,
        x_train=x[:TRAINING],
        y_train=y[:TRAINING],
        x_test=x[TRAINING:],
        y_test=y[TRAINING:],
    )


def _function_of(record: Record) -> str:
    """Name a record's function: generated ones do not bear its name, it is the last."""
    _, colon, name = record.name.rpartition(":")
    if colon:
        return name
    found = _DEFINITION.findall(record.text)
    return found[-1] if found else record.name


def _named(subjects: Sequence[Subject]) -> tuple[Subject, ...]:
    """Give each program a name of its own."""
    seen: dict[str, int] = {}
    found = []
    for subject in subjects:
        count = seen.get(subject.name, 0)
        seen[subject.name] = count + 1
        name = f"{subject.name}#{count + 1}" if count else subject.name
        found.append(replace(subject, name=name))
    return tuple(found)


def _parrot(data: Path, split: str) -> Suite:
    programs = [p for p in _benchmark(data) if p.code.suite == CPN]
    return Suite("parrot", "parrot", tuple(map(_of_parrot, programs)), {})


def _benchmark(data: Path) -> list[ParrotProgram]:
    folder = data / "parrot"
    if not folder.is_dir():
        raise InputError(
            f"there is no benchmark at {folder}; make it with: nsc data parrot -o"
            f" {folder}"
        )
    return read_parrot(folder)


def _of_parrot(program: ParrotProgram) -> Subject:
    code = program.code
    return _of_code(
        code,
        _scaled(code, program.train_inputs),
        program.train_outputs[:, :1].astype(np.float64),
        _scaled(code, program.test_inputs),
        program.test_outputs[:, :1].astype(np.float64),
    )


def _scaled(code: ParrotCode, x: np.ndarray) -> np.ndarray:
    """Map inputs from the box to [-1, 1]."""
    lo, hi = np.array(code.box, np.float64).T
    return 2 * (x.astype(np.float64) - lo) / (hi - lo) - 1


def _of_code(
    code: ParrotCode,
    x_train: np.ndarray,
    y_train: np.ndarray,
    x_test: np.ndarray,
    y_test: np.ndarray,
) -> Subject:
    program = code.program()
    assert program is not None, "every program of the suite is pointer-free"
    dag = program.dag
    return Subject(
        name=code.name,
        text=program.text,
        function=program.name,
        box=code.box,
        dag=dag if isinstance(dag, Dag) else None,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
    )


def _quick_parrot() -> Suite:
    """Draw inputs in the box: the benchmark's own need photographs and runs."""
    codes = [code for code in parrot_programs() if code.suite == CPN]
    subjects = []
    for code in codes:
        program = code.program()
        assert program is not None, (
            "every program of the suite is pointer-free"
        )
        assert isinstance(program.dag, Dag), "and has a DAG"
        generator = np.random.default_rng(seed_of("quick", code.name))
        x = generator.uniform(-1, 1, (4 * QUICK_EXAMPLES, code.n_inputs))
        y = evaluate(program.dag, x)[:, :1]
        is_defined = np.isfinite(y[:, 0])
        x = x[is_defined][: 2 * QUICK_EXAMPLES]
        y = y[is_defined][: 2 * QUICK_EXAMPLES]
        half = QUICK_EXAMPLES
        subjects.append(_of_code(code, x[:half], y[:half], x[half:], y[half:]))
    return Suite("parrot", "inputs drawn in the box", tuple(subjects), {})


def _quick_exestack() -> Suite:
    records, _ = checked_programs(QUICK_SEED, 0, QUICK_PROGRAMS)
    subjects = tuple(map(subject_of, records))
    return Suite("exestack", "generated programs", subjects, {})


def _photographs(data: Path, split: str) -> Suite:
    return _of_pictures(_parrot(data, split), photographs())


def _quick_photographs() -> Suite:
    return _of_pictures(_quick_parrot(), {"drawn": drawn_picture()})


def _of_pictures(programs: Suite, pictures: dict[str, np.ndarray]) -> Suite:
    named = {s.name: s for s in programs.subjects}
    _expect_programs(named)
    distance = named.pop("kmeans")
    subjects = picture_subjects(distance, pictures)
    source = f"{programs.source}; pictures: {', '.join(pictures)}"
    strangers = tuple(named.values())
    return Suite("photographs", source, subjects, {}, strangers)


def _applications(data: Path, split: str) -> Suite:
    programs = {p.name: p for p in _benchmark(data)}
    _expect_programs(programs)
    named = {
        name: _of_parrot(p)
        for name, p in programs.items()
        if p.code.suite == CPN
    }
    picture = benchmark_picture(programs["kmeans"])
    wide = wide_applications(list(programs.values()))
    subjects = (*applications(named, picture), *wide)
    return Suite("applications", "parrot", subjects, {})


def _expect_programs(found: Mapping[str, Any]) -> None:
    """Refuse a benchmark that was made of some programs only."""
    wanted = [c.name for c in parrot_programs() if c.suite == CPN]
    lacking = [name for name in wanted if name not in found]
    if lacking:
        raise InputError(
            f"the benchmark lacks {', '.join(lacking)}: applications need all of it;"
            " make it anew with: nsc data parrot"
        )


def _quick_applications() -> Suite:
    programs = _quick_parrot()
    named = {s.name: s for s in programs.subjects}
    subjects = applications(named, drawn_picture())
    counts = {"jmeint and jpeg need the benchmark's data": 2}
    return Suite("applications", programs.source, subjects, counts)


def _pairs(found: Suite) -> Suite:
    kept = tuple(s for s in found.subjects if s.name in PAIRS)
    return Suite("pairs", found.source, kept, {})


SUITES: Mapping[str, Row] = {
    "exestack": Row("ExeStackCPN", _exestack, _quick_exestack),
    "parrot": Row("ParrotBenchCPN", _parrot, _quick_parrot),
    "photographs": Row(
        "photographs", _photographs, _quick_photographs, of="parrot"
    ),
    "applications": Row(
        "AxBench's applications",
        _applications,
        _quick_applications,
        of="parrot",
    ),
    "pairs": Row(
        "programs with two outputs",
        lambda data, split: _pairs(_applications(data, split)),
        lambda: _pairs(_quick_applications()),
        of="parrot",
    ),
}
