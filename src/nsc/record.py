"""Record: a program with its I/O examples, where makers and learners of data meet.

In / Out: parquet shards. Non-goals: who writes records, who reads them, how programs run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nsc.errors import StoreError
from nsc.program import Dag

VERSION = "3"
MAX_INPUTS = 9
SAMPLES = 2048
SCHEMA = pa.schema(
    [
        ("name", pa.string()), ("text", pa.string()), ("origin", pa.string()),
        ("n_inputs", pa.int16()), ("n_outputs", pa.int16()),
        ("box", pa.list_(pa.float64())),  # i 2, row-major
        ("input_seed", pa.int64()),
        ("outputs", pa.list_(pa.float32())),  # n o, row-major
        ("ops", pa.list_(pa.int16())), ("args", pa.list_(pa.int32())),  # m, m 3
        ("values", pa.list_(pa.float64())), ("roots", pa.list_(pa.int32())),
        ("licence", pa.string()), ("normalised", pa.string()), ("cluster", pa.string()),
        ("scale", pa.list_(pa.float64())), ("flags", pa.list_(pa.string())),
    ],
    metadata={b"nsc_record": VERSION.encode()},
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One program and its outputs on the shared inputs.

    Args:
        text: C text.
        box: (lo, hi) of each input.
        outputs: float32 `n o` on `shared_inputs(input_seed)[:, :n_inputs]`, mapped from [-1, 1] onto the box;
            in units of `scale`.
        dag: the expression DAG, None where the text has none.
        licence: as the origin states it; "" where it does not.
        normalised: the text without names, layout and comments; "" where nobody needed it.
        cluster: shared by programs that compute the same; "" where nobody looked.
        scale: per output, a power of two; empty where all are 1.
        flags: what a reader may want to leave out: "constant", "near_constant", "rescaled", "rest_is_one".
    """

    name: str
    text: str
    origin: str
    n_inputs: int
    n_outputs: int
    box: tuple[tuple[float, float], ...]
    input_seed: int
    outputs: np.ndarray
    dag: Dag | None
    licence: str = ""
    normalised: str = ""
    cluster: str = ""
    scale: tuple[float, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def raw_outputs(self) -> np.ndarray:
        """The outputs in the program's own units, float64 `n o`."""
        return self.outputs.astype(np.float64) * (np.array(self.scale) if self.scale else 1.0)


def shared_inputs(seed: int = 0, n: int = SAMPLES, i: int = MAX_INPUTS) -> np.ndarray:
    """Draw the inputs U(-1, 1), `n i`, that all programs of a data set share (ICML 2024, section 4)."""
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (n, i))


def write_records(path: Path, records: list[Record]) -> None:
    """Write one shard; it appears whole or not at all."""
    columns = {name: [] for name in SCHEMA.names}
    for r in records:
        dag = r.dag
        row = {
            "name": r.name, "text": r.text, "origin": r.origin, "n_inputs": r.n_inputs,
            "n_outputs": r.n_outputs, "box": np.ravel(r.box), "input_seed": r.input_seed,
            "outputs": r.outputs.ravel(),
            "ops": None if dag is None else dag.ops, "args": None if dag is None else dag.args.ravel(),
            "values": None if dag is None else dag.values, "roots": None if dag is None else dag.roots,
            "licence": r.licence, "normalised": r.normalised, "cluster": r.cluster,
            "scale": r.scale, "flags": r.flags,
        }  # fmt: skip
        for name, value in row.items():
            columns[name].append(value)
    arrays = [pa.array(columns[f.name], f.type) for f in SCHEMA]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA), temporary, compression="lz4")
    os.replace(temporary, path)


def read_records(path: Path) -> Iterator[Record]:
    """Read a shard, or every shard of a folder in name order.

    Raises:
        StoreError: a file that is no shard of this version.
    """
    for shard in _shards(path):
        table = _read(shard, SCHEMA.names)
        yield from (_record({name: table[name][k] for name in SCHEMA.names}) for k in range(len(table)))


def read_fingerprints(path: Path) -> set[str]:
    """Read the fingerprints of the DAGs in a shard or a folder of shards (see `Dag.fingerprint`)."""
    columns = ["n_inputs", "ops", "args", "values", "roots"]
    found = set()
    for shard in _shards(path):
        table = _read(shard, columns)
        dags = (_dag({name: table[name][k] for name in columns}) for k in range(len(table)))
        found.update(dag.fingerprint for dag in dags if dag is not None)
    return found


def _shards(path: Path) -> list[Path]:
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def _read(shard: Path, columns: list[str]) -> pa.Table:
    try:
        table = pq.read_table(shard, columns=columns)
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(f"{shard.name} is not a readable parquet file: {error}") from None
    found = (table.schema.metadata or {}).get(b"nsc_record", b"?").decode()
    if found != VERSION:
        raise StoreError(f"{shard.name} has record version {found}; this nsc reads version {VERSION}")
    return table


def _record(row: dict[str, pa.Scalar]) -> Record:
    n_inputs, n_outputs = row["n_inputs"].as_py(), row["n_outputs"].as_py()
    outputs = _array(row["outputs"]).reshape(-1, n_outputs)
    text = (row[name].as_py() for name in ("name", "text", "origin"))
    box = tuple((lo, hi) for lo, hi in _array(row["box"]).reshape(-1, 2).tolist())
    later = [row[name].as_py() for name in ("licence", "normalised", "cluster")]
    later += [tuple(row[name].as_py()) for name in ("scale", "flags")]
    return Record(*text, n_inputs, n_outputs, box, row["input_seed"].as_py(), outputs, _dag(row), *later)


def _dag(row: dict[str, pa.Scalar]) -> Dag | None:
    if not row["ops"].is_valid:
        return None
    ops, args, values, roots = (_array(row[name]) for name in ("ops", "args", "values", "roots"))
    return Dag(ops, args.reshape(-1, 3), values, roots, row["n_inputs"].as_py())


def _array(column: pa.ListScalar) -> np.ndarray:
    return column.values.to_numpy()
