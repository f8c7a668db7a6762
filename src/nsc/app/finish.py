"""What was compiled -> exports, report, and files where there is a folder for them.

In: `Compiled`, options, a folder. Out: the surrogate with its report, and the report.
Non-goals: running the program (pipeline), formats (deploy).
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from nsc.app.grey_box import WHOLE_FILE, InPlace
from nsc.app.options import CompileOptions, ExportOptions
from nsc.app.pipeline import Compiled, errors_of
from nsc.app.results import SURROGATE_FILE, write_results
from nsc.app.summary import describe
from nsc.deploy import (
    EXPORTERS,
    STD_FILE,
    BatchOptions,
    ExportJob,
    chosen_exporters,
    expect_derivatives,
    expect_exportable,
    expect_possible,
    fixed_point_notes,
    is_available,
    std_source,
    surrogate_name,
)
from nsc.errors import InputError
from nsc.initial import measured
from nsc.program import Program, as_returned
from nsc.report import DraftReport, Report, html_page, to_json
from nsc.surrogate import Surrogate
from nsc.verify import verify

SAME = (
    1e-9  # of the largest output: what two arithmetics may differ by unnoticed
)
REPORT_FILE = "report.json"
PAGE_FILE = "report.html"
# all that this or another compilation may write
RESULT_FILES = frozenset(
    (
        SURROGATE_FILE,
        REPORT_FILE,
        PAGE_FILE,
        WHOLE_FILE,
        STD_FILE,
        *(e.file_name for e in EXPORTERS.values()),
    )
)
# texts in languages say at their beginning who wrote them
_LANGUAGE_FILES = frozenset(
    e.file_name for e in EXPORTERS.values() if not e.is_default
)
_WRITTEN_BY = b"written by nsc"
_HEAD_BYTES = 4096
_STARTS = {row.name: row.words.page for row in measured()}


def finish(
    compiled: Compiled,
    options: CompileOptions,
    export: ExportOptions = ExportOptions(),
    *,
    folder: Path | None = None,
    started: float,
    more: InPlace | None = None,
) -> tuple[Surrogate, Report | DraftReport]:
    """Export and report a compilation, and write all of it if there is a folder.

    Args:
        started: when the compilation began, of `time.perf_counter`.
        more: tunes what was compiled, and makes other files of it.

    Returns:
        The surrogate, its report inside, and the report without the figures' series.

    Raises:
        InputError: the folder cannot be written to, or an export does not allow this.
        BuildError: an export does not compute what the surrogate computes.
    """
    begun = time.perf_counter()
    if more is not None:
        compiled = more.tuned(compiled)
    files: dict[str, bytes] = {}
    if folder is not None:
        job = _job(compiled, export)
        files = _exports(job, export)
        compiled = _as_exported(compiled, job, files, options.target_error)
        notes = (*compiled.notes, *fixed_point_notes(files))
        compiled = replace(compiled, notes=notes)
    if more is not None:
        compiled, others = more.files(compiled)
        files |= others
    has_page = compiled.evidence is not None
    names = (SURROGATE_FILE, *files, REPORT_FILE, *[PAGE_FILE] * has_page)
    time_s = dict(compiled.time_s)
    if "export" in time_s:
        time_s["export"] += time.perf_counter() - begun
    report = describe(
        compiled,
        options,
        time_s=time_s | {"total": time.perf_counter() - started},
        files=() if folder is None else names,
        exported_function=surrogate_name(
            compiled.program, drop_in=export.drop_in
        ),
    )
    kept = _without_figures(report)
    metadata = {"report": json.dumps(to_json(kept))}
    surrogate = replace(
        compiled.surrogate,
        metadata=metadata,
        outside=export.outside or "warn",
    )
    if folder is not None:
        files |= _pages(report)
        stale = stale_files(folder, names)
        write_results(folder, surrogate, files, stale=stale)
    return surrogate, kept


def stale_files(folder: Path, names: Collection[str]) -> list[str]:
    """List files of earlier compilations; a user's own surrogate.py is none.

    Args:
        names: of the files that are written now.
    """
    others = sorted(RESULT_FILES - set(names))
    return [
        name
        for name in others
        if name not in _LANGUAGE_FILES or _is_ours(folder / name)
    ]


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _WRITTEN_BY in file.read(_HEAD_BYTES)
    except OSError:
        return False


def check_export(program: Program, export: ExportOptions) -> None:
    """Refuse an export that cannot be, before anything is run for it.

    Raises:
        InputError: names the argument.
    """
    if export.gradient:
        expect_derivatives(program)


def expect_folder(folder: object, formats: object) -> None:
    """Refuse formats that are asked for where no file is written.

    Raises:
        InputError: there is no folder.
    """
    if formats is not None and folder is None:
        raise InputError("export must come with a folder, for its files")


def refuse_outside(learn: str | None, export: ExportOptions) -> None:
    """Refuse a policy where a whole's C calls the surrogate.

    Raises:
        InputError: names the argument.
    """
    if learn is not None and export.outside is not None:
        raise InputError(
            "outside must be left out with learn: the whole's C calls the surrogate for"
            " all inputs"
        )


def check_policy(
    program: Program, export: ExportOptions, learn: str | None = None
) -> None:
    """Refuse files that cannot be, before anything is run for them.

    Args:
        learn: a function that the program calls, if that is compiled instead.

    Raises:
        InputError: names the argument.
    """
    check_export(program, export)
    refuse_outside(learn, export)
    if export.outside == "original" and not program.source:
        raise InputError(
            "outside must be another than 'original' with a folder where the program is"
            " no C, which exported C could call; in Python"
            " surrogate.with_outside('original') does it"
        )
    expect_possible(export.outside, program, gradient=export.gradient)
    outside = "original" if export.guard else export.outside
    expect_exportable(export.formats, program, outside)


def _job(compiled: Compiled, export: ExportOptions) -> ExportJob:
    """Say what is to be exported, and what its reader should know."""
    evidence = compiled.evidence
    found = evidence and evidence.compilation.verification
    return ExportJob(
        compiled.surrogate,
        compiled.program,
        compiled.x,
        drop_in=export.drop_in,
        guard=export.guard or export.outside == "original",
        outside=export.outside,
        notes=_claims(compiled),
        error=errors_of(found) if found else None,
        batch=BatchOptions(openmp=export.openmp, gradient=export.gradient),
    )


def _as_exported(
    compiled: Compiled,
    job: ExportJob,
    files: Mapping[str, bytes],
    target: float | None,
) -> Compiled:
    """Count as verified what is farther from the program: the network, or its C.

    They differ by rounding alone, which may still be more than no error at all.
    """
    evidence = compiled.evidence
    exporter = EXPORTERS["c"]
    if evidence is None:
        return compiled
    found = evidence.compilation
    predicted = as_returned(
        compiled.program, compiled.surrogate.evaluate(found.x)
    )
    exported = exporter.evaluate(job, files[exporter.file_name], found.x)
    if np.abs(exported - predicted).max() <= SAME * np.abs(found.y).max():
        return compiled
    is_nearer = np.abs(exported - found.y) <= np.abs(predicted - found.y)
    farther = np.where(is_nearer, predicted, exported)  # a NaN is not nearer
    whole = [held is not None for held in compiled.surrogate.held]
    verified = verify(
        found.y,
        farther,
        looks=found.looks,
        whole=whole,
        population=found.verification.population,
    )
    reached = found.reached
    notes = compiled.notes
    if reached and target is not None and not verified.rmse <= target:
        reached = False
        said = f"the target error {target:g} holds for the network, but not for its C"
        notes = (
            *notes,
            f"{said}, which rounds: verified rmse is {verified.rmse:.3g}",
        )
    again = replace(found, verification=verified, reached=reached)
    compiled = replace(compiled, notes=notes)
    return replace(compiled, evidence=replace(evidence, compilation=again))


def _claims(compiled: Compiled) -> tuple[str, ...]:
    """Say in the exported code how far it can be trusted."""
    if compiled.evidence is None:
        not_verified = "Not verified: it was made from the text alone."
        return (not_verified, *compiled.notes)
    found = compiled.evidence.compilation.verification
    said = (
        [] if found.bound is None else [f"Verified: {found.bound.sentence()}."]
    )
    if found.wrong is not None:
        kind = f"all {found.n}" if found.is_exact else f"{found.n} fresh"
        share = f"{100 * found.wrong:.3g} % of {kind} inputs"
        said.append(
            f"Wrong answers, other integers than the program's: {share}."
        )
    return tuple(said)


def _exports(job: ExportJob, export: ExportOptions) -> dict[str, bytes]:
    """Render every format that was chosen, and error bars if there are any."""
    exporters = chosen_exporters(export.formats, is_available)
    files = {e.file_name: e.render(job) for e in exporters}
    if job.surrogate.error_bars is not None:
        files[STD_FILE] = std_source(job)
    return files


def _pages(report: Report | DraftReport) -> dict[str, bytes]:
    """Write the report as JSON, and as a page where it has figures."""
    pages = {REPORT_FILE: json.dumps(to_json(report), indent=1)}
    if isinstance(report, Report):
        pages[PAGE_FILE] = html_page(report, starts=_STARTS)
    return {name: text.encode("utf-8") for name, text in pages.items()}


def _without_figures(report: Report | DraftReport) -> Report | DraftReport:
    return (
        replace(report, figures=None) if isinstance(report, Report) else report
    )
