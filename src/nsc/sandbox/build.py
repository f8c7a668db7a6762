"""Units -> runnable modules, many units to a module; one that fails sinks no others.

In: Units. Out: one `Built` or `Failed` per unit, in order. Non-goals: running.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from nsc.program import Unit
from nsc.sandbox.compiler import (
    Compiled,
    CompilerLimits,
    compile_wasm,
    filling,
    trapping,
)
from nsc.sandbox.guard import refusal
from nsc.sandbox.module import Text, module_texts
from nsc.sandbox.outcome import Outcome

UNITS_PER_MODULE = 64
# its macros make of `sqrt` another function: such a unit gets its own module
_CHANGES_NEIGHBOURS = "tgmath.h"
# A C library linked for files or the environment asks the host at start: such a unit
# gets its own module.
_ASKED_AT_START = (b"fd_prestat_get", b"environ_get", b"args_get")


@dataclass(frozen=True)
class Built:
    """A unit inside a module, selected by `number`."""

    wasm: bytes
    number: int
    n_inputs: int
    n_outputs: int


@dataclass(frozen=True)
class Failed:
    """A unit that could not be built, by name and with a message free of host paths."""

    outcome: Outcome
    message: str


def build(
    units: Sequence[Unit],
    limits: CompilerLimits = CompilerLimits(),
    *,
    checks: Sequence[str] = (),
    fill: str = "",
) -> list[Built | Failed]:
    """Build units, `UNITS_PER_MODULE` to a module.

    A module that fails is split until the culprit is found.

    Args:
        checks: undefined behaviour that ends a sample (`aborted`), as clang names it:
            "bounds", "shift"... Without a check an index past the end of an array
            reads what lies there, which other units of the module decide.
        fill: what a variable holds before it is written: "pattern", "zero", or what
            the compiler makes of it.
    """
    more_flags = (*trapping(checks), *filling(fill))
    compile_ = partial(compile_wasm, limits=limits, more_flags=more_flags)
    results: dict[int, Built | Failed] = {}
    alone: list[int] = []
    together: list[int] = []
    for k, unit in enumerate(units):
        why = refusal(unit)
        if why is not None:
            message = f"the sandbox does not compile {why}"
            results[k] = Failed(Outcome.refused, message)
        elif _CHANGES_NEIGHBOURS in unit.headers:
            alone.append(k)
        else:
            together.append(k)
    for start in range(0, len(together), UNITS_PER_MODULE):
        chosen = together[start : start + UNITS_PER_MODULE]
        results |= _build_module(units, chosen, compile_)
    for k in alone:
        results |= _build_module(units, [k], compile_)
    return [results[k] for k in range(len(units))]


def build_own(
    unit: Unit, limits: CompilerLimits = CompilerLimits()
) -> Built | Failed:
    """Build a unit that nsc wrote itself, which may hold directives.

    No text from elsewhere may be in it that has not passed `refusal`.
    """
    [built] = _build_module(
        [unit], [0], partial(compile_wasm, limits=limits)
    ).values()
    return built


def _build_module(
    units: Sequence[Unit],
    chosen: list[int],
    compile_: Callable[[str], Compiled],
) -> dict[int, Built | Failed]:
    """Build the chosen units as one module, or, if that fails, as several."""
    texts = module_texts([units[k] for k in chosen])
    made = compile_("".join(part.text for part in texts))
    if made.outcome is Outcome.ok and (
        len(chosen) == 1 or not _asks_at_start(made)
    ):
        return {
            k: Built(made.wasm, number, units[k].n_inputs, units[k].n_outputs)
            for number, k in enumerate(chosen)
        }
    if len(chosen) == 1:
        return {chosen[0]: Failed(made.outcome, made.message)}
    results: dict[int, Built | Failed] = {}
    for group in _split(chosen, _blamed(texts, made.lines)):
        results |= _build_module(units, group, compile_)
    return results


def _asks_at_start(made: Compiled) -> bool:
    return any(name in made.wasm for name in _ASKED_AT_START)


def _split(chosen: list[int], blamed: list[int]) -> list[list[int]]:
    """Return who is built apart from whom: who is blamed alone, else two halves."""
    if not blamed:
        half = len(chosen) // 2
        return [chosen[:half], chosen[half:]]
    rest = [k for n, k in enumerate(chosen) if n not in blamed]
    groups = [[chosen[n]] for n in blamed]
    return [*groups, rest] if rest else groups


def _blamed(texts: Sequence[Text], lines: Sequence[int]) -> list[int]:
    """Return the units for which lines of a module are.

    They are most often the culprits; each is then built alone.
    """
    ends = list(accumulate(part.text.count("\n") for part in texts))
    places = {bisect_left(ends, line) for line in lines}
    return sorted(
        {
            unit
            for place in places
            if place < len(texts)
            for unit in texts[place].units
        }
    )
