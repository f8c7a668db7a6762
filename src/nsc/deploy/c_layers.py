"""The layers of a surrogate's networks as C statements, for one row or a block of rows.

In: NetworkWriter, how a unit's value is spelled. Out: statements. Non-goals: tables and
activations (c_network).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nsc.deploy.c_network import NetworkWriter

# terms of a sum that is written out; a longer one is a loop
WRITTEN_OUT = 16
# of them on a line are added by themselves: lines do not wait for each other
TERMS_A_LINE = 5

# an array of layers' values, a unit's number in C -> the unit's value in C
Cell = Callable[[str, str], str]


def layers(
    network: NetworkWriter,
    cell: Cell,
    inner: str = "",
    *,
    with_outputs: bool = True,
    far: str = "",
) -> list[str]:
    """Write all layers, from `nsc_x` to `nsc_y`.

    Args:
        cell: how a unit's value is spelled.
        inner: a loop that each unit's statement stands in; "" is none: then units are
            what is vectorised.
        with_outputs: else hidden layers alone.
        far: see `NetworkWriter.activation`.
    """
    lines: list[str] = []
    at = 0
    for k, member in enumerate(network.members):
        for n in range(1, len(member.topology.widths) - (not with_outputs)):
            lines += _Layer(network, k, n, cell, inner, far).text(at)
        at += member.topology.n_outputs
    return lines


class _Layer:
    """Writes layer n of member k."""

    def __init__(
        self,
        network: NetworkWriter,
        k: int,
        n: int,
        cell: Cell,
        inner: str,
        far: str,
    ):
        self.network = network
        self.k = k
        self.n = n
        self.cell = cell
        self.inner = inner
        self.far = far
        widths = network.members[k].topology.widths
        self.inputs = widths[n - 1]
        self.units = widths[n]
        self.is_last = n == len(widths) - 1
        self.tag = network.tag(k, n)
        before = network.tag(k, n - 1)
        self.source = "nsc_x" if n == 1 else f"nsc_h{before}"

    def text(self, at: int) -> Iterator[str]:
        """Write it; outputs stand from `at` on in `nsc_y`."""
        if self.is_last:
            target = self.cell("nsc_y", f"{at} + j" if at else "j")
        else:
            target = self.cell(f"nsc_h{self.tag}", "j")
        bias = f"nsc_bias_{self.tag}[j]"
        if self.inputs <= WRITTEN_OUT:
            value = _sum([bias, *self._terms(range(self.inputs))])
        else:
            yield from self._long_sum(bias, target)
            value = target
        if self.inner and not self.is_last:
            yield from self._in_two_steps(target, value)
            return
        if not self.is_last:
            value = self._activated(value)
        if value != target:
            yield from self._statement(f"{target} = {value};")

    def _activated(self, value: str) -> str:
        return self.network.activation(self.k, self.n, value, self.far)

    def _in_two_steps(self, target: str, value: str) -> Iterator[str]:
        """Write sums of all rows before their activations.

        Processors then have as many sums to work on at a time as there are vectors in a
        block, and as many activations.
        """
        yield f"for (int j = 0; j < {self.units}; j++) {{"
        yield f"  {self.network.real} nsc_z[NSC_LANES];"
        yield f"  {self.inner}"
        yield f"    nsc_z[r] = {value};"
        yield f"  {self.inner}"
        yield f"    {target} = {self._activated('nsc_z[r]')};"
        yield "}"

    def _terms(self, indices: Sequence[int], first: str = "") -> list[str]:
        return [
            f"nsc_weight_{self.tag}[{first}{i}][j]"
            f" * {self.cell(self.source, f'{first}{i}')}"
            for i in indices
        ]

    def _long_sum(self, bias: str, target: str) -> Iterator[str]:
        """Write a sum of many terms, WRITTEN_OUT of them at a time."""
        rest = self.inputs % WRITTEN_OUT
        whole = self.inputs - rest
        yield from self._statement(f"{target} = {bias};")
        added = _sum([target, *self._terms(range(WRITTEN_OUT), "i + ")])
        yield f"for (int i = 0; i < {whole}; i += {WRITTEN_OUT}) {{"
        for line in self._statement(f"{target} = {added};"):
            yield f"  {line}"
        yield "}"
        if rest:
            added = _sum([target, *self._terms(range(whole, self.inputs))])
            yield from self._statement(f"{target} = {added};")

    def _statement(self, text: str) -> Iterator[str]:
        """Write a statement for each unit, in the inner loop if there is one."""
        head = f"for (int j = 0; j < {self.units}; j++)"
        if self.inner:
            yield head
            yield f"  {self.inner}"
            yield f"    {text}"
            return
        if self.units % 4 == 0:
            yield "NSC_VECTORISE"
        yield f"{head} {text}"


def _sum(terms: list[str]) -> str:
    """Write a sum, TERMS_A_LINE of its terms a line."""
    starts = range(0, len(terms), TERMS_A_LINE)
    lines = [" + ".join(terms[k : k + TERMS_A_LINE]) for k in starts]
    if len(lines) == 1:
        return lines[0]
    return "\n        + ".join(f"({line})" for line in lines)
