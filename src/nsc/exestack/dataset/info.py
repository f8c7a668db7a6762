"""What a data set holds, counted from its shards.

In: a data set's folder. Out: plain values, for JSON and for the data card. Non-goals:
words (report/).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from nsc.errors import InputError, StoreError
from nsc.exestack.dataset.split import SPLITS
from nsc.host import read_json
from nsc.record import read_records

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
    counts = {
        name: Counter()
        for name in ("origins", "inputs", "outputs", "flags", "licences")
    }
    tokens = []
    nodes = []
    without_dag = 0
    for split in SPLITS:
        for record in read_records(folder / split):
            counts["origins"][record.origin] += 1
            counts["inputs"][record.n_inputs] += 1
            counts["outputs"][record.n_outputs] += 1
            counts["flags"].update(record.flags or ("none",))
            counts["licences"][record.licence or "unknown"] += 1
            tokens += [record.normalised.count(" ") + 1] if record.normalised else []
            without_dag += record.dag is None
            nodes += [] if record.dag is None else [len(record.dag)]
    return manifest | {
        **{
            name: {str(k): n for k, n in _ordered(name, c)}
            for name, c in counts.items()
        },
        "tokens": _quantiles(tokens),
        "dag_nodes": _quantiles(nodes),
        "without_dag": without_dag,
    }


def _ordered(name: str, counts: Counter) -> list[tuple]:
    return (
        sorted(counts.items())
        if name in ("inputs", "outputs")
        else counts.most_common()
    )


def _quantiles(values: list[int]) -> dict[str, float]:
    if not values:
        return {}
    return {
        f"{q:g}": float(v)
        for q, v in zip(QUANTILES, np.quantile(values, QUANTILES), strict=True)
    }
