"""Speed in CPU seconds of one thread, of this process or of one that it starts.

In: something to run. Out: seconds. Non-goals: what is run.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

PASSES = 13  # the paper's
WARMING = 4


def own_seconds(run: Callable[[], object], passes: int = PASSES) -> float:
    """Time something in this process: the median pass, after some that warm up.

    Args:
        run: what is timed.
        passes: how often in all.
    """
    found: list[float] = []
    for _ in range(passes):
        begun = time.process_time()
        run()
        found.append(time.process_time() - begun)
    kept = sorted(found[min(WARMING, passes - 1) :])
    return kept[len(kept) // 2]


def child_seconds(run: Callable[[], object]) -> float:
    """Time the processes that something starts and waits for.

    Args:
        run: what starts them; once, for a child's time has no warm-up.
    """
    begun = _children()
    run()
    return _children() - begun


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
