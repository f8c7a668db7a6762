"""Experiments from one call: programs, initialisations, results on disk.

In: an `Ask`. Out: files below a folder, a run each: RESULTS/experiment/suite/optimizer/
initialisation.jsonl, and RESULTS/suite.json, which describes the programs. A call with
the same words goes on where one was cut short, and computes nothing twice. The bits of
a trial hang on its program, size, number and start alone: not on workers, their order,
or which others are run.
Non-goals: what results mean (statistics.py), pages (pages.py).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import nsc
from nsc.errors import InputError, StoreError
from nsc.exestack import on_processes, on_ray
from nsc.experiments.job import Job, Measured, Task
from nsc.experiments.protocol import Protocol, seed_of
from nsc.experiments.starts import RANDOM, STARTS, Sources, Start
from nsc.experiments.store import Head, RunFile
from nsc.experiments.subject import Subject
from nsc.experiments.suites import SUITES, Suite, load_suite
from nsc.experiments.table import EXPERIMENTS, Experiment
from nsc.experiments.traits import traits_of
from nsc.host import claim, code_digest, exclusive, read_json, write_whole
from nsc.surrogate import COVERING

ALL = "all"  # experiments, but ablations
ABLATIONS = "ablations"
BOTH = "both"  # suites
TARGET = "target"
EXECUTORS = ("process", "ray")
JOB_PROGRAMS = 4
JOB_EXAMPLES = 4096  # training examples of a job: a kill loses some seconds
_CODE = ("nsc.finetune",)
# (what, done, total)
Show = Callable[[str, int, int], None]
Key = tuple[str, float, int]


@dataclass(frozen=True)
class Ask:
    """What is to be done.

    Args:
        experiments, suites, starts: rows, in order.
        data: a folder of data sets; None for programs that ship with the package.
        split: of exestack.
        programs: a sample of so many; None for all.
        workers: processes; the results do not hang on them.
        executor: "process", or "ray" at `address` (None: a local cluster).
    """

    experiments: tuple[Experiment, ...]
    suites: tuple[str, ...]
    starts: tuple[Start, ...]
    protocol: Protocol
    sources: Sources
    data: Path | None
    split: str = "test"
    programs: int | None = None
    workers: int = 2
    executor: str = "process"
    address: str | None = None

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise InputError(
                f"workers must be at least 1; found {self.workers}"
            )
        if self.executor not in EXECUTORS:
            known = " or ".join(EXECUTORS)
            raise InputError(
                f"executor expects {known}; found '{self.executor}'"
            )


def experiments_of(name: str) -> tuple[Experiment, ...]:
    """Return an experiment; or all, or all ablations, that can be done here.

    Raises:
        InputError: there is no such experiment, or it lacks what it needs.
    """
    if name in (ALL, ABLATIONS):
        wanted = name == ABLATIONS
        rows = [r for r in EXPERIMENTS.values() if r.is_ablation == wanted]
        return tuple(row for row in rows if not row.missing())
    if name not in EXPERIMENTS:
        known = ", ".join([*EXPERIMENTS, ALL, ABLATIONS])
        raise InputError(f"expected an experiment ({known}); found '{name}'")
    lacking = EXPERIMENTS[name].missing()
    if lacking:
        raise InputError(f"{name} cannot be done here: {lacking}")
    return (EXPERIMENTS[name],)


def left_out(name: str) -> list[str]:
    """Say which of all experiments cannot be done here, and why."""
    if name not in (ALL, ABLATIONS):
        return []
    wanted = name == ABLATIONS
    return [
        f"{row.name} left out: {row.missing()}"
        for row in EXPERIMENTS.values()
        if row.is_ablation == wanted and row.missing()
    ]


def suites_of(name: str) -> tuple[str, ...]:
    """Return the names of a suite and of those with its applications, or of all."""
    asked = [key for key, row in SUITES.items() if not row.of]
    if name != BOTH and name not in asked:
        known = ", ".join([*asked, BOTH])
        raise InputError(f"suite expects {known}; found '{name}'")
    kept = asked if name == BOTH else [name]
    return tuple(k for k, row in SUITES.items() if (row.of or k) in kept)


def bench(ask: Ask, folder: Path, show: Show) -> None:
    """Run experiments; what is done already is kept.

    Raises:
        InputError: missing data, a leak, a folder that cannot be written to, an
            experiment that is done on none of the suites.
        StoreError: the folder holds results of other data, settings or code.
    """
    _expect_suites(ask)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        claim(folder, {"results of": "nsc bench"})
    except OSError as error:
        raise InputError(
            f"cannot write to {folder}: {error.strerror}"
        ) from None
    with exclusive(folder):
        for name in ask.suites:
            chosen = [e for e in ask.experiments if name in e.suites]
            if not chosen:
                continue
            suite = load_suite(
                name, ask.data, split=ask.split, most=ask.programs
            )
            described = _claim_suite(folder, suite)
            for experiment in chosen:
                _Runs(ask, experiment, suite, described, folder, show).do()


def _expect_suites(ask: Ask) -> None:
    done = [e for e in ask.experiments if {*e.suites} & {*ask.suites}]
    if not done:
        row = ask.experiments[0]
        known = " or ".join(
            dict.fromkeys(SUITES[s].of or s for s in row.suites)
        )
        raise InputError(
            f"{row.name} is done on suite {known}; found {', '.join(ask.suites)}"
        )


def _claim_suite(folder: Path, suite: Suite) -> dict[str, Any]:
    """Describe a suite's programs, once: other ones are refused."""
    file = folder / f"{suite.name}.json"
    described = suite.described()
    if not file.exists():
        _describe(file, suite, described)
        return described
    held = read_json(file)
    if any(held.get(k) != described[k] for k in ("source", "digest")):
        raise StoreError(
            f"{folder} holds results of {held.get('source')} with digest"
            f" {held.get('digest')}; found {suite.source} with"
            f" {described['digest']}: choose another folder"
        )
    if not all("tokens" in program for program in held["programs"]):
        _describe(file, suite, described)  # as an earlier version wrote it
    return held


def _describe(file: Path, suite: Suite, described: dict[str, Any]) -> None:
    """Write what reports group programs by."""
    traits = traits_of(suite.subjects)
    pairs = zip(described["programs"], traits, strict=True)
    programs = [program | more for program, more in pairs]
    whole = described | {"programs": programs}
    write_whole(file, json.dumps(whole, indent=1))


def run_path(
    folder: Path, experiment: str, suite: str, optimizer: str, run: str
) -> Path:
    """Say where a run is."""
    return folder / experiment / suite / optimizer / f"{run}.jsonl"


def measure(job: Job) -> list[Measured]:
    """Do a job, in whatever process."""
    return _marked(job, EXPERIMENTS[job.experiment].measure(job))


def measure_targets(job: Job) -> list[Measured]:
    """Do a job that tells targets."""
    found = EXPERIMENTS[job.experiment].measure_targets
    assert found is not None, "only experiments with targets have such jobs"
    return _marked(job, found(job))


def _marked(job: Job, found: list[Measured]) -> list[Measured]:
    """Say of every trial whether its start is what it is called."""
    why = {task.subject.name: job.fallback(task) for task in job.tasks}
    return [replace(m, fallback=why[m.program]) for m in found]


class _Runs:
    """The runs of one experiment on one suite."""

    def __init__(
        self,
        ask: Ask,
        experiment: Experiment,
        suite: Suite,
        described: dict[str, Any],
        folder: Path,
        show: Show,
    ):
        self.ask = ask
        self.experiment = experiment
        self.suite = suite
        self.digest = described["digest"]
        self.folder = folder
        self.show = show
        self.partners = partners(suite.subjects, suite.strangers)

    def do(self) -> None:
        """Do every run: what tells the targets first."""
        targets: dict[str, float] = {}
        if self.experiment.measure_targets is not None:
            trials = self.experiment.target_trials(self.ask.protocol)
            row = STARTS[RANDOM]
            done = self._run(TARGET, row, trials, measure_targets, {})
            targets = _means(done)
        trials = self.experiment.trials(self.ask.protocol)
        for row in self.ask.starts:
            if row.races_as and not self.experiment.has_races:
                continue
            self._run(row.name, row, trials, measure, targets)

    def _run(
        self,
        name: str,
        row: Start,
        trials: range,
        work: Callable[[Job], list[Measured]],
        targets: dict[str, float],
    ) -> list[Measured]:
        """Do what is missing of a run, and return all of it."""
        protocol = self.ask.protocol
        suite = self.suite.name
        path = run_path(
            self.folder, self.experiment.name, suite, protocol.optimizer, name
        )
        file = RunFile(path, self._head(name, row))
        done = file.read()
        jobs = list(self._jobs(row, trials, done, targets))
        total = len(self._startable(row)) * len(trials) * self._sizes()
        title = f"{self.experiment.name}, {suite}, {name}"
        self.show(title, len(done), total)
        for measured in self._worked(work, jobs):
            file.append(measured)
            done += measured
            self.show(title, len(done), total)
        return done

    def _startable(self, row: Start) -> list[Subject]:
        """List the programs that a start can be had for."""
        return [
            s
            for s in self.suite.subjects
            if (row.is_drawn or s.topology == COVERING)
            and (row.topology == COVERING or not s.is_application)
        ]

    def _sizes(self) -> int:
        one = self.experiment.measure_targets is not None
        return 1 if one else len(self.ask.protocol.sizes)

    def _head(self, run: str, row: Start) -> Head:
        return {
            "experiment": self.experiment.name,
            "suite": self.suite.name,
            "run": run,
            "initial": row.name,
            "programs": self.digest,
            "protocol": self.ask.protocol.as_json(),
            "start": row.made_of(self.ask.sources),
            "versions": {"nsc": nsc.__version__, "numpy": np.__version__},
            "code": code_digest(*_CODE).hex(),
        }

    def _jobs(
        self,
        row: Start,
        trials: range,
        done: Sequence[Measured],
        targets: dict[str, float],
    ) -> Iterator[Job]:
        """Cut what is missing into pieces: programs with as many inputs together."""
        missing = _missing(self._startable(row), trials, done, self._sizes())
        grouped: dict[tuple[int, tuple[int, ...]], list[Subject]] = (
            defaultdict(list)
        )
        for subject, left in missing:
            grouped[subject.n_inputs, left].append(subject)
        for (_, left), subjects in grouped.items():
            for part, some in _pieces(subjects, left):
                tasks = tuple(
                    Task(s, self.partners[s.name], targets.get(s.name))
                    for s in part
                )
                yield Job(
                    self.experiment.name,
                    row.name,
                    self.ask.protocol,
                    self.ask.sources,
                    tasks,
                    some,
                )

    def _worked(
        self, work: Callable[[Job], list[Measured]], jobs: Sequence[Job]
    ) -> Iterable[list[Measured]]:
        ask = self.ask
        if not jobs:
            return []
        if ask.executor == "ray":
            return on_ray(work, jobs, ask.workers, ask.address)
        if ask.workers == 1 or len(jobs) == 1:
            return map(work, jobs)
        return on_processes(work, jobs, ask.workers, __name__)


def _missing(
    subjects: Sequence[Subject],
    trials: range,
    done: Sequence[Measured],
    sizes: int,
) -> Iterator[tuple[Subject, tuple[int, ...]]]:
    """Yield each program with its trials that lack any size."""
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for measured in done:
        counts[measured.program, measured.trial] += 1
    for subject in subjects:
        left = tuple(t for t in trials if counts[subject.name, t] < sizes)
        if left:
            yield subject, left


def _pieces(
    subjects: Sequence[Subject], trials: tuple[int, ...]
) -> Iterator[tuple[Sequence[Subject], tuple[int, ...]]]:
    """Cut programs, and trials of what has many examples, into pieces of seconds.

    Applications that share surrogates stay together: these are trained once.
    """
    small = [s for s in subjects if len(s.x_train) <= JOB_EXAMPLES]
    for k in range(0, len(small), JOB_PROGRAMS):
        yield small[k : k + JOB_PROGRAMS], trials
    large: dict[tuple[str, ...], list[Subject]] = defaultdict(list)
    for subject in subjects:
        if len(subject.x_train) > JOB_EXAMPLES:
            large[subject.learners].append(subject)
    for part in large.values():
        for trial in trials:
            yield part, (trial,)


def _means(done: Iterable[Measured]) -> dict[str, float]:
    """Return each program's mean value."""
    values: dict[str, list[float]] = defaultdict(list)
    for measured in sorted(done, key=lambda m: m.key):
        values[measured.program].append(measured.value)
    return {name: float(np.mean(found)) for name, found in values.items()}


def partners(
    subjects: Sequence[Subject], strangers: Sequence[Subject] = ()
) -> dict[str, Subject | None]:
    """Choose for each program another one, with as many inputs where there is one."""
    found: dict[str, Subject | None] = {}
    for subject in subjects:
        others = [
            s
            for s in (*subjects, *strangers)
            if s.learners != subject.learners
            and s.topology == subject.topology
        ]
        alike = [s for s in others if s.n_inputs == subject.n_inputs]
        order = partial(_rank, subject.name)
        found[subject.name] = min(alike or others, key=order, default=None)
    return found


def _rank(name: str, other: Subject) -> int:
    return seed_of("partner", name, other.name)
