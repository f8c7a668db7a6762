"""What a call of a unit costs, in wasm instructions: the same on every machine.

In: `Built`, inputs. Out: instructions a call, or None where calls do not end. Non-goals:
seconds.
"""

from __future__ import annotations

import numpy as np
import wasmtime

from nsc.sandbox.build import Built
from nsc.sandbox.count import add_runs
from nsc.sandbox.module import CHUNK
from nsc.sandbox.run import Instance, RunLimits


def fuel_of(
    built: Built, x: np.ndarray, limits: RunLimits = RunLimits()
) -> float | None:
    """Count the instructions of a call, on average over at most a chunk of inputs.

    Args:
        built: the unit.
        x: `n i`, at least one.
        limits: `fuel_per_sample`, of which there must be some, is for all samples
            together.
    """
    assert limits.fuel_per_sample is not None, "a price is counted in fuel"
    x = x[:CHUNK]
    fuel = limits.fuel_per_sample * len(x)
    try:
        instance = Instance(built, limits)
        instance.write(x)
        instance.store.set_fuel(fuel)
        add_runs(len(x))
        instance.entry(instance.store, built.number, 0, len(x))
    except (wasmtime.Trap, wasmtime.WasmtimeError):
        return None
    return (fuel - instance.store.get_fuel()) / len(x)
