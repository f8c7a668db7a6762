"""Which call ended a program, found by running it with those calls marked.

In: a Unit, one input. Out: the number of the call. Non-goals: where it stands.
"""

from __future__ import annotations

import numpy as np
import wasmtime

from nsc.program import EXIT_SITE, Unit, with_marked_exits
from nsc.sandbox.build import Built, build_own
from nsc.sandbox.guard import refusal
from nsc.sandbox.outcome import Outcome
from nsc.sandbox.run import Instance, RunLimits, exported_function

ENDED_BY_CALL = (Outcome.exited, Outcome.aborted)


def exit_reached(
    unit: Unit, x: np.ndarray, limits: RunLimits = RunLimits()
) -> int | None:
    """Run a unit on one input `i`.

    Returns:
        Which of its calls that end a program ended it, from 0; None where none did.
    """
    if refusal(unit) is not None:
        return None
    built = build_own(with_marked_exits(unit))
    if not isinstance(built, Built):
        return None
    try:
        return _reached(built, x, limits)
    except (wasmtime.Trap, wasmtime.WasmtimeError):
        return None


def _reached(built: Built, x: np.ndarray, limits: RunLimits) -> int | None:
    instance = Instance(built, limits)
    address = exported_function(instance.exports, EXIT_SITE)(instance.store)
    instance.write(x[None, :])
    if instance.run(0, 1).outcome not in ENDED_BY_CALL:
        return None
    raw = instance.memory.read(instance.store, address, address + 4)
    number = int.from_bytes(bytes(raw), "little", signed=True)
    return number - 1 if number > 0 else None
