"""Finished work -> the data set: copies dropped, twins clustered, clusters split.

In: records of finished work. Out: parquet shards per split and a manifest. Memory: about
1 kB per record, and one piece of work. Non-goals: which split a record is in (split.py).
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq

from nsc.exestack.dataset.read_ahead import read_ahead
from nsc.exestack.dataset.split import SPLITS, Splits
from nsc.exestack.dataset.twins import text_key
from nsc.host import write_whole
from nsc.record import VERSION, Record, write_records

SHARD_RECORDS = 1000
_TOOLS = (
    "numpy",
    "wasmtime",
    "ziglang",
    "tree-sitter-c",
    "datasketch",
    "pyarrow",
)


def write_dataset(
    folder: Path,
    names: Sequence[str],
    out_dir: Path,
    *,
    settings: dict,
    drops: Counter[str],
    programs_per_s: float,
    keep_dropped: bool,
) -> dict:
    """Write the data set's shards and manifest; the same work gives the same bits.

    Args:
        folder: where finished work lies.
        names: of the pieces, in the order of the records.
        settings: what the manifest says beside its counts.
        drops: of the work, by reason.
        keep_dropped: write them to `dropped/` in out_dir.

    Returns:
        The manifest.
    """
    paths = [folder / f"{name}.parquet" for name in names]
    splits = Splits(paths)
    counts, late_drops = _write_splits(paths, splits, out_dir)
    if keep_dropped:
        _keep_dropped(folder, names, out_dir / "dropped")
    all_drops = drops + late_drops
    versions = {"nsc": version("nsc"), "record": VERSION}
    manifest = {
        "records": counts.total(),
        "splits": {s: counts[s] for s in SPLITS},
        "clusters": splits.count,
        "drops": dict(all_drops.most_common()),
        "programs_per_s": round(programs_per_s, 1),
        **settings,
        "versions": versions | {tool: version(tool) for tool in _TOOLS},
    }
    write_whole(out_dir / "manifest.json", json.dumps(manifest, indent=2))
    return manifest


def _write_splits(
    paths: Sequence[Path], splits: Splits, out_dir: Path
) -> tuple[Counter[str], Counter[str]]:
    """Write the shards; returns records by split, and drops by reason."""
    drops: Counter[str] = Counter()
    out = _Shards(out_dir)
    seen: set[str] = set()
    for record in read_ahead(paths):
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
    return out.close(), drops


def _copy_key(record: Record) -> str:
    """Name what makes a record a copy: its normalised text, or a generated one's DAG."""
    if record.origin == "synthetic" and record.dag is not None:
        return record.dag.fingerprint  # its text is not normalised
    return text_key(record)


class _Shards:
    """Writes records into shards of each split; the folders appear whole at the end."""

    def __init__(self, out_dir: Path):
        self.out_dir = out_dir
        self.folders = {split: out_dir / f".{split}.new" for split in SPLITS}
        self.waiting: dict[str, list[Record]] = {split: [] for split in SPLITS}
        self.counts: Counter[str] = Counter()
        self.aside = ThreadPoolExecutor(1)
        self.written: Future | None = (
            None  # the last shard, on its way to the disk
        )
        for folder in self.folders.values():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)

    def add(self, split: str, record: Record) -> None:
        self.waiting[split].append(record)
        self.counts[split] += 1
        if len(self.waiting[split]) == SHARD_RECORDS:
            self._write(split)

    def close(self) -> Counter[str]:
        """Put the folders in place; returns how many records each split has."""
        for split in SPLITS:
            self._write(split)
        self._wait()
        self.aside.shutdown()
        for split in SPLITS:
            shutil.rmtree(self.out_dir / split, ignore_errors=True)
            os.replace(self.folders[split], self.out_dir / split)
        return self.counts

    def _write(self, split: str) -> None:
        if not self.waiting[split]:
            return
        number = (self.counts[split] - 1) // SHARD_RECORDS
        path = self.folders[split] / f"shard-{number:05d}.parquet"
        self._wait()
        self.written = self.aside.submit(
            write_records, path, self.waiting[split]
        )
        self.waiting[split] = []

    def _wait(self) -> None:
        if self.written is not None:
            self.written.result()


def _keep_dropped(work: Path, names: Sequence[str], folder: Path) -> None:
    """Copy the tables of what was dropped into one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    writer = None
    for name in names:
        table = pq.read_table(work / f"{name}.dropped.parquet")
        if writer is None:
            path = folder / "dropped.parquet"
            writer = pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()
