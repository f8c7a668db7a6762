"""Finished slices -> the data set: copies dropped, twins clustered, clusters split.

In: slices of records. Out: parquet shards per split and a manifest. Memory: one key per record, then one slice.
Programs of one cluster are always in one split, so that no test program has a twin in training.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nsc.record import Record, read_records, write_records

SPLITS = ("train", "validation", "test")
SHARES = (0.8, 0.1, 0.1)
# Never trained on: programs of these packages, and whatever computes the same as one of them.
HELD_OUT = ("r-base", "libnova", "newlib", "darktable")
PROBES = 48
RESOLUTION = 1e-3  # of the outputs' spread, within which two programs compute the same
SHARD_RECORDS = 1000


def semantic_keys(record: Record) -> tuple[str, str]:
    """Name what a record computes, twice, on grids half a step apart: twins share at least one name.

    Example: two texts of one function whose outputs differ by rounding share both names, or, where
    an output lies on a border of one grid, the other name.
    """
    y = record.outputs[:PROBES].astype(np.float64)
    spread = max(float(np.abs(record.outputs).max()), 1e-30)
    digests = []
    for shift in (0.0, 0.5):
        grid = np.floor(y / (spread * RESOLUTION) + shift).astype(np.int64)
        size = np.floor(np.log2(spread) * 64 + shift).astype(np.int64)
        digest = hashlib.blake2b(digest_size=12)
        for part in (record.n_inputs, record.n_outputs, size):
            digest.update(np.int64(part).tobytes())
        digest.update(grid.tobytes())
        digests.append(f"{shift:g}{digest.hexdigest()}")
    return digests[0], digests[1]


def gather(slices: Sequence[Path], out_dir: Path, settings: dict, drops: Counter, rate: float) -> dict:
    """Write the data set's shards and manifest from finished slices; the same slices give the same bits."""
    names, forests = _clusters(slices)
    drops = drops.copy()
    folders = {split: out_dir / f".{split}.{os.getpid()}" for split in SPLITS}
    counts: Counter[str] = Counter()
    waiting: dict[str, list[Record]] = {split: [] for split in SPLITS}
    seen: set[str] = set()
    for record in _records(slices):
        key = hashlib.blake2b(record.normalised.encode(), digest_size=16).hexdigest()
        if key in seen:
            drops["copy"] += 1
            continue
        seen.add(key)
        cluster = _root(forests, semantic_keys(record)[0])
        split = _split_of(cluster, names[cluster])
        waiting[split].append(_with_cluster(record, cluster))
        counts[split] += 1
        if len(waiting[split]) == SHARD_RECORDS:
            _write(folders[split], counts[split], waiting[split])
    for split in SPLITS:
        _write(folders[split], counts[split] + SHARD_RECORDS, waiting[split])
        shutil.rmtree(out_dir / split, ignore_errors=True)
        os.replace(folders[split], out_dir / split)
    manifest = {
        "records": counts.total(), "splits": {s: counts[s] for s in SPLITS}, "clusters": len(names),
        "drops": dict(drops.most_common()), "programs_per_s": round(rate, 1), **settings,
    }  # fmt: skip
    temporary = out_dir / f".manifest.{os.getpid()}"
    temporary.write_text(json.dumps(manifest, indent=2))
    os.replace(temporary, out_dir / "manifest.json")
    return manifest


def _write(folder: Path, count: int, waiting: list[Record]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if waiting:
        write_records(folder / f"shard-{(count - 1) // SHARD_RECORDS:05d}.parquet", waiting)
        waiting.clear()


def _with_cluster(record: Record, cluster: str) -> Record:
    fields = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return Record(**fields | {"cluster": cluster})


def _records(slices: Sequence[Path]) -> Iterator[Record]:
    for path in slices:
        yield from read_records(path)


def _clusters(slices: Sequence[Path]) -> tuple[dict[str, set[str]], dict[str, str]]:
    """Join records that share a semantic name; returns each cluster's origins, and the forest of names."""
    forest: dict[str, str] = {}
    origins: dict[str, set[str]] = {}
    for record in _records(slices):
        a, b = (_root(forest, key) for key in semantic_keys(record))
        first, second = min(a, b), max(a, b)
        forest[second] = first
        origins[first] = origins.pop(a, set()) | origins.pop(b, set()) | {record.origin}
    return origins, forest


def _root(forest: dict[str, str], key: str) -> str:
    forest.setdefault(key, key)
    while forest[key] != key:
        forest[key] = forest[forest[key]]
        key = forest[key]
    return key


def _split_of(cluster: str, origins: set[str]) -> str:
    """Choose a split by the cluster's name alone, so that it stays when data is added."""
    if any(origin.startswith(package) for origin in origins for package in HELD_OUT):
        return "test"
    place = int(hashlib.blake2b(cluster.encode(), digest_size=8).hexdigest(), 16) / 2**64
    return SPLITS[int(np.searchsorted(np.cumsum(SHARES)[:-1], place, side="right"))]


def leaks(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (name, split, other split) of every record whose twin or copy is in another split."""
    owner: dict[str, str] = {}
    for split in SPLITS:
        for record in read_records(folder / split):
            for key in (*semantic_keys(record), "text:" + record.normalised):
                if owner.setdefault(key, split) != split:
                    yield record.name, split, owner[key]
                    break
