"""C's bit operators on symbolic integers, written with floor.

Exact while no integer overflows.

In: an operator, nodes. Out: a node. Non-goals: two operands that both take many values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from nsc.graph.bits.formats import FORMATS, MANTISSA, format_of
from nsc.graph.bits.operators import on_field
from nsc.graph.builder import DagBuilder
from nsc.graph.dag import TRUTHS
from nsc.refusal import Refusal

_MAX_BITS = 53  # a double holds larger integers with gaps
_MAX_CASES = 64


def _and(x: int, y: int) -> int:
    return x & y


def _or(x: int, y: int) -> int:
    return x | y


def _xor(x: int, y: int) -> int:
    return x ^ y


def _shift_left(x: int, y: int) -> int:
    return x << (y & 63)


def _shift_right(x: int, y: int) -> int:
    return x >> (y & 63)


_FOLD: Mapping[str, Callable[[int, int], int]] = {
    "&": _and,
    "|": _or,
    "^": _xor,
    "<<": _shift_left,
    ">>": _shift_right,
}
_LOGICAL = {"&": "AND", "|": "OR"}  # the same of truth values


def bitwise(b: DagBuilder, symbol: str, x: int, y: int) -> int:
    """Apply `&`, `|`, `^`, `<<` or `>>` to two integers.

    Raises:
        Refusal: `bit_operation`, both depend on inputs and take many values.
    """
    known_x = b.value(x)
    known_y = b.value(y)
    if known_x is not None and known_y is not None:
        return b.literal(float(_FOLD[symbol](int(known_x), int(known_y))))
    found = on_field(b, symbol, x, y) if b.has_passing else None
    if found is not None:
        return found
    if symbol in ("<<", ">>"):
        found = _by_cases(b, symbol, x, y) if b.op(x) == "SEL" else None
        return _shift(b, symbol, x, y) if found is None else found
    if b.op(x) in TRUTHS and b.op(y) in TRUTHS:
        return _of_truths(b, symbol, x, y)
    return _of_integers(b, symbol, x, y)


def complement(b: DagBuilder, x: int) -> int:
    """`~x -> -1 - x`, and `~HIGH(x) -> 0xffffffff - HIGH(x)` of what is unsigned."""
    op = b.op(x)
    every = -1.0
    if op in FORMATS:
        every = 2.0 ** FORMATS[op].bits - 1
    elif op == "LOW":
        every = 2.0**32 - 1
    return b.make("SUB", b.literal(every), x)


def _of_truths(b: DagBuilder, symbol: str, x: int, y: int) -> int:
    """`x & y -> x && y`, `x ^ y -> x != y`, of what is 0 or 1."""
    if symbol == "^":
        return b.make("NOT", b.make("EQ", x, y))
    return b.make(_LOGICAL[symbol], x, y)


def _of_integers(b: DagBuilder, symbol: str, x: int, y: int) -> int:
    """Apply `&`, `|` or `^` where at most one operand takes many values.

    `(a << 1) | t -> a * 2 + t` of a truth t: no bit is one in both.
    """
    if symbol != "&" and _are_apart(b, x, y):
        return b.make("ADD", x, y)
    found = _by_cases(b, symbol, x, y)
    if found is not None:
        return found
    if b.value(x) is not None:
        x, y = y, x
    mask = b.value(y)
    if mask is None and symbol == "|":
        return b.make("BITOR", x, y)  # only whether it is zero can be told
    if mask is None or abs(mask) >= 2.0**_MAX_BITS:
        message = f"'{symbol}' on two values that depend on inputs"
        raise Refusal("bit_operation", message, b.at)
    return _with_literal(b, symbol, x, int(mask))


def _shift(b: DagBuilder, symbol: str, x: int, y: int) -> int:
    """`x << y -> x * 2**y`, `x >> y -> FLOOR(x * 2**-y)`; x is whole."""
    two = b.literal(2.0)
    scale = b.make("POW", two, y if symbol == "<<" else b.make("NEG", y))
    scaled = b.make("MUL", x, scale)
    if b.value(y) == 0:
        return x
    return scaled if symbol == "<<" else b.make("FLOOR", scaled)


def _are_apart(b: DagBuilder, x: int, y: int) -> bool:
    """Say whether no bit can be one in both, as in `a << 1 | b`."""
    left = _possible(b, x)
    right = _possible(b, y)
    return left is not None and right is not None and not left & right


def _possible(b: DagBuilder, node: int, depth: int = 4) -> int | None:
    """Return a mask of the bits that can be one; None where that is not known."""
    known = b.value(node)
    if known is not None:
        is_exact = 0 <= known < 2.0**_MAX_BITS or _is_power_of_two(known)
        return int(known) if is_exact else None
    op = b.op(node)
    if op in TRUTHS:
        return 1
    if op in MANTISSA:
        return (1 << format_of(op).mantissa) - 1
    found = _possible_in_operation(b, node, depth) if depth else None
    if found is not None:
        return found
    low, high = b.range(node)
    if low >= 0 and high < 2.0**_MAX_BITS:
        return _ones(int(high).bit_length())
    return None


def _is_power_of_two(value: float) -> bool:
    return math.frexp(value)[0] == 0.5


def _ones(n: int) -> int:
    """Return a mask of the lowest n bits."""
    return (1 << n) - 1


def _possible_in_operation(b: DagBuilder, node: int, depth: int) -> int | None:
    """Return a mask of the bits of a choice, of what is shifted, of sums of these."""
    op = b.op(node)
    sides = b.children(node)
    if op == "SUB":
        return _rest_of_division(b, *sides)
    if op not in ("SEL", "MUL", "ADD"):
        return None
    left, right = sides[-2:]  # of SEL the condition comes first
    x = _possible(b, left, depth - 1)
    y = _possible(b, right, depth - 1)
    if x is None or y is None:
        return None
    if op == "MUL":
        is_shift = any(
            _is_power_of_two(b.value(side) or 0.0) for side in sides
        )
        return x * y if is_shift else None
    return x | y if op == "SEL" or not x & y else None


def _rest_of_division(b: DagBuilder, x: int, whole: int) -> int | None:
    """Return the mask of `x & mask` as it is written: x - 2^n floor(x / 2^n)."""
    scale = _scale_of(b, whole)
    if scale < 2 or not _is_power_of_two(scale):
        return None
    floor = b.make("FLOOR", b.make("MUL", x, b.literal(1 / scale)))
    is_rest = b.make("MUL", floor, b.literal(scale)) == whole
    return int(scale) - 1 if is_rest else None


def _scale_of(b: DagBuilder, node: int) -> float:
    """Return the number in a product with one; 0 where there is none."""
    if b.op(node) != "MUL":
        return 0.0
    for side in b.children(node):
        value = b.value(side)
        if value:
            return value
    return 0.0


def _by_cases(b: DagBuilder, symbol: str, x: int, y: int) -> int | None:
    """`(c ? 3 : 5) & 6 -> c ? 2 : 4`: case by case, where both choose from literals."""
    count = _n_cases(b, x) * _n_cases(b, y)
    if not 0 < count <= _MAX_CASES:
        return None
    fold = _FOLD[symbol]

    def outer(left: int) -> int:
        return _each_case(
            b, y, lambda right: b.literal(float(fold(left, right)))
        )

    return _each_case(b, x, outer)


def _n_cases(b: DagBuilder, node: int) -> int:
    """Count the literals a node chooses from; 0 where it is something else."""
    if b.value(node) is not None:
        return 1
    if b.op(node) in TRUTHS:
        return 2
    if b.op(node) != "SEL":
        return 0
    n_cases = 0
    for arm in b.children(node)[1:]:
        count = _n_cases(b, arm)
        n_cases += count
        if count == 0 or n_cases > _MAX_CASES:
            return 0
    return n_cases


def _each_case(b: DagBuilder, node: int, then: Callable[[int], int]) -> int:
    """Rebuild a choice of literals with `then` of each."""
    known = b.value(node)
    if known is not None:
        return then(int(known))
    if b.op(node) in TRUTHS:
        return b.make("SEL", node, then(1), then(0))
    condition, yes, no = b.children(node)
    return b.make(
        "SEL", condition, _each_case(b, yes, then), _each_case(b, no, then)
    )


def _with_literal(b: DagBuilder, symbol: str, x: int, mask: int) -> int:
    """`x | m -> m + (x & ~m)`, `x ^ m -> x + m - 2 (x & m)`."""
    if symbol == "&":
        return _masked(b, x, mask)
    literal = b.literal(float(mask))
    if symbol == "|":
        return b.make("ADD", literal, _masked(b, x, ~mask))
    twice = b.make("MUL", b.literal(2.0), _masked(b, x, mask))
    return b.make("SUB", b.make("ADD", x, literal), twice)


def _masked(b: DagBuilder, x: int, mask: int) -> int:
    """`x & 0xf0 -> (FLOOR(x / 16) - FLOOR(x / 256) * 16) * 16`.

    One term for each run of ones in the mask; negative masks have ones up to the top.
    """
    low, high = b.range(x)
    if low >= 0 and high < 2.0**_MAX_BITS:
        every = _ones(int(high).bit_length())
        mask &= every
        if mask == every:
            return x
    total = b.literal(0.0)
    for start, end in _runs(mask):
        term = _run(b, x, start, end)
        total = b.make("ADD", total, term)
    return total


def _run(b: DagBuilder, x: int, start: int, end: int | None) -> int:
    """Return the bits of x from `start` up to `end`, or all above, in their places."""
    low, high = b.range(x)
    run = _shift(b, ">>", x, b.literal(float(start)))
    is_highest_bit = (
        end == start + 1 and low >= 0 and high < 2.0 ** (start + 1)
    )
    if is_highest_bit:
        is_clear = b.make("LT", x, b.literal(2.0**start))
        return b.make("SEL", is_clear, b.literal(0.0), b.literal(2.0**start))
    if end is not None:
        width = b.literal(float(end - start))
        above = _shift(b, "<<", _shift(b, ">>", run, width), width)
        run = b.make("SUB", run, above)
    return _shift(b, "<<", run, b.literal(float(start)))


def _runs(mask: int) -> list[tuple[int, int | None]]:
    """List the runs of ones in a mask as (first bit, bit behind the last).

    The second is None where all bits up to the top are ones.

    Example: _runs(0b110001) is [(0, 1), (4, 6)]; _runs(-4) is [(2, None)].
    """
    found: list[tuple[int, int | None]] = []
    at = 0
    while mask:
        while not mask & 1:
            mask >>= 1
            at += 1
        if mask == -1:
            return [*found, (at, None)]
        start = at
        while mask & 1:
            mask >>= 1
            at += 1
        found.append((start, at))
    return found
