"""`nearest`: start from the trained parameters of the most similar training program.

In: records and a CompNet, which embeds them. Out: `Library`. Similar is what a large
inner product of embeddings says, among programs that use as many inputs.

An embedding tells a program's shape: its outputs standardised, the inputs that it uses
in order. So that is what is kept of a trained program; mean, spread and inputs are
those that the CompNet reads in the text of the program that is to be started. Non-goals:
refining the start by what the CompNet predicts.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from nsc.baselines.tasks import comparable_records, varies
from nsc.compnet import FIT, CompNet, Emission, fit_values, spread_inputs
from nsc.errors import InputError
from nsc.graph import Dag
from nsc.record import Record, shared_inputs
from nsc.surrogate import COVERING, random_parameters, scale_outputs

LIMIT = 2500  # programs; their embeddings and parameters take 1.9 MB
EXAMPLES = 512  # that each is trained on, of those for training
STARTS = 12
FIT_STEPS = 100
_BATCH = 64
_GENERATED = ("synthetic", "mutated")

OnProgram = Callable[
    [int, int], None
]  # told how many are trained, of how many


@dataclass(frozen=True)
class Library:
    """Trained programs.

    Args:
        embeddings: float32 `k d`, of unit length.
        w: float64 `k 65`, of 9-4-4-1; their outputs have mean 0 and spread 1, their
            first inputs are those that the program uses.
        used: int `k`, how many inputs each uses.
        compnet: digest of the CompNet that embedded them.
    """

    embeddings: np.ndarray
    w: np.ndarray
    used: np.ndarray
    compnet: str

    def __len__(self) -> int:
        return len(self.used)

    def nearest(self, embedding: np.ndarray, used: int) -> int | None:
        """Find the most similar program that uses as many inputs; None without any.

        Args:
            embedding: `d`.
        """
        near = self.embeddings @ embedding.astype(np.float32)
        near = np.where(self.used == used, near, -np.inf)
        best = int(np.argmax(near))
        return best if np.isfinite(near[best]) else None

    def start_for(
        self, emission: Emission, embedding: np.ndarray | None
    ) -> np.ndarray | None:
        """Start a program from the nearest one, in the program's units; `w`.

        Args:
            emission: what the CompNet reads of it: inputs, mean and spread.
            embedding: `d`; None where there is nothing to be similar to.

        Returns:
            The emission's own parameters without an embedding: the base vector, or a
            constant; None where no program uses as many inputs.
        """
        if embedding is None:
            return emission.w
        found = self.nearest(embedding, len(emission.inputs))
        if found is None:
            return None
        values = emission.values
        w = scale_outputs(
            self.w[found],
            COVERING,
            np.array([values.std()]),
            np.array([values.mean()]),
        )
        return spread_inputs(w, emission.inputs)

    def expect_embeddings_of(self, compnet: object) -> CompNet:
        """Refuse another CompNet than the one that embedded the library.

        Raises:
            InputError: it is another.
        """
        is_same = (
            isinstance(compnet, CompNet)
            and compnet_digest(compnet) == self.compnet
        )
        if isinstance(compnet, CompNet) and is_same:
            return compnet
        raise InputError(
            "initial must be something else than nearest with this CompNet: the library"
            f" was embedded by another one ({self.compnet}); leave the compnet out, or"
            " make a library for it with: nsc train --baseline nearest"
        )


@lru_cache(maxsize=4)
def compnet_digest(compnet: CompNet) -> str:
    """Return a digest of what a CompNet has learned."""
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(compnet.arrays):
        array = np.ascontiguousarray(compnet.arrays[name])
        digest.update(f"{name}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def build_library(
    data: Path,
    compnet: CompNet,
    seed: int,
    on_program: OnProgram,
    *,
    limit: int = LIMIT,
    steps: int = FIT_STEPS,
) -> Library:
    """Embed and train programs: all real ones, then a sample of the others.

    Of programs that compute the same there is one.

    Args:
        seed: of the sample, and of where training starts.

    Raises:
        InputError: there is no program that can be embedded.
    """
    records = heapq.nsmallest(
        limit, _candidates(data), key=lambda r: _rank(r, seed)
    )
    records.sort(key=lambda r: len(_dag(r)))  # a batch is alike in depth
    embeddings = embedded(compnet, [_dag(r) for r in records])
    is_read = np.flatnonzero(np.isfinite(embeddings).all(axis=1))
    kept = [records[k] for k in is_read.tolist()]
    if not kept:
        raise InputError(
            f"{data} holds no program that a CompNet can read: expected records with"
            " expression DAGs, as nsc data build makes them"
        )
    inputs = _used_inputs(compnet, [_dag(r) for r in kept])
    trained: list[np.ndarray] = []
    for record, used in zip(kept, inputs, strict=True):
        w = trained_parameters(record, seed, steps)
        trained.append(_gathered(w, used))
        on_program(len(trained), len(kept))
    # in the precision of the file
    return Library(
        embeddings[is_read].astype(np.float16).astype(np.float32),
        np.stack(trained).astype(np.float32).astype(np.float64),
        np.array([len(used) for used in inputs]),
        compnet_digest(compnet),
    )


def _used_inputs(compnet: CompNet, dags: list[Dag]) -> list[tuple[int, ...]]:
    """List the inputs that each program uses, in the CompNet's order."""
    return [
        emission.inputs
        for k in range(0, len(dags), _BATCH)
        for emission in compnet.emit_many(dags[k : k + _BATCH])
    ]


def _gathered(w: np.ndarray, inputs: tuple[int, ...]) -> np.ndarray:
    """Move the first layer's columns from a program's inputs to the first ones."""
    layers = COVERING.layers(w)
    weight, bias = layers[0]
    first = np.zeros_like(weight)
    first[:, : len(inputs)] = weight[:, list(inputs)]
    layers[0] = (first, bias)
    return COVERING.join(layers)


def embedded(compnet: CompNet, dags: list[Dag]) -> np.ndarray:
    """Embed first outputs, `p d`; rows of NaN where there is nothing to read."""
    parts = [
        compnet.embed_many(dags[k : k + _BATCH])
        for k in range(0, len(dags), _BATCH)
    ]
    return np.concatenate(parts) if parts else np.empty((0, 1))


def trained_parameters(
    record: Record, seed: int, steps: int = FIT_STEPS
) -> np.ndarray:
    """Train a surrogate on a record's first examples, by Levenberg-Marquardt.

    Returns:
        `w`, for outputs of mean 0 and spread 1.
    """
    outputs = record.raw_outputs[:EXAMPLES, :1]
    standard = (outputs - outputs.mean()) / outputs.std()
    starts = [
        random_parameters(COVERING, seed=seed * STARTS + k)
        for k in range(STARTS)
    ]
    found = fit_values(
        np.stack(starts),
        COVERING,
        shared_inputs()[:EXAMPLES, : record.n_inputs],
        standard,
        config=replace(FIT, steps=steps),
    )
    return found[0]


def _candidates(data: Path) -> Iterator[Record]:
    """Yield records with a DAG whose first output varies, one of each cluster."""
    seen: set[str] = set()
    for record in comparable_records(data):
        values = record.raw_outputs[:EXAMPLES, :1]
        is_new = record.cluster not in seen or not record.cluster
        is_fit = (
            record.dag is not None
            and bool(np.isfinite(values).all())
            and bool(varies(values)[0])
        )
        if is_new and is_fit:
            seen.add(record.cluster)
            yield record


def _rank(record: Record, seed: int) -> tuple[bool, str]:
    """Put real programs first, and the rest in an order that a seed draws."""
    drawn = hashlib.blake2b(
        f"{seed}\0{record.name}\0{record.text}".encode(), digest_size=8
    )
    return record.origin in _GENERATED, drawn.hexdigest()


def _dag(record: Record) -> Dag:
    assert record.dag is not None, "candidates have DAGs"
    return record.dag
