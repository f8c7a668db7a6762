"""The networks of a surrogate as C: their numbers, tables, layers and activations.

In: Surrogate, a floating type. Out: pieces of C text. Everything computes
in one floating type but the scaling of inputs, which is in double: a float input may
be far from zero and its range narrow, and float constants would move that range.
Non-goals: statements of layers (c_layers), functions around them (c_source, c_batch).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from nsc.deploy.c_sigmoid import (
    FOLDED,
    LARGEST_POWER,
    MACROS,
    positive_text,
    sigmoid_text,
)
from nsc.surrogate import Member, Surrogate, resize_inputs

# of inputs in [-1, 1], and a little beyond; the largest is far from any type's limits
LEAST_NEARNESS = 1.5
LARGEST_NEARNESS = 2.0**20


class NetworkWriter:
    """Spells the numbers, tables and layers of one surrogate.

    Args:
        real: what it computes in, "float" or "double".
        own: makes a name that the program does not have of one of ours.
    """

    def __init__(
        self,
        surrogate: Surrogate,
        real: str,
        own: Callable[[str], str] = lambda name: name,
    ):
        self.surrogate = surrogate
        self.is_single = real == "float"
        self.real = real
        self.own = own
        self.members = [self._shrunk(m) for m in surrogate.members]

    def _shrunk(self, member: Member) -> Member:
        """Drop the unused, zero inputs of a covering architecture."""
        w, topology = resize_inputs(
            member.w, member.topology, len(self.surrogate.lo)
        )
        return Member(topology, w)

    def number(self, value: float) -> str:
        """Spell a constant so that it is read back as it is."""
        if not self.is_single:
            return double_number(value)
        return f"{_with_point(f'{np.float32(value):.9g}')}f"

    @property
    def n_outputs(self) -> int:
        """How many outputs all members have."""
        return sum(m.topology.n_outputs for m in self.members)

    def folded(self, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return member k's layers, hidden ones times what their activation folds."""
        member = self.members[k]
        factor = FOLDED[member.topology.activation]
        *hidden, last = member.topology.layers(member.w)
        return [(factor * w, factor * b) for w, b in hidden] + [last]

    def tables(self) -> str:
        """Write weights as [input][unit]: the inner loop, over units, vectorises."""
        tables = [
            table
            for k in range(len(self.members))
            for n, (weight, bias) in enumerate(self.folded(k), 1)
            for table in self._layer_tables(self.tag(k, n), weight, bias)
        ]
        folded = {FOLDED[kind] for kind in self.activations()} - {1.0}
        comment = [
            f"/* Weights and biases of hidden layers are times {factor:.5g}: sums of them"
            " are exponents of two. */"
            for factor in sorted(folded)
        ]
        return "\n".join([*comment, *tables])

    def _layer_tables(
        self, tag: str, weight: np.ndarray, bias: np.ndarray
    ) -> Iterator[str]:
        units, inputs = weight.shape
        rows = ",\n".join(f"    {{{self._list(row)}}}" for row in weight.T)
        head = f"static const {self.real} nsc_weight_{tag}[{inputs}][{units}]"
        yield f"{head} = {{\n{rows}}};"
        head = f"static const {self.real} nsc_bias_{tag}[{units}]"
        yield f"{head} = {{{self._list(bias)}}};"

    def _list(self, values: np.ndarray) -> str:
        return ", ".join(map(self.number, values))

    def tag(self, k: int, n: int) -> str:
        """Return what names of layer n of member k end with."""
        return f"{n}" if len(self.members) == 1 else f"{k}_{n}"

    def activations(self) -> set[str]:
        """Return the activations that are made use of."""
        return {
            m.topology.activation for m in self.members if m.topology.hidden
        }

    def functions(self) -> str:
        """Write what activations are made of, without a library call."""
        own = self.own
        found = [MACROS]
        if "relu" in self.activations():
            found.append(positive_text(self.real, own("nsc_positive")))
        if self.activations() & {"sigmoid", "tanh"}:
            names = own("nsc_sigmoid"), own("nsc_limited")
            found.append(sigmoid_text(self.real, self.number, *names))
        return "\n\n".join(found)

    def activation(self, k: int, n: int, z: str, far: str = "") -> str:
        """Write layer n of member k after its sum `z`, a C expression.

        Args:
            far: a C expression that is 0 where no input is beyond `nearness`; "" is
                none.
        """
        kind = self.members[k].topology.activation
        if kind == "relu":
            return f"{self.own('nsc_positive')}({z})"
        if self._may_be_large(k, n):
            limited = f"{self.own('nsc_limited')}({z})"
            is_told = far and n == 1
            z = f"{far} ? {limited} : {z}" if is_told else limited
        value = f"{self.own('nsc_sigmoid')}({z})"
        if kind == "tanh":
            two = self.number(2.0)
            return f"{two} * {value} - {self.number(1.0)}"
        return value

    def nearness(self) -> float | None:
        """Return how far from zero inputs may be for no first sum to be too large.

        None: there is no such test, or it would fail in the domain.
        """
        found = [
            self._nearness(k)
            for k, m in enumerate(self.members)
            if m.topology.hidden and m.topology.activation != "relu"
        ]
        least = min(found, default=0.0)
        return least if least >= LEAST_NEARNESS else None

    def _nearness(self, k: int) -> float:
        weight, bias = self.folded(k)[0]
        size = np.abs(weight).sum(axis=1)
        room = 0.99 * LARGEST_POWER[self.real] - np.abs(bias)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(size > 0, room / size, LARGEST_NEARNESS)
        return float(np.minimum(found, LARGEST_NEARNESS).min())

    def _may_be_large(self, k: int, n: int) -> bool:
        """Say whether a sum may be no exponent of its type.

        What comes out of a sigmoid or a tanh is no larger than 1; inputs may be anything.
        """
        if n == 1:
            return True
        weight, bias = self.folded(k)[n - 1]
        largest = (np.abs(weight).sum(axis=1) + np.abs(bias)).max()
        return not largest <= LARGEST_POWER[self.real]

    def arrays(self) -> list[tuple[str, int]]:
        """Return the arrays of hidden layers, and how many units each has."""
        return [
            (f"nsc_h{self.tag(k, n)}", width)
            for k, member in enumerate(self.members)
            for n, width in enumerate(member.topology.hidden, start=1)
        ]


def double_number(value: float) -> str:
    """Spell a double constant so that it is read back as it is."""
    return _with_point(f"{value:.17g}")


def _with_point(text: str) -> str:
    is_floating = any(c in text for c in ".en")
    return text if is_floating else f"{text}.0"
