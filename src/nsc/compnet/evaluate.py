"""How good is a CompNet zero-shot? Improvement over random initialisation.

Beside it stand its controls. In: an emitter (any CompNet), records. Out: a table of
rows. Source: ICML 2024, section 5 (improvement is the ratio of test losses, random
initialisation over this one). Non-goals: finetuning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.compnet.axes import Inputs, Parameters, Values
from nsc.compnet.compile import USUAL_NODES
from nsc.compnet.config import N_PARAMETERS
from nsc.compnet.emission import Emitter
from nsc.compnet.fit import fit_emissions
from nsc.record import Record, shared_inputs
from nsc.surrogate import COVERING, forward, random_parameters

FLOOR = 1e-7  # errors below count as this
CONSTANT = 1e-8  # the variance of outputs up to which a program is left out
HELD_OUT = 1024  # the first of the shared inputs that programs are judged on
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
    ("> 25 nodes", 26, USUAL_NODES),
)
_UNREAD = f"> {USUAL_NODES} nodes or none"  # of what no data set holds a DAG
_DEEP = f"> {USUAL_NODES} nodes"  # those of them that can be read all the same
# what mean squared errors are compared
_COLUMNS = ("random", "compnet", "true mean", "mismatched", "base")
_STARTS = ("compnet", "true_mean", "mismatched", "base")  # fields of a row


@dataclass(frozen=True)
class Row:
    """One line of the table: improvements over random initialisation of one group.

    Args:
        group: its name.
        programs: how many are in it.
        compnet, true_mean, mismatched, base: geometric means over programs of the
            improvement: with the emission, with the outputs' true mean as a constant,
            with another program's emission, with the text-free vector.
        compnet_median, true_mean_median, mismatched_median, base_median: the medians
            instead.
        median_nmse: of the emission's mean squared error over the outputs' variance.
    """

    group: str
    programs: int
    compnet: float
    compnet_median: float
    true_mean: float
    mismatched: float
    base: float
    median_nmse: float
    true_mean_median: float
    mismatched_median: float
    base_median: float


def run_covering(w: Parameters, x: Inputs, n_inputs: int) -> Values:
    """Run 9-4-4-1: (65,), `n 9`, of which the first n_inputs count -> (n,)."""
    return forward(w, COVERING, x[:, :n_inputs])[:, 0]


def evaluate_compnet(
    compnet: Emitter, records: list[Record], *, seed: int
) -> list[Row]:
    """Evaluate zero-shot on inputs 1024..2047: emissions fitted to what they predict.

    Mismatched text is the emission of another program with as many inputs, where there
    is one.

    Args:
        records: programs; those whose first output is constant are left out.
        seed: of the random initialisations, and of which other program is taken.

    Returns:
        A row of all programs with a DAG of up to 512 nodes, which every encoder can
        read; rows of these by arity and by DAG size; and one of the others, with one
        of those among them that have a larger DAG, or one with shorter loops.
    """
    varied = [r for r in records if r.outputs[:, 0].var() > CONSTANT]
    with_dag = [r for r in varied if _is_read(r)]
    without = [r for r in varied if not _is_read(r)]
    rows = []
    if with_dag:
        size = np.array([_size(r) for r in with_dag])
        order = np.argsort(size, kind="stable")
        rows += _evaluate(compnet, with_dag, order, _groups(with_dag), seed)
    if without:
        groups = [
            (_UNREAD, np.full(len(without), True)),
            (_DEEP, np.array([r.dag is not None for r in without])),
        ]
        order = np.arange(len(without))
        rows += _evaluate(compnet, without, order, groups, seed)
    return rows


def rows_by_start(rows: list[Row]) -> list[dict[str, str | int | float]]:
    """Return a row of plain values for each start or control, and group.

    Returns:
        {"start", "group", "programs", "geometric_mean", "median"}, start by start;
        improvements over random initialisation.
    """
    return [
        {
            "start": start,
            "group": row.group,
            "programs": row.programs,
            "geometric_mean": getattr(row, start),
            "median": getattr(row, f"{start}_median"),
        }
        for start in _STARTS
        for row in rows
    ]


def _is_read(record: Record) -> bool:
    dag = record.dag
    return dag is not None and len(dag) <= USUAL_NODES and not dag.coarse


def _size(record: Record) -> int:
    return 0 if record.dag is None else len(record.dag)


def _groups(records: list[Record]) -> list[tuple[str, np.ndarray]]:
    """Name groups of records, all, by arity, by DAG size; bool (p,) says who is in."""
    arity = np.array([r.n_inputs for r in records])
    size = np.array([_size(r) for r in records])
    return [
        ("all", arity > 0),
        *((name, (arity >= a) & (arity <= b)) for name, a, b in _ARITIES),
        *((name, (size >= a) & (size <= b)) for name, a, b in _SIZES),
    ]


def _evaluate(
    compnet: Emitter,
    records: list[Record],
    order: np.ndarray,
    groups: list[tuple[str, np.ndarray]],
    seed: int,
) -> list[Row]:
    """Return a row for each group (name, which records) that is not empty.

    order: (p,), in which to emit, 64 at a time.
    """
    generator = np.random.default_rng(seed)
    emitted = np.empty((len(records), N_PARAMETERS))
    for part in np.array_split(order, max(1, len(order) // 64)):
        emitted[part] = fit_emissions(
            compnet.emit_records([records[k] for k in part])
        )
    randoms = [
        random_parameters(COVERING, seed=generator)
        for _ in range(RANDOM_SEEDS)
    ]
    base = compnet.base
    errors = np.empty((len(records), len(_COLUMNS)))
    for k, record in enumerate(records):
        twin = _twin(records, k, generator)
        other = base if twin is None else emitted[twin]
        errors[k] = _errors(record, emitted[k], other, base, randoms)
    return [
        _row(name, errors[chosen]) for name, chosen in groups if chosen.any()
    ]


def _twin(
    records: list[Record], k: int, generator: np.random.Generator
) -> int | None:
    """Draw another program with as many inputs, if some 50 candidates hold one."""
    for j in generator.permutation(len(records))[:50].tolist():
        if j != k and records[j].n_inputs == records[k].n_inputs:
            return j
    return None


def _errors(
    record: Record,
    own: np.ndarray,
    other: np.ndarray,
    base: np.ndarray,
    randoms: list[np.ndarray],
) -> tuple[float, ...]:
    """Return the mse of each of _COLUMNS; that of the true mean is the variance."""
    x = shared_inputs()[HELD_OUT:]
    y = record.raw_outputs[HELD_OUT:, 0]

    def mse(w: np.ndarray) -> float:
        return float(np.mean((run_covering(w, x, record.n_inputs) - y) ** 2))

    random = float(np.mean([mse(w) for w in randoms]))
    return random, mse(own), float(y.var()), mse(other), mse(base)


def _row(name: str, errors: np.ndarray) -> Row:
    """Summarise a group; errors: `p 5`, the mse of each of _COLUMNS."""
    random = errors[:, :1]
    gains = random / np.maximum(errors[:, 1:], FLOOR)
    means = np.exp(np.log(gains).mean(axis=0)).tolist()
    medians = np.median(gains, axis=0).tolist()
    nmse = errors[:, 1] / np.maximum(errors[:, 2], 1e-12)
    names = [f"{start}_median" for start in _STARTS]
    return Row(
        group=name,
        programs=len(errors),
        **dict(zip(_STARTS, means, strict=True)),
        **dict(zip(names, medians, strict=True)),
        median_nmse=float(np.median(nmse)),
    )
