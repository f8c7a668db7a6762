"""Records -> the arrays a CompNet trains on: shards of programs grown from them, cached
beside the run.

In: a folder of record shards, how many programs, a seed. Out: `Corpus`. A shard is a
function of the records, the seed and its number, so that any number of workers makes
the same. What the records beside them compute, those kept for judging, is left out
(held_apart.py). Non-goals: making records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from nsc.compnet.anchors import Targets, targets_of
from nsc.compnet.config import MAX_INPUTS
from nsc.compnet.pack import Packed, join, pack, select
from nsc.compnet.rewrite import terms_of
from nsc.compnet.terms import Terms, TooManyTerms
from nsc.compnet.training.grow import Grower
from nsc.compnet.training.held_apart import folders_apart, is_apart, names_apart
from nsc.errors import InputError
from nsc.graph import Dag
from nsc.host import code_digest, replacing
from nsc.record import read_dags

SHARD = 10_000
MAX_TERMS = 400
# How often a program of each origin is grown from; other origins are real source trees.
_WEIGHTS = {"synthetic": 1.0, "mutated": 2.0}
_REAL = 12.0
_LARGEST_OUTPUT = 1e6
_SMALLEST_SPREAD = 1e-4  # absolute, and relative to the mean


@dataclass(frozen=True)
class Corpus:
    """Programs and what is to be predicted of them.

    Args:
        origin: digest of the records they were grown from, and of those they were kept
            apart from.
        left_out: how many grown programs compute what a program kept for judging
            computes.
    """

    packed: Packed
    targets: Targets
    origin: str = ""
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.packed)


def corpus_of(programs: list[Terms]) -> Corpus:
    """Evaluate programs; leave out those with constant, undefined or enormous outputs."""
    packed = pack(programs)
    targets = targets_of(packed)
    outputs = targets.outputs
    with np.errstate(all="ignore"):
        spread = outputs.std(axis=1)
        mean = outputs.mean(axis=1)
        good = np.isfinite(outputs).all(axis=1) & (
            np.abs(outputs).max(axis=1) < _LARGEST_OUTPUT
        )
        good &= (spread > _SMALLEST_SPREAD) & (spread > _SMALLEST_SPREAD * np.abs(mean))
    return _chosen(packed, targets, good)


def _chosen(packed: Packed, targets: Targets, chosen: np.ndarray) -> Corpus:
    kept, nodes = select(packed, np.flatnonzero(chosen))
    arrays = (
        targets.shapes[nodes],
        targets.means[nodes],
        targets.spreads[nodes],
        targets.outputs[chosen],
    )
    return Corpus(kept, Targets(*arrays))


def grown_corpus(
    data: Path,
    cache: Path,
    *,
    programs: int,
    seed: int,
    workers: int,
    progress: Callable[[str], None] = print,
) -> Corpus:
    """Grow programs from the records under `data`, or read those that `cache` holds of
    the same records.

    None computes what a record of the folders `validation` and `test` beside `data`
    computes.

    Raises:
        InputError: the folder has no shards, or no record in them can be grown from.
    """
    if not list(data.glob("*.parquet")):
        raise InputError(
            f"{data} has no record shards; make some with: nsc data build"
            " synthetic:20000 -o DIR"
        )
    origin = _digest(data)
    if not _pool(data, origin)[0]:
        raise InputError(
            f"no record in {data} has an expression DAG of at most {MAX_INPUTS} inputs"
            " to grow from"
        )
    cache.mkdir(parents=True, exist_ok=True)
    counts = [min(SHARD, programs - first) for first in range(0, programs, SHARD)]
    made_by = code_digest(__name__).hex()[:8]
    paths = [
        cache / f"grown-{origin}-{made_by}-{seed}-{k:04d}-{count}.npz"
        for k, count in enumerate(counts)
    ]
    todo = zip(paths, counts, range(len(paths)), strict=True)
    missing = [
        (data, origin, path, seed, k, count)
        for path, count, k in todo
        if not path.exists()
    ]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for done, path in enumerate(pool.map(_grow_shard, missing), 1):
            progress(f"grown {path.name}, {done} of {len(missing)}")
    corpus = replace(_read(paths), origin=origin)
    progress(
        f"{len(corpus)} programs; {corpus.left_out} more compute what a program kept"
        " for judging does"
    )
    return corpus


def _digest(data: Path) -> str:
    """Name the records of a folder, and of those it is kept apart from, by their
    content.
    """
    digest = hashlib.blake2b(digest_size=6)
    for folder in (data, *folders_apart(data)):
        for shard in sorted(folder.glob("*.parquet")):
            digest.update(shard.read_bytes())
    return digest.hexdigest()


def grow(records: Path, seed: list[int], count: int) -> Corpus:
    """Grow `count` programs; the corpus holds those that can be learned from and may
    be.
    """
    return _grow(records, _digest(records), seed, count)


def _grow(records: Path, origin: str, seed: list[int], count: int) -> Corpus:
    pool, weights = _pool(records, origin)
    corpus = corpus_of(list(islice(_grown_terms(Grower(pool, weights, seed)), count)))
    names = names_apart(records, origin)
    if not names:
        return corpus
    apart = is_apart(corpus.packed, names)
    return replace(
        _chosen(corpus.packed, corpus.targets, ~apart), left_out=int(apart.sum())
    )


def _grown_terms(grower: Grower) -> Iterator[Terms]:
    for dag in grower.programs():
        try:
            terms = terms_of(dag, limit=MAX_TERMS)
        except TooManyTerms:
            continue
        if isinstance(terms, Terms):
            yield terms


@lru_cache(maxsize=1)
def _pool(records: Path, origin: str) -> tuple[list[Dag], np.ndarray]:
    """Read what is grown from, and how often each; origin: digest of the records."""
    rows = [
        (origin, dag)
        for origin, dag in read_dags(records)
        if dag.n_inputs <= MAX_INPUTS
    ]
    weights = np.array(
        [_WEIGHTS.get(origin.split(":")[0], _REAL) for origin, _ in rows]
    )
    return [dag for _, dag in rows], weights


def _grow_shard(task: tuple[Path, str, Path, int, int, int]) -> Path:
    data, origin, path, seed, number, count = task
    corpus = _grow(data, origin, [seed, number], count)
    arrays = {f.name: getattr(corpus.packed, f.name) for f in fields(Packed)}
    arrays |= {f.name: getattr(corpus.targets, f.name) for f in fields(Targets)} | {
        "left_out": corpus.left_out
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
    return path


def _read(paths: list[Path]) -> Corpus:
    parts = []
    for path in paths:
        with np.load(path) as stored:
            parts.append(dict(stored))
    packed = join(
        [Packed(**{f.name: p[f.name] for f in fields(Packed)}) for p in parts]
    )
    targets = {
        f.name: np.concatenate([p[f.name] for p in parts]) for f in fields(Targets)
    }
    return Corpus(
        packed, Targets(**targets), left_out=sum(int(p["left_out"]) for p in parts)
    )
