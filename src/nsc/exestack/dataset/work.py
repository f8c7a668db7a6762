"""Pieces of work: source files, generated programs or mutants -> records and drops.

In: a source like `tree:DIR` or `synthetic:N`. Out: `Work`, in small pieces, each known
by its content, each done anywhere with the same bits. Non-goals: who does it
(executors.py), where results are kept (build.py).
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

# What one piece of work may hold.
MAX_FILES = 1024
MAX_CHARACTERS = 2_000_000
# mentions of float or double: what there is to parse, close and run
MAX_FLOATS = 1500
MAX_PROGRAMS = 1000
MAX_PARENTS = 64

DEFAULT_COPIES = "4"

Made = tuple[list[Record], list[Dropped]]
Judged = Found | Dropped


@dataclass(frozen=True)
class FileWork:
    """Files that are read together, with those between them that are not worth it."""

    number: int
    files: tuple[Judged, ...]

    @cached_property
    def name(self) -> str:
        """A name that changes with the files' content.

        A changed tree is never taken for the old one.
        """
        parts = (f"{f.origin}\0{f.path}\0{_content(f)}\0" for f in self.files)
        return f"files-{self.number:06d}-{_digest(*parts)}"

    @property
    def size(self) -> int:
        return len(self.files)

    def make(self, profile: Profile) -> Made:
        """Extract and execute the files' programs."""
        candidates: list[Candidate] = []
        drops: list[Dropped] = []
        for found in self.files:
            if isinstance(found, Unreadable):
                reason = f"source:{found.reason}"
                drops.append(Dropped(found.origin, found.path, "", reason))
            elif isinstance(found, Dropped):
                drops.append(found)
            else:
                made, dropped = extract(found, profile)
                candidates += made
                drops += dropped
        return _executed(candidates, drops, profile)


def _content(file: Judged) -> str:
    return file.content_hash if isinstance(file, SourceText) else file.reason


@dataclass(frozen=True)
class SyntheticWork:
    """Programs of our generator."""

    number: int
    seed: int
    count: int

    @property
    def name(self) -> str:
        return (
            f"synthetic-{self.number:06d}-{self.seed}-{self.count}-{_digest()}"
        )

    @property
    def size(self) -> int:
        return self.count

    def make(self, profile: Profile) -> Made:
        """Generate the programs, whatever the profile."""
        records, reasons = checked_programs(self.seed, self.number, self.count)
        return records, [
            Dropped("synthetic", "", "", reason) for reason in reasons
        ]


@dataclass(frozen=True)
class MutantWork:
    """Mutants of real programs."""

    number: int
    seed: int
    copies: int
    parents: tuple[Parent, ...]

    @cached_property
    def name(self) -> str:
        digest = _digest(*(f"{p.name}\0{p.text}\0" for p in self.parents))
        return f"mutants-{self.number:06d}-{self.seed}-{self.copies}-{digest}"

    @property
    def size(self) -> int:
        return len(self.parents) * self.copies

    def make(self, profile: Profile) -> Made:
        """Write and execute the mutants."""
        candidates: list[Candidate] = []
        drops: list[Dropped] = []
        for parent in self.parents:
            for mutant in mutants(parent, self.copies, seed=self.seed):
                made, dropped = extract(mutant, profile)
                # of the functions in its text, the parent's alone
                candidates += [
                    c for c in made if c.program.name == parent.function
                ]
                drops += dropped
        return _executed(candidates, drops, profile)


Work = FileWork | SyntheticWork | MutantWork


def _digest(*parts: str) -> str:
    """Digest this code and some texts."""
    digest = hashlib.blake2b(code_digest(__name__), digest_size=8)
    for part in parts:
        digest.update(part.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _executed(
    candidates: list[Candidate], drops: list[Dropped], profile: Profile
) -> Made:
    """Execute candidates, of those with the same normalised text the first alone.

    Copies cost no run.
    """
    kept: dict[str, Candidate] = {}
    for candidate in candidates:
        first = kept.setdefault(candidate.program.normalised, candidate)
        if first is not candidate:
            drops.append(_copy(candidate))
    results = execute(list(kept.values()), profile)
    drops += [r for r in results if isinstance(r, Dropped)]
    return [r for r in results if isinstance(r, Record)], drops


def _copy(candidate: Candidate) -> Dropped:
    source = candidate.source
    program = candidate.program
    return Dropped(
        source.origin, source.path, program.name, "copy", program.text
    )


def work_of(
    source: str, profile: Profile, seed: int, say: Callable[[str], None]
) -> Iterator[Work]:
    """Cut one source into pieces of work.

    Args:
        source: as `build_dataset` takes it.
        seed: of generated programs and mutants.
        say: told what is fetched.

    Raises:
        InputError: it is no source, or there is nothing at its place.
    """
    kind, _, place = source.partition(":")
    if kind == "synthetic":
        return _synthetic_work(_positive(source, place), seed)
    if kind == "mutate":
        folder, copies = _mutation(source, place)
        return _mutant_work(folder, copies, seed)
    return _file_work(read_source_texts(source, say), profile)


def size_of(source: str) -> int:
    """Say how many files or programs a source has, for progress alone.

    Raises:
        InputError: it is no source, or there is nothing at its place.
    """
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
    return Path(folder), _positive(source, copies or DEFAULT_COPIES)


def _synthetic_work(count: int, seed: int) -> Iterator[Work]:
    for number, start in enumerate(range(0, count, MAX_PROGRAMS)):
        yield SyntheticWork(number, seed, min(MAX_PROGRAMS, count - start))


def _mutant_work(folder: Path, copies: int, seed: int) -> Iterator[Work]:
    waiting: list[Parent] = []
    number = 0
    for parent in read_parents(folder):
        waiting.append(parent)
        if len(waiting) == MAX_PARENTS:
            yield MutantWork(number, seed, copies, tuple(waiting))
            waiting = []
            number += 1
    if waiting:
        yield MutantWork(number, seed, copies, tuple(waiting))


def _file_work(
    found_files: Iterator[Found], profile: Profile
) -> Iterator[Work]:
    """Cut files by count, by size and by how much work they are.

    The last piece to be done holds up the data set: none is much longer than others.
    Files of packages are judged here: that takes one pass over a package, which each
    worker would make anew.
    """
    files: list[Judged] = []
    characters = 0
    floats = 0
    number = 0
    for found in found_files:
        judged = _judged(found, profile)
        files.append(judged)
        if isinstance(judged, SourceText):
            characters += len(judged.text)
            floats += judged.text.count("double") + judged.text.count("float")
        is_long = characters >= MAX_CHARACTERS or floats >= MAX_FLOATS
        if len(files) >= MAX_FILES or is_long:
            yield FileWork(number, tuple(files))
            files = []
            characters = 0
            floats = 0
            number += 1
    if files:
        yield FileWork(number, tuple(files))


def _judged(found: Found, profile: Profile) -> Judged:
    if isinstance(found, SourceText) and found.package:
        return judge(found, profile)
    return found
