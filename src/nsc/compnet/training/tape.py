"""The torch backend of a walk: embeddings of a batch, and gradients carried back.

In: a `TermNet`, a batch whose arrays are tensors. Out: embeddings that losses may use;
then the parameters' gradients. Non-goals: what a cell computes (model.py), losses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from nsc.compnet.describe import Described
from nsc.compnet.pack import Batch
from nsc.compnet.training.device import TorchArrays
from nsc.compnet.training.model import (
    TermNet,
    linear_cell,
    product_cell,
    standardised,
    unary_cell,
    unshifted,
)
from nsc.compnet.walk import Embedded, Walk


def _linear(
    kids: Sequence[Tensor], owner: Tensor, share: Tensor, rows: int
) -> Tensor:
    return linear_cell(kids[0], owner, share, rows)


# a cell: weights, embeddings of the children, what else it is told -> `k d+1`
Cell = Callable[[SimpleNamespace, Sequence[Tensor], Sequence[Any]], Tensor]
CELLS: dict[str, Cell] = {
    "leaves": lambda w, kids, arguments: unshifted(w.inputs[arguments[0]]),
    "linear": lambda w, kids, arguments: _linear(kids, *arguments),
    "product": lambda w, kids, arguments: product_cell(w, *kids, *arguments),
    "unary": lambda w, kids, arguments: unary_cell(w, *kids, *arguments),
}


@dataclass(frozen=True)
class Call:
    """A call of a cell, without gradients.

    Args:
        rows: of the batch, that it embeds.
        arguments: what it is told beside embeddings.
        sources: of each child, int64, whose embeddings it is given.
    """

    rows: slice
    arguments: Sequence[Any]
    sources: Sequence[Tensor]


@dataclass(frozen=True)
class Recorded:
    """The autograd graph of one call: its result, and the embeddings it was given."""

    call: Call
    out: Tensor
    kids: list[Tensor]


class Tape:
    """Embeddings of a batch, and how to carry gradients back.

    Each level is an autograd graph of its own over frozen parameters, and gives its
    inputs' gradients; the parameters' gradients come from one more pass over all rows
    of a kind at once. Small levels would otherwise each write gradients as large as the
    parameters.

    Attributes:
        h: float32 (m, d+2), embedding, shift and stretch; its gradient is what
            `backward` carries on.
        walk: means and scales of the nodes.
        calls: of each kind of cell, in the order of the walk.
    """

    def __init__(self, net: TermNet, batch: Batch, bf16: bool = False):
        """Walk a batch; its arrays are tensors where the net is.

        bf16: multiply matrices of cells in bfloat16.
        """
        device = net.base.device
        self.calls: dict[str, list[Call]] = {kind: [] for kind in CELLS}
        self.arrays = TorchArrays(device)
        self._net = net
        self._frozen = net.weights(frozen=True)
        self._width = net.config.width
        self._recorded: list[Recorded] = []
        self._precision = partial(
            torch.autocast, device.type, torch.bfloat16, enabled=bf16
        )
        self.h = torch.zeros(len(batch.kinds), self._width + 2, device=device)
        self.walk = Walk(batch, self)
        self.h.requires_grad_()

    # what Walk asks for

    def leaves(self, rows: slice, slots: Tensor) -> Embedded:
        return self._embed("leaves", Call(rows, [slots], []))

    def linear(
        self, rows: slice, owner: Tensor, source: Tensor, share: Tensor
    ) -> Embedded:
        arguments = [owner, share, rows.stop - rows.start]
        return self._embed("linear", Call(rows, arguments, [source]))

    def product(
        self, rows: slice, a: Tensor, b: Tensor, parts: Tensor
    ) -> Embedded:
        return self._embed("product", Call(rows, [parts], [a, b]))

    def unary(
        self, rows: slice, a: Tensor, function: Tensor, described: Described
    ) -> Embedded:
        d = described
        arguments = [function, d.quantiles, d.slope, d.rest]
        return self._embed("unary", Call(rows, arguments, [a]))

    def _embed(self, kind: str, call: Call) -> Embedded:
        kids = [
            self.h[index, : self._width].requires_grad_()
            for index in call.sources
        ]
        raw = self._cell(kind, self._frozen, kids, call.arguments)
        out = standardised(self._frozen, raw)
        self._recorded.append(Recorded(call, out, kids))
        self.calls[kind].append(call)
        with torch.no_grad():
            self.h[call.rows] = out
            shapes = out[:, : self._width] @ self._frozen.shapes.T
            shift, stretch = out[:, self._width :].double().unbind(1)
        return Embedded(shift, stretch, shapes)

    def _cell(
        self,
        kind: str,
        w: SimpleNamespace,
        kids: Sequence[Tensor],
        arguments: Sequence[Any],
    ) -> Tensor:
        with self._precision():
            return CELLS[kind](w, kids, arguments).float()

    def backward(self) -> None:
        """Carry `h.grad` into the parameters' gradients."""
        gradient = self.h.grad
        assert gradient is not None  # a loss of `h` comes before
        for recorded in reversed(self._recorded):
            self._to_children(recorded, gradient)
        for kind, calls in self.calls.items():
            if calls:
                self._to_parameters(kind, calls, gradient)

    def _to_children(self, recorded: Recorded, gradient: Tensor) -> None:
        """Add to the gradient `m d+2` what one call's children get from its rows."""
        if not recorded.kids:
            return
        call = recorded.call
        parts = torch.autograd.grad(
            recorded.out, recorded.kids, gradient[call.rows]
        )
        for index, part in zip(call.sources, parts, strict=True):
            gradient[:, : self._width].index_add_(0, index, part)

    def _to_parameters(
        self, kind: str, calls: list[Call], gradient: Tensor
    ) -> None:
        """Call a cell once more for all of its rows; gradient: `m d+2`, complete."""
        w = self._net.weights(frozen=False)
        h = self.h.detach()[:, : self._width]
        arguments, sources = _JOINS[kind](calls)
        raw = self._cell(kind, w, [h[index] for index in sources], arguments)
        rows = torch.cat([gradient[call.rows] for call in calls])
        torch.autograd.backward(standardised(w, raw), rows)


def _join_rows(
    calls: list[Call], axis: int = 0
) -> tuple[list[Any], list[Tensor]]:
    """Lay the arguments of several calls end to end, and their sources."""
    arguments = zip(*(call.arguments for call in calls), strict=True)
    sources = zip(*(call.sources for call in calls), strict=True)
    return (
        [torch.cat(column, axis) for column in arguments],
        [torch.cat(column) for column in sources],
    )


def _join_linear(calls: list[Call]) -> tuple[list[Any], list[Tensor]]:
    """Lay linear combinations end to end: owners count on from call to call."""
    owners = []
    rows = 0
    for call in calls:
        owner, _, n = call.arguments
        owners.append(owner + rows)
        rows += n
    share = torch.cat([call.arguments[1] for call in calls])
    sources = torch.cat([call.sources[0] for call in calls])
    return [torch.cat(owners), share, rows], [sources]


_JOINS: dict[str, Callable[[list[Call]], tuple[list[Any], list[Tensor]]]] = {
    "leaves": _join_rows,
    "linear": _join_linear,
    "product": lambda calls: _join_rows(calls, axis=1),
    "unary": _join_rows,
}
