"""Labels that are kept: what llvm-mca said of blocks, in a ledger that grows.

In: blocks, a Simulation, a folder. Out: cycles; only blocks not asked before are run.
What a process said is written as soon as it ends: an interrupted run goes on.
Non-goals: running llvm-mca (oracle), the file (nsc.runs).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from nsc.errors import InputError
from nsc.mca.oracle import BlockRuns, Simulation
from nsc.runs import Ledger, TextRunner, text_identity


def kept_cycles(
    blocks: Sequence[str],
    how: Simulation,
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, wanted: None,
    workers: int | None = None,
) -> np.ndarray:
    """Ask for the cycles of blocks, but for those that a folder knows.

    Args:
        blocks: assembly in AT&T syntax.
        how: the tool and its options.
        folder: where labels are kept, below runs/, a file for each tool and its options.
        progress: told how many are done, of how many.
        workers: processes at a time; None for one a core.

    Returns:
        Total cycles of each (n), NaN where llvm-mca refuses the block.

    Raises:
        HostError: the tool does not run.
        InputError: the folder cannot be written, or its file is another's.
    """
    runs = BlockRuns(how)
    digest = runs.description.digest
    identity = text_identity(digest, how.identity, ["block"], ["cycles"])
    wanted = 0

    def say(what: str, fraction: float) -> None:
        progress(round(fraction * wanted), wanted)

    try:
        runner = TextRunner(
            runs,
            ledger=Ledger(folder, identity),
            workers=workers or _cores(),
            progress=say,
        )
        try:
            wanted = runner.count_missing(blocks)
            if wanted:
                progress(0, wanted)
            return runner.outcomes(blocks)[:, 0]
        finally:
            runner.close()
    except OSError as error:
        raise InputError(f"cannot write {folder}: {error.strerror}") from None


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
