"""Grow programs from programs: mutations, grafts and crossings of expression DAGs.

Training needs only a DAG's values, which are exact and cheap, so nothing is compiled or
run here. In: DAGs, weights, a seed. Out: DAGs, without end. Non-goals: C text
(exestack/programs/mutate.py makes that).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeVar

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
T = TypeVar("T")


class Grower:
    """Draws programs; a function of the pool and the seed."""

    def __init__(
        self,
        pool: Sequence[Dag],
        weights: np.ndarray,
        seed: int | Sequence[int],
    ):
        """Draw from a pool; weights: (p,), how often each is grown from."""
        self._draw = _Draw(pool, weights, np.random.default_rng(seed))

    def programs(self) -> Iterator[Dag]:
        """Yield programs of one output and 1 to 9 inputs, for ever."""
        while True:
            try:
                dag = self._program()
            except (Refusal, OverflowError, ValueError):
                continue  # too large, NaN, a literal that overflows
            if dag is None or len(dag) > MAX_NODES:
                continue
            if (dag.ops == _IN).any():
                yield dag

    def _program(self) -> Dag | None:
        generator = self._draw.generator
        if generator.random() < FAMILY_SHARE:
            builder = Builder(MAX_INPUTS, MAX_NODES)
            return builder.finish([family(builder, generator)])
        return self._descendant()

    def _descendant(self) -> Dag | None:
        """Copy a program of the pool with a few changes, its inputs in any order.

        Returns:
            None where it has too many inputs.
        """
        g = self._draw.generator
        dag = self._draw.program()
        if dag.n_inputs > MAX_INPUTS:
            return None
        builder = Builder(MAX_INPUTS, MAX_NODES)
        n = dag.n_inputs
        if g.random() >= 0.8:
            n = min(MAX_INPUTS, n + int(g.integers(1, 4)))
        leaves = [builder.input(int(slot)) for slot in g.permutation(n)]
        root = int(dag.roots[g.integers(len(dag.roots))])
        changes = int(g.geometric(0.45)) - int(g.random() < 0.15)
        changed = set(g.integers(0, root + 1, changes).tolist())
        mutation = _Mutation(builder, leaves, self._draw)
        made = mutation.copy(dag, root, leaves, changed)
        if g.random() < 0.1:
            op = self._draw.one_of(_COMMON)
            made = builder.make(op, made, mutation.graft())
        return builder.finish([made])


class _Draw:
    """Random choices from a pool of programs."""

    def __init__(
        self,
        pool: Sequence[Dag],
        weights: np.ndarray,
        generator: np.random.Generator,
    ):
        self.generator = generator
        self._pool = pool
        self._cumulative = np.cumsum(weights) / np.sum(weights)
        self._literals = np.concatenate(
            [d.values[d.ops == _LIT] for d in pool]
        )

    def program(self) -> Dag:
        drawn = np.searchsorted(self._cumulative, self.generator.random())
        return self._pool[int(drawn)]

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[int(self.generator.integers(len(choices)))]

    def literal(self) -> float:
        """Draw one that the pool has, a short one, or one of any magnitude."""
        g = self.generator
        kind = g.random()
        if kind < 0.6:
            return float(self._literals[g.integers(len(self._literals))])
        if kind < 0.8:
            return float(np.round(g.normal() * 3, int(g.integers(0, 4))))
        return float(g.choice([-1, 1]) * 10 ** g.uniform(-2.5, 2.5))


class _Mutation:
    """Copies programs into a builder, and changes some of their nodes.

    Args:
        leaves: the builder's nodes that stand for the new program's inputs.
    """

    def __init__(self, builder: Builder, leaves: list[int], draw: _Draw):
        self._builder = builder
        self._leaves = leaves
        self._draw = draw

    def copy(
        self, dag: Dag, root: int, inputs: Sequence[int], changed: set[int]
    ) -> int:
        """Rebuild what a node of a DAG needs.

        Args:
            inputs: the builder's nodes that stand for the DAG's inputs.
            changed: nodes of the DAG that are mutated.

        Returns:
            The builder's node.
        """
        b = self._builder
        args = dag.args.tolist()
        ops = dag.ops.tolist()
        values = dag.values.tolist()
        made: dict[int, int] = {}
        for k in _needed(args, root):
            op = OPS[ops[k]]
            kids = [made[c] for c in args[k] if c >= 0]
            if op == "IN":
                x = inputs[int(values[k])]
                made[k] = self._mutated_input(x) if k in changed else x
            elif op == "LIT":
                value = values[k]
                made[k] = (
                    self._mutated_literal(value)
                    if k in changed
                    else b.literal(value)
                )
            elif k in changed:
                made[k] = self._mutated_operation(op, kids)
            else:
                made[k] = b.make(op, *kids)
        return made[root]

    def graft(self) -> int:
        """Copy a program of the pool, or a part of one, onto any of the leaves."""
        g = self._draw.generator
        dag = self._draw.program()
        root = (
            int(g.integers(len(dag)))
            if g.random() < 0.7
            else int(dag.roots[0])
        )
        inputs = [self._draw.one_of(self._leaves) for _ in range(dag.n_inputs)]
        return self.copy(dag, root, inputs, set())

    def _mutated_literal(self, value: float) -> int:
        g = self._draw.generator
        kind = g.random()
        if kind < 0.5:
            factor = math.exp(0.7 * g.normal())
            sign = 1 if g.random() < 0.9 else -1
            return self._builder.literal(value * factor * sign)
        if kind < 0.85:
            return self._builder.literal(self._draw.literal())
        return self._draw.one_of(self._leaves)

    def _mutated_input(self, x: int) -> int:
        b = self._builder
        g = self._draw.generator
        kind = g.random()
        if kind < 0.35:
            return self._draw.one_of(self._leaves)
        if kind < 0.75:
            scaled = b.make(
                "MUL", x, b.literal(float(10 ** g.normal(0.2, 0.4)))
            )
            if g.random() < 0.5:
                return b.make("ADD", scaled, b.literal(float(g.normal() * 2)))
            return scaled
        if kind < 0.9:
            return self.graft()
        return b.make(self._draw.one_of(_UNARY), x)

    def _mutated_operation(self, op: str, kids: list[int]) -> int:
        kind = self._draw.generator.random()
        if kind < 0.25:
            other = self._other_operation(op)
            if other is not None:
                return self._builder.make(other, *kids)
        if kind < 0.35 and len(kids) == 2:
            return self._builder.make(op, *kids[::-1])
        return self._grown(kind, self._builder.make(op, *kids), kids)

    def _other_operation(self, op: str) -> str | None:
        """Draw an operation of as many arguments; None where few have so many."""
        if op in _COMMON or op in _RARE:
            is_common = self._draw.generator.random() < 0.8
            return self._draw.one_of(_COMMON if is_common else _RARE)
        return self._draw.one_of(_UNARY) if op in _UNARY else None

    def _grown(self, kind: float, node: int, kids: list[int]) -> int:
        """Put something on top of a node, or take it away; kind: in [0, 1)."""
        b = self._builder
        draw = self._draw
        if kind < 0.5:
            return b.make(draw.one_of(_UNARY), node)
        if kind < 0.9:
            op = draw.one_of(_COMMON)
            return b.make(op, node, self._operand(kind))
        if kind < 0.95:
            return kids[0]
        is_less = b.make("LT", node, b.literal(draw.literal()))
        return b.make("SEL", is_less, node, kids[-1])

    def _operand(self, kind: float) -> int:
        if kind < 0.65:
            return self._builder.literal(self._draw.literal())
        if kind < 0.8:
            return self._draw.one_of(self._leaves)
        return self.graft()


def _needed(args: list[list[int]], root: int) -> list[int]:
    """List what a node needs, itself included, children first."""
    needed = {root}
    for k in range(root, -1, -1):
        if k in needed:
            needed.update(c for c in args[k] if c >= 0)
    return sorted(needed)
