"""The user's ranges -> a box with one (lo, hi) per input.

In: Signature, ranges by name. Out: Domain. Non-goals: which points are valid for the
program.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np

from nsc.errors import DomainError
from nsc.syntax import Domain, Signature

Ranges = Mapping[str, tuple[float, float]]
_ASSIGNMENT = re.compile(r"\s*([^=\s]+)\s*=\s*([^:\s]+)\s*:\s*([^:\s]+)\s*")


def parse_ranges(text: str) -> dict[str, tuple[float, float]]:
    """Read "x=0:10,y=-1:1" into {"x": (0.0, 10.0), "y": (-1.0, 1.0)}.

    Raises:
        DomainError: when a part is not NAME=LO:HI.
    """
    ranges = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        match = _ASSIGNMENT.fullmatch(part)
        try:
            name = match.group(1)
            lo = float(match.group(2))
            hi = float(match.group(3))
        except (AttributeError, ValueError):
            raise DomainError(
                f"--domain expects NAME=LO:HI, separated by commas; found '{part}'"
            ) from None
        if name in ranges:
            raise DomainError(f"--domain gives '{name}' two ranges")
        ranges[name] = (lo, hi)
    return ranges


def checked_ranges(ranges: Ranges) -> Ranges:
    """Return ranges that are a mapping of names to two numbers each.

    Raises:
        DomainError: they are something else.
    """
    if not isinstance(ranges, Mapping):
        raise DomainError(
            "a domain maps names to (lo, hi), as in {'x': (0, 1)}; found"
            f" {type(ranges).__name__}"
        )
    for name, found in ranges.items():
        pair = isinstance(found, Sequence | np.ndarray) and len(found) == 2
        if not pair or not all(isinstance(v, Real) for v in found):
            raise DomainError(
                f"the range of '{name}' must be two numbers, (lo, hi); found {found!r}"
            )
    return ranges


def domain_of(signature: Signature, ranges: Ranges) -> Domain:
    """Give every input its range: its own name first, then its parameter's, else (-1,
    1).

    A range for an array or struct parameter ("w") holds for all its scalars ("w[0]",
    "w[1]"...).

    Raises:
        DomainError: a name that is no input, an empty or infinite range, an integer
            without one or without a whole number in it.
    """
    leaves = signature.inputs
    names = [leaf.name for leaf in leaves]
    for name, (lo, hi) in checked_ranges(ranges).items():
        if name not in names and all(leaf.param != name for leaf in leaves):
            raise DomainError(
                f"'{name}' is not an input of {signature.function}; inputs are"
                f" {', '.join(names)}"
            )
        if not (math.isfinite(lo) and math.isfinite(hi) and lo < hi):
            raise DomainError(
                f"the range of '{name}' must be finite with LO < HI; found"
                f" {lo:g}:{hi:g}"
            )
    box = []
    for leaf in leaves:
        found = ranges.get(leaf.name) or ranges.get(leaf.param)
        if found is None and leaf.type.kind == "int" and leaf.type.bits == 8:
            found = leaf.type.limits
        if found is None and leaf.type.kind == "int":
            raise DomainError(
                f"the input '{leaf.name}' is an integer ({leaf.type.spelling}); "
                f"give it a range, for example --domain {leaf.name}=0:10"
            )
        if (
            found
            and leaf.type.kind != "float"
            and math.floor(found[1]) < math.ceil(found[0])
        ):
            raise DomainError(
                f"the range of the integer '{leaf.name}' holds no whole number; found"
                f" {found[0]:g}:{found[1]:g}"
            )
        default = (0.0, 1.0) if leaf.type.kind == "bool" else (-1.0, 1.0)
        box.append(found or default)
    return Domain(tuple(float(lo) for lo, _ in box), tuple(float(hi) for _, hi in box))
