"""Which split each record is in: by cluster of twins, so that no test program trains.

In: finished work. Out: a split and a cluster for each record. Non-goals: what is a twin
(twins.py), writing shards (assemble.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nsc.exestack.dataset.hold_out import (
    BENCHMARK,
    HELD_OUT,
    held_out_names,
    held_out_texts,
)
from nsc.exestack.dataset.read_ahead import read_ahead
from nsc.exestack.dataset.twins import Clusters, place, semantic_keys
from nsc.exestack.sources.text import GENERATED
from nsc.record import Record, read_origins

SPLITS = ("train", "validation", "test")  # each stricter than those before it
# shares of programs without twins
VALIDATION = 0.1
TEST = 0.1


class Splits:
    """Which split each cluster of real programs is in.

    A cluster is in the most held-out split of its programs' own: a program never leaves
    the test split when data is added, and leaves training only when a twin of it that
    is held out arrives. Generated programs train, or are dropped.

    Args:
        paths: parquet files of finished work.
    """

    def __init__(self, paths: Sequence[Path]):
        self.clusters = Clusters()
        own: dict[str, str] = {}  # of a program by itself
        for name, normalised in held_out_texts():
            own[name] = "test"
            self.clusters.add_text(name, normalised)
        for record in read_ahead(
            path for path in paths if _has_real_programs(path)
        ):
            if record.origin not in GENERATED:
                name = self.clusters.add(record)
                own[name] = stricter(own.get(name, "train"), own_split(record))
        self.split: dict[str, str] = {}  # of a cluster
        for name, split in own.items():
            root = self.clusters.root(name)
            self.split[root] = stricter(self.split.get(root, "train"), split)
        real = (name for name in own if not name.startswith(BENCHMARK))
        self.count = len({self.clusters.root(name) for name in real})

    def of(self, record: Record) -> tuple[str | None, str]:
        """Return a record's split and cluster.

        No split where a generated program is a twin of one that is held out.
        """
        names = semantic_keys(record)
        if record.origin not in GENERATED:
            root = self.clusters.root(names[0])
            return self.split[root], root
        twins = self.clusters.find(names, record.normalised)
        if self._is_held_out(names, twins):
            return None, ""
        return "train", twins[0] if twins else names[0]

    def _is_held_out(self, names: Sequence[str], twins: Sequence[str]) -> bool:
        has_held_out_twin = any(
            self.split.get(t, "train") != "train" for t in twins
        )
        return has_held_out_twin or not held_out_names().isdisjoint(names)


def _has_real_programs(path: Path) -> bool:
    return not read_origins(path).issubset(GENERATED)


def stricter(a: str, b: str) -> str:
    """Return the more held-out of two splits."""
    return max(a, b, key=SPLITS.index)


def own_split(record: Record) -> str:
    """Choose a record's split by what it computes alone."""
    is_of_held_out_package = record.origin.startswith(HELD_OUT)
    if is_of_held_out_package or not held_out_names().isdisjoint(
        semantic_keys(record)
    ):
        return "test"
    drawn = place(record)
    if drawn < TEST:
        return "test"
    if drawn < TEST + VALIDATION:
        return "validation"
    return "train"
