"""Do signatures explain what random functions do to the memory that they are handed?

    python benchmarks/fuzz/signatures.py SEED [FUNCTIONS]

Each function has pointers, rows, a struct, conditional writes, copies, loops and calls.
It is built by the system's C compiler and run on random memory; then again with other
values in every element that its signature does not call an input.

In: a seed. Out: a line a fault; exit code 1 where there is any. A fault is an element
that changed and is no output, an output that depends on what is no input, or an error
of nsc's that has no name.
Non-goals: signatures that are wider than they need be; they are counted.
"""

from __future__ import annotations

import argparse
import ctypes
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from grammar import MEMORY, PRELUDE, Author

from nsc.errors import SourceError
from nsc.program import parse_program

TRIALS = 12

Interface = tuple[set[str], set[str]]


def interface_of(function: str) -> Interface | str:
    """Return a function's inputs and outputs, or why nsc refuses it."""
    try:
        found = parse_program(PRELUDE + function, function="f").signature
    except SourceError as refused:
        return refused.problems[0].reason
    singles = {"o": "o[0]"}
    inputs = {singles.get(leaf.name, leaf.name) for leaf in found.inputs}
    outputs = {singles.get(leaf.name, leaf.name) for leaf in found.outputs}
    return inputs, outputs


def harness(functions: list[str]) -> str:
    """Write C that runs each function on a memory of doubles."""
    parts = [PRELUDE]
    for k, function in enumerate(functions):
        parts.append(function.replace("double f(", f"static double f{k}(", 1))
        parts.append(
            f"double run{k}(double *m) {{ return f{k}(m[0], m[1], m + 2,"
            " (double (*)[3])(m + 10), (P *)(m + 19)); }"
        )
    return "\n".join(parts) + "\n"


def built(text: str, folder: Path) -> ctypes.CDLL:
    source = folder / "functions.c"
    source.write_text(text)
    library = folder / "functions.so"
    flags = ["-O1", "-w", "-fno-strict-aliasing", "-ffp-contract=off"]
    command = [
        "cc",
        "-shared",
        "-fPIC",
        *flags,
        "-o",
        str(library),
        str(source),
    ]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


@dataclass
class Seen:
    """What the runs of a function showed."""

    changed: set[str] = field(default_factory=set[str])
    unexplained: set[str] = field(default_factory=set[str])


def observe(run, interface: Interface, generator: np.random.Generator) -> Seen:
    """Run a function on memory that differs in what is no input."""
    inputs, outputs = interface
    is_input = np.array([name in inputs for name in MEMORY])
    seen = Seen()
    for _ in range(TRIALS):
        first = generator.uniform(-1, 1, len(MEMORY))
        second = np.where(
            is_input, first, generator.uniform(-1, 1, len(MEMORY))
        )
        after = [first.copy(), second.copy()]
        results = [run(m.ctypes.data) for m in after]
        for k, name in enumerate(MEMORY):
            if name in ("x", "y"):
                continue
            if after[0][k] != first[k] or after[1][k] != second[k]:
                seen.changed.add(name)
            if name in outputs and not _are_equal(after[0][k], after[1][k]):
                seen.unexplained.add(name)
        if not _are_equal(*results):
            seen.unexplained.add("return")
    return seen


def _are_equal(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def fuzz(seed: int, functions: int) -> list[str]:
    """Write random functions, and check their signatures.

    Returns:
        A line a fault, with the function.
    """
    dice = random.Random(seed)
    texts = [Author(dice).function() for _ in range(functions)]
    generator = np.random.default_rng(seed)
    faults: list[str] = []
    refused: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        library = built(harness(texts), Path(folder))
        for k, text in enumerate(texts):
            interface = interface_of(text)
            if isinstance(interface, str):
                refused[interface] = refused.get(interface, 0) + 1
                continue
            run = library[f"run{k}"]
            run.restype = ctypes.c_double
            run.argtypes = [ctypes.c_void_p]
            seen = observe(run, interface, generator)
            missing = sorted(seen.changed - interface[1])
            if missing:
                faults.append(f"written and no output: {missing}: {text}")
            if seen.unexplained:
                what = sorted(seen.unexplained)
                faults.append(f"depends on what is no input: {what}: {text}")
    print(
        f"seed {seed}: {functions} functions, refused {refused}",
        file=sys.stderr,
    )
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("functions", type=int, nargs="?", default=300)
    arguments = parser.parse_args()
    faults = fuzz(arguments.seed, arguments.functions)
    print("\n".join(faults))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
