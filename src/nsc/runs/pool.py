"""Pieces of samples over processes; the bits do not hang on how many there are.

In: an executable, inputs. Out: batches, as they are done, of which pieces. A worker
that dies or hangs costs the one sample that it was at, by name. Non-goals: how long a
piece is (runner), what is kept.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from nsc.errors import HostError
from nsc.runs.executable import (
    OUT_OF_TIME,
    WORKER_DIED,
    Array,
    Batch,
    Executable,
    Failure,
)
from nsc.runs.shipping import NotShippedError, shipped
from nsc.runs.worker import BOOT

TRIES = 2  # of a sample whose worker died
GRACE_S = 2.0  # that a worker may be late before it is ended
START_S = 60.0  # that a worker may take to come up
MOST_FALSE_STARTS = 3
LOOK_S = 0.1  # how often the pool looks up while nothing is done


class Piece(NamedTuple):
    """Samples first..stop."""

    first: int
    stop: int


class _Worker:
    """A process, and the piece that it is at."""

    def __init__(self, executable: bytes):
        ours, its = socket.socketpair()
        self.process = subprocess.Popen(
            [sys.executable, "-c", BOOT, _paths(), str(its.fileno())],
            pass_fds=[its.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is its parent's to hear
        )
        its.close()
        self.connection = Connection(ours.detach())
        self.piece: Piece | None = None
        self.is_up = False
        self.deadline = time.monotonic() + START_S
        try:
            self.connection.send_bytes(executable)
        except OSError:  # it is dead already: who waits for it finds out
            pass

    def take(self, piece: Piece, x: Array, seconds: float) -> None:
        """Hand it a piece that must be done in some seconds."""
        self.piece = piece
        self.deadline = time.monotonic() + seconds
        try:
            self.connection.send(x)
        except OSError:
            pass

    def end(self) -> str:
        """Kill it; returns how it had ended, if it had."""
        code = self.process.poll()
        self.process.kill()
        self.process.wait()
        self.connection.close()
        if code is None:
            code = self.process.returncode
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def _paths() -> str:
    return json.dumps([os.path.abspath(path) for path in sys.path])


class Pool:
    """Processes that run one executable.

    Args:
        executable: one that is parallel.
        workers: how many processes.

    Raises:
        NotShippedError: the executable runs in this process alone.
        HostError: on leaving pieces to workers that do not even start.
    """

    def __init__(self, executable: Executable, workers: int):
        self.description = executable.description
        self.shipped = shipped(executable)
        self.wanted = workers
        self.workers: list[_Worker] = []
        self.deaths: dict[int, int] = {}
        self.false_starts = 0

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self.workers:
            worker.end()
        self.workers = []

    def run(
        self, x: Array, pieces: Sequence[Piece], seconds: float
    ) -> Iterator[tuple[Piece, Batch] | None]:
        """Run pieces of `n i`, the first ones first.

        Args:
            seconds: that a sample takes, about: a piece may take ten times as long, and
                a sample that it is hung on as long as one may.

        Yields:
            What is done; None now and then, while nothing is.
        """
        todo = deque(pieces)
        self.deaths = {}
        while todo or any(w.piece for w in self.workers):
            self._hand_out(todo, x, seconds)
            ready = wait([w.connection for w in self.workers], LOOK_S)
            yield None
            for worker in list(self.workers):
                if worker.connection in ready:
                    done = self._received(worker, todo)
                elif time.monotonic() > worker.deadline:
                    done = self._late(worker, todo)
                else:
                    continue
                if done is not None:
                    yield done

    def _hand_out(self, todo: deque[Piece], x: Array, seconds: float) -> None:
        """Give each idle worker a piece; start those that are missing."""
        busy = sum(w.piece is not None for w in self.workers)
        missing = min(self.wanted, busy + len(todo)) - len(self.workers)
        for _ in range(missing):
            self.workers.append(_Worker(self.shipped))
        for worker in self.workers:
            if not worker.is_up or worker.piece or not todo:
                continue
            piece = todo.popleft()
            expected = seconds * (piece.stop - piece.first)
            limit = self.description.call_limit + 10 * expected + GRACE_S
            worker.take(piece, x[piece.first : piece.stop], limit)

    def _received(
        self, worker: _Worker, todo: deque[Piece]
    ) -> tuple[Piece, Batch] | None:
        """Take what a worker says, or learn that it is gone."""
        try:
            found: Any = worker.connection.recv()
        except (EOFError, OSError):
            return self._gone(worker, todo)
        if not worker.is_up:
            if isinstance(found, str):
                raise NotShippedError(
                    f"other processes cannot make it again ({found}); can they import"
                    " all that it imports?"
                )
            worker.is_up = True
            worker.deadline = float("inf")
            self.false_starts = 0
            return None
        if isinstance(found, Exception):
            raise found
        piece = worker.piece
        assert piece is not None, "a worker speaks when it has done a piece"
        worker.piece = None
        worker.deadline = float("inf")
        return piece, found

    def _gone(
        self, worker: _Worker, todo: deque[Piece]
    ) -> tuple[Piece, Batch] | None:
        """Replace a dead worker; its piece is done sample by sample."""
        self.workers.remove(worker)
        how = worker.end()
        piece = worker.piece
        if piece is None:
            if not worker.is_up:
                self._count_false_start(how)
            return None
        if piece.stop - piece.first > 1:
            todo.extendleft(_singles(piece)[::-1])
            return None
        deaths = self.deaths.get(piece.first, 0) + 1
        self.deaths[piece.first] = deaths
        if deaths < TRIES:
            todo.appendleft(piece)
            return None
        return piece, self._failed(Failure(WORKER_DIED, how), 0.0)

    def _late(
        self, worker: _Worker, todo: deque[Piece]
    ) -> tuple[Piece, Batch] | None:
        """End a worker that does not answer; its piece is done sample by sample."""
        self.workers.remove(worker)
        worker.end()
        piece = worker.piece
        if piece is None:
            self._count_false_start(f"not up in {START_S:g} s")
            return None
        if piece.stop - piece.first > 1:
            todo.extendleft(_singles(piece)[::-1])
            return None
        limit = self.description.call_limit
        return piece, self._failed(Failure(OUT_OF_TIME), limit)

    def _failed(self, why: Failure, seconds: float) -> Batch:
        nothing = np.full((1, self.description.n_outputs), np.nan)
        return Batch(nothing, {0: why}, seconds, 1)

    def _count_false_start(self, how: str) -> None:
        self.false_starts += 1
        if self.false_starts >= MOST_FALSE_STARTS:
            raise HostError(
                f"worker processes do not start here ({how}, {self.false_starts} times):"
                " is there memory for them? Run with workers=1"
            )


def _singles(piece: Piece) -> list[Piece]:
    return [Piece(k, k + 1) for k in range(piece.first, piece.stop)]
