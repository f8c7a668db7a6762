"""What C leaves open inside a domain: told in notes, with an example.

In: Program. Out: notes. The program runs in the sandbox on a sample, corners included,
with checks built in, and with other sizes of pointers where it asks for them. Non-goals: refusing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import numpy as np

from nsc.app.cost import Effort
from nsc.program import (
    Program,
    draw_inputs,
    is_drawn,
    with_twofold_pointers,
)
from nsc.sandbox import (
    ENDED_BY_CALL,
    MEANING,
    OF_NULL,
    Built,
    Execution,
    Outcome,
    ProgramOracle,
    RunLimits,
    Unsettled,
    build,
    exit_reached,
    run,
    undefined_behaviour,
)

SAMPLE = 448
CORNERS = 64
ADVICE = "restrict the domain, or mend the program"
_CORNERS_OF = 6  # inputs, all of whose corners fit


def notes_on_open_behaviour(
    program: Program,
    oracle: ProgramOracle,
    seed: int,
    effort: Effort = Effort(),
) -> tuple[str, ...]:
    """Say what a program does inside its domain that C does not settle.

    Args:
        oracle: the program's.
        seed: of the sample.
        effort: how hard to look.
    """
    limits = effort.limits
    x = _sample(program, seed, effort)
    ran = run(oracle.built, x, limits)
    unsettled = oracle.unsettled(x, ran, limits=limits)
    told = ()
    if unsettled is not None and unsettled.outcome is Outcome.null_pointer:
        told = OF_NULL
    found = undefined_behaviour(program.unit, x, limits)
    notes = [
        f"on {each.count} of {len(x)} inputs the program {each.meaning}, for example at"
        f" {_spelled(program, each.example)}: C leaves undefined what comes of it;"
        f" {ADVICE}"
        for each in found
        if each.check not in told
    ]
    return (
        *(
            _of_failures(program, x, ran, limits)
            if unsettled is None
            else _of_unsettled(program, x, unsettled)
        ),
        *notes,
        *_of_pointers(program, x, ran, limits),
    )


def _of_unsettled(
    program: Program, x: np.ndarray, found: Unsettled
) -> tuple[str, ...]:
    """Say where a null pointer or an unwritten variable decides: rarely, or it is refused."""
    where = _spelled(program, x[found.samples[0]])
    return (
        f"on {len(found.samples)} of {found.seen} inputs the program"
        f" {MEANING[found.outcome]}, for example at {where}: C leaves undefined what"
        f" comes of it; {ADVICE}",
    )


def _of_failures(
    program: Program, x: np.ndarray, ran: Execution, limits: RunLimits
) -> tuple[str, ...]:
    """Say where the program fails, or returns no number: rarely, or it is refused."""
    slow = [k for k, why in ran.failed.items() if why is Outcome.out_of_fuel]
    failed = [k for k in ran.failed if k not in slow]
    infinite = [
        k
        for k, row in enumerate(ran.outputs)
        if k not in ran.failed and not np.isfinite(row).all()
    ]
    if failed:
        first = min(failed)
        outcome = ran.failed[first]
        what = f"{MEANING[outcome]}{_exit(program, x[first], outcome, limits)}"
    elif infinite and len(ran.failed) < limits.failures:
        first = infinite[0]
        what = "returns NaN or infinity"
    elif slow:
        # the program's own limit is one of time
        return (
            "a check left off after"
            f" {limits.fuel_per_sample:,} instructions at"
            f" {_spelled(program, x[min(slow)])}, inside the domain: there a call takes"
            " much longer than elsewhere, or never ends",
        )
    else:
        return ()
    where = _spelled(program, x[first])
    return (f"the program {what} at {where}, inside its domain; {ADVICE}",)


def _exit(
    program: Program, x: np.ndarray, outcome: Outcome, limits: RunLimits
) -> str:
    """Name the call that ended the program; "" if none did."""
    if not program.exits or outcome not in ENDED_BY_CALL:
        return ""
    reached = exit_reached(program.unit, x, limits)
    if reached is None or reached >= len(program.exits):
        return ""
    return f" ({program.exits[reached].located(program.path)})"


def _sample(program: Program, seed: int, effort: Effort) -> np.ndarray:
    """Return inputs `n i`: corners of the domain, then others from all of it."""
    generator = np.random.default_rng(seed)
    inside = draw_inputs(program, effort.rows(SAMPLE), generator=generator)
    is_whole = [leaf.type.kind != "float" for leaf in program.signature.inputs]
    sides = list(
        zip(program.domain.lo, program.domain.hi, is_whole, strict=True)
    )
    lo = np.array([math.ceil(lo) if whole else lo for lo, _, whole in sides])
    hi = np.array([math.floor(hi) if whole else hi for _, hi, whole in sides])
    n = len(sides)
    if n <= _CORNERS_OF:
        is_high = np.array(list(itertools.product([False, True], repeat=n)))
    else:
        is_high = generator.random((CORNERS, n)) < 0.5
        is_high[:2] = [[False], [True]]
    corners = np.where(is_high, hi, lo)
    some = np.linspace(0, len(corners) - 1, effort.rows(len(corners)))
    corners = corners[some.round().astype(int)]
    return np.concatenate([corners[is_drawn(program, corners)], inside])


def _of_pointers(
    program: Program, x: np.ndarray, ran: Execution, limits: RunLimits
) -> tuple[str, ...]:
    """Say whether it matters how many bits a pointer has."""
    twofold = with_twofold_pointers(program.unit)
    if twofold is None:
        return ()
    built = build([twofold])[0]
    where = (
        "pointers have 32 bits in the sandbox, which the surrogate learned from, and"
        " 64 on most machines"
    )
    if not isinstance(built, Built):
        return (
            f"{where}: whether what sizeof gives of them changes results could not be"
            " tried",
        )
    there = run(built, x, limits).outputs
    differs = ~np.isclose(ran.outputs, there, 1e-9, 0, equal_nan=True).all(
        axis=1
    )
    if not differs.any():
        return ()
    return (
        f"{where}: on {differs.sum()} of {len(x)} inputs the result changes with what"
        f" sizeof gives of them, for example at"
        f" {_spelled(program, x[np.argmax(differs)])}; write the size as a number",
    )


def _spelled(program: Program, example: Iterable[float]) -> str:
    """Spell an input: "(i = 7, x = 0.5)"."""
    pairs = zip(program.signature.inputs, example, strict=True)
    return (
        f"({', '.join(f'{leaf.name} = {value:.6g}' for leaf, value in pairs)})"
    )
