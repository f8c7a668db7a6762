"""A program under test: what an initialiser may know of it, and its examples.

In / Out: frozen values. Non-goals: where programs come from (suites.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nsc.compnet import CompilerInput
from nsc.graph import Dag, Unsupported
from nsc.surrogate import COVERING, Topology


@dataclass(frozen=True, eq=False)
class Subject:
    """One program with the examples that surrogates of it learn and are tested on.

    Args:
        name: its own within the suite.
        text, function: C text, and which function of it.
        box: (lo, hi) of each input, in the program's units.
        dag: over inputs in [-1, 1]; None where the text has none.
        x_train, x_test: `n i` in [-1, 1].
        y_train, y_test: `n 1`, the first output in the program's units.
        topology: of its surrogate.
        parts: what an application calls, each with a surrogate of its own; the fields
            above are then the first one's. Empty for a program that is itself one.
        runs_on: what an application works on: a picture, a signal.
    """

    name: str
    text: str
    function: str
    box: tuple[tuple[float, float], ...]
    dag: Dag | None
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    topology: Topology = COVERING
    parts: tuple[Subject, ...] = ()
    runs_on: np.ndarray | None = None

    @property
    def is_application(self) -> bool:
        """Whether surrogates are judged by what an application makes with them."""
        return bool(self.parts) or self.runs_on is not None

    @property
    def learners(self) -> tuple[str, ...]:
        """Name what is trained for it: other applications may share it."""
        return tuple(part.name for part in self.parts) or (self.name,)

    @property
    def n_inputs(self) -> int:
        return len(self.box)

    @cached_property
    def compiler_input(self) -> CompilerInput:
        """What a CompNet may read of it."""
        missing = Unsupported("no_dag", "the text has no expression DAG")
        dag = missing if self.dag is None else self.dag
        return CompilerInput(self.text, self.n_inputs, dag)

    def described(self) -> dict[str, Any]:
        """Say what groups of programs are made by, as plain values."""
        outputs = np.concatenate([self.y_train, self.y_test])
        wide = {"topology": str(self.topology)}
        return (wide if self.topology != COVERING else {}) | {
            "name": self.name,
            "inputs": self.n_inputs,
            "nodes": None if self.dag is None else len(self.dag),
            "examples": len(self.x_train),
            "largest": float(np.abs(outputs).max()),
            "variance": float(self.y_test.var()),
        }


def digest_of(subjects: Sequence[Subject]) -> str:
    """Digest all that results depend on: names, texts, examples."""
    digest = hashlib.blake2b(digest_size=8)
    for s in subjects:
        digest.update(f"{s.name}\0{s.text}\0{s.box}\0".encode())
        if s.parts:
            digest.update(digest_of(s.parts).encode())
        more = () if s.runs_on is None else (s.runs_on,)
        for a in (s.x_train, s.y_train, s.x_test, s.y_test, *more):
            digest.update(f"{a.shape}".encode())
            digest.update(np.ascontiguousarray(a, np.float64).tobytes())
    return digest.hexdigest()
