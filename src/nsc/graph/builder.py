"""Hash-consed construction of a DAG with folding and simplifications that are exact
over the reals.

In: operation names and node numbers. Out: node numbers; `finish` gives the pruned
`Dag`.
Non-goals: C. Rounding is not modelled: `x/4` becomes `x*0.25`, `-(-x)` becomes `x`.
"""

from __future__ import annotations

import math
import operator

import numpy as np

from nsc.graph.bits.comparisons import equal, less
from nsc.graph.bits.fields import WORDS, Range
from nsc.graph.bits.numbers import fold, without_words
from nsc.graph.dag import EVALUATE, OP_INDEX, TRUTHS, Dag
from nsc.graph.ranges import UNKNOWN, range_of
from nsc.refusal import Refusal

MAX_NODES = 512
_COMMUTATIVE = frozenset(("ADD", "MUL", "MIN", "MAX", "AND", "OR", "EQ"))
_LEAVES = ("LIT", "IN", "NAN")
_NOT_A_NUMBER = ("NAN",)
_SETTLED = TRUTHS | {"FLOOR", "ROUND", "TRUNC"}
_LARGEST_LITERAL = 1e30
# What loops over numbers do, which Python does as numpy does and ten times as fast on
# one number.
_PLAIN = {
    "ADD": operator.add,
    "SUB": operator.sub,
    "MUL": operator.mul,
    "NEG": operator.neg,
    "SQ": lambda a: a * a,
    "LT": lambda a, b: float(a < b),
    "EQ": lambda a, b: float(a == b),
    "NOT": lambda a: float(a == 0),
}
# What is added to a number >= 0 and subtracted again to round it: the spacing of
# floats, or doubles, is 1 there.
# whether only of floats
_ROUNDERS = {2.0**52: False, 1.5 * 2.0**52: False, 2.0**23: True, 1.5 * 2.0**23: True}

Key = tuple


class Builder:
    """Nodes are tuples (op, *children) or ("LIT", value) or ("IN", number), numbered as
    made.
    """

    def __init__(
        self,
        n_inputs: int,
        max_nodes: int = MAX_NODES,
        prune: bool = False,
        is_single: bool = False,
    ):
        """Make an empty DAG.

        Args:
            prune: settle comparisons by the ranges of their sides.
            is_single: whether all inputs are floats, not doubles.
        """
        self.n_inputs = n_inputs
        self.prune = prune
        self.ranges: list[Range] = []  # of the first nodes, as far as asked for
        self.max_nodes = max_nodes
        self.nodes: list[Key] = []
        # of each node: the number it is, None if it depends on an input
        self.numbers: list[float | None] = []
        self.index: dict[Key, int] = {}
        self.is_single = is_single
        self.word_at: dict[int, int] = {}  # the offset at which each word was made
        self.nan_at: int | None = None  # where NaN was met last
        self.at = 0  # offset of what is being evaluated, for messages

    def literal(self, value: float) -> int:
        """Return the node of a number; infinities become +-1e30, as a network cannot
        hold them.

        Finite ones may be larger until `finish`. NaN is a node of its own, which no
        condition chooses: where a program returns it there is nothing to mimic.
        """
        if not math.isfinite(value):
            if math.isnan(value):
                self.nan_at = self.at
                return self._intern(_NOT_A_NUMBER)
            value = math.copysign(_LARGEST_LITERAL, value)
        return self._intern(("LIT", float(value)))

    def input(self, k: int) -> int:
        return self._intern(("IN", k))

    def value(self, node: int) -> float | None:
        """Return the number a node is, None if it depends on an input."""
        return self.numbers[node]

    def op(self, node: int) -> str:
        return self.nodes[node][0]

    def make(self, op: str, *args: int) -> int:
        """Return the node for `op(args)`, simplified.

        Example: make("MUL", x, x) is make("SQ", x); make("DIV", x, 4) is make("MUL", x,
        0.25).
        """
        numbers = self.numbers
        known = [numbers[a] for a in args]
        if self.nan_at is not None and _NOT_A_NUMBER in [self.nodes[a] for a in args]:
            return self._with_nan(op, args)
        if None not in known:
            return self._fold(op, known)
        rule = _RULES.get(op)
        simpler = rule(self, args, known) if rule is not None else None
        if simpler is not None:
            return simpler
        if op in _COMMUTATIVE and args[0] > args[1]:
            args = (args[1], args[0])
        key = (op, *args)
        found = self.index.get(key)
        if found is not None:
            return found
        node = self._intern(key)
        return self._settled(node) if self.prune and op in _SETTLED else node

    def quotient(self, x: int, y: int) -> int:
        """Divide integers: never by a rounded reciprocal, which would fall short of a
        whole number.
        """
        divisor = self.numbers[y]
        if (
            divisor is None
            or self.numbers[x] is not None
            or divisor == 0
            or abs(math.frexp(divisor)[0]) == 0.5
        ):
            return self.make("DIV", x, y)
        return self._intern(("DIV", x, y))

    def _with_nan(self, op: str, args: tuple[int, ...]) -> int:
        """Apply an operation to NaN: comparisons with it are false, and a choice takes
        the other side.
        """
        if op in TRUTHS:
            return self.literal(0.0)
        if op == "SEL" and self.nodes[args[0]] != _NOT_A_NUMBER:
            return args[2] if self.nodes[args[1]] == _NOT_A_NUMBER else args[1]
        return self._intern(_NOT_A_NUMBER)

    def range(self, node: int) -> Range:
        """Return what range a node's values are in; all numbers unless this builder
        prunes.
        """
        if not self.prune:
            return UNKNOWN
        for key in self.nodes[len(self.ranges) : node + 1]:
            self.ranges.append(range_of(key, self.nodes, self.ranges))
        return self.ranges[node]

    def _settled(self, node: int) -> int:
        """Return a literal where a node can only be one number."""
        low, high = self.range(node)
        if low == high:
            self.index[self.nodes[node]] = self.literal(low)
        return self.literal(low) if low == high else node

    def truth(self, node: int) -> int:
        """Return 1 where a node is not zero, else 0."""
        value = self.value(node)
        if value is not None:
            return self.literal(float(value != 0))
        if self.op(node) in TRUTHS:
            return node
        return self.make("NOT", self.make("EQ", node, self.literal(0.0)))

    def finish(self, roots: list[int], bounded: bool = False) -> Dag:
        """Drop what no root needs and number the rest, children first; words are
        written out.
        """
        if self.has_words:
            roots = without_words(self, roots)
        needed = self.needed(roots)
        if self.index.get(_NOT_A_NUMBER) in needed:
            raise Refusal(
                "nan_constant", "a constant is not a number (NaN)", self.nan_at
            )
        number: dict[int, int] = {}
        ops = []
        args = []
        values = []
        for node in needed:
            op, *rest = self.nodes[node]
            is_leaf = op in _LEAVES
            kids = () if is_leaf else [number[r] for r in rest]
            number[node] = len(ops)
            ops.append(OP_INDEX[op])
            args.append((*kids, -1, -1, -1)[:3])
            values.append(
                max(-_LARGEST_LITERAL, min(_LARGEST_LITERAL, rest[0]))
                if is_leaf
                else 0.0
            )
        made = (
            np.array(ops, np.int16),
            np.array(args, np.int32),
            np.array(values, np.float64),
        )
        return Dag(
            *made,
            np.array([number[r] for r in roots], np.int32),
            self.n_inputs,
            bounded,
        )

    @property
    def has_words(self) -> bool:
        return bool(self.word_at)

    @property
    def may_settle(self) -> bool:
        """Whether there is a node that could turn out to be one number where ranges are
        looked at.
        """
        return any(key[0] in _SETTLED for key in self.nodes)

    def needed(self, roots: list[int]) -> list[int]:
        """List the nodes that some nodes are made of, and these, children first."""
        found = set(roots)
        for node in range(max(roots), -1, -1):  # children are made before their parents
            if node in found:
                found.update(self.children(node))
        return sorted(found)

    def children(self, node: int) -> tuple[int, ...]:
        op, *rest = self.nodes[node]
        return () if op in _LEAVES else tuple(rest)

    def _intern(self, key: Key) -> int:
        found = self.index.get(key)
        if found is None:
            if len(self.nodes) >= 8 * self.max_nodes:
                message = f"the expression has more than {self.max_nodes} operations"
                raise Refusal("too_many_nodes", message, self.at)
            found = len(self.nodes)
            self.nodes.append(key)
            if key[0] in WORDS:
                self.word_at[found] = self.at
            self.numbers.append(key[1] if key[0] == "LIT" else None)
            self.index[key] = found
        return found

    def _fold(self, op: str, known: list[float]) -> int:
        if op in _PLAIN:
            return self.literal(_PLAIN[op](*known))
        if op in WORDS:
            return self.literal(fold(op, known))
        with np.errstate(all="ignore"):
            value = float(EVALUATE[op](*(np.float64(v) for v in known)))
        return self.literal(value)


def _rounds(b: Builder, value: float | None) -> bool:
    return value in _ROUNDERS and (b.is_single or not _ROUNDERS[value])


def _add(b: Builder, args, known):
    if known[0] == 0:
        return args[1]
    if known[1] == 0:
        return args[0]
    for k, (x, y) in enumerate((args, args[::-1])):
        if b.op(y) == "NEG":
            return b.make("SUB", x, b.nodes[y][1])
        key = b.nodes[x]
        if (
            _rounds(b, known[1 - k])
            and key[0] == "SUB"
            and b.value(key[2]) == known[1 - k]
        ):
            return b.make("ROUND", key[1])
    return None


def _sub(b: Builder, args, known):
    if known[1] == 0:
        return args[0]
    if known[0] == 0:
        return b.make("NEG", args[1])
    if args[0] == args[1]:
        return b.literal(0.0)
    if b.op(args[1]) == "NEG":
        return b.make("ADD", args[0], b.nodes[args[1]][1])
    key = b.nodes[args[0]]
    if _rounds(b, known[1]) and key[0] == "ADD":
        for x, y in (key[1:], key[:0:-1]):
            if b.value(y) == known[1]:
                return b.make("ROUND", x)
    return None


def _mul(b: Builder, args, known):
    if args[0] == args[1]:
        return b.make("SQ", args[0])
    for k in (0, 1):
        if known[k] == 1:
            return args[1 - k]
        if known[k] == -1:
            return b.make("NEG", args[1 - k])
        if known[k] == 0:
            return b.literal(0.0)
        if known[k] is not None and b.op(args[1 - k]) == "MUL":
            return _regrouped(b, known[k], b.children(args[1 - k]))
    return None


def _regrouped(b: Builder, factor: float, pair: tuple[int, ...]) -> int | None:
    """Multiply a product with a number by another, where one is too large to be
    written: 1e35 * x * 1e-34 is 10 x.
    """
    for k in (0, 1):
        other = b.value(pair[k])
        if other is not None and max(abs(factor), abs(other)) > _LARGEST_LITERAL:
            return b.make("MUL", pair[1 - k], b.literal(factor * other))
    return None


def _div(b: Builder, args, known):
    if known[0] == 0:
        return b.literal(0.0)
    if known[1] is not None and abs(known[1]) > 1e-30:
        return b.make("MUL", args[0], b.literal(1.0 / known[1]))
    return None


def _neg(b: Builder, args, known):
    key = b.nodes[args[0]]
    if key[0] == "NEG":
        return key[1]
    if key[0] == "SUB":
        return b.make("SUB", key[2], key[1])
    return None


def _square(b: Builder, args, known):
    key = b.nodes[args[0]]
    return b.make("SQ", key[1]) if key[0] in ("NEG", "ABS") else None


def _abs(b: Builder, args, known):
    key = b.nodes[args[0]]
    if key[0] in ("ABS", "SQ", "SQRT", "EXP", "COSH", *TRUTHS):
        return args[0]
    return b.make("ABS", key[1]) if key[0] == "NEG" else None


def _sel(b: Builder, args, known):
    condition, yes, no = args
    if known[0] is not None:
        return yes if known[0] != 0 else no
    if yes == no:
        return yes
    if b.op(condition) == "NOT":
        return b.make("SEL", b.nodes[condition][1], no, yes)
    if known[1] == 1 and known[2] == 0:
        return b.truth(condition)
    return None


def _not(b: Builder, args, known):
    key = b.nodes[args[0]]
    return b.truth(key[1]) if key[0] == "NOT" else None


def _and(b: Builder, args, known):
    for k in (0, 1):
        if known[k] is not None:
            return b.truth(args[1 - k]) if known[k] != 0 else b.literal(0.0)
    return args[0] if args[0] == args[1] else None


def _or(b: Builder, args, known):
    for k in (0, 1):
        if known[k] is not None:
            return b.literal(1.0) if known[k] != 0 else b.truth(args[1 - k])
    return args[0] if args[0] == args[1] else None


def _pow(b: Builder, args, known):
    base = args[0]
    exponent = known[1]
    if exponent == 0:
        return b.literal(1.0)
    if exponent == 0.5:
        return b.make("SQRT", base)
    if exponent in (-1, -2, -3):
        return b.make("DIV", b.literal(1.0), b.make("POW", base, b.literal(-exponent)))
    if exponent is not None and exponent == int(exponent) and 1 <= exponent <= 8:
        return _power(b, base, int(exponent))
    if known[0] is not None and known[0] > 0:
        return b.make("EXP", b.make("MUL", args[1], b.literal(math.log(known[0]))))
    return None


def _power(b: Builder, base: int, n: int) -> int:
    """Write x**n with squares: x**5 is (x**2)**2 * x."""
    if n == 1:
        return base
    half = b.make("SQ", _power(b, base, n // 2))
    return b.make("MUL", half, base) if n % 2 else half


def _rounding(b: Builder, args, known):
    return args[0] if b.op(args[0]) in ("FLOOR", "ROUND", "TRUNC", *TRUTHS) else None


_RULES = {
    "ADD": _add,
    "SUB": _sub,
    "MUL": _mul,
    "DIV": _div,
    "NEG": _neg,
    "SQ": _square,
    "ABS": _abs,
    "SEL": _sel,
    "NOT": _not,
    "AND": _and,
    "OR": _or,
    "POW": _pow,
    "TRUNC": _rounding,
    "FLOOR": _rounding,
    "ROUND": _rounding,
    "LT": less,
    "EQ": equal,
}
