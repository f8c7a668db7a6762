"""A program at other lengths: its loops shortened, several numbers at a time.

In: Program. Out: chains of coarser programs, each from the coarsest on. Nothing is run
or built. Non-goals: which chain says anything of the program, which its reader finds
out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from nsc.program import Program
from nsc.twins.literals import Literals, literals_of
from nsc.twins.reductions import (
    FACTORS,
    Reduction,
    Values,
    reductions_of,
    said_of,
)

PAIRED = 3  # numbers that are shortened two or more at a time


@dataclass(frozen=True)
class Shortened:
    """A program at another length; said: what is smaller, "N 4096 -> 16"."""

    said: str
    program: Program


def lengths_of(program: Program) -> Iterator[Iterator[Shortened]]:
    """Yield chains of ever longer programs, the likelier chains first.

    Of each, the numbers that decide how long loops run are divided by the same factor.
    They are made when they are asked for.
    """
    literals = literals_of(program)
    if literals is None:
        return
    for reductions in _sets_of(reductions_of(literals)):
        yield _chain(literals, reductions)


def _sets_of(all_: Sequence[Reduction]) -> Iterator[Sequence[Reduction]]:
    """Yield which numbers are shortened together: many first, which reads quickly."""
    able = [r for r in all_ if r.counts]
    alone = [r for r in able if len(r.literals) == 1][:PAIRED]
    for size in range(len(alone), 1, -1):
        yield from combinations(alone, size)
    yield from ([r] for r in able if not r.steps)
    yield from ([r] for r in able if r.steps)


def _chain(
    literals: Literals, reductions: Sequence[Reduction]
) -> Iterator[Shortened]:
    """Yield the programs at each factor that all numbers allow, the coarsest first."""
    seen: set[tuple[tuple[int, float], ...]] = set()
    for factor in sorted(FACTORS, reverse=True):
        values: Values = {}
        parts = [r.values(literals.all, factor) for r in reductions]
        if None in parts:
            continue
        for part in parts:
            values |= part or {}
        key = tuple(sorted(values.items()))
        changed = None if key in seen else literals.changed(values)
        seen.add(key)
        if changed is not None:
            yield Shortened(said_of(literals.all, values), changed)
