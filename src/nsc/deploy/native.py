"""Native builds of deployed C, and how long a call takes.

In: C texts. Out: executables that ran, nanoseconds. The original is text that its user handed in and
that the sandbox has run without a trap before; it still runs here under limits on time, memory, files.
Non-goals: judging text (sandbox.guard does, before).
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from nsc.errors import BuildError
from nsc.program import Program, scalar_entry
from nsc.sandbox import CompilerLimits, clean_diagnostic, run_limited
from nsc.toolchain import zig_command, zig_environment

FLAGS = ("-O2", "-std=gnu11", "-w", "-fno-sanitize=undefined", "-march=native")
ROUNDS = 15
_RUN = CompilerLimits(wall_s=20, cpu_s=20, memory_bytes=1 << 30, file_bytes=0)


def build_native(sources: dict[str, str], work: Path, *, defines: tuple[str, ...] = ()) -> Path:
    """Compile and link C texts by file name into `work/program`.

    Raises:
        BuildError: with the compiler's message, cleaned of paths.
    """
    for name, text in sources.items():
        (work / name).write_text(text)
    flags = [*FLAGS, *(f"-D{d}" for d in defines)]
    command = [*zig_command(), "cc", *flags, *sources, "-lm", "-o", "program"]
    done = subprocess.run(command, cwd=work, env=zig_environment(work), capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"the exported C does not compile: {clean_diagnostic(done.stderr)}")
    return work / "program"


def run_selftest(c_text: str) -> bool:
    """Build exported C with NSC_SELFTEST and say whether its self-test passes."""
    with tempfile.TemporaryDirectory(prefix="nsc-") as folder:
        work = Path(folder)
        program = build_native({"surrogate.c": c_text}, work, defines=("NSC_SELFTEST",))
        code, _ = run_limited([str(program)], work, {}, _RUN)
        return code == 0


def time_per_call(program: Program, c_text: str, name: str) -> tuple[float, float]:
    """Measure (ns per call of the original, ns per call of the surrogate), both native.

    Same compiler and flags, separate translation units, alternating rounds over random inputs of the
    domain, median of rounds. Both are called through the same scalar entry, whose cost is included.
    """
    headers = "".join(f"#include <{h}>\n" for h in (*program.headers, "math.h"))
    hidden = "".join(f"#define {g} nsc_o_{g}\n" for g in program.globals_)
    original = f"{headers}{hidden}{program.source}\n{scalar_entry(program.signature, program.name, 'call_original')}"
    surrogate = f"{c_text}\n{scalar_entry(program.signature, name, 'call_surrogate')}"
    with tempfile.TemporaryDirectory(prefix="nsc-") as folder:
        work = Path(folder)
        sources = {"original.c": original, "surrogate.c": surrogate, "main.c": _timer(program)}
        binary = build_native(sources, work)
        code, output = run_limited([str(binary)], work, {}, _RUN)
        found = re.fullmatch(r"([\d.]+) ([\d.]+)", output.strip())
        if code != 0 or found is None:
            raise BuildError("the timing run of the original and the surrogate did not finish")
        return float(found.group(1)), float(found.group(2))


def _timer(program: Program) -> str:
    domain, n, o = program.domain, program.n_inputs, program.n_outputs
    lo = ", ".join(f"{v:.17g}" for v in domain.lo)
    hi = ", ".join(f"{v:.17g}" for v in domain.hi)
    return f"""#include <stdio.h>
#include <stdlib.h>
#include <time.h>
typedef void entry(const double *, double *);
extern entry call_original, call_surrogate;
static const double lo[] = {{{lo}}}, hi[] = {{{hi}}};
static double x[1024][{n}], y[{o}], sink;
static double now(void) {{ struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e9 + t.tv_nsec; }}
static double per_call(entry *f, int rounds) {{
  double start = now();
  for (int r = 0; r < rounds; r++)
    for (int k = 0; k < 1024; k++) {{ f(x[k], y); sink += y[0]; }}
  return (now() - start) / (1024.0 * rounds);
}}
static int order(const void *a, const void *b) {{ double d = *(double *)a - *(double *)b; return (d > 0) - (d < 0); }}
int main(void) {{
  double t[2][{ROUNDS}];
  unsigned state = 1;
  for (int k = 0; k < 1024; k++)
    for (int i = 0; i < {n}; i++) {{
      state = state * 1664525u + 1013904223u;
      x[k][i] = lo[i] + (hi[i] - lo[i]) * (state >> 8) / 16777216.0;
    }}
  double probe = per_call(call_original, 2) + per_call(call_surrogate, 2);
  int rounds = (int)(2e6 / (1024.0 * probe + 1.0)) + 1;
  for (int r = 0; r < {ROUNDS}; r++) {{
    t[0][r] = per_call(call_original, rounds);
    t[1][r] = per_call(call_surrogate, rounds);
  }}
  for (int k = 0; k < 2; k++) qsort(t[k], {ROUNDS}, sizeof(double), order);
  fprintf(stderr, "%.3f %.3f\\n", t[0][{ROUNDS // 2}], t[1][{ROUNDS // 2}]);
  return sink == 0.12345;
}}
"""
