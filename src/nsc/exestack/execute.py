"""Candidates -> records, by running them in the sandbox on the shared inputs.

In: `Candidate`s, a profile. Out: a `Record` or a `Dropped` for each, in order.
Non-goals: which of them are twins (gather.py).
"""

from __future__ import annotations

import numpy as np

from nsc.exestack.extract import Candidate, Dropped
from nsc.program import Unsupported
from nsc.record import Record, shared_inputs
from nsc.sandbox import Failed, Outcome, RunLimits, build, run

MAX_ABSOLUTE_OUTPUT = 10.0
LIMITS = RunLimits(fuel_per_sample=200_000, failures=1)


def execute(candidates: list[Candidate], *, profile: str) -> list[Record | Dropped]:
    """Build candidates 64 to a module and run each on 2,048 inputs from U(-1, 1), then on the same in reverse."""
    x = shared_inputs()
    built = build([c.program.unit for c in candidates])
    return [_record(c, b, x, profile) for c, b in zip(candidates, built, strict=True)]


def _record(candidate: Candidate, built, x: np.ndarray, profile: str) -> Record | Dropped:
    program, source = candidate.program, candidate.source

    def dropped(reason: str) -> Dropped:
        return Dropped(source.path, program.name, reason)

    if isinstance(built, Failed):
        return dropped(str(built.outcome))
    inputs = np.ascontiguousarray(x[:, : program.n_inputs])
    done = run(built, inputs, LIMITS)
    if done.outcome is not Outcome.ok:
        return dropped(str(done.outcome))
    if not np.isfinite(done.outputs).all():
        return dropped("not_finite")
    if profile == "exestackcpn" and np.abs(done.outputs).max() >= MAX_ABSOLUTE_OUTPUT:
        return dropped("too_large_output")
    if np.abs(done.outputs).max() > np.finfo(np.float32).max:
        return dropped("too_large_output")
    again = run(built, inputs[::-1].copy(), LIMITS)  # in another order: state between calls would show
    if not np.array_equal(again.outputs[::-1], done.outputs):
        return dropped("nondeterministic")
    dag = program.dag
    box = ((-1.0, 1.0),) * program.n_inputs
    name = f"{source.path}:{program.line}:{program.name}"
    return Record(
        name, program.text, source.origin, program.n_inputs, program.n_outputs, box, 0,
        done.outputs.astype(np.float32), None if isinstance(dag, Unsupported) else dag,
        licence=source.licence, normalised=program.normalised,
    )  # fmt: skip
