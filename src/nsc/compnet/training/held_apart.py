"""What training must not meet: whatever the records kept for judging compute.

Names do not count, nor does the order of inputs. In: the folder of training records,
DAGs of a benchmark, grown programs. Out: which of them are to be left out. Programs are
compared by their outputs, as twins are in a data set. Non-goals: splitting records.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import permutations
from pathlib import Path

import numpy as np

from nsc.compnet.anchors import evaluate
from nsc.compnet.pack import Packed, make_batch, pack
from nsc.compnet.rewrite import terms_of
from nsc.compnet.terms import Terms, TooManyTerms
from nsc.graph import Dag
from nsc.record import PROBES, Record, names_of, read_records, shared_inputs

_FOLDERS = ("validation", "test")
# inputs, up to which every order is tried; beyond, those of first use alone
_ANY_ORDER = 4
_CHUNK = 500  # programs


def folders_apart(data: Path) -> list[Path]:
    """Return the folders of records beside `data` that are kept for judging."""
    beside = [data.resolve().parent / name for name in _FOLDERS]
    return [
        folder
        for folder in beside
        if folder != data.resolve() and any(folder.glob("*.parquet"))
    ]


@lru_cache(maxsize=1)
def names_apart(data: Path, origin: str = "") -> frozenset[str]:
    """Name what is kept for judging beside `data` (see `record.names_of`).

    origin: digest of the records, so that others are read anew.
    """
    names: set[str] = set()
    for folder in folders_apart(data):
        for record in read_records(folder):
            for y in _outputs_in_any_order(record):
                names.update(_names(y))
    return frozenset(names)


def is_apart(packed: Packed, names: frozenset[str]) -> np.ndarray:
    """Say of each program whether it computes one of the names: bool (p,).

    Its slots are its inputs in order.
    """
    found = np.zeros(len(packed), bool)
    for start in range(0, len(packed), _CHUNK):
        programs = np.arange(start, min(start + _CHUNK, len(packed)))
        batch = make_batch(packed, programs)
        outputs = evaluate(batch, shared_inputs()[:PROBES])[batch.roots]
        for k, y in zip(programs, outputs, strict=True):
            if np.isfinite(y).all():
                found[k] = not names.isdisjoint(names_of(y[:, None]))
    return found


def names_of_dags(dags: Sequence[Dag]) -> frozenset[str]:
    """Name what a benchmark's DAGs compute, where they are defined.

    Args:
        dags: over [-1, 1], as grown programs are.
    """
    names: set[str] = set()
    for dag in dags:
        for output in range(len(dag.roots)):
            for y in _values_in_any_order(dag, output):
                names.update(_names(y))
    return frozenset(names)


def _names(y: np.ndarray) -> tuple[str, ...]:
    """Name one output on the shared inputs; constant and undefined ones have no name."""
    if np.isfinite(y).all() and np.ptp(y[:PROBES]) > 0:
        return names_of(y[:PROBES, None])
    return ()


def _outputs_in_any_order(record: Record) -> Iterator[np.ndarray]:
    """Yield outputs on the shared inputs: those stored, then those of its DAG."""
    yield from record.raw_outputs.T
    if record.dag is not None:
        for output in range(len(record.dag.roots)):
            yield from _values_in_any_order(record.dag, output)


def _values_in_any_order(dag: Dag, output: int) -> Iterator[np.ndarray]:
    """Yield an output on the shared inputs, the inputs it uses in several orders."""
    x = shared_inputs()[:PROBES]
    try:
        terms = terms_of(dag, output)
    except TooManyTerms:
        return
    if not isinstance(terms, Terms):
        return
    batch = make_batch(pack([terms]), np.array([0]))
    n = len(terms.inputs)
    first_use = tuple(range(n))
    orders = permutations(first_use) if n <= _ANY_ORDER else [first_use]
    for order in orders:
        reordered = np.concatenate([x[:, order], x[:, n:]], axis=1)
        yield evaluate(batch, reordered)[batch.roots[0]]
