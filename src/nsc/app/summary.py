"""What was compiled -> its report, as values.

In: `Compiled`, options. Out: `Report`, or `DraftReport` of what nothing has verified.
Non-goals: running anything (pipeline), drawing (report), files (results).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nsc.app.options import CompileOptions
from nsc.app.other_forms import other_forms
from nsc.app.pipeline import Compiled, Evidence
from nsc.compilation import Rung
from nsc.finetune import FinetuneResult
from nsc.report import (
    Bound,
    DraftReport,
    Drawn,
    Errors,
    Finetuning,
    Report,
    Round,
    Size,
    Source,
    ZeroShot,
)
from nsc.verify import Verification

CURVE_POINTS = 400  # of a loss curve, about
DIGITS = 4  # of seconds, after the point


def describe(
    compiled: Compiled,
    options: CompileOptions,
    *,
    time_s: Mapping[str, float],
    files: tuple[str, ...],
    exported_function: str,
) -> Report | DraftReport:
    """Describe a compilation.

    Args:
        time_s: seconds by what they were spent on, "total" among them.
        files: names of what is written.
        exported_function: its name in C.
    """
    both = {
        **_described(compiled, options),
        "time_s": {
            what: round(seconds, DIGITS) for what, seconds in time_s.items()
        },
        "notes": compiled.notes,
        "files": files,
        "exported_function": exported_function,
    }
    if compiled.evidence is not None:
        found = _verified(compiled.evidence, compiled.expected_nmse, options)
        return Report(**both, **found, within=compiled.within)
    assert compiled.expected_nmse is not None, (
        "a draft is made of what text promises"
    )
    return DraftReport(**both, expected_zero_shot_nmse=compiled.expected_nmse)


def _described(compiled: Compiled, options: CompileOptions) -> dict[str, Any]:
    """Collect what both kinds of report say of program and surrogate."""
    program = compiled.program
    surrogate = compiled.surrogate
    sides = zip(surrogate.lo.tolist(), surrogate.hi.tolist(), strict=True)
    return {
        "function": program.name,
        "signature": program.signature.prototype,
        "inputs": surrogate.input_names,
        "outputs": surrogate.output_names,
        "domain": dict(zip(surrogate.input_names, sides, strict=True)),
        "drawn": _drawn(compiled),
        "topology": " + ".join(str(m.topology) for m in surrogate.members),
        "activation": options.activation,
        "initial": options.initial,
        "seed": options.seed,
        "program": Source(program.path, program.line, program.text),
    }


def _drawn(compiled: Compiled) -> Drawn | None:
    """Say how inputs were drawn; None where uniformly from the whole domain."""
    drawing = compiled.program.drawing
    evidence = compiled.evidence
    verified = evidence and evidence.compilation.verification
    n_all = verified.n if verified and verified.is_exact else 0
    sample = drawing.sample
    if not (drawing.log or drawing.conditions or sample or n_all):
        return None
    return Drawn(
        log=drawing.log_names(compiled.surrogate.input_names),
        where=tuple(c.text for c in drawing.conditions),
        sample="" if sample is None else sample.path,
        rows=0 if sample is None else len(sample.rows),
        all=n_all,
    )


def _verified(
    evidence: Evidence,
    expected_nmse: tuple[float, ...] | None,
    options: CompileOptions,
) -> dict[str, Any]:
    """Collect what running the program showed."""
    found = evidence.compilation
    return {
        "optimizer": options.optimizer,
        "backend": found.results[0].backend if found.results else None,
        "budget": found.rounds[-1].budget,
        "program_runs": evidence.program_runs,
        "check_runs": evidence.check_runs,
        "twin": evidence.twin,
        "teacher": evidence.teacher,
        "sizes": _sizes(evidence),
        "forms": other_forms(found),
        "zero_shot": {
            name: ZeroShot(v.mse, _finite(v.nmse))
            for name, v in evidence.zero_shot.items()
        },
        "expected_zero_shot_nmse": expected_nmse,
        "test": errors_of_verification(found.verification),
        "error_bars": evidence.error_bars,
        "target_error": options.target_error,
        "target_reached": found.reached,
        "rounds": tuple(
            Round(r.budget, r.topology, r.rmse) for r in found.rounds
        ),
        "finetune": tuple(map(_finetuning, found.results, found.winners)),
        "ns_per_call": evidence.ns_per_call,
        "figures": evidence.figures,
    }


def _sizes(evidence: Evidence) -> tuple[tuple[Size, ...], ...] | None:
    """List the sizes that were tried, network by network; None where none were."""
    found = evidence.compilation
    if not any(found.ladders):
        return None
    members = found.surrogate.members
    measured = dict(evidence.size_ns)
    taken = evidence.ns_per_call.surrogate
    if len(members) == 1 and taken is not None:
        # of several it is that of all networks together
        measured[str(members[0].topology)] = taken
    return tuple(
        tuple(_size(rung, str(member.topology), measured) for rung in ladder)
        for ladder, member in zip(found.ladders, members, strict=True)
    )


def _size(rung: Rung, chosen: str, measured: Mapping[str, float]) -> Size:
    return Size(
        rung.topology,
        _finite(rung.error),
        rung.ns,
        is_chosen=rung.topology == chosen,
        measured_ns=measured.get(rung.topology),
    )


def errors_of_verification(found: Verification) -> Errors:
    """Describe what a verification found."""
    return Errors(
        n=found.n,
        mse=_finite(found.mse),
        rmse=_finite(found.rmse),
        nmse=_finite(found.nmse),
        mean_abs=_finite(found.mean_abs),
        max_abs=_finite(found.max_abs),
        quantiles=found.quantiles,
        bound=_bound(found),
        outputs=tuple(map(errors_of_verification, found.outputs)),
        wrong=found.wrong,
    )


def _bound(found: Verification) -> Bound | None:
    bound = found.bound
    if bound is None:
        return None
    return Bound(
        bound.confidence, bound.fraction, bound.error, bound.sentence()
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _finetuning(result: FinetuneResult, winner: str) -> Finetuning:
    """Describe how one network learned, by fewer points than it took steps."""
    lengths = result.train_loss.shape[1]
    every = max(1, lengths // CURVE_POINTS)
    return Finetuning(
        backend=result.backend,
        stopped=result.stopped[0],
        best_step=int(result.best_step[0]),
        steps=lengths - 1,
        winner=winner,
        every=every,
        train_loss=tuple(result.train_loss[0, ::every].tolist()),
        validation_loss=tuple(result.validation_loss[0, ::every].tolist()),
    )
