"""What runs gave, found again: in memory, and in a ledger where it is worth it.

In: inputs, batches. Out: the same by inputs. Non-goals: making runs, the file.
"""

from __future__ import annotations

import numpy as np

from nsc.runs.executable import Array, Batch, Failure
from nsc.runs.ledger import Ledger

KEPT_FROM_S = 1e-5  # a run that takes less is made faster than read
WRITTEN_FROM_S = 0.25  # of runs together, before a file is made for them
DEAR_S = 1e-3  # a run that takes more is written as soon as it is made


class Memory:
    """Runs of one program.

    Args:
        ledger: where they are kept; None keeps them in memory.
    """

    def __init__(self, ledger: Ledger | None):
        self.ledger = ledger
        self.known = ledger.known if ledger is not None else {}
        self._own: set[bytes] = set()  # learned here, before anybody asked
        self._unwritten: list[tuple[Array, Batch]] = []

    def find(self, row: Array) -> Array | Failure | None:
        """Return what a run on inputs `i` gave, or why it failed; None if unknown."""
        return self.known.get(row.tobytes())

    def count_kept(self, x: Array) -> int:
        """Count the inputs `n i` whose runs are kept from before."""
        rows = [row.tobytes() for row in np.ascontiguousarray(x, np.float64)]
        return sum(row in self.known and row not in self._own for row in rows)

    def keep(self, x: Array, batch: Batch, *, is_own: bool = False) -> None:
        """Keep runs, if they took long enough.

        Args:
            x: `n i`, or more.
            is_own: whether nobody asked for them yet: then even cheap ones are kept,
                in memory.
        """
        n = batch.n_run
        is_worth_it = n > 0 and batch.seconds / n >= KEPT_FROM_S
        if not is_worth_it and not is_own:
            return
        for k in range(n):
            row = x[k].tobytes()
            self.known[row] = batch.failed.get(k, batch.outputs[k].copy())
            if is_own:
                self._own.add(row)
        if self.ledger is None or not is_worth_it:
            return
        self._unwritten.append((x, batch))
        waiting = sum(batch.seconds for _, batch in self._unwritten)
        is_worth_a_file = (
            waiting >= WRITTEN_FROM_S or batch.seconds / n >= DEAR_S
        )
        if self.ledger.file is not None or is_worth_a_file:
            self._write(self.ledger)

    def close(self) -> None:
        """Write what is worth it, and let others add to the ledger."""
        if self.ledger is not None:
            if self.ledger.file is not None:
                self._write(self.ledger)
            self.ledger.close()

    def _write(self, ledger: Ledger) -> None:
        for x, batch in self._unwritten:
            ledger.add(x, batch)
        self._unwritten = []
