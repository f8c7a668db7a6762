"""Does a data set leak? Looks for twins in other splits, from its records alone.

In: a data set's folder, or records and one. Out: the records that leak. Non-goals:
preventing it (split.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from nsc.errors import InputError
from nsc.exestack.dataset.split import SPLITS
from nsc.exestack.dataset.twins import Clusters, semantic_keys, text_key
from nsc.record import Record, read_records


def leaks(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield records whose twin, near twin or copy is in another split.

    Nothing is taken from the records' own `cluster`.

    Yields:
        (name, split, other split) of each, test programs first.

    Raises:
        InputError: the folder is no data set.
    """
    if not all((folder / split).is_dir() for split in SPLITS):
        raise InputError(
            f"{folder} is no data set: expected the folders {', '.join(SPLITS)} in it"
        )
    owner: dict[str, str] = {}  # name -> the first split that has it
    clusters = Clusters()
    for split in reversed(SPLITS):
        for record in read_records(folder / split):
            names = _names(record)
            twins = clusters.near_names(record.normalised)
            owners = {
                owner[name] for name in (*names, *twins) if name in owner
            }
            others = [s for s in SPLITS if s in owners and s != split]
            if others:
                yield record.name, split, others[0]
            for name in names:
                owner.setdefault(name, split)
            if split != "train":
                clusters.add(record)


def shared_programs(records: Sequence[Record], folder: Path) -> list[str]:
    """Name the records whose text, DAG or outputs are in a split as well.

    Near copies are not looked for: `leaks` does, and takes longer.

    Args:
        folder: of the split, such as data/exestack/train.
    """
    names = {name for record in records for name in _all_names(record)}
    held = {
        name
        for other in read_records(folder)
        for name in _all_names(other)
        if name in names
    }
    return [
        record.name
        for record in records
        if not held.isdisjoint(_all_names(record))
    ]


def _all_names(record: Record) -> tuple[str, ...]:
    """Name all that two programs share of which one is known by the other."""
    dag = record.dag
    fingerprint = () if dag is None else (f"dag:{dag.fingerprint}",)
    return *_names(record), *fingerprint


def _names(record: Record) -> tuple[str, ...]:
    """Name all that two copies or twins share."""
    has_text = bool(record.normalised)
    text = f"text:{text_key(record)}" if has_text else f"name:{record.name}"
    return text, *semantic_keys(record)
