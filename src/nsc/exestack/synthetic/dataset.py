"""Random functions -> accepted Records in shards.

In: a seed and a count. Out: parquet shards and a manifest, the same bits whatever the
number of workers. Labels come from the front end's DAG.
Non-goals: real programs (other sources).
"""

from __future__ import annotations

import json
import math
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from nsc.errors import InputError, SourceError
from nsc.exestack.synthetic.dice import Dice
from nsc.exestack.synthetic.functions import write_function
from nsc.exestack.synthetic.statements import Written
from nsc.exestack.synthetic.taste import TASTE
from nsc.graph import Dag, Unsupported, evaluate
from nsc.host import claim, start_forkserver, write_whole
from nsc.program import Program, parse_program
from nsc.record import Record, shared_inputs, write_records
from nsc.sandbox import Built, Failed, build, run
from nsc.symbolic import dag_of_definitions
from nsc.syntax import Domain, Leaf, Param, Signature

MAX_ABSOLUTE_OUTPUT = 10.0
MAX_DAG_NODES = 160
MAX_LINES = 80
MAX_CHARACTERS = 3000
PROBES = 64
MOSTLY_NEGATIVE = (
    0.6  # of the probes: few real functions are negative so often
)
SYMMETRIC = 0.02  # of the standard deviation: a smaller mean is that of an odd function
MIN_VARIANCE = 1e-7
CHECKED_PER_SHARD = 8
TOLERANCE = 1e-4  # of the largest output
AGREEING = 0.995  # of the inputs
ShardProgress = Callable[[int, int], None]  # shards done, shards in all


@dataclass(frozen=True)
class Rejected:
    """Why a candidate is no record."""

    reason: str


def candidate(r: Dice, x: np.ndarray, name: str) -> Record | Rejected:
    """Write one function and judge it by its values on `x` (`n i`)."""
    try:
        written = write_function(r)
    except (OverflowError, ZeroDivisionError, ValueError):
        return Rejected("range_overflow")
    text = written.text
    if text.count("\n") > MAX_LINES or len(text) > MAX_CHARACTERS:
        return Rejected("too_long")
    dag = own_dag(written)
    if isinstance(dag, Unsupported):
        return Rejected(f"no_dag:{dag.reason}")
    assert not dag.bounded, "its values become the labels"
    if len(dag) > MAX_DAG_NODES:
        return Rejected("too_many_nodes")
    n_inputs = len(written.ranges)
    y = evaluate(dag, x[:, :n_inputs])
    reason = _judge(y, r)
    if reason:
        return Rejected(reason)
    return Record(
        name=name,
        text=text,
        origin="synthetic",
        n_inputs=n_inputs,
        n_outputs=1,
        box=tuple(written.ranges.values()),
        input_seed=0,
        outputs=y.astype(np.float32),
        dag=dag,
    )


def own_dag(written: Written) -> Dag | Unsupported:
    """Evaluate a function that we wrote by its syntax; its text is not read."""
    type_ = written.type
    inputs = tuple(Leaf(name, name, type_, name) for name in written.ranges)
    params = tuple(
        Param(name, type_, "in", f"{type_.spelling} {name}")
        for name in written.ranges
    )
    result = (Leaf("return", "nsc_result", type_, "return"),)
    signature = Signature(written.name, params, type_, inputs, result, "")
    domain = Domain(*zip(*written.ranges.values(), strict=True))
    return dag_of_definitions(written.definitions, signature, domain)


def _judge(y: np.ndarray, r: Dice) -> str | None:
    """Say why outputs (`n 1`) make no record; None where they may."""
    largest = np.abs(y).max()
    if not math.isfinite(largest):
        return "not_finite"
    if largest >= MAX_ABSOLUTE_OUTPUT:
        return "too_large"
    probes = y[:PROBES, 0]
    is_mostly_negative = (probes < 0).mean() > MOSTLY_NEGATIVE
    if is_mostly_negative and r.random() < TASTE.drop_negative:
        return "negative"
    mean = probes.mean()
    is_odd = abs(mean) < SYMMETRIC * probes.std()
    if is_odd and r.random() < TASTE.drop_symmetric:
        return "symmetric"
    around = probes - mean
    is_constant = around @ around < MIN_VARIANCE * PROBES
    if is_constant and r.random() < TASTE.drop_constant:
        return "constant"
    return None


def checked_programs(
    seed: int, shard: int, count: int
) -> tuple[list[Record], list[str]]:
    """Make records without twins among them.

    Labels come from the DAG; of every shard the first programs are run in the sandbox
    too, and one that computes something else there is dropped as "dag_differs".

    Args:
        shard: its number; with the seed it names the stream of chance.
        count: of records, before those that differ are dropped.

    Returns:
        The records, and the reasons of those dropped.
    """
    r = Dice(f"nsc-synthetic-{seed}-{shard}")
    x = np.asfortranarray(shared_inputs())  # each input in one piece
    records: list[Record] = []
    seen: set[str] = set()
    drops: list[str] = []
    while len(records) < count:
        made = candidate(r, x, f"synthetic-{seed}-{shard}-{len(records)}")
        if isinstance(made, Rejected):
            drops.append(made.reason)
        elif _fingerprint(made) in seen:
            drops.append("twin_in_shard")
        else:
            seen.add(_fingerprint(made))
            records.append(made)
    wrong = _that_differ(records[:CHECKED_PER_SHARD], x)
    drops += ["dag_differs"] * len(wrong)
    return [record for record in records if record.name not in wrong], drops


def _that_differ(records: list[Record], x: np.ndarray) -> set[str]:
    """Name the records whose text means another DAG, or other outputs.

    Outputs may differ as far as float arithmetic explains.
    """
    read_back: list[tuple[Record, Program]] = []
    wrong: set[str] = set()
    for record in records:
        text = "#include <math.h>\n" + record.text
        try:
            read_back.append((record, parse_program(text, path=record.name)))
        except SourceError:
            wrong.add(record.name)
    units = [program.unit for _, program in read_back]
    for (record, program), built in zip(read_back, build(units), strict=True):
        if not _agrees(record, program, built, x):
            wrong.add(record.name)
    return wrong


def _agrees(
    record: Record, program: Program, built: Built | Failed, x: np.ndarray
) -> bool:
    """Say whether a record's text, read back and run, is what its labels say."""
    if isinstance(built, Failed):
        return False
    lo, hi = np.array(record.box).T
    inputs = lo + (hi - lo) * (x[:, : record.n_inputs] + 1) / 2
    y = run(built, inputs).outputs
    read = replace(program, domain=Domain(tuple(lo), tuple(hi))).dag
    if not isinstance(read, Dag) or read.fingerprint != _fingerprint(record):
        return False
    largest = max(np.abs(record.outputs).max(), 1e-6)
    near = np.abs(y - record.outputs) <= TOLERANCE * largest
    # a comparison may fall the other way on a few inputs
    return bool(near.mean() >= AGREEING)


def _fingerprint(record: Record) -> str:
    assert record.dag is not None, "a generated program is made from its DAG"
    return record.dag.fingerprint


def write_shard(
    path: Path, *, seed: int, shard: int, count: int
) -> dict[str, int]:
    """Write one shard of at most `count` records; returns drops by reason."""
    records, drops = checked_programs(seed, shard, count)
    write_records(path, records)
    return dict(Counter(drops))


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Start workers; after Ctrl-C, which is the parent's to hear, none begins anew.

    Raises:
        HostError: they cannot be started here.
    """
    start_forkserver()
    with ProcessPoolExecutor(
        workers,
        get_context("forkserver"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    ) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def write_synthetic(
    out_dir: Path,
    *,
    programs: int,
    seed: int,
    workers: int = 1,
    shard_size: int = 1000,
    progress: ShardProgress = lambda done, total: None,
) -> dict:
    """Write random programs as shards; finished shards of the same call are kept.

    Twins (equal DAGs) are dropped within a shard only; a reader drops those across
    shards.

    Returns:
        The manifest, also written as manifest.json: records, seed, drops by reason,
            programs_per_s.

    Raises:
        InputError: numbers below 1, or a folder that holds other programs.
    """
    if programs < 1 or shard_size < 1 or workers < 1:
        raise InputError("programs, shard size and workers must be at least 1")
    out_dir.mkdir(parents=True, exist_ok=True)
    claim(
        out_dir, {"programs": programs, "seed": seed, "shard_size": shard_size}
    )
    sizes = [
        min(shard_size, programs - k * shard_size)
        for k in range(math.ceil(programs / shard_size))
    ]
    paths = [out_dir / f"shard-{k:05d}.parquet" for k in range(len(sizes))]
    todo = [k for k, path in enumerate(paths) if not path.exists()]
    started = time.perf_counter()
    drops: Counter[str] = Counter()
    done = len(sizes) - len(todo)
    progress(done, len(sizes))
    with _pool(workers) as pool:
        jobs = [
            pool.submit(
                write_shard, paths[k], seed=seed, shard=k, count=sizes[k]
            )
            for k in todo
        ]
        for job in jobs:
            drops.update(job.result())
            done += 1
            progress(done, len(sizes))
    seconds = time.perf_counter() - started
    made = sum(sizes[k] for k in todo)
    records = sum(pq.read_metadata(path).num_rows for path in paths)
    manifest = {
        "records": records,
        "seed": seed,
        "shard_size": shard_size,
        "drops": dict(drops.most_common()),
        "programs_per_s": round(made / seconds, 1) if made else None,
    }
    write_whole(out_dir / "manifest.json", json.dumps(manifest, indent=2))
    return manifest
