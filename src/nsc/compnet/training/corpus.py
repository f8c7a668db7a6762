"""Records -> the arrays that a CompNet trains on: programs grown from them, in shards.

Shards are cached beside the run. In: a folder of record shards, how many programs, a
seed. Out: `Corpus`. A shard is a function of the records, the seed and its number, so
that any number of workers makes the same. What the records beside them compute, those
kept for judging, is left out, and so is what a benchmark's programs compute
(held_apart.py). Non-goals: making records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
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
from nsc.compnet.training.held_apart import (
    folders_apart,
    is_apart,
    names_apart,
    names_of_dags,
)
from nsc.errors import InputError
from nsc.graph import Dag
from nsc.host import code_digest, replacing
from nsc.record import read_dags

OnLine = Callable[[str], None]  # told what has been grown
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
    """Evaluate programs; leave out constant, undefined and enormous ones."""
    packed = pack(programs)
    targets = targets_of(packed)
    return _chosen(packed, targets, _can_be_learned(targets.outputs))


def _can_be_learned(outputs: np.ndarray) -> np.ndarray:
    """Say so of each program: outputs `p 512` -> bool (p,)."""
    with np.errstate(all="ignore"):
        mean = outputs.mean(axis=1)
        spread = outputs.std(axis=1)
        is_defined = np.isfinite(outputs).all(axis=1)
        is_small = np.abs(outputs).max(axis=1) < _LARGEST_OUTPUT
        least = _SMALLEST_SPREAD * np.maximum(1.0, np.abs(mean))
        return is_defined & is_small & (spread > least)


def _chosen(packed: Packed, targets: Targets, chosen: np.ndarray) -> Corpus:
    """Keep some programs; chosen: bool (p,)."""
    kept, nodes = select(packed, np.flatnonzero(chosen))
    return Corpus(
        kept,
        Targets(
            shapes=targets.shapes[nodes],
            means=targets.means[nodes],
            spreads=targets.spreads[nodes],
            outputs=targets.outputs[chosen],
        ),
    )


def grown_corpus(
    data: Path,
    cache: Path,
    *,
    programs: int,
    seed: int,
    workers: int,
    benchmark: Sequence[Dag] = (),
    progress: OnLine = print,
) -> Corpus:
    """Grow programs from records, or read those that a cache holds of the same.

    None computes what a record of the folders `validation` and `test` beside `data`
    computes, or what a benchmark does.

    Args:
        data: a folder of record shards.
        benchmark: DAGs over [-1, 1] that are kept for judging too.
        cache: a folder of grown shards; what is missing there is made.
        programs: to grow; those that cannot be learned from are left out after.
        workers: processes.

    Raises:
        InputError: the folder has no shards, or no record in them can be grown from.
    """
    if not list(data.glob("*.parquet")):
        raise InputError(
            f"{data} has no record shards; make some with: nsc data build"
            " synthetic:20000 -o DIR"
        )
    origin = _digest(data, benchmark)
    if not _pool(data, origin)[0]:
        raise InputError(
            f"no record in {data} has an expression DAG of at most {MAX_INPUTS} inputs"
            " to grow from"
        )
    cache.mkdir(parents=True, exist_ok=True)
    apart = names_of_dags(benchmark)
    shards = [
        replace(shard, apart=apart)
        for shard in _shards(data, cache, origin, seed=seed, programs=programs)
    ]
    missing = [shard for shard in shards if not shard.path.exists()]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for done, path in enumerate(pool.map(_grow_shard, missing), 1):
            progress(f"grown {path.name}, {done} of {len(missing)}")
    corpus = replace(_read([shard.path for shard in shards]), origin=origin)
    progress(
        f"{len(corpus)} programs; {corpus.left_out} more compute what a program kept"
        " for judging does"
    )
    return corpus


@dataclass(frozen=True)
class _Shard:
    """One file of grown programs, and what makes it.

    Args:
        path: it names all that decides what is in the file: the records, the code, the
            seed, its number and how many programs.
        apart: names of what a benchmark computes (`names_of_dags`).
    """

    data: Path
    origin: str
    path: Path
    seed: list[int]
    count: int
    apart: frozenset[str] = frozenset()


def _shards(
    data: Path, cache: Path, origin: str, *, seed: int, programs: int
) -> list[_Shard]:
    made_by = code_digest(__name__).hex()[:8]
    counts = [
        min(SHARD, programs - first) for first in range(0, programs, SHARD)
    ]
    found = []
    for k, count in enumerate(counts):
        name = f"grown-{origin}-{made_by}-{seed}-{k:04d}-{count}.npz"
        found.append(_Shard(data, origin, cache / name, [seed, k], count))
    return found


def _digest(data: Path, benchmark: Sequence[Dag] = ()) -> str:
    """Name the records of a folder, and what they are kept apart from, by content."""
    digest = hashlib.blake2b(digest_size=6)
    for dag in benchmark:
        for array in (dag.ops, dag.args, dag.values, dag.roots):
            digest.update(np.ascontiguousarray(array).tobytes())
    for folder in (data, *folders_apart(data)):
        for shard in sorted(folder.glob("*.parquet")):
            digest.update(shard.read_bytes())
    return digest.hexdigest()


def grow(records: Path, seed: list[int], count: int) -> Corpus:
    """Grow `count` programs.

    Returns:
        Those that can be learned from, and compute nothing that is kept for judging.
    """
    return _grow(records, _digest(records), seed, count)


def _grow(
    records: Path,
    origin: str,
    seed: list[int],
    count: int,
    apart: frozenset[str] = frozenset(),
) -> Corpus:
    pool, weights = _pool(records, origin)
    grown = islice(_grown_terms(Grower(pool, weights, seed)), count)
    corpus = corpus_of(list(grown))
    names = names_apart(records, origin) | apart
    if not names:
        return corpus
    is_judged = is_apart(corpus.packed, names)
    kept = _chosen(corpus.packed, corpus.targets, ~is_judged)
    return replace(kept, left_out=int(is_judged.sum()))


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
    dags = []
    weights = []
    for source, dag in read_dags(records):
        if dag.n_inputs <= MAX_INPUTS:
            dags.append(dag)
            weights.append(_WEIGHTS.get(source.split(":")[0], _REAL))
    return dags, np.array(weights)


def _grow_shard(shard: _Shard) -> Path:
    corpus = _grow(
        shard.data, shard.origin, shard.seed, shard.count, shard.apart
    )
    arrays = _arrays_of(corpus.packed) | _arrays_of(corpus.targets)
    arrays["left_out"] = np.array(corpus.left_out)
    with replacing(shard.path) as temporary, temporary.open("wb") as file:
        # numpy has a keyword of its own here, which is the name of no array
        np.savez(file, **arrays)  # type: ignore[arg-type]
    return shard.path


def _arrays_of(value: Packed | Targets) -> dict[str, np.ndarray]:
    return {f.name: getattr(value, f.name) for f in fields(value)}


def _read(paths: list[Path]) -> Corpus:
    parts = []
    for path in paths:
        with np.load(path) as stored:
            parts.append(dict(stored))
    packs = [
        Packed(**{f.name: part[f.name] for f in fields(Packed)})
        for part in parts
    ]
    targets = {
        f.name: np.concatenate([part[f.name] for part in parts])
        for f in fields(Targets)
    }
    left_out = sum(int(part["left_out"]) for part in parts)
    return Corpus(join(packs), Targets(**targets), left_out=left_out)
