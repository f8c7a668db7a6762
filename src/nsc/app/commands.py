"""A program on the command line -> a Program that runs it.

In: a command, names and ranges, how outputs are read. Out: Program. Non-goals: running it
(runs), flags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nsc.errors import InputError
from nsc.program import COMMAND, Program, parse_ranges
from nsc.runs import Command, Executable, Reading, Server, template_of

WHOLE = "int"
SCRIPTS = (".py", ".jl", ".R", ".sh", ".pl", ".rb", ".m", ".js")


def command(
    command: str | Sequence[str],
    inputs: Mapping[str, Any],
    outputs: Sequence[str],
    *,
    format: str = "auto",
    patterns: Sequence[str] = (),
    call_limit: float = 10.0,
    retries: int = 0,
    name: str = "command",
) -> Program:
    """Make a Program of a command that is run once for each sample.

    Nothing goes through a shell. Each call has a folder of its own, which is gone
    afterwards, and reads nothing; arguments that are files here are found there. A call
    fails by a code other than 0, without outputs, by time, or when it prints more than a
    megabyte; up to a tenth of the calls may, and others stand in for them.

    Args:
        command: as in a shell, or its arguments, with inputs in braces:
            "./sim --re {reynolds}". A brace that is meant is written twice.
        inputs: name -> (lo, hi); ("int", lo, hi) for whole numbers, ("log", lo, hi) for
            those whose size varies.
        outputs: their names.
        format: of what is printed: "json" (an object with the names, or a list), "csv"
            (numbers, with or without a line of names) or "regex"; "auto" tries the first
            two.
        patterns: of "regex": one with a group of each name, or one for each output.
        call_limit: seconds that a call may take.
        retries: further tries of a call that fails otherwise than by time.
        name: of the exported C function.

    Raises:
        InputError: a command, names or patterns that do not fit.

    Example:
        >>> sim = nsc.command(
        ...     "./sim --re {re}", inputs={"re": (1e3, 1e5)}, outputs=["drag"]
        ... )
        >>> nsc.compile(sim, budget=24, verification=16).output_names
        ('drag',)
    """
    ranges, whole = divided(inputs)
    runs = Command(
        template_of(command, tuple(ranges)),
        tuple(ranges),
        tuple(key in whole for key in ranges),
        Reading(tuple(outputs), format, tuple(patterns)),
        call_limit,
        _checked_retries(retries),
    )
    return _program(runs, ranges, whole, outputs, name)


def server(
    command: str | Sequence[str],
    inputs: Mapping[str, Any],
    outputs: Sequence[str],
    *,
    call_limit: float = 10.0,
    retries: int = 0,
    name: str = "server",
) -> Program:
    """Make a Program of a command that stays up and answers lines of JSON.

    It reads lines like {"inputs": {"re": 1000.0}} and answers each with a line like
    {"outputs": {"drag": 0.012}} or {"error": "did not converge"}, until its input ends.

    Args:
        command: as in a shell, or its arguments.
        inputs, outputs, retries, name: as of `command`.
        call_limit: seconds that an answer may take.

    Raises:
        InputError: a command or names that do not fit.

    Example:
        >>> sim = nsc.server(
        ...     "./answers", inputs={"re": (1e3, 1e5)}, outputs=["drag"]
        ... )
        >>> nsc.compile(sim, budget=24, verification=16).input_names
        ('re',)
    """
    ranges, whole = divided(inputs)
    runs = Server(
        template_of(command),
        tuple(ranges),
        tuple(key in whole for key in ranges),
        tuple(outputs),
        call_limit,
        _checked_retries(retries),
    )
    return _program(runs, ranges, whole, outputs, name)


def divided(
    inputs: Mapping[str, Any],
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Divide inputs into ranges, and the names of those that are whole numbers."""
    if not isinstance(inputs, Mapping) or not inputs:
        raise InputError(
            "inputs must map names to (lo, hi), as in {'re': (1e3, 1e5)}; found"
            f" {inputs!r}"
        )
    ranges: dict[str, Any] = {}
    whole: list[str] = []
    for name, found in inputs.items():
        is_whole = (
            isinstance(found, Sequence) and bool(found) and found[0] == WHOLE
        )
        if is_whole:
            whole.append(name)
        ranges[name] = tuple(found[1:]) if is_whole else found
    return ranges, tuple(whole)


def read_inputs(text: str, flag: str = "--inputs") -> dict[str, Any]:
    """Read a flag's "re=1e3:1e5,n=int:1:10" as `command` takes inputs.

    Args:
        flag: what messages call it.

    Raises:
        DomainError: a part that is something else.
    """
    plain: list[str] = []
    whole: list[str] = []
    for part in text.split(","):
        name, _, range_ = part.partition("=")
        is_whole = range_.strip().startswith(f"{WHOLE}:")
        if is_whole:
            whole.append(name.strip())
            part = f"{name}={range_.strip()[len(WHOLE) + 1 :]}"
        plain.append(part)
    ranges = parse_ranges(",".join(plain), flag)
    return {
        name: (WHOLE, *found) if name in whole else found
        for name, found in ranges.items()
    }


def _checked_retries(retries: int) -> int:
    if not isinstance(retries, int) or not 0 <= retries <= 100:
        raise InputError(f"retries must be from 0 to 100; found {retries!r}")
    return retries


def _program(
    runs: Executable,
    ranges: Mapping[str, Any],
    whole: Sequence[str],
    outputs: Sequence[str],
    name: str,
) -> Program:
    program = Program.from_callable(
        lambda x: x,
        list(ranges),
        outputs=list(outputs),
        ranges=ranges,
        whole=tuple(whole),
        name=name,
    )
    return replace(program, path=COMMAND, function=runs)


def name_of(command: str) -> str:
    """Name a command's exported function: by its program or script, if C allows it."""
    words = [Path(word) for word in command.split()[:2]]
    scripts = [path for path in words if path.suffix in SCRIPTS]
    stem = (scripts or words)[0].stem if words else ""
    return stem if stem.isidentifier() else "command"
