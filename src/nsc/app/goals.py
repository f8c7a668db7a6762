"""What is minimised, and under which conditions, in a program's own names.

In: names, conditions. Out: `Goals`: columns, signs, limits. Non-goals: running.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nsc.app.limits import Limit, limits_of
from nsc.errors import InputError
from nsc.program import Condition, Program, parse_condition

MOST_OBJECTIVES = 4


@dataclass(frozen=True)
class Goals:
    """What is wanted of a program.

    Args:
        names: of the objectives.
        columns: outputs that are objectives.
        signs: 1 where less is better, -1 where more is.
        conditions: that must hold, of inputs, then outputs.
        limits: the same as numbers, those that look at outputs.
        prior: those that look at inputs alone.
        output_names: of the program.
    """

    names: tuple[str, ...]
    columns: tuple[int, ...]
    signs: tuple[float, ...]
    conditions: tuple[Condition, ...]
    limits: tuple[Limit, ...]
    prior: tuple[Limit, ...]
    output_names: tuple[str, ...]

    def objectives(self, y: np.ndarray) -> np.ndarray:
        """Return what is to become less, `n m`."""
        return y[:, list(self.columns)] * np.array(self.signs)

    def holds(self, z: np.ndarray) -> np.ndarray:
        """Say of inputs and outputs `n k` which fulfil all conditions."""
        found = np.ones(len(z), bool)
        for condition in self.conditions:
            found &= condition.holds(z)
        return found

    def limited(self, z: np.ndarray) -> np.ndarray:
        """Return the limits that look at outputs, `n c`."""
        return _columns(self.limits, z)

    def prior_limits(self, x: np.ndarray) -> np.ndarray:
        """Return the limits that look at inputs alone, `n k`."""
        return _columns(self.prior, x)


def _columns(limits: Sequence[Limit], z: np.ndarray) -> np.ndarray:
    if not limits:
        return np.empty((len(z), 0))
    return np.stack([limit.values(z) for limit in limits], axis=1)


def output_names(program: Program) -> list[str]:
    """Name a program's outputs; one that is called like an input gets an ending."""
    inputs = {leaf.name for leaf in program.signature.inputs}
    return [
        f"{leaf.name}_out" if leaf.name in inputs else leaf.name
        for leaf in program.signature.outputs
    ]


def goals_of(
    program: Program,
    minimize: Sequence[str],
    maximize: Sequence[str],
    subject_to: Sequence[str],
    *,
    has_objective: bool = True,
) -> Goals:
    """Read what is wanted.

    Args:
        has_objective: whether an output is minimised; otherwise none must be named.

    Raises:
        InputError: a name that is no output, or a condition that is none.
    """
    signature = program.signature
    inputs = [leaf.name for leaf in signature.inputs]
    outputs = output_names(program)
    wanted = [(n, 1.0, "minimize") for n in minimize]
    wanted += [(n, -1.0, "maximize") for n in maximize]
    if has_objective and not wanted:
        wanted = _only(outputs)
    _check(wanted, outputs)
    fixed = {leaf.name: value for leaf, value in signature.fixed}
    conditions = [
        parse_condition(
            text,
            [*inputs, *outputs],
            fixed,
            argument="subject_to",
            between="inputs and outputs",
        )
        for text in subject_to
    ]
    conditions += program.drawing.conditions
    limits = limits_of(conditions)
    n = len(inputs)
    return Goals(
        tuple(name for name, _, _ in wanted),
        tuple(outputs.index(name) for name, _, _ in wanted),
        tuple(sign for _, sign, _ in wanted),
        tuple(conditions),
        tuple(each for each in limits if max(each.columns(), default=0) >= n),
        tuple(each for each in limits if max(each.columns(), default=0) < n),
        tuple(outputs),
    )


def _only(outputs: Sequence[str]) -> list[tuple[str, float, str]]:
    """Take the only output."""
    if len(outputs) > 1:
        raise InputError(
            f"minimize must name an output, as in minimize=['{outputs[0]}']; there are"
            f" {', '.join(outputs)}"
        )
    return [(outputs[0], 1.0, "minimize")]


def _check(
    wanted: Sequence[tuple[str, float, str]], outputs: Sequence[str]
) -> None:
    seen: set[str] = set()
    for name, _, argument in wanted:
        if name not in outputs:
            raise InputError(
                f"{argument} must name an output; there is no '{name}', there are"
                f" {', '.join(outputs)}"
            )
        if name in seen:
            raise InputError(
                f"{argument} must name '{name}' once; found it twice"
            )
        seen.add(name)
    if len(wanted) > MOST_OBJECTIVES:
        raise InputError(
            f"minimize must name at most {MOST_OBJECTIVES} outputs; found {len(wanted)}"
        )


def as_texts(argument: str, given: object) -> tuple[str, ...]:
    """Return several texts; one by itself is a list of one.

    Raises:
        InputError: what is given holds something else.
    """
    if given is None:
        return ()
    if isinstance(given, str):
        return (given,)
    texts = list(given) if isinstance(given, Sequence) else [given]
    if not all(isinstance(text, str) for text in texts):
        raise InputError(
            f"{argument} must be a text or a list of texts; found {given!r:.80}"
        )
    return tuple(map(str, texts))


def chosen_ranges(
    tune: Mapping[str, object] | None,
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Divide tuned ranges into plain ones, and the names of whole numbers."""
    ranges: dict[str, object] = {}
    whole: list[str] = []
    for name, found in (tune or {}).items():
        is_whole = (
            isinstance(found, Sequence) and bool(found) and found[0] == "int"
        )
        if is_whole:
            whole.append(name)
        ranges[name] = tuple(found[1:]) if is_whole else found  # pyright: ignore
    return ranges, tuple(whole)
