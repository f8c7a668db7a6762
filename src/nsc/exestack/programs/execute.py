"""Candidates -> records, by running them in the sandbox on the shared inputs.

In: `Candidate`s, a profile. Out: a `Record` or a `Dropped` for each, in order.
Non-goals: which of them are twins (split.py).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np

from nsc.errors import InputError
from nsc.exestack.programs.check import (
    CHECKS,
    LIMITS,
    inputs_for,
    memory_reasons,
    signature_reasons,
    state_reasons,
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


def execute(
    candidates: list[Candidate], profile: Profile
) -> list[Record | Dropped]:
    """Build candidates, 64 to a module, and run each five times on the shared inputs.

    Fuel: 200,000 wasm instructions a sample, on average over 1,024 samples, for each
    function by itself. What ran well is held against its signature, and built again
    in other company, with other contents of what it must not read.
    """
    programs = [c.program for c in candidates]
    built = build([p.unit for p in programs], checks=CHECKS)
    found = [
        str(b.outcome) if isinstance(b, Failed) else _outputs(b, profile)
        for b in built
    ]
    found = _checked(
        programs, found, lambda ps, ys: state_reasons(ps, profile)
    )
    found = _checked(
        programs, found, lambda ps, ys: signature_reasons(ps, profile)
    )
    found = _checked(
        programs, found, lambda ps, ys: memory_reasons(ps, ys, profile)
    )
    return [
        _record(c, y, profile) for c, y in zip(candidates, found, strict=True)
    ]


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
        return Dropped(
            source.origin, source.path, program.name, outputs, program.text
        )
    n_inputs = min(program.n_inputs, profile.varied_inputs)
    scale = _scale(outputs)
    box = tuple(zip(program.domain.lo, program.domain.hi, strict=True))[
        :n_inputs
    ]
    dag = _dag(program.dag, n_inputs)
    differs = dag is not None and not _agrees(dag, outputs)
    if differs:
        dag = None
    flags = {
        **_output_flags(outputs),
        "rescaled": (scale != 1).any(),
        "rest_is_one": n_inputs < program.n_inputs,
        "bounded_dag": dag is not None and dag.bounded,
        "dag_differs": differs,
    }
    return Record(
        name=f"{source.path}:{program.line}:{program.name}",
        text=_text(program),
        origin=source.origin,
        n_inputs=n_inputs,
        n_outputs=program.n_outputs,
        box=box,
        input_seed=0,
        outputs=(outputs / scale).astype(np.float32),
        dag=dag,
        licence=source.licence,
        normalised=program.normalised,
        scale=() if (scale == 1).all() else tuple(scale.tolist()),
        flags=tuple(name for name, holds in flags.items() if holds),
    )


def _text(program: Program) -> str:
    """Return a program's text as written, if it reads as the program that was run.

    Else it is written expanded.
    """
    if _reads_as_run(program):
        return program.text
    headers = "".join(f"#include <{header}>\n" for header in program.headers)
    return headers + program.source


def _reads_as_run(program: Program) -> bool:
    expanded = preprocess(program.text)
    if not expanded.problems:
        # cheaper than to read it again, and nearly always enough
        tokens = solid_words(expanded.text)
        if tokens == solid_words(program.source):
            return True
    try:
        again = parse_program(program.text, function=program.name)
    except InputError:
        return False
    return again.normalised == program.normalised


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
    one_instance = run(built, np.concatenate([x, x[::-1], x]), LIMITS).outputs
    forwards, backwards, again = np.split(one_instance, [len(x), 2 * len(x)])
    fresh = run(built, x, LIMITS).outputs
    repeats = (forwards, backwards[::-1], again, fresh)
    if not all(
        np.array_equal(y, repeat, equal_nan=True) for repeat in repeats
    ):
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


def _output_flags(outputs: np.ndarray) -> dict[str, bool]:
    """Say whether outputs (`n o`) hardly vary, or not at all."""
    is_constant = bool((np.ptp(outputs, axis=0) == 0).all())
    spread = outputs.std(axis=0)
    largest = np.abs(outputs).max(axis=0)
    varies_little = bool((spread < NEAR_CONSTANT * largest).all())
    return {
        "constant": is_constant,
        "near_constant": varies_little and not is_constant,
    }


def _dag(dag: Dag | Unsupported, n_inputs: int) -> Dag | None:
    if isinstance(dag, Unsupported):
        return None
    return bind_inputs(dag, n_inputs, 1.0) if n_inputs < dag.n_inputs else dag


def _agrees(dag: Dag, outputs: np.ndarray) -> bool:
    """Say whether a DAG computes what the program computed, but for rounding."""
    y = outputs[:CHECKED]
    with np.errstate(all="ignore"):
        error = np.abs(
            evaluate(dag, shared_inputs()[:CHECKED, : dag.n_inputs]) - y
        )
    # of what is there: an output that is mostly zero is as large as it is elsewhere
    sizes = np.where(outputs == 0, np.nan, np.abs(outputs))
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # an output that is always zero
        typical = np.nan_to_num(np.nanmedian(sizes, axis=0))
    allowed = AGREEMENT * (np.abs(y) + typical) + 1e-12
    # written so that NaN is a stray
    strays = ~(error <= allowed).all(axis=1)
    return bool(strays.mean() <= STRAYS)
