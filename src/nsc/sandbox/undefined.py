"""What C leaves undefined inside a domain, found by running with checks.

In: a Unit, inputs. Out: what was met, with the first input that meets it. Non-goals:
reads of memory that was never written (indeterminate).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nsc.program import Unit
from nsc.sandbox.build import Built, build
from nsc.sandbox.outcome import Outcome
from nsc.sandbox.run import RunLimits, run

# What clang can check (-fsanitize=...), and what its finding is called.
CHECKS: dict[str, str] = {
    "null": "reads or writes through a null pointer, or takes a member's address there",
    "pointer-overflow": "adds to a null pointer, or leaves the memory with a pointer",
    "bounds": "reads or writes outside an array",
    "object-size": "reads or writes more bytes than an object has",
    "shift": "shifts an integer by more than its bits, or a negative one",
    "integer-divide-by-zero": "divides an integer by zero",
    "signed-integer-overflow": "overflows an integer",
    "float-cast-overflow": "converts a number to an integer type that cannot hold it",
}
# They come first in `CHECKS`.
OF_NULL = ("null", "pointer-overflow")
_OF_SIZES = ("bounds", "object-size")


@dataclass(frozen=True)
class Undefined:
    """One kind of undefined behaviour that a program meets.

    Args:
        check: a key of `CHECKS`.
        meaning: what the program does, as a phrase.
        count: how many of the inputs meet it.
        example: the first of them, `i`.
    """

    check: str
    meaning: str
    count: int
    example: tuple[float, ...]


def undefined_behaviour(
    unit: Unit, x: np.ndarray, limits: RunLimits = RunLimits()
) -> list[Undefined]:
    """Run a unit on inputs `n i` with checks, and list what they find.

    All checks are built in at once; only where one of them fires is each looked at.
    """
    if not _firing(unit, x, limits, tuple(CHECKS)):
        return []
    found = []
    through_null: set[int] = set()
    for check, meaning in CHECKS.items():
        firing = _firing(unit, x, limits, (check,))
        if check in _OF_SIZES:
            # nothing stands behind a null pointer: that is no array's fault
            firing = [k for k in firing if k not in through_null]
        if check in OF_NULL:
            through_null.update(firing)
        if firing:
            example = tuple(float(v) for v in x[firing[0]])
            found.append(Undefined(check, meaning, len(firing), example))
    return found


def _firing(
    unit: Unit, x: np.ndarray, limits: RunLimits, checks: tuple[str, ...]
) -> list[int]:
    """List the samples on which a check ends a run that ends well without it."""
    checked = build([unit], checks=checks)[0]
    if not isinstance(checked, Built):
        return []
    enough = replace(limits, failures=len(x))
    ends = run(checked, x, enough).failed
    aborted = [k for k, why in sorted(ends.items()) if why is Outcome.aborted]
    if not aborted:
        return []
    plain = build([unit])[0]
    if not isinstance(plain, Built):
        return []
    aborted_anyway = run(plain, x, enough).failed
    return [sample for sample in aborted if sample not in aborted_anyway]
