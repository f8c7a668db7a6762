"""The run loop: source files in fixed slices -> candidate records, resumable, on any number of processes.

In: sources, a profile. Out: a folder of finished slices, gathered into a data set (gather.py).
A slice is done when its two files are there; a killed run goes on with the slices that are missing, and the
slices depend on the sources alone, so that neither kills nor workers change a bit of the result. A slice is known
by its files' content; a changed header elsewhere in a package needs a new folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from nsc.errors import InputError
from nsc.exestack.execute import execute
from nsc.exestack.extract import PROFILES, Candidate, Dropped, extract
from nsc.exestack.gather import gather
from nsc.exestack.source import read_source_texts
from nsc.exestack.text import Found, SourceText, Unreadable
from nsc.record import Record, write_records

SLICE_FILES = 64
SLICE_BYTES = 4_000_000
Progress = Callable[[int, int, Counter], None]  # slices done, records so far, drops by reason


@dataclass(frozen=True)
class Slice:
    """Files that are worked on together."""

    number: int
    files: tuple[Found, ...]

    @property
    def name(self) -> str:
        """A name that changes with the files' content, so that a changed tree is never taken for the old one."""
        digest = hashlib.blake2b(digest_size=8)
        for f in self.files:
            what = f.content_hash if isinstance(f, SourceText) else f.reason
            digest.update(f"{f.origin}\0{f.path}\0{what}\0".encode("utf-8", "surrogateescape"))
        return f"{self.number:06d}-{digest.hexdigest()}"


def build_dataset(
    sources: Sequence[str],
    out_dir: Path,
    *,
    profile: str = "exestackcpn",
    workers: int = 1,
    progress: Progress = lambda slices, records, drops: None,
) -> dict:
    """Make a data set of executed programs from source trees.

    Memory: a few slices of at most 4 MB of text each per worker, and the outputs of 64 programs.

    Returns:
        The manifest, also written as manifest.json: records, drops by reason, splits, programs_per_s.

    Raises:
        InputError: an unknown source or profile, or a folder that holds another build.
    """
    if profile not in PROFILES:
        raise InputError(f"unknown profile '{profile}'; known are {', '.join(PROFILES)}")
    if workers < 1 or not sources:
        raise InputError("a build needs at least one source and one worker")
    for source in sources:
        read_source_texts(source)  # a source that is not there is told before anything is written
    work = out_dir / "slices"
    work.mkdir(parents=True, exist_ok=True)
    _claim(out_dir / "build.json", {"sources": list(sources), "profile": profile})
    tally = _Tally(progress)
    started, names = time.perf_counter(), []
    with ProcessPoolExecutor(workers, get_context("forkserver")) as pool:
        running = set()
        for slice_ in slices_of(sources):
            names.append(slice_.name)
            running.add(pool.submit(run_slice, slice_, work, profile))
            if len(running) >= 3 * workers:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                tally.add(finished)
        tally.add(running)
    rate = tally.fresh / (time.perf_counter() - started)
    paths = [work / f"{name}.parquet" for name in names]
    return gather(paths, out_dir, {"sources": list(sources), "profile": profile}, tally.drops, rate)


class _Tally:
    """Sums over finished slices; `fresh` counts the records that this run made."""

    def __init__(self, progress: Progress):
        self.progress, self.drops = progress, Counter()
        self.slices = self.records = self.fresh = 0

    def add(self, jobs: Iterable[Future]) -> None:
        for job in jobs:
            counts, is_fresh = job.result()
            self.slices += 1
            self.records += counts["records"]
            self.fresh += counts["records"] * is_fresh
            self.drops.update(counts["drops"])
            self.progress(self.slices, self.records, self.drops)


def slices_of(sources: Sequence[str]) -> Iterator[Slice]:
    """Cut the sources' files into slices, by count and by size."""
    files: list[Found] = []
    size = number = 0
    for source in sources:
        for found in read_source_texts(source):
            files.append(found)
            size += len(found.text) if isinstance(found, SourceText) else 0
            if len(files) >= SLICE_FILES or size >= SLICE_BYTES:
                yield Slice(number, tuple(files))
                files, size, number = [], 0, number + 1
    if files:
        yield Slice(number, tuple(files))


def run_slice(slice_: Slice, work: Path, profile: str) -> tuple[dict, bool]:
    """Extract and execute one slice; returns its counts, and False where it was done already."""
    summary = work / f"{slice_.name}.json"
    if summary.exists():
        return json.loads(summary.read_text()), False
    candidates: list[Candidate] = []
    drops: Counter[str] = Counter()
    for found in slice_.files:
        if isinstance(found, Unreadable):
            drops[f"source:{found.reason}"] += 1
            continue
        made, dropped = extract(found, profile=profile)
        candidates += made
        drops.update(d.reason for d in dropped)
    unique = _without_copies(candidates, drops)
    results = execute(unique, profile=profile)
    drops.update(r.reason for r in results if isinstance(r, Dropped))
    records = [r for r in results if isinstance(r, Record)]
    write_records(work / f"{slice_.name}.parquet", records)
    counts = {"records": len(records), "drops": dict(sorted(drops.items()))}
    temporary = summary.with_name(f".{summary.name}.{os.getpid()}")
    temporary.write_text(json.dumps(counts))
    os.replace(temporary, summary)
    return counts, True


def _without_copies(candidates: list[Candidate], drops: Counter) -> list[Candidate]:
    """Keep the first of candidates with the same normalised text, before they cost a run."""
    kept: dict[str, Candidate] = {}
    for candidate in candidates:
        if kept.setdefault(candidate.program.normalised, candidate) is not candidate:
            drops["copy"] += 1
    return list(kept.values())


def _claim(file: Path, what: dict) -> None:
    """Mark a folder with what is built in it."""
    if not file.exists():
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        temporary.write_text(json.dumps(what, indent=1))
        os.replace(temporary, file)
    elif json.loads(file.read_text()) != what:
        raise InputError(f"{file.parent} holds another build ({file.read_text()}); choose another folder with -o")
