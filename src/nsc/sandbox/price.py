"""What a call of a program costs, in fuel, which is the same on every machine.

In: `Built`, inputs. Out: `Price`, and what the calls returned; or fuel alone. Non-goals:
what a price decides.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import wasmtime

from nsc.sandbox.build import Built
from nsc.sandbox.count import add_runs
from nsc.sandbox.engine import TICK_S
from nsc.sandbox.module import CHUNK
from nsc.sandbox.outcome import Outcome
from nsc.sandbox.run import SPARE_FUEL, Instance, RunLimits

ENOUGH_FUEL = 20_000_000  # spent on finding a price
MOST_FUEL = 1 << 60


@dataclass(frozen=True)
class Price:
    """What calls cost.

    Args:
        fuel: wasm instructions a call, a mean over those that ended; None where none
            did.
        seconds: a call, on this machine.
        outputs: `n o` of the first inputs, those that were run and ended.
        outcome: how the last call ended.
    """

    fuel: float | None
    seconds: float
    outputs: np.ndarray
    outcome: Outcome


def price_of(built: Built, x: np.ndarray, seconds: float) -> Price:
    """Run a unit on inputs `n i` one by one, until all or enough fuel is spent.

    Args:
        seconds: that a call may take.

    Raises:
        HostError: this machine cannot run any program.
    """
    limits = (
        RunLimits(failures=1),
        RunLimits(MOST_FUEL, failures=1, seconds=seconds),
    )
    # most programs are cheap: then the engine without a clock does, which data use
    found = _price(built, x, limits[0])
    if found.outcome is Outcome.out_of_fuel:
        found = _price(built, x, limits[1])
    return found


def fuel_of(
    built: Built, x: np.ndarray, limits: RunLimits = RunLimits()
) -> float | None:
    """Count the instructions of a call, a mean over at most a chunk of inputs.

    Args:
        x: `n i`, at least one.
        limits: `fuel_per_sample`, of which there must be some, is for all samples
            together.

    Returns:
        None where calls do not end.
    """
    assert limits.fuel_per_sample is not None, "a price is counted in fuel"
    x = x[:CHUNK]
    given = limits.fuel_per_sample * len(x)
    try:
        instance = Instance(built, limits)
        instance.write(x)
        instance.store.set_fuel(given)
        add_runs(len(x))
        instance.entry(instance.store, built.number, 0, len(x))
    except (wasmtime.Trap, wasmtime.WasmtimeError):
        return None
    return (given - instance.store.get_fuel()) / len(x)


def _price(built: Built, x: np.ndarray, limits: RunLimits) -> Price:
    assert limits.fuel_per_sample is not None, "a price is counted in fuel"
    given = limits.fuel_per_sample + SPARE_FUEL
    outputs: list[np.ndarray] = []
    outcome = Outcome.ok
    fuel = 0
    started = time.perf_counter()
    try:
        instance = Instance(built, limits)
        instance.write(x)
        started = time.perf_counter()
        for k in range(len(x)):
            outcome = instance.run(k, k + 1).outcome
            add_runs(1)
            if outcome is not Outcome.ok:
                break
            fuel += given - instance.store.get_fuel()
            outputs.append(instance.read(k, k + 1)[0])
            if fuel >= ENOUGH_FUEL:
                break
    except (wasmtime.Trap, wasmtime.WasmtimeError):
        outcome = Outcome.trapped
    took = time.perf_counter() - started
    n = len(outputs)
    return Price(
        fuel / n if n else None,
        took / n if n else max(took, TICK_S),
        np.array(outputs).reshape(n, built.n_outputs),
        outcome,
    )
