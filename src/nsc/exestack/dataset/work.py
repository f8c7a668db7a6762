"""Fixed pieces of work: source files, generated programs or mutants -> records and
drops.

In: a source like `tree:DIR` or `synthetic:N`. Out: slices, each small, each known by
its content, each made anywhere with the same bits. Non-goals: who runs them
(executors.py), where they are kept (build.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nsc.errors import InputError
from nsc.exestack.programs.execute import execute
from nsc.exestack.programs.extract import Candidate, Dropped, extract, judge
from nsc.exestack.programs.mutate import Parent, mutants, read_parents
from nsc.exestack.programs.profile import Profile
from nsc.exestack.sources.source import count_files, read_source_texts
from nsc.exestack.sources.text import Found, SourceText, Unreadable
from nsc.exestack.synthetic.dataset import checked_programs
from nsc.host import code_digest
from nsc.record import Record

SLICE_FILES = 1024
SLICE_BYTES = 2_000_000
# mentions of float or double: what there is to parse, close and run
SLICE_FLOATS = 1500
SLICE_PROGRAMS = 1000
SLICE_PARENTS = 64

Made = tuple[list[Record], list[Dropped]]


@dataclass(frozen=True)
class FileSlice:
    """Files that are worked on together, and those between them that are not worth it."""

    number: int
    files: tuple[Found | Dropped, ...]

    @cached_property
    def name(self) -> str:
        """A name that changes with the files' content, so that a changed tree is never
        taken for the old one.
        """
        parts = (
            f"{f.origin}\0{f.path}\0{f.content_hash if isinstance(f, SourceText) else f.reason}\0"
            for f in self.files
        )
        return f"files-{self.number:06d}-{_digest(*parts)}"

    @property
    def size(self) -> int:
        return len(self.files)

    def make(self, profile: Profile) -> Made:
        candidates: list[Candidate] = []
        drops: list[Dropped] = []
        for found in self.files:
            if isinstance(found, Unreadable):
                drops.append(
                    Dropped(found.origin, found.path, "", f"source:{found.reason}")
                )
                continue
            made, dropped = (
                ([], [found]) if isinstance(found, Dropped) else extract(found, profile)
            )
            candidates += made
            drops += dropped
        return _executed(candidates, drops, profile)


@dataclass(frozen=True)
class SyntheticSlice:
    """Programs of our generator."""

    number: int
    seed: int
    count: int

    @property
    def name(self) -> str:
        return f"synthetic-{self.number:06d}-{self.seed}-{self.count}-{_digest()}"

    @property
    def size(self) -> int:
        return self.count

    def make(self, profile: Profile) -> Made:
        records, reasons = checked_programs(self.seed, self.number, self.count)
        return records, [Dropped("synthetic", "", "", reason) for reason in reasons]


@dataclass(frozen=True)
class MutantSlice:
    """Mutants of real programs."""

    number: int
    seed: int
    copies: int
    parents: tuple[Parent, ...]

    @cached_property
    def name(self) -> str:
        parents = (f"{p.name}\0{p.text}\0" for p in self.parents)
        return (
            f"mutants-{self.number:06d}-{self.seed}-{self.copies}-{_digest(*parents)}"
        )

    @property
    def size(self) -> int:
        return len(self.parents) * self.copies

    def make(self, profile: Profile) -> Made:
        candidates: list[Candidate] = []
        drops: list[Dropped] = []
        for parent in self.parents:
            for mutant in mutants(parent, self.copies, seed=self.seed):
                made, dropped = extract(mutant, profile)
                candidates += [c for c in made if c.program.name == parent.function]
                drops += dropped
        return _executed(candidates, drops, profile)


Slice = FileSlice | SyntheticSlice | MutantSlice


def _digest(*parts: str) -> str:
    digest = hashlib.blake2b(code_digest(__name__), digest_size=8)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _executed(
    candidates: list[Candidate], drops: list[Dropped], profile: Profile
) -> Made:
    """Execute candidates, the first of those with the same normalised text alone:
    copies cost no run.
    """
    kept: dict[str, Candidate] = {}
    for c in candidates:
        if kept.setdefault(c.program.normalised, c) is not c:
            drops.append(
                Dropped(
                    c.source.origin,
                    c.source.path,
                    c.program.name,
                    "copy",
                    c.program.text,
                )
            )
    results = execute(list(kept.values()), profile)
    drops += [r for r in results if isinstance(r, Dropped)]
    return [r for r in results if isinstance(r, Record)], drops


def slices_of(
    source: str, profile: Profile, seed: int, say: Callable[[str], None]
) -> Iterator[Slice]:
    """Cut one source into slices.

    Raises:
        InputError: it is no source, or there is nothing at its place.
    """
    kind, _, place = source.partition(":")
    if kind == "synthetic":
        return _synthetic(_positive(source, place), seed)
    if kind == "mutate":
        folder, copies = _mutation(source, place)
        return _mutants(folder, copies, seed)
    return _files(read_source_texts(source, say), profile)


def size_of(source: str) -> int:
    """Say how many files or programs a source has to be worked on, for progress alone."""
    kind, _, place = source.partition(":")
    if kind == "synthetic":
        return _positive(source, place)
    if kind == "mutate":
        folder, copies = _mutation(source, place)
        return copies * sum(1 for _ in read_parents(folder))
    return count_files(source)


def _positive(source: str, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise InputError(
            f"'{source}': expected a number of programs, as in synthetic:10000"
        )
    return int(text)


def _mutation(source: str, place: str) -> tuple[Path, int]:
    """Read `mutate:DATASET` or `mutate:DATASET,COPIES`."""
    folder, _, copies = place.partition(",")
    if not (Path(folder) / "train").is_dir():
        raise InputError(
            f"{source}: expected a data set; {folder} has no folder 'train'"
        )
    return Path(folder), _positive(source, copies or "4")


def _synthetic(count: int, seed: int) -> Iterator[Slice]:
    for number, start in enumerate(range(0, count, SLICE_PROGRAMS)):
        yield SyntheticSlice(number, seed, min(SLICE_PROGRAMS, count - start))


def _mutants(folder: Path, copies: int, seed: int) -> Iterator[Slice]:
    waiting: list[Parent] = []
    number = 0
    for parent in read_parents(folder):
        waiting.append(parent)
        if len(waiting) == SLICE_PARENTS:
            yield MutantSlice(number, seed, copies, tuple(waiting))
            waiting = []
            number = number + 1
    if waiting:
        yield MutantSlice(number, seed, copies, tuple(waiting))


def _files(found_files: Iterator[Found], profile: Profile) -> Iterator[Slice]:
    """Cut files by count, by size and by how much work they are: the last slice to be
    made holds up the others.

    Files of packages are judged here: that takes one pass over a package, which each
    worker would make anew.
    """
    files: list[Found | Dropped] = []
    size = floats = number = 0
    for found in found_files:
        if isinstance(found, SourceText) and found.package:
            found = judge(found, profile)
        files.append(found)
        if isinstance(found, SourceText):
            size += len(found.text)
            floats += found.text.count("double") + found.text.count("float")
        if len(files) >= SLICE_FILES or size >= SLICE_BYTES or floats >= SLICE_FLOATS:
            yield FileSlice(number, tuple(files))
            files = []
            size = 0
            floats = 0
            number = number + 1
    if files:
        yield FileSlice(number, tuple(files))
