"""The public Python functions.

In: C text, a path, or a Program. Out: a Surrogate with its report. Non-goals: logic
(pipeline.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from nsc.app.finish import (
    RESULT_FILES,
    check_export,
    check_policy,
    expect_folder,
    finish,
    refuse_outside,
)
from nsc.app.first_rows import FirstRows
from nsc.app.functions import program_of_function
from nsc.app.grey_box import InPlace, callee_or_whole
from nsc.app.options import CompileOptions, ExportOptions
from nsc.app.original import original_of
from nsc.app.pipeline import Compiled, compile_program, compile_text
from nsc.app.project import Project, project_of, read_program, read_text
from nsc.app.results import check_writable
from nsc.app.sample_file import read_sample
from nsc.app.sources import read_source
from nsc.compilation import Progress
from nsc.errors import InputError
from nsc.oracle import Oracle
from nsc.program import Program, narrowed
from nsc.report import DraftReport, Report
from nsc.surrogate import Surrogate

# (lo, hi), or ("log", lo, hi)
Range = tuple[float, float] | tuple[str, float, float]


def compile(
    source: str | Path | Program | Callable[..., Any],
    *,
    function: str | None = None,
    domain: Mapping[str, Range] | None = None,
    out: Sequence[str] = (),
    arrays: Mapping[str, int] | None = None,
    fix: Mapping[str, float] | None = None,
    inputs: Mapping[str, Range] | None = None,
    where: str | Sequence[str] = (),
    sample: str | Path | Mapping[str, Any] | None = None,
    outputs: Sequence[str] | None = None,
    vectorized: bool | None = None,
    folder: str | Path | None = None,
    include: Sequence[str | Path] = (),
    others: Sequence[str | Path] = (),
    compile_commands: str | Path | None = None,
    defines: Mapping[str, str] | None = None,
    oracle: Oracle | None = None,
    learn: str | None = None,
    timing: bool = True,
    outside: str | None = None,
    gradient: bool = False,
    openmp: bool = False,
    export: str | Sequence[str] | None = None,
    **options: Any,
) -> Surrogate:
    """Compile a C function, a Python function or a Program into a verified surrogate.

    A Python function takes numbers, one an input, or arrays: one an input, or one of `n
    i`. Which of them is told by trying on a few rows. It gives a number, a tuple or a
    dict of numbers, or arrays of them.

    A function that calls what the text does not define cannot run in the sandbox: give
    an `oracle` that runs it, or `text_only=True`. What is missing is guessed by its
    name.

    Args:
        source: a Program, a Python function, a path to a C file, or C text (anything
            with a brace is text).
        function, domain, out, arrays, fix, inputs: which function of C text and how to
            read it; see `parse_program`.
        inputs: of a Python function: its inputs' names and ranges; by default all
            parameters without a default value, with ranges from `domain`.
        outputs: names of a Python function's outputs.
        vectorized: whether a Python function takes arrays; None is told by trying.
        folder: where surrogate, exports and report are written, and runs kept.
        where: conditions between inputs, as "a < b && a + b < 1"; only inputs that fulfil
            all of them are drawn and verified.
        sample: the user's own inputs, to learn from and to verify on: a file .csv,
            .parquet or .npz whose columns name them, or the columns themselves.
        include: folders to look for the file's own headers in, besides its own folder.
        others: files that may define what the function calls.
        compile_commands: a compilation database: its entry for the file gives folders
            and macros, its other entries more files.
        defines: macros defined before the first line.
        oracle: runs the program in place of the sandbox, `n i -> n o` in the program's
            units.
        learn: a function that the C function calls: it alone becomes a surrogate, and the
            program's C with it in place is verified, too (and written, as whole.c).
        timing: whether the original may run natively for a moment, to say how long a
            call takes.
        outside: what becomes of inputs outside the domain, in Python and in exported C:
            "warn", "raise", "clip", "nan" or "original". By default Python warns once,
            and C tests nothing.
        gradient, openmp: of the exported C; see `ExportOptions`.
        export: names of the formats that are written into the folder, as in ["python",
            "cpp"]; C always is. By default C, and ONNX where its tools are.
        options: fields of `CompileOptions`: budget, seed, initial, optimizer, topology,
            split, text_only, ...

    Returns:
        A Surrogate, callable on `n i` arrays in the program's units, on data frames, and
        on values by name; `.report` is the report.

    Raises:
        InputError: with file:line:column where the text is at fault.
        OracleError: the program fails on part of its domain.

    Example:
        >>> text = "double area(double r) { return 3.14159 * r * r; }"
        >>> area = nsc.compile(text, domain={"r": (0, 2)}, budget=128, timing=False)
        >>> abs(area(r=1) - 3.14159) < 0.01
        True
        >>> area.in_domain([[1.0], [3.0]])
        array([ True, False])
    """
    started = time.perf_counter()
    chosen = CompileOptions(**options)
    of_c = {"gradient": gradient, "openmp": openmp}
    exported = ExportOptions(outside=outside, formats=export, **of_c)
    _check_files(folder, learn, exported)
    _check_oracle(oracle, chosen)
    reading = {
        "function": function,
        "ranges": domain,
        "out": out,
        "arrays": arrays,
        "fix": fix,
        "inputs": inputs,
    }
    beside = {
        "include": include,
        "others": others,
        "compile_commands": compile_commands,
        "defines": defines,
    }
    narrowing = {"where": where, "sample": read_sample(sample)}
    of_python = {"outputs": outputs, "vectorized": vectorized}
    program = _program_of(
        source, (reading, narrowing, beside, of_python), chosen, oracle, folder
    )
    if oracle is not None:
        program = replace(program, function=oracle)
    again = partial(_read_again, source, beside)
    program, more = callee_or_whole(
        program, learn, chosen, read=again, reading=reading | narrowing
    )
    return _finished(
        program,
        chosen,
        exported,
        folder,
        timing=timing,
        started=started,
        more=more,
    )


def _program_of(
    source: Any,
    given: tuple[dict[str, Any], ...],
    options: CompileOptions,
    oracle: Oracle | None,
    folder: str | Path | None,
) -> Program:
    """Return the program that is meant.

    Args:
        given: how to read it, where its inputs are from, what stands beside it, what is
            said of Python functions.
    """
    reading, narrowing, beside, of_python = given
    if isinstance(source, Program):
        refuse_given(
            reading | beside | of_python,
            "a Program already has its function and domain; leave them out",
        )
        return narrowed(source, **narrowing)
    if callable(source):
        program = _python_program(
            source, reading, beside, of_python, options, folder
        )
        return narrowed(program, **narrowing)
    return _read(
        source, reading | narrowing, beside, of_python, options, oracle
    )


def _read_again(
    source: object, beside: dict[str, Any], **reading: Any
) -> Program:
    """Read another function of C text."""
    text, path = _text_of(source)
    return read_text(text, path, _project(path, **beside), **reading)


def _read(
    source: object,
    reading: dict[str, Any],
    beside: dict[str, Any],
    of_python: Mapping[str, Any],
    options: CompileOptions,
    oracle: Oracle | None,
) -> Program:
    """Read C text."""
    refuse_given(
        of_python,
        "outputs and vectorized are for Python functions: of C text, outputs are named"
        " by out=['p']",
    )
    is_partial = options.text_only or oracle is not None
    text, path = _text_of(source)
    project = _project(path, **beside)
    return read_text(text, path, project, partial=is_partial, **reading)


def _python_program(
    function: Callable[..., Any],
    reading: Mapping[str, Any],
    beside: Mapping[str, Any],
    of_python: Mapping[str, Any],
    options: CompileOptions,
    folder: str | Path | None,
) -> Program:
    """Make a program of a Python function, which has no text."""
    own = ("ranges", "inputs")
    refuse_given(
        {k: v for k, v in (*reading.items(), *beside.items()) if k not in own},
        "a Python function takes inputs, outputs, domain and vectorized alone; what is"
        " for C text must be left out",
    )
    if options.text_only:
        raise InputError(
            "text_only must be left out with a Python function, which has no C text"
        )
    return program_of_function(
        function,
        inputs=reading["inputs"],
        domain=reading["ranges"],
        call_limit=options.call_limit,
        is_kept=folder is not None,
        seed=options.seed,
        **of_python,
    )


def refuse_given(arguments: Mapping[str, Any], message: str) -> None:
    """Refuse arguments that have no place here, if one of them is given."""
    if any(v is not None and v != () and v != [] for v in arguments.values()):
        raise InputError(message)


def _finished(
    program: Program,
    options: CompileOptions,
    export: ExportOptions,
    folder: str | Path | None,
    *,
    timing: bool,
    started: float,
    more: InPlace | None = None,
) -> Surrogate:
    """Compile a program, and write what comes of it if there is a folder."""
    check_export(program, export)
    where = None if folder is None else Path(folder)
    if where is not None:
        check_policy(program, export)
        check_writable(where, RESULT_FILES)
    compiled = _compiled(program, options, timing=timing, folder=where)
    export = replace(export, drop_in=more is not None)
    surrogate, _ = finish(
        compiled, options, export, folder=where, started=started, more=more
    )
    return replace(surrogate, original=original_of(compiled.program, options))


def _check_files(
    folder: object, learn: str | None, exported: ExportOptions
) -> None:
    """Refuse what is asked of files that are not written, or cannot be."""
    expect_folder(folder, exported.formats)
    refuse_outside(learn, exported)


def _check_oracle(oracle: Oracle | None, options: CompileOptions) -> None:
    """Refuse what cannot run a program, and what should not."""
    if oracle is None:
        return
    if not callable(oracle):
        raise InputError(
            f"oracle must be callable, n i -> n o; found {type(oracle).__name__}"
        )
    if options.text_only:
        raise InputError(
            "oracle must not be given with text_only: it runs the program, and"
            " text_only does not; leave one of them out"
        )


def _text_of(source: object) -> tuple[str, Path | None]:
    """Return C text, and the file that it is in."""
    if not isinstance(source, str | Path):
        raise InputError(
            "nsc.compile takes a Program, a Python function, a path or C text; found"
            f" {type(source).__name__}"
        )
    if isinstance(source, str) and "{" in source:
        return source, None
    return read_source(Path(source)), Path(source)


def _project(
    path: Path | None,
    *,
    include: str | Path | Sequence[str | Path],
    others: str | Path | Sequence[str | Path],
    compile_commands: str | Path | None,
    defines: Mapping[str, str] | None,
) -> Project:
    """Return what else there is beside a file, or beside text in no file."""
    project = Project()
    if compile_commands is not None:
        if path is None:
            raise InputError(
                "compile_commands must come with a path to a C file, which it"
                " has an entry for; found C text"
            )
        project = project_of(Path(compile_commands), path)
    return project.with_more(_paths(others), _paths(include), defines)


def _paths(given: str | Path | Sequence[str | Path]) -> list[Path]:
    """Return paths; one by itself is a list of one."""
    alone = isinstance(given, str | Path)
    return [Path(path) for path in ([given] if alone else given)]


def _compiled(
    program: Program,
    options: CompileOptions,
    *,
    timing: bool,
    folder: Path | None = None,
    rows: FirstRows | None = None,
    progress: Progress = lambda what, fraction: None,
    announce: Callable[[str], None] = lambda what: None,
) -> Compiled:
    """Compile in the way that was chosen: with runs, or from the text alone."""
    if options.text_only and rows is not None:
        raise InputError(
            "text_only must be left out with rows, which are checked by running"
        )
    if options.text_only:
        return compile_text(program, options)
    return compile_program(
        program,
        options,
        timing=timing,
        folder=folder,
        rows=rows,
        progress=progress,
        announce=announce,
    )


def compile_file(
    path: Path,
    folder: Path,
    options: CompileOptions,
    export: ExportOptions = ExportOptions(),
    *,
    include: Sequence[Path] = (),
    others: Sequence[Path] = (),
    compile_commands: Path | None = None,
    timing: bool = True,
    rows: FirstRows | None = None,
    learn: str | None = None,
    progress: Progress = lambda what, fraction: None,
    announce: Callable[[str], None] = lambda what: None,
    put: Callable[[str], str] = str,
    **reading: Any,
) -> Report | DraftReport:
    """Compile a C file, and write surrogate, exports and report into a folder.

    Args:
        include, timing: as of `compile`.
        others: files that may define what the function calls.
        compile_commands: a compilation database: its entry for the file gives folders
            and macros, its other entries more files.
        rows: examples in a file, which come first; they are checked. With `learn` they
            are measurements, to which the surrogate is tuned.
        learn: a function that the program calls: it alone becomes a surrogate, and the
            program's C with it in place is written and verified, too.
        progress: told what is happening, and the fraction of it that is done.
        announce: told what running will take, before it starts, if it takes long.
        put: puts a note in its reader's words: the library's name its arguments.
        reading: which function and how to read it; see `parse_program`.

    Returns:
        The report, without the series of the page's figures.

    Raises:
        InputError: as of `compile`; or the folder cannot be written to.
    """
    started = time.perf_counter()
    progress("reading the program", 0.0)
    project = _project(
        path,
        include=include,
        others=others,
        compile_commands=compile_commands,
        defines=reading.pop("defines", None),
    )
    reading["sample"] = read_sample(reading.get("sample"))
    read = partial(read_program, path, project)
    program = read(partial=options.text_only, **reading)
    check_policy(program, export, learn)
    check_writable(folder, RESULT_FILES)
    program, more = callee_or_whole(
        *(program, learn, options),
        guard=export.guard,
        rows=rows,
        read=read,
        reading=reading,
        progress=progress,
    )
    export = replace(export, drop_in=export.drop_in or more is not None)
    compiled = _compiled(
        *(program, options),
        timing=timing,
        folder=folder,
        rows=rows if more is None else None,
        progress=progress,
        announce=announce,
    )
    compiled = replace(compiled, notes=tuple(map(put, compiled.notes)))
    _, report = finish(
        compiled, options, export, folder=folder, started=started, more=more
    )
    return report
