"""The run loop: sources in fixed slices -> records, resumable, on any number of
processes or a Ray cluster.

In: sources, a profile. Out: a folder of finished slices, gathered into a data set
(split.py). A slice is done when its files are there; a killed run goes on with the
slices that are missing, and slices depend on the sources alone, so that neither kills
nor workers nor executors change a bit of the result. Sources can be added later in the
same folder: a slice is known by its files' content and by this code. (A changed header
elsewhere in a package is not seen; it needs a new folder.)
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

import pyarrow as pa
import pyarrow.parquet as pq

from nsc.errors import InputError
from nsc.exestack.dataset.executors import on_processes, on_ray
from nsc.exestack.dataset.split import gather
from nsc.exestack.dataset.twins import expect_library, load_library
from nsc.exestack.dataset.work import Slice, size_of, slices_of
from nsc.exestack.programs.extract import Dropped
from nsc.exestack.programs.profile import profile_named
from nsc.exestack.sources.source import versions_of
from nsc.host import claim, exclusive, replacing, write_whole
from nsc.record import write_records

EXECUTORS = ("process", "ray")
DROPPED = pa.schema(
    [(name, pa.string()) for name in ("origin", "path", "function", "reason", "text")]
)


@dataclass(frozen=True)
class Progress:
    """How far a build is. `seconds` since it started; `done` and `total` count files
    and generated programs.
    """

    done: int
    total: int
    records: int
    dropped: int
    seconds: float
    fresh: int  # items done by this run

    def __str__(self) -> str:
        rate = self.fresh / max(self.seconds, 1e-3)
        left = (self.total - self.done) / rate if rate else 0
        time_left = f"{left / 60:.0f} min left" if left > 90 else f"{left:.0f} s left"
        return (
            f"{self.records} kept, {self.dropped} dropped, {rate:.0f} files/s,"
            f" {time_left if self.fresh else ''}"
        )


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
    progress: Callable[[Progress], None] = lambda progress: None,
    say: Callable[[str], None] = lambda line: None,
) -> dict:
    """Make a data set of executed programs.

    Memory, per worker: one slice (2 MB of text), 6 MB of text parsed and as much before
    it is, the pieces of 1,024 headers and what reading 512 of them did, the outputs of
    64 programs; in all: about 1 kB per record while twins are looked for.

    Args:
        sources: `tree:DIR`, `debian:PACKAGE,...`, `stack:FILE.parquet`, `synthetic:N`,
            `mutate:DATASET[,COPIES]`.
        seed: of generated programs and mutants.
        executor: "process", or "ray" at `address` (None: a local cluster); all its
            nodes must share `out_dir`.
        keep_dropped: write what was dropped to `dropped/`, with reasons.

    Returns:
        The manifest, also written as manifest.json: records, drops by reason, splits,
            programs_per_s.

    Raises:
        InputError: an unknown source, profile or executor, or a folder built with
            another profile or seed.
    """
    rules = profile_named(profile)
    expect_library()  # before anything is written
    if executor not in EXECUTORS:
        raise InputError(
            f"unknown executor '{executor}'; known are {', '.join(EXECUTORS)}"
        )
    if workers < 1 or not sources:
        raise InputError("a build needs at least one source and one worker")
    todo = [
        slices_of(source, rules, seed, say) for source in sources
    ]  # a missing one is told before anything is written
    total = sum(map(size_of, sources))
    settings = {
        "sources": list(sources),
        "packages": versions_of(sources),
        "profile": profile,
        "seed": seed,
    }
    work = out_dir / "slices"
    work.mkdir(parents=True, exist_ok=True)
    claim(out_dir, {"profile": profile, "seed": seed})
    with exclusive(out_dir):
        for leftover in work.glob(".*"):  # of a killed run
            leftover.unlink()
        names: dict[str, None] = {}
        tally = _Tally(total, progress)
        run = partial(run_slice, work=work, profile=profile)
        items = _named(todo, names)
        results = (
            on_processes(run, items, workers)
            if executor == "process"
            else on_ray(run, items, workers, address)
        )
        with ThreadPoolExecutor(1) as aside:
            loading = aside.submit(load_library)  # while workers begin
            for counts in results:
                # one that is damaged is told before hours of work, not after
                loading.result()
                tally.add(counts)
        say("looking for twins")
        return gather(
            work, list(names), out_dir, settings, tally.drops, tally.rate, keep_dropped
        )


def _named(todo: Sequence[Iterator[Slice]], names: dict[str, None]) -> Iterator[Slice]:
    """Yield each slice once, and note its name."""
    for slices in todo:
        for slice_ in slices:
            if slice_.name not in names:
                names[slice_.name] = None
                yield slice_


class _Tally:
    """Sums over finished slices."""

    def __init__(self, total: int, progress: Callable[[Progress], None]):
        self.total = total
        self.progress = progress
        self.drops = Counter()
        self.done = self.records = self.fresh = self.fresh_items = 0
        self.started = time.perf_counter()

    def add(self, counts: dict) -> None:
        self.done += counts["size"]
        self.records += counts["records"]
        if counts["fresh"]:
            self.fresh += counts["records"]
            self.fresh_items += counts["size"]
        self.drops.update(counts["drops"])
        seconds = time.perf_counter() - self.started
        self.progress(
            Progress(
                self.done,
                self.total,
                self.records,
                self.drops.total(),
                seconds,
                self.fresh_items,
            )
        )

    @property
    def rate(self) -> float:
        """Records that this run made, per second."""
        return self.fresh / max(time.perf_counter() - self.started, 1e-3)


def run_slice(slice_: Slice, work: Path, profile: str) -> dict:
    """Make one slice, unless it is there; returns its counts."""
    summary = work / f"{slice_.name}.json"
    if summary.exists():
        return json.loads(summary.read_text()) | {"fresh": False}
    with _rare_collections():
        records, drops = slice_.make(profile_named(profile))
    write_records(work / f"{slice_.name}.parquet", records)
    _write_dropped(work / f"{slice_.name}.dropped.parquet", drops)
    reasons = Counter(d.reason for d in drops)
    counts = {
        "size": slice_.size,
        "records": len(records),
        "drops": dict(sorted(reasons.items())),
    }
    write_whole(summary, json.dumps(counts))
    return counts | {"fresh": True}


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for garbage in cycles rarely: all that is remembered of headers is looked
    through each time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _write_dropped(path: Path, drops: Sequence[Dropped]) -> None:
    columns = [
        pa.array([getattr(d, field.name) for d in drops], field.type)
        for field in DROPPED
    ]
    with replacing(path) as temporary:
        pq.write_table(
            pa.Table.from_arrays(columns, schema=DROPPED), temporary, compression="zstd"
        )
