"""Where surrogates start: the initialisers that the experiment compares, and its
zero-shot controls.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsc.compnet import (
    MAX_INPUTS,
    SHIPPED,
    CompNet,
    anchor_inputs,
    load_compnet,
)
from nsc.finetune import FinetuneData, Predictions, finetune_with_predictions
from nsc.graph import evaluate
from nsc.initial import Initial, distilled, initial_of
from nsc.record import Record, read_records, shared_inputs
from nsc.surrogate import COVERING, random_parameters

RACERS = 8
# the latter marks where examples contradict them
HEEDING, DISBELIEVED = "with predictions", "disbelieved"


@dataclass(frozen=True)
class Start:
    """Parameters by trial, float64 (65,); None where there are none.

    `varies`: trials differ. `prior`: what joins the examples before finetuning begins,
    in the program's units.
    """

    w: Callable[[int], np.ndarray | None]
    varies: bool = False
    prior: Predictions | None = None


def starts_of(
    records: list[Record],
    compnet_path: str | None,
    others: dict[str, str | None],
) -> tuple[dict[str, list[Start]], dict[str, str]]:
    """Make every initialiser's starts for every program; returns them by name, and
    digests of what made them.

    Args:
        others: checkpoints that are used as they emit, by name.
    """
    compnet = load_compnet(compnet_path)
    emissions = compnet.emit_records(records)
    made = {"random": [_random(k, 0) for k in range(len(records))]}
    made |= {
        f"random {r}": [_random(k, r) for k in range(len(records))]
        for r in range(1, RACERS)
    }
    initial = [
        initial_of([e], r.n_inputs, COVERING, 0)
        for e, r in zip(emissions, records, strict=True)
    ]
    fits = [[i.w, *i.others] for i in initial]
    made["compnet"] = [_fixed(f[0]) for f in fits]
    for r in range(1, RACERS // 2):
        made[f"compnet {r}"] = [
            _fixed(f[r] if r < len(f) else None) for f in fits
        ]
    made[HEEDING] = [_heeding(i) for i in initial]
    made["mismatched"] = [_fixed(fits[j][0]) for j in _others(records)]
    made["base"] = [_fixed(compnet.base) for _ in records]
    made["distill"] = [_fixed(_distilled(r)) for r in records]
    made_of = dict.fromkeys(
        [n for n in made if not n.startswith(("random", "distill"))],
        digest_of(compnet_path),
    )
    for name, path in others.items():
        if path:
            made[name] = [
                _fixed(e.w) for e in load_compnet(path).emit_records(records)
            ]
            made_of[name] = digest_of(path)
    return made, made_of


def digest_of(compnet_path: str | None) -> str:
    """Return a digest of a checkpoint; None is the shipped one."""
    path = Path(compnet_path) if compnet_path else SHIPPED
    return hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()


def nearest_starts(
    records: list[Record], training: Path, compnet_path: str | None
) -> list[Start]:
    """Start from the surrogate of the training program with the most similar embedding
    and as many inputs.
    """
    compnet = load_compnet(compnet_path)
    library = [
        r
        for r in read_records(training)
        if r.dag is not None and r.dag.n_inputs <= MAX_INPUTS
    ]
    # programs of a batch should be alike in depth
    library.sort(key=lambda r: len(r.dag))
    embedded = _embedded(compnet, library)
    arity = np.array([r.n_inputs for r in library])
    readable = [r for r in records if r.dag is not None]
    own = dict(
        zip(map(id, readable), _embedded(compnet, readable), strict=True)
    )
    found, fitted = [], {}
    for record in records:
        u = own.get(id(record))
        near = (
            np.full(len(library), np.nan)
            if u is None
            else np.where(arity == record.n_inputs, embedded @ u, np.nan)
        )
        if np.isnan(near).all():
            found.append(_fixed(compnet.base))
            continue
        best = int(np.nanargmax(near))
        if best not in fitted:
            fitted[best] = _distilled(library[best])
        found.append(_fixed(fitted[best]))
    return found


def _embedded(compnet: CompNet, records: list[Record]) -> np.ndarray:
    parts = [
        compnet.embed_many([r.dag for r in records[k : k + 64]])
        for k in range(0, len(records), 64)
    ]
    return np.concatenate(parts)


def _random(program: int, number: int) -> Start:
    return Start(
        lambda trial: random_parameters(
            COVERING, seed=(program * 1000 + trial) * RACERS + number
        ),
        varies=True,
    )


def _fixed(w: np.ndarray | None) -> Start:
    return Start(lambda trial: w)


def _heeding(initial: Initial) -> Start:
    w = None if initial.predicted is None else initial.w
    return Start(lambda trial: w, prior=initial.predicted)


def heed(w: np.ndarray, data: FinetuneData, prior: Predictions) -> np.ndarray:
    """Finetune on examples `n i`, `n 1` and predictions together, as `nsc compile` does
    where they are few.
    """
    given = batch_of_one(data) if len(data.x_train) else None
    return finetune_with_predictions(w, COVERING, given, prior, threads=1).w[0]


def batch_of_one(data: FinetuneData) -> FinetuneData:
    return FinetuneData(
        *(None if a is None else a[None] for a in data.arrays())
    )


def _others(records: list[Record]) -> list[int]:
    """Choose for each program another one with as many inputs, where there is one."""
    generator = np.random.default_rng(0)
    arity = np.array([r.n_inputs for r in records])
    found = []
    for k in range(len(records)):
        same = np.flatnonzero(
            (arity == arity[k]) & (np.arange(len(records)) != k)
        )
        found.append(int(generator.choice(same)) if len(same) else k)
    return found


def _distilled(record: Record) -> np.ndarray:
    """Fit to exact values: at the anchors where there is a DAG, else to the first 512
    examples' own.
    """
    x = anchor_inputs(record.n_inputs, tuple(range(record.n_inputs)))
    y = (
        evaluate(record.dag, x)[:, :1]
        if record.dag is not None and record.dag.is_exact
        else None
    )
    if y is None or not np.isfinite(y).all():
        x, y = (
            shared_inputs()[:512, : record.n_inputs],
            record.raw_outputs[:512, :1],
        )
    return distilled(x, y, COVERING, 0).w
