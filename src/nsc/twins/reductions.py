"""Ways to make a program coarser: which numbers change together, and how.

In: `Literals`. Out: `Reduction`s. Non-goals: whether a coarser program still agrees,
which running tells (search.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nsc.twins.literals import Literal, Literals
from nsc.twins.reach import reach_of

FACTORS = (2, 4, 8, 16, 32, 64, 128, 256)
FEWEST = 6  # a number of cells or steps below it is not reduced
LEAST = 2  # nor to less than this
NEARBY = 2  # 34, 33 and 31 follow a 32
MAX_STEP = 0.1  # a number above it is no step size, but for one with a name
MAX_NAMED_STEP = 1.0
MAX_TOLERANCE = 1e-3
MOST_TOLERANT = 0.1
MAX_REDUCTIONS = 40
# decimal digits of a tolerance that go with a factor of 2
_DIGITS = 1.5

Values = dict[int, float]  # by the place of a literal in `Literals.all`


@dataclass(frozen=True)
class Reduction:
    """Numbers that change together.

    Args:
        counts: places of integers that all become smaller as the first of them does.
        halves: of those that are half of it.
        steps: of step sizes that grow by the same factor.
        tolerances: of tolerances that grow.
    """

    counts: tuple[int, ...] = ()
    halves: tuple[int, ...] = ()
    steps: tuple[int, ...] = ()
    tolerances: tuple[int, ...] = ()

    @property
    def literals(self) -> frozenset[int]:
        """Places of all that change."""
        return frozenset(
            (*self.counts, *self.halves, *self.steps, *self.tolerances)
        )

    def values(self, all_: Sequence[Literal], factor: int) -> Values | None:
        """Return the numbers at a factor; None where it is too much for them."""
        found: Values = {}
        growth = float(factor)
        if self.counts:
            first = all_[self.counts[0]].value
            less = reduced(int(first), factor)
            if less is None:
                return None
            growth = first / less
            for k in self.counts:
                found[k] = less + all_[k].value - first
            for k in self.halves:
                found[k] = less // 2
            if min(found.values()) < 1:
                return None
        found |= {k: _rounded(all_[k].value * growth) for k in self.steps}
        for k in self.tolerances:
            looser = all_[k].value * _loosened(factor)
            if looser > MOST_TOLERANT:
                return None
            found[k] = _rounded(looser)
        return found


def reduced(value: int, factor: int) -> int | None:
    """Divide a number of steps; an even one stays even, as Simpson's rule needs it.

    Example: reduced(4000, 32) is 124, reduced(10, 8) is None.
    """
    less = value // factor
    if less % 2 != value % 2:
        less -= 1
    return less if less >= LEAST else None


def _loosened(factor: int) -> float:
    return 10.0 ** round(_DIGITS * (factor.bit_length() - 1))


def _rounded(value: float) -> float:
    """Drop the digits that only a division has made."""
    return float(f"{value:.12g}")


def said_of(all_: Sequence[Literal], values: Mapping[int, float]) -> str:
    """Say what became smaller: "CELLS 64 -> 16, 400 -> 24"."""
    said = (
        f"{all_[k].name} {_shown(all_[k].value)} -> {_shown(value)}".strip()
        for k, value in sorted(values.items())
    )
    return ", ".join(dict.fromkeys(said))


def _shown(value: float) -> str:
    return f"{value:.6g}"


def reductions_of(literals: Literals) -> list[Reduction]:
    """List what may be made coarser, the likelier first."""
    reach = reach_of(literals.program.source)
    places = range(len(literals.all))
    uses = {k: frozenset(literals.all[k].uses) for k in places}
    bounds = [k for k in places if uses[k] & reach.bounds]
    both = [k for k in places if uses[k] & (reach.bounds | reach.extents)]
    counts = [
        k
        for k in bounds
        if literals.all[k].is_integer and literals.all[k].value >= FEWEST
    ]
    found = [Reduction(counts=(k,)) for k in counts]
    found += _families(literals.all, counts, both)
    found += _tolerances(literals.all, bounds)
    found += _steps(literals.all, bounds, counts)
    return list(dict.fromkeys(found))[:MAX_REDUCTIONS]


def _families(
    all_: Sequence[Literal], counts: Sequence[int], both: Sequence[int]
) -> Iterator[Reduction]:
    """Yield numbers that are about equal: an array's 34 follows a loop's 32."""
    done: set[frozenset[int]] = set()
    by_evenness = sorted(counts, key=lambda k: (-_twos(all_[k].value), k))
    for first in by_evenness:
        value = all_[first].value
        near = [
            k
            for k, other in enumerate(all_)
            if abs(other.value - value) <= NEARBY
            and (other.is_integer or other.value == value)
        ]
        if len(near) == 1 or frozenset(near) in done:
            continue
        done.add(frozenset(near))
        members = (first, *(k for k in near if k != first))
        halves = tuple(
            k
            for k, other in enumerate(all_)
            if other.is_integer and other.value * 2 == value
        )
        if halves:
            yield Reduction(counts=members, halves=halves)
        yield Reduction(counts=members)
        used = tuple(k for k in members if k in both)
        if len(used) > 1:
            yield Reduction(counts=used)


def _twos(value: float) -> int:
    """Count how often 2 divides a whole number."""
    whole = int(value)
    return (whole & -whole).bit_length() - 1


def _tolerances(
    all_: Sequence[Literal], bounds: Sequence[int]
) -> Iterator[Reduction]:
    for k in bounds:
        if not all_[k].is_integer and 0 < all_[k].value <= MAX_TOLERANCE:
            yield Reduction(tolerances=(k,))


def _steps(
    all_: Sequence[Literal], bounds: Sequence[int], counts: Sequence[int]
) -> Iterator[Reduction]:
    """Yield step sizes alone, and with the number of steps that they are taken."""
    sizes = [
        k
        for k, literal in enumerate(all_)
        if not literal.is_integer
        and literal.value > 0
        and literal.value <= (MAX_NAMED_STEP if literal.name else MAX_STEP)
    ]
    for k in sizes:
        if k in bounds and all_[k].value <= MAX_STEP:
            yield Reduction(steps=(k,))
    for count in counts:
        for k in sizes:
            yield Reduction(counts=(count,), steps=(k,))
