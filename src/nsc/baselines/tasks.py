"""Programs as tasks: outputs on shared inputs, without text.

In: record shards. Out: `Tasks`. Every output of a program is a task of its own, under
the papers' rule: outputs below 10. Non-goals: which records there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsc.errors import InputError
from nsc.graph import Dag
from nsc.record import MAX_INPUTS, SAMPLES, Record, read_records, shared_inputs

# the papers keep programs whose outputs are all below it (profile exestackcpn)
OUTPUT_LIMIT = 10.0
CONSTANT = (
    1e-8  # the variance of outputs up to which there is nothing to learn
)
TRAINING = 1024  # the first of the shared inputs; the others are for judging


@dataclass(frozen=True)
class Tasks:
    """What many programs compute on the inputs that they share.

    Args:
        arity: int `p`, how many inputs each has; the others are zero.
        outputs: float32 `p n`, on all shared inputs, in the programs' units.
    """

    arity: np.ndarray
    outputs: np.ndarray

    def __len__(self) -> int:
        return len(self.arity)

    def select(self, chosen: np.ndarray) -> Tasks:
        """Keep some tasks, by number."""
        return Tasks(self.arity[chosen], self.outputs[chosen])

    def inputs(self, rows: np.ndarray) -> np.ndarray:
        """Return the shared inputs of some rows as each task sees them, `p n 9`."""
        return masked(shared_inputs()[rows], self.arity)


def masked(x: np.ndarray, arity: np.ndarray) -> np.ndarray:
    """Set inputs beyond a program's arity to zero: `n 9`, `p` -> `p n 9`."""
    is_used = np.arange(x.shape[1]) < arity[:, None]
    return np.where(is_used[:, None, :], x, 0.0)


def read_tasks(path: Path) -> Tasks:
    """Read the tasks of a shard, or of a folder of shards.

    Raises:
        InputError: no record there fits the rule.
        StoreError: a file that is no shard.
    """
    found = (
        (record.n_inputs, values[:, output].astype(np.float32))
        for record in comparable_records(path)
        for values in [record.raw_outputs]
        for output in np.flatnonzero(_fits(values))
    )
    return _tasks(path, list(found))


def first_tasks(path: Path) -> tuple[Tasks, list[Dag | None]]:
    """Read the tasks of first outputs alone, and the DAGs of their programs.

    Raises:
        InputError: no record there fits the rule.
        StoreError: a file that is no shard.
    """
    dags: list[Dag | None] = []
    found: list[tuple[int, np.ndarray]] = []
    for record in comparable_records(path):
        values = record.raw_outputs
        if _fits(values)[0]:
            dags.append(record.dag)
            found.append((record.n_inputs, values[:, 0].astype(np.float32)))
    return _tasks(path, found), dags


def _tasks(path: Path, found: list[tuple[int, np.ndarray]]) -> Tasks:
    """Put tasks together, (arity, outputs) each; refuse none."""
    if not found:
        raise InputError(
            f"{path} holds no program to train on: expected one whose outputs vary and"
            f" are below {OUTPUT_LIMIT:g}; make records with: nsc data build"
        )
    arity = np.array([n_inputs for n_inputs, _ in found])
    return Tasks(arity, np.stack([outputs for _, outputs in found]))


def comparable_records(path: Path) -> Iterator[Record]:
    """Yield the records that fit the covering architecture.

    Raises:
        InputError: a record's outputs are not those on the shared inputs.
    """
    for record in read_records(path):
        if record.input_seed != 0 or len(record.outputs) != SAMPLES:
            raise InputError(
                f"record '{record.name[:60]}' has {len(record.outputs)} examples on"
                f" inputs of seed {record.input_seed}; expected {SAMPLES} of seed 0, as"
                " nsc data build makes them"
            )
        if record.n_inputs <= MAX_INPUTS:
            yield record


def _fits(values: np.ndarray) -> np.ndarray:
    """Say which outputs `n o` fit the papers' rule: bool `o`."""
    is_finite = np.isfinite(values).all(axis=0)
    safe = np.where(is_finite, values, 0.0)
    is_small = np.abs(safe).max(axis=0) < OUTPUT_LIMIT
    return is_finite & is_small & varies(safe)


def varies(values: np.ndarray) -> np.ndarray:
    """Say which outputs `n o` vary: bool `o`."""
    return values.var(axis=0) > CONSTANT
