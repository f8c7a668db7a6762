"""Records -> the arrays a CompNet trains on, cached beside the run.

In: a folder of record shards. Out: `Corpus`. Node values are the DAG's own values at fixed anchors.
Non-goals: making records.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsc.compnet.compile import squash
from nsc.compnet.config import MAX_INPUTS, NODE_ANCHORS, ROOT_ANCHORS
from nsc.compnet.pack import PackedDags, pack
from nsc.errors import InputError
from nsc.program.dag import evaluate_nodes
from nsc.record import read_records, shared_inputs

_PACKED = ("ops", "args", "values", "levels", "offsets", "roots")


@dataclass(frozen=True)
class Corpus:
    """Programs and their values.

    Args:
        node_values: float16 (m, 128), squashed values of every node at the node anchors.
        outputs: float32 (p, 512), outputs at the root anchors.
        n_inputs: int64 (p,).
    """

    packed: PackedDags
    node_values: np.ndarray
    outputs: np.ndarray
    n_inputs: np.ndarray

    def __len__(self) -> int:
        return len(self.packed)

    @property
    def depths(self) -> np.ndarray:
        """The highest level of each program."""
        return np.maximum.reduceat(self.packed.levels, self.packed.offsets[:-1])


def load_corpus(folder: Path, cache: Path) -> Corpus:
    """Read every shard of a folder; packed arrays are kept in `cache`.

    Raises:
        InputError: the folder has no shards.
    """
    shards = sorted(folder.glob("*.parquet"))
    if not shards:
        raise InputError(f"{folder} has no record shards; make some with: nsc data synthetic -o {folder}")
    cache.mkdir(parents=True, exist_ok=True)
    parts = [_cached(shard, cache / f"{folder.name}-{shard.stem}.npz") for shard in shards]
    joined = {name: np.concatenate([p[name] for p in parts]) for name in parts[0] if name != "offsets"}
    offsets = [parts[0]["offsets"]]
    for p in parts[1:]:
        offsets.append(p["offsets"][1:] + offsets[-1][-1])
    joined["offsets"] = np.concatenate(offsets)
    packed = PackedDags(**{name: joined[name] for name in _PACKED})
    return Corpus(packed, joined["node_values"], joined["outputs"], joined["n_inputs"])


def _cached(shard: Path, path: Path) -> dict[str, np.ndarray]:
    if not path.exists():
        temporary = path.with_name(f".{os.getpid()}-{path.name}")
        np.savez(temporary, **_pack_shard(shard))
        os.replace(temporary, path)
    with np.load(path) as stored:
        return dict(stored)


def _pack_shard(shard: Path) -> dict[str, np.ndarray]:
    records = [r for r in read_records(shard) if r.dag is not None and r.n_inputs <= MAX_INPUTS]
    x = shared_inputs()[:NODE_ANCHORS]
    values = [squash(evaluate_nodes(r.dag, x[:, : r.n_inputs])) for r in records]
    packed = pack([r.dag for r in records])
    arrays = {name: getattr(packed, name) for name in _PACKED}
    arrays["node_values"] = np.concatenate(values).astype(np.float16)
    arrays["outputs"] = np.stack([r.raw_outputs[:ROOT_ANCHORS, 0] for r in records]).astype(np.float32)
    arrays["n_inputs"] = np.array([r.n_inputs for r in records], np.int64)
    return arrays
