"""Programs that ran well -> why some of them are no ground truth all the same.

In: Programs, their outputs, a profile. Out: a named reason for each, or None. Non-goals:
running them for their outputs (execute.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nsc.exestack.programs.profile import Profile
from nsc.program import Piece, Program, Unit
from nsc.record import SAMPLES, shared_inputs
from nsc.sandbox import (
    LOW_BYTE,
    Built,
    Failed,
    RunLimits,
    build,
    filled_builds,
    run,
    same_bits,
    signature_disagreements,
    state_of,
    unsettled,
)

# outside an array, or an object, lies what a neighbour put there
CHECKS = ("array-bounds", "object-size")
LIMITS = RunLimits(fuel_per_sample=200_000, failures=1)
PATTERNED = 128  # inputs on which memory is filled with patterns
SEED = 0
# a neighbour that no program has had, with other numbers than zero to be read
_STRANGER = Unit(
    headers=(),
    pieces=(
        Piece(
            ("nsc_filler",),
            f"static double nsc_filler[64] = {{{', '.join(['0.375'] * 64)}}};",
        ),
        Piece(
            ("nsc_stranger",),
            "void nsc_stranger(const double *x, double *y)"
            " { nsc_filler[(int)x[0] & 63] += 1; y[0] = nsc_filler[0]; }",
        ),
    ),
    entry="nsc_stranger",
    n_inputs=1,
    n_outputs=1,
)


def inputs_for(n_inputs: int, profile: Profile) -> np.ndarray:
    """Return what a program is run on, `n i`: the shared inputs, then ones."""
    x = np.ones((SAMPLES, n_inputs))
    varied = min(n_inputs, profile.varied_inputs)
    x[:, :varied] = shared_inputs()[:, :varied]
    return x


def signature_reasons(
    programs: Sequence[Program], profile: Profile
) -> list[str | None]:
    """Say where programs read or write otherwise than their signatures say.

    Example: "signature_differs:hidden_input"; the first kind, as the parameters go.
    """
    inputs = [inputs_for(p.n_inputs, profile)[:PATTERNED] for p in programs]
    found = signature_disagreements(programs, inputs, seed=SEED, limits=LIMITS)
    return [
        f"signature_differs:{each[0].kind}" if each else None for each in found
    ]


def state_reasons(
    programs: Sequence[Program], profile: Profile
) -> list[str | None]:
    """Say which programs keep state in static variables, or may."""
    reasons: list[str | None] = []
    for program in programs:
        x = inputs_for(program.n_inputs, profile)[:PATTERNED]
        state, _ = state_of(program, x, seed=SEED, limits=LIMITS)
        reasons.append(None if state is None else "keeps_state")
    return reasons


def memory_reasons(
    programs: Sequence[Program],
    outputs: Sequence[np.ndarray],
    profile: Profile,
) -> list[str | None]:
    """Say which programs compute something else with other contents of memory.

    That is what neighbours hold, unwritten variables, and what null pointers lead to:
    all at once first, and one by one for the few that differ.

    Args: as of `neighbour_reasons`.
    """
    found = neighbour_reasons(
        programs, outputs, profile, fill="pattern", low_byte=LOW_BYTE
    )
    odd = [k for k, reason in enumerate(found) if reason is not None]
    reasons: list[str | None] = [None] * len(programs)
    by_neighbours = neighbour_reasons(
        [programs[k] for k in odd], [outputs[k] for k in odd], profile
    )
    for k, reason in zip(odd, by_neighbours, strict=True):
        reasons[k] = reason or _unsettled_reason(programs[k], profile)
    return reasons


def _unsettled_reason(program: Program, profile: Profile) -> str | None:
    plain = build([program.unit], checks=CHECKS)[0]
    if not isinstance(plain, Built):
        return str(plain.outcome)
    x = inputs_for(plain.n_inputs, profile)
    filled = filled_builds(program.unit, plain)
    found = unsettled(plain, filled, x, run(plain, x, LIMITS), LIMITS)
    return None if found is None else str(found.outcome)


def neighbour_reasons(
    programs: Sequence[Program],
    outputs: Sequence[np.ndarray],
    profile: Profile,
    *,
    fill: str = "",
    low_byte: int = 0,
) -> list[str | None]:
    """Build programs again in other company, and say which compute something else.

    Args:
        programs: those that passed everything else.
        outputs: what each gave before, `n o`.
        fill: as of `build`.
        low_byte: as of `run`.
    """
    if not programs:
        return []
    units = [_STRANGER, *(p.unit for p in reversed(programs))]
    built = build(units, checks=CHECKS, fill=fill)[:0:-1]
    reasons: list[str | None] = []
    for made, y in zip(built, outputs, strict=True):
        if isinstance(made, Failed):
            reasons.append(str(made.outcome))
            continue
        x = inputs_for(made.n_inputs, profile)
        again = run(made, x, LIMITS, low_byte=low_byte).outputs
        agrees = same_bits(np.ascontiguousarray(y), again).all()
        reasons.append(None if agrees else "depends_on_neighbours")
    return reasons
