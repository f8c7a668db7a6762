"""Functions per second from raw C to record, against one gcc and one process for each
function.

Run: .venv/bin/python benchmarks/exestack/run.py [debian:musl,erfa,libnova] [--workers
     2] [--synthetic 20000] .venv/bin/python benchmarks/exestack/run.py debian:...
     --pipeline (the last two rows alone)

Ours is `nsc data build` with everything it does: reading, closing, compiling, five runs
on 2,048 inputs, twins, shards. The peer is the papers' way for the same functions, on
as many processes: for each a text with a harness, gcc -O1, and five runs in a process
of its own. It is given our closed texts: finding and closing them costs it nothing. A
second row of the peer starts from raw C as we do: `gcc -E` once for each .c file, with
every folder of its package that holds headers; files that it cannot expand cost what
they cost. Finding the functions in that and closing them still costs it nothing. A
function counts when it is compiled and run, whatever becomes of it. The last two rows
are the papers' whole pipeline (papers_way.py), which finds its functions itself: as
their figures 6 and 7 have it, and with its inputs and outputs through pipes. It takes
pointer-free functions of float and double alone, so that ours is built anew with the
profile of that kind, and what comes to outputs there is compared with the records that
this leaves.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from papers_way import (
    comes_to_outputs,
    distinct,
    functions_of,
    header_folders,
    in_one_go,
    runs_alike,
)

from nsc.exestack import build_dataset
from nsc.exestack.programs.extract import extract
from nsc.exestack.programs.profile import profile_named
from nsc.exestack.sources.source import read_source_texts
from nsc.exestack.sources.text import SourceText
from nsc.program import Unit
from nsc.record import shared_inputs
from nsc.sandbox import warm_up

PROFILE = "wide"
BEFORE_RUNNING = (
    "source:",
    "file:",
    "front_end:",
    "not_float",
    "not_scalar",
    "too_many_inputs",
    "too_long",
    "copy",
)
# generated programs dropped before that
NOT_EXECUTED = ("too_long", "too_many_nodes", "range_overflow", "no_dag")
MAIN = """
#include <stdio.h>
static double nsc_x[2048 * 64], nsc_all[2048 * 64];
int main(void) {
  size_t n = fread(nsc_x, sizeof(double), 2048 * %(i)d, stdin) / %(i)d;
  for (size_t k = 0; k < n; k++) %(entry)s(nsc_x + k * %(i)d, nsc_all + k * %(o)d);
  return fwrite(nsc_all, sizeof(double), n * %(o)d, stdout) != n * %(o)d;
}
"""


def with_gcc(unit: Unit) -> bool:
    """Build and run one function the papers' way; says whether it came to outputs."""
    harness = MAIN % {
        "i": unit.n_inputs,
        "o": unit.n_outputs,
        "entry": unit.entry,
    }
    headers = "".join(f"#include <{h}>\n" for h in unit.headers)
    return runs_alike(
        headers + unit.text + harness, shared_inputs()[:, : unit.n_inputs]
    )


def expand_with_gcc(found: SourceText) -> bool:
    """Preprocess one file, as the papers' way begins; says whether gcc could."""
    folders = [f"-I{folder}" for folder in header_folders(found.package)]
    path = Path(found.package, *Path(found.path).parts[1:])
    command = ["gcc", "-E", "-w", *folders, path, "-o", "/dev/null"]
    return subprocess.run(command, capture_output=True).returncode == 0


def peer(found: list[SourceText], ours_per_s: float, workers: int) -> dict:
    """Time the papers' way on closed texts, and from raw C; `ours_over_it` compares
    functions per second.
    """
    profile = profile_named(PROFILE)
    units = [c.program.unit for f in found for c in extract(f, profile)[0]]
    with ThreadPoolExecutor(workers) as pool:
        started = time.perf_counter()
        good = sum(pool.map(with_gcc, units))
        closed_s = time.perf_counter() - started
        files = [f for f in found if f.path.endswith(".c") and f.package]
        expanded = sum(pool.map(expand_with_gcc, files))
        raw_s = time.perf_counter() - started

    def row(seconds: float) -> dict:
        rate = len(units) / seconds
        return {
            "functions_run": len(units),
            "came_to_outputs": good,
            "seconds": round(seconds, 1),
            "functions_per_s": round(rate, 1),
            "ours_over_it": round(ours_per_s / rate, 2),
        }

    return {
        "gcc and a process each, closed texts given": row(closed_s),
        "the same with gcc -E for each file": (
            row(raw_s) | {"files": len(files), "files_expanded": expanded}
        ),
    }


def whole_peer(found: list[SourceText], source: str, workers: int) -> dict:
    """Time the papers' pipeline from raw C to outputs, and ours on functions of that
    kind.
    """
    manifest, _, our_seconds = ours([source], workers, "exestackcpn")
    our_rate = manifest["records"] / our_seconds
    files = [f for f in found if f.path.endswith(".c") and f.package]
    with ThreadPoolExecutor(workers) as pool:
        started = time.perf_counter()
        seen = distinct(
            function
            for found in pool.map(lambda f: list(functions_of(f)), files)
            for function in found
        )
        found_s = time.perf_counter() - started

        def row(run: Callable) -> dict:
            started = time.perf_counter()
            good = sum(pool.map(lambda function: run(*function), seen))
            seconds = found_s + time.perf_counter() - started
            rate = good / seconds
            return {
                "functions_tried": len(seen),
                "came_to_outputs": good,
                "seconds": round(seconds, 1),
                "outputs_per_s": round(rate, 2),
                "our_records": manifest["records"],
                "our_records_per_s": round(our_rate, 2),
                "ours_over_it": round(our_rate / rate, 2),
            }

        return {
            "the papers' pipeline": row(comes_to_outputs),
            "the same, each compiled once": row(in_one_go),
        }


def ours(
    sources: list[str], workers: int, profile: str = PROFILE
) -> tuple[dict, int, float]:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        manifest = build_dataset(
            sources, Path(folder), profile=profile, workers=workers
        )
        seconds = time.perf_counter() - started
    drops = Counter(manifest["drops"])
    ran = manifest["records"] + sum(
        n
        for reason, n in drops.items()
        if not reason.startswith(BEFORE_RUNNING)
    )
    return manifest, ran, seconds


def synthetic(programs: int, workers: int) -> dict:
    """Time generated programs, up to shards; executed are those, too, that are dropped
    for what they compute.
    """
    made, _, seconds = ours([f"synthetic:{programs}"], workers)
    executed = made["records"] + sum(
        n
        for why, n in made["drops"].items()
        if not why.startswith(NOT_EXECUTED)
    )
    return {
        "executed": executed,
        "made": programs,
        "records": made["records"],
        "seconds": round(seconds, 1),
        "executed_per_s_per_core": round(executed / seconds / workers),
        "made_per_s_per_core": round(programs / seconds / workers),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "source", nargs="?", default="debian:musl,erfa,libnova"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--synthetic", type=int, default=20_000)
    parser.add_argument(
        "--pipeline",
        action="store_true",
        help="print the papers' whole pipeline alone",
    )
    parser.add_argument("--out", default="result.json", help="in this folder")
    options = parser.parse_args()
    warm_up()
    found = [
        f
        for f in read_source_texts(options.source)
        if isinstance(f, SourceText)
    ]
    result = {
        "source": options.source,
        "files": len(found),
        "workers": options.workers,
    }
    if options.pipeline:
        print(
            json.dumps(
                result | whole_peer(found, options.source, options.workers),
                indent=2,
            )
        )
        return
    manifest, ran, seconds = ours([options.source], options.workers)
    result["ours"] = {
        "records": manifest["records"],
        "functions_run": ran,
        "seconds": round(seconds, 1),
        "functions_per_s": round(ran / seconds, 1),
        "records_per_s": round(manifest["records"] / seconds, 1),
        "files_per_s": round(len(found) / seconds, 1),
        "functions_seen": manifest["records"]
        + sum(manifest["drops"].values()),
    }
    ours_rate = ran / seconds
    print(result["ours"], flush=True)
    result["synthetic"] = synthetic(options.synthetic, options.workers)
    print(result["synthetic"], flush=True)
    if shutil.which("gcc"):
        result |= peer(found, ours_rate, options.workers)
        result |= whole_peer(found, options.source, options.workers)
        for name in list(result)[-4:]:
            print(name, result[name], flush=True)
    (Path(__file__).parent / options.out).write_text(
        json.dumps(result, indent=2) + "\n"
    )


if __name__ == "__main__":
    main()
