"""What a compilation has to tell its user, in words.

In: a program, its initial parameters, what was found. Out: notes. Non-goals: what
checks and timing tell.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nsc.app.options import CompileOptions
from nsc.app.simple_fits import losses_to_simple_fits
from nsc.compilation import Compilation
from nsc.errors import InputError
from nsc.initial import Initial
from nsc.program import Program
from nsc.text import said_of_unread
from nsc.verify import Verification

USELESS = 0.5  # of an output's variance is error


def notes_of_compilation(
    program: Program,
    initial: Sequence[Initial],
    found: Compilation,
    options: CompileOptions,
) -> tuple[str, ...]:
    """Say what of a compilation its user should know, what is worst first.

    Raises:
        InputError: a simple fit is better, and the user is strict.
    """
    lost = losses_to_simple_fits(found)
    if lost and options.strict:
        raise InputError(f"{program.name} is {lost[0]}")
    notes = [
        *lost,
        *notes_of_initial(initial),
        *_ended(found),
        *_left_out(found),
    ]
    if found.reached is False:
        best = found.verification.rmse
        notes.append(
            f"the target error {options.target_error:g} was not reached; verified rmse is"
            f" {best:.3g}: {found.given_up}"
        )
    if program.prints:
        names = ", ".join(program.prints)
        notes.append(
            f"what the program prints ({names}) is discarded: no output of it"
        )
    notes += said_of_unread(program.name, program.unread)
    notes += [*program.notes, *notes_on_fixed(program)]
    return (
        *notes,
        *_useless(found.verification, found.surrogate.output_names),
    )


def _ended(found: Compilation) -> tuple[str, ...]:
    """Say what was left out when the user ended the running."""
    if not found.is_ended:
        return ()
    runs = found.runs
    learned = runs["train"] + runs["validation"]
    return (
        f"the running was ended: learned from {learned:,} runs of"
        f" {max(found.rounds[0].budget, learned):,}, verified on {found.verification.n:,}; the"
        " same command goes on from there",
    )


def _left_out(found: Compilation) -> tuple[str, ...]:
    """Say which runs failed."""
    lost = found.left_out
    if not lost.reasons:
        return ()
    reasons = ", ".join(
        f"{n} {why}" for why, n in sorted(lost.reasons.items())
    )
    return (
        f"{lost.reasons.total()} of {lost.drawn:,} runs failed ({reasons}); other inputs"
        f" stand in for them, and nothing is known where they are. First:"
        f" {lost.first}",
    )


def notes_on_fixed(program: Program) -> list[str]:
    """Name what a surrogate was made for one value of."""
    return [
        f"{leaf.name} is fixed at {value:.10g}: the surrogate is not one for other values"
        for leaf, value in program.signature.fixed
    ]


def notes_of_initial(initial: Sequence[Initial]) -> tuple[str, ...]:
    """Collect what is to be said of initial parameters, each thing once."""
    return tuple(dict.fromkeys(note for i in initial for note in i.notes))


def _useless(found: Verification, names: tuple[str, ...]) -> tuple[str, ...]:
    """Name the outputs that the mean would be better for, or nearly as good."""
    each = found.outputs or (found,)
    advice = (
        "narrow the domain, learn from more runs (budget), make the network larger"
        " (topology), or give a target error"
    )
    said: list[str] = []
    for what, low, high in (
        ("worse than a constant", 1.0, np.inf),
        ("hardly better than a constant", USELESS, 1.0),
    ):
        poor = [
            f"{name} (nmse {v.nmse:.2g})"
            for name, v in zip(names, each, strict=True)
            if low < v.nmse <= high and np.isfinite(v.nmse)
        ]
        if poor:
            said.append(f"{what}: {', '.join(poor)}; {advice}")
    return tuple(said)
