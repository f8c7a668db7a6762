"""Who does the work: local processes, or a Ray cluster. The bits do not depend on it.

In: pieces of work, what does one. Out: results, in the order in which they are done. A
worker that dies costs its pieces a second try. Ray is an extra: a function imports it.
Non-goals: what a piece is; where results are kept (a folder that all workers share).
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from itertools import islice
from multiprocessing import connection, get_context, parent_process
from types import FrameType
from typing import Generic, TypeVar

from nsc.errors import NscError
from nsc.host import connected_ray, start_forkserver

_PRELOADED = "nsc.exestack.dataset.work"
MAX_DEATHS = (
    5  # of workers, with nothing done in between, before a run gives up
)
WAITING_PER_WORKER = 3
CLEAN_UP_S = 5.0  # of a worker without a parent
S = TypeVar("S")
R = TypeVar("R")


class WorkersDied(NscError):
    """Workers were killed again and again, most often for memory."""


def on_processes(
    work: Callable[[S], R],
    items: Iterable[S],
    workers: int,
    preloaded: str = _PRELOADED,
) -> Iterator[R]:
    """Work on items in local processes; at most three per worker wait at a time.

    Args:
        work: a function that a process can import.
        items: taken as workers become free.
        preloaded: a module that is imported once, for all workers.

    Raises:
        WorkersDied: again and again, with nothing done in between.
        HostError: workers cannot be started here.
    """
    context = get_context("forkserver")
    # imported once, in the process that workers are forked from
    context.set_forkserver_preload(["__main__", preloaded])
    start_forkserver()
    queue = _Queue(partial(_do, work), items)
    waiting = WAITING_PER_WORKER * workers
    queue.fill(waiting)  # while it imports them
    deaths = 0
    while True:
        try:
            with (
                ProcessPoolExecutor(
                    workers, context, initializer=_begin_worker
                ) as pool,
                _ending(pool),
            ):
                for finished in queue.run(pool, waiting):
                    yield from finished
                    deaths = 0
            return
        except BrokenProcessPool:
            deaths += 1
            queue.put_back()
        if deaths >= MAX_DEATHS:
            raise WorkersDied(
                f"worker processes died {deaths} times with nothing done in between: is"
                f" there memory for {workers} of them, and is the program that calls"
                " this in a file, under `if __name__ == '__main__'`?"
            )


class _Queue(Generic[S, R]):
    """Items to be worked on, and those that a pool has."""

    def __init__(self, work: Callable[[S], R], items: Iterable[S]):
        self.work = work
        self.items = iter(items)
        self.again: list[S] = []  # the next one last
        self.submitted: dict[Future[R], S] = {}
        self.unsubmitted: list[S] = []

    def fill(self, count: int) -> None:
        """Take some items before anybody asks for them."""
        self.again = list(islice(self.items, count))[::-1]

    def run(
        self, pool: ProcessPoolExecutor, waiting: int
    ) -> Iterator[Iterator[R]]:
        """Work on all items.

        Args:
            waiting: so many are submitted before any is waited for.

        Returns:
            What is finished, some results at a time.
        """
        for item in self._next():
            # a pool that is broken already refuses an item
            self.unsubmitted = [item]
            self.submitted[pool.submit(self.work, item)] = item
            self.unsubmitted = []
            if len(self.submitted) >= waiting:
                yield self._finished()
        while self.submitted:
            yield self._finished()

    def _next(self) -> Iterator[S]:
        while self.again:
            yield self.again.pop()
        yield from self.items

    def _finished(self) -> Iterator[R]:
        """Wait until something is done; a broken pool leaves its items submitted."""
        for job in wait(self.submitted, return_when=FIRST_COMPLETED).done:
            result = job.result()
            del self.submitted[job]
            yield result

    def put_back(self) -> None:
        """Take back what a broken pool had."""
        self.again += [*self.submitted.values(), *self.unsubmitted]
        self.submitted = {}
        self.unsubmitted = []


@contextmanager
def _ending(pool: ProcessPoolExecutor) -> Iterator[None]:
    """End workers where the run ends early; a pool would wait for all their work."""
    try:
        yield
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown(cancel_futures=True)
        raise


class _Worker:
    """What this process is doing, if it is a worker."""

    is_busy = False
    is_ending = False


def _do(work: Callable[[S], R], item: S) -> R:
    """Work on an item; where a signal ends it, the process ends, cleaned up."""
    _Worker.is_busy = True
    try:
        return work(item)
    except SystemExit as end:
        os._exit(128 + signal.SIGTERM if end.code is None else int(end.code))
    finally:
        _Worker.is_busy = False


def _end_worker(number: int, frame: FrameType | None) -> None:
    if _Worker.is_ending:
        return
    _Worker.is_ending = True
    if not _Worker.is_busy:
        os._exit(128 + number)
    raise SystemExit(128 + number)


def _begin_worker() -> None:
    """Let a worker mind its parent alone: Ctrl-C is that one's to hear."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_worker)
    _end_with_parent()


def _end_with_parent() -> None:
    """Let a worker end when the process that asked for it does.

    That one may have been killed and could not say so.
    """
    parent = parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        connection.wait([sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(CLEAN_UP_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def on_ray(
    work: Callable[[S], R],
    items: Iterable[S],
    workers: int,
    address: str | None,
) -> Iterator[R]:
    """Work on items on a Ray cluster; an address of None starts a local one.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: no cluster at the address.
    """
    ray = connected_ray(workers, address)

    def call(item: S) -> R:
        return work(item)

    try:
        remote = ray.remote(max_retries=MAX_DEATHS, num_cpus=1)(call)
        running: list = []
        for item in items:
            running.append(remote.remote(item))
            if len(running) >= WAITING_PER_WORKER * workers:
                done, running = ray.wait(running)
                yield from ray.get(done)
        while running:
            done, running = ray.wait(running)
            yield from ray.get(done)
    except ray.exceptions.WorkerCrashedError as error:
        raise WorkersDied(
            f"Ray's workers died {MAX_DEATHS + 1} times over one slice; is there memory"
            f" for it? {error}"
        ) from None
    finally:
        ray.shutdown()
