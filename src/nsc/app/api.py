"""The public Python functions.

In: C text, a path, or a Program. Out: a Surrogate with its report. Non-goals: logic
(pipeline.py).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nsc.app.pipeline import CompileOptions, compile_program, compile_text
from nsc.app.results import check_writable, finish, finish_draft
from nsc.app.sources import header_reader, read_source
from nsc.compilation import Progress
from nsc.errors import InputError
from nsc.graph import Unsupported
from nsc.oracle import Oracle
from nsc.program import Program, parse_program
from nsc.surrogate import Surrogate


def compile(
    source: str | Path | Program,
    *,
    function: str | None = None,
    domain: Mapping[str, tuple[float, float]] | None = None,
    out: Sequence[str] = (),
    arrays: Mapping[str, int] | None = None,
    include: Sequence[str | Path] = (),
    defines: Mapping[str, str] | None = None,
    oracle: Oracle | None = None,
    timing: bool = True,
    **options,
) -> Surrogate:
    """Compile a C function, or a Program, into a verified neural surrogate.

    A function that calls what the text does not define cannot run in the sandbox: give
    an `oracle` that runs it, or `text_only=True`. What is missing is guessed by its
    name.

    Args:
        source: a Program, a path to a C file, or C text (anything with a brace is
            text).
        function, domain, out, arrays: which function and how to read it; see
            `parse_program`.
        include: folders to look for the file's own headers in, besides its own folder.
        defines: macros defined before the first line.
        oracle: runs the program in place of the sandbox, `n i -> n o` in the program's
            units.
        timing: whether the original may run natively for a moment, to say how long a
            call takes.
        options: fields of `CompileOptions`: budget, seed, initial, optimizer, topology,
            split, text_only, ...

    Returns:
        A Surrogate, callable on `n i` arrays in the program's units; `.report` is the
        report.

    Raises:
        InputError: with file:line:column where the text is at fault.
    """
    started = time.perf_counter()
    chosen = CompileOptions(**options)
    if oracle is not None and not callable(oracle):
        raise InputError(
            f"oracle= must be callable, n i -> n o; found {type(oracle).__name__}"
        )
    if chosen.text_only and oracle is not None:
        raise InputError(
            "oracle= runs the program, and text_only=True does not: leave one of"
            " them out"
        )
    if isinstance(source, Program):
        if function or domain or out or arrays or include or defines:
            raise InputError(
                "a Program already has its function and domain; leave them out"
            )
        program = source
    else:
        if not isinstance(source, str | Path):
            hint = (
                "; a callable becomes a program with nsc.Program.from_callable"
                if callable(source)
                else ""
            )
            raise InputError(
                "nsc.compile takes a Program, a path or C text; found"
                f" {type(source).__name__}{hint}"
            )
        path = None if isinstance(source, str) and "{" in source else Path(source)
        include = [include] if isinstance(include, str | Path) else include
        program = parse_program(
            read_source(path) if path else str(source),
            path=str(path or "<string>"),
            function=function,
            ranges=domain,
            out=out,
            arrays=arrays,
            include=header_reader(path, [Path(f) for f in include]),
            defines=defines,
            partial=chosen.text_only or oracle is not None,
        )
    if chosen.text_only:
        return finish_draft(compile_text(program, chosen), chosen, started=started)[0]
    program = program if oracle is None else replace(program, function=oracle)
    return finish(
        compile_program(program, chosen), chosen, timing=timing, started=started
    )[0]


def embed(program: Program, *, output: int = 0) -> np.ndarray:
    """Embed a program: float64 `d`, of unit length; programs that compute similar
    things are near.

    The embedding is the CompNet's, read off the text: nothing is run.

    Raises:
        InputError: the text has no expression DAG, or too large a one.
    """
    from nsc.compnet import load_compnet

    if not isinstance(program, Program):
        raise InputError(
            "nsc.embed takes a Program, as nsc.parse_program returns; found"
            f" {type(program).__name__}"
        )
    if isinstance(program.dag, Unsupported):
        raise InputError(
            f"{program.name} cannot be embedded: {program.dag.message}"
            f" [{program.dag.reason}]"
        )
    found = load_compnet().embed(program.dag, output)
    if found is None:
        raise InputError(
            f"{program.name} cannot be embedded: it is constant or too large"
        )
    return found


def nearest(program: Program, others: Sequence[Program]) -> list[tuple[int, float]]:
    """Rank programs by the cosine of their embeddings with a program's, best first:
    (index, cosine).
    """
    u = embed(program)
    cosines = np.array([embed(other) @ u for other in others])
    return [(int(k), float(cosines[k])) for k in np.argsort(-cosines, kind="stable")]


def compile_file(
    path: Path,
    folder: Path,
    options: CompileOptions,
    *,
    include: Sequence[Path] = (),
    drop_in: bool = False,
    guard: bool = False,
    timing: bool = True,
    progress: Progress = lambda what, fraction: None,
    **reading,
) -> dict:
    """Compile a C file and write surrogate, C, ONNX and report into `folder`; returns
    the report.
    """
    started = time.perf_counter()
    progress("reading the program", 0.0)
    program = parse_program(
        read_source(path),
        path=str(path),
        include=header_reader(path, include),
        partial=options.text_only,
        **reading,
    )
    check_writable(folder)
    if options.text_only:
        draft = compile_text(program, options)
        return finish_draft(
            draft, options, folder=folder, drop_in=drop_in, guard=guard, started=started
        )[1]
    compiled = compile_program(program, options, progress=progress)
    _, report = finish(
        compiled,
        options,
        folder=folder,
        drop_in=drop_in,
        guard=guard,
        timing=timing,
        started=started,
        progress=progress,
    )
    return report
