"""C's bit operators on symbolic integers, written with floor: exact while no integer
overflows.

In: an operator, nodes. Out: a node. Non-goals: two operands that both take many values.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from nsc.graph.bits.fields import FORMATS, MANTISSA
from nsc.graph.bits.operators import bits_of_word
from nsc.graph.builder import Builder
from nsc.graph.dag import TRUTHS
from nsc.refusal import Refusal

_FOLD = {
    "&": lambda x, y: x & y,
    "|": lambda x, y: x | y,
    "^": lambda x, y: x ^ y,
    "<<": lambda x, y: x << (y & 63),
    ">>": lambda x, y: x >> (y & 63),
}
_MAX_BITS = 53
_MAX_CASES = 64


def bitwise(b: Builder, operator: str, x: int, y: int) -> int:  # noqa: C901
    """Apply `&`, `|`, `^`, `<<` or `>>`."""
    known_x = b.value(x)
    known_y = b.value(y)
    if known_x is not None and known_y is not None:
        return b.literal(float(_FOLD[operator](int(known_x), int(known_y))))
    if b.has_words:
        found = bits_of_word(b, operator, x, y)
        if found is not None:
            return found
    if operator in ("<<", ">>"):
        found = _by_cases(b, operator, x, y) if b.op(x) == "SEL" else None
        return _shift(b, operator, x, y) if found is None else found
    if b.op(x) in TRUTHS and b.op(y) in TRUTHS:
        return (
            b.make("NOT", b.make("EQ", x, y))
            if operator == "^"
            else b.make(_LOGICAL[operator], x, y)
        )
    if operator != "&" and _are_apart(b, x, y):
        return b.make("ADD", x, y)
    found = _by_cases(b, operator, x, y)
    if found is not None:
        return found
    if known_x is not None:
        x = y
        known_y = known_x
    if known_y is None and operator == "|":
        return b.make("BITOR", x, y)  # only whether it is zero can be told
    if known_y is None or abs(known_y) >= 2.0**_MAX_BITS:
        raise Refusal(
            "bit_operation", f"'{operator}' on two values that depend on inputs", b.at
        )
    return _with_literal(b, operator, x, int(known_y))


def complement(b: Builder, x: int) -> int:
    """Return `~x`."""
    every = (
        2.0 ** FORMATS[b.op(x)].bits - 1
        if b.op(x) in FORMATS
        else 2.0**32 - 1
        if b.op(x) == "LOW"
        else -1.0
    )
    return b.make("SUB", b.literal(every), x)


_LOGICAL = {"&": "AND", "|": "OR"}


def _shift(b: Builder, operator: str, x: int, y: int) -> int:
    scale = b.make("POW", b.literal(2.0), y if operator == "<<" else b.make("NEG", y))
    scaled = b.make("MUL", x, scale)
    if b.value(y) == 0:
        return x  # it is whole
    return scaled if operator == "<<" else b.make("FLOOR", scaled)


def _are_apart(b: Builder, x: int, y: int) -> bool:
    """Say whether no bit can be one in both, as in `a << 1 | b`."""
    left = _possible(b, x)
    right = _possible(b, y)
    return left is not None and right is not None and not left & right


def _possible(b: Builder, node: int, depth: int = 4) -> int | None:
    """Return a mask of the bits that can be one; None where that is not known."""
    known = b.value(node)
    if known is not None:
        return (
            int(known)
            if 0 <= known < 2.0**_MAX_BITS or math.frexp(known)[0] == 0.5
            else None
        )
    if b.op(node) in TRUTHS:
        return 1
    if b.op(node) in MANTISSA:
        return (1 << FORMATS[MANTISSA[b.op(node)]].mantissa) - 1
    found = _possible_in_parts(b, node, depth) if depth else None
    low, high = b.range(node)
    return (
        (1 << int(high).bit_length()) - 1
        if found is None and low >= 0 and high < 2.0**_MAX_BITS
        else found
    )


def _possible_in_parts(b: Builder, node: int, depth: int) -> int | None:
    op, *sides = b.nodes[node]
    if op == "SUB":
        return _rest_of_division(b, *sides)
    if op not in ("SEL", "MUL", "ADD"):
        return None
    x, y = (_possible(b, side, depth - 1) for side in sides[-2:])
    if x is None or y is None:
        return None
    if op == "MUL":
        return (
            x * y
            if any(math.frexp(b.value(side) or 0.0)[0] == 0.5 for side in sides)
            else None
        )
    return x | y if op == "SEL" or not x & y else None


def _rest_of_division(b: Builder, x: int, whole: int) -> int | None:
    """Return the mask of `x & mask` as it is written: x - 2^n floor(x / 2^n)."""
    op, *sides = b.nodes[whole]
    scale = (
        next((b.value(side) for side in sides if b.value(side)), 0.0)
        if op == "MUL"
        else 0.0
    )
    if scale < 2 or math.frexp(scale)[0] != 0.5:
        return None
    floor = b.make("FLOOR", b.make("MUL", x, b.literal(1 / scale)))
    return int(scale) - 1 if b.make("MUL", floor, b.literal(scale)) == whole else None


def _by_cases(b: Builder, operator: str, x: int, y: int) -> int | None:
    """Apply an operator case by case, where the operands are literals chosen by
    conditions.
    """
    count = _n_cases(b, x) * _n_cases(b, y)
    if not 0 < count <= _MAX_CASES:
        return None
    fold = _FOLD[operator]

    def outer(left: int) -> int:
        return _each_case(b, y, lambda right: b.literal(float(fold(left, right))))

    return _each_case(b, x, outer)


def _n_cases(b: Builder, node: int) -> int:
    """Count the literals a node chooses from; 0 where it is something else."""
    if b.value(node) is not None:
        return 1
    if b.op(node) in TRUTHS:
        return 2
    if b.op(node) != "SEL":
        return 0
    total = 0
    for arm in b.nodes[node][2:]:
        count = _n_cases(b, arm)
        total += count
        if count == 0 or total > _MAX_CASES:
            return 0
    return total


def _each_case(b: Builder, node: int, then: Callable[[int], int]) -> int:
    known = b.value(node)
    if known is not None:
        return then(int(known))
    if b.op(node) in TRUTHS:
        return b.make("SEL", node, then(1), then(0))
    _, condition, yes, no = b.nodes[node]
    return b.make("SEL", condition, _each_case(b, yes, then), _each_case(b, no, then))


def _with_literal(b: Builder, operator: str, x: int, mask: int) -> int:
    """`x | m` is `m + (x & ~m)`; `x ^ m` is `x + m - 2 (x & m)`."""
    if operator == "&":
        return _masked(b, x, mask)
    literal = b.literal(float(mask))
    if operator == "|":
        return b.make("ADD", literal, _masked(b, x, ~mask))
    twice = b.make("MUL", b.literal(2.0), _masked(b, x, mask))
    return b.make("SUB", b.make("ADD", x, literal), twice)


def _masked(b: Builder, x: int, mask: int) -> int:
    """Return `x & mask`, one term for each run of ones in the mask; negative masks have
    ones up to the top.
    """
    low, high = b.range(x)
    if low >= 0 and high < 2.0**_MAX_BITS:
        width = int(high).bit_length()
        mask &= (1 << width) - 1
        if mask == (1 << width) - 1:
            return x
    total = b.literal(0.0)
    for start, end in _runs(mask):
        field = _shift(b, ">>", x, b.literal(float(start)))
        # the highest bit that can be one
        if end == start + 1 and low >= 0 and high < 2.0 ** (start + 1):
            bit = b.make("LT", x, b.literal(2.0**start))
            total = b.make(
                "ADD", total, b.make("SEL", bit, b.literal(0.0), b.literal(2.0**start))
            )
            continue
        if end is not None:
            width = b.literal(float(end - start))
            field = b.make(
                "SUB", field, _shift(b, "<<", _shift(b, ">>", field, width), width)
            )
        total = b.make("ADD", total, _shift(b, "<<", field, b.literal(float(start))))
    return total


def _runs(mask: int) -> list[tuple[int, int | None]]:
    """List the runs of ones in a mask as (first bit, bit behind the last), which is
    None for all up to the top.
    """
    found = []
    at = 0
    while mask:
        while not mask & 1:
            mask = mask >> 1
            at = at + 1
        if mask == -1:
            return [*found, (at, None)]
        start = at
        while mask & 1:
            mask = mask >> 1
            at = at + 1
        found.append((start, at))
    return found
