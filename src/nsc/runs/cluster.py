"""A Ray cluster that runs an executable's samples, in place of processes of this machine.

In: an executable, pieces of samples. Out: batches, as they are done. Ray is an extra: a
function imports it. Non-goals: what is kept (memory), processes here (pool).

A worker that dies costs its piece further tries; then its samples are tried one by one,
and the one that workers die of fails by name. Nodes need nsc, and what the executable
runs: a command's program has the same path there.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nsc.errors import HostError
from nsc.host import connected_ray
from nsc.runs.executable import (
    WORKER_DIED,
    Array,
    Batch,
    Executable,
    Failure,
)
from nsc.runs.pool import Piece
from nsc.runs.process import last_line
from nsc.runs.shipping import shipped

RETRIES = 2  # of a piece whose worker died, by Ray itself
AHEAD = 2  # pieces for each processor
LOOK_S = 0.2


class Cluster:
    """Runs pieces on a Ray cluster.

    Args:
        workers: processors of a local cluster; of another, pieces at a time.
        address: HOST:PORT; None starts a cluster on this machine.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: no cluster at the address.
    """

    def __init__(
        self, executable: Executable, workers: int, address: str | None
    ):
        self.ray: Any = connected_ray(workers, address)
        self.n_outputs = executable.description.n_outputs
        self.workers = workers
        self.sent = self.ray.put(shipped(executable))
        self.remote = self.ray.remote(max_retries=RETRIES, num_cpus=1)(_ran)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *why: object) -> None:
        self.ray.shutdown()

    def run(
        self, x: Array, pieces: Sequence[Piece], seconds: float
    ) -> Iterator[tuple[Piece, Batch] | None]:
        """Run pieces of `n i`.

        Args:
            seconds: that a sample takes, about; samples mind their own time.

        Yields:
            What is done; None now and then, while nothing is.
        """
        todo = list(reversed(pieces))
        running: dict[Any, Piece] = {}
        most = AHEAD * self.workers
        wait = min(LOOK_S, max(0.01, seconds if math.isfinite(seconds) else 1))
        while todo or running:
            while todo and len(running) < most:
                piece = todo.pop()
                rows = x[piece.first : piece.stop]
                running[self.remote.remote(self.sent, rows)] = piece
            done, _ = self.ray.wait(list(running), timeout=wait)
            if not done:
                yield None
            for job in done:
                piece = running.pop(job)
                found = self._result(job, piece)
                if found is None:
                    singles = range(piece.stop - 1, piece.first - 1, -1)
                    todo += [Piece(k, k + 1) for k in singles]
                else:
                    yield piece, found

    def _result(self, job: Any, piece: Piece) -> Batch | None:
        """Return what came of a piece; None where it is to be cut into samples."""
        try:
            return self.ray.get(job)
        except self.ray.exceptions.WorkerCrashedError:
            if piece.stop - piece.first > 1:
                return None
        except self.ray.exceptions.RayTaskError as error:
            raise HostError(
                f"the cluster's nodes cannot run it: {last_line(str(error))}; they need"
                " nsc, and all that is imported"
            ) from None
        why = Failure(WORKER_DIED, f"on the cluster, {RETRIES + 1} times")
        nothing = np.full((1, self.n_outputs), np.nan)
        return Batch(nothing, {0: why}, 0.0, 1)


def _ran(sent: bytes, x: Array) -> Batch:
    """Run samples on a node."""
    return pickle.loads(sent)(x)
