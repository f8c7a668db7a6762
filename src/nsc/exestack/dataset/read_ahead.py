"""Records of many files, in order, the next file read while one is worked on.

In: parquet files. Out: records. Memory: two files of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from nsc.record import Record, read_records


def read_ahead(paths: Iterable[Path]) -> Iterator[Record]:
    """Yield the records of all files."""
    with ThreadPoolExecutor(1) as aside:
        waiting: deque[Future[list[Record]]] = deque()
        for path in paths:
            waiting.append(aside.submit(_read, path))
            if len(waiting) == 2:
                yield from waiting.popleft().result()
        for read in waiting:
            yield from read.result()


def _read(path: Path) -> list[Record]:
    return list(read_records(path))
