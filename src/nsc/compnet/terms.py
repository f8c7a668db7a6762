"""Terms: a program as linear combinations, products and functions of one argument.

Three kinds of operations instead of the DAG's thirty-six, so that a network has to
learn two of them: linear combinations are exact. In: linear forms. Out: `Terms`.
Non-goals: the DAG's operations (rewrite.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nsc.compnet.functions import (
    EVEN,
    FUNCTION_INDEX,
    FUNCTIONS,
    ODD,
    PARTIAL,
    apply,
    bounds_of,
    clipped,
)

INPUT, LINEAR, PRODUCT, UNARY = range(4)


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
        return (
            Form({n: w * k for n, w in self.weights.items()}, self.constant * k)
            if k
            else Form({})
        )

    def plus(self, other: Form, k: float) -> Form:
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


class TermBuilder:
    """Hash-consed nodes: (INPUT, input), (LINEAR, constant, (node, weight)...),
    (PRODUCT, a, b), (UNARY, f, a).
    """

    def __init__(self, limit: int):
        self.limit = limit
        self.nodes: list[tuple] = []
        self.partial: list[bool] = []
        self._index: dict[tuple, int] = {}

    def input(self, k: int) -> Form:
        return Form({self._intern((INPUT, k)): 1.0})

    def unary(self, name: str, form: Form) -> Form:
        """Apply a function; signs are taken out of odd and even ones, so that both
        spellings meet.
        """
        if not form.weights:
            with np.errstate(all="ignore"):
                return Form(
                    {}, float(apply(FUNCTION_INDEX[name], np.float64(form.constant)))
                )
        sign = 1.0
        if (name in ODD or name in EVEN) and form.weights[min(form.weights)] < 0:
            form = form * -1.0
            sign = -1.0 if name in ODD else 1.0
        return Form(
            {self._intern((UNARY, FUNCTION_INDEX[name], self.node(form))): sign}
        )

    def product(self, a: Form, b: Form) -> Form:
        if not a.weights or not b.weights:
            return b * a.constant if not a.weights else a * b.constant
        factor = 1.0
        parts = []
        for form in (a, b):
            if form.is_scaled_node:
                ((node, w),) = form.weights.items()
                factor *= w
                parts.append(node)
            else:
                parts.append(self.node(form))
        return Form({self._intern((PRODUCT, *sorted(parts))): factor})

    def node(self, form: Form) -> int:
        """Return the node that holds a form."""
        if form.is_scaled_node:
            ((node, w),) = form.weights.items()
            if w == 1.0:
                return node
        return self._intern((LINEAR, form.constant, *sorted(form.weights.items())))

    def is_partial(self, form: Form) -> bool:
        """Say whether a form may be undefined somewhere."""
        return any(self.partial[n] for n in form.weights)

    def _intern(self, key: tuple) -> int:
        found = self._index.get(key)
        if found is None:
            if len(self.nodes) >= self.limit:
                raise TooManyTerms
            found = self._index[key] = len(self.nodes)
            self.nodes.append(key)
            own = key[0] == UNARY and FUNCTIONS[key[1]] in PARTIAL
            self.partial.append(own or any(self.partial[n] for n in _children(key)))
        return found

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
        """Keep what the root needs, children before parents; slots are the inputs
        given.
        """
        top = self.node(root)
        order = self._needed(top)
        number = {k: j for j, k in enumerate(order)}
        return _Filler([self.nodes[k] for k in order], number, inputs).terms(
            number[top]
        )

    def _needed(self, top: int) -> list[int]:
        needed = {top}
        for k in range(top, -1, -1):
            if k in needed:
                needed.update(_children(self.nodes[k]))
        return sorted(needed)


def _children(key: tuple) -> list[int]:
    if key[0] == LINEAR:
        return [n for n, _ in key[2:]]
    return [*key[1:]] if key[0] == PRODUCT else [key[2]] if key[0] == UNARY else []


class _Filler:
    """Writes nodes into the arrays of `Terms`."""

    def __init__(
        self, keys: list[tuple], number: dict[int, int], inputs: tuple[int, ...]
    ):
        self.keys = keys
        self.number = number
        self.functions = [0] * len(keys)
        self.args = [[0, 0] for _ in keys]
        self.bias = [0.0] * len(keys)
        self.levels = [0] * len(keys)
        self.bounds: list[tuple[float, float]] = []
        self.edges = [0]
        self.children = []
        self.weights = []
        self.inputs = inputs

    def terms(self, root: int) -> Terms:
        for j, key in enumerate(self.keys):
            kids = [self.number[n] for n in _children(key)]
            self.levels[j] = 1 + max(self.levels[k] for k in kids) if kids else 0
            (self._input, self._linear, self._product, self._unary)[key[0]](
                j, key, kids
            )
            self.edges.append(len(self.children))
        if not all(map(math.isfinite, self.bias)) or not all(
            map(math.isfinite, self.weights)
        ):
            raise TooManyTerms
        whole = (
            [key[0] for key in self.keys],
            self.functions,
            self.args,
            self.edges,
            self.children,
            self.levels,
        )
        kinds, functions, args, edges, children, levels = (
            np.array(a, np.int64) for a in whole
        )
        bias, weights, bounds = (
            np.array(a, np.float64) for a in (self.bias, self.weights, self.bounds)
        )
        return Terms(
            kinds,
            functions,
            args,
            bias,
            edges,
            children,
            weights,
            levels,
            bounds,
            root,
            self.inputs,
        )

    def _input(self, j: int, key: tuple, kids: list[int]) -> None:
        self.bias[j] = float(self.inputs.index(key[1]))
        self.bounds.append((-1.0, 1.0))

    def _linear(self, j: int, key: tuple, kids: list[int]) -> None:
        lo = hi = self.bias[j] = key[1]
        for kid, (_, w) in zip(kids, key[2:], strict=True):
            ends = w * self.bounds[kid][0], w * self.bounds[kid][1]
            lo = lo + min(ends)
            hi = hi + max(ends)
            self.children.append(kid)
            self.weights.append(w)
        self.bounds.append(clipped(lo, hi))

    def _product(self, j: int, key: tuple, kids: list[int]) -> None:
        self.args[j] = kids
        a, b = self.bounds[kids[0]]
        c, d = self.bounds[kids[1]]
        ends = [a * c, a * d, b * c, b * d]
        if kids[0] == kids[1]:
            ends = [a * a, b * b] + [0.0] * (a < 0 < b)
        self.bounds.append(clipped(min(ends), max(ends)))

    def _unary(self, j: int, key: tuple, kids: list[int]) -> None:
        self.functions[j] = key[1]
        self.args[j][0] = kids[0]
        self.bounds.append(bounds_of(FUNCTIONS[key[1]], *self.bounds[kids[0]]))
