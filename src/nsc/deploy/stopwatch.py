"""A confined process that calls what it is told to, and the clock it is timed by.

The process runs C from elsewhere: nothing it says is believed. What it writes is read
up to the number of bytes that was asked for, in a time that was given; how long calls
take is measured here, by the processor time that the kernel counts for the process where
it does (Linux): what else runs on the machine does not count.

In: the binary of csrc/timer.c. Out: the original's outputs, nanoseconds a call.
Non-goals: building it (native).
"""

from __future__ import annotations

import os
import selectors
import struct
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from types import TracebackType

import numpy as np

from nsc.errors import BuildError
from nsc.sandbox import CompilerLimits, limited

ROUNDS = 15
FEWER_ROUNDS = 3  # where one takes longer than SLOW_S
SLOW_S = 0.2
TRIES = 3
ROUND_S = 2e-3  # what a round takes at least: many times what an order does
MOST_CALLS = 1 << 24
EACH = 1 << 40  # orders for a function: its number times this, plus calls
DONE = b"\0"
_CPU_TIME = 2  # the kernel's CPUCLOCK_SCHED


class Stopwatch:
    """A running process of csrc/timer.c.

    Raises (each method):
        BuildError: it ended, took too long, or wrote something else than was asked for.
    """

    def __init__(self, binary: Path, limits: CompilerLimits):
        self.deadline = time.monotonic() + limits.wall_s
        self.process = subprocess.Popen(
            limited([str(binary)], limits),
            cwd=binary.parent,
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )

    def __enter__(self) -> Stopwatch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.process.wait()

    def outputs(self, points: int, outputs: int) -> np.ndarray:
        """Return what the original gives on all points, `n o`."""
        raw = self._ask(0, 8 * points * outputs)
        return np.frombuffer(raw, np.float64).reshape(points, outputs)

    def times(self, sizes: int) -> tuple[float, ...]:
        """Time calls of the original, the surrogate, and other sizes of it, in turn.

        Returns:
            Nanoseconds a call of each, medians over rounds. What an order costs, the
            pipe's time, is in it: about a hundredth of a round.
        """
        calls = [self._enough(function) for function in range(2 + sizes)]
        is_slow = any(self._least(order) > SLOW_S for order in calls)
        rounds = FEWER_ROUNDS if is_slow else ROUNDS
        took_each = [[self._seconds(n) for n in calls] for _ in range(rounds)]
        return tuple(
            median(took) / (order % EACH) * 1e9
            for took, order in zip(
                zip(*took_each, strict=True), calls, strict=True
            )
        )

    def time_of_row(self, points: int, sizes: int) -> float:
        """Time the surrogate's batch entry; returns nanoseconds a row."""
        order = self._enough(2 + sizes)
        took = [self._seconds(order) for _ in range(ROUNDS)]
        return median(took) / (order % EACH) / points * 1e9

    def _enough(self, function: int) -> int:
        """Return an order for a function, of calls that take ROUND_S or more."""
        calls = 1
        while calls < MOST_CALLS:
            if self._least(function * EACH + calls) >= ROUND_S:
                break
            calls *= 2
        return function * EACH + calls

    def _least(self, order: int) -> float:
        """Return the least time of some: what else runs here only adds to one."""
        least = self._seconds(order)
        for _ in range(TRIES - 1):
            if least > SLOW_S:
                break
            least = min(least, self._seconds(order))
        return least

    def end(self) -> None:
        """Let the process end; it has nothing more to say."""
        assert (
            self.process.stdin is not None and self.process.stdout is not None
        )
        self.process.stdin.close()
        left = max(0.0, self.deadline - time.monotonic())
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            if not ready.select(left) or os.read(
                self.process.stdout.fileno(), 1
            ):
                raise _unfinished()
        try:
            code = self.process.wait(
                max(0.0, self.deadline - time.monotonic())
            )
        except subprocess.TimeoutExpired:
            raise _unfinished() from None
        if code != 0:
            raise _unfinished()

    def _seconds(self, order: int) -> float:
        started = self._clock()
        if self._ask(order, len(DONE)) != DONE:
            raise _unfinished()
        return self._clock() - started

    def _clock(self) -> float:
        """Return the seconds that the process had a processor, else those that passed."""
        if not sys.platform.startswith("linux"):
            return time.perf_counter()
        # as the kernel writes the clock of a process (clock_getcpuclockid(3))
        clock = (~self.process.pid << 3) | _CPU_TIME
        try:
            return time.clock_gettime(clock)
        except OSError:
            return time.perf_counter()

    def _ask(self, order: int, size: int) -> bytes:
        """Send an order and read `size` bytes, no more and no less."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(struct.pack("q", order))
        except OSError:
            raise _unfinished() from None
        return self._read(size)

    def _read(self, size: int) -> bytes:
        assert self.process.stdout is not None
        found = b""
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            while len(found) < size:
                left = self.deadline - time.monotonic()
                if left <= 0 or not ready.select(left):
                    raise _unfinished()
                # one more than is due would be a lie
                part = os.read(
                    self.process.stdout.fileno(), size - len(found) + 1
                )
                found += part
                if not part or len(found) > size:
                    raise _unfinished()
        return found


def _unfinished() -> BuildError:
    return BuildError(
        "the timing run of the original and the surrogate did not finish"
    )
