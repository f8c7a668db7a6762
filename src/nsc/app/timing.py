"""How long a call of the original takes, and of the surrogate, on this machine.

In: surrogate, program, verified inputs and outputs. Out: `Timed`. The original runs
natively for that, confined (deploy).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

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
from nsc.surrogate import Member, Surrogate, Topology, random_parameters

# inputs on which both are timed, and the original is compared with the sandbox
TIMED_ROWS = 256
COMPARED_S = 4.0  # of calls that are compared
MOST_TIMED_S = 2.0  # of a call: some are needed, and all have 20 s
STRAYS = 0.02  # the share of them on which rounding may decide a comparison
NEAR = 1e-3  # of an output, and of its mean: what rounding may change


@dataclass(frozen=True)
class Timed:
    """What calls take.

    Args:
        sizes: nanoseconds of networks of other sizes, by topology.
        notes: what the user should know.
    """

    call: CallTime = CallTime()
    sizes: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def time_calls(
    surrogate: Surrogate,
    program: Program,
    x: np.ndarray,
    y: np.ndarray,
    error: np.ndarray,
    *,
    seconds: float = 0.0,
    sizes: Sequence[str] = (),
    max_ns: float | None = None,
) -> Timed:
    """Time a call of both, and compare what the original returns with the sandbox.

    What cannot be timed loses nothing but that, and a note says so.

    Args:
        x, y: verification inputs and the program's outputs in the sandbox, `n i` and
            `n o`.
        error: `o`, the verified root mean squared error of each output.
        seconds: that a call of the program takes in the sandbox: one that takes long is
            called a few times, and one that takes longer still not at all.
        sizes: topologies of other networks to time, where the surrogate is one.
        max_ns: that a call was to take at most.
    """
    real = arithmetic(surrogate, program.signature.outputs, x, error)
    if seconds > MOST_TIMED_S:
        said = f"it takes {seconds:.3g} s in the sandbox"
        return Timed(notes=(f"a call was not timed natively: {said}",))
    n = min(TIMED_ROWS, max(1, int(COMPARED_S / (seconds + 1e-9))))
    x = x[:n]
    y = y[:n]
    try:
        c_text = c_source(surrogate, program, real=real)
        name = surrogate_name(program, drop_in=False)
        batch = entries_of(program)
        others = [
            c_source(_of_size(surrogate, size), program, real=real)
            for size in sizes
        ]
        timing = time_per_call(program, c_text, name, x, batch, others)
    except BuildError as failure:
        return Timed(notes=(f"a call was not timed: {failure}",))
    taken = CallTime(timing.original, timing.surrogate, timing.batch)
    by_size = dict(zip(sizes, timing.sizes, strict=True))
    notes = (*_slower(taken), *_over(taken, max_ns))
    differs = _differs(timing.outputs, y)
    if differs.mean() <= STRAYS:
        return Timed(taken, by_size, notes)
    where = ", ".join(f"{v:.6g}" for v in x[differs][0])
    note = (
        f"built for this machine the program returns something else on {differs.sum()}"
        f" of {len(x)} inputs, for example at ({where}): in the sandbox, which the"
        " surrogate learned from, pointers have 32 bits, and what C leaves undefined"
        " may differ"
    )
    return Timed(taken, by_size, (*notes, note))


def _of_size(surrogate: Surrogate, size: str) -> Surrogate:
    """Return a surrogate with another network: what is in it takes no time."""
    (member,) = surrogate.members
    topology = Topology.parse(size, member.topology.activation)
    w = random_parameters(topology, seed=0)
    return replace(surrogate, members=(Member(topology, w),))


def _over(taken: CallTime, max_ns: float | None) -> tuple[str, ...]:
    """Remark that a call takes longer than was asked for: sizes go by a model."""
    found = taken.surrogate
    if max_ns is None or found is None or found <= max_ns:
        return ()
    return (
        f"a call takes {found:.1f} ns on this machine, more than the {max_ns:g} ns that"
        " it may (max_ns): sizes are chosen by a model of other machines; ask for fewer",
    )


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
