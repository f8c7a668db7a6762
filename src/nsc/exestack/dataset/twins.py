"""Programs that are the same for a learner.

Their texts are equal or nearly equal, or their outputs are.

In: records. Out: `Clusters`. Memory: about 1 kB per record. datasketch, which finds near
copies, is an extra and takes a second to load: functions import it.
Non-goals: what becomes of a cluster (split.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from nsc.errors import MissingExtraError
from nsc.record import Record, names_of

if TYPE_CHECKING:
    from datasketch import LeanMinHash, MinHash


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
    """Name what a record computes (see `names_of`).

    Twins share a name, whatever arguments go unused.
    """
    return names_of(record.raw_outputs)


def place(record: Record) -> float:
    """Draw a number in [0, 1) from what a record computes of how many arguments."""
    name = names_of(record.raw_outputs, record.n_inputs)[0]
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def shingles(normalised: str) -> set[bytes]:
    """Cut a normalised text into runs of five tokens.

    Empty where it is too short to be told apart by them.
    """
    tokens = normalised.split(" ")
    starts = range(len(tokens) - SHINGLE + 1)
    found = {" ".join(tokens[k : k + SHINGLE]).encode() for k in starts}
    return found if len(found) >= MIN_SHINGLES else set()


def expect_library() -> None:
    """Look for what finds near copies, without loading it.

    Raises:
        MissingExtraError: datasketch is not installed.
    """
    if find_spec("datasketch") is None:
        raise MissingExtraError("datasketch", "data")


def load_library() -> None:
    """Load it: that takes a second, and workers never ask for it."""
    expect_library()
    import datasketch  # noqa: F401


class Clusters:
    """A forest of names (union-find); a cluster is a tree, named by its root.

    Records that share a name, or whose texts are nearly equal, are in one tree. Near
    texts are found by MinHash and locality-sensitive hashing (Broder 1997).
    """

    def __init__(self):
        load_library()
        from datasketch import MinHashLSH

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
        candidates = (str(label) for label in self.near.query(sketch))
        found = [
            c for c in candidates if self.sketches[c].jaccard(sketch) >= NEAR
        ]
        return sorted({label.split(" ")[0] for label in found})

    def find(self, keys: Sequence[str], normalised: str) -> list[str]:
        """Return the roots of all trees that a record is a twin of.

        Args:
            keys: its semantic keys.
            normalised: its text.
        """
        names = [key for key in keys if key in self.parent]
        names += self.near_names(normalised)
        return sorted({self.root(name) for name in names})

    def join(self, a: str, b: str) -> None:
        """Make one tree of two; the smaller name becomes its root."""
        first, second = sorted((self.root(a), self.root(b)))
        self.parent[second] = first

    def root(self, name: str) -> str:
        """Return the root of a name's tree, and shorten the way there."""
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
