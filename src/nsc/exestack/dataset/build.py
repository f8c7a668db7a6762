"""The run loop: sources in fixed pieces of work -> records, resumable.

In: sources, a profile. Out: a folder of finished work, assembled into a data set
(assemble.py). A piece is done when its files are there; a killed run goes on with the
pieces that are missing, and pieces depend on the sources alone, so that neither kills
nor workers (processes or a Ray cluster) change a bit of the result. Sources can be added
later in the same folder: a piece is known by its files' content and by this code. (A
changed header elsewhere in a package is not seen; it needs a new folder.)
"""

from __future__ import annotations

import gc
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypedDict

import pyarrow as pa
import pyarrow.parquet as pq

from nsc.errors import InputError
from nsc.exestack.dataset.assemble import write_dataset
from nsc.exestack.dataset.executors import on_processes, on_ray
from nsc.exestack.dataset.twins import expect_library, load_library
from nsc.exestack.dataset.work import Work, size_of, work_of
from nsc.exestack.programs.extract import Dropped
from nsc.exestack.programs.profile import profile_named
from nsc.exestack.sources.source import versions_of, without_missing
from nsc.host import claim, exclusive, replacing, write_whole
from nsc.record import write_records

EXECUTORS = ("process", "ray")
FOLDER = "slices"  # where finished work lies, in a data set's folder
DROPPED = pa.schema(
    [
        (name, pa.string())
        for name in ("origin", "path", "function", "reason", "text")
    ]
)
# Python's own thresholds look for garbage in cycles after 700 objects.
RARE_COLLECTIONS = (200_000, 20, 100)


@dataclass(frozen=True)
class BuildProgress:
    """How far a build is.

    Args:
        done, total: files and generated programs.
        records, dropped: what they gave.
        seconds: since the run started.
        fresh: files and generated programs of this run alone.
    """

    done: int
    total: int
    records: int
    dropped: int
    seconds: float
    fresh: int

    def __str__(self) -> str:
        rate = self.fresh / max(self.seconds, 1e-3)
        left = (self.total - self.done) / rate if rate else 0
        time_left = (
            f"{left / 60:.0f} min left" if left > 90 else f"{left:.0f} s left"
        )
        return (
            f"{self.records} kept, {self.dropped} dropped, {rate:.0f} files/s,"
            f" {time_left if self.fresh else ''}"
        )


class Counts(TypedDict):
    """What one piece of work came to; `fresh` if this run did it."""

    size: int
    records: int
    drops: dict[str, int]
    fresh: bool


def build_dataset(
    sources: Sequence[str],
    out_dir: Path,
    *,
    profile: str = "exestackcpn",
    workers: int = 1,
    seed: int = 0,
    executor: str = "process",
    address: str | None = None,
    keep_dropped: bool = False,
    skip_missing: bool = False,
    progress: Callable[[BuildProgress], None] = lambda progress: None,
    say: Callable[[str], None] = lambda line: None,
) -> dict:
    """Make a data set of executed programs.

    Memory, per worker: one piece of work (2 MB of text), 6 MB of text parsed and as much
    before it is, the pieces of 1,024 headers and what reading 512 of them did, the
    outputs of 64 programs; in all: about 1 kB per record while twins are looked for.

    Args:
        sources: `tree:DIR`, `debian:PACKAGE,...`, `stack:FILE.parquet`, `synthetic:N`,
            `mutate:DATASET[,COPIES]`.
        seed: of generated programs and mutants.
        executor: "process", or "ray" at `address` (None: a local cluster); all its
            nodes must share `out_dir`.
        keep_dropped: write what was dropped to `dropped/`, with reasons.
        skip_missing: leave out Debian packages that apt cannot fetch; the manifest says
            which.

    Returns:
        The manifest, also written as manifest.json: records, drops by reason, splits,
            programs_per_s.

    Raises:
        InputError: an unknown source, profile or executor, or a folder built with
            another profile or seed.
    """
    # all that may be refused is refused before anything is written
    rules = profile_named(profile)
    expect_library()
    _expect_workers(sources, executor, workers)
    skipped: dict[str, str] = {}
    if skip_missing:
        sources, skipped = _expect_some(*without_missing(sources, say))
    todo = [work_of(source, rules, seed, say) for source in sources]
    tally = _Tally(sum(map(size_of, sources)), progress)
    settings = {
        "sources": list(sources),
        "packages": versions_of(sources),
        "profile": profile,
        "seed": seed,
        **({"skipped": skipped} if skipped else {}),
    }
    folder = out_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    claim(out_dir, {"profile": profile, "seed": seed})
    with exclusive(out_dir):
        _remove_leftovers(folder)
        names: dict[str, None] = {}
        items = _noted(todo, names)
        run = partial(do_work, folder=folder, profile=profile)
        if executor == "process":
            results = on_processes(run, items, workers)
        else:
            results = on_ray(run, items, workers, address)
        _add_up(results, tally)
        say("looking for twins")
        return write_dataset(
            folder,
            list(names),
            out_dir,
            settings=settings,
            drops=tally.drops,
            programs_per_s=tally.rate,
            keep_dropped=keep_dropped,
        )


def _expect_workers(
    sources: Sequence[str], executor: str, workers: int
) -> None:
    if executor not in EXECUTORS:
        raise InputError(
            f"unknown executor '{executor}'; known are {', '.join(EXECUTORS)}"
        )
    if workers < 1 or not sources:
        raise InputError("a build needs at least one source and one worker")


def _expect_some(
    sources: list[str], skipped: dict[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Refuse a build of which nothing is left."""
    if not sources:
        raise InputError(
            f"nothing is left to build: {'; '.join(skipped.values())}"
        )
    return sources, skipped


def _remove_leftovers(folder: Path) -> None:
    """Remove what a killed run was writing."""
    for leftover in folder.glob(".*"):
        leftover.unlink()


def _noted(
    todo: Sequence[Iterator[Work]], names: dict[str, None]
) -> Iterator[Work]:
    """Yield each piece of work once, and note its name."""
    for pieces in todo:
        for piece in pieces:
            if piece.name not in names:
                names[piece.name] = None
                yield piece


def _add_up(results: Iterator[Counts], tally: _Tally) -> None:
    """Wait for all work; what finds twins is loaded while workers begin."""
    with ThreadPoolExecutor(1) as aside:
        loading = aside.submit(load_library)
        for counts in results:
            # one that is damaged is told before hours of work, not after
            loading.result()
            tally.add(counts)


class _Tally:
    """Sums over finished work."""

    def __init__(self, total: int, progress: Callable[[BuildProgress], None]):
        self.total = total
        self.progress = progress
        self.drops: Counter[str] = Counter()
        self.done = 0
        self.records = 0
        self.fresh_items = 0
        self.fresh_records = 0
        self.started = time.perf_counter()

    def add(self, counts: Counts) -> None:
        self.done += counts["size"]
        self.records += counts["records"]
        if counts["fresh"]:
            self.fresh_items += counts["size"]
            self.fresh_records += counts["records"]
        self.drops.update(counts["drops"])
        at = BuildProgress(
            done=self.done,
            total=self.total,
            records=self.records,
            dropped=self.drops.total(),
            seconds=time.perf_counter() - self.started,
            fresh=self.fresh_items,
        )
        self.progress(at)

    @property
    def rate(self) -> float:
        """Records that this run made, per second."""
        return self.fresh_records / max(
            time.perf_counter() - self.started, 1e-3
        )


def do_work(piece: Work, folder: Path, profile: str) -> Counts:
    """Do one piece of work, unless its results are in the folder."""
    summary = folder / f"{piece.name}.json"
    if summary.exists():
        return json.loads(summary.read_text()) | {"fresh": False}
    with _rare_collections():
        records, drops = piece.make(profile_named(profile))
    write_records(folder / f"{piece.name}.parquet", records)
    _write_dropped(folder / f"{piece.name}.dropped.parquet", drops)
    reasons = Counter(d.reason for d in drops)
    counts = {
        "size": piece.size,
        "records": len(records),
        "drops": dict(sorted(reasons.items())),
    }
    # written last: what it counts is there
    write_whole(summary, json.dumps(counts))
    return Counts(**counts, fresh=True)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for garbage in cycles rarely.

    All that is remembered of headers is looked through each time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(*RARE_COLLECTIONS)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _write_dropped(path: Path, drops: Sequence[Dropped]) -> None:
    columns = [
        pa.array([getattr(d, field.name) for d in drops], field.type)
        for field in DROPPED
    ]
    table = pa.Table.from_arrays(columns, schema=DROPPED)
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
