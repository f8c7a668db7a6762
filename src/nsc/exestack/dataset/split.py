"""Finished slices -> the data set: copies dropped, twins clustered, clusters split.

In: slices of records. Out: parquet shards per split and a manifest. Memory: about 1 kB
per record, and one slice. Programs of one cluster are always in one split, so that no
test program has a twin in training.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq

from nsc.errors import InputError
from nsc.exestack.dataset.hold_out import (
    BENCHMARK,
    HELD_OUT,
    held_out_names,
    held_out_texts,
)
from nsc.exestack.dataset.twins import Clusters, place, semantic_keys, text_key
from nsc.exestack.sources.text import GENERATED
from nsc.host import write_whole
from nsc.record import VERSION, Record, read_origins, read_records, write_records

SPLITS = ("train", "validation", "test")
# shares of programs without twins
VALIDATION = 0.1
TEST = 0.1
SHARD_RECORDS = 1000
_TOOLS = ("numpy", "wasmtime", "ziglang", "tree-sitter-c", "datasketch", "pyarrow")


def gather(
    slices: Path,
    names: Sequence[str],
    out_dir: Path,
    settings: dict,
    drops: Counter,
    rate: float,
    keep_dropped: bool,
) -> dict:
    """Write the data set's shards and manifest from finished slices; the same slices
    give the same bits.
    """
    paths = [slices / f"{name}.parquet" for name in names]
    splits = _Splits(paths)
    drops = drops.copy()
    out = _Shards(out_dir)
    seen: set[str] = set()
    for record in _records(paths):
        key = _copy_key(record)
        if key in seen:
            drops["copy"] += 1
            continue
        seen.add(key)
        split, cluster = splits.of(record)
        if split is None:
            drops["twin_of_held_out"] += 1
            continue
        out.add(split, replace(record, cluster=cluster))
    counts = out.close()
    if keep_dropped:
        _keep_dropped(slices, names, out_dir / "dropped")
    manifest = {
        "records": counts.total(),
        "splits": {s: counts[s] for s in SPLITS},
        "clusters": splits.count,
        "drops": dict(drops.most_common()),
        "programs_per_s": round(rate, 1),
        **settings,
        "versions": (
            {"nsc": version("nsc"), "record": VERSION}
            | {tool: version(tool) for tool in _TOOLS}
        ),
    }
    write_whole(out_dir / "manifest.json", json.dumps(manifest, indent=2))
    return manifest


def _copy_key(record: Record) -> str:
    """Name what makes a record a copy: its normalised text, or a generated one's DAG."""
    if record.origin == "synthetic" and record.dag is not None:
        return record.dag.fingerprint  # its text is not normalised
    return text_key(record)


def _records(paths: Iterable[Path]) -> Iterator[Record]:
    """Read slices, the next while one is worked on."""
    with ThreadPoolExecutor(1) as aside:
        waiting: deque[Future[list[Record]]] = deque()
        for path in paths:
            waiting.append(aside.submit(lambda path=path: list(read_records(path))))
            if len(waiting) == 2:
                yield from waiting.popleft().result()
        for read in waiting:
            yield from read.result()


class _Splits:
    """Which split each cluster of real programs is in. Generated programs train, or are
    dropped.

    A cluster is in the most held-out split of its programs' own: a program never leaves
    the test split when data is added, and leaves training only when a twin of it that
    is held out arrives.
    """

    def __init__(self, paths: Sequence[Path]):
        self.clusters = Clusters()
        self.split: dict[str, str] = {}
        own: dict[str, str] = {}
        for name, normalised in held_out_texts():
            own[name] = "test"
            self.clusters.add_text(name, normalised)
        for record in _records(
            path for path in paths if not read_origins(path).issubset(GENERATED)
        ):
            if record.origin not in GENERATED:
                name = self.clusters.add(record)
                own[name] = _stricter(own.get(name, "train"), _own_split(record))
        for name, split in own.items():
            root = self.clusters.root(name)
            self.split[root] = _stricter(self.split.get(root, "train"), split)
        self.count = len(
            {self.clusters.root(name) for name in own if not name.startswith(BENCHMARK)}
        )

    def of(self, record: Record) -> tuple[str | None, str]:
        """Return (split, cluster); no split where a generated program is a twin of one
        that is held out.
        """
        if record.origin not in GENERATED:
            root = self.clusters.root(semantic_keys(record)[0])
            return self.split[root], root
        names = semantic_keys(record)
        twins = self.clusters.find(names, record.normalised)
        is_held_out = any(self.split.get(root, "train") != "train" for root in twins)
        is_held_out = is_held_out or not held_out_names().isdisjoint(names)
        return (None, "") if is_held_out else ("train", twins[0] if twins else names[0])


def _stricter(a: str, b: str) -> str:
    return max(a, b, key=SPLITS.index)


def _own_split(record: Record) -> str:
    """Choose a record's split by what it computes alone."""
    names = semantic_keys(record)
    if record.origin.startswith(HELD_OUT) or not held_out_names().isdisjoint(names):
        return "test"
    drawn = place(record)
    return (
        "test"
        if drawn < TEST
        else "validation"
        if drawn < TEST + VALIDATION
        else "train"
    )


class _Shards:
    """Writes records into shards of each split; the folders appear whole at the end."""

    def __init__(self, out_dir: Path):
        self.out_dir = out_dir
        self.folders = {split: out_dir / f".{split}.new" for split in SPLITS}
        self.waiting: dict[str, list[Record]] = {split: [] for split in SPLITS}
        self.counts: Counter[str] = Counter()
        self.aside = ThreadPoolExecutor(1)
        self.written: Future | None = None  # the last shard, on its way to the disk
        for folder in self.folders.values():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)

    def add(self, split: str, record: Record) -> None:
        self.waiting[split].append(record)
        self.counts[split] += 1
        if len(self.waiting[split]) == SHARD_RECORDS:
            self._write(split)

    def close(self) -> Counter[str]:
        for split in SPLITS:
            self._write(split)
        self._wait()
        self.aside.shutdown()
        for split in SPLITS:
            shutil.rmtree(self.out_dir / split, ignore_errors=True)
            os.replace(self.folders[split], self.out_dir / split)
        return self.counts

    def _write(self, split: str) -> None:
        if self.waiting[split]:
            number = (self.counts[split] - 1) // SHARD_RECORDS
            path = self.folders[split] / f"shard-{number:05d}.parquet"
            self._wait()
            self.written = self.aside.submit(write_records, path, self.waiting[split])
            self.waiting[split] = []

    def _wait(self) -> None:
        if self.written is not None:
            self.written.result()


def _keep_dropped(slices: Path, names: Sequence[str], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    writer = None
    for name in names:
        table = pq.read_table(slices / f"{name}.dropped.parquet")
        writer = writer or pq.ParquetWriter(
            folder / "dropped.parquet", table.schema, compression="zstd"
        )
        writer.write_table(table)
    if writer:
        writer.close()


def leaks(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (name, split, other split) of every record whose twin, near twin or copy is
    in another split.

    Nothing is taken from the records' own `cluster`.

    Raises:
        InputError: the folder is no data set.
    """
    if not all((folder / split).is_dir() for split in SPLITS):
        raise InputError(
            f"{folder} is no data set: expected the folders {', '.join(SPLITS)} in it"
        )
    owner: dict[str, str] = {}
    clusters = Clusters()
    for split in reversed(SPLITS):
        for record in read_records(folder / split):
            names = [
                (
                    f"text:{text_key(record)}"
                    if record.normalised
                    else f"name:{record.name}"
                ),
                *semantic_keys(record),
            ]
            found = {owner[name] for name in names if name in owner}
            found |= {
                owner[twin]
                for twin in clusters.near_names(record.normalised)
                if twin in owner
            }
            other = next((s for s in SPLITS if s in found and s != split), None)
            if other:
                yield record.name, split, other
            for name in names:
                owner.setdefault(name, split)
            if split != "train":
                clusters.add(record)
