"""Grow programs from programs: mutations, grafts and crossings of expression DAGs,
without end.

Training needs only a DAG's values, which are exact and cheap, so nothing is compiled or
run here.
In: DAGs, weights, a seed. Out: DAGs. Non-goals: C text (exestack/mutate.py makes that).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from nsc.compnet.config import MAX_INPUTS
from nsc.compnet.training.expression_families import family
from nsc.graph import OP_INDEX, OPS, Builder, Dag
from nsc.refusal import Refusal

MAX_NODES = 300
FAMILY_SHARE = 0.13
_COMMON = ("ADD", "SUB", "MUL", "DIV", "MUL", "ADD")
_RARE = ("MIN", "MAX", "ATAN2", "POW", "FMOD")
_UNARY = (
    "SIN",
    "COS",
    "EXP",
    "TANH",
    "SQRT",
    "ABS",
    "LOG",
    "ATAN",
    "SQ",
    "NEG",
    "FLOOR",
    "ERF",
    "TAN",
    "ASIN",
    "SINH",
    "COSH",
    "CBRT",
    "ROUND",
    "TRUNC",
)
_LIT = OP_INDEX["LIT"]
_IN = OP_INDEX["IN"]


class Grower:
    """Draws programs; a function of the pool and the seed."""

    def __init__(
        self, pool: Sequence[Dag], weights: np.ndarray, seed: int | Sequence[int]
    ):
        self._pool = pool
        self._generator = np.random.default_rng(seed)
        self._cumulative = np.cumsum(weights) / np.sum(weights)
        self._literals = np.concatenate([d.values[d.ops == _LIT] for d in pool])

    def programs(self) -> Iterator[Dag]:
        """Yield programs of one output and 1 to 9 inputs, for ever."""
        while True:
            try:
                dag = (
                    self._family()
                    if self._generator.random() < FAMILY_SHARE
                    else self._descendant()
                )
            except (
                Refusal,
                OverflowError,
                ValueError,
            ):  # too large, NaN, a literal that overflows
                continue
            if dag is not None and len(dag) <= MAX_NODES and (dag.ops == _IN).any():
                yield dag

    def _family(self) -> Dag:
        builder = Builder(MAX_INPUTS, MAX_NODES)
        return builder.finish([family(builder, self._generator)])

    def _descendant(self) -> Dag | None:
        """Copy a program of the pool with a few changes, its inputs in any order."""
        g = self._generator
        dag = self._pick()
        if dag.n_inputs > MAX_INPUTS:
            return None
        builder = Builder(MAX_INPUTS, MAX_NODES)
        n = (
            dag.n_inputs
            if g.random() < 0.8
            else min(MAX_INPUTS, dag.n_inputs + int(g.integers(1, 4)))
        )
        leaves = [builder.input(int(slot)) for slot in g.permutation(n)]
        root = int(dag.roots[g.integers(len(dag.roots))])
        changes = int(g.geometric(0.45)) - int(g.random() < 0.15)
        changed = set(g.integers(0, root + 1, changes).tolist())
        made = self._copy(builder, dag, root, leaves, changed, depth=0)
        if g.random() < 0.1:
            made = builder.make(
                self._one_of(_COMMON), made, self._graft(builder, leaves, depth=1)
            )
        return builder.finish([made])

    def _pick(self) -> Dag:
        return self._pool[
            int(np.searchsorted(self._cumulative, self._generator.random()))
        ]

    def _one_of(self, choices: Sequence):
        return choices[self._generator.integers(len(choices))]

    def _literal(self) -> float:
        g = self._generator
        kind = g.random()
        if kind < 0.6:
            return float(self._one_of(self._literals))
        if kind < 0.8:
            return float(np.round(g.normal() * 3, int(g.integers(0, 4))))
        return float(g.choice([-1, 1]) * 10 ** g.uniform(-2.5, 2.5))

    def _copy(
        self,
        b: Builder,
        dag: Dag,
        root: int,
        leaves: list[int],
        changed: set[int],
        depth: int,
    ) -> int:
        """Rebuild what `root` needs; nodes in `changed` are mutated. Returns the
        builder's node.
        """
        args = dag.args.tolist()
        ops = dag.ops.tolist()
        values = dag.values.tolist()
        needed = {root}
        for k in range(root, -1, -1):
            if k in needed:
                needed.update(c for c in args[k] if c >= 0)
        made: dict[int, int] = {}
        for k in sorted(needed):
            op = OPS[ops[k]]
            kids = [made[c] for c in args[k] if c >= 0]
            if k in changed:
                made[k] = self._mutated(b, op, kids, values[k], leaves, depth)
            elif op == "IN":
                made[k] = leaves[int(values[k])]
            else:
                made[k] = b.literal(values[k]) if op == "LIT" else b.make(op, *kids)
        return made[root]

    def _mutated(
        self,
        b: Builder,
        op: str,
        kids: list[int],
        value: float,
        leaves: list[int],
        depth: int,
    ) -> int:
        if op == "LIT":
            return self._mutated_literal(b, value, leaves)
        if op == "IN":
            return self._mutated_input(b, leaves[int(value)], leaves, depth)
        return self._mutated_operation(b, op, kids, leaves, depth)

    def _mutated_literal(self, b: Builder, value: float, leaves: list[int]) -> int:
        g = self._generator
        kind = self._generator.random()
        if kind < 0.5:
            return b.literal(
                value * math.exp(0.7 * g.normal()) * (1 if g.random() < 0.9 else -1)
            )
        return b.literal(self._literal()) if kind < 0.85 else self._one_of(leaves)

    def _mutated_input(self, b: Builder, x: int, leaves: list[int], depth: int) -> int:
        g = self._generator
        kind = self._generator.random()
        if kind < 0.35:
            return self._one_of(leaves)
        if kind < 0.75:
            x = b.make("MUL", x, b.literal(float(10 ** g.normal(0.2, 0.4))))
            return (
                b.make("ADD", x, b.literal(float(g.normal() * 2)))
                if g.random() < 0.5
                else x
            )
        if kind < 0.9 and depth == 0:
            return self._graft(b, leaves, depth + 1)
        return b.make(self._one_of(_UNARY), x)

    def _mutated_operation(
        self, b: Builder, op: str, kids: list[int], leaves: list[int], depth: int
    ) -> int:
        g = self._generator
        kind = self._generator.random()
        if kind < 0.25 and (op in _COMMON or op in _RARE):
            return b.make(self._one_of(_COMMON if g.random() < 0.8 else _RARE), *kids)
        if kind < 0.25 and op in _UNARY:
            return b.make(self._one_of(_UNARY), *kids)
        if kind < 0.35 and len(kids) == 2:
            return b.make(op, *kids[::-1])
        node = b.make(op, *kids)
        if kind < 0.5:
            return b.make(self._one_of(_UNARY), node)
        if kind < 0.65:
            return b.make(self._one_of(_COMMON), node, b.literal(self._literal()))
        if kind < 0.8:
            return b.make(self._one_of(_COMMON), node, self._one_of(leaves))
        if kind < 0.9 and depth == 0:
            return b.make(
                self._one_of(_COMMON), node, self._graft(b, leaves, depth + 1)
            )
        if kind < 0.95:
            return kids[0]
        return b.make(
            "SEL", b.make("LT", node, b.literal(self._literal())), node, kids[-1]
        )

    def _graft(self, b: Builder, leaves: list[int], depth: int) -> int:
        """Copy a program, or a part of one, onto the leaves."""
        g = self._generator
        dag = self._pick()
        root = int(g.integers(len(dag))) if g.random() < 0.7 else int(dag.roots[0])
        chosen = [self._one_of(leaves) for _ in range(dag.n_inputs)]
        return self._copy(b, dag, root, chosen, set(), depth)
