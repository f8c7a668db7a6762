"""The box that is searched, of a program's inputs or some of them.

In: `Subject`. Out: `nsc.optimization.Space`. Non-goals: conditions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nsc.app.optimize_sources import Subject, not_tuned
from nsc.errors import InputError
from nsc.optimization import Space
from nsc.program import LogRange, checked_ranges, stated_range


def space_of(subject: Subject, places: Sequence[int] | None) -> Space:
    """Return the box.

    Args:
        places: inputs that are searched; None for all.

    Raises:
        InputError: all are searched, but only some were asked for.
    """
    program = subject.program
    leaves = program.signature.inputs
    if places is None:
        _expect_all(subject)
        places = range(len(leaves))
    stated = checked_ranges(
        {n: r for n, r in subject.ranges.items() if n in subject.tuned}
    )
    lo = np.array([program.domain.lo[k] for k in places])
    hi = np.array([program.domain.hi[k] for k in places])
    log = np.array([program.drawing.is_log(k) for k in places])
    chosen = [leaves[k] for k in places]
    for k, leaf in enumerate(chosen):
        found = stated_range(leaf, stated)
        if found is not None:
            lo[k], hi[k] = _checked(leaf.name, found)
            log[k] = isinstance(found, LogRange)
    whole = np.array(
        [
            leaf.type.kind != "float" or leaf.name in subject.whole
            for leaf in chosen
        ]
    )
    single = np.array(
        [leaf.type.kind == "float" and leaf.type.bits == 32 for leaf in chosen]
    )

    def held(x: np.ndarray) -> np.ndarray:
        return np.where(single, x.astype(np.float32).astype(np.float64), x)

    return Space(lo, hi, whole, log, held)


def _checked(name: str, found: tuple[float, float]) -> tuple[float, float]:
    lo, hi = found
    if not (np.isfinite(lo) and np.isfinite(hi) and lo < hi):
        raise InputError(
            f"tune must give '{name}' a finite range with LO < HI; found {lo:g}:{hi:g}"
        )
    return lo, hi


def _expect_all(subject: Subject) -> None:
    """Refuse inputs that have no value: neither searched nor fixed."""
    if not subject.tuned:
        return
    names = [leaf.name for leaf in subject.program.signature.inputs]
    left = [name for name in names if name not in subject.tuned]
    if left:
        raise not_tuned(left[0])


def first_of(
    space: Space, names: Sequence[str], start: Mapping[str, float]
) -> np.ndarray:
    """Return the input that runs first, `1 i`; none where no start is given.

    Args:
        names: of what is searched.
        start: values by name; others begin in the middle.

    Raises:
        InputError: it names what is not searched, or lies outside of the box.
    """
    if not start:
        return np.empty((0, 0))
    for name in start:
        if name not in names:
            raise InputError(
                f"start must name what is searched: {', '.join(names)}; found '{name}'"
            )
    x = space.inputs(np.zeros((1, space.n_inputs)))
    for k, name in enumerate(names):
        value = start.get(name, x[0, k])
        if not space.lo[k] <= value <= space.hi[k]:
            raise InputError(
                f"start must lie in the range that is searched; {name} ="
                f" {value:.10g} is outside of {space.lo[k]:.10g} to {space.hi[k]:.10g}"
            )
        x[0, k] = value
    return space.inputs(space.unit(x))
