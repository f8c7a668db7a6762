"""Run built units on inputs: no imports granted, fuel and memory limited, the same bits
everywhere.

In: `Built`, inputs. Out: `Execution` with an outcome per sample. Non-goals: what
failures mean.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import wasmtime
from wasmtime import TrapCode

from nsc.sandbox.build import Built
from nsc.sandbox.module import CHUNK
from nsc.sandbox.outcome import Outcome


@dataclass(frozen=True)
class RunLimits:
    """Bounds on running one unit.

    Args:
        fuel_per_sample: wasm instructions, on average over a chunk of samples; for each
            by itself in a chunk in which one sample has used up all.
        memory_bytes: of the module's linear memory.
        failures: samples that may fail before the rest is not run.
    """

    fuel_per_sample: int = 2_000_000
    memory_bytes: int = 64 << 20
    failures: int = 64


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


@lru_cache(maxsize=1)
def _engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.consume_fuel = True
    config.cranelift_nan_canonicalization = True
    config.wasm_relaxed_simd = False
    config.wasm_threads = False
    config.max_wasm_stack = 512 << 10
    return wasmtime.Engine(config)


@lru_cache(maxsize=32)
def _module(wasm: bytes) -> tuple[wasmtime.Module, wasmtime.Linker]:
    """Return a module, and a linker that traps where it asks for an import."""
    module = wasmtime.Module(_engine(), wasm)
    linker = wasmtime.Linker(_engine())
    linker.define_unknown_imports_as_traps(module)
    return module, linker


class _Instance:
    """One fresh instance of a module."""

    def __init__(self, built: Built, limits: RunLimits):
        self.store = wasmtime.Store(_engine())
        self.store.set_limits(
            memory_size=limits.memory_bytes, instances=1, tables=4, memories=1
        )
        self.store.set_fuel(10_000_000)
        module, linker = _module(built.wasm)
        self.exports = linker.instantiate(self.store, module).exports(self.store)
        self.memory = self.exports["memory"]
        if "_initialize" in self.exports:
            self.exports["_initialize"](self.store)
        self.input, self.output, self.done = (
            self.exports[name](self.store) for name in ("in", "out", "done")
        )
        self.run = self.exports["run"]
        self.number = built.number

    def write(self, x: np.ndarray) -> None:
        self.memory.write(
            self.store, np.ascontiguousarray(x, np.float64).tobytes(), self.input
        )

    def read(self, rows: int, n_outputs: int) -> np.ndarray:
        raw = self.memory.read(
            self.store, self.output, self.output + 8 * rows * n_outputs
        )
        return np.frombuffer(bytes(raw), np.float64).reshape(rows, n_outputs)

    def position(self, low: int, high: int) -> int:
        """Return the sample that was running; the program may have overwritten it, so
        it is clamped.
        """
        raw = self.memory.read(self.store, self.done, self.done + 4)
        return min(
            max(int.from_bytes(bytes(raw), "little", signed=True), low), high - 1
        )


def run(built: Built, x: np.ndarray, limits: RunLimits = RunLimits()) -> Execution:
    """Run a unit on every row of `x` (`n i`, the program's units).

    After a failure a fresh instance goes on with the next sample, until
    `limits.failures`.
    """
    outputs = np.full((len(x), built.n_outputs), np.nan)
    failed: dict[int, Outcome] = {}
    import_name = ""
    instance: _Instance | None = None
    start = 0
    while start < len(x) and len(failed) < limits.failures:
        stop = min(start + CHUNK, len(x))
        try:
            instance = instance or _Instance(built, limits)
            instance.write(x[start:stop])
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            outcome, import_name = _named_error(error)
            return Execution(
                outputs, dict.fromkeys(range(len(x)), outcome), outcome, import_name
            )
        first = 0
        window = CHUNK
        while first < stop - start:
            last = min(first + window, stop - start)
            reached, outcome, name = _run_some(instance, first, last, limits)
            outputs[start + first : start + reached] = instance.read(
                reached, built.n_outputs
            )[first:]
            first = reached
            if outcome is Outcome.ok:
                continue
            if outcome is Outcome.out_of_fuel:
                # one sample has spent a whole chunk's fuel; the next gets its own
                window = 1
            import_name = import_name or name
            failed[start + reached] = outcome
            first = reached + 1
            if len(failed) >= limits.failures:
                break
            instance = _Instance(built, limits)
            instance.write(x[start:stop])
        start = stop
    worst = Counter(failed.values()).most_common(1)[0][0] if failed else Outcome.ok
    return Execution(outputs, failed, worst, import_name)


def _run_some(
    instance: _Instance, first: int, stop: int, limits: RunLimits
) -> tuple[int, Outcome, str]:
    """Run samples first..stop; returns (first sample not finished, outcome, import
    asked for).
    """
    instance.store.set_fuel(limits.fuel_per_sample * (stop - first) + 1_000_000)
    try:
        instance.run(instance.store, instance.number, first, stop)
        return stop, Outcome.ok, ""
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        return instance.position(first, stop), *_named_error(error)


def _named_error(error: wasmtime.Trap | wasmtime.WasmtimeError) -> tuple[Outcome, str]:
    """Return (outcome, import asked for) of a trap, or of an error that is none of the
    program's own.
    """
    if isinstance(error, wasmtime.Trap):
        return _TRAPS.get(error.trap_code, Outcome.trapped), ""
    text = str(error)
    if "unknown import" not in text:
        return Outcome.trapped, ""
    name = text.split("`")[1] if "`" in text else "unknown"
    return Outcome.forbidden_import, name.rsplit("::", 1)[-1]


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
}
