"""Terms: a program as linear combinations, products and functions of one argument.

Three kinds of operations instead of the DAG's thirty-six, so that a network has to
learn two of them: linear combinations are exact. In: linear forms. Out: `Terms`.
Non-goals: the DAG's operations (rewrite.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nsc.compnet.functions import (
    EVEN,
    FUNCTION_INDEX,
    FUNCTIONS,
    ODD,
    PARTIAL,
    apply_to,
    bounds_of,
    clipped,
)

KINDS = ("INPUT", "LINEAR", "PRODUCT", "UNARY")
INPUT, LINEAR, PRODUCT, UNARY = range(len(KINDS))


@dataclass(frozen=True)
class Form:
    """A linear form: `weights` of nodes (none of them zero), and a constant."""

    weights: dict[int, float]
    constant: float = 0.0

    def __add__(self, other: Form) -> Form:
        return self.plus(other, 1.0)

    def __sub__(self, other: Form) -> Form:
        return self.plus(other, -1.0)

    def __mul__(self, k: float) -> Form:
        if not k:
            return Form({})
        return Form(
            {n: w * k for n, w in self.weights.items()}, self.constant * k
        )

    def plus(self, other: Form, k: float) -> Form:
        """Return self + k other; weights that cancel go."""
        weights = dict(self.weights)
        for node, w in other.weights.items():
            total = weights.get(node, 0.0) + k * w
            if total:
                weights[node] = total
            else:
                weights.pop(node, None)
        return Form(weights, self.constant + k * other.constant)

    @property
    def is_scaled_node(self) -> bool:
        """Whether the form is one node times a weight."""
        return len(self.weights) == 1 and self.constant == 0.0


ONE = Form({}, 1.0)


class TooManyTerms(Exception):
    """The program is larger than the limit, or a constant in it is not finite."""


@dataclass(frozen=True)
class Terms:
    """`m` nodes, children before parents, and `e` edges of the linear ones.

    Args:
        kinds: int64 (m,), INPUT, LINEAR, PRODUCT or UNARY.
        functions: int64 (m,), index into FUNCTIONS of UNARY, else 0.
        args: int64 (m, 2), children of PRODUCT (two) and UNARY (the first).
        bias: float64 (m,), the slot of INPUT, the constant of LINEAR.
        edges: int64 (m + 1,), bounds of each node's edges.
        children, weights: int64 and float64 (e,).
        levels: int64 (m,), height above the inputs.
        bounds: float64 (m, 2), between which each value lies.
        inputs: which input of the program each slot is.
    """

    kinds: np.ndarray
    functions: np.ndarray
    args: np.ndarray
    bias: np.ndarray
    edges: np.ndarray
    children: np.ndarray
    weights: np.ndarray
    levels: np.ndarray
    bounds: np.ndarray
    root: int
    inputs: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.kinds)


# What a node is, hashable: (INPUT, input), (LINEAR, constant, (node, weight)...),
# (PRODUCT, a, b) or (UNARY, function, a).
Key = tuple


class TermBuilder:
    """Hash-consed nodes, each described by a `Key`.

    Attributes:
        nodes: the key of each node.
        partial: of each node, whether it may be undefined somewhere.
    """

    def __init__(self, limit: int):
        """Hold at most `limit` nodes."""
        self.limit = limit
        self.nodes: list[Key] = []
        self.partial: list[bool] = []
        self._index: dict[Key, int] = {}

    def input(self, k: int) -> Form:
        return Form({self._intern((INPUT, k)): 1.0})

    def unary(self, name: str, form: Form) -> Form:
        """Apply a function.

        Signs are taken out of odd and even ones, so that both spellings meet.
        """
        if not form.weights:
            return Form({}, apply_to(name, form.constant))
        sign = 1.0
        has_sign = name in ODD or name in EVEN
        if has_sign and form.weights[min(form.weights)] < 0:
            form = form * -1.0
            sign = -1.0 if name in ODD else 1.0
        key = (UNARY, FUNCTION_INDEX[name], self.node(form))
        return Form({self._intern(key): sign})

    def product(self, a: Form, b: Form) -> Form:
        """Multiply; weights are taken out, so that both spellings meet."""
        if not a.weights:
            return b * a.constant
        if not b.weights:
            return a * b.constant
        first, weight = self._factor(a)
        second, other = self._factor(b)
        key = (PRODUCT, *sorted((first, second)))
        return Form({self._intern(key): weight * other})

    def _factor(self, form: Form) -> tuple[int, float]:
        """Return a node and a weight whose product is the form."""
        if form.is_scaled_node:
            ((node, weight),) = form.weights.items()
            return node, weight
        return self.node(form), 1.0

    def node(self, form: Form) -> int:
        """Return the node that holds a form."""
        if form.is_scaled_node:
            ((node, w),) = form.weights.items()
            if w == 1.0:
                return node
        return self._intern(
            (LINEAR, form.constant, *sorted(form.weights.items()))
        )

    def is_partial(self, form: Form) -> bool:
        """Say whether a form may be undefined somewhere."""
        return any(self.partial[n] for n in form.weights)

    def _intern(self, key: Key) -> int:
        found = self._index.get(key)
        if found is not None:
            return found
        if len(self.nodes) >= self.limit:
            raise TooManyTerms
        self._index[key] = len(self.nodes)
        self.nodes.append(key)
        is_partial = key[0] == UNARY and FUNCTIONS[key[1]] in PARTIAL
        self.partial.append(
            is_partial or any(self.partial[n] for n in _children(key))
        )
        return len(self.nodes) - 1

    def inputs_of(self, roots: Sequence[Form]) -> tuple[int, ...]:
        """Return the inputs that some forms use, in order of first use."""
        keys = [
            self.nodes[k]
            for root in roots
            if root.weights
            for k in self._needed(self.node(root))
        ]
        return tuple(dict.fromkeys(key[1] for key in keys if key[0] == INPUT))

    def finish(self, root: Form, inputs: tuple[int, ...]) -> Terms:
        """Keep what the root needs, children before parents.

        Args:
            inputs: which input of the program each slot is.

        Raises:
            TooManyTerms: a constant is not finite.
        """
        top = self.node(root)
        order = self._needed(top)
        number = {k: j for j, k in enumerate(order)}
        writer = _ArrayWriter(number, inputs)
        for k in order:
            writer.add(self.nodes[k])
        return writer.terms(number[top])

    def _needed(self, top: int) -> list[int]:
        needed = {top}
        for k in range(top, -1, -1):
            if k in needed:
                needed.update(_children(self.nodes[k]))
        return sorted(needed)


def _children(key: Key) -> list[int]:
    if key[0] == LINEAR:
        return [node for node, _ in key[2:]]
    if key[0] == PRODUCT:
        return [key[1], key[2]]
    return [key[2]] if key[0] == UNARY else []


def _arguments(kind: int, kids: list[int]) -> tuple[int, int]:
    if kind == PRODUCT:
        return kids[0], kids[1]
    return (kids[0], 0) if kind == UNARY else (0, 0)


class _ArrayWriter:
    """Writes nodes, one after the other, into the arrays of `Terms`."""

    def __init__(self, number: dict[int, int], inputs: tuple[int, ...]):
        """Start; number: where each of the builder's nodes will stand."""
        self.number = number
        self.inputs = inputs
        self.kinds: list[int] = []
        self.functions: list[int] = []
        self.args: list[tuple[int, int]] = []
        self.bias: list[float] = []
        self.levels: list[int] = []
        self.bounds: list[tuple[float, float]] = []
        self.edges = [0]
        self.children: list[int] = []
        self.weights: list[float] = []

    def add(self, key: Key) -> None:
        kind = key[0]
        kids = [self.number[n] for n in _children(key)]
        self.kinds.append(kind)
        self.functions.append(key[1] if kind == UNARY else 0)
        self.args.append(_arguments(kind, kids))
        self.bias.append(self._bias(key))
        self.levels.append(1 + max((self.levels[k] for k in kids), default=-1))
        if kind == LINEAR:
            self.children += kids
            self.weights += [w for _, w in key[2:]]
        self.edges.append(len(self.children))
        self.bounds.append(self._bounds(key, kids))

    def terms(self, root: int) -> Terms:
        bias = np.array(self.bias, np.float64)
        weights = np.array(self.weights, np.float64)
        if not (np.isfinite(bias).all() and np.isfinite(weights).all()):
            raise TooManyTerms
        return Terms(
            kinds=np.array(self.kinds, np.int64),
            functions=np.array(self.functions, np.int64),
            args=np.array(self.args, np.int64),
            bias=bias,
            edges=np.array(self.edges, np.int64),
            children=np.array(self.children, np.int64),
            weights=weights,
            levels=np.array(self.levels, np.int64),
            bounds=np.array(self.bounds, np.float64),
            root=root,
            inputs=self.inputs,
        )

    def _bias(self, key: Key) -> float:
        if key[0] == INPUT:
            return float(self.inputs.index(key[1]))
        return key[1] if key[0] == LINEAR else 0.0

    def _bounds(self, key: Key, kids: list[int]) -> tuple[float, float]:
        if key[0] == INPUT:
            return -1.0, 1.0
        if key[0] == LINEAR:
            weights = [w for _, w in key[2:]]
            return self._linear_bounds(key[1], kids, weights)
        if key[0] == PRODUCT:
            return self._product_bounds(*kids)
        return bounds_of(FUNCTIONS[key[1]], *self.bounds[kids[0]])

    def _linear_bounds(
        self, constant: float, kids: list[int], weights: list[float]
    ) -> tuple[float, float]:
        lo = hi = constant
        for kid, w in zip(kids, weights, strict=True):
            ends = w * self.bounds[kid][0], w * self.bounds[kid][1]
            lo = lo + min(ends)
            hi = hi + max(ends)
        return clipped(lo, hi)

    def _product_bounds(self, first: int, second: int) -> tuple[float, float]:
        a, b = self.bounds[first]
        c, d = self.bounds[second]
        ends = [a * c, a * d, b * c, b * d]
        if first == second:  # a square is at least 0
            ends = [a * a, b * b] + [0.0] * (a < 0 < b)
        return clipped(min(ends), max(ends))
