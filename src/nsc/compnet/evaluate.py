"""How good is a CompNet zero-shot? Improvement over random initialisation, beside its
controls.

In: an emitter (any CompNet), records. Out: a table of rows. Source: ICML 2024, section
5 (improvement is the ratio of test losses, random initialisation over this one).
Non-goals: finetuning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nsc.compnet.compile import Emission
from nsc.compnet.config import N_PARAMETERS
from nsc.compnet.fit import fit_emissions
from nsc.record import Record, shared_inputs
from nsc.surrogate import COVERING, forward, random_parameters

FLOOR = 1e-7
RANDOM_SEEDS = 9
_ARITIES = (
    ("1 input", 1, 1),
    ("2 inputs", 2, 2),
    ("3-4 inputs", 3, 4),
    ("5-9 inputs", 5, 9),
)
_SIZES = (
    ("<= 4 nodes", 0, 4),
    ("5-10 nodes", 5, 10),
    ("11-25 nodes", 11, 25),
    ("> 25 nodes", 26, 9999),
)


class Emitter(Protocol):
    """What is evaluated: anything that emits 9-4-4-1 for records, and has a text-free
    vector to compare with.
    """

    @property
    def base(self) -> np.ndarray: ...

    def emit_records(self, records: list[Record]) -> list[Emission]: ...


@dataclass(frozen=True)
class Row:
    """One line of the table: improvements over random initialisation of one group of
    programs.
    """

    group: str
    programs: int
    compnet: float
    compnet_median: float
    true_mean: float
    mismatched: float
    base: float
    median_nmse: float


def run_covering(w: np.ndarray, x: np.ndarray, n_inputs: int) -> np.ndarray:
    """Run 9-4-4-1: w (65,), x `n 9`, of which the first n_inputs count; returns (n,)."""
    return forward(w, COVERING, x[:, :n_inputs])[:, 0]


def evaluate_compnet(
    compnet: Emitter, records: list[Record], *, seed: int
) -> list[Row]:
    """Evaluate zero-shot on inputs 1024..2047, by arity and by DAG size: emissions
    fitted to what they predict.

    "all" are the programs with a DAG, which every encoder can read; those without come
    last, alone. Mismatched text: the emission of another program with as many inputs,
    where there is one.
    """
    varied = [r for r in records if r.outputs[:, 0].var() > 1e-8]
    with_dag = [r for r in varied if r.dag is not None]
    without = [r for r in varied if r.dag is None]
    arity = np.array([r.n_inputs for r in with_dag])
    size = np.array([len(r.dag) for r in with_dag])
    groups = [("all", arity > 0)]
    groups += [(name, (arity >= a) & (arity <= b)) for name, a, b in _ARITIES]
    groups += [(name, (size >= a) & (size <= b)) for name, a, b in _SIZES]
    order = np.argsort(size, kind="stable")
    rows = _evaluate(compnet, with_dag, order, groups, seed) if with_dag else []
    if without:
        rows += _evaluate(
            compnet,
            without,
            np.arange(len(without)),
            [("no DAG", np.full(len(without), True))],
            seed,
        )
    return rows


def _evaluate(
    compnet: Emitter,
    records: list[Record],
    order: np.ndarray,
    groups: list[tuple[str, np.ndarray]],
    seed: int,
) -> list[Row]:
    """Return a row for each group (name, which records) that is not empty; `order`: in
    which to emit, 64 at a time.
    """
    x = shared_inputs()[1024:]
    generator = np.random.default_rng(seed)
    emitted = np.empty((len(records), N_PARAMETERS))
    for part in np.array_split(order, max(1, len(order) // 64)):
        emitted[part] = fit_emissions(compnet.emit_records([records[k] for k in part]))
    randoms = [random_parameters(COVERING, seed=generator) for _ in range(RANDOM_SEEDS)]
    errors = np.array(
        [
            _errors(records, emitted, k, x, randoms, compnet.base, generator)
            for k in range(len(records))
        ]
    )
    return [_row(name, errors[chosen]) for name, chosen in groups if chosen.any()]


def _errors(records, emitted, k, x, randoms, base, generator) -> tuple[float, ...]:
    """Return the mse of (random, compnet, true mean, mismatched, base); the third is
    the outputs' variance.
    """
    record = records[k]
    y = records[k].raw_outputs[1024:, 0]
    n = record.n_inputs
    twins = [
        j
        for j in generator.permutation(len(records))[:50]
        if j != k and records[j].n_inputs == n
    ]
    other = emitted[twins[0]] if twins else base

    def mse(w: np.ndarray) -> float:
        return float(np.mean((run_covering(w, x, n) - y) ** 2))

    random = float(np.mean([mse(w) for w in randoms]))
    return random, mse(emitted[k]), float(y.var()), mse(other), mse(base)


def _row(name: str, errors: np.ndarray) -> Row:
    gains = errors[:, :1] / np.maximum(errors[:, 1:5], FLOOR)
    means = np.exp(np.log(gains).mean(axis=0))
    nmse = errors[:, 1] / np.maximum(errors[:, 2], 1e-12)
    return Row(
        name,
        len(errors),
        float(means[0]),
        float(np.median(gains[:, 0])),
        float(means[1]),
        float(means[2]),
        float(means[3]),
        float(np.median(nmse)),
    )
