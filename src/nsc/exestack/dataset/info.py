"""What a data set holds, counted from its shards.

In: a data set's folder. Out: plain values, for JSON and for the data card. Non-goals:
words (report/).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from nsc.errors import InputError, StoreError
from nsc.exestack.dataset.split import SPLITS
from nsc.host import read_json
from nsc.record import Record, read_records

QUANTILES = (0, 0.25, 0.5, 0.75, 0.9, 1)


def dataset_info(folder: Path) -> dict:
    """Count a data set.

    Returns:
        The manifest's values (records, drops {reason: count}, splits {name: count},
        programs_per_s...), and by number of records: origins, inputs, outputs, flags,
        licences; quantiles of tokens (of real programs and mutants) and of DAG nodes.

    Raises:
        InputError: the folder has no manifest, or one of another command.
    """
    try:
        manifest = read_json(folder / "manifest.json")
    except StoreError as error:
        raise InputError(
            f"{folder} is no data set: it has no readable manifest.json: {error}"
        ) from None
    if "splits" not in manifest:
        raise InputError(
            f"{folder} has no splits; nsc data info describes what nsc data build made"
        )
    counts = _Counts()
    for split in SPLITS:
        for record in read_records(folder / split):
            counts.add(record)
    return manifest | counts.values()


class _Counts:
    """Counts over records."""

    def __init__(self):
        self.origins: Counter[str] = Counter()
        self.inputs: Counter[int] = Counter()
        self.outputs: Counter[int] = Counter()
        self.flags: Counter[str] = Counter()
        self.licences: Counter[str] = Counter()
        self.tokens: list[int] = []
        self.nodes: list[int] = []
        self.without_dag = 0

    def add(self, record: Record) -> None:
        self.origins[record.origin] += 1
        self.inputs[record.n_inputs] += 1
        self.outputs[record.n_outputs] += 1
        self.flags.update(record.flags or ("none",))
        self.licences[record.licence or "unknown"] += 1
        if record.normalised:
            self.tokens.append(record.normalised.count(" ") + 1)
        if record.dag is None:
            self.without_dag += 1
        else:
            self.nodes.append(len(record.dag))

    def values(self) -> dict:
        """Return plain values; numbers of inputs in order, the rest most common first."""
        return {
            "origins": _named(self.origins.most_common()),
            "inputs": _named(sorted(self.inputs.items())),
            "outputs": _named(sorted(self.outputs.items())),
            "flags": _named(self.flags.most_common()),
            "licences": _named(self.licences.most_common()),
            "tokens": _quantiles(self.tokens),
            "dag_nodes": _quantiles(self.nodes),
            "without_dag": self.without_dag,
        }


def _named(counts: Iterable[tuple[object, int]]) -> dict[str, int]:
    return {str(name): count for name, count in counts}


def _quantiles(values: list[int]) -> dict[str, float]:
    if not values:
        return {}
    found = np.quantile(values, QUANTILES)
    return {f"{q:g}": float(v) for q, v in zip(QUANTILES, found, strict=True)}
