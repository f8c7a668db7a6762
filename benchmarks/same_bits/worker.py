"""One checkout of nsc -> digests of all that it makes, as JSON. Started by run.py.

    PYTHONPATH=CHECKOUT/src python worker.py CHECKOUT SEED FOUND.json

In: a working folder, with ../inputs (see run.py) beside it; nsc by its public names and
its command line alone. Out: {kind: {name: digest}}.
Non-goals: comparing; what is right.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from commands import Done, made_by, printed
from digests import (
    WALL_CLOCK,
    Found,
    of_array,
    of_bytes,
    of_dropped,
    of_json,
    of_program,
    of_report,
    of_rows,
    of_shards,
    of_surrogate,
    of_text,
    refused,
    under,
    untimed,
    without,
)
from messages import messages
from safetensors.numpy import load_file

import nsc

INPUTS = Path("../inputs")
SPLITS = ("train", "validation", "test")
WAYS = {  # to compile an example
    "demo": ["--json"],
    "summary": ["--budget", "64", "--verification", "512"],
    "split": [
        "--split",
        "--guard",
        "--budget",
        "128",
        "--no-timing",
        "--json",
    ],
    "drop_in": ["--drop-in", "--initial", "distill", "--no-timing", "--json"],
    "text_only": ["--text-only", "--json"],
}
TARGETS = {
    "easing": "1e-4",
    "fft": "1e-4",
    "inversek2j": "1e-3",
    "srgb": "2e-3",
}
CHOICES: tuple[
    dict[str, Any], ...
] = (  # that generated programs take turns with
    {},
    {"initial": "compnet"},
    {"initial": "random"},
    {"initial": "distill"},
    {"optimizer": "adam"},
    {"activation": "tanh"},
    {"activation": "relu"},
    {"topology": "9-8-8-1"},
    {"budget": 0},
    {"budget": 512},
    {"text_only": True},
)
TREE = f"tree:{INPUTS}/tree"
DATA_SETS = {  # name: profile and sources, in the order of their making
    "wide": ("wide", ["synthetic:200", TREE]),
    "papers": ("exestackcpn", ["synthetic:200", TREE]),
    "preprint": ("hybertnet", ["synthetic:50", TREE]),
    "mutants": ("wide", [TREE, "mutate:wide,2"]),
}
PARROT = "fft,invk2j,jmeint"  # those that need no photographs
TRAINED = {
    "dag": ["--programs", "200", "--workers", "1", "--batch", "16"],
    "bert": ["--encoder", "bert"],
}


def examples() -> Found:
    """Compile every example in several ways."""
    found: Found = {}
    for path in example_files():
        for way, options in ways_of(path).items():
            folder = f"out/{path.stem}-{way}"
            words = [
                "compile",
                str(path),
                *flags_of(path),
                *options,
                "-o",
                folder,
            ]
            written = made_by(
                words, lambda done, f=folder: of_folder(Path(f), done)
            )
            found |= under(f"{path.stem} {way}", written)
    return found


def example_files() -> list[Path]:
    """Name the examples."""
    return sorted((INPUTS / "examples").glob("*.c"))


def ways_of(path: Path) -> dict[str, list[str]]:
    """Name the ways to compile an example; where a target can be had, to that too."""
    if path.stem not in TARGETS:
        return WAYS
    target = ["--target-error", TARGETS[path.stem], "--budget", "32"]
    return WAYS | {"target": [*target, "--no-timing", "--json"]}


def flags_of(path: Path) -> list[str]:
    """Read the flags in an example's first line, as examples/demo.py does."""
    first = path.read_text().splitlines()[0]
    return shlex.split(first.removeprefix("// nsc:"))


def of_folder(folder: Path, done: Done) -> Found:
    """Digest all files of a compilation, and what it printed if that is no JSON."""
    report = json.loads((folder / "report.json").read_text())
    found = under(
        "surrogate", of_surrogate(nsc.load(folder / "surrogate.safetensors"))
    )
    found |= under("report.json", of_report(report))
    found["files"] = of_json(sorted(path.name for path in folder.iterdir()))
    for name in ("surrogate.c", "surrogate.onnx"):
        if (folder / name).exists():
            found[name] = of_bytes((folder / name).read_bytes())
    if (folder / "report.html").exists():
        page = (folder / "report.html").read_text()
        found["report.html"] = of_text(untimed(page))
    if not done.stdout.startswith("{"):
        found["summary"] = of_text(untimed(done.stdout))
    return found


def shown() -> Found:
    """List the functions of every example, and of every golden file."""
    found: Found = {}
    golden = sorted((INPUTS / "tree/tests/golden").glob("*.c"))
    for path in [*example_files(), *golden]:
        found |= printed(["show", str(path), "--json"], f"{path.stem} json")
    for path in example_files():
        found |= printed(["show", str(path)], f"{path.stem} text")
    return found


def programs(seed: int) -> Found:
    """Read and compile every generated program."""
    found: Found = {}
    for path in sorted((INPUTS / "programs").glob("*.parquet")):
        rows = pq.read_table(path, columns=["name", "text", "box"]).to_pylist()
        for number, row in enumerate(rows):
            chosen = CHOICES[number % len(CHOICES)]
            options = {"budget": 64, "seed": seed + number} | chosen
            found |= under(row["name"], of_generated(row, options))
    return found


def of_generated(row: dict[str, Any], options: dict[str, Any]) -> Found:
    """Digest what a generated text means and compiles to."""
    text = f"#include <math.h>\n{row['text']}"
    limits = list(zip(row["box"][::2], row["box"][1::2], strict=True))
    try:
        inputs = nsc.parse_program(text).signature.inputs
        names = [leaf.name for leaf in inputs]
        domain = dict(zip(names, limits, strict=True))
        program = nsc.parse_program(text, ranges=domain)
        found = of_program(program)
    except Exception as error:  # whatever it is, both must say the same
        return {"reading": refused(str(error))}
    found |= attempt("embedding", lambda: {"u": of_array(nsc.embed(program))})
    return found | attempt(
        "compiled", lambda: of_compiled(text, domain, options)
    )


def of_compiled(
    text: str, domain: dict[str, Any], options: dict[str, Any]
) -> Found:
    """Compile a text and digest the surrogate, and its outputs mid-range."""
    surrogate = nsc.compile(
        text,
        domain=domain,
        timing=False,
        verification=256,
        **options,
    )
    middle = (surrogate.lo + surrogate.hi) / 2
    return of_surrogate(surrogate) | {"mid-range": of_array(surrogate(middle))}


def attempt(name: str, make: Callable[[], Found]) -> Found:
    """Digest what is made, or why it is not."""
    try:
        return under(name, make())
    except Exception as error:  # whatever it is, both must say the same
        return {name: refused(str(error))}


def data(seed: int) -> Found:
    """Build small data sets, and have them described."""
    found: Found = {}
    for name, (profile, sources) in DATA_SETS.items():
        options = ["--profile", profile, "--seed", str(seed), "--workers", "1"]
        words = [
            "data",
            "build",
            *sources,
            "-o",
            name,
            *options,
            "--keep-dropped",
        ]
        found |= under(
            name, made_by(words, lambda done, n=name: of_data_set(Path(n)))
        )
        found |= under(name, printed(["data", "check", name], "check"))
        found |= under(
            name, made_by(["data", "info", name, "--json"], of_info)
        )
    return found


def of_data_set(folder: Path) -> Found:
    """Digest a data set: its records, what was dropped, its manifest."""
    found = under("manifest", of_report(manifest_of(folder)))
    found |= under(
        "dropped", of_dropped(folder / "dropped" / "dropped.parquet")
    )
    for split in SPLITS:
        found |= under(split, of_shards(folder / split))
    return found


def manifest_of(folder: Path) -> dict[str, Any]:
    """Read a manifest; the installed nsc's version is no part of what was made."""
    manifest = json.loads((folder / "manifest.json").read_text())
    return without(manifest, ["nsc"])


def of_info(done: Done) -> Found:
    """Digest what `nsc data info --json` prints."""
    info = without(json.loads(done.stdout), ["nsc"])
    return under("info", of_report(info))


def parrot(seed: int) -> Found:
    """Write the papers' benchmark."""
    options = ["-o", "parrot", "--only", PARROT, "--seed", str(seed)]
    return made_by(
        ["data", "parrot", *options], lambda done: of_parrot(Path("parrot"))
    )


def of_parrot(folder: Path) -> Found:
    """Digest the benchmark's programs and its manifest."""
    manifest = json.loads((folder / "manifest.json").read_text())
    found = under("manifest", of_report(manifest))
    for path in sorted(folder.glob("*.parquet")):
        found |= under(path.stem, of_rows(pq.read_table(path)))
    return found


def evaluated() -> Found:
    """Judge the shipped CompNet by the data sets."""
    asked = {name: ["--data", f"{name}/train"] for name in DATA_SETS}
    asked["held out"] = ["--data", "wide/test", "--train", "wide/train"]
    found: Found = {}
    for name, words in asked.items():
        found |= printed(["evaluate", *words], name)
    return found


def trained(seed: int) -> Found:
    """Take three steps of training of each CompNet; refused where torch is missing."""
    found: Found = {}
    for name, options in TRAINED.items():
        folder = f"trained/{name}"
        place = ["--data", "papers/train", "-o", folder]
        words = [
            "train",
            *place,
            "--steps",
            "3",
            "--seed",
            str(seed),
            *options,
        ]
        done = made_by(
            words, lambda done, f=folder: of_training(Path(f), done)
        )
        found |= under(name, done)
    return found


def of_training(folder: Path, done: Done) -> Found:
    """Digest a checkpoint's weights, and the lines printed on the way."""
    weights = load_file(folder / "compnet.safetensors")
    found = under(
        "weights", {name: of_array(w) for name, w in weights.items()}
    )
    lines = done.stdout.splitlines()
    rows = [json.loads(line) for line in lines if line.startswith("{")]
    found["log"] = of_text(untimed(json.dumps(without(rows, WALL_CLOCK))))
    return found


def all_kinds(seed: int) -> dict[str, Callable[[], Found]]:
    """Name what is made, in order: what comes later reads what comes earlier."""
    return {
        "examples": examples,
        "show": shown,
        "programs": lambda: programs(seed),
        "data": lambda: data(seed),
        "parrot": lambda: parrot(seed),
        "evaluate": evaluated,
        "train": lambda: trained(seed),
        "messages": messages,
    }


def main(checkout: Path, seed: int, target: Path) -> int:
    """Make everything with the nsc of a checkout; refuse any other nsc."""
    if not Path(nsc.__file__).resolve().is_relative_to(checkout.resolve()):
        print(
            f"expected the nsc of {checkout}; found {nsc.__file__}",
            file=sys.stderr,
        )
        return 2
    found: dict[str, Found] = {}
    for kind, make in all_kinds(seed).items():
        started = time.perf_counter()
        found[kind] = make()
        seconds = time.perf_counter() - started
        print(
            f"  {kind}: {len(found[kind])} names, {seconds:.0f} s", flush=True
        )
    target.write_text(json.dumps(found, indent=0))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
