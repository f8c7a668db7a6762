"""Many DAGs -> one batch of nodes sorted by level, so that a level is a few matrix products.

In: DAGs. Out: numpy arrays, used by training and by inference alike. Non-goals: learning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nsc.compnet.config import LITERAL_FEATURES
from nsc.program.dag import OP_INDEX, Dag

IN, LIT = OP_INDEX["IN"], OP_INDEX["LIT"]


@dataclass(frozen=True)
class PackedDags:
    """Programs laid end to end; `offsets` (p+1) bound each one's nodes, children before parents."""

    ops: np.ndarray  # int64 (m,)
    args: np.ndarray  # int64 (m, 3), local to the program, -1 where absent
    values: np.ndarray  # float64 (m,)
    levels: np.ndarray  # int64 (m,), 0 for leaves
    offsets: np.ndarray  # int64 (p+1,)
    roots: np.ndarray  # int64 (p,), local

    def __len__(self) -> int:
        return len(self.roots)


@dataclass(frozen=True)
class Level:
    """Nodes start..stop of a batch; the first `binary` have a second child, the first `ternary` a third."""

    start: int
    stop: int
    binary: int
    ternary: int


@dataclass(frozen=True)
class Batch:
    """Nodes of several programs: inputs, then literals, then each level, wide operations first."""

    order: np.ndarray  # (m,) where each node stands in the PackedDags
    ops: np.ndarray  # (m,)
    args: np.ndarray  # (m, 3) in batch numbering, 0 where absent
    inputs: np.ndarray  # slots of the leading IN nodes
    literals: np.ndarray  # (k, LITERAL_FEATURES) of the LIT nodes after them
    levels: tuple[Level, ...]
    roots: np.ndarray  # (p,) in batch numbering
    program: np.ndarray  # (m,) which program of the batch


def levels_of(dag: Dag) -> np.ndarray:
    """Return each node's height above the leaves."""
    levels = np.zeros(len(dag), np.int64)
    for k, kids in enumerate(dag.args.tolist()):
        if kids[0] >= 0:
            levels[k] = 1 + max(levels[c] for c in kids if c >= 0)
    return levels


def pack(dags: list[Dag], output: int = 0) -> PackedDags:
    """Lay DAGs end to end; each program's root is its `output`-th."""
    sizes = [len(d) for d in dags]
    return PackedDags(
        np.concatenate([d.ops for d in dags]).astype(np.int64),
        np.concatenate([d.args for d in dags]).astype(np.int64),
        np.concatenate([d.values for d in dags]),
        np.concatenate([levels_of(d) for d in dags]),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.array([d.roots[output] for d in dags], np.int64),
    )


def make_batch(packed: PackedDags, programs: np.ndarray) -> Batch:
    """Collect the nodes of some programs and sort them for level-wise evaluation."""
    starts = packed.offsets[programs]
    sizes = packed.offsets[programs + 1] - starts
    base = np.concatenate([[0], np.cumsum(sizes)])
    nodes = np.repeat(starts - base[:-1], sizes) + np.arange(base[-1])
    level, op = packed.levels[nodes], packed.ops[nodes]
    arity = (packed.args[nodes] >= 0).sum(1)
    order = np.lexsort((-arity, op == LIT, level))
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    first = np.repeat(base[:-1], sizes)[order]
    nodes, level, op, arity = nodes[order], level[order], op[order], arity[order]
    args = packed.args[nodes]
    args = np.where(args >= 0, number[np.clip(args + first[:, None], 0, len(order) - 1)], 0)
    bounds = np.searchsorted(level, np.arange(level.max() + 2))
    levels = tuple(
        Level(int(a), int(b), int((arity[a:b] >= 2).sum()), int((arity[a:b] >= 3).sum()))
        for a, b in zip(bounds[1:-1], bounds[2:], strict=True)
    )
    leaves = nodes[: bounds[1]]
    n_inputs = int((op[: bounds[1]] == IN).sum())
    return Batch(
        nodes, op, args, packed.values[leaves[:n_inputs]].astype(np.int64),
        literal_features(packed.values[leaves[n_inputs:]]), levels, number[base[:-1] + packed.roots[programs]],
        np.repeat(np.arange(len(programs)), sizes)[order],
    )  # fmt: skip


def literal_features(values: np.ndarray) -> np.ndarray:
    """Describe literals at several scales: sign, magnitude, integer-ness, phases. Returns float32 `k 24`."""
    v = np.clip(values, -1e6, 1e6)
    size = np.abs(v)
    present = (size > 0).astype(np.float64)
    log = np.log10(np.maximum(size, 1e-12))
    near = np.clip(v, -64, 64)
    columns = [
        np.sign(v), present, np.clip(log, -8, 8) / 3, np.clip(v, -3, 3), np.clip(v, -30, 30) / 10,
        (v == np.round(v)).astype(np.float64), 1 / (1 + size), np.tanh(v),
    ]  # fmt: skip
    for k in (0.25, 0.5, 1.0, 2.0):
        columns += [np.sin(2 * np.pi * k * near), np.cos(2 * np.pi * k * near)]
    for k in (0.5, 1.0, 2.0, 4.0):
        columns += [np.sin(2 * np.pi * k * log) * present, np.cos(2 * np.pi * k * log) * present]
    features = np.stack(columns, axis=1).astype(np.float32) if len(v) else np.zeros((0, LITERAL_FEATURES))
    return features.astype(np.float32)
