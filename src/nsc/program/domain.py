"""The user's ranges -> a box with one (lo, hi) per input.

In: Signature, ranges by name. Out: Domain. Non-goals: which points are valid for the program.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np

from nsc.errors import DomainError
from nsc.program.ir import Domain, Program, Signature

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
            name, lo, hi = match.group(1), float(match.group(2)), float(match.group(3))
        except (AttributeError, ValueError):
            raise DomainError(f"--domain expects NAME=LO:HI, separated by commas; found '{part}'") from None
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
        raise DomainError(f"a domain maps names to (lo, hi), as in {{'x': (0, 1)}}; found {type(ranges).__name__}")
    for name, found in ranges.items():
        pair = isinstance(found, Sequence | np.ndarray) and len(found) == 2
        if not pair or not all(isinstance(v, Real) for v in found):
            raise DomainError(f"the range of '{name}' must be two numbers, (lo, hi); found {found!r}")
    return ranges


def domain_of(signature: Signature, ranges: Ranges) -> Domain:
    """Give every input its range: its own name first, then its parameter's, else (-1, 1).

    A range for an array or struct parameter ("w") holds for all its scalars ("w[0]", "w[1]"...).

    Raises:
        DomainError: a name that is no input, an empty or infinite range, an integer without one or without a whole
            number in it.
    """
    leaves = signature.inputs
    names = [leaf.name for leaf in leaves]
    for name, (lo, hi) in checked_ranges(ranges).items():
        if name not in names and all(leaf.param != name for leaf in leaves):
            raise DomainError(f"'{name}' is not an input of {signature.function}; inputs are {', '.join(names)}")
        if not (math.isfinite(lo) and math.isfinite(hi) and lo < hi):
            raise DomainError(f"the range of '{name}' must be finite with LO < HI; found {lo:g}:{hi:g}")
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
        if found and leaf.type.kind != "float" and math.floor(found[1]) < math.ceil(found[0]):
            raise DomainError(
                f"the range of the integer '{leaf.name}' holds no whole number; found {found[0]:g}:{found[1]:g}"
            )
        default = (0.0, 1.0) if leaf.type.kind == "bool" else (-1.0, 1.0)
        box.append(found or default)
    return Domain(tuple(float(lo) for lo, _ in box), tuple(float(hi) for _, hi in box))


def with_whole_inputs(program: Program, x: np.ndarray) -> np.ndarray:
    """Round the integer inputs among `n i` inputs in the program's units."""
    whole = [leaf.type.kind != "float" for leaf in program.signature.inputs]
    return np.where(whole, np.floor(x + 0.5), x)


def as_returned(program: Program, y: np.ndarray) -> np.ndarray:
    """Return what exported C makes of a network's outputs `n o`: what a variable of the output's type can hold.

    An integer is the nearest one of its type, a _Bool says whether the network is above one half.
    """
    y = np.array(y, np.float64)
    for k, leaf in enumerate(program.signature.outputs):
        if leaf.type.kind == "bool":
            y[:, k] = y[:, k] > 0.5
        elif leaf.type.kind == "int":
            y[:, k] = np.clip(np.trunc(y[:, k] + np.copysign(0.5, y[:, k])), *leaf.type.limits)
    return y


def draw_inputs(program: Program, n: int, *, generator: np.random.Generator) -> np.ndarray:
    """Draw `n i` inputs uniformly from a program's domain, in its units.

    Integer and _Bool inputs are whole numbers, every one from lo to hi equally likely.
    """
    lo, hi = np.array(program.domain.lo), np.array(program.domain.hi)
    unit = generator.uniform(size=(n, len(lo)))
    x = lo + (hi - lo) * unit
    for k, leaf in enumerate(program.signature.inputs):
        if leaf.type.kind != "float":
            least = math.ceil(lo[k])
            x[:, k] = np.floor(least + (math.floor(hi[k]) - least + 1.0) * unit[:, k])
        elif leaf.type.bits == 32:
            x[:, k] = x[:, k].astype(np.float32)
    return x
