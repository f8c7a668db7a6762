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
from nsc.syntax import Domain, Leaf, Signature

Ranges = Mapping[str, tuple[float, float]]
_ASSIGNMENT = re.compile(r"\s*([^=\s]+)\s*=\s*([^:\s]+)\s*:\s*([^:\s]+)\s*")


def parse_ranges(text: str) -> dict[str, tuple[float, float]]:
    """Read "x=0:10,y=-1:1" into {"x": (0.0, 10.0), "y": (-1.0, 1.0)}.

    Raises:
        DomainError: when a part is not NAME=LO:HI.
    """
    ranges: dict[str, tuple[float, float]] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, bounds = _parse_range(part)
        if name in ranges:
            raise DomainError(f"--domain gives '{name}' two ranges")
        ranges[name] = bounds
    return ranges


def _parse_range(part: str) -> tuple[str, tuple[float, float]]:
    """Read "x=0:10" into ("x", (0.0, 10.0))."""
    wrong = DomainError(
        f"--domain expects NAME=LO:HI, separated by commas; found '{part}'"
    )
    match = _ASSIGNMENT.fullmatch(part)
    if match is None:
        raise wrong
    name, lo, hi = match.groups()
    try:
        return name, (float(lo), float(hi))
    except ValueError:
        raise wrong from None


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
        is_pair = isinstance(found, Sequence | np.ndarray) and len(found) == 2
        if not is_pair or not all(isinstance(v, Real) for v in found):
            raise DomainError(
                f"the range of '{name}' must be two numbers, (lo, hi); found {found!r}"
            )
    return ranges


def domain_of(signature: Signature, ranges: Ranges) -> Domain:
    """Give every input its range: its own, its parameter's, else (-1, 1).

    A range for an array or struct parameter ("w") holds for all its scalars ("w[0]",
    "w[1]"...). Without a range a _Bool has (0, 1), and an integer of 8 bits all its
    values.

    Args:
        signature: whose inputs are given ranges.
        ranges: in the program's units.

    Raises:
        DomainError: a name that is no input, an empty or infinite range, an integer
            without one or without a whole number in it.
    """
    leaves = signature.inputs
    for name, (lo, hi) in checked_ranges(ranges).items():
        if not any(name in (leaf.name, leaf.param) for leaf in leaves):
            names = ", ".join(leaf.name for leaf in leaves)
            raise DomainError(
                f"'{name}' is not an input of {signature.function}; inputs are {names}"
            )
        is_box = math.isfinite(lo) and math.isfinite(hi) and lo < hi
        if not is_box:
            raise DomainError(
                f"the range of '{name}' must be finite with LO < HI; found"
                f" {lo:g}:{hi:g}"
            )
    box = [_range_of(leaf, ranges) for leaf in leaves]
    return Domain(tuple(float(lo) for lo, _ in box), tuple(float(hi) for _, hi in box))


def _range_of(leaf: Leaf, ranges: Ranges) -> tuple[float, float]:
    stated = ranges.get(leaf.name) or ranges.get(leaf.param)
    if stated is None:
        return _default_range(leaf)
    if leaf.type.kind != "float":
        _refuse_without_whole_number(leaf, stated)
    return stated


def _default_range(leaf: Leaf) -> tuple[float, float]:
    if leaf.type.kind == "bool":
        return 0.0, 1.0
    if leaf.type.kind == "float":
        return -1.0, 1.0
    if leaf.type.bits == 8:
        return leaf.type.limits
    raise DomainError(
        f"the input '{leaf.name}' is an integer ({leaf.type.spelling}); give it a"
        f" range, for example --domain {leaf.name}=0:10"
    )


def _refuse_without_whole_number(leaf: Leaf, stated: tuple[float, float]) -> None:
    lo, hi = stated
    if math.floor(hi) < math.ceil(lo):
        raise DomainError(
            f"the range of the integer '{leaf.name}' holds no whole number; found"
            f" {lo:g}:{hi:g}"
        )
