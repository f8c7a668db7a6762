"""What is asked of the batch entries of exported C.

In / Out: a frozen value. Non-goals: writing them (c_batch).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BatchOptions:
    """What batch entries are asked for.

    Args:
        openmp: share rows among threads, by OpenMP's pragma.
        gradient: write `NAME_surrogate_grad`, too.
    """

    openmp: bool = False
    gradient: bool = False
