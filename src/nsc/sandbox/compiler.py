"""The zig toolchain, confined.

It gets a private folder, a scrubbed environment, and limits on time and memory.

In: C text that passed the guard. Out: bytes of a wasm module, or a cleaned diagnostic.
Non-goals: deciding what text is safe (guard.py).
"""

from __future__ import annotations

import re
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nsc.errors import HostError
from nsc.host import (
    cache_folder,
    run_bounded,
    temporary_folder,
    zig_command,
    zig_environment,
)
from nsc.sandbox.outcome import Outcome

# From address 0, below the stack's last 256 KB: only null pointers lead there.
NULL_BYTES = 16 << 10
WASM_FLAGS = (
    "-target",
    "wasm32-wasi",
    "-mexec-model=reactor",
    "-std=gnu11",
    "-O1",
    "-s",
    "-w",
    "-UNDEBUG",
    "-D_GNU_SOURCE",
    # C as compilers mean it; wasm traps
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-sanitize=undefined",
    # what a null pointer reads is what lies at address 0, where run.py sees it
    "-fno-delete-null-pointer-checks",
    f"-Wl,-z,stack-size={(256 << 10) + NULL_BYTES}",
    "-Wl,--max-memory=67108864",
    "-fbracket-depth=256",
    "-fno-diagnostics-show-option",
    "-fno-caret-diagnostics",
    "-ferror-limit=5",
)
# A check of bounds knows the arrays of the function it is in: calls are inlined.
_INLINED = ("-mllvm", "-inline-threshold=10000")
# Without it null is an address like others, and what is added to it is not checked.
_NULL_IS_NOWHERE = ("-fdelete-null-pointer-checks",)
# what a unit's names begin with in a module, and the module's own names
_RENAMED = re.compile(r"\b(?:nsc_(?:u\d+|cell|64)_)+(?=\w)")
_OWN = re.compile(r"\bnsc_u\d+m_\w+")
WARM_UP_S = 600.0
_CONTROL = "void nsc_nothing(void) {}\n"


def trapping(checks: Sequence[str]) -> tuple[str, ...]:
    """Return the flags that end a sample where it does what a check finds."""
    if not checks:
        return ()
    names = ",".join(checks)
    inlined = _INLINED if "bounds" in checks else ()
    of_null = _NULL_IS_NOWHERE if "pointer-overflow" in checks else ()
    return (
        f"-fsanitize={names}",
        f"-fsanitize-trap={names}",
        *inlined,
        *of_null,
    )


def filling(fill: str) -> tuple[str, ...]:
    """Return the flags that fill variables and the heap: "pattern", "zero" or "" (not)."""
    if not fill:
        return ()
    byte = "0" if fill == "zero" else "0xAA"
    return f"-ftrivial-auto-var-init={fill}", f"-Dnsc_u0m_fill={byte}"


@dataclass(frozen=True)
class CompilerLimits:
    """Bounds on one compiler process."""

    wall_s: float = 60.0
    cpu_s: int = 60
    memory_bytes: int = (
        8 << 30
    )  # address space; zig reserves far more than it touches
    file_bytes: int = 256 << 20


@dataclass(frozen=True)
class Compiled:
    """A wasm module, or how and why there is none.

    Args:
        lines: of the text, from 1, that the compiler found errors in.
        is_blamed_on_text: whether the compiler named such lines, or the linker symbols.
    """

    outcome: Outcome
    wasm: bytes = b""
    message: str = ""
    lines: tuple[int, ...] = ()
    is_blamed_on_text: bool = False


def compile_wasm(
    text: str,
    limits: CompilerLimits = CompilerLimits(),
    more_flags: Sequence[str] = (),
) -> Compiled:
    """Compile one translation unit to a wasm reactor module.

    Raises:
        HostError: not even an empty function compiles here.
    """
    made = _compile(text, limits, more_flags)
    if made.outcome is Outcome.build_failed and not made.is_blamed_on_text:
        # Neither a line nor a symbol is to blame: perhaps the machine is. An empty
        # function tells.
        control = _compile(_CONTROL, limits, more_flags)
        if control.outcome is not Outcome.ok:
            raise HostError(
                f"the C compiler cannot run on this machine: {control.message}; is"
                " there memory, room in the temporary folder and in the cache?"
            )
    return made


def _compile(
    text: str, limits: CompilerLimits, more_flags: Sequence[str]
) -> Compiled:
    try:
        with temporary_folder("nsc-") as folder:
            return _compile_in(folder, text, limits, more_flags)
    except OSError as error:
        raise HostError(
            f"the C compiler cannot be started: {error.strerror}"
        ) from None


def _compile_in(
    work: Path, text: str, limits: CompilerLimits, more_flags: Sequence[str]
) -> Compiled:
    source = work / "unit.c"
    target = work / "unit.wasm"
    source.write_text(text)
    flags = [*WASM_FLAGS, *more_flags]
    command = [*zig_command(), "cc", *flags, source.name, "-o", target.name]
    code, output = run_limited(command, work, zig_environment(work), limits)
    if code is None:
        late = f"compiling took longer than {limits.wall_s:g} s"
        return Compiled(Outcome.build_timeout, message=late)
    if code != 0 or not target.is_file() or target.is_symlink():
        message = clean_diagnostic(output)
        lines = _lines_with_errors(output)
        blamed = bool(lines) or "undefined symbol" in output
        return Compiled(Outcome.build_failed, b"", message, lines, blamed)
    return Compiled(Outcome.ok, target.read_bytes())


def _lines_with_errors(messages: str) -> tuple[int, ...]:
    found = re.findall(
        r"^unit\.c:(\d+):\d+: (?:fatal )?error:", messages, re.MULTILINE
    )
    return tuple(map(int, found))


def run_limited(
    command: list[str],
    work: Path,
    environment: dict[str, str],
    limits: CompilerLimits,
) -> tuple[int | None, str]:
    """Run a process group under limits.

    Returns:
        (exit code, or None on timeout; the first MOST_MESSAGES bytes that it wrote to
        stderr)
    """
    bounded = limited(command, limits)
    return run_bounded(bounded, work, environment, limits.wall_s)


def limited(command: Sequence[str], limits: CompilerLimits) -> list[str]:
    """Put a command behind a shell that sets limits.

    Python's own hook would fork the whole process, which takes 10 ms and more.
    """
    bounds = (
        ("c", resource.RLIMIT_CORE, 0, 512),
        ("t", resource.RLIMIT_CPU, limits.cpu_s, 1),
        ("v", resource.RLIMIT_AS, limits.memory_bytes, 1024),
        ("f", resource.RLIMIT_FSIZE, limits.file_bytes, 512),
    )
    settings = [
        f"ulimit -{name} {_at_most(kind, bound) // unit}"
        for name, kind, bound, unit in bounds
    ]
    return [
        "/bin/sh",
        "-c",
        " && ".join([*settings, 'exec "$@"']),
        "sh",
        *command,
    ]


def _at_most(kind: int, bound: int) -> int:
    """Return a bound no larger than what this process may set."""
    hard = resource.getrlimit(kind)[1]
    return bound if hard == resource.RLIM_INFINITY else min(bound, hard)


def clean_diagnostic(messages: str) -> str:
    """Keep what errors say and drop where.

    No path of this machine appears in a message, and no name that is only ours.
    """
    errors = re.findall(r"(?:error|wasm-ld): (?:error: )?(.*)", messages)
    kept = [_as_written(e)[:200] for e in errors[:3]]
    return "; ".join(dict.fromkeys(kept)) or "the compiler gave no reason"


def _as_written(message: str) -> str:
    """Put the user's names where a message has those of a module."""
    message = re.sub(r"\S*/\S*", "<path>", message).replace(
        "unit.c", "the program"
    )
    message = _RENAMED.sub("", message)
    return _OWN.sub("the sandbox's own code", message)


@cache
def _warmed_up() -> None:
    """Build the C library, once a process; an error is not kept.

    Raises:
        HostError: it cannot be built.
    """
    made = compile_wasm(
        "#include <math.h>\ndouble f(double x) { return sin(x); }\n",
        CompilerLimits(wall_s=WARM_UP_S, cpu_s=int(WARM_UP_S)),
    )
    if made.outcome is not Outcome.ok:
        raise HostError(
            f"the sandbox's C library cannot be built: {made.message}; does the file"
            f" system of {cache_folder()} answer? NSC_CACHE_DIR chooses another"
        )


def warm_up(progress: Callable[[str], None] = lambda line: None) -> None:
    """Build zig's libc for wasm once (about half a minute the first time, then cached).

    Raises:
        HostError: it cannot be built here, or not in ten minutes.
    """
    if not (cache_folder() / "zig").exists():
        progress(
            "building the C library for the sandbox (once, about half a minute)"
        )
    _warmed_up()
