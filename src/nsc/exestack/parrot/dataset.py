"""The benchmark on disk: a parquet file per program and a manifest.

In: benchmarks to make, a seed. Out: files; and from files `ParrotProgram`s. Outputs are
computed in the sandbox.
Non-goals: `Record`s: these programs have inputs of their own, some more than nine, so
that nothing that reads records reads them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nsc.errors import BuildError, InputError, OracleError, StoreError
from nsc.exestack.parrot.images import pixel_digests
from nsc.exestack.parrot.inputs import ORIGINS, Inputs, parrot_inputs
from nsc.exestack.parrot.programs import (
    BENCHMARKS,
    ParrotCode,
    parrot_programs,
)
from nsc.host import replacing, write_whole
from nsc.sandbox import Built, Failed, Outcome, build, run

VERSION = "1"
SPLITS = ("train", "test")
_SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("benchmark", pa.string()),
        ("suite", pa.string()),
        ("box", pa.list_(pa.float64())),  # i 2, row-major
        # null where there is no pointer-free form
        ("function", pa.string()),
        ("text", pa.string()),
        ("original_function", pa.string()),
        ("original_text", pa.string()),
        ("original_outputs", pa.list_(pa.int32())),
        # n i, n o, row-major
        ("train_inputs", pa.list_(pa.float32())),
        ("train_outputs", pa.list_(pa.float32())),
        ("test_inputs", pa.list_(pa.float32())),
        ("test_outputs", pa.list_(pa.float32())),
    ],
    metadata={b"nsc_parrot": VERSION.encode()},
)


@dataclass(frozen=True, eq=False)
class ParrotProgram:
    """One program of the benchmark with its examples.

    Args:
        code: the C text in both forms, the box.
        train_inputs, test_inputs: float32 `n i`, in the program's units.
        train_outputs, test_outputs: float32 `n o`, what the program computes there.
    """

    code: ParrotCode
    train_inputs: np.ndarray
    train_outputs: np.ndarray
    test_inputs: np.ndarray
    test_outputs: np.ndarray

    @property
    def name(self) -> str:
        return self.code.name


def write_parrot(folder: Path, *, seed: int, only: Sequence[str] = ()) -> dict:
    """Write the benchmark; the same seed gives the same bytes.

    Args:
        folder: one parquet file per program and manifest.json; what was there under
            these names is replaced.
        only: the benchmarks to make (`BENCHMARKS`); all where empty. kmeans, sobel and
            jpeg need photographs.

    Returns:
        The manifest: sizes, seed, and for every program its sources and what differs
            from the paper's.

    Raises:
        InputError: a benchmark that there is not, a seed below 0, or no folder can be
            made there.
        MissingExtraError: scikit-learn or Pillow is needed and not installed; nothing
            is written then.
    """
    _check(seed, only)
    codes = [
        code
        for code in parrot_programs()
        if not only or code.benchmark in only
    ]
    inputs = {
        name: parrot_inputs(name, seed=seed)
        for name in dict.fromkeys(code.benchmark for code in codes)
    }
    units = [(code.program() or code.original()).unit for code in codes]
    programs = [
        _executed(code, built, inputs[code.benchmark])
        for code, built in zip(codes, build(units), strict=True)
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write to {folder}: {error.strerror}"
        ) from None
    for program in programs:
        _write(folder / f"{program.name}.parquet", program)
    manifest = {
        "version": VERSION,
        "seed": seed,
        "programs": [_described(p) for p in programs],
    }
    if any(ORIGINS[name].needs_images for name in inputs):
        manifest["photographs"] = {
            "packages": _packages(),
            "pixels_sha256": pixel_digests(),
        }
    write_whole(folder / "manifest.json", json.dumps(manifest, indent=1))
    return manifest


def _check(seed: int, only: Sequence[str]) -> None:
    unknown = [name for name in only if name not in BENCHMARKS]
    if unknown:
        known = ", ".join(BENCHMARKS)
        raise InputError(f"no benchmark '{unknown[0]}'; there are {known}")
    if seed < 0:
        raise InputError(f"the seed must be 0 or more; found {seed}")


def _executed(
    code: ParrotCode, built: Built | Failed, inputs: Inputs
) -> ParrotProgram:
    if isinstance(built, Failed):
        raise BuildError(f"{code.name}: {built.message} [{built.outcome}]")
    outputs = []
    for x in (inputs.train, inputs.test):
        done = run(built, x)
        if (
            done.outcome is not Outcome.ok
            or not np.isfinite(done.outputs).all()
        ):
            raise OracleError(
                f"{code.name} has no finite output on some of its inputs"
                f" [{done.outcome}]"
            )
        outputs.append(done.outputs.astype(np.float32))
    return ParrotProgram(
        code, inputs.train, outputs[0], inputs.test, outputs[1]
    )


def _described(program: ParrotProgram) -> dict:
    code = program.code
    origin = ORIGINS[program.code.benchmark]
    return {
        "name": code.name,
        "benchmark": code.benchmark,
        "suite": code.suite,
        "function": code.function,
        "original_function": code.original_function,
        "n_inputs": code.n_inputs,
        "n_outputs": code.n_outputs,
        "box": code.box,
        "train": len(program.train_inputs),
        "test": len(program.test_inputs),
        "train_source": origin.train,
        "test_source": origin.test,
        "paper_train": origin.paper_train,
        "paper_test": origin.paper_test,
        "differs": origin.differs,
    }


def _packages() -> dict[str, str]:
    return {name: version(name) for name in ("scikit-learn", "pillow")}


def _write(path: Path, program: ParrotProgram) -> None:
    """Write one program; the file appears whole or not at all."""
    code = program.code
    row = {
        "name": code.name,
        "benchmark": code.benchmark,
        "suite": code.suite,
        "box": np.ravel(code.box),
        "function": code.function,
        "text": code.text,
        "original_function": code.original_function,
        "original_text": code.original_text,
        "original_outputs": code.original_outputs,
        "train_inputs": program.train_inputs.ravel(),
        "train_outputs": program.train_outputs.ravel(),
        "test_inputs": program.test_inputs.ravel(),
        "test_outputs": program.test_outputs.ravel(),
    }
    arrays = [pa.array([row[field.name]], field.type) for field in _SCHEMA]
    with replacing(path) as temporary:
        pq.write_table(
            pa.Table.from_arrays(arrays, schema=_SCHEMA),
            temporary,
            compression="zstd",
        )


def read_parrot(folder: Path) -> list[ParrotProgram]:
    """Read what `write_parrot` wrote, in the manifest's order.

    Raises:
        StoreError: no manifest, a program missing, or files of another version.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        names = [program["name"] for program in manifest["programs"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{folder} holds no benchmark; make one with: nsc data parrot -o DIR"
            f" ({error})"
        ) from None
    return [_read(folder / f"{name}.parquet") for name in names]


def _read(path: Path) -> ParrotProgram:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(
            f"{path.name} is not a readable parquet file: {error}"
        ) from None
    found = (table.schema.metadata or {}).get(b"nsc_parrot", b"?").decode()
    if found != VERSION:
        raise StoreError(
            f"{path.name} has benchmark version {found}; this nsc reads version"
            f" {VERSION}"
        )
    cell = {name: table[name][0] for name in _SCHEMA.names}
    texts = (
        "name",
        "benchmark",
        "suite",
        "function",
        "text",
        "original_function",
        "original_text",
    )
    box = tuple(
        map(tuple, cell["box"].values.to_numpy().reshape(-1, 2).tolist())
    )
    outputs = tuple(cell["original_outputs"].as_py())
    code = ParrotCode(
        **{name: cell[name].as_py() for name in texts},
        box=box,
        original_outputs=outputs,
    )
    widths = {"inputs": code.n_inputs, "outputs": code.n_outputs}
    examples = {
        f"{split}_{kind}": cell[f"{split}_{kind}"]
        .values.to_numpy()
        .reshape(-1, width)
        for split in SPLITS
        for kind, width in widths.items()
    }
    return ParrotProgram(code, **examples)
