"""Groups of programs: by inputs, by size of the DAG, by largest output.

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
