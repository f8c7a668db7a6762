"""Groups of programs: by inputs, by size of the DAG, by largest output; by traits.

In: what is known of programs. Out: names, and who is in. Non-goals: their improvements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

LARGE = 10.0  # |output| from which on the papers leave a program out
_ARITIES = (
    ("1 input", 1, 1),
    ("2 inputs", 2, 2),
    ("3-4 inputs", 3, 4),
    ("5-9 inputs", 5, 9),
)
_SIZES = (
    ("up to 4 nodes", 0, 4),
    ("5-10 nodes", 5, 10),
    ("11-25 nodes", 11, 25),
    ("more than 25 nodes", 26, 10**9),
)


_LENGTHS = (
    ("up to 60 tokens", 0, 60),
    ("61-120 tokens", 61, 120),
    ("121-300 tokens", 121, 300),
    ("more than 300 tokens", 301, 10**9),
)
_CALLS = (
    ("no transcendental call", 0, 0),
    ("1 transcendental call", 1, 1),
    ("2 or more transcendental calls", 2, 10**9),
)
_COSINES = (
    ("cosine below 0.9", -1.0, 0.9),
    ("cosine 0.9 to 0.97", 0.9, 0.97),
    ("cosine 0.97 to 0.99", 0.97, 0.99),
    ("cosine 0.99 to 0.999", 0.99, 0.999),
    ("cosine from 0.999", 0.999, 2.0),
)


def traits_groups(
    programs: Sequence[dict[str, Any]],
) -> list[tuple[str, np.ndarray]]:
    """Name groups by what ablations ask of; none where it was not looked at."""
    if not all("tokens" in p for p in programs):
        return []
    tokens = np.array([p["tokens"] for p in programs])
    calls = np.array([p["calls"] for p in programs])
    known = [p["cosine"] is not None for p in programs]
    cosine = np.array([p["cosine"] or 0.0 for p in programs])
    found = [
        *((n, (tokens >= a) & (tokens <= b)) for n, a, b in _LENGTHS),
        *((n, (calls >= a) & (calls <= b)) for n, a, b in _CALLS),
        *((n, known & (cosine >= a) & (cosine < b)) for n, a, b in _COSINES),
    ]
    return [(name, chosen) for name, chosen in found if chosen.any()]


def groups_of(
    programs: Sequence[dict[str, Any]],
) -> list[tuple[str, np.ndarray]]:
    """Name groups that are not empty, all first; bool (p,) says who is in."""
    arity = np.array([p["inputs"] for p in programs])
    nodes = np.array([p["nodes"] or -1 for p in programs])
    largest = np.array([p["largest"] for p in programs])
    found = [
        ("all", arity >= 0),
        *((n, (arity >= a) & (arity <= b)) for n, a, b in _ARITIES),
        *((n, (nodes >= a) & (nodes <= b)) for n, a, b in _SIZES),
        ("without a DAG", nodes < 0),
        (f"outputs below {LARGE:g}", largest < LARGE),
    ]
    return [(name, chosen) for name, chosen in found if chosen.any()]
