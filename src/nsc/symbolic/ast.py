"""A small abstract syntax of C that is quick to evaluate many times. Plain data.

In: nothing. Out: `Ast`, `Definitions`. Non-goals: where they come from (lower.py, or
who writes programs).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Ast(NamedTuple):
    """One node: `kind`, its children, an optional payload (operator, name, type), its
    offset.
    """

    kind: str
    kids: tuple[Any, ...] = ()
    data: Any = None
    at: int = 0


EMPTY = Ast("block")


class Definitions(NamedTuple):
    """What a closed text defines: functions, as ("function" with (parameters, result
    type, body)), and variables.
    """

    functions: dict[str, Ast]
    variables: tuple[Ast, ...]


def float_of(whole: int) -> float:
    """Return the double nearest to an integer, on the side of zero: masks of 63 ones do
    not become 2^63.
    """
    found = float(whole)
    return math.nextafter(found, 0.0) if abs(int(found)) > abs(whole) else found
