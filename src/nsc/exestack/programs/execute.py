"""Candidates -> records, by running them in the sandbox on the shared inputs.

In: `Candidate`s, a profile. Out: a `Record` or a `Dropped` for each, in order.
Non-goals: which of them are twins (split.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nsc.errors import InputError
from nsc.exestack.programs.check import (
    CHECKS,
    LIMITS,
    inputs_for,
    neighbour_reasons,
    signature_reasons,
)
from nsc.exestack.programs.extract import Candidate, Dropped
from nsc.exestack.programs.profile import Profile
from nsc.graph import Dag, Unsupported, bind_inputs, evaluate
from nsc.program import Program, parse_program
from nsc.record import Record, shared_inputs
from nsc.sandbox import Built, Failed, Outcome, build, run
from nsc.text import preprocess, solid_words

MAX_ABSOLUTE_OUTPUT = 10.0
CHECKED = 256  # outputs that a DAG is compared on
# of an output, and of the typical one: how far a DAG, which does not round, may be off
AGREEMENT = 1e-3
STRAYS = 0.02  # the share of outputs that may be farther off
NEAR_CONSTANT = 1e-3  # of the largest output: a standard deviation below it


def execute(candidates: list[Candidate], profile: Profile) -> list[Record | Dropped]:
    """Build candidates 64 to a module and run each five times on 2,048 inputs from
    U(-1, 1).

    Fuel: 200,000 wasm instructions a sample, on average over 1,024 samples, for each
    function by itself. What ran well is held against its signature, and built again
    in other company.
    """
    programs = [c.program for c in candidates]
    built = build([p.unit for p in programs], checks=CHECKS)
    found = [
        str(b.outcome) if isinstance(b, Failed) else _outputs(b, profile) for b in built
    ]
    found = _checked(programs, found, lambda ps, ys: signature_reasons(ps, profile))
    found = _checked(programs, found, lambda ps, ys: neighbour_reasons(ps, ys, profile))
    return [_record(c, y, profile) for c, y in zip(candidates, found, strict=True)]


def _checked(
    programs: Sequence[Program],
    found: Sequence[np.ndarray | str],
    check: Callable[[list[Program], list[np.ndarray]], list[str | None]],
) -> list[np.ndarray | str]:
    """Put the reasons of a check where programs had outputs and do not pass it."""
    had = [(k, y) for k, y in enumerate(found) if not isinstance(y, str)]
    reasons = check([programs[k] for k, _ in had], [y for _, y in had])
    after = list(found)
    for (k, _), reason in zip(had, reasons, strict=True):
        if reason is not None:
            after[k] = reason
    return after


def _record(
    candidate: Candidate, outputs: np.ndarray | str, profile: Profile
) -> Record | Dropped:
    """Make a record of a program's outputs, or say why it has none."""
    program = candidate.program
    source = candidate.source
    if isinstance(outputs, str):
        return Dropped(source.origin, source.path, program.name, outputs, program.text)
    n_inputs = min(program.n_inputs, profile.varied_inputs)
    scale = _scale(outputs)
    box = tuple(zip(program.domain.lo, program.domain.hi, strict=True))[:n_inputs]
    dag = _dag(program.dag, n_inputs)
    differs = dag is not None and not _agrees(dag, outputs)
    dag = None if differs else dag
    name = f"{source.path}:{program.line}:{program.name}"
    return Record(
        name,
        _text(program),
        source.origin,
        n_inputs,
        program.n_outputs,
        box,
        0,
        (outputs / scale).astype(np.float32),
        dag,
        licence=source.licence,
        normalised=program.normalised,
        scale=() if (scale == 1).all() else tuple(scale.tolist()),
        flags=_flags(
            outputs,
            scale,
            n_inputs < program.n_inputs,
            dag is not None and dag.bounded,
            differs,
        ),
    )


def _text(program: Program) -> str:
    """Return a program's text as written, or expanded where that does not read as the
    program that was run.
    """
    expanded = preprocess(program.text)
    if not expanded.problems and solid_words(expanded.text) == solid_words(
        program.source
    ):
        return program.text
    try:
        again = parse_program(program.text, function=program.name)
        if again.normalised == program.normalised:
            return program.text
    except InputError:
        pass
    return (
        "".join(f"#include <{header}>\n" for header in program.headers) + program.source
    )


def _outputs(built: Built, profile: Profile) -> np.ndarray | str:
    """Return outputs, or why there are none.

    Runs five times on the same inputs (ICML 2024, section 4): three times in one
    instance, the second in reverse, so that state left between calls shows; twice in
    fresh ones. The sandbox itself has no clock, no random numbers and no other source
    of chance.
    """
    x = inputs_for(built.n_inputs, profile)
    first = run(built, x, LIMITS)
    if first.outcome is not Outcome.ok:
        return str(first.outcome)
    y = first.outputs
    n = len(x)
    same = run(built, np.concatenate([x, x[::-1], x]), LIMITS).outputs
    runs = (
        same[:n],
        same[n : 2 * n][::-1],
        same[2 * n :],
        run(built, x, LIMITS).outputs,
    )
    if not all(np.array_equal(y, again, equal_nan=True) for again in runs):
        return "nondeterministic"
    return _refusal(y, profile) or y


def _refusal(outputs: np.ndarray, profile: Profile) -> str | None:
    if not np.isfinite(outputs).all():
        return "not_finite"
    largest = np.abs(outputs).max()
    if largest >= MAX_ABSOLUTE_OUTPUT and not profile.rescales:
        return "too_large_output"
    return "too_large_output" if largest > np.finfo(np.float32).max else None


def _scale(outputs: np.ndarray) -> np.ndarray:
    """Per output, the smallest power of two that brings it below 10; 1 where it is."""
    largest = np.abs(outputs).max(axis=0)
    powers = np.ceil(
        np.log2(np.maximum(largest, MAX_ABSOLUTE_OUTPUT) / MAX_ABSOLUTE_OUTPUT)
    )
    return np.exp2(powers + (largest / np.exp2(powers) >= MAX_ABSOLUTE_OUTPUT))


def _flags(
    outputs: np.ndarray,
    scale: np.ndarray,
    rest_is_one: bool,
    bounded_dag: bool,
    dag_differs: bool,
) -> tuple[str, ...]:
    spread = outputs.std(axis=0)
    largest = np.abs(outputs).max(axis=0)
    flags = {
        "constant": (np.ptp(outputs, axis=0) == 0).all(),
        "near_constant": (
            (spread < NEAR_CONSTANT * largest).all()
            and not (np.ptp(outputs, axis=0) == 0).all()
        ),
        "rescaled": (scale != 1).any(),
        "rest_is_one": rest_is_one,
        "bounded_dag": bounded_dag,
        "dag_differs": dag_differs,
    }
    return tuple(name for name, holds in flags.items() if holds)


def _dag(dag: Dag | Unsupported, n_inputs: int) -> Dag | None:
    if isinstance(dag, Unsupported):
        return None
    return bind_inputs(dag, n_inputs, 1.0) if n_inputs < dag.n_inputs else dag


def _agrees(dag: Dag, outputs: np.ndarray) -> bool:
    """Say whether a DAG computes what the program computed, but for rounding."""
    y = outputs[:CHECKED]
    with np.errstate(all="ignore"):
        error = np.abs(evaluate(dag, shared_inputs()[:CHECKED, : dag.n_inputs]) - y)
    typical = np.median(np.abs(outputs), axis=0)
    return bool(
        (~(error <= AGREEMENT * (np.abs(y) + typical) + 1e-12)).any(axis=1).mean()
        <= STRAYS
    )
