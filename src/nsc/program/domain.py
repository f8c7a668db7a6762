"""The user's ranges -> a box with one (lo, hi) per input, and inputs that are fixed.

In: Signature, ranges by name. Out: Domain. Non-goals: which points are valid for the
program, how inputs are drawn (drawing).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import NamedTuple

import numpy as np

from nsc.errors import DomainError
from nsc.syntax import Domain, Leaf, Scalar, Signature


class LogRange(NamedTuple):
    """A range whose logarithm is drawn uniformly."""

    lo: float
    hi: float


LOG = "log"  # marks such a range: ("log", 1, 1e6), r=log:1:1e6
Range = tuple[float, float]
Ranges = Mapping[str, Range | tuple[str, float, float]]
_ASSIGNMENT = re.compile(
    r"\s*([^=\s]+)\s*=\s*(log\s*:)?\s*([^:\s]+)\s*(?::\s*([^:\s]+)\s*)?"
)
EXAMPLE = (0, 10)  # of a range
# where the name of a part goes on behind the whole's
_STEP = re.compile(r"[.\[]")
_LARGEST_FLOAT = float(np.finfo(np.float32).max)
_LARGEST_EXACT = 2.0**53  # of the integers that a double can hold


def parse_ranges(text: str, argument: str = "domain") -> dict[str, Range]:
    """Read "x=0:10,n=8" into {"x": (0.0, 10.0), "n": (8.0, 8.0)}.

    Args:
        argument: what messages call the text.

    Raises:
        DomainError: when a part is neither NAME=LO:HI, NAME=log:LO:HI nor NAME=VALUE;
            a logarithmic range that is none.
    """
    ranges: dict[str, Range] = {}
    for part in _parts(text):
        found = _parse_range(part)
        if found is None:
            raise DomainError(
                f"{argument} expects NAME=LO:HI, separated by commas; found '{part}'"
                f" ({_advice(part)})"
            )
        name, bounds = found
        if name in ranges:
            raise DomainError(
                f"{argument} must give '{name}' one range; found two"
            )
        ranges[name] = bounds
    return ranges


def parse_fixed(text: str, what: str = "fix") -> dict[str, float]:
    """Read "n=8,w[0]=0.5" into {"n": 8.0, "w[0]": 0.5}.

    Args:
        what: the argument that messages speak of.

    Raises:
        DomainError: when a part is not NAME=VALUE.
    """
    fixed: dict[str, float] = {}
    for part in _parts(text):
        match = _ASSIGNMENT.fullmatch(part)
        value = None if match is None else _number(match.group(3))
        if (
            match is None
            or value is None
            or match.group(2) is not None
            or match.group(4) is not None
        ):
            raise DomainError(
                f"{what} expects NAME=VALUE, separated by commas; found '{part}'"
            )
        if match.group(1) in fixed:
            raise DomainError(
                f"{what} must give '{match.group(1)}' one value; found two"
            )
        fixed[match.group(1)] = value
    return fixed


def _advice(part: str) -> str:
    """Say what may have been meant by a part that is no range."""
    if re.search(r"=\s*int\s*:", part):
        return (
            "leave out 'int:'; inputs of integer types are whole of themselves"
        )
    return "a logarithmic range is NAME=log:LO:HI"


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _parse_range(part: str) -> tuple[str, Range] | None:
    """Read "x=0:10" into ("x", (0.0, 10.0)), "x=1" into ("x", (1.0, 1.0))."""
    match = _ASSIGNMENT.fullmatch(part)
    if match is not None:
        name, is_log, first, last = match.groups()
        lo = _number(first)
        hi = _number(last or first)
        if is_log and last is None:
            return None
        if lo is not None and hi is not None:
            return name, _log_range(name, lo, hi) if is_log else (lo, hi)
    return None


def _log_range(name: str, lo: float, hi: float) -> LogRange:
    """Check the ends of a range that is drawn log-uniformly.

    Raises:
        DomainError: zero is in it, it is empty or infinite.
    """
    is_finite = math.isfinite(lo) and math.isfinite(hi)
    if not (is_finite and lo < hi and (lo > 0 or hi < 0)):
        raise DomainError(
            f"the logarithmic range of '{name}' must be finite, with LO < HI both above"
            f" or both below zero; found {lo:g}:{hi:g}"
        )
    return LogRange(float(lo), float(hi))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def checked_ranges(ranges: Ranges) -> dict[str, Range]:
    """Return ranges that are a mapping of names to two numbers each.

    ("log", lo, hi) becomes a `LogRange`.

    Raises:
        DomainError: they are something else.
    """
    if not isinstance(ranges, Mapping):
        raise DomainError(
            "domain must map names to (lo, hi), as in {'x': (0, 1)}; found"
            f" {type(ranges).__name__}"
        )
    return {name: _checked_range(name, ranges[name]) for name in ranges}


def _checked_range(name: str, found: object) -> Range:
    values = found if isinstance(found, Sequence | np.ndarray) else ()
    is_log = len(values) == 3 and values[0] == LOG
    ends = [*values][1:] if is_log else [*values]
    if len(ends) != 2 or not all(isinstance(v, Real) for v in ends):
        raise DomainError(
            f"the range of '{name}' must be two numbers, (lo, hi), or ('log', lo, hi);"
            f" found {found!r}"
        )
    lo, hi = ends
    if is_log or isinstance(found, LogRange):
        return _log_range(name, lo, hi)
    return lo, hi


def with_fixed(ranges: Ranges, fix: Mapping[str, float]) -> dict[str, Range]:
    """Add names that have one value to ranges: their ends are the same.

    Raises:
        DomainError: a value that is no number, or a name that has a range, too.
    """
    if not isinstance(fix, Mapping):
        raise DomainError(
            "fix must map names to numbers, as in {'n': 8}; found"
            f" {type(fix).__name__}"
        )
    both = dict(checked_ranges(ranges))
    for name, value in fix.items():
        if not isinstance(value, Real) or not math.isfinite(value):
            raise DomainError(
                f"fix must give '{name}' a number; found {value!r}"
            )
        if name in both:
            raise DomainError(
                f"fix must not name '{name}', which domain gives a range; leave one"
                " of them out"
            )
        both[name] = (float(value), float(value))
    return both


def without_fixed(
    signature: Signature, ranges: Mapping[str, Range]
) -> Signature:
    """Fix the inputs whose range is one value.

    A value for an array or struct ("w", "w.at") holds for all its scalars but those
    that have one, or a range, of their own.

    Raises:
        DomainError: a value that its type cannot hold, or nothing is left as an input.
    """
    inputs: list[Leaf] = []
    fixed: list[tuple[Leaf, float]] = []
    for leaf in signature.inputs:
        lo, hi = stated_range(leaf, ranges) or (0.0, 1.0)
        if lo == hi:
            fixed.append((leaf, _held(leaf, float(lo))))
        else:
            inputs.append(leaf)
    if not inputs:
        raise DomainError(
            f"fix must leave {signature.function} an input; every one is fixed"
        )
    return replace(signature, inputs=tuple(inputs), fixed=tuple(fixed))


def _held(leaf: Leaf, value: float) -> float:
    """Return a value as a variable of the input's type holds it.

    Raises:
        DomainError: the type cannot hold it.
    """
    least, largest = _limits(leaf.type)
    is_held = least <= value <= largest and math.isfinite(value)
    if leaf.type.kind != "float":
        is_held = (
            is_held and value.is_integer() and abs(value) <= _LARGEST_EXACT
        )
    if not is_held:
        raise DomainError(
            f"the value of '{leaf.name}' must be one of its type,"
            f" {leaf.type.spelling}{_said_limits(leaf.type)}; found {value:.17g}"
        )
    is_single = leaf.type.kind == "float" and leaf.type.bits == 32
    return float(np.float32(value)) if is_single else value


def _limits(ctype: Scalar) -> Range:
    """Return the least and the largest value that a type can hold."""
    if ctype.kind == "bool":
        return 0.0, 1.0
    if ctype.kind == "int":
        return ctype.limits
    largest = _LARGEST_FLOAT if ctype.bits == 32 else math.inf
    return -largest, largest


def _said_limits(ctype: Scalar) -> str:
    """Say what an integer type can hold."""
    if ctype.kind == "float":
        return ""
    least, largest = _limits(ctype)
    return f" (a whole number from {least:.0f} to {largest:.0f})"


def domain_of(signature: Signature, ranges: Ranges) -> Domain:
    """Give every input its range: its own, its parameter's, else (-1, 1).

    A range for an array or struct ("w", "w.at") holds for all its scalars ("w.at[0]",
    "w.at[1]"...) but those that have one of their own. Without a range a _Bool has
    (0, 1), and an integer of at most 8 bits all its values.

    Args:
        signature: whose inputs are given ranges; those that are fixed have one value.
        ranges: in the program's units.

    Raises:
        DomainError: a name that is no input, an empty or infinite range, integers
            without one, without a whole number in it, or with one that their type
            cannot hold.
    """
    leaves = signature.inputs
    all_leaves = (*leaves, *(leaf for leaf, _ in signature.fixed))
    ranges = checked_ranges(ranges)
    for name, (lo, hi) in ranges.items():
        if not any(name in _names_of(leaf) for leaf in all_leaves):
            names = ", ".join(leaf.name for leaf in all_leaves)
            raise DomainError(
                f"'{name}' is not an input of {signature.function}; inputs are {names}"
            )
        is_fixed = bool(signature.fixed) and lo == hi
        is_box = math.isfinite(lo) and math.isfinite(hi) and lo < hi
        if not (is_box or is_fixed):
            raise DomainError(
                f"the range of '{name}' must be finite with LO < HI; found"
                f" {lo:g}:{hi:g}"
            )
    _refuse_integers_without_range(signature, ranges)
    box = [_range_of(leaf, ranges) for leaf in leaves]
    return Domain(
        tuple(float(lo) for lo, _ in box), tuple(float(hi) for _, hi in box)
    )


def log_inputs(signature: Signature, ranges: Ranges) -> tuple[bool, ...]:
    """Say which inputs are drawn log-uniformly; () where none is."""
    checked = checked_ranges(ranges)
    found = [
        isinstance(stated_range(leaf, checked), LogRange)
        for leaf in signature.inputs
    ]
    return tuple(found) if any(found) else ()


def stated_range(leaf: Leaf, ranges: Mapping[str, Range]) -> Range | None:
    """Return the range of an input: its own, or that of the least it is a part of."""
    stated = (ranges[name] for name in _names_of(leaf) if name in ranges)
    return next(stated, None)


def _names_of(leaf: Leaf) -> list[str]:
    """List what an input is and is a part of: "m.v[1]", "m.v", "m"."""
    ends = [found.start() for found in _STEP.finditer(leaf.name)]
    parts = [leaf.name[:end] for end in reversed(ends)]
    return [leaf.name, *parts, leaf.param]


def _range_of(leaf: Leaf, ranges: Mapping[str, Range]) -> Range:
    stated = stated_range(leaf, ranges)
    if stated is None:
        default = _default_range(leaf)
        assert default is not None, (
            "an integer without a range is refused before"
        )
        return default
    _refuse_what_type_cannot_hold(leaf, stated)
    return stated


def _default_range(leaf: Leaf) -> Range | None:
    """Return the range that an input has by its type; None for most integers."""
    if leaf.type.kind == "bool":
        return 0.0, 1.0
    if leaf.type.kind == "float":
        return -1.0, 1.0
    return leaf.type.limits if leaf.type.bits <= 8 else None


def missing_ranges(
    signature: Signature, ranges: Mapping[str, Range]
) -> dict[str, Leaf]:
    """Return what needs a range and has none: inputs, or whole parameters.

    Each comes with the first input that it is or holds.
    """
    missing = [
        leaf
        for leaf in signature.inputs
        if stated_range(leaf, ranges) is None and _default_range(leaf) is None
    ]
    with_own = {leaf.param for leaf in signature.inputs if leaf not in missing}
    found: dict[str, Leaf] = {}
    for leaf in missing:
        is_field = any(isinstance(step, str) for step in leaf.path)
        is_alone = is_field or leaf.param in with_own
        found.setdefault(leaf.name if is_alone else leaf.param, leaf)
    return found


def example_ranges(signature: Signature, ranges: Mapping[str, Range]) -> str:
    """Write examples of the ranges that are missing, as the command line has them."""
    examples = [
        f"{name}={EXAMPLE[0]}:{EXAMPLE[1]}"
        for name in missing_ranges(signature, ranges)
    ]
    return ",".join(examples)


def range_as_flag(name: str, stated: Range) -> str:
    """Spell a range on the command line: "x=0:1", "r=log:1:1000"."""
    lo, hi = stated
    log = f"{LOG}:" if isinstance(stated, LogRange) else ""
    return f"{name}={log}{lo:.10g}:{hi:.10g}"


def _spelled(name: str, stated: Range) -> str:
    """Spell a range in Python: "'x': (0, 1)"."""
    lo, hi = stated
    value = f"{lo:.10g}" if lo == hi else f"({lo:.10g}, {hi:.10g})"
    if isinstance(stated, LogRange):
        value = f"('{LOG}', {lo:.10g}, {hi:.10g})"
    return f"'{name}': {value}"


def _refuse_integers_without_range(
    signature: Signature, ranges: Mapping[str, Range]
) -> None:
    missing = missing_ranges(signature, ranges)
    if not missing:
        return
    what = ", ".join(
        f"'{n}' ({leaf.type.spelling})" for n, leaf in missing.items()
    )
    stated = {**ranges, **dict.fromkeys(missing, EXAMPLE)}
    example = [_spelled(name, stated[name]) for name in stated]
    are_integers = "is an integer" if len(missing) == 1 else "are integers"
    raise DomainError(
        f"domain needs a range for each integer input: {what} {are_integers} without"
        f" one; for example: domain={{{', '.join(example)}}}"
    )


def _refuse_what_type_cannot_hold(leaf: Leaf, stated: Range) -> None:
    lo, hi = stated
    if leaf.type.kind != "float":
        lo = math.ceil(lo)
        hi = math.floor(hi)
    if hi < lo:
        raise DomainError(
            f"the range of the integer '{leaf.name}' holds no whole number; found"
            f" {stated[0]:g}:{stated[1]:g}"
        )
    least, largest = _limits(leaf.type)
    if lo < least or hi > largest:
        raise DomainError(
            f"the range of '{leaf.name}' must hold values of its type,"
            f" {leaf.type.spelling}{_said_limits(leaf.type)}; found"
            f" {stated[0]:g}:{stated[1]:g}"
        )
