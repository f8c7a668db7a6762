"""Programs built and run per second: the sandbox one by one, 64 to a module, and gcc
with a subprocess.

Run: .venv/bin/python benchmarks/sandbox/run.py [--programs 256] [--seed 0]

Every program is run on the same 2,048 inputs; one core, nothing cached but the C
libraries. The peer is what a script would do without a sandbox: `gcc -O1`, one process
per program, inputs and outputs through pipes; it confines nothing. All three must agree
on the outputs.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from nsc.exestack import write_synthetic
from nsc.program import Program, parse_program
from nsc.record import read_records, shared_inputs
from nsc.sandbox import Built, build, run, warm_up

MAIN = """
#include <stdio.h>
static double nsc_x[2048 * 9], nsc_all[2048];
int main(void) {
  size_t n = fread(nsc_x, sizeof(double), 2048 * %(n)d, stdin) / %(n)d;
  for (size_t k = 0; k < n; k++) nsc_entry(nsc_x + k * %(n)d, nsc_all + k);
  return fwrite(nsc_all, sizeof(double), n, stdout) != n;
}
"""


def programs_of(count: int, seed: int) -> list[Program]:
    """Generate programs, as `nsc data synthetic` does."""
    with tempfile.TemporaryDirectory() as folder:
        write_synthetic(Path(folder), programs=count, seed=seed, workers=1)
        return [
            parse_program("#include <math.h>\n" + r.text)
            for r in read_records(Path(folder))
        ]


def in_sandbox(
    programs: list[Program], inputs: list[np.ndarray], per_module: int
) -> list[np.ndarray]:
    outputs = []
    for start in range(0, len(programs), per_module):
        part = slice(start, start + per_module)
        for built, x in zip(
            build([p.unit for p in programs[part]]), inputs[part], strict=True
        ):
            assert isinstance(built, Built), built
            outputs.append(run(built, x).outputs[:, 0])
    return outputs


def with_gcc(
    programs: list[Program], inputs: list[np.ndarray]
) -> list[np.ndarray]:
    outputs = []
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder, "p.c"), Path(folder, "p")
        for program, x in zip(programs, inputs, strict=True):
            headers = "".join(
                f"#include <{h}>\n" for h in program.unit.headers
            )
            source.write_text(
                headers + program.unit.text + MAIN % {"n": program.n_inputs}
            )
            command = [
                "gcc",
                "-O1",
                "-ffp-contract=off",
                "-w",
                source,
                "-o",
                binary,
                "-lm",
            ]
            subprocess.run(command, check=True)
            done = subprocess.run(
                [binary], input=x.tobytes(), capture_output=True, check=True
            )
            outputs.append(np.frombuffer(done.stdout))
    return outputs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    warm_up()
    programs = programs_of(options.programs, options.seed)
    inputs = [
        np.ascontiguousarray(shared_inputs()[:, : p.n_inputs])
        for p in programs
    ]
    ways = {
        "sandbox, 64 to a module": lambda: in_sandbox(programs, inputs, 64),
        "sandbox, one by one": lambda: in_sandbox(programs, inputs, 1),
    }
    if shutil.which("gcc"):
        ways["gcc and a process, unconfined"] = lambda: with_gcc(
            programs, inputs
        )
    rates, outputs = {}, {}
    for name, way in ways.items():
        started = time.perf_counter()
        outputs[name] = way()
        rates[name] = round(len(programs) / (time.perf_counter() - started), 1)
        print(f"{name:32} {rates[name]:8.1f} programs/s", flush=True)
    first, *others = outputs.values()
    differing = {
        k
        for other in others
        for k, (a, b) in enumerate(zip(first, other, strict=True))
        if not np.allclose(a, b, rtol=1e-4, atol=1e-4, equal_nan=True)
    }
    print(
        f"{len(programs) - len(differing)} of {len(programs)} programs agree on all"
        " outputs"
    )
    result = {
        "programs": len(programs),
        "inputs": 2048,
        "programs_per_s": rates,
        "differing": len(differing),
    }
    (Path(__file__).parent / "result.json").write_text(
        json.dumps(result, indent=2) + "\n"
    )


if __name__ == "__main__":
    main()
