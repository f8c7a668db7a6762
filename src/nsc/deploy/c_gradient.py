"""The derivatives of a network as C, on blocks of rows: forwards, then backwards.

In: NetworkWriter. Out: statements. Non-goals: entries (c_batch), which divide by the
inputs' scales.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from nsc.deploy.c_layers import Cell, layers
from nsc.deploy.c_network import NetworkWriter

ROWS = "for (int r = 0; r < NSC_LANES; r++)"


def backward(network: NetworkWriter, cell: Cell) -> Iterator[str]:
    """Write `nsc_g`, derivatives by inputs in [-1, 1], of `nsc_x`.

    A value in a hidden layer's array becomes its slope by its sum; then each output goes
    back through the layers, from one array into another.
    """
    yield from layers(network, cell, ROWS, with_outputs=False)
    widest = max((width for _, width in network.arrays()), default=0)
    if widest:
        yield f"{network.real} nsc_d[2][{widest}][NSC_LANES];"
    at = 0
    for k, member in enumerate(network.members):
        yield from _slopes(network, k, cell)
        for j in range(member.topology.n_outputs):
            yield from _output(network, k, j, at + j, cell)
        at += member.topology.n_outputs


def _slopes(network: NetworkWriter, k: int, cell: Cell) -> Iterator[str]:
    """Write what turns member k's hidden values into slopes."""
    member = network.members[k]
    kind = member.topology.activation
    one = network.number(1.0)
    for n, width in enumerate(member.topology.hidden, start=1):
        h = cell(f"nsc_h{network.tag(k, n)}", "j")
        # by the sum of weights that are times FOLDED
        slope = {
            "sigmoid": f"{network.number(-math.log(2))} * ({h} * ({one} - {h}))",
            "tanh": f"{network.number(-math.log(2) / 2)} * ({one} - {h} * {h})",
            "relu": f"{h} > 0 ? {one} : {h} * {network.number(0.0)}",
        }[kind]
        yield f"for (int j = 0; j < {width}; j++)"
        yield f"  {ROWS} {h} = {slope};"


def _output(
    network: NetworkWriter, k: int, j: int, at: int, cell: Cell
) -> Iterator[str]:
    """Write the derivatives of member k's output j, the surrogate's output `at`."""
    widths = network.members[k].topology.widths
    last = len(widths) - 1
    n_inputs = widths[0]
    if last == 1:
        weight = f"nsc_weight_{network.tag(k, 1)}[i][{j}]"
        target = cell("nsc_g", f"{at * n_inputs} + i")
        yield f"for (int i = 0; i < {n_inputs}; i++)"
        yield f"  {ROWS} {target} = {weight};"
        return
    slope = cell(f"nsc_h{network.tag(k, last - 1)}", "i")
    weight = f"nsc_weight_{network.tag(k, last)}[i][{j}]"
    yield f"for (int i = 0; i < {widths[last - 1]}; i++)"
    yield f"  {ROWS} {cell('nsc_d[0]', 'i')} = {weight} * {slope};"
    side = 0
    for n in range(last - 1, 0, -1):
        source = f"nsc_d[{side}]"
        side = 1 - side
        target = (
            cell("nsc_g", f"{at * n_inputs} + i")
            if n == 1
            else cell(f"nsc_d[{side}]", "i")
        )
        weight = f"nsc_weight_{network.tag(k, n)}[i]"
        yield f"for (int i = 0; i < {widths[n - 1]}; i++) {{"
        yield f"  {ROWS} {target} = {weight}[0] * {cell(source, '0')};"
        if widths[n] > 1:
            yield f"  for (int j = 1; j < {widths[n]}; j++)"
            yield f"    {ROWS} {target} += {weight}[j] * {cell(source, 'j')};"
        if n > 1:
            slope = cell(f"nsc_h{network.tag(k, n - 1)}", "i")
            yield f"  {ROWS} {target} *= {slope};"
        yield "}"
