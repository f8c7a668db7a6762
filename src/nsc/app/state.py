"""Static variables: refused where results depend on earlier calls, else told in notes.

In: Program. Out: notes, or a SourceError by name. Non-goals: how runs tell (sandbox).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nsc.app.cost import Effort
from nsc.errors import Problem, SourceError
from nsc.program import (
    Program,
    StaticVariable,
    advice_on_state,
    draw_inputs,
    is_drawn,
)
from nsc.sandbox import State, Storage, state_of

SAMPLE = 64
NUDGE = 1e-10  # of an input's range: what a cache may take for the same
MOST_SPELLED = 6  # inputs of an example


def check_static_variables(
    program: Program, *, seed: int, effort: Effort = Effort()
) -> tuple[str, ...]:
    """Run a program whose text writes static variables, in several orders.

    Args:
        effort: how hard to look.

    Returns:
        Notes that say what its variables hold, and by what that was found.

    Raises:
        SourceError: its results depend on earlier calls, or may (`keeps_state`), or
            others may read what it leaves, or it writes a variable that is an input
            alone (`writes_global`).
    """
    inputs = _inputs_beside_each_other(program, seed, effort.rows(SAMPLE))
    state, seen = state_of(program, inputs, seed=seed, limits=effort.limits)
    if state is not None:
        raise SourceError(program.path, [_problem(program, state, seen)])
    return () if seen is None else tuple(_notes(program, seen))


def refuse_unread_state(program: Program) -> None:
    """Refuse a program that is not run, where only runs would show its state.

    Raises:
        SourceError: it writes static variables that are read, or may.
    """
    found = tuple(v for v in program.static_variables if v.may_keep)
    if not found:
        return
    what = (
        f"{_listed(found)} may keep something from call to call, which only running"
        " shows, and with --text-only nothing is run: leave that out, or"
        f" {_advice(found)}"
    )
    raise SourceError(
        program.path, [_placed(program, "keeps_state", what, found)]
    )


def _inputs_beside_each_other(
    program: Program, seed: int, n: int
) -> np.ndarray:
    """Draw `n` inputs; beside each stand ones that differ in one number, or hardly."""
    generator = np.random.default_rng(seed)
    drawn = draw_inputs(program, n, generator=generator)
    others = draw_inputs(program, n, generator=generator)
    lo = np.array(program.domain.lo)
    hi = np.array(program.domain.hi)
    rows: list[np.ndarray] = []
    for number, (x, other) in enumerate(zip(drawn, others, strict=True)):
        k = number % program.n_inputs
        changed = x.copy()
        changed[k] = other[k]
        rows += [changed, x, _nudged(program, x, (lo + hi) / 2, hi - lo)]
    corners = np.array([np.ceil(lo), np.floor(hi)])
    is_whole = [leaf.type.kind != "float" for leaf in program.signature.inputs]
    found = np.concatenate(
        [np.where(is_whole, corners, [lo, hi]), np.array(rows)]
    )
    # what is never drawn gives way to what is
    is_in = is_drawn(program, found)
    return np.where(is_in[:, None], found, drawn[np.arange(len(found)) % n])


def _nudged(
    program: Program, x: np.ndarray, middle: np.ndarray, width: np.ndarray
) -> np.ndarray:
    """Move the numbers of an input a little towards the middle of their ranges."""
    moved = x + np.sign(middle - x) * width * NUDGE
    for k, leaf in enumerate(program.signature.inputs):
        if leaf.type.kind != "float":
            moved[k] = x[k]
        elif leaf.type.bits == 32:
            moved[k] = np.nextafter(np.float32(x[k]), np.float32(middle[k]))
    return moved


def _problem(program: Program, state: State, seen: Storage | None) -> Problem:
    found = state.variables
    if state.kind == "written_input":
        what = _said_of_inputs(program.name, state.inputs)
        return _placed(program, "writes_global", what, found)
    held = _listed(found) or "memory that outlives calls"
    what = _said_of_held(program, state, seen, held)
    is_output = state.kind == "seen_outside"
    reason = "writes_global" if is_output else "keeps_state"
    return _placed(program, reason, f"{what}; {_advice(found)}", found)


def _said_of_inputs(function: str, names: Sequence[str]) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    is_one = len(names) == 1
    variables, are = ("variable", "is") if is_one else ("variables", "are")
    those, outputs = ("it", "an output") if is_one else ("them", "outputs")
    return (
        f"'{function}' writes the file-level {variables} {listed}, which {are} given"
        f" to it: what a call leaves in {those} is {outputs}, too: add out=[{listed}]"
    )


def _said_of_held(
    program: Program, state: State, seen: Storage | None, held: str
) -> str:
    name = program.name
    if state.kind == "unchecked":
        return f"what {held} keeps from call to call could not be looked at"
    if state.kind == "added_up":
        return (
            f"calls of '{name}' change {held} from what earlier calls left there: no"
            " number of calls shows that no result ever depends on it"
        )
    if state.kind == "filled":
        return (
            f"calls of '{name}' leave in {held} what their inputs decide, and with other"
            " values there results change: whether an earlier call can leave one that"
            " matters is not known"
        )
    if state.kind == "unmoved":
        return (
            f"no call of '{name}' that was tried leaves anything else in {held}, but its"
            " text writes there, and with other values there results change: whether a"
            " call can leave one is not known"
        )
    if state.kind == "seen_outside":
        return (
            f"'{name}' writes {held}, which another function or file may read, so that"
            " it is an output"
        )
    assert seen is not None and seen.dependence is not None
    met = seen.dependence
    return (
        f"the result of '{name}' depends on what earlier calls left in {held}: with"
        f" {_spelled(program, met.example)}, called after"
        f" {_spelled(program, met.before)}, it gives something else than alone"
    )


def _advice(found: Sequence[StaticVariable]) -> str:
    if not found:
        return "pass what it keeps as a parameter"
    is_local = any(v.function for v in found)
    return advice_on_state(
        list(dict.fromkeys(v.name for v in found)), is_local=is_local
    )


def _placed(
    program: Program,
    reason: str,
    message: str,
    found: Sequence[StaticVariable],
) -> Problem:
    """Place a problem at the first write, or at the function."""
    if found:
        first = found[0]
        return Problem(reason, message, first.line, first.column, first.file)
    return Problem(reason, message, program.line, 1 if program.line else 0)


def _listed(found: Iterable[StaticVariable]) -> str:
    """Say "the static variables 'a', 'b'"."""
    kinds: dict[str, dict[str, None]] = {}
    for v in found:
        kinds.setdefault(v.kind, {})[f"'{v.name}'"] = None
    return " and ".join(
        f"the {kind} variable{'s' * (len(names) > 1)} {', '.join(names)}"
        for kind, names in kinds.items()
    )


def _notes(program: Program, seen: Storage) -> Iterable[str]:
    by_name = {(v.function, v.name): v for v in program.static_variables}
    how = (
        f"(found by running: {seen.calls} calls after others, in several orders, gave"
        " what each gives alone)"
    )
    constant = [by_name[n] for n in seen.constant if n in by_name]
    others = [by_name[n] for n in seen.unread if n in by_name]
    if constant:
        verb = "is" if len(constant) == 1 else "are"
        yield (
            f"{_listed(constant)} {verb} set once, to the same whatever the inputs:"
            f" no state {how}"
        )
    if others:
        yield (
            f"no result depends on what {_listed(others)} held before a call: no state"
            f" {how}"
        )


def _spelled(program: Program, x: Iterable[float]) -> str:
    leaves = program.signature.inputs
    values = zip(leaves, x, strict=True)
    said = [f"{leaf.name} = {value:.10g}" for leaf, value in values]
    rest = ["..."] if len(said) > MOST_SPELLED else []
    return ", ".join([*said[:MOST_SPELLED], *rest])
