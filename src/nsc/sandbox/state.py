"""Whether a program keeps state, by what running shows of its static variables.

In: Program, inputs. Out: `State` it keeps, or None; the `Storage` that was seen.
Non-goals: how it is seen (static_storage.py), what to say of it (app).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from nsc.program import Program, StaticVariable, variables_given
from nsc.sandbox.build import Built, build_own
from nsc.sandbox.guard import refusal
from nsc.sandbox.run import RunLimits, run
from nsc.sandbox.static_storage import Name, Storage, observed_storage

Kind = Literal[
    "dependence",
    "added_up",
    "filled",
    "unmoved",
    "seen_outside",
    "written_input",
    "unchecked",
]


@dataclass(frozen=True)
class State:
    """What a program keeps.

    Args:
        kind: a result depends on earlier calls; calls change a variable from what
            earlier ones left, so that no number of them shows that it never matters;
            a result depends on a value that was filled in, and calls leave there what
            their inputs decide; or no call changed a variable that the text changes, and
            results depend on it; others may read what a call leaves; a call leaves
            something else in a variable that is an input, or fixed; or it could not be
            looked at.
        variables: that keep it.
        inputs: names of variables that are inputs, or fixed, and are written.
    """

    kind: Kind
    variables: tuple[StaticVariable, ...]
    inputs: tuple[str, ...] = ()


def state_of(
    program: Program,
    x: np.ndarray,
    *,
    seed: int,
    limits: RunLimits = RunLimits(),
) -> tuple[State | None, Storage | None]:
    """Run a program on inputs `n i`, and say whether it keeps state.

    Programs without static variables that may change are not run.
    """
    written_inputs = _written_inputs(program, x, limits)
    if written_inputs:
        return State("written_input", (), written_inputs), None
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
        unseen = tuple(v for v in variables if v.may_keep)
        return (State("unchecked", unseen) if unseen else None), None
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
    # what is set once by name is a static table that its file shares
    left += tuple(
        v for v in _named(seen.constant, by_name) if not v.is_written
    )
    outside = tuple(v for v in left if v.is_seen_outside)
    return State("seen_outside", outside) if outside else None


def _written_inputs(
    program: Program, x: np.ndarray, limits: RunLimits
) -> tuple[str, ...]:
    """Name the variables that are inputs, and no outputs, and that a call changes."""
    before = variables_given(program.signature, x)
    if not before:
        return ()
    leaves = tuple(leaf for leaf, _ in before)
    shown = replace(program.signature, outputs=leaves)
    unit = replace(program, signature=shown).unit
    built = None if refusal(unit) is not None else build_own(unit)
    if not isinstance(built, Built):
        return ()
    done = run(built, x, limits)
    found: dict[str, None] = {}
    for (leaf, value), left in zip(before, done.outputs.T, strict=True):
        differs = (left != value) & ~(np.isnan(left) & np.isnan(value))
        differs[list(done.failed)] = False
        if differs.any():
            found[leaf.param] = None
    return tuple(found)


def _is_read(variable: StaticVariable | None) -> bool:
    return variable is None or variable.is_read


def _named(
    names: Iterable[Name], by_name: dict[Name, StaticVariable]
) -> tuple[StaticVariable, ...]:
    return tuple(by_name[name] for name in names if name in by_name)
