"""How long a call of the original takes, and of the surrogate, on this machine.

In: surrogate, program, verified inputs and outputs. Out: `CallTime`, and what its user
should know. The original runs natively for that, confined (deploy).
"""

from __future__ import annotations

import numpy as np

from nsc.deploy import (
    arithmetic,
    c_source,
    entries_of,
    surrogate_name,
    time_per_call,
)
from nsc.errors import BuildError
from nsc.program import Program
from nsc.report import CallTime
from nsc.surrogate import Surrogate

# inputs on which both are timed, and the original is compared with the sandbox
TIMED_ROWS = 256
COMPARED_S = 4.0  # of calls that are compared
MOST_TIMED_S = 2.0  # of a call: some are needed, and all have 20 s
STRAYS = 0.02  # the share of them on which rounding may decide a comparison
NEAR = 1e-3  # of an output, and of its mean: what rounding may change


def time_calls(
    surrogate: Surrogate,
    program: Program,
    x: np.ndarray,
    y: np.ndarray,
    error: np.ndarray,
    *,
    seconds: float = 0.0,
) -> tuple[CallTime, tuple[str, ...]]:
    """Time a call of both, and compare what the original returns with the sandbox.

    What cannot be timed loses nothing but that, and a note says so.

    Args:
        x, y: verification inputs and the program's outputs in the sandbox, `n i` and
            `n o`.
        error: `o`, the verified root mean squared error of each output.
        seconds: that a call of the program takes in the sandbox: one that takes long is
            called a few times, and one that takes longer still not at all.

    Returns:
        What a call takes, and notes.
    """
    real = arithmetic(surrogate, program.signature.outputs, x, error)
    if seconds > MOST_TIMED_S:
        return CallTime(), (
            f"a call was not timed natively: it takes {seconds:.3g} s in the sandbox",
        )
    n = min(TIMED_ROWS, max(1, int(COMPARED_S / (seconds + 1e-9))))
    x = x[:n]
    y = y[:n]
    try:
        c_text = c_source(surrogate, program, real=real)
        name = surrogate_name(program, drop_in=False)
        batch = entries_of(program)
        timing = time_per_call(program, c_text, name, x, batch)
    except BuildError as failure:
        return CallTime(), (f"a call was not timed: {failure}",)
    taken = CallTime(timing.original, timing.surrogate, timing.batch)
    notes = _slower(taken)
    differs = _differs(timing.outputs, y)
    if differs.mean() <= STRAYS:
        return taken, notes
    where = ", ".join(f"{v:.6g}" for v in x[differs][0])
    note = (
        f"built for this machine the program returns something else on {differs.sum()}"
        f" of {len(x)} inputs, for example at ({where}): in the sandbox, which the"
        " surrogate learned from, pointers have 32 bits, and what C leaves undefined"
        " may differ"
    )
    return taken, (*notes, note)


def _slower(taken: CallTime) -> tuple[str, ...]:
    """Remark that a surrogate saves no time, where it does not."""
    assert taken.original is not None and taken.surrogate is not None, (
        "both are timed"
    )
    if taken.surrogate <= taken.original:
        return ()
    said = (
        f"the surrogate is slower than the program: a call takes {taken.surrogate:.1f}"
        f" ns instead of {taken.original:.1f} ns"
    )
    if taken.batch is None:
        return (f"{said}; do not replace it",)
    rows = f"a row of a batch takes {taken.batch:.1f} ns"
    if taken.batch < taken.original:
        return (f"{said}; {rows}: replace it in batches alone",)
    return (f"{said}, and {rows}: do not replace it",)


def _differs(returned: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Say for each row of `n o` whether it is another: bool `n`."""
    near = NEAR * (np.abs(y) + np.abs(y).mean(axis=0))
    return ~(np.abs(returned - y) <= near).all(axis=1)
