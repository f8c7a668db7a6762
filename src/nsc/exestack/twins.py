"""Programs that are the same for a learner: equal text, nearly equal text, or equal outputs.

In: records. Out: `Clusters`. Memory: about 1 kB per record.
Non-goals: what becomes of a cluster (gather.py).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nsc.errors import MissingExtraError
from nsc.record import Record

if TYPE_CHECKING:
    from datasketch import LeanMinHash, MinHash

PROBES = 48
RESOLUTION = 1e-3  # of the outputs' spread, within which two programs compute the same
SHINGLE = 5  # tokens
PERMUTATIONS = 64
NEAR = 0.85  # estimated Jaccard similarity of two texts' shingles
MIN_SHINGLES = 12  # shorter texts are compared whole and by what they compute


def text_key(record: Record) -> str:
    """Name a record's text, whatever its names and layout."""
    return _text_digest(record.normalised)


def _text_digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def semantic_keys(record: Record) -> tuple[str, str]:
    """Name what a record computes, twice, on grids half a step apart: twins share at least one name.

    Example: two texts of one function whose outputs differ by rounding share both names, or, where
    an output lies on a border of one grid, the other name.
    """
    outputs = record.raw_outputs
    spread = max(float(np.abs(outputs).max()), 1e-30)
    steps, size = outputs[:PROBES] / (spread * RESOLUTION), float(np.log2(spread)) * 64
    digests = []
    for shift in (0.0, 0.5):
        shape = np.array((record.n_inputs, record.n_outputs, math.floor(size + shift)), np.int64)
        grid = np.floor(steps + shift).astype(np.int64)
        digest = hashlib.blake2b(shape.tobytes() + grid.tobytes(), digest_size=12)
        digests.append(f"{shift:g}{digest.hexdigest()}")
    return digests[0], digests[1]


def shingles(normalised: str) -> set[bytes]:
    """Cut a normalised text into runs of five tokens; empty where it is too short to be told apart by them."""
    words = normalised.split(" ")
    found = {" ".join(words[k : k + SHINGLE]).encode() for k in range(len(words) - SHINGLE + 1)}
    return found if len(found) >= MIN_SHINGLES else set()


class Clusters:
    """A forest of names: records that share one, or whose texts are nearly equal, are in one tree."""

    def __init__(self):
        try:
            from datasketch import MinHashLSH  # here: it takes a second, and workers never ask for it
        except ModuleNotFoundError:
            raise MissingExtraError("datasketch", "data") from None
        self.parent: dict[str, str] = {}
        self.near = MinHashLSH(threshold=NEAR, num_perm=PERMUTATIONS)
        self.sketches: dict[str, LeanMinHash] = {}

    def add(self, record: Record) -> str:
        """Enter a record and join it with its twins; returns its own name."""
        own, other = semantic_keys(record)
        self.join(own, other)
        self.add_text(own, record.normalised)
        return own

    def add_text(self, name: str, normalised: str) -> None:
        """Enter a text under a name and join it with those that are nearly equal."""
        from datasketch import LeanMinHash

        sketch = _sketch(normalised)
        if sketch is None:
            return
        for twin in self._alike(sketch):
            self.join(name, twin)
        label = f"{name} {_text_digest(normalised)}"
        if label not in self.sketches:
            self.near.insert(label, sketch)
            self.sketches[label] = LeanMinHash(sketch)

    def near_names(self, normalised: str) -> list[str]:
        """Return the names of the texts entered so far that are nearly this one."""
        sketch = _sketch(normalised)
        return [] if sketch is None else self._alike(sketch)

    def _alike(self, sketch: MinHash) -> list[str]:
        found = (label for label in self.near.query(sketch) if self.sketches[label].jaccard(sketch) >= NEAR)
        return sorted({label.split(" ")[0] for label in found})

    def find(self, keys: Sequence[str], normalised: str) -> list[str]:
        """Return the roots of all trees that a record is a twin of, told by its semantic keys and its text."""
        names = [key for key in keys if key in self.parent] + self.near_names(normalised)
        return sorted({self.root(name) for name in names})

    def join(self, a: str, b: str) -> None:
        first, second = sorted((self.root(a), self.root(b)))
        self.parent[second] = first

    def root(self, name: str) -> str:
        self.parent.setdefault(name, name)
        while self.parent[name] != name:
            self.parent[name] = self.parent[self.parent[name]]
            name = self.parent[name]
        return name


def _sketch(normalised: str) -> MinHash | None:
    from datasketch import MinHash

    found = shingles(normalised)
    if not found:
        return None
    sketch = MinHash(num_perm=PERMUTATIONS, seed=1)
    sketch.update_batch(sorted(found))
    return sketch
