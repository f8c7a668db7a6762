"""Many programs' terms -> one batch of nodes sorted by level and kind.

A level is then a few matrix products. In: `Terms`. Out: numpy arrays, used by training
and by inference alike. Non-goals: learning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from nsc.compnet.arrays import Array
from nsc.compnet.terms import LINEAR, PRODUCT, Terms


@dataclass(frozen=True)
class Packed:
    """Programs laid end to end.

    `offsets` (p+1) bound each one's nodes, `edges` (m+1) each node's edges.
    """

    kinds: np.ndarray  # int64 (m,)
    functions: np.ndarray  # int64 (m,)
    args: np.ndarray  # int64 (m, 2), local to the program
    bias: np.ndarray  # float64 (m,)
    edges: np.ndarray  # int64 (m+1,)
    children: np.ndarray  # int64 (e,), local
    weights: np.ndarray  # float64 (e,)
    levels: np.ndarray  # int64 (m,)
    bounds: np.ndarray  # float64 (m, 2)
    offsets: np.ndarray  # int64 (p+1,)
    roots: np.ndarray  # int64 (p,), local
    n_inputs: np.ndarray  # int64 (p,), slots in use

    def __len__(self) -> int:
        return len(self.roots)

    @property
    def depths(self) -> np.ndarray:
        """The highest level of each program."""
        return np.maximum.reduceat(self.levels, self.offsets[:-1])


_OF_NODES = ("kinds", "functions", "args", "bias", "levels", "bounds")
_OF_EDGES = ("children", "weights")
_OF_PROGRAMS = ("roots", "n_inputs")


@dataclass(frozen=True)
class Level:
    """Nodes of one level: linear combinations, then products, then functions.

    Args:
        start, linear, product, stop: start..linear are linear combinations,
            linear..product products, product..stop functions of one argument.
        owner, source, weight: the edges of the linear ones, `owner` counted from start.
        runs: (start, stop, function) of functions, equal ones side by side.
    """

    start: int
    linear: int
    product: int
    stop: int
    owner: Array
    source: Array
    weight: Array
    runs: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Batch:
    """Nodes of several programs, inputs first, then level by level.

    Its arrays are numpy's, or tensors on one device (training/device.py).
    """

    order: Array  # (m,) where each node stands in the Packed
    kinds: Array
    functions: Array
    args: Array  # (m, 2) in batch numbering
    bias: Array
    lo: Array
    hi: Array
    n_leaves: int
    levels: tuple[Level, ...]
    roots: Array  # (p,) in batch numbering
    program: Array  # (m,) which program of the batch


def pack(programs: Sequence[Terms]) -> Packed:
    """Lay programs end to end."""
    joined = {
        name: np.concatenate([getattr(t, name) for t in programs])
        for name in (*_OF_NODES, *_OF_EDGES)
    }
    counts = np.concatenate([np.diff(t.edges) for t in programs])
    return Packed(
        edges=_bounds(counts),
        offsets=_bounds([len(t) for t in programs]),
        roots=np.array([t.root for t in programs], np.int64),
        n_inputs=np.array([len(t.inputs) for t in programs], np.int64),
        **joined,
    )


def select(packed: Packed, programs: np.ndarray) -> tuple[Packed, np.ndarray]:
    """Keep some programs, in the order given.

    Args:
        programs: int64 (q,), which.

    Returns:
        They, and where each of their nodes stood.
    """
    sizes = packed.offsets[programs + 1] - packed.offsets[programs]
    nodes = _ranges(packed.offsets[programs], sizes)
    counts = packed.edges[nodes + 1] - packed.edges[nodes]
    edges = _ranges(packed.edges[nodes], counts)
    arrays = {name: getattr(packed, name)[nodes] for name in _OF_NODES}
    arrays |= {name: getattr(packed, name)[edges] for name in _OF_EDGES}
    arrays |= {name: getattr(packed, name)[programs] for name in _OF_PROGRAMS}
    return Packed(
        edges=_bounds(counts), offsets=_bounds(sizes), **arrays
    ), nodes


def join(parts: Sequence[Packed]) -> Packed:
    """Lay packs end to end."""
    arrays = {}
    for field in fields(Packed):
        columns = [getattr(p, field.name) for p in parts]
        if field.name in ("edges", "offsets"):
            arrays[field.name] = _bounds(
                np.concatenate([np.diff(c) for c in columns])
            )
        else:
            arrays[field.name] = np.concatenate(columns)
    return Packed(**arrays)


def make_batch(packed: Packed, programs: np.ndarray) -> Batch:
    """Collect the nodes of some programs and sort them for level-wise evaluation.

    Args:
        programs: int64 (q,), which.
    """
    sizes = packed.offsets[programs + 1] - packed.offsets[programs]
    base = _bounds(sizes)
    nodes = _ranges(packed.offsets[programs], sizes)
    order = np.lexsort(
        (packed.functions[nodes], packed.kinds[nodes], packed.levels[nodes])
    )
    number = np.empty(len(order), np.int64)  # where each node goes
    number[order] = np.arange(len(order))
    first = np.repeat(base[:-1], sizes)[order]
    nodes = nodes[order]
    bounds = packed.bounds[nodes]
    return Batch(
        order=nodes,
        kinds=packed.kinds[nodes],
        functions=packed.functions[nodes],
        args=number[packed.args[nodes] + first[:, None]],
        bias=packed.bias[nodes],
        lo=bounds[:, 0].copy(),
        hi=bounds[:, 1].copy(),
        n_leaves=int(np.searchsorted(packed.levels[nodes], 1)),
        levels=_levels(packed, nodes, first, number),
        roots=number[base[:-1] + packed.roots[programs]],
        program=np.repeat(np.arange(len(programs)), sizes)[order],
    )


def _levels(
    packed: Packed, nodes: np.ndarray, first: np.ndarray, number: np.ndarray
) -> tuple[Level, ...]:
    """Cut sorted nodes into levels.

    Args:
        nodes: (m,), where each stands in the pack.
        first: (m,), where its program's nodes begin, before they were sorted.
        number: (m,), where each node went when they were.
    """
    level = packed.levels[nodes]
    kinds = packed.kinds[nodes]
    functions = packed.functions[nodes]
    counts = packed.edges[nodes + 1] - packed.edges[nodes]
    edges = _ranges(packed.edges[nodes], counts)
    owner = np.repeat(np.arange(len(nodes)), counts)
    source = number[packed.children[edges] + first[owner]]
    weight = packed.weights[edges]
    node_cuts = np.searchsorted(level, np.arange(1, level.max() + 2))
    edge_cuts = np.searchsorted(owner, node_cuts)
    found = []
    for (start, stop), (i, j) in zip(
        _pairs(node_cuts), _pairs(edge_cuts), strict=True
    ):
        ends = np.searchsorted(kinds[start:stop], (LINEAR + 1, PRODUCT + 1))
        linear, product = (start + ends).tolist()
        found.append(
            Level(
                start=start,
                linear=linear,
                product=product,
                stop=stop,
                owner=owner[i:j] - start,
                source=source[i:j],
                weight=weight[i:j],
                runs=runs(functions, product, stop),
            )
        )
    return tuple(found)


def runs(
    values: np.ndarray, start: int, stop: int
) -> tuple[tuple[int, int, int], ...]:
    """Cut start..stop into runs of equal values: (start, stop, value)."""
    if start == stop:
        return ()
    changes = np.flatnonzero(np.diff(values[start:stop])) + 1
    cuts = np.concatenate([[0], changes, [stop - start]]) + start
    return tuple((a, b, int(values[a])) for a, b in _pairs(cuts))


def _pairs(cuts: np.ndarray) -> list[tuple[int, int]]:
    """Return (from, to) of what lies between neighbouring cuts."""
    return list(pairwise(cuts.tolist()))


def _bounds(sizes: Sequence[int] | np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _ranges(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Count from each start, as many as its size: ranges laid end to end.

    Example: starts 5, 9 and sizes 2, 3 give 5 6 9 10 11.
    """
    ends = np.cumsum(sizes)
    total = ends[-1] if len(ends) else 0
    return np.repeat(starts - (ends - sizes), sizes) + np.arange(total)
