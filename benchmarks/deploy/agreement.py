"""Do all doors to a surrogate compute what its verified network computes?

    python benchmarks/deploy/agreement.py [--seed 0] [--programs 40] [--rows 10000]

Signatures are of random programs (benchmarks/fuzz): numbers of all types, arrays,
structs, pointers, file-level variables. Networks have random topologies and parameters:
what they are a surrogate of is not asked here. Inputs are drawn from the domain, with
its corners and what lies beside these, by the last bit of an input. Each door's outputs
are compared with the network's (numpy, in double): C by scalar calls, by rows and by
arrays, built natively; Python; ONNX; torch; JAX; and every other row of EXPORTERS. What
is not installed is left out, and named.

In: a seed. Out: a table, and JSON, of the worst difference by door, as a share of what
rounding explains (`rounding_bound`, and the output's own type); an integer counts as 0
where it is one that the bound allows for. Exit code 1 where a share is more than 1.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "fuzz"))

from exports import case_of, reading_of  # pyright: ignore[reportMissingImports]

from nsc.app.held import held_of
from nsc.deploy import (
    EXPORTERS,
    ExportJob,
    c_source,
    entries_of,
    is_available,
    surrogate_name,
)
from nsc.deploy.agreement import LEAST, UNIT, is_float32
from nsc.deploy.c_selftest import stand_ins
from nsc.deploy.rounding import corners, rounding_bound
from nsc.errors import InputError
from nsc.host import zig_command
from nsc.program import (
    PortableNames,
    as_returned,
    draw_inputs,
    parse_program,
    scalar_entry,
)
from nsc.surrogate import Member, Surrogate, Topology, random_parameters

INTEGERS = ("q15", "q31")
HIDDEN = ((4, 4), (8, 8), (16,), (9, 5, 3), (20, 4), ())
ACTIVATIONS = ("sigmoid", "sigmoid", "tanh", "relu")
SCALAR, ROWS, ARRAYS = "C, scalar", "C, rows", "C, arrays"
# doors that need a module
OTHERS = {"torch": "torch", "JAX": "jax"}
Evaluate = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Door:
    """A way to a surrogate's outputs.

    Args:
        real: what it computes in, "float" or "double".
    """

    name: str
    real: str
    evaluate: Evaluate


def job_of(seed: int, k: int) -> ExportJob:
    """Make a surrogate with the signature of random program k.

    Raises:
        InputError: nsc refuses the program.
    """
    case = case_of(seed, k)
    program = parse_program(case.text, **reading_of(case))
    dice = random.Random(f"network {seed}:{k}")
    widths = (program.n_inputs, *dice.choice(HIDDEN), program.n_outputs)
    topology = Topology(widths, dice.choice(ACTIVATIONS))
    w = random_parameters(topology, seed=k) * dice.choice((1, 2, 5))
    signature = program.signature
    held = held_of(program, np.zeros((0, program.n_outputs)))
    whole = tuple(leaf.type.kind != "float" for leaf in signature.inputs)
    surrogate = Surrogate(
        (Member(topology, w),),
        np.array(program.domain.lo),
        np.array(program.domain.hi),
        tuple(leaf.name for leaf in signature.inputs),
        tuple(leaf.name for leaf in signature.outputs),
        held=held,
        whole=whole,
    )
    x = draw_inputs(program, 512, generator=np.random.default_rng(k))
    return ExportJob(surrogate, program, x)


class Native:
    """Exported C, built for this machine: its scalar function and its batch entries."""

    def __init__(self, job: ExportJob, folder: Path):
        self.n_outputs = job.program.n_outputs
        self.entries = entries_of(job.program)
        assert self.entries is not None, "there is no guard"
        text = c_source(job.surrogate, job.program, real=job.real)
        name = surrogate_name(job.program, drop_in=False)
        entry = scalar_entry(job.program.signature, name, "nsc_entry")
        entry = PortableNames(job.program).text(entry)
        text = f"{text}\n{stand_ins(job.program)}{entry}"
        (folder / "s.c").write_text(text)
        flags = ["-O2", "-march=native", "-w", "-shared", "-fPIC"]
        command = [*zig_command(), "cc", *flags, "s.c", "-lm", "-o", "s.so"]
        subprocess.run(command, cwd=folder, check=True)
        self.library = ctypes.CDLL(str(folder / "s.so"))
        is_float = self.entries.kind == "float"
        self.kind = np.float32 if is_float else np.float64

    def scalar(self, x: np.ndarray) -> np.ndarray:
        """Evaluate row by row."""
        x = np.ascontiguousarray(x, np.float64)
        y = np.zeros((len(x), self.n_outputs))
        for given, found in zip(x, y, strict=True):
            self.library.nsc_entry(_at(given), _at(found))
        return y

    def rows(self, x: np.ndarray) -> np.ndarray:
        """Evaluate a table."""
        assert self.entries is not None, "as it was made"
        x = np.ascontiguousarray(x, self.kind)
        y = np.zeros((len(x), self.n_outputs), self.kind)
        n = ctypes.c_size_t(len(x))
        self.library[self.entries.rows](_at(x), _at(y), n)
        return y.astype(np.float64)

    def arrays(self, x: np.ndarray) -> np.ndarray:
        """Evaluate columns."""
        assert self.entries is not None, "as it was made"
        ins = [np.ascontiguousarray(column, self.kind) for column in x.T]
        outs = [np.zeros(len(x), self.kind) for _ in range(self.n_outputs)]
        tables = [
            (ctypes.c_void_p * len(a))(*map(_at, a)) for a in (ins, outs)
        ]
        n = ctypes.c_size_t(len(x))
        self.library[self.entries.arrays](*tables, n)
        return np.stack(outs, axis=1).astype(np.float64)


def _at(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _by_torch(surrogate: Surrogate) -> Evaluate:
    import torch

    module = surrogate.to_torch()
    module.has_warned = True  # corners lie beside the domain
    return lambda x: module(torch.tensor(x)).detach().numpy()


def _by_jax(surrogate: Surrogate) -> Evaluate:
    import jax  # pyright: ignore[reportMissingImports]  # an extra

    jax.config.update("jax_enable_x64", True)
    apply, parameters = surrogate.to_jax()
    return lambda x: np.array(apply(parameters, x))


def doors_of(job: ExportJob, folder: Path) -> Iterator[Door]:
    """Open every door that can be opened here."""
    native = Native(job, folder)
    yield Door(SCALAR, job.real, native.scalar)
    yield Door(ROWS, job.real, native.rows)
    yield Door(ARRAYS, job.real, native.arrays)
    yield Door("Python", "double", job.surrogate.evaluate)
    if find_spec("torch"):
        yield Door("torch", "double", _by_torch(job.surrogate))
    if find_spec("jax"):
        yield Door("JAX", "double", _by_jax(job.surrogate))
    for name, exporter in EXPORTERS.items():
        # integers answer for their own error, which is no rounding; see their `check`
        if name in ("c", *INTEGERS) or not is_available(exporter):
            continue
        if exporter.refusal(job.program, job.outside) is None:
            data = exporter.render(job)
            real = "double" if name == "onnx" else job.real
            yield Door(name, real, _by_file(exporter, job, data))


def _by_file(exporter, job: ExportJob, data: bytes) -> Evaluate:
    return lambda x: exporter.evaluate(job, data, x)


class Judge:
    """Compares outputs with the network's."""

    def __init__(self, job: ExportJob, x: np.ndarray):
        self.job = job
        self.x = x
        self.y = job.surrogate.networks(x)
        outputs = job.program.signature.outputs
        single = [is_float32(leaf) for leaf in outputs]
        size = np.where(single, UNIT["float"], UNIT["double"])
        least = np.where(single, LEAST["float"], LEAST["double"])
        self.stored = 2 * (size * np.abs(self.y) + least)
        self.is_real = np.array([o.type.kind == "float" for o in outputs])

    def share(self, found: np.ndarray, real: str) -> float:
        """Return the worst difference, as a share of what rounding explains."""
        bound = rounding_bound(self.job.surrogate, self.x, real)
        bound = bound + self.stored
        low, high = self._held(self.y - bound), self._held(self.y + bound)
        is_allowed = (found >= low) & (found <= high)
        beside = np.maximum(low - found, found - high)
        of_whole = np.where(is_allowed, 0.0, 1.0 + beside)
        shares = np.where(
            self.is_real, np.abs(found - self.y) / bound, of_whole
        )
        return float(np.nan_to_num(shares, nan=np.inf).max())

    def _held(self, y: np.ndarray) -> np.ndarray:
        return as_returned(self.job.program, self.job.surrogate.as_held(y))


def inputs_of(job: ExportJob, rows: int, seed: int) -> np.ndarray:
    """Draw inputs, and add corners."""
    program = job.program
    x = draw_inputs(program, rows, generator=np.random.default_rng(seed))
    return np.concatenate([x, corners(program), corners(program, beyond=True)])


def measure(seed: int, programs: int, rows: int) -> dict:
    """Compare the doors of so many programs that nsc reads."""
    worst: dict[str, float] = {}
    counts: Counter[str] = Counter()
    at: dict[str, int] = {}
    refused = 0
    k = -1
    while counts[SCALAR] < programs:
        k += 1
        try:
            job = job_of(seed, k)
        except InputError:
            refused += 1
            continue
        x = inputs_of(job, rows, k)
        judge = Judge(job, x)
        with tempfile.TemporaryDirectory() as folder:
            for door in doors_of(job, Path(folder)):
                share = judge.share(door.evaluate(x), door.real)
                counts[door.name] += 1
                if share >= worst.get(door.name, -1.0):
                    worst[door.name] = share
                    at[door.name] = k
    return {
        name: {"worst": worst[name], "programs": counts[name], "at": at[name]}
        for name in worst
    } | {"refused": refused}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--programs", type=int, default=40)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument(
        "--out", default="agreement.json", help="in this folder"
    )
    options = parser.parse_args()
    begun = time.perf_counter()
    found = measure(options.seed, options.programs, options.rows)
    refused = found.pop("refused")
    for name, row in found.items():
        print(
            f"{name:<12} {row['programs']:>3} programs, worst {row['worst']:.3g} of the"
            f" stated rounding (program {row['at']})"
        )
    seconds = time.perf_counter() - begun
    print(f"{refused} programs refused; {seconds:.0f} s")
    missing = [n for n, module in OTHERS.items() if not find_spec(module)]
    missing += [n for n, e in EXPORTERS.items() if not is_available(e)]
    if missing:
        print(f"not installed: {', '.join(missing)}")
    result = {
        "seed": options.seed,
        "rows": options.rows,
        "refused": refused,
        "missing": missing,
        "doors": found,
    }
    path = Path(__file__).with_name(options.out)
    path.write_text(json.dumps(result, indent=1) + "\n")
    sys.exit(any(row["worst"] > 1 for row in found.values()))


if __name__ == "__main__":
    main()
