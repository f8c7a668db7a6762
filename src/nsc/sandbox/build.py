"""Units -> runnable modules, many units to a module; one that fails never sinks the
others.

In: Units. Out: one `Built` or `Failed` per unit, in order. Non-goals: running.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from nsc.program import Unit
from nsc.sandbox.compiler import TRAP_BOUNDS, Compiled, CompilerLimits, compile_wasm
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
    trap_bounds: bool = False,
) -> list[Built | Failed]:
    """Build units, `UNITS_PER_MODULE` to a module; a module that fails is split until
    the culprit is found.

    Args:
        trap_bounds: end a sample (`aborted`) that indexes past the end of an array.
            Otherwise it reads what lies there, which other units of the module decide.
    """
    compile_ = partial(
        compile_wasm, limits=limits, more_flags=TRAP_BOUNDS if trap_bounds else ()
    )
    results: list[Built | Failed | None] = [None] * len(units)
    accepted = []
    for k, unit in enumerate(units):
        why = refusal(unit)
        if why is None:
            accepted.append(k)
        else:
            results[k] = Failed(Outcome.refused, f"the sandbox does not compile {why}")
    together = [k for k in accepted if _CHANGES_NEIGHBOURS not in units[k].headers]
    for start in range(0, len(together), UNITS_PER_MODULE):
        _build_some(
            units, together[start : start + UNITS_PER_MODULE], results, compile_
        )
    for k in accepted:
        if _CHANGES_NEIGHBOURS in units[k].headers:
            _build_some(units, [k], results, compile_)
    return results


def _build_some(
    units: Sequence[Unit],
    chosen: list[int],
    results: list[Built | Failed | None],
    compile_: Callable[[str], Compiled],
) -> None:
    texts = module_texts([units[k] for k in chosen])
    made = compile_("".join(part.text for part in texts))
    shares_start = len(chosen) > 1 and any(
        name in made.wasm for name in _ASKED_AT_START
    )
    if made.outcome is Outcome.ok and not shares_start:
        for number, k in enumerate(chosen):
            results[k] = Built(made.wasm, number, units[k].n_inputs, units[k].n_outputs)
        return
    if len(chosen) == 1:
        results[chosen[0]] = Failed(made.outcome, made.message)
        return
    blamed = _blamed(texts, made.lines)
    half = len(chosen) // 2
    groups = [[chosen[n]] for n in blamed] + [
        [k for n, k in enumerate(chosen) if n not in blamed]
    ]
    for group in groups if blamed else (chosen[:half], chosen[half:]):
        if group:
            _build_some(units, group, results, compile_)


def _blamed(texts: Sequence[Text], lines: Sequence[int]) -> list[int]:
    """Return the units for which lines of a module are: most often the culprits, each
    of which is then built alone.
    """
    ends = list(accumulate(part.text.count("\n") for part in texts))
    places = {bisect_left(ends, line) for line in lines}
    return sorted(
        {unit for place in places if place < len(texts) for unit in texts[place].units}
    )
