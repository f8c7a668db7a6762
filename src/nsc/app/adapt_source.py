"""What is adapted: a saved surrogate, or a program that is compiled first.

In: whatever a user has. Out: a surrogate of it, and what says what it gives at the
measurements. Non-goals: measurements (adapt_rows), adapting (nsc.adaptation).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nsc.app.finish import RESULT_FILES, finish
from nsc.app.functions import input_names, program_of_function
from nsc.app.options import CompileOptions
from nsc.app.pipeline import compile_program
from nsc.app.project import Project, read_text
from nsc.app.results import SURROGATE_FILE, check_writable
from nsc.app.running import running_of
from nsc.app.sources import header_reader, read_source
from nsc.compilation import Progress
from nsc.errors import InputError
from nsc.oracle import run_oracle
from nsc.program import (
    Asked,
    Program,
    as_returned,
    list_functions,
    missing_ranges,
    narrowed,
    with_whole_inputs,
)
from nsc.surrogate import Surrogate, load

PROGRAM_FOLDER = "program"  # where the compilation's own results are
SUFFIX = ".safetensors"
_ANY = (0, 1)  # a range for integers, until measurements tell theirs

Ranges = Mapping[str, Any]  # name -> (lo, hi)
Says = Callable[[np.ndarray], np.ndarray]  # `n i` -> `n o`
Announce = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """What is adapted, before it is compiled.

    Args:
        name: what messages call it.
        inputs: the names of its inputs.
        stated: the inputs whose range its user has given.
        program: ranges of the others -> the program; None for a surrogate.
        surrogate: where that is all there is.
    """

    name: str
    inputs: tuple[str, ...]
    stated: frozenset[str]
    program: Callable[[Ranges], Program] | None = None
    surrogate: Surrogate | None = None


@dataclass(frozen=True)
class Ready:
    """A surrogate of what is adapted.

    Args:
        says: what the program itself gives; of a surrogate alone what that gives.
        runs: how often the program ran.
    """

    surrogate: Surrogate
    says: Says
    runs: int
    notes: tuple[str, ...] = ()


def source_of(
    given: Any,
    columns: Sequence[str],
    reading: Mapping[str, Any],
    options: CompileOptions,
) -> Source:
    """Say what is adapted.

    Args:
        given: a Surrogate, its file or folder, a Program, a Python function, a path to
            a C file, or C text.
        columns: those of the measurements that are named as inputs; () for none.
        reading: how C text or a function is read: `domain` and what `parse_program`
            takes.
    """
    if isinstance(given, Surrogate):
        return _of_surrogate(given, "the surrogate", reading)
    if isinstance(given, Program):
        where = reading.get("where") or ()
        others = {k: v for k, v in reading.items() if k != "where"}
        _refuse(others, "a Program, which has its function and domain")
        names = tuple(leaf.name for leaf in given.signature.inputs)
        program = narrowed(given, where)
        return Source(
            given.name, names, frozenset(names), lambda more: program
        )
    if callable(given):
        return _of_function(given, columns, reading, options)
    if not isinstance(given, str | Path):
        raise InputError(
            "nsc.adapt takes a Surrogate, a Program, a Python function, or a path to a"
            f" surrogate or C file; found {type(given).__name__}"
        )
    saved = _saved(given)
    if saved is not None:
        return _of_surrogate(load(saved), str(saved), reading)
    return _of_c(given, reading)


def _saved(given: str | Path) -> Path | None:
    """Return the file of a surrogate; None for C."""
    if isinstance(given, str) and "{" in given:
        return None
    path = Path(given)
    if path.suffix == SUFFIX:
        return path
    if not path.is_dir():
        return None
    found = path / SURROGATE_FILE
    if not found.is_file():
        raise InputError(
            f"{path}: expected a folder with {SURROGATE_FILE}, as nsc compile -o writes;"
            " there is none in it"
        )
    return found


def _refuse(reading: Mapping[str, Any], what: str) -> None:
    for name, value in reading.items():
        if value:
            raise InputError(f"{name} must be left out with {what}")


def _of_surrogate(
    surrogate: Surrogate, name: str, reading: Mapping[str, Any]
) -> Source:
    _refuse(reading, "a saved surrogate, which has its own")
    names = surrogate.input_names
    return Source(name, names, frozenset(names), surrogate=surrogate)


def _of_function(
    function: Callable[..., Any],
    columns: Sequence[str],
    reading: Mapping[str, Any],
    options: CompileOptions,
) -> Source:
    domain = dict(reading.get("domain") or {})
    where = reading.get("where") or ()
    _refuse(
        {k: v for k, v in reading.items() if k not in ("domain", "where")},
        "a Python function, which is no C text",
    )
    names = input_names(function, columns or list(domain))
    name = getattr(function, "__name__", type(function).__name__)

    def program(more: Ranges) -> Program:
        found = program_of_function(
            function,
            inputs=names,
            domain={**more, **domain},
            call_limit=options.call_limit,
            seed=options.seed,
        )
        return narrowed(found, where)

    return Source(name, tuple(names), frozenset(domain), program)


def _of_c(given: str | Path, reading: Mapping[str, Any]) -> Source:
    reading = dict(reading)
    domain = dict(reading.pop("domain", None) or {})
    where = reading.pop("where", ())
    defines = reading.pop("defines", None)
    include = [Path(p) for p in reading.pop("include", None) or ()]
    project = Project().with_more((), include, defines)
    is_text = isinstance(given, str) and "{" in given
    path = None if is_text else Path(given)
    text = str(given) if path is None else read_source(path)

    def program(more: Ranges, **others: Any) -> Program:
        ranges = {**more, **domain}
        return read_text(
            text, path, project, ranges=ranges, **reading, **others
        )

    # where no range is known yet, conditions may never hold
    integers = _integers_of(text, path, project, reading, domain)
    first = program(dict.fromkeys(integers, _ANY))
    names = tuple(leaf.name for leaf in first.signature.inputs)
    stated = {*domain, *(reading.get("inputs") or {})}
    return Source(
        first.name,
        names,
        frozenset(stated),
        lambda more: program(more, where=where),
    )


def _integers_of(
    text: str,
    path: Path | None,
    project: Project,
    reading: Mapping[str, Any],
    domain: Ranges,
) -> list[str]:
    """List the integer inputs without a range, of the function that is asked for."""
    asked = Asked(
        tuple(reading.get("out") or ()),
        reading.get("arrays") or {},
        reading.get("fix") or {},
        reading.get("inputs") or {},
    )
    listed = list_functions(
        text,
        path="<string>" if path is None else str(path),
        include=header_reader(path, project.folders),
        defines=project.defines,
        asked=asked,
    )
    named = reading.get("function")
    found: list[str] = []
    for each in listed:
        if each.signature is not None and named in (None, each.name):
            found += missing_ranges(each.signature, domain)
    return found if named or len(listed) == 1 else []


def expect_varying(ranges: Ranges, path: str) -> None:
    """Refuse inputs that the measurements do not vary, and that have no range."""
    for name, (lo, hi) in ranges.items():
        if lo == hi:
            raise InputError(
                f"{path}: '{name}' is {lo:.10g} in every row, which is no range to"
                f" compile over: give it one, as in domain={{'{name}': ({lo - 1:g},"
                f" {hi + 1:g})}}"
            )


def ready(
    source: Source,
    program: Program | None,
    options: CompileOptions,
    *,
    folder: Path | None,
    timing: bool,
    progress: Progress,
    announce: Announce,
) -> Ready:
    """Compile a program, or take the surrogate that there is.

    Args:
        folder: where the compilation's results are written; None for nowhere.
    """
    if program is None:
        surrogate = source.surrogate
        assert surrogate is not None, "it is one or the other"
        return Ready(surrogate, surrogate, 0)
    started = time.perf_counter()
    where = None if folder is None else folder / PROGRAM_FOLDER
    if where is not None:
        check_writable(where, RESULT_FILES)
    compiled = compile_program(
        program,
        options,
        timing=timing,
        folder=where,
        progress=progress,
        announce=announce,
    )
    surrogate, _ = finish(compiled, options, folder=where, started=started)
    runs = 0
    if compiled.evidence is not None:
        runs = sum(compiled.evidence.program_runs.values())

    def says(x: np.ndarray) -> np.ndarray:
        whole = with_whole_inputs(program, x)
        running = running_of(program, options, folder=where)
        with closing(running):
            found = run_oracle(running.oracle, whole, program.n_outputs)
        return as_returned(program, found)

    own = replace(surrogate, metadata={})
    return Ready(own, says, runs, compiled.notes)
