"""Surrogates evaluated by compiled C, one library for all of them.

In: networks' shapes and parameters, rows. Out: outputs, derivatives. Where no compiler
works there is nothing here, and numpy does it (surrogate). Threads share many rows; no
thread outlives a call, so that a process may fork at any time. Buffers for single rows
are taken from a list and put back: calls in other threads take others.
Non-goals: C for others (deploy), which has a program's types.
"""

from __future__ import annotations

import ctypes
import math
import os
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nsc.errors import BuildError, HostError
from nsc.host import load_library
from nsc.surrogate.topology import ACTIVATIONS, Topology

SOURCE = Path(__file__).parent / "csrc" / "networks.c"
# multiplications that a thread is worth
SHARE = 4_000_000
_KINDS = {"sigmoid": 0, "tanh": 1, "relu": 2}
# as in csrc/networks.c: how far from zero inputs may be, and sums then are
_NEAR = 3
_NEAREST = 2.0
_LARGEST_SUM = 900 * math.log(2)
assert set(_KINDS) == set(ACTIVATIONS)


class _Call(ctypes.Structure):
    """As in csrc/networks.c."""

    _fields_ = (
        ("shapes", ctypes.c_void_p),
        ("numbers", ctypes.c_void_p),
        ("x", ctypes.c_void_p),
        ("y", ctypes.c_void_p),
        ("n", ctypes.c_longlong),
    )


class _Row(NamedTuple):
    """A buffer for one row; `call` and `pointer` keep each other's memory alive."""

    x: np.ndarray
    y: np.ndarray
    call: _Call
    pointer: ctypes.c_void_p


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | None:
    """Load the library, building it once for a machine; None where that cannot be."""
    try:
        return load_library(SOURCE, ())
    except (BuildError, HostError, OSError):
        return None


class CompiledNetworks:
    """Networks whose outputs are concatenated, ready to be called.

    Args:
        members: topologies and parameters.
        lo, hi: the domain, which they take as [-1, 1].
    """

    def __init__(
        self,
        loaded: ctypes.CDLL,
        members: Sequence[tuple[Topology, np.ndarray]],
        lo: np.ndarray,
        hi: np.ndarray,
    ):
        self.n_inputs = len(lo)
        self.n_outputs = sum(t.n_outputs for t, _ in members)
        self.work = sum(t.n_parameters for t, _ in members)
        self._shapes = np.array(self._shape(members), np.int64)
        self._numbers = np.concatenate(
            [
                (hi + lo) / 2,
                2 / (hi - lo),
                *(self._packed(t, w) for t, w in members),
            ]
        )
        # functions that keep the interpreter's lock are called faster
        held = ctypes.PyDLL(loaded._name, handle=loaded._handle)
        self._evaluate_row = held.nsc_evaluate
        self._evaluate = loaded.nsc_evaluate
        self._row_is_inside = held.nsc_all_inside
        self._all_inside = loaded.nsc_all_inside
        self._box = np.concatenate([lo, hi])
        self._box_at = ctypes.c_void_p(self._box.ctypes.data)
        self._differentiate = loaded.nsc_differentiate
        self._rows: list[_Row] = []

    def _shape(
        self, members: Sequence[tuple[Topology, np.ndarray]]
    ) -> list[int]:
        """Return the shapes, as csrc/networks.c reads them."""
        found: list[int] = []
        room = 0
        for topology, w in members:
            widths = [self.n_inputs, *topology.widths[1:]]
            # all layers' values, and two layers of the widest
            room = max(room, sum(widths) + 2 * max(widths))
            kind = _kind(topology, w)
            found += [kind, len(widths) - 1, *widths]
        return [self.n_inputs, self.n_outputs, len(members), room, *found]

    def _packed(self, topology: Topology, w: np.ndarray) -> np.ndarray:
        """Return parameters without unused inputs."""
        layers = topology.layers(w)
        weight, bias = layers[0]
        layers[0] = (weight[:, : self.n_inputs], bias)
        parts = [part.ravel() for layer in layers for part in layer]
        return np.concatenate(parts).astype(np.float64)

    def row_inside(self, x: np.ndarray) -> np.ndarray | None:
        """Evaluate one row, `i` -> `o`; None where it lies outside the box."""
        try:
            buffer = self._rows.pop()
        except IndexError:
            buffer = self._new_row()
        buffer.x[0] = x
        y = None
        failed = 0
        if self._row_is_inside(buffer.pointer, self._box_at):
            failed = self._evaluate_row(buffer.pointer)
            y = buffer.y[0].copy()
        self._rows.append(buffer)
        if failed:
            raise MemoryError
        return y

    def all_inside(self, x: np.ndarray) -> bool:
        """Say whether all rows `n i` lie in the box."""
        x = np.ascontiguousarray(x, np.float64)
        call = self._call(x, x, len(x))
        return bool(self._all_inside(ctypes.byref(call), self._box_at))

    def rows(self, x: np.ndarray) -> np.ndarray:
        """Evaluate rows, `n i` -> `n o`."""
        if len(x) == 1:
            return self._one(x)
        y = np.empty((len(x), self.n_outputs))
        self._shared(self._evaluate, x, y, self.work)
        return y

    def _one(self, x: np.ndarray) -> np.ndarray:
        """Evaluate one row, `1 i` -> `1 o`, in a buffer that is there already."""
        try:
            buffer = self._rows.pop()
        except IndexError:
            buffer = self._new_row()
        buffer.x[:] = x
        failed = self._evaluate_row(buffer.pointer)
        y = buffer.y.copy()
        self._rows.append(buffer)
        if failed:
            raise MemoryError
        return y

    def _new_row(self) -> _Row:
        x = np.empty((1, self.n_inputs))
        y = np.empty((1, self.n_outputs))
        call = self._call(x, y, 1)
        return _Row(x, y, call, ctypes.c_void_p(ctypes.addressof(call)))

    def _call(self, x: np.ndarray, y: np.ndarray, n: int) -> _Call:
        return _Call(
            self._shapes.ctypes.data,
            self._numbers.ctypes.data,
            x.ctypes.data,
            y.ctypes.data,
            n,
        )

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """Return derivatives by inputs, `n i` -> `n o i`."""
        y = np.empty((len(x), self.n_outputs, self.n_inputs))
        work = self.work * (1 + self.n_outputs)
        self._shared(self._differentiate, x, y, work)
        return y

    def _shared(
        self,
        function: Callable[[Any], int],
        x: np.ndarray,
        y: np.ndarray,
        work: int,
    ) -> None:
        """Call a function on shares of the rows, one a thread."""
        x = np.ascontiguousarray(x, np.float64)
        n = len(x)
        shares = max(1, min(_cores(), n * (work + 100) // SHARE))
        ends = [n * k // shares for k in range(shares + 1)]
        pairs = zip(ends[:-1], ends[1:], strict=True)
        calls = [self._call(x[a:b], y[a:b], b - a) for a, b in pairs]
        failed = [0] * shares

        def run(k: int) -> None:
            failed[k] = function(ctypes.byref(calls[k]))

        threads = [
            threading.Thread(target=run, args=(k,)) for k in range(1, shares)
        ]
        for thread in threads:
            thread.start()
        run(0)
        for thread in threads:
            thread.join()
        if any(failed):
            raise MemoryError


def _kind(topology: Topology, w: np.ndarray) -> int:
    """Return an activation's number, and whether near inputs give small sums."""
    kind = _KINDS[topology.activation]
    if topology.activation == "relu":
        return kind
    largest = _NEAREST
    slope = 2 if topology.activation == "tanh" else 1
    for weight, bias in topology.layers(w)[:-1]:
        sums = largest * np.abs(weight).sum(axis=1) + np.abs(bias)
        if not (slope * sums <= _LARGEST_SUM).all():
            return kind
        largest = 1.0
    return kind + _NEAR


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
