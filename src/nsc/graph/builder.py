"""Hash-consed construction of a DAG, with the simplifications of a rule table.

In: operation names and node numbers; `Rules`. Out: node numbers; `finish` gives the
pruned `Dag`.
Non-goals: which rules there are (see simplify.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nsc.graph.dag import OP_INDEX, TRUTHS, Dag
from nsc.graph.nodes import LEAVES, UNKNOWN, Key, Nodes, Range
from nsc.refusal import Refusal

MAX_NODES = 512
LARGEST_LITERAL = 1e30  # a network cannot hold infinities
_COMMUTATIVE = frozenset(("ADD", "MUL", "MIN", "MAX", "AND", "OR", "EQ"))
_NOT_A_NUMBER: Key = ("NAN",)
# operations whose value a range may settle: from them hang branches and loops
_MAY_SETTLE = TRUTHS | {"FLOOR", "ROUND", "TRUNC"}
# nodes in the making per node of the largest DAG: most are dropped in the end
_SPARE = 8

Args = tuple[int, ...]  # an operation's arguments, as nodes
Known = Sequence[
    float | None
]  # the numbers that they are, where they are known
Rule = Callable[["DagBuilder", Args, Known], int | None]


@dataclass(frozen=True)
class Rules:
    """What a builder knows of operations.

    Args:
        simplify: for an operation, the rule that finds a simpler node for it, None
            where there is none. At least one argument depends on an input.
        fold: the value of each operation on known numbers.
        range_of: the range of a node, from the ranges of the nodes before it.
        passing: operations that no `Dag` has; while building they stand for what may
            yet simplify.
        lower: writes nodes without passing operations.
    """

    simplify: Mapping[str, Rule]
    fold: Mapping[str, Callable[..., float]]
    range_of: Callable[[Nodes, int, Sequence[Range]], Range]
    passing: frozenset[str]
    lower: Callable[[DagBuilder, list[int]], list[int]]


class DagBuilder:
    """A DAG in the making: `make` simplifies by a rule table and shares equal nodes."""

    def __init__(
        self,
        n_inputs: int,
        rules: Rules,
        max_nodes: int = MAX_NODES,
        prune: bool = False,
        is_single: bool = False,
    ):
        """Make an empty DAG.

        Args:
            n_inputs: how many inputs exist; some may stay unused.
            rules: what is folded, simplified and settled, and how.
            max_nodes: of the DAG; eight times as many may be made on the way.
            prune: settle comparisons by the ranges of their sides.
            is_single: whether all inputs are floats, not doubles.
        """
        self.n_inputs = n_inputs
        self.rules = rules
        self.max_nodes = max_nodes
        self.prune = prune
        self.is_single = is_single
        self.nodes = Nodes()
        self.at = 0  # offset of what is being evaluated, for messages
        self.passing_at: dict[
            int, int
        ] = {}  # where each passing operation was made
        self._nan: int | None = None  # the node that is not a number
        self._nan_at = 0  # where that was met last
        self._ranges: list[
            Range
        ] = []  # of the first nodes, as far as asked for

    def literal(self, value: float) -> int:
        """Return the node of a number; infinities become +-1e30.

        Finite ones may be larger until `finish`. NaN is a node of its own, which no
        condition chooses: where a program returns it there is nothing to mimic.
        """
        if not math.isfinite(value):
            if math.isnan(value):
                return self._not_a_number()
            value = math.copysign(LARGEST_LITERAL, value)
        value = float(value)
        key = ("LIT", value)
        found = self.nodes.index.get(key)
        return self._add(key, "LIT", (), value) if found is None else found

    def input(self, k: int) -> int:
        """Return the node of input k."""
        key = ("IN", k)
        found = self.nodes.index.get(key)
        if found is None:
            found = self._add(key, "IN", (), None)
            self.nodes.slots[found] = k
        return found

    def make(self, op: str, *args: int) -> int:
        """Return the node for `op(args)`, simplified.

        Example: make("MUL", x, x) is make("SQ", x); make("DIV", x, 4) is make("MUL", x,
        0.25).
        """
        numbers = self.nodes.numbers
        known = [numbers[a] for a in args]
        if self._nan is not None and self._nan in args:
            return self._with_nan(op, args)
        if None not in known:
            return self.literal(self.rules.fold[op](*known))
        rule = self.rules.simplify.get(op)
        simpler = rule(self, args, known) if rule is not None else None
        if simpler is not None:
            return simpler
        if op in _COMMUTATIVE and args[0] > args[1]:
            args = (args[1], args[0])
        key = (op, *args)
        found = self.nodes.index.get(key)
        if found is not None:
            return found
        node = self._add(key, op, args, None)
        return (
            self._settled(node, key)
            if self.prune and op in _MAY_SETTLE
            else node
        )

    def quotient(self, x: int, y: int) -> int:
        """Divide integers: never by a rounded reciprocal, which could fall short.

        Example: 49 * (1 / 49) is a little less than one, and would be cut off to zero.
        A power of two has an exact reciprocal.
        """
        divisor = self.value(y)
        if divisor is None or self.value(x) is not None or divisor == 0:
            return self.make("DIV", x, y)
        if _is_power_of_two(divisor):
            return self.make("DIV", x, y)
        key = ("DIV", x, y)
        found = self.nodes.index.get(key)
        return self._add(key, "DIV", (x, y), None) if found is None else found

    def truth(self, node: int) -> int:
        """Return 1 where a node is not zero, else 0."""
        value = self.value(node)
        if value is not None:
            return self.literal(float(value != 0))
        if self.op(node) in TRUTHS:
            return node
        return self.make("NOT", self.make("EQ", node, self.literal(0.0)))

    def value(self, node: int) -> float | None:
        """Return the number a node is, None if it depends on an input."""
        return self.nodes.numbers[node]

    def op(self, node: int) -> str:
        """Return a node's operation."""
        return self.nodes.ops[node]

    def children(self, node: int) -> tuple[int, ...]:
        """Return a node's arguments; a leaf has none."""
        return self.nodes.children[node]

    def needed(self, roots: list[int]) -> list[int]:
        """List the nodes that some nodes are made of, and these, children first."""
        return self.nodes.needed(roots)

    def range(self, node: int) -> Range:
        """Return what values a node can take, which needs a builder that prunes."""
        if not self.prune:
            return UNKNOWN
        for earlier in range(len(self._ranges), node + 1):
            found = self.rules.range_of(self.nodes, earlier, self._ranges)
            self._ranges.append(found)
        return self._ranges[node]

    @property
    def has_passing(self) -> bool:
        """Whether an operation was made that no DAG has."""
        return bool(self.passing_at)

    @property
    def may_settle(self) -> bool:
        """Whether looking at ranges could turn a node into one number."""
        return not _MAY_SETTLE.isdisjoint(self.nodes.ops)

    def finish(self, roots: list[int], bounded: bool = False) -> Dag:
        """Drop what no root needs and number the rest, children first.

        Raises:
            Refusal: `nan_constant`, a root needs what is not a number; or what `lower`
                of the rules raises.
        """
        if self.has_passing:
            roots = self.rules.lower(self, roots)
        needed = self.needed(roots)
        if self._nan in needed:
            raise _nan_constant(self._nan_at)
        return _dag_of(self.nodes, needed, roots, self.n_inputs, bounded)

    def _add(
        self, key: Key, op: str, children: Args, number: float | None
    ) -> int:
        if len(self.nodes.ops) >= _SPARE * self.max_nodes:
            raise _too_many_nodes(self.max_nodes, self.at)
        node = self.nodes.add(key, op, children, number)
        if op in self.rules.passing:
            self.passing_at[node] = self.at
        return node

    def _not_a_number(self) -> int:
        self._nan_at = self.at
        if self._nan is None:
            self._nan = self._add(_NOT_A_NUMBER, "NAN", (), None)
        return self._nan

    def _with_nan(self, op: str, args: Args) -> int:
        """Apply an operation to NaN.

        `NaN < x -> 0`: comparisons with it are false; `c ? NaN : x -> x`: a choice
        takes the other side; `NaN + x -> NaN`.
        """
        assert self._nan is not None  # it is among the arguments
        if op in TRUTHS:
            return self.literal(0.0)
        if op == "SEL" and args[0] != self._nan:
            return args[2] if args[1] == self._nan else args[1]
        return self._nan

    def _settled(self, node: int, key: Key) -> int:
        """Return a literal where a node can only be one number."""
        low, high = self.range(node)
        if low != high:
            return node
        settled = self.literal(low)
        self.nodes.index[key] = settled
        return settled


def _is_power_of_two(value: float) -> bool:
    return abs(math.frexp(value)[0]) == 0.5


def _dag_of(
    nodes: Nodes,
    needed: list[int],
    roots: list[int],
    n_inputs: int,
    bounded: bool,
) -> Dag:
    """Number the needed nodes, which come children first."""
    number: dict[int, int] = {}
    ops: list[int] = []
    args: list[tuple[int, ...]] = []
    values: list[float] = []
    for node in needed:
        children = [number[child] for child in nodes.children[node]]
        number[node] = len(ops)
        ops.append(OP_INDEX[nodes.ops[node]])
        args.append((*children, -1, -1, -1)[:3])
        values.append(_leaf_value(nodes, node))
    return Dag(
        np.array(ops, np.int16),
        np.array(args, np.int32),
        np.array(values, np.float64),
        np.array([number[root] for root in roots], np.int32),
        n_inputs,
        bounded,
    )


def _leaf_value(nodes: Nodes, node: int) -> float:
    """Return a literal's number, an input's slot, and zero of any other node."""
    if nodes.ops[node] not in LEAVES:
        return 0.0
    if node in nodes.slots:
        return float(nodes.slots[node])
    value = nodes.numbers[node]
    assert value is not None  # NaN is refused before
    return max(-LARGEST_LITERAL, min(LARGEST_LITERAL, value))


def _too_many_nodes(max_nodes: int, at: int) -> Refusal:
    message = f"the expression has more than {max_nodes} operations"
    return Refusal("too_many_nodes", message, at)


def _nan_constant(at: int) -> Refusal:
    return Refusal("nan_constant", "a constant is not a number (NaN)", at)
