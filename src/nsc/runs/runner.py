"""Runs an executable for who asks: what is kept is not run again, the rest in parallel.

In: inputs `n i`. Out: outputs `n o`, as an oracle gives them. Non-goals: which inputs,
what an executable is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from nsc.oracle import RunsEnded
from nsc.runs.asked import Asked, Refuse
from nsc.runs.cluster import Cluster
from nsc.runs.executable import (
    Array,
    Batch,
    Executable,
    Failure,
)
from nsc.runs.ledger import Ledger
from nsc.runs.memory import KEPT_FROM_S, Memory
from nsc.runs.plan import spelled
from nsc.runs.pool import Piece, Pool
from nsc.runs.shipping import NotShippedError
from nsc.runs.stop import Wish, heeding_interrupts

PIECE_S = 0.25  # that a piece takes, about
POOL_FROM_S = 1.0  # runs that take longer are worth starting processes for
TELLING = 32  # runs that tell what one takes better than all before
# (what is happening, fraction of it that is done)
Progress = Callable[[str, float], None]


class Runner:
    """An oracle over an executable.

    Args:
        refuse: says what failed.
        ledger: where runs are kept; None keeps them in memory.
        workers: processes at a time, where running takes long.
        seconds: that a run takes, if it is known.
        cluster: HOST:PORT of a Ray cluster that runs what takes long, "" for one that
            is started here; None for processes of this machine.
        can_end: whether a first Ctrl-C ends the running and no more: then `RunsEnded`
            brings what is done.
    """

    def __init__(
        self,
        executable: Executable,
        refuse: Refuse,
        *,
        ledger: Ledger | None = None,
        workers: int = 1,
        seconds: float | None = None,
        can_end: bool = False,
        cluster: str | None = None,
        progress: Progress = lambda what, fraction: None,
    ):
        self.cluster = cluster
        self.executable = executable
        self.refuse = refuse
        self.memory = Memory(ledger)
        self.workers = workers
        self.seconds = seconds
        self.can_end = can_end
        self.progress = progress
        self.is_ended = False
        self.kept_here = ""  # why only this process can run it
        self.n_made = 0
        self.n_kept = 0
        self.n_repeats = 0

    def __call__(self, x: Array) -> Array:
        """Return outputs `n o` of inputs `n i`.

        Raises:
            OracleError: the program fails on some inputs.
            RunsEnded: the user ended it.
            HostError: this machine cannot run it.
        """
        x = np.ascontiguousarray(x, np.float64)
        asked = Asked(x, self.executable.description)
        missing = self._look_up(asked)
        if len(missing) and len(asked.failed) <= asked.tolerated:
            self._run(asked, missing)
        is_over = self.is_ended and asked.tolerated > 0
        if asked.failed and not is_over:
            raise asked.failure(self.refuse)
        if not asked.is_done.all():
            raise RunsEnded(asked.y[: asked.prefix])
        return asked.y

    def outcomes(self, x: Array) -> Array:
        """Return outputs `n o` of inputs `n i`; NaN where a run failed.

        Raises:
            RunsEnded: the user ended it.
            HostError: this machine cannot run it.
        """
        x = np.ascontiguousarray(x, np.float64)
        asked = Asked(x, self.executable.description, is_patient=True)
        missing = self._look_up(asked)
        while len(missing):
            self._run(asked, missing)
            if self.is_ended:
                raise RunsEnded(asked.y[: asked.prefix])
            missing = np.flatnonzero(~asked.is_done)
        return asked.y

    def learn(self, x: Array, batch: Batch) -> None:
        """Take runs on inputs `n i` that somebody else made."""
        self.n_made += batch.n_run
        self.n_repeats += batch.n_repeats
        self.memory.keep(x, batch, is_own=True)

    def close(self) -> None:
        """Let others write where runs are kept."""
        self.memory.close()

    def _look_up(self, asked: Asked) -> np.ndarray:
        """Fill in what is kept; returns which samples are not."""
        if not self.memory.known:
            return np.arange(len(asked.x))
        for k, row in enumerate(asked.x):
            found = self.memory.find(row)
            if isinstance(found, Failure):
                asked.failed[k] = found
                asked.is_done[k] = True
            elif found is not None:
                asked.y[k] = found
                asked.is_done[k] = True
        self.n_kept += self.memory.count_kept(asked.x[asked.is_done])
        return np.flatnonzero(~asked.is_done)

    def _run(self, asked: Asked, missing: np.ndarray) -> None:
        """Run the missing samples; equal ones once, where a run is dear."""
        groups = [[int(k)] for k in missing]
        if (self.seconds or KEPT_FROM_S) >= KEPT_FROM_S:
            same: dict[bytes, list[int]] = {}
            for k in missing:
                same.setdefault(asked.x[k].tobytes(), []).append(int(k))
            groups = list(same.values())
        if self.is_ended:
            return
        x = asked.x[[group[0] for group in groups]]
        is_long = (self.seconds or 0.0) * len(x) > POOL_FROM_S
        started = time.monotonic()
        failing_since: float | None = None
        n_done = 0
        with heeding_interrupts(is_wanted=self.can_end and is_long) as wish:
            for piece, batch in self._batches(x, wish):
                n_done += batch.n_run
                if is_long:
                    self.progress(*_told(n_done, len(x), started))
                self._take(asked, groups, piece, batch)
                if asked.failed and failing_since is None:
                    failing_since = time.monotonic()
                if asked.is_hopeless(failing_since):
                    break
            self.is_ended = wish.is_there

    def _batches(self, x: Array, wish: Wish) -> Iterator[tuple[Piece, Batch]]:
        """Run pieces of `n i`: here while that takes no time, else in processes."""
        at = 0
        while at < len(x) and not wish.is_there:
            left = len(x) - at
            is_long = (self.seconds or 0.0) * left > POOL_FROM_S
            is_parallel = self.executable.description.is_parallel
            if is_long and is_parallel and not self.kept_here:
                try:
                    yield from self._in_pool(x, at, wish)
                    return
                except NotShippedError as error:
                    self.kept_here = str(error)
            size = min(left, self._piece_size(left))
            batch = self.executable(x[at : at + size])
            yield Piece(at, at + size), batch
            at += size

    def _in_pool(
        self, x: Array, at: int, wish: Wish
    ) -> Iterator[tuple[Piece, Batch]]:
        """Run the samples from `at` on in processes."""
        assert self.seconds is not None, (
            "a pool is for what is known to be dear"
        )
        size = self._piece_size(-(-(len(x) - at) // (4 * self.workers)))
        cuts = [*range(at, len(x), size), len(x)]
        pieces = [Piece(a, b) for a, b in zip(cuts, cuts[1:], strict=False)]
        with _pool(self.executable, self.workers, self.cluster) as pool:
            for done in pool.run(x, pieces, self.seconds):
                if wish.is_there:
                    return
                if done is not None:
                    yield done

    def _piece_size(self, most: int) -> int:
        together = self.executable.description.together
        if self.seconds is None:
            return together
        by_time = min(most, int(PIECE_S / (self.seconds + 1e-12)))
        return max(together, by_time)

    def _take(
        self,
        asked: Asked,
        groups: Sequence[Sequence[int]],
        piece: Piece,
        batch: Batch,
    ) -> None:
        """Fill in what was run, and keep it."""
        ran = groups[piece.first : piece.first + batch.n_run]
        for k, group in enumerate(ran):
            asked.y[group] = batch.outputs[k]
            asked.is_done[group] = True
            if k in batch.failed:
                asked.failed.update(dict.fromkeys(group, batch.failed[k]))
        self.n_made += batch.n_run
        self.n_repeats += batch.n_repeats
        if batch.n_run:
            each = batch.seconds / batch.n_run
            self.memory.keep(asked.x[[group[0] for group in ran]], batch)
            is_telling = self.seconds is None or batch.n_run >= TELLING
            before = each if is_telling else self.seconds
            self.seconds = ((before or each) + each) / 2


def _pool(
    executable: Executable, workers: int, cluster: str | None
) -> Pool | Cluster:
    """Start what runs pieces beside each other."""
    if cluster is None:
        return Pool(executable, workers)
    return Cluster(executable, workers, cluster or None)


def _told(n_done: int, n: int, started: float) -> tuple[str, float]:
    """Say how far it is, and the fraction that is done."""
    took = time.monotonic() - started
    rate = n_done / (took + 1e-9)
    left = spelled((n - n_done) / (rate + 1e-9))
    said = f"running the program: {n_done:,} of {n:,} runs, {rate:,.3g}/s, {left} left"
    return said, n_done / n
