"""Where surrogates start: the initialisers that the experiment compares, and its zero-shot controls."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsc.compnet import Emission, anchor_inputs, fit_emissions, load_compnet
from nsc.initial import distilled, initial_of
from nsc.program.dag import evaluate
from nsc.record import Record, read_records, shared_inputs
from nsc.surrogate import COVERING, random_parameters

RACERS = 8


@dataclass(frozen=True)
class Start:
    """Parameters by trial, float64 (65,); None where there are none. `varies`: trials differ."""

    w: Callable[[int], np.ndarray | None]
    varies: bool = False


def starts_of(records: list[Record], compnet_path: str | None, bert_path: str | None) -> dict[str, list[Start]]:
    """Make every initialiser's starts for every program."""
    compnet = load_compnet(compnet_path)
    emissions = compnet.emit_records(records)
    made = {"random": [_random(k, 0) for k in range(len(records))]}
    made |= {f"random {r}": [_random(k, r) for k in range(len(records))] for r in range(1, RACERS)}
    fits = [_fits(e, r) for e, r in zip(emissions, records, strict=True)]
    made["compnet"] = [_fixed(f[0]) for f in fits]
    for r in range(1, RACERS // 2):
        made[f"compnet {r}"] = [_fixed(f[r] if r < len(f) else None) for f in fits]
    made["mismatched"] = [_fixed(fits[j][0]) for j in _others(records)]
    made["base"] = [_fixed(compnet.base) for _ in records]
    made["distill"] = [_fixed(_distilled(r)) for r in records]
    if bert_path:
        bert = fit_emissions(load_compnet(bert_path).emit_records(records))
        made["bert"] = [_fixed(w) for w in bert]
    return made


def nearest_starts(records: list[Record], training: Path, compnet_path: str | None) -> list[Start]:
    """Start from the surrogate of the training program with the most similar embedding and as many inputs."""
    compnet, rows = load_compnet(compnet_path), []
    for shard in sorted(training.glob("*.parquet")):
        rows += [(r.n_inputs, r) for r in read_records(shard) if r.dag is not None and r.dag.n_inputs <= 9]
    order = sorted(range(len(rows)), key=lambda k: len(rows[k][1].dag))
    library = np.empty((len(rows), compnet.arrays["inputs"].shape[1]))
    for part in np.array_split(order, max(1, len(order) // 64)):
        library[part] = compnet.embed_many([rows[k][1].dag for k in part])
    arity = np.array([n for n, _ in rows])
    own = compnet.embed_many([r.dag if r.dag is not None else rows[0][1].dag for r in records])
    found, fitted = [], {}
    for record, u in zip(records, own, strict=True):
        cosine = np.where(arity == record.n_inputs, np.nan_to_num(library @ u, nan=-2.0), -2.0)
        best = int(cosine.argmax())
        if record.dag is None or cosine[best] < -1:
            found.append(_fixed(compnet.base))
            continue
        if best not in fitted:
            fitted[best] = _distilled(rows[best][1])
        found.append(_fixed(fitted[best]))
    return found


def _random(program: int, number: int) -> Start:
    return Start(
        lambda trial: random_parameters(COVERING, seed=(program * 1000 + trial) * RACERS + number), varies=True
    )


def _fixed(w: np.ndarray | None) -> Start:
    return Start(lambda trial: w)


def _fits(emission: Emission, record: Record) -> list[np.ndarray]:
    initial = initial_of([emission], record.n_inputs, COVERING, 0)
    return [initial.w, *initial.others]


def _others(records: list[Record]) -> list[int]:
    """Choose for each program another one with as many inputs, where there is one."""
    generator = np.random.default_rng(0)
    arity = np.array([r.n_inputs for r in records])
    found = []
    for k in range(len(records)):
        same = np.flatnonzero((arity == arity[k]) & (np.arange(len(records)) != k))
        found.append(int(generator.choice(same)) if len(same) else k)
    return found


def _distilled(record: Record) -> np.ndarray:
    """Fit to exact values: at the anchors where there is a DAG, else to the first 512 examples' own."""
    x = anchor_inputs(record.n_inputs, tuple(range(record.n_inputs)))
    y = evaluate(record.dag, x)[:, :1] if record.dag is not None and not record.dag.bounded else None
    if y is None or not np.isfinite(y).all():
        x, y = shared_inputs()[:512, : record.n_inputs], record.raw_outputs[:512, :1]
    return distilled(x, y, COVERING, 0).w
