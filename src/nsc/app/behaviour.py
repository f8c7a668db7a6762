"""What running a program shows against its text, before anything is learnt from it.

In: Program, its oracle. Out: nothing, or a SourceError by name. Non-goals: how runs tell
(sandbox).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nsc.app.cost import Effort
from nsc.errors import Problem, SourceError
from nsc.program import Program, draw_inputs, has_cells
from nsc.sandbox import (
    KINDS,
    Built,
    Disagreement,
    Outcome,
    ProgramOracle,
    Unsettled,
    remembering,
    signature_disagreements,
)

REPEATED = 128  # inputs on which calls are repeated
PATTERNED = 256  # inputs on which memory is filled with patterns
MOST_SPELLED = 6  # inputs of an example
# what to do about each kind
ADVICE = {
    "hidden_input": (
        "read it into a local variable first, in the function itself, and leave"
        " out=['{param}'] away"
    ),
    "kept_value": (
        "write it on every path, or read it into a local variable first, which makes"
        " it an input, and leave out=['{param}'] away"
    ),
    "hidden_output": "state it with out=['{param}']",
    "never_written": (
        "leave out=['{param}'] away, state how many elements are written with"
        " arrays={{'{param}': N}}, or widen the domain to where it is written"
    ),
    "past_end": "state how many elements there are with arrays={{'{param}': N}}",
    "stray_memory": (
        "initialise every variable, and state how many elements there are with"
        " arrays={{'{param}': N}}"
    ),
    "unchecked": (
        "pass fewer elements: what is behind the pointers is filled and compared"
    ),
}


def check_by_running(
    program: Program,
    oracle: ProgramOracle,
    *,
    seed: int,
    effort: Effort = Effort(),
) -> None:
    """Run a program on its domain, and compare with what its text says.

    Args:
        effort: how hard to look.

    Raises:
        SourceError: it reads through null pointers (`null_pointer`), or variables that
            were never written (`unwritten_value`), its results depend on earlier calls
            (`depends_on_history`), or elements behind its pointers are read or written
            otherwise than its signature says (`signature_differs`).
    """
    generator = np.random.default_rng(seed)
    x = draw_inputs(program, effort.rows(PATTERNED), generator=generator)
    found = oracle.unsettled(x, limits=effort.limits)
    if found is not None:
        raise SourceError(program.path, [_unsettled(program, x, found)])
    few = x[: effort.rows(REPEATED)]
    _refuse_memory(program, oracle.built, few, effort)
    if not has_cells(program):
        return
    found = signature_disagreements(
        [program], [x], seed=seed, limits=effort.limits
    )[0]
    if found:
        raise SourceError(program.path, _problems(program, found))


def _unsettled(program: Program, x: np.ndarray, found: Unsettled) -> Problem:
    """Say which outputs C does not settle, why, and what to do."""
    leaves = program.signature.outputs
    names = _listed(leaves[k].name for k in found.outputs[:MOST_SPELLED])
    more = ", ..." if len(found.outputs) > MOST_SPELLED else ""
    where = (
        f"on {len(found.samples)} of {found.seen} inputs, for example with"
        f" {_spelled(program, x[found.samples[0]])}"
    )
    if found.outcome is Outcome.null_pointer:
        what = (
            f"'{program.name}' reads or writes through a null pointer {where}, which ends"
            " it on most machines; restrict the domain to inputs on which it does not, or"
            " set the pointer before"
        )
    else:
        what = (
            f"what {names}{more} should be is not settled {where}: there '{program.name}'"
            " reads a variable, or an element or member of one, that no path has"
            " written; write it on every path, or restrict the domain"
        )
    return _problem(program, str(found.outcome), what)


def _refuse_memory(
    program: Program, built: Built, x: np.ndarray, effort: Effort
) -> None:
    sample = remembering(built, x, effort.limits)
    if sample is None:
        return
    what = (
        f"the result of '{program.name}' depends on earlier calls, or on memory that"
        f" was never written: called again with {_spelled(program, x[sample])} it"
        " gives something else; pass what it keeps as a parameter, and initialise its"
        " variables"
    )
    raise SourceError(
        program.path, [_problem(program, "depends_on_history", what)]
    )


def _problems(
    program: Program, found: Sequence[Disagreement]
) -> list[Problem]:
    """Say each kind once of each parameter."""
    groups: dict[tuple[str, str], list[Disagreement]] = {}
    for each in found:
        groups.setdefault((each.param, each.kind), []).append(each)
    return [
        _problem(program, f"signature_differs:{kind}", _said(program, group))
        for (_, kind), group in groups.items()
    ]


def _said(program: Program, group: Sequence[Disagreement]) -> str:
    first = group[0]
    names = _listed(each.element for each in group)
    seen = KINDS[first.kind]
    if len(group) > 1:
        names = f"each of {names}"
    example = ""
    if first.example:
        example = f", for example with {_spelled(program, first.example)}"
    advice = ADVICE[first.kind].format(param=first.param)
    return f"{names} {seen}{example}; {advice}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _spelled(program: Program, x: Iterable[float]) -> str:
    leaves = program.signature.inputs
    values = zip(leaves, x, strict=True)
    said = [f"{leaf.name} = {value:.6g}" for leaf, value in values]
    rest = ["..."] if len(said) > MOST_SPELLED else []
    return ", ".join([*said[:MOST_SPELLED], *rest])


def _problem(program: Program, reason: str, message: str) -> Problem:
    """Place a problem at the function."""
    return Problem(reason, message, program.line, 1 if program.line else 0)
