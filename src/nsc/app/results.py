"""Reading sources and writing results: everything appears whole or not at all.

In: paths. Out: a folder with the surrogate, its C, its ONNX, and the report. Non-goals:
any computation.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from nsc.app.pipeline import Compiled, CompileOptions, Draft
from nsc.app.summary import draft_json, report_json
from nsc.compilation import Compilation, Progress
from nsc.deploy import c_source, save_onnx, surrogate_name, time_per_call
from nsc.errors import BuildError, InputError
from nsc.host import write_whole
from nsc.program import Program, draw_inputs
from nsc.report import html_page
from nsc.surrogate import Surrogate

# inputs on which original and surrogate are timed, and the original is compared with
# the sandbox
TIMED_ROWS = 256
STRAYS = 0.02  # the share of them on which rounding may decide a comparison
ONNX_ROWS = 64  # inputs on which the written ONNX is compared


def write_text(path: Path, text: str) -> None:
    """Write a text file; it appears whole or not at all.

    Raises:
        InputError: it cannot be written there.
    """
    try:
        write_whole(path, text)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def check_writable(folder: Path) -> None:
    """Make sure results can be written before work starts.

    Raises:
        InputError: the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None


def finish(
    compiled: Compiled,
    options: CompileOptions,
    *,
    folder: Path | None = None,
    drop_in: bool = False,
    guard: bool = False,
    timing: bool = True,
    started: float,
    progress: Progress = lambda what, fraction: None,
) -> tuple[Surrogate, dict]:
    """Time, export and report a compilation; returns the surrogate, its report inside,
    and the report.

    Args:
        timing: whether the original may run natively, to say how long a call takes.
    """
    progress("exporting", 0.0)
    begun = time.perf_counter()
    program = compiled.program
    surrogate = compiled.surrogate
    report = report_json(compiled, options)
    name = surrogate_name(program, drop_in=drop_in)
    bound = compiled.compilation.verification.bound
    notes = [f"Verified: {bound.sentence()}."] if bound else []
    c_text = c_source(
        surrogate,
        program,
        drop_in=drop_in,
        guard=guard,
        notes=notes,
        selftest=compiled.compilation.x,
    )
    if timing and program.function is None:
        report["ns_per_call"], note = _timed(surrogate, program, compiled.compilation)
        report["notes"] += note
    report["exported_function"] = name
    report["time_s"]["export"] = round(time.perf_counter() - begun, 4)
    report["time_s"]["total"] = round(time.perf_counter() - started, 4)
    return _written(folder, surrogate, c_text, report, compiled.compilation.x)


def _timed(
    surrogate: Surrogate, program: Program, found: Compilation
) -> tuple[dict, list[str]]:
    """Time a call of both, and compare what the original returns natively with what the
    sandbox said.

    What cannot be timed loses nothing but that, and a note says so.
    """
    x = found.x[:TIMED_ROWS]
    y = found.y[:TIMED_ROWS]
    try:
        plain = c_source(surrogate, program)
        timing = time_per_call(
            program, plain, surrogate_name(program, drop_in=False), x
        )
    except BuildError as error:
        return {"original": None, "surrogate": None}, [f"a call was not timed: {error}"]
    ns = {"original": timing.original, "surrogate": timing.surrogate}
    near = 1e-3 * (np.abs(y) + np.abs(y).mean(axis=0))
    differs = ~(np.abs(timing.outputs - y) <= near).all(axis=1)
    if differs.mean() <= STRAYS:
        return ns, []
    where = ", ".join(f"{v:.6g}" for v in x[differs][0])
    return ns, [
        f"built for this machine the program returns something else on {differs.sum()}"
        f" of {len(x)} inputs, for example at ({where}): in the sandbox, which the"
        " surrogate learned from, long, size_t and pointers have 32 bits, and what C"
        " leaves undefined may differ"
    ]


def finish_draft(
    draft: Draft,
    options: CompileOptions,
    *,
    folder: Path | None = None,
    drop_in: bool = False,
    guard: bool = False,
    started: float,
) -> tuple[Surrogate, dict]:
    """Export and report a surrogate that nothing has run or verified; as `finish`,
    without a page of figures.
    """
    program = draft.program
    surrogate = draft.surrogate
    report = draft_json(draft, options)
    x = draw_inputs(program, ONNX_ROWS, generator=np.random.default_rng(options.seed))
    notes = ["Not verified: it was made from the text alone.", *draft.notes]
    c_text = c_source(
        surrogate, program, drop_in=drop_in, guard=guard, notes=notes, selftest=x
    )
    report["exported_function"] = surrogate_name(program, drop_in=drop_in)
    report["time_s"]["total"] = round(time.perf_counter() - started, 4)
    return _written(folder, surrogate, c_text, report, x)


def _written(
    folder: Path | None, surrogate: Surrogate, c_text: str, report: dict, x: np.ndarray
) -> tuple[Surrogate, dict]:
    """Put the report into the surrogate and write everything, if there is a folder to
    write to.
    """
    has_onnx = all(importlib.util.find_spec(m) for m in ("onnx", "onnxruntime"))
    files = [
        "surrogate.safetensors",
        "surrogate.c",
        *["surrogate.onnx"] * has_onnx,
        "report.json",
    ]
    files += ["report.html"] * ("figures" in report)
    report["files"] = files if folder else []
    kept = {k: v for k, v in report.items() if k != "figures"}
    surrogate = replace(surrogate, metadata={"report": json.dumps(kept)})
    if folder is not None:
        try:
            _write_all(folder, surrogate, c_text, report, x[:ONNX_ROWS])
        except OSError as error:
            raise InputError(f"cannot write to {folder}: {error.strerror}") from None
    return surrogate, kept


def _write_all(
    folder: Path,
    surrogate: Surrogate,
    c_text: str,
    report: dict,
    onnx_inputs: np.ndarray,
) -> None:
    """Write every file into a hidden folder beside, then move them into place."""
    work = Path(tempfile.mkdtemp(prefix=".nsc-", dir=folder))
    try:
        surrogate.save(work / "surrogate.safetensors")
        (work / "surrogate.c").write_text(c_text, encoding="utf-8")
        if "surrogate.onnx" in report["files"]:
            save_onnx(surrogate, work / "surrogate.onnx", onnx_inputs)
        (work / "report.json").write_text(
            json.dumps(report, indent=1), encoding="utf-8"
        )
        if "report.html" in report["files"]:
            (work / "report.html").write_text(html_page(report), encoding="utf-8")
        for name in report["files"]:
            os.replace(work / name, folder / name)
        for name in {"surrogate.onnx", "report.html"} - set(report["files"]):
            (folder / name).unlink(missing_ok=True)  # of an earlier compilation
    finally:
        shutil.rmtree(work, ignore_errors=True)
