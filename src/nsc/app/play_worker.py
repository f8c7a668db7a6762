"""One request of the page: what is understood, what the text gives, how it learns.

In: a request as JSON on standard input, a folder for results. Out: events, a line of JSON
each, on standard output. Non-goals: HTTP (nsc.play), drawing (the page).

A process of its own, so that it can be ended whatever it does: `python -m
nsc.app.play_worker FOLDER`.
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import shlex
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from nsc.app.finish import REPORT_FILE, check_export, finish
from nsc.app.options import CompileOptions, ExportOptions
from nsc.app.pipeline import Compiled, compile_program, compile_text
from nsc.deploy import EXPORTERS, ExportJob, is_available, network_values
from nsc.errors import InputError, NscError, Problem, SourceError
from nsc.graph import OPS, Dag
from nsc.program import (
    FunctionOverview,
    Program,
    draw_inputs,
    list_functions,
    missing_ranges,
    parse_program,
)

MOST_NODES = 300  # of a DAG that is drawn
MOST_TEXT = 200_000  # characters
MOST_NAME = 200
MOST_MEMORY = 4 << 30  # bytes
MOST_BUDGET = 20_000
PATH = "program.c"
FIRST_RANGE = (0.0, 10.0)  # of an integer
_STEP = re.compile(
    r"^finetuning (\S+): step (\d+), validation nmse ([\d.e+-]+)$"
)

Emit = Callable[[str, Mapping[str, Any]], None]


def main() -> int:
    """Answer one request; every fault of it is an event."""
    folder = Path(sys.argv[1])
    signal.signal(signal.SIGTERM, _end)  # folders and compilers are ended, too
    _bound_memory()
    # what the compiler prints is not to be taken for events
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def emit(kind: str, values: Mapping[str, Any]) -> None:
        _write(events, {"kind": kind, **values})

    try:
        answer(json.load(sys.stdin), folder, emit)
    except SourceError as error:
        emit("refused", {"problems": list(map(_problem, error.problems))})
    except (NscError, ValueError) as error:
        emit("refused", {"problems": [{"message": str(error)}]})
    return 0


def _bound_memory() -> None:
    """Allow MOST_MEMORY, or what its user allows where that is less."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    if most == resource.RLIM_INFINITY or most > MOST_MEMORY:
        limits = (MOST_MEMORY, MOST_MEMORY)
        resource.setrlimit(resource.RLIMIT_DATA, limits)


def _end(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def _write(events: TextIO, event: Mapping[str, Any]) -> None:
    events.write(json.dumps(_plain(event)) + "\n")
    events.flush()


def _plain(value: Any) -> Any:
    """Return what JSON can hold: a number that is none is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _plain(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def answer(request: Mapping[str, Any], folder: Path, emit: Emit) -> None:
    """Read a program, and compile it where that is asked for.

    Raises:
        InputError: the request, or its text, is at fault.
    """
    text = _text(request)
    listed = list_functions(text, path=PATH)
    emit("functions", {"functions": [_function(f) for f in listed]})
    wanted = _wanted(request, listed)
    if wanted is None and not listed:
        raise InputError("the text defines no function: paste one")
    ranges, notes = _with_missing(listed, wanted, _ranges(request))
    program = parse_program(
        text, path=PATH, function=wanted or listed[0].name, ranges=ranges
    )
    emit("understood", _understood(program, notes))
    dag = program.dag
    emit("dag", _dag(dag) if isinstance(dag, Dag) else {"why": dag.message})
    options = _options(request)
    _emit_untrained(program, options, emit)
    if request.get("compile"):
        _compile(program, options, request, folder, emit)
    else:
        emit("done", {"read": True})


def _text(request: Mapping[str, Any]) -> str:
    text = request.get("text")
    if not isinstance(text, str) or len(text) > MOST_TEXT or "\0" in text:
        raise InputError(f"text must be C of at most {MOST_TEXT:,} characters")
    return text


def _ranges(request: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Read the ranges of inputs."""
    found: dict[str, tuple[float, float]] = {}
    given = request.get("domain") or {}
    if not isinstance(given, Mapping):
        raise InputError("domain must map inputs to their ranges")
    for name, ends in given.items():
        is_pair = isinstance(ends, list) and len(ends) == 2
        if not is_pair or not all(map(_is_number, ends)):
            raise InputError(f"domain must give '{name}' two numbers")
        found[str(name)[:MOST_NAME]] = (float(ends[0]), float(ends[1]))
    return found


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -sys.float_info.max <= value <= sys.float_info.max


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _wanted(
    request: Mapping[str, Any], listed: Sequence[FunctionOverview]
) -> str | None:
    """Return the function that was chosen, if the text still has it; else the last.

    What calls the others stands last.
    """
    chosen = request.get("function")
    if not isinstance(chosen, str | None):
        raise InputError("function must be a name")
    if chosen in {f.name for f in listed}:
        return chosen
    able = [f.name for f in listed if not f.problems]
    return able[-1] if able else None


def _with_missing(
    listed: Sequence[FunctionOverview],
    wanted: str | None,
    ranges: dict[str, tuple[float, float]],
) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Give integers a range to begin with: the page shows it, to be changed."""
    chosen = [f.signature for f in listed if f.name == wanted]
    signature = chosen[0] if chosen else None
    missing = missing_ranges(signature, ranges) if signature else {}
    notes = [
        f"{name} is an integer, for which no range is natural: set the one that is meant"
        for name in missing
    ]
    return ranges | dict.fromkeys(missing, FIRST_RANGE), notes


def _options(request: Mapping[str, Any]) -> CompileOptions:
    budget = request.get("budget", 1024)
    seed = request.get("seed", 0)
    if not _is_whole(budget) or not 8 <= budget <= MOST_BUDGET:
        raise InputError(
            f"budget must be a whole number from 8 to {MOST_BUDGET:,}"
        )
    if not _is_whole(seed) or not 0 <= seed < 1 << 32:
        raise InputError("seed must be a whole number, 0 or more")
    return CompileOptions(budget=budget, seed=seed, workers=1)


def _function(f: FunctionOverview) -> dict[str, Any]:
    return {
        "name": f.name,
        "line": f.line,
        "prototype": f.signature.prototype if f.signature else None,
        "problems": list(map(_problem, f.problems)),
    }


def _problem(found: Problem) -> dict[str, Any]:
    return {
        "message": found.message,
        "line": found.line if not found.file else 0,
        "column": found.column,
        "file": found.file,
        "reason": found.reason,
    }


def _understood(program: Program, notes: list[str]) -> dict[str, Any]:
    """Say what the front end read."""
    signature = program.signature
    ends = zip(program.domain.lo, program.domain.hi, strict=True)
    return {
        "function": program.name,
        "prototype": signature.prototype,
        "inputs": [
            {
                "name": leaf.name,
                "type": leaf.type.spelling,
                "lo": lo,
                "hi": hi,
                "whole": leaf.type.kind != "float",
            }
            for leaf, (lo, hi) in zip(signature.inputs, ends, strict=True)
        ],
        "outputs": [
            {"name": leaf.name, "type": leaf.type.spelling}
            for leaf in signature.outputs
        ],
        "notes": [*notes, *program.notes],
    }


def _dag(dag: Dag) -> dict[str, Any]:
    """Return the nodes of a DAG that can be drawn."""
    if len(dag) > MOST_NODES:
        return {"count": len(dag)}
    return {
        "count": len(dag),
        "nodes": [
            {
                "op": OPS[op],
                "args": [int(a) for a in args if a >= 0],
                "value": float(value),
            }
            for op, args, value in zip(
                dag.ops, dag.args, dag.values, strict=True
            )
        ],
        "roots": [int(root) for root in dag.roots],
    }


def _emit_untrained(
    program: Program, options: CompileOptions, emit: Emit
) -> None:
    """Show the network that the text gives before any run, where it gives one."""
    draft = CompileOptions(seed=options.seed, text_only=True)
    try:
        compiled = compile_text(program, draft)
    except InputError as error:
        emit("text", {"why": str(error)})
        return
    emit(
        "text",
        {
            "network": _network(compiled),
            "expected": compiled.expected_nmse,
            "notes": list(compiled.notes),
        },
    )


def _network(compiled: Compiled) -> dict[str, Any]:
    x = draw_inputs(compiled.program, 1, generator=np.random.default_rng(0))
    return network_values(ExportJob(compiled.surrogate, compiled.program, x))


def _compile(
    program: Program,
    options: CompileOptions,
    request: Mapping[str, Any],
    folder: Path,
    emit: Emit,
) -> None:
    """Compile, write all exports, and say how to do the same on a command line."""
    started = time.perf_counter()
    formats = _formats(request)
    export = ExportOptions(formats=formats)
    check_export(program, export)

    def progress(what: str, fraction: float) -> None:
        step = _STEP.match(what)
        values: dict[str, Any] = {"what": what, "fraction": fraction}
        if step:
            values |= {
                "topology": step[1],
                "step": int(step[2]),
                "nmse": float(step[3]),
            }
        emit("progress", values)

    compiled = compile_program(program, options, progress=progress)
    finish(compiled, options, export, folder=folder, started=started)
    # what is returned lacks the series of figures, the file has them
    report = json.loads((folder / REPORT_FILE).read_text())
    files = sorted(p for p in folder.iterdir() if p.is_file())
    emit(
        "done",
        {
            "report": report,
            "network": _network(compiled),
            "files": [
                {"name": p.name, "bytes": p.stat().st_size} for p in files
            ],
            "command": command_line(program, options, formats),
        },
    )


def _formats(request: Mapping[str, Any]) -> list[str]:
    asked = request.get("formats", ["c"])
    if not isinstance(asked, list) or not all(
        isinstance(name, str) for name in asked
    ):
        raise InputError("formats must be names")
    known = available_formats()
    return [name for name in known if name in asked or name == "c"]


def available_formats() -> list[str]:
    """List the formats that can be written, and checked, here."""
    return [name for name, row in EXPORTERS.items() if is_available(row)]


def command_line(
    program: Program, options: CompileOptions, formats: list[str]
) -> str:
    """Write the command that does the same."""
    names = [leaf.name for leaf in program.signature.inputs]
    ends = zip(names, program.domain.lo, program.domain.hi, strict=True)
    domain = ",".join(f"{n}={lo!r}:{hi!r}" for n, lo, hi in ends)
    words = ["nsc", "compile", PATH, "--function", program.name]
    words += ["--domain", domain, "--budget", str(options.budget)]
    if options.seed:
        words += ["--seed", str(options.seed)]
    if formats != ["c"]:
        words += ["--export", ",".join(formats)]
    return shlex.join([*words, "-o", "out/"])


if __name__ == "__main__":
    raise SystemExit(main())
