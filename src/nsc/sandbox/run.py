"""Run built units on inputs, fuel and memory limited.

What they print is discarded; nothing else is granted. The same bits come out everywhere.

In: `Built`, inputs. Out: `Execution` with an outcome per sample. Non-goals: what
failures mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import wasmtime
from wasmtime import TrapCode

from nsc.errors import HostError
from nsc.sandbox.build import Built
from nsc.sandbox.compiler import NULL_BYTES
from nsc.sandbox.count import add_runs
from nsc.sandbox.module import CHUNK
from nsc.sandbox.outcome import Outcome

START_FUEL = 10_000_000  # for a module's own initialisation
SPARE_FUEL = 1_000_000  # beside the samples', for the loop over them


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
    """Return a module, and a linker that discards what it prints.

    It traps where the module asks for any other import.
    """
    module = wasmtime.Module(_engine(), wasm)
    linker = wasmtime.Linker(_engine())
    word = wasmtime.ValType.i32()
    prints = wasmtime.FuncType([word] * 4, [word])
    linker.define_func(_WASI, "fd_write", prints, _discard, access_caller=True)
    asks = wasmtime.FuncType([word] * 2, [word])
    linker.define_func(_WASI, "fd_fdstat_get", asks, _is_no_terminal)
    linker.define_unknown_imports_as_traps(module)
    return module, linker


def _discard(
    caller: wasmtime.Caller, fd: int, vectors: int, n: int, written: int
) -> int:
    """Take what a program prints, and say that all of it was written.

    The arguments are WASI's `fd_write`: `n` pairs of address and length at `vectors`,
    and where to put how many bytes were written. Nothing else of them is used: what is
    printed goes nowhere.
    """
    memory = caller["memory"]
    assert isinstance(memory, wasmtime.Memory), "a wasm module has one memory"
    if not 0 <= n <= _MAX_VECTORS:
        return _INVALID_ARGUMENT
    raw = bytes(memory.read(caller, vectors, vectors + 8 * n))
    lengths = np.frombuffer(raw, "<u4")[1::2]
    total = int(lengths.sum(dtype=np.uint64)) & 0xFFFFFFFF
    memory.write(caller, total.to_bytes(4, "little"), written)
    return 0


def _is_no_terminal(fd: int, status: int) -> int:
    """Say nothing of a stream, which the C library asks before it first prints."""
    return _BAD_DESCRIPTOR


class Instance:
    """One fresh instance of a module."""

    def __init__(self, built: Built, limits: RunLimits, low_byte: int = 0):
        self.store = wasmtime.Store(_engine())
        self.store.set_limits(
            memory_size=limits.memory_bytes, instances=1, tables=4, memories=1
        )
        self.store.set_fuel(START_FUEL)
        module, linker = _module(built.wasm)
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
        fuel = self.limits.fuel_per_sample * (stop - first) + SPARE_FUEL
        self.store.set_fuel(fuel)
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
        return len(self.failed) >= self.limits.failures

    def _run_chunk(self, start: int, stop: int) -> None:
        """Run the samples start..stop that the module's buffers hold at once."""
        instance = self._written(self.instance, start, stop)
        n = stop - start
        first = 0
        window = CHUNK
        while first < n:
            last = min(first + window, n)
            reached, outcome, import_name = instance.run(first, last)
            if instance.wrote_low():
                if window > 1:  # the next time it shows which sample wrote
                    window = 1
                    instance = self._written(None, start, stop)
                    continue
                reached = first
                outcome = Outcome.null_pointer
            done = instance.read(first, reached)
            self.outputs[start + first : start + reached] = done
            has_failed = outcome is not Outcome.ok
            add_runs(reached - first + has_failed)
            first = reached
            if not has_failed:
                continue
            if outcome is Outcome.out_of_fuel:
                # one sample has spent a whole chunk's fuel; the next gets its own
                window = 1
            self.import_name = self.import_name or import_name
            self.failed[start + reached] = outcome
            if self.is_given_up():
                return
            first = reached + 1
            instance = self._written(None, start, stop)

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
        _expect_host()
        outcome, import_name = _named_error(error)
        failed = dict.fromkeys(range(len(self.x)), outcome)
        return Execution(self.outputs, failed, outcome, import_name)

    def _worst(self) -> Outcome:
        counts = Counter(self.failed.values()).most_common(1)
        return counts[0][0] if counts else Outcome.ok


def _expect_host() -> None:
    """Start a module that does nothing.

    What it lacks no program is to blame for: wasmtime reserves gigabytes of addresses
    for an instance, which `ulimit -v` or a full machine refuses.

    Raises:
        HostError: it does not start.
    """
    try:
        store = wasmtime.Store(_engine())
        module = wasmtime.Module(_engine(), _CONTROL)
        wasmtime.Linker(_engine()).instantiate(store, module)
    except wasmtime.WasmtimeError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise HostError(
            f"this machine cannot run a sandboxed program ({reason}); wasmtime"
            " reserves about 8 GB of addresses a program: free memory, or raise"
            " `ulimit -v`"
        ) from None


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


_WASI = "wasi_snapshot_preview1"
_MAX_VECTORS = 1024
_BAD_DESCRIPTOR = 8  # WASI's errno `badf`
_INVALID_ARGUMENT = 28  # WASI's errno `inval`
_CONTROL = "(module (memory 1))"
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
