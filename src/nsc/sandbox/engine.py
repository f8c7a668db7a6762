"""Engines that run wasm: with fuel, which is deterministic, or a clock, or both.

In: what is limited, modules. Out: engines, one of each kind in a process. Non-goals:
limits (run).
"""

from __future__ import annotations

import math
import threading
import time
from functools import lru_cache

import numpy as np
import wasmtime

from nsc.errors import HostError

TICK_S = 0.01  # how finely time is limited
IDLE_TICKS = 100  # after which the clock stops, until it is wanted again


class Engine:
    """An engine, the modules that it compiled, and its clock.

    Args:
        has_fuel: stores must be given fuel.
        has_clock: stores must be given time.
    """

    def __init__(self, *, has_fuel: bool, has_clock: bool):
        config = wasmtime.Config()
        config.consume_fuel = has_fuel
        config.epoch_interruption = has_clock
        config.cranelift_nan_canonicalization = True
        config.wasm_relaxed_simd = False
        config.wasm_threads = False
        config.max_wasm_stack = 512 << 10
        self.engine = wasmtime.Engine(config)
        self.module = lru_cache(maxsize=32)(self._compiled)
        self._lock = threading.Lock()
        self._is_ticking = False
        self._wanted_until = 0.0

    def _compiled(
        self, wasm: bytes
    ) -> tuple[wasmtime.Module, wasmtime.Linker]:
        """Return a module, and a linker that discards what it prints.

        It traps where the module asks for any other import.
        """
        module = wasmtime.Module(self.engine, wasm)
        linker = wasmtime.Linker(self.engine)
        word = wasmtime.ValType.i32()
        prints = wasmtime.FuncType([word] * 4, [word])
        linker.define_func(
            _WASI, "fd_write", prints, _discard, access_caller=True
        )
        asks = wasmtime.FuncType([word] * 2, [word])
        linker.define_func(_WASI, "fd_fdstat_get", asks, _is_no_terminal)
        linker.define_unknown_imports_as_traps(module)
        return module, linker

    def start_clock(
        self, store: wasmtime.Store, seconds: float | None
    ) -> None:
        """Let what runs next in a store end after some seconds; None is no limit."""
        if seconds is None:
            return
        ticks = math.ceil(seconds / TICK_S) + 1
        store.set_epoch_deadline(ticks)
        with self._lock:
            until = time.monotonic() + seconds + IDLE_TICKS * TICK_S
            self._wanted_until = max(self._wanted_until, until)
            if not self._is_ticking:
                self._is_ticking = True
                threading.Thread(target=self._tick, daemon=True).start()

    def _tick(self) -> None:
        """Move the epoch on; a call that is under way lets other threads run."""
        while True:
            time.sleep(TICK_S)
            self.engine.increment_epoch()
            with self._lock:
                if time.monotonic() > self._wanted_until:
                    self._is_ticking = False
                    return


@lru_cache(maxsize=4)
def engine_of(*, has_fuel: bool, has_clock: bool) -> Engine:
    """Return this process's engine of a kind."""
    return Engine(has_fuel=has_fuel, has_clock=has_clock)


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


def expect_host() -> None:
    """Start a module that does nothing.

    What it lacks no program is to blame for: wasmtime reserves gigabytes of addresses
    for an instance, which `ulimit -v` or a full machine refuses.

    Raises:
        HostError: it does not start.
    """
    try:
        engine = wasmtime.Engine()
        module = wasmtime.Module(engine, _CONTROL)
        store = wasmtime.Store(engine)
        wasmtime.Linker(engine).instantiate(store, module)
    except wasmtime.WasmtimeError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise HostError(
            f"this machine cannot run a sandboxed program ({reason}); wasmtime"
            " reserves about 8 GB of addresses a program: free memory, or raise"
            " `ulimit -v`"
        ) from None


_WASI = "wasi_snapshot_preview1"
_MAX_VECTORS = 1024
_BAD_DESCRIPTOR = 8  # WASI's errno `badf`
_INVALID_ARGUMENT = 28  # WASI's errno `inval`
_CONTROL = "(module (memory 1))"
