"""What an evaluation costs: exported C by compiler and flags, Python, and peers. One
run, one core.

Run: OMP_NUM_THREADS=1 .venv/bin/python benchmarks/deploy/run.py
[--out result.json] [--emlearn PYTHON]

Networks of 3 inputs with 4-4 and 8-8 hidden sigmoids and random parameters, in float
and in double. Nanoseconds an evaluation: the least of many rounds over 4,096 rows, whose
inputs are in [-1, 1]. What is not installed (clang, onnxruntime, torch) is left out. The
Python bar of a million rows is measured on all cores of this process, too. Peers hold the
same network: numpy in double, torch and onnxruntime in single precision, one thread each;
a batch of 4,096 rows and single rows.
"""

import argparse
import ctypes
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from nsc.deploy import EXPORTERS, ExportJob, c_source
from nsc.host import zig_command
from nsc.program import draw_inputs, parse_program
from nsc.surrogate import Member, Surrogate, Topology, random_parameters

ROWS = 4096
ROUNDS = 300
HIDDEN = ("4-4", "8-8")
FAST = "-march=native -fno-math-errno -fno-trapping-math"
# zig means another processor by no flag than gcc and clang do
PLAIN = {"gcc": "", "clang": "", "zig": "-march=x86_64"}
V3 = {
    "gcc": "-march=x86-64-v3",
    "clang": "-march=x86-64-v3",
    "zig": "-march=x86_64_v3",
}
V4 = {
    "gcc": "-march=x86-64-v4",
    "clang": "-march=x86-64-v4",
    "zig": "-march=x86_64_v4",
}
MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
typedef KIND T;
T f_surrogate(T, T, T);
void f_surrogate_n(const T *, T *, size_t);
void f_surrogate_soa(const T *const *, T *const *, size_t);
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}
int main(void) {
  size_t n = ROWS;
  T *x = malloc(n * 3 * sizeof *x), *y = malloc(n * sizeof *y);
  const T *xs[3] = {x, x + n, x + 2 * n};
  T *ys[1] = {y};
  double least[3] = {1e9, 1e9, 1e9};
  for (size_t i = 0; i < n * 3; i++) x[i] = (T)(rand() % 2001) / 1000 - 1;
  for (int k = 0; k < ROUNDS; k++) {
    double at[4];
    at[0] = now();
    for (size_t i = 0; i < n; i++) y[i] = f_surrogate(x[3 * i], x[3 * i + 1], x[3 * i + 2]);
    at[1] = now();
    f_surrogate_n(x, y, n);
    at[2] = now();
    f_surrogate_soa(xs, ys, n);
    at[3] = now();
    for (int j = 0; j < 3; j++)
      if ((at[j + 1] - at[j]) / n < least[j]) least[j] = (at[j + 1] - at[j]) / n;
  }
  printf("%.3f %.3f %.3f\\n", least[0], least[1], least[2]);
  return 0;
}
"""
EMLEARN = """
import json, sys
import emlearn, numpy
from emlearn.net import c_generate_net_loadable
spec = json.load(sys.stdin)
weights, biases = ([numpy.array(a) for a in spec[k]] for k in ("weights", "biases"))
kinds = ["logistic"] * (len(weights) - 1) + ["identity"]
print(emlearn.includedir)
print(c_generate_net_loadable(kinds, weights, biases, prefix="mynet"))
"""
EMLEARN_MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}
int main(void) {
  static float x[ROWS][3], y[ROWS];
  double least = 1e9;
  for (int i = 0; i < ROWS * 3; i++) x[0][i] = (rand() % 2001) / 1000.0f - 1;
  for (int k = 0; k < ROUNDS; k++) {
    double at = now();
    for (int i = 0; i < ROWS; i++) y[i] = eml_net_regress1(&mynet, x[i], 3);
    at = (now() - at) / ROWS;
    if (at < least) least = at;
  }
  printf("%.3f\\n", least);
  return 0;
}
"""


def job_of(kind: str, hidden: str) -> ExportJob:
    """Make a program and a network of random parameters in its place."""
    program = parse_program(
        f"{kind} f({kind} a, {kind} b, {kind} c) {{ return a * b + c; }}"
    )
    topology = Topology.parse(f"3-{hidden}-1")
    surrogate = Surrogate(
        (Member(topology, random_parameters(topology, seed=0) * 2),),
        -np.ones(3),
        np.ones(3),
        ("a", "b", "c"),
        ("return",),
    )
    x = draw_inputs(program, ROWS, generator=np.random.default_rng(0))
    return ExportJob(surrogate, program, x)


def compilers() -> dict[str, list[str]]:
    """Return the compilers that are installed."""
    found = {"gcc": ["gcc"], "clang": ["clang"], "zig": [*zig_command(), "cc"]}
    return {
        name: command
        for name, command in found.items()
        if name == "zig" or shutil.which(name)
    }


def flags_of(compiler: str) -> dict[str, str]:
    """Return what a compiler is asked for, by name."""
    plain = PLAIN[compiler]
    return {
        "-O2": f"-O2 {plain}",
        "-O3": f"-O3 {plain}",
        "-O3, one target": f"-O3 {plain} -DNSC_ONE_TARGET",
        "-O3, AVX2": f"-O3 {V3[compiler]}",
        "-O3, AVX-512": f"-O3 {V4[compiler]}",
        f"-O3 {FAST}": f"-O3 {FAST}",
    }


def time_c(
    job: ExportJob, kind: str, command: list[str], flags: str
) -> dict | None:
    """Time the exported C in nanoseconds an evaluation; None where it cannot run."""
    macros = [f"-DKIND={kind}", f"-DROWS={ROWS}", f"-DROUNDS={ROUNDS}"]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "s.c").write_text(c_source(job.surrogate, job.program))
        (work / "main.c").write_text(MAIN)
        build = [
            *command,
            *flags.split(),
            *macros,
            "s.c",
            "main.c",
            "-o",
            "timed",
        ]
        subprocess.run(build, cwd=work, check=True, capture_output=True)
        done = subprocess.run(
            ["./timed"], cwd=work, capture_output=True, text=True
        )
    if done.returncode:  # the processor lacks what was asked for
        return None
    scalar, rows, arrays = map(float, done.stdout.split())
    return {"scalar": scalar, "rows": rows, "arrays": arrays}


def least_ns(
    call: Callable[[], object], rounds: int = 50, calls: int = 1
) -> float:
    """Return the least time of a call, in nanoseconds."""
    least = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(calls):
            call()
        least = min(least, time.perf_counter() - started)
    return least / calls * 1e9


def pair_of(batch: Callable[[], object], row: Callable[[], object]) -> dict:
    """Time a batch of all rows, a row of it, and a call of one row."""
    return {"batch": least_ns(batch) / ROWS, "row": least_ns(row, 20, 500)}


def time_python(job: ExportJob) -> dict:
    """Time the surrogate itself, and numpy with the same network."""
    surrogate = job.surrogate
    x = job.x
    one = x[0].copy()
    return {
        f"nsc ({surrogate.backend})": pair_of(
            lambda: surrogate(x), lambda: surrogate(one)
        ),
        "numpy": pair_of(
            lambda: surrogate.networks(x),
            lambda: surrogate.networks(one[None]),
        ),
    }


def time_onnxruntime(job: ExportJob) -> dict:
    """Time the ONNX export."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        EXPORTERS["onnx"].render(job),
        options,
        providers=["CPUExecutionProvider"],
    )
    [given] = session.get_inputs()
    kind = np.float32 if "float" in given.type else np.float64
    x = job.x.astype(kind)
    return {
        f"onnxruntime ({given.type})": pair_of(
            lambda: session.run(None, {given.name: x}),
            lambda: session.run(None, {given.name: x[:1]}),
        )
    }


def time_torch(job: ExportJob) -> dict:
    """Time the same network in torch."""
    import torch

    torch.set_num_threads(1)
    [member] = job.surrogate.members
    layers: list[torch.nn.Module] = []
    for weight, bias in member.topology.layers(member.w):
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weight))
            layer.bias.copy_(torch.tensor(bias))
        layers += [layer, torch.nn.Sigmoid()]
    network = torch.nn.Sequential(*layers[:-1])
    x = torch.tensor(job.x, dtype=torch.float32)
    with torch.inference_mode():
        return {"torch": pair_of(lambda: network(x), lambda: network(x[:1]))}


def million(job: ExportJob) -> dict:
    """Return milliseconds for a million rows in Python: passed, and of all processors.

    Where other work runs here, the second tells more.
    """
    x = np.random.default_rng(1).uniform(-1, 1, (1_000_000, 3))
    least = {"passed": float("inf"), "processors": float("inf")}
    for _ in range(20):
        passed, used = time.perf_counter(), time.process_time()
        job.surrogate(x)
        took = time.perf_counter() - passed, time.process_time() - used
        for name, seconds in zip(least, took, strict=True):
            least[name] = min(least[name], seconds * 1e3)
    return least


def time_emlearn(job: ExportJob, python: str) -> dict:
    """Time a call of emlearn's C, written by an interpreter that has it."""
    [member] = job.surrogate.members
    layers = member.topology.layers(member.w)
    spec = {
        "weights": [weight.T.tolist() for weight, _ in layers],
        "biases": [bias.tolist() for _, bias in layers],
    }
    found = subprocess.run(
        [python, "-c", EMLEARN],
        input=json.dumps(spec),
        capture_output=True,
        text=True,
    )
    folder, code = found.stdout.split("\n", 1)
    with tempfile.TemporaryDirectory() as work:
        (Path(work) / "e.c").write_text(code + EMLEARN_MAIN)
        command = ["gcc", *f"-O3 {FAST}".split(), f"-I{folder}", "-w"]
        macros = [f"-DROWS={ROWS}", f"-DROUNDS={ROUNDS}"]
        subprocess.run(
            [*command, *macros, "e.c", "-lm", "-o", "e"], cwd=work, check=True
        )
        done = subprocess.run(
            ["./e"], cwd=work, capture_output=True, text=True
        )
    return {f"emlearn, gcc -O3 {FAST}": {"scalar": float(done.stdout)}}


def measure(cores: set[int], emlearn: str | None) -> dict:
    """Measure everything, on one core but for what says otherwise."""
    found: dict = {"c": {}, "python": {}, "million_rows_ms": {}}
    for hidden in HIDDEN:
        for kind in ("float", "double"):
            job = job_of(kind, hidden)
            table = found["c"][f"{hidden} {kind}"] = {}
            for name, command in compilers().items():
                for said, flags in flags_of(name).items():
                    table[f"{name} {said}"] = time_c(job, kind, command, flags)
                    print(
                        hidden,
                        kind,
                        name,
                        said,
                        table[f"{name} {said}"],
                        flush=True,
                    )
        job = job_of("float", hidden)
        python = found["python"][hidden] = time_python(job)
        if find_spec("onnxruntime") and find_spec("onnx"):
            python |= time_onnxruntime(job)
        if find_spec("torch"):
            python |= time_torch(job)
        if emlearn:
            found["c"][f"{hidden} float"] |= time_emlearn(job, emlearn)
        one = million(job)
        os.sched_setaffinity(0, cores)
        found["million_rows_ms"][hidden] = {
            "1": one,
            str(len(cores)): million(job),
        }
        os.sched_setaffinity(0, {min(cores)})
        print(hidden, python, found["million_rows_ms"][hidden], flush=True)
    return found


def machine() -> dict:
    """Say on what it was measured."""
    versions = {
        name: subprocess.run(
            [*command, "--version"], capture_output=True, text=True
        ).stdout.split("\n")[0]
        for name, command in compilers().items()
    }
    lines = Path("/proc/cpuinfo").read_text().split("\n")
    model = next(line for line in lines if line.startswith("model name"))
    return {
        "processor": model.split(":")[1].strip(),
        "python": platform.python_version(),
        "pointers": ctypes.sizeof(ctypes.c_void_p) * 8,
        "load": os.getloadavg()[0],
        **versions,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default="result.json", help="in this folder")
    parser.add_argument(
        "--emlearn", help="a Python interpreter that has emlearn"
    )
    options = parser.parse_args()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    result = {"machine": machine(), **measure(cores, options.emlearn)}
    path = Path(__file__).with_name(options.out)
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
