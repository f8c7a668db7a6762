"""The networks of a surrogate as C: their numbers, tables, layers and activations.

In: Surrogate, a floating type. Out: pieces of C text. Everything computes
in one floating type but the scaling of inputs, which is in double: a float input may
be far from zero and its range narrow, and float constants would move that range.
Non-goals: the functions around them (c_source, c_batch).
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

# of a sum that is written out; a longer one is a loop
WRITTEN_OUT = 16
TERMS_A_LINE = 4

# (layer, a unit's number in C) -> the unit's value in C
Cell = Callable[[str, str], str]


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

    def activation(self, k: int, n: int, z: str) -> str:
        """Write layer n of member k after its sum `z`, a C expression."""
        kind = self.members[k].topology.activation
        if kind == "relu":
            return f"{self.own('nsc_positive')}({z})"
        if self._may_be_large(k, n):
            z = f"{self.own('nsc_limited')}({z})"
        value = f"{self.own('nsc_sigmoid')}({z})"
        if kind == "tanh":
            two = self.number(2.0)
            return f"{two} * {value} - {self.number(1.0)}"
        return value

    def _may_be_large(self, k: int, n: int) -> bool:
        """Say whether a sum may be no exponent of its type.

        What comes out of a sigmoid or a tanh is no larger than 1; inputs may be anything.
        """
        if n == 1:
            return True
        weight, bias = self.folded(k)[n - 1]
        largest = (np.abs(weight).sum(axis=1) + np.abs(bias)).max()
        return not largest <= LARGEST_POWER[self.real]

    def layers(self, cell: Cell, inner: str = "") -> list[str]:
        """Write all layers, from `nsc_x` to `nsc_y`.

        Args:
            cell: how a unit's value is spelled.
            inner: a loop that each unit's statement stands in; "" is none: then units
                are what is vectorised.
        """
        lines: list[str] = []
        at = 0
        for k, member in enumerate(self.members):
            for n in range(1, len(member.topology.widths)):
                lines += self._layer(k, n, at, cell, inner)
            at += member.topology.n_outputs
        return lines

    def source(self, k: int, n: int) -> str:
        """Name the array that layer n of member k reads."""
        return "nsc_x" if n == 1 else f"nsc_h{self.tag(k, n - 1)}"

    def _layer(
        self, k: int, n: int, at: int, cell: Cell, inner: str
    ) -> Iterator[str]:
        """Write layer n of member k; its outputs stand from `at` on in `nsc_y`."""
        widths = self.members[k].topology.widths
        is_last = n == len(widths) - 1
        units = widths[n]
        if is_last:
            target = cell("nsc_y", f"{at} + j" if at else "j")
        else:
            target = cell(f"nsc_h{self.tag(k, n)}", "j")
        tag = self.tag(k, n)
        source = self.source(k, n)
        head = _loop("j", units)
        whole = widths[n - 1] if widths[n - 1] <= WRITTEN_OUT else 0
        terms = [
            f"nsc_weight_{tag}[{i}][j] * {cell(source, str(i))}"
            for i in range(whole)
        ]
        value = _sum([f"nsc_bias_{tag}[j]", *terms])
        if not whole:
            yield from self._long_sum(k, n, target, cell, inner)
            value = target
        if not is_last:
            value = self.activation(k, n, value)
        if value != target:
            yield from _statement(head, units, inner, f"{target} = {value};")

    def _long_sum(
        self, k: int, n: int, target: str, cell: Cell, inner: str
    ) -> Iterator[str]:
        """Write a sum of many terms, WRITTEN_OUT of them at a time."""
        tag = self.tag(k, n)
        inputs, units = self.members[k].topology.widths[n - 1 : n + 1]
        source = self.source(k, n)
        head = _loop("j", units)
        yield from _statement(
            head, units, inner, f"{target} = nsc_bias_{tag}[j];"
        )
        rest = inputs % WRITTEN_OUT

        def added(first: str, count: int) -> Iterator[str]:
            terms = [
                f"nsc_weight_{tag}[{first}{i}][j] * {cell(source, f'{first}{i}')}"
                for i in range(count)
            ]
            text = f"{target} = {_sum([target, *terms])};"
            yield from _statement(head, units, inner, text)

        yield f"for (int i = 0; i < {inputs - rest}; i += {WRITTEN_OUT}) {{"
        yield from (f"  {line}" for line in added("i + ", WRITTEN_OUT))
        yield "}"
        if rest:
            last = [
                f"nsc_weight_{tag}[{i}][j] * {cell(source, str(i))}"
                for i in range(inputs - rest, inputs)
            ]
            text = f"{target} = {_sum([target, *last])};"
            yield from _statement(head, units, inner, text)

    def arrays(self) -> list[tuple[str, int]]:
        """Return the arrays of hidden layers, and how many units each has."""
        return [
            (f"nsc_h{self.tag(k, n)}", width)
            for k, member in enumerate(self.members)
            for n, width in enumerate(member.topology.hidden, start=1)
        ]


def _statement(head: str, units: int, inner: str, text: str) -> Iterator[str]:
    """Write a statement for each unit, in an inner loop if there is one."""
    if inner:
        yield head
        yield f"  {inner}"
        yield f"    {text}"
        return
    if units % 4 == 0:
        yield "NSC_VECTORISE"
    yield f"{head} {text}"


def _sum(terms: list[str]) -> str:
    """Write a sum, TERMS_A_LINE of its terms a line."""
    starts = range(0, len(terms), TERMS_A_LINE)
    lines = [" + ".join(terms[k : k + TERMS_A_LINE]) for k in starts]
    return "\n        + ".join(lines)


def double_number(value: float) -> str:
    """Spell a double constant so that it is read back as it is."""
    return _with_point(f"{value:.17g}")


def _with_point(text: str) -> str:
    is_floating = any(c in text for c in ".en")
    return text if is_floating else f"{text}.0"


def _loop(index: str, n: int) -> str:
    return f"for (int {index} = 0; {index} < {n}; {index}++)"
