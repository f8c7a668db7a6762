"""What training must not meet: whatever the records kept for judging compute, under any
name and order of inputs.

In: the folder of training records, grown programs. Out: which of them are to be left
out. Programs are compared by their outputs, as twins are in a data set. Non-goals:
splitting records.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import permutations
from pathlib import Path

import numpy as np

from nsc.compnet.anchors import evaluate
from nsc.compnet.pack import Packed, make_batch, pack
from nsc.compnet.rewrite import terms_of
from nsc.compnet.terms import Terms, TooManyTerms
from nsc.graph import Dag
from nsc.record import PROBES, names_of, read_records, shared_inputs

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
    """Name what is kept for judging beside `data` (see `record.names_of`); origin:
    digest of the records.
    """
    names: set[str] = set()
    for folder in folders_apart(data):
        for record in read_records(folder):
            columns = [
                *record.raw_outputs.T,
                *(_in_any_order(record.dag) if record.dag else ()),
            ]
            for y in columns:
                if np.isfinite(y).all() and np.ptp(y[:PROBES]) > 0:
                    names.update(names_of(y[:PROBES, None]))
    return frozenset(names)


def is_apart(packed: Packed, names: frozenset[str]) -> np.ndarray:
    """Say of each program whether it computes one of the names; its slots are its
    inputs in order.
    """
    found = np.zeros(len(packed), bool)
    for start in range(0, len(packed), _CHUNK):
        programs = np.arange(start, min(start + _CHUNK, len(packed)))
        batch = make_batch(packed, programs)
        for k, y in zip(
            programs,
            evaluate(batch, shared_inputs()[:PROBES])[batch.roots],
            strict=True,
        ):
            found[k] = np.isfinite(y).all() and not names.isdisjoint(
                names_of(y[:, None])
            )
    return found


def _in_any_order(dag: Dag) -> Iterator[np.ndarray]:
    """Yield each output of a program on the shared inputs, the inputs it uses in
    several orders.
    """
    x = shared_inputs()[:PROBES]
    for output in range(len(dag.roots)):
        try:
            terms = terms_of(dag, output)
        except TooManyTerms:
            continue
        if isinstance(terms, Terms):
            batch = make_batch(pack([terms]), np.array([0]))
            n = len(terms.inputs)
            for order in (
                permutations(range(n)) if n <= _ANY_ORDER else [tuple(range(n))]
            ):
                yield evaluate(batch, np.concatenate([x[:, order], x[:, n:]], axis=1))[
                    batch.roots[0]
                ]
