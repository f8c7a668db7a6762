"""Surrogate-epochs per second of full-batch Adam, and peak memory, in one run.

Run: .venv/bin/python benchmarks/finetune/run.py [--quick]

Every (peer, threads) pair runs in a process of its own, confined to that many cores. A
surrogate-epoch is one full-batch gradient and Adam step of one surrogate; validation
and test are left out, for everyone.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
TOPOLOGIES = ((9, 4, 4, 1), (6, 8, 4, 1), (9, 16, 16, 1), (9, 32, 32, 1))
SAMPLES = {8: 64, 82: 64, 819: 16, 8192: 4}  # samples: surrogates at once
SECONDS = 0.7
FMA = """
typedef float V __attribute__((vector_size(BYTES)));
__attribute__((min_vector_width(8 * BYTES))) float peak(int n) {
  V a[12], x = (V){0} + 0.999f, y = (V){0} + 1e-6f;
  for (int k = 0; k < 12; k++) a[k] = (V){0} + (float)k;
  for (int i = 0; i < n; i++)
    _Pragma("clang loop unroll(full)") for (int k = 0; k < 12; k++) a[k] = a[k] * x + y;
  for (int k = 1; k < 12; k++) a[0] += a[k];
  return a[0][0];
}
"""


def rate(run, p: int) -> float:
    """Surrogate-epochs per second: epochs are raised until a run takes long enough; the
    best of two.
    """
    epochs = 2 * p
    run(epochs)
    while True:
        started = time.perf_counter()
        run(epochs)
        seconds = time.perf_counter() - started
        if seconds > SECONDS / 3:
            break
        epochs = (
            int(epochs * min(20, 1.2 * SECONDS / 2 / max(seconds, 1e-5))) + 1
        )
    started = time.perf_counter()
    run(epochs)
    seconds = min(seconds, time.perf_counter() - started)
    share = (
        max(1, epochs // p)
        if getattr(run, "surrogates", p) == 1
        else epochs * p
    )
    return share / seconds


def fma_peak() -> float:
    """Measure fused multiply-adds per second of one core (float, widest vectors)."""
    import ctypes

    from nsc.finetune.backends.layout import LANES
    from nsc.host import zig_command, zig_environment

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "fma.c").write_text(FMA)
        flags = [
            "-O3",
            "-march=native",
            "-Wno-psabi",
            f"-DBYTES={4 * LANES}",
            "-ffp-contract=fast",
            "-fno-sanitize=undefined",
            "-shared",
            "-fPIC",
        ]
        subprocess.run(
            [*zig_command(), "cc", *flags, "fma.c", "-o", "fma.so"],
            cwd=work,
            env=zig_environment(work),
            check=True,
        )
        peak = ctypes.CDLL(str(work / "fma.so")).peak
        peak(10**6)
        best = 1e9
        for _ in range(5):
            started = time.perf_counter()
            peak(5 * 10**7)
            best = min(best, time.perf_counter() - started)
        return 5e7 * 12 * LANES / best


def child(peer: str, threads: int, quick: bool) -> None:
    """Measure one peer on the whole grid; print a JSON object."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    sys.path.insert(0, str(HERE))
    from peers import PEERS

    if peer.startswith("torch"):
        import torch

        torch.set_num_threads(threads)
    found = {}
    for widths in TOPOLOGIES[: 1 if quick else None]:
        for n, p in SAMPLES.items():
            name = "-".join(map(str, widths))
            try:
                found[f"{name}/{n}"] = round(
                    rate(PEERS[peer](widths, p, n), p), 1
                )
            except (
                Exception
            ) as error:  # a peer that cannot run a case is a result
                found[f"{name}/{n}"] = f"{type(error).__name__}"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps({"rates": found, "memory_mb": memory}))


def measure(peer: str, threads: int, quick: bool) -> dict:
    environment = os.environ | {
        "OMP_NUM_THREADS": str(threads),
        "XLA_FLAGS": (
            f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
        ),
    }
    command = [
        sys.executable,
        __file__,
        "--child",
        peer,
        "--threads",
        str(threads),
        *(["--quick"] if quick else []),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment
    )
    if done.returncode:
        return {
            "rates": {},
            "memory_mb": None,
            "error": done.stderr.strip().splitlines()[-1:],
        }
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="the covering architecture only"
    )
    parser.add_argument("--child")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.threads, options.quick)
        return
    sys.path.insert(0, str(HERE))
    from peers import PEERS

    result = {}
    for threads in (1, 2):
        for peer in PEERS:
            result[f"{peer}/{threads}"] = found = measure(
                peer, threads, options.quick
            )
            print(
                f"{peer:14} {threads} thr. {found['memory_mb']:4} MB "
                f" {json.dumps(found['rates'])}",
                flush=True,
            )
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    peak = fma_peak()
    own = result["nsc_adam/1"]["rates"]["9-4-4-1/819"]
    result["fma_peak_per_s"] = round(peak)
    # 132 multiply-adds a sample and epoch
    result["share_of_fma_peak"] = round(own * 819 * 132 / peak, 3)
    print(
        f"share of the FMA peak, 9-4-4-1, 819 samples: {result['share_of_fma_peak']}"
    )
    (HERE / "result.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
