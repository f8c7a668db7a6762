"""Native builds of deployed C, and how long a call takes.

In: C texts. Out: executables that ran, nanoseconds. The original is text that its user
handed in, that the guard let pass and that the sandbox has run without a trap. Here it
runs natively, under limits on time and memory; on Linux it can compute, ask for memory,
read its orders and write its answers: at any other system call the kernel ends it
(seccomp). What it says is not believed (stopwatch).
Non-goals: judging text (sandbox.guard does, before).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from nsc.deploy.c_selftest import stand_ins
from nsc.deploy.entries import Entries
from nsc.deploy.stopwatch import Stopwatch
from nsc.errors import BuildError
from nsc.host import temporary_folder, zig_command, zig_environment
from nsc.program import PortableNames, Program, scalar_entry
from nsc.sandbox import (
    CompilerLimits,
    clean_diagnostic,
    refusal,
    run_limited,
)

FLAGS = (
    "-O2",
    "-std=gnu11",
    "-D_GNU_SOURCE",
    "-w",
    "-fno-sanitize=undefined",
    "-march=native",
    # GNU C has macros of these names; a program may have variables
    "-Uunix",
    "-Ulinux",
)
CSRC = Path(__file__).parent / "csrc"
PRINTS = "printf fprintf puts putchar fputs fputc putc fflush perror".split()
_MUTED = "static int nsc_muted(int n, ...) { return 0; }\n"
_RUN = CompilerLimits(wall_s=20, cpu_s=20, memory_bytes=1 << 30, file_bytes=0)


def build_native(
    sources: dict[str, str], work: Path, *, defines: tuple[str, ...] = ()
) -> Path:
    """Compile and link C texts by file name into `work/program`.

    Raises:
        BuildError: with the compiler's message, cleaned of paths.
    """
    for name, text in sources.items():
        (work / name).write_text(text)
    flags = [*FLAGS, *(f"-D{d}" for d in defines)]
    units = [name for name in sources if name.endswith(".c")]
    command = [*zig_command(), "cc", *flags, *units, "-lm", "-o", "program"]
    code, messages = run_limited(
        command, work, zig_environment(work), CompilerLimits()
    )
    if code is None:
        raise BuildError("compiling the exported C took too long")
    if code:
        raise BuildError(
            f"the exported C does not compile: {clean_diagnostic(messages)}"
        )
    return work / "program"


def run_selftest(c_text: str, *, original: Program | None = None) -> bool:
    """Build exported C with NSC_SELFTEST and say whether its self-test passes.

    Args:
        original: the program, where the exported C calls it outside the domain.

    Raises:
        BuildError: with the compiler's message.
    """
    sources = {"surrogate.c": c_text}
    if original is not None:
        sources["original.c"] = _closed_text(original)
    with temporary_folder("nsc-") as work:
        program = build_native(sources, work, defines=("NSC_SELFTEST",))
        code, _ = run_limited([str(program)], work, {}, _RUN)
        return code == 0


def _closed_text(program: Program, macros: str = "") -> str:
    """Return a program's text after the standard headers that it needs, and macros.

    What it would print is discarded, as in the sandbox.
    """
    headers = "".join(
        f"#include <{h}>\n" for h in (*program.headers, "math.h")
    )
    own = set(program.globals_)
    muted = "".join(
        f"#define {name}(...) nsc_muted(0, __VA_ARGS__)\n"
        for name in PRINTS
        if name not in own
    )
    return f"{headers}{_MUTED}{muted}{macros}{program.source}\n"


@dataclass(frozen=True)
class Timing:
    """What calls take, and what the original returned.

    Args:
        original, surrogate: nanoseconds a call.
        outputs: `n o`, of the original.
        batch: nanoseconds a row of a batch; None where there is no batch entry.
        sizes: nanoseconds a call of surrogates of other sizes.
    """

    original: float
    surrogate: float
    outputs: np.ndarray
    batch: float | None = None
    sizes: tuple[float, ...] = ()


def time_per_call(
    program: Program,
    c_text: str,
    name: str,
    x: np.ndarray,
    entries: Entries | None = None,
    sizes: Sequence[str] = (),
) -> Timing:
    """Measure what a call of the original and of the surrogate takes, both native.

    Same compiler and flags, separate translation units, alternating rounds, median of
    rounds, by processor time. Both are called through the same scalar entry, whose
    cost is included.

    Args:
        c_text: the exported surrogate.
        name: of its function.
        x: `n i` inputs in the program's units.
        entries: the surrogate's batch entries, if it has some.
        sizes: surrogates of other sizes, as exported, of the same name.

    Raises:
        BuildError: it did not finish: a call takes seconds, asks the system for more
            than memory, or fails natively where it did not in the sandbox.
    """
    # what both texts define is renamed in one of them
    renamed = "".join(f"#define {g} nsc_o_{g}\n" for g in program.globals_)
    entry = scalar_entry(program.signature, program.name, "nsc_timed_original")
    called = scalar_entry(program.signature, name, "nsc_timed_surrogate")
    sources = {
        "original.c": _closed_text(program, renamed) + entry,
        "surrogate.c": (
            f"{c_text}\n{stand_ins(program)}{PortableNames(program).text(called)}"
            f"{_batch(entries, program, len(x))}"
        ),
        "main.c": _timer(program, x, len(sizes)),
        **{
            f"size_{k}.c": _size(program, text, name, k, entries)
            for k, text in enumerate(sizes)
        },
        **_confined(),
    }
    with temporary_folder("nsc-") as work:
        binary = build_native(sources, work)
        with Stopwatch(binary, _RUN) as watch:
            outputs = watch.outputs(len(x), program.n_outputs)
            original, surrogate, *others = watch.times(len(sizes))
            batch = None
            if entries:
                batch = watch.time_of_row(len(x), len(sizes))
            watch.end()
    return Timing(original, surrogate, outputs, batch, tuple(others))


def _size(
    program: Program,
    c_text: str,
    name: str,
    number: int,
    entries: Entries | None,
) -> str:
    """Write a surrogate of another size under names of its own, and its entry."""
    entry = scalar_entry(program.signature, name, _size_name(number))
    names = [name, *((entries.rows, entries.arrays) if entries else ())]
    renamed = "".join(f"#define {n} nsc_{number}_{n}\n" for n in names)
    return (
        f"{renamed}{c_text}\n{stand_ins(program)}"
        f"{PortableNames(program).text(entry)}"
    )


def _size_name(number: int) -> str:
    return f"nsc_timed_size_{number}"


def _batch(entries: Entries | None, program: Program, rows: int) -> str:
    """Write what evaluates all points in a batch, as often as it is told."""
    head = "void nsc_timed_batch(const double *x, double *y, long long times)"
    if entries is None:
        return f"{head} {{ (void)x; (void)y; (void)times; }}\n"
    kind = entries.kind
    n = program.n_inputs * rows
    return f"""{head} {{
  static {kind} given[{n}], found[{program.n_outputs * rows}];
  for (int k = 0; k < {n}; k++) given[k] = ({kind})x[k];
  for (long long k = 0; k < times; k++) {entries.rows}(given, found, {rows});
  *y = (double)found[0];
}}
"""


def build_rows(program: Program) -> tuple[bytes, str]:
    """Build a program natively as a process that answers rows; see csrc/rows.c.

    Returns:
        The executable file, and a digest of what it is made of: two builds of the same
        are not the same bytes.

    Raises:
        BuildError: the guard refuses its text, or with the compiler's message.
    """
    refused = refusal(program.unit)
    if refused is not None:
        raise BuildError(refused)
    entry = scalar_entry(program.signature, program.name, "nsc_called")
    rows = (CSRC / "rows.c").read_text()
    defines = (
        f"#define INPUTS {program.n_inputs}\n"
        f"#define OUTPUTS {program.n_outputs}\n"
    )
    sources = {
        "original.c": _closed_text(program) + entry,
        "main.c": defines + rows,
        **_confined(),
    }
    made_of = repr((sorted(sources.items()), FLAGS, version("ziglang")))
    with temporary_folder("nsc-") as work:
        binary = build_native(sources, work).read_bytes()
    return binary, hashlib.sha256(made_of.encode()).hexdigest()


def _confined() -> dict[str, str]:
    return {"confine.h": (CSRC / "confine.h").read_text()}


def _timer(program: Program, x: np.ndarray, sizes: int) -> str:
    """Return the text of csrc/timer.c, with its macros before it."""
    rows = (", ".join(f"{value:.17g}" for value in row) for row in x)
    macros = {
        "INPUTS": program.n_inputs,
        "OUTPUTS": program.n_outputs,
        "POINTS": len(x),
        "SIZES": "".join(f", {_size_name(k)}" for k in range(sizes)),
        "CASES": ", ".join(f"{{{row}}}" for row in rows),
    }
    defines = "".join(
        f"#define {name} {value}\n" for name, value in macros.items()
    )
    return defines + (CSRC / "timer.c").read_text()
