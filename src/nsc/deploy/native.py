"""Native builds of deployed C, and how long a call takes.

In: C texts. Out: executables that ran, nanoseconds. The original is text that its user
handed in, that the guard let pass and that the sandbox has run without a trap. Here it
runs natively, under limits on time and memory; on Linux it can compute, ask for memory
and write to what it has open: at any other system call the kernel ends it (seccomp).
Non-goals: judging text (sandbox.guard does, before).
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nsc.errors import BuildError
from nsc.host import zig_command, zig_environment
from nsc.program import Program, scalar_entry
from nsc.sandbox import CompilerLimits, clean_diagnostic, run_limited

FLAGS = (
    "-O2",
    "-std=gnu11",
    "-D_GNU_SOURCE",
    "-w",
    "-fno-sanitize=undefined",
    "-march=native",
)
TIMER = Path(__file__).parent / "csrc" / "timer.c"
ROUNDS = 15
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
    command = [*zig_command(), "cc", *flags, *sources, "-lm", "-o", "program"]
    code, messages = run_limited(command, work, zig_environment(work), CompilerLimits())
    if code is None:
        raise BuildError("compiling the exported C took too long")
    if code:
        raise BuildError(
            f"the exported C does not compile: {clean_diagnostic(messages)}"
        )
    return work / "program"


def run_selftest(c_text: str) -> bool:
    """Build exported C with NSC_SELFTEST and say whether its self-test passes."""
    with tempfile.TemporaryDirectory(prefix="nsc-") as folder:
        work = Path(folder)
        program = build_native({"surrogate.c": c_text}, work, defines=("NSC_SELFTEST",))
        code, _ = run_limited([str(program)], work, {}, _RUN)
        return code == 0


@dataclass(frozen=True)
class Timing:
    """ns per call of the original and of the surrogate, and what the original returned,
    `n o`.
    """

    original: float
    surrogate: float
    outputs: np.ndarray


def time_per_call(program: Program, c_text: str, name: str, x: np.ndarray) -> Timing:
    """Measure what a call of the original and of the surrogate takes, both native, on
    `n i` inputs.

    Same compiler and flags, separate translation units, alternating rounds, median of
    rounds. Both are called through the same scalar entry, whose cost is included.

    Raises:
        BuildError: it did not finish: a call takes seconds, asks the system for more
            than memory, or fails natively where it did not in the sandbox.
    """
    headers = "".join(f"#include <{h}>\n" for h in (*program.headers, "math.h"))
    hidden = "".join(f"#define {g} nsc_o_{g}\n" for g in program.globals_)
    entry = scalar_entry(program.signature, program.name, "call_original")
    original = f"{headers}{hidden}{program.source}\n{entry}"
    surrogate = f"{c_text}\n{scalar_entry(program.signature, name, 'call_surrogate')}"
    with tempfile.TemporaryDirectory(prefix="nsc-") as folder:
        work = Path(folder)
        sources = {
            "original.c": original,
            "surrogate.c": surrogate,
            "main.c": _timer(program, x),
        }
        binary = build_native(sources, work)
        code, output = run_limited([str(binary)], work, {}, _RUN)
        lines = output.strip().split("\n")
        found = re.fullmatch(r"([\d.]+) ([\d.]+)", lines[-1])
        if code != 0 or found is None or len(lines) != len(x) * program.n_outputs + 1:
            raise BuildError(
                "the timing run of the original and the surrogate did not finish"
            )
        outputs = np.array(list(map(float, lines[:-1]))).reshape(
            len(x), program.n_outputs
        )
        return Timing(float(found.group(1)), float(found.group(2)), outputs)


def _timer(program: Program, x: np.ndarray) -> str:
    sizes = {
        "INPUTS": program.n_inputs,
        "OUTPUTS": program.n_outputs,
        "ROUNDS": ROUNDS,
        "POINTS": len(x),
    }
    cases = ", ".join("{" + ", ".join(f"{v:.17g}" for v in row) + "}" for row in x)
    defines = sizes | {"CASES": cases}
    return (
        "".join(f"#define {name} {value}\n" for name, value in defines.items())
        + TIMER.read_text()
    )
