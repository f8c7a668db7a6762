"""Run built units on inputs; memory is limited, and fuel or time.

What they print is discarded; nothing else is granted. The same bits come out everywhere.

In: `Built`, inputs. Out: `Execution` with an outcome per sample. Non-goals: what
failures mean.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import wasmtime
from wasmtime import TrapCode

from nsc.sandbox.build import Built
from nsc.sandbox.compiler import NULL_BYTES
from nsc.sandbox.count import add_runs
from nsc.sandbox.engine import Engine, engine_of, expect_host
from nsc.sandbox.module import CHUNK
from nsc.sandbox.outcome import Outcome

START_FUEL = 10_000_000  # for a module's own initialisation
SPARE_FUEL = 1_000_000  # beside the samples', for the loop over them
STRETCH_S = 0.25  # of samples that run in one go under a limit of time


@dataclass(frozen=True)
class RunLimits:
    """Bounds on running one unit.

    Args:
        fuel_per_sample: wasm instructions, on average over a chunk of samples; for each
            by itself in a chunk in which one sample has used up all. None is no limit:
            then there must be one of time.
        memory_bytes: of the module's linear memory.
        failures: samples that may fail before the rest is not run.
        seconds: that one sample may take, by this machine's clock; None is no limit.
            One that takes longer is the last that is run.
    """

    fuel_per_sample: int | None = 2_000_000
    memory_bytes: int = 64 << 20
    failures: int = 64
    seconds: float | None = None


@dataclass(frozen=True)
class Execution:
    """What came of running a unit on `n` inputs.

    Args:
        outputs: float64 `n o`, NaN where a sample did not finish.
        failed: sample -> outcome, for the samples that did not finish.
        outcome: ok, or the most frequent failure.
        import_name: what a forbidden import asked for.
    """

    outputs: np.ndarray
    failed: dict[int, Outcome]
    outcome: Outcome
    import_name: str = ""


class Instance:
    """One fresh instance of a module."""

    def __init__(self, built: Built, limits: RunLimits, low_byte: int = 0):
        self.engine: Engine = engine_of(
            has_fuel=limits.fuel_per_sample is not None,
            has_clock=limits.seconds is not None,
        )
        self.store = wasmtime.Store(self.engine.engine)
        self.store.set_limits(
            memory_size=limits.memory_bytes, instances=1, tables=4, memories=1
        )
        if limits.fuel_per_sample is not None:
            self.store.set_fuel(START_FUEL)
        self.engine.start_clock(self.store, limits.seconds)
        module, linker = self.engine.module(built.wasm)
        exports = linker.instantiate(self.store, module).exports(self.store)
        if "_initialize" in exports:
            exported_function(exports, "_initialize")(self.store)
        self.memory = _memory(exports)
        self.input = exported_function(exports, "in")(self.store)
        self.output = exported_function(exports, "out")(self.store)
        self.done = exported_function(exports, "done")(self.store)
        self.entry = exported_function(exports, "run")
        self.exports = exports
        self.built = built
        self.limits = limits
        self.low = bytes([low_byte]) * NULL_BYTES
        if low_byte:
            self.memory.write(self.store, self.low, 0)

    def wrote_low(self) -> bool:
        """Say whether what only null pointers lead to was written."""
        return bytes(self.memory.read(self.store, 0, NULL_BYTES)) != self.low

    def write(self, x: np.ndarray) -> None:
        """Put inputs `n i` where the module reads them."""
        raw = np.ascontiguousarray(x, np.float64).tobytes()
        self.memory.write(self.store, raw, self.input)

    def read(self, first: int, stop: int) -> np.ndarray:
        """Return the outputs of samples first..stop, `n o`."""
        row_bytes = 8 * self.built.n_outputs
        start = self.output + first * row_bytes
        raw = self.memory.read(
            self.store, start, start + (stop - first) * row_bytes
        )
        return np.frombuffer(bytes(raw), np.float64).reshape(
            -1, self.built.n_outputs
        )

    def position(self, low: int, high: int) -> int:
        """Return the sample that was running.

        The program may have overwritten the counter, so it is clamped.
        """
        raw = self.memory.read(self.store, self.done, self.done + 4)
        found = int.from_bytes(bytes(raw), "little", signed=True)
        return min(max(found, low), high - 1)

    def run(self, first: int, stop: int) -> Stretch:
        """Run samples first..stop of those written, until one fails."""
        if self.limits.fuel_per_sample is not None:
            fuel = self.limits.fuel_per_sample * (stop - first) + SPARE_FUEL
            self.store.set_fuel(fuel)
        self.engine.start_clock(self.store, self.limits.seconds)
        try:
            self.entry(self.store, self.built.number, first, stop)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            outcome, import_name = _named_error(error)
            return Stretch(self.position(first, stop), outcome, import_name)
        return Stretch(stop, Outcome.ok, "")


class Stretch(NamedTuple):
    """How far samples ran: `reached` is the first that did not finish, and why."""

    reached: int
    outcome: Outcome
    import_name: str


def exported_function(
    exports: Mapping[str, object], name: str
) -> wasmtime.Func:
    found = exports[name]
    assert isinstance(found, wasmtime.Func), (
        f"module.py exports a function '{name}'"
    )
    return found


def _memory(exports: Mapping[str, object]) -> wasmtime.Memory:
    found = exports["memory"]
    assert isinstance(found, wasmtime.Memory), "a wasm module has one memory"
    return found


def run(
    built: Built,
    x: np.ndarray,
    limits: RunLimits = RunLimits(),
    *,
    low_byte: int = 0,
) -> Execution:
    """Run a unit on inputs.

    After a failure a fresh instance goes on with the next sample, until
    `limits.failures`. A write through a null pointer is a failure; what a null
    pointer reads is for who compares runs with two `low_byte`s.

    Args:
        built: the unit.
        x: `n i`, in the program's units.
        limits: on fuel, memory and failures.
        low_byte: what each byte at and after address 0 holds.

    Returns:
        Outputs `n o` and an outcome for each sample that did not finish.

    Raises:
        HostError: this machine cannot run any program.
    """
    return _Run(built, x, limits, low_byte).execution()


class _Run:
    """Samples of one call of `run`, chunk by chunk: what has come of them so far."""

    def __init__(
        self, built: Built, x: np.ndarray, limits: RunLimits, low_byte: int
    ):
        self.built = built
        self.x = x
        self.limits = limits
        self.low_byte = low_byte
        self.outputs = np.full((len(x), built.n_outputs), np.nan)
        self.failed: dict[int, Outcome] = {}
        self.import_name = ""
        self.instance: Instance | None = None
        # how many samples run in one go; under a limit of time it grows from one
        self.window = CHUNK if limits.seconds is None else 1

    def execution(self) -> Execution:
        """Run all chunks."""
        for start in range(0, len(self.x), CHUNK):
            if self.is_given_up():
                break
            try:
                self._run_chunk(start, min(start + CHUNK, len(self.x)))
            except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
                return self._never_started(error)
        return Execution(
            self.outputs, self.failed, self._worst(), self.import_name
        )

    def is_given_up(self) -> bool:
        is_late = Outcome.out_of_time in self.failed.values()
        return is_late or len(self.failed) >= self.limits.failures

    def _run_chunk(self, start: int, stop: int) -> None:
        """Run the samples start..stop that the module's buffers hold at once."""
        instance = self._written(self.instance, start, stop)
        n = stop - start
        first = 0
        while first < n:
            last = min(first + self.window, n)
            started = time.perf_counter()
            reached, outcome, import_name = instance.run(first, last)
            took = time.perf_counter() - started
            if instance.wrote_low():
                if (
                    last - first > 1
                ):  # the next time it shows which sample wrote
                    self.window = 1
                    instance = self._written(None, start, stop)
                    continue
                reached = first
                outcome = Outcome.null_pointer
            done = instance.read(first, reached)
            self.outputs[start + first : start + reached] = done
            is_cut = outcome is Outcome.out_of_time and last - first > 1
            has_failed = outcome is not Outcome.ok and not is_cut
            add_runs(reached - first + has_failed)
            self._size_window(reached - first, took, outcome)
            first = reached
            if outcome is Outcome.ok:
                continue
            if has_failed:
                self.import_name = self.import_name or import_name
                self.failed[start + reached] = outcome
                first = reached + 1
            if self.is_given_up():
                return
            instance = self._written(None, start, stop)

    def _size_window(self, n: int, took: float, outcome: Outcome) -> None:
        """Say how many samples run next in one go.

        After `n` that took some seconds. Where one has spent what several share, fuel
        or time, the next gets its own.
        """
        if outcome in (Outcome.out_of_fuel, Outcome.out_of_time):
            self.window = 1
        elif self.limits.seconds is not None and n:
            most = int(min(STRETCH_S, self.limits.seconds) * n / (took + 1e-9))
            self.window = max(1, min(most, 8 * n, CHUNK))

    def _written(
        self, instance: Instance | None, start: int, stop: int
    ) -> Instance:
        """Return an instance that holds the chunk's inputs, fresh if none is given."""
        if instance is None:
            instance = Instance(self.built, self.limits, self.low_byte)
        instance.write(self.x[start:stop])
        self.instance = instance
        return instance

    def _never_started(
        self, error: wasmtime.Trap | wasmtime.WasmtimeError
    ) -> Execution:
        """Name what keeps a module from starting: then no sample can be run.

        Raises:
            HostError: not even a module that does nothing starts here.
        """
        expect_host()
        outcome, import_name = _named_error(error)
        failed = dict.fromkeys(range(len(self.x)), outcome)
        return Execution(self.outputs, failed, outcome, import_name)

    def _worst(self) -> Outcome:
        counts = Counter(self.failed.values()).most_common(1)
        return counts[0][0] if counts else Outcome.ok


def _named_error(
    error: wasmtime.Trap | wasmtime.WasmtimeError,
) -> tuple[Outcome, str]:
    """Return (outcome, import asked for) of a trap, or of another error."""
    if isinstance(error, wasmtime.Trap):
        code = error.trap_code
        if code is None:
            return Outcome.trapped, ""
        return _TRAPS.get(code, Outcome.trapped), ""
    text = str(error)
    if "unknown import" not in text:
        return Outcome.trapped, ""
    asked = text.split("`")[1] if "`" in text else "unknown"
    name = asked.rsplit("::", 1)[-1]
    outcome = (
        Outcome.exited if name == "proc_exit" else Outcome.forbidden_import
    )
    return outcome, name


_TRAPS = {
    TrapCode.STACK_OVERFLOW: Outcome.stack_overflow,
    TrapCode.MEMORY_OUT_OF_BOUNDS: Outcome.out_of_bounds,
    TrapCode.TABLE_OUT_OF_BOUNDS: Outcome.out_of_bounds,
    TrapCode.INDIRECT_CALL_TO_NULL: Outcome.out_of_bounds,
    TrapCode.BAD_SIGNATURE: Outcome.out_of_bounds,
    TrapCode.INTEGER_OVERFLOW: Outcome.integer_overflow,
    TrapCode.BAD_CONVERSION_TO_INTEGER: Outcome.integer_overflow,
    TrapCode.INTEGER_DIVISION_BY_ZERO: Outcome.division_by_zero,
    TrapCode.UNREACHABLE: Outcome.aborted,
    TrapCode.OUT_OF_FUEL: Outcome.out_of_fuel,
    TrapCode.INTERRUPT: Outcome.out_of_time,
}
