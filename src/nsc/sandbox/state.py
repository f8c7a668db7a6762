"""Whether a program keeps state, by what running shows of its static variables.

In: Program, inputs. Out: `State` it keeps, or None; the `Storage` that was seen.
Non-goals: how it is seen (static_storage.py), what to say of it (app).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nsc.program import Program, StaticVariable
from nsc.sandbox.run import RunLimits
from nsc.sandbox.static_storage import Name, Storage, observed_storage

Kind = Literal[
    "dependence", "added_up", "filled", "unmoved", "seen_outside", "unchecked"
]


@dataclass(frozen=True)
class State:
    """What a program keeps.

    Args:
        kind: a result depends on earlier calls; calls change a variable from what
            earlier ones left, so that no number of them shows that it never matters;
            a result depends on a value that was filled in, and calls leave there what
            their inputs decide; or no call changed a variable that the text changes, and
            results depend on it; others may read what a call leaves; or it could not be
            looked at.
        variables: that keep it.
    """

    kind: Kind
    variables: tuple[StaticVariable, ...]


def state_of(
    program: Program,
    x: np.ndarray,
    *,
    seed: int,
    limits: RunLimits = RunLimits(),
) -> tuple[State | None, Storage | None]:
    """Run a program on inputs `n i`, and say whether it keeps state.

    Programs whose text writes no static variable that is read are not run.
    """
    variables = program.static_variables
    if not any(variable.is_read for variable in variables):
        return None, None
    in_text = [
        (v.function, v.name) for v in variables if v.is_written and v.is_read
    ]
    seen = observed_storage(
        program.unit, x, seed=seed, written=in_text, limits=limits
    )
    if seen is None:
        written = tuple(v for v in variables if v.is_written and v.is_read)
        return (State("unchecked", written) if written else None), None
    return _judged(variables, seen), seen


def _judged(
    variables: tuple[StaticVariable, ...], seen: Storage
) -> State | None:
    by_name = {(v.function, v.name): v for v in variables}
    if seen.dependence is not None:
        return State("dependence", _named(seen.causes, by_name))
    added = [n for n in seen.added_up if _is_read(by_name.get(n))]
    if added:
        return State("added_up", _named(added, by_name))
    if seen.kept:
        return State("filled", _named(seen.kept, by_name))
    if seen.unmoved:
        return State("unmoved", _named(seen.unmoved, by_name))
    left = _named(seen.unread, by_name)
    outside = tuple(v for v in left if v.is_seen_outside)
    return State("seen_outside", outside) if outside else None


def _is_read(variable: StaticVariable | None) -> bool:
    return variable is None or variable.is_read


def _named(
    names: Iterable[Name], by_name: dict[Name, StaticVariable]
) -> tuple[StaticVariable, ...]:
    return tuple(by_name[name] for name in names if name in by_name)
