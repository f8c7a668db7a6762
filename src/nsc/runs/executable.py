"""What can be run: the one interface behind which wasm, Python and others stand.

In: inputs `n i`. Out: `Batch`, outputs and named failures. Non-goals: where it runs
(pool), what is kept (ledger), what a failure means to its user.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeGuard

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
# reasons that running itself has, whatever runs
WORKER_DIED = "worker_died"
OUT_OF_TIME = "out_of_time"
_HERE = os.path.dirname(__file__) + os.sep
TOLERATED = 0.1  # share of a simulator's runs that may fail


class Failure(NamedTuple):
    """Why a sample has no outputs.

    Args:
        reason: a name, like "out_of_time".
        detail: what its user should know besides; "" where there is nothing.
    """

    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Batch:
    """What came of running `n` samples.

    Args:
        outputs: float64 `n o`; NaN where a sample failed.
        failed: sample -> why it has no outputs.
        seconds: what all of them took.
        n_run: how many were run, from the first on; the rest was not tried.
        n_repeats: how often samples ran again, to check what they gave.
    """

    outputs: Array
    failed: Mapping[int, Failure]
    seconds: float
    n_run: int
    n_repeats: int = 0


@dataclass(frozen=True)
class Description:
    """What must be known of an executable to run it well.

    Args:
        n_outputs: numbers that a sample gives.
        call_limit: seconds that a sample may take.
        is_parallel: whether other processes may run it: it can be pickled, and each
            sample's outputs hang on its inputs alone.
        digest: names what decides its outputs, so that what was kept of the same is
            right; "" where nothing names it, and nothing is kept.
        tolerated: share of samples that may fail, and are then left out.
        together: samples that are run together at least, where a start costs more than
            a sample does.
    """

    n_outputs: int
    call_limit: float
    is_parallel: bool = True
    digest: str = ""
    tolerated: float = 0.0
    together: int = 1


class Executable(Protocol):
    """Runs samples; it raises only what is no sample's fault."""

    @property
    def description(self) -> Description: ...

    def __call__(self, x: Array) -> Batch:
        """Run samples `n i`."""
        ...


def is_executable(function: Any) -> TypeGuard[Executable]:
    """Say whether it is an executable, not an oracle or nothing."""
    return isinstance(getattr(function, "description", None), Description)


def told(error: BaseException) -> str:
    """Say what a user's function raised, and where: "ValueError: no (sim.py:3)"."""
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith(_HERE)]
    if not own:
        return said
    return f"{said} ({own[-1].filename}:{own[-1].lineno})"


@dataclass(frozen=True)
class RowByRow:
    """A Python function of one sample, `i` -> `o` or a number.

    What it raises costs that sample. Its time is limited in a pool alone.
    """

    function: Callable[[Array], npt.ArrayLike]
    n_outputs: int
    call_limit: float = 10.0
    digest: str = ""
    description: Description = field(init=False)

    def __post_init__(self) -> None:
        said = Description(self.n_outputs, self.call_limit, digest=self.digest)
        object.__setattr__(self, "description", said)

    def __call__(self, x: Array) -> Batch:
        outputs = np.full((len(x), self.n_outputs), np.nan)
        failed: dict[int, Failure] = {}
        started = time.perf_counter()
        for k, row in enumerate(x):
            try:
                outputs[k] = self.function(row)
            except Exception as error:  # whatever a user's function raises
                failed[k] = Failure("raised", self.said(error))
        took = time.perf_counter() - started
        return Batch(outputs, failed, took, len(x))

    def said(self, error: Exception) -> str:
        """Say what the function raised."""
        return f"{type(error).__name__}: {error}"
