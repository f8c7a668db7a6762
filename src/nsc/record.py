"""Record: a program with its I/O examples, where makers and learners of data meet.

In / Out: parquet shards. Non-goals: who writes records, who reads them, how programs
run.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nsc.errors import StoreError
from nsc.graph import Dag, are_sound
from nsc.host import replacing

VERSION = "3"
MAX_INPUTS = 9
SAMPLES = 2048
PROBES = 48  # outputs that are compared to tell whether two programs compute the same
RESOLUTION = 1e-3  # of the outputs' spread, within which they do
SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("text", pa.string()),
        ("origin", pa.string()),
        ("n_inputs", pa.int16()),
        ("n_outputs", pa.int16()),
        ("box", pa.list_(pa.float64())),  # i 2, row-major
        ("input_seed", pa.int64()),
        ("outputs", pa.list_(pa.float32())),  # n o, row-major
        ("ops", pa.list_(pa.int16())),
        ("args", pa.list_(pa.int32())),  # m, m 3
        ("values", pa.list_(pa.float64())),
        ("roots", pa.list_(pa.int32())),
        ("licence", pa.string()),
        ("normalised", pa.string()),
        ("cluster", pa.string()),
        ("scale", pa.list_(pa.float64())),
        ("flags", pa.list_(pa.string())),
    ],
    metadata={b"nsc_record": VERSION.encode()},
)
_PLAIN = (
    "name",
    "text",
    "origin",
    "n_inputs",
    "n_outputs",
    "input_seed",
    "licence",
    "normalised",
    "cluster",
    "scale",
    "flags",
)
_DAG_ARRAYS = {
    "ops": np.int16,
    "args": np.int32,
    "values": np.float64,
    "roots": np.int32,
}
_OF_DAG = ("n_inputs", *_DAG_ARRAYS)
_PARQUET: dict[str, Any] = {
    "compression": "lz4",
    "use_dictionary": ["origin", "licence"],  # which have few values
    "write_statistics": False,
    "write_page_checksum": True,
}


@dataclass(frozen=True)
class Record:
    """One program and its outputs on the shared inputs.

    Args:
        text: C text.
        box: (lo, hi) of each input.
        outputs: float32 `n o` on `shared_inputs(input_seed)[:, :n_inputs]`, mapped from
            [-1, 1] onto the box; in units of `scale`.
        dag: the expression DAG, None where the text has none.
        licence: as the origin states it; "" where it does not.
        normalised: the text without names, layout and comments; "" where nobody needed
            it.
        cluster: shared by programs that compute the same; "" where nobody looked.
        scale: per output, a power of two; empty where all are 1.
        flags: what a reader may want to leave out: "constant", "near_constant",
            "rescaled", "rest_is_one", "bounded_dag" (see `Dag.bounded`), "dag_differs"
            (there was one, and it computed something else).
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
        scale = np.array(self.scale) if self.scale else 1.0
        return self.outputs.astype(np.float64) * scale


@lru_cache(maxsize=4)
def shared_inputs(
    seed: int = 0, n: int = SAMPLES, i: int = MAX_INPUTS
) -> np.ndarray:
    """Draw the inputs that all programs of a data set share (ICML 2024, section 4).

    Returns:
        U(-1, 1), `n i`, read-only.
    """
    drawn = np.random.default_rng(seed).uniform(-1.0, 1.0, (n, i))
    drawn.flags.writeable = False
    return drawn


def names_of(outputs: np.ndarray, arity: int = 0) -> tuple[str, str]:
    """Name outputs `n o` on the shared inputs, on two grids half a step apart.

    Outputs that differ by rounding share at least one name, but for a chance that grows
    with the difference.

    Args:
        outputs: `n o` on `shared_inputs`; the first `PROBES` are looked at.
        arity: of the program; those with different ones share no name.

    Example: two texts of one function whose outputs differ by rounding share both
    names, or, where an output lies on a border of one grid, the other name.
    """
    spread = max(float(np.abs(outputs).max()), 1e-30)
    steps = outputs[:PROBES] / (spread * RESOLUTION)
    size = float(np.log2(spread)) * 64
    digests = []
    for shift in (0.0, 0.5):
        shape = np.array(
            (arity, outputs.shape[1], math.floor(size + shift)), np.int64
        )
        grid = np.floor(steps + shift).astype(np.int64)
        digest = hashlib.blake2b(
            shape.tobytes() + grid.tobytes(), digest_size=12
        )
        digests.append(f"{shift:g}{digest.hexdigest()}")
    return digests[0], digests[1]


def write_records(path: Path, records: list[Record]) -> None:
    """Write one shard; it appears whole or not at all."""
    columns = {
        name: pa.array(
            [getattr(r, name) for r in records], SCHEMA.field(name).type
        )
        for name in _PLAIN
    }
    columns["box"] = _lists([np.ravel(r.box) for r in records], np.float64)
    columns["outputs"] = _lists(
        [r.outputs.ravel() for r in records], np.float32
    )
    for name, kind in _DAG_ARRAYS.items():
        columns[name] = _lists([_raveled(r.dag, name) for r in records], kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = [columns[field.name] for field in SCHEMA]
    table = pa.Table.from_arrays(arrays, schema=SCHEMA)
    with replacing(path) as temporary:
        pq.write_table(table, temporary, **_PARQUET)


def _raveled(dag: Dag | None, name: str) -> np.ndarray | None:
    """Return an array of a DAG as a list.

    Raises:
        ValueError: the DAG is that of another program, with shorter loops.
    """
    if dag is not None and dag.coarse:
        raise ValueError(f"a record keeps no coarse DAG ({dag.coarse})")
    return None if dag is None else getattr(dag, name).ravel()


def _lists(parts: list[np.ndarray | None], kind: type) -> pa.ListArray:
    """Make a column of lists from one array a row; None is a missing list."""
    sizes = [0 if part is None else len(part) for part in parts]
    offsets = np.cumsum([0, *sizes], dtype=np.int32)
    present = [part for part in parts if part is not None]
    flat = np.concatenate([np.empty(0, kind), *present], dtype=kind)
    missing = pa.array([part is None for part in parts], pa.bool_())
    return pa.ListArray.from_arrays(
        pa.array(offsets), pa.array(flat), mask=missing
    )


def read_records(path: Path) -> Iterator[Record]:
    """Read a shard, or every shard of a folder in name order.

    Raises:
        StoreError: a file that is no shard of this version.
    """
    for shard in _shards(path):
        table = _read(shard, SCHEMA.names)
        dags = _dags(table)
        plain = table.select(_PLAIN).to_pylist()
        boxes = _present(table["box"])
        outputs = _present(table["outputs"])
        for row in zip(plain, boxes, outputs, dags, strict=True):
            _expect_fit(shard, *row[:3])
            yield _record(*row)


def read_origins(path: Path) -> set[str]:
    """Read where the records of a shard, or of a folder of shards, come from."""
    return {
        origin
        for shard in _shards(path)
        for origin in _read(shard, ["origin"])["origin"].unique().to_pylist()
    }


def read_fingerprints(path: Path) -> set[str]:
    """Read the fingerprints of the DAGs (`Dag.fingerprint`) in a shard, or a folder."""
    dags = (
        dag for shard in _shards(path) for dag in _dags(_read(shard, _OF_DAG))
    )
    return {dag.fingerprint for dag in dags if dag is not None}


def read_dags(path: Path) -> Iterator[tuple[str, Dag]]:
    """Read (origin, DAG) of the records of a shard, or a folder, that have a DAG."""
    for shard in _shards(path):
        table = _read(shard, ("origin", *_OF_DAG))
        found = zip(table["origin"].to_pylist(), _dags(table), strict=True)
        yield from ((origin, dag) for origin, dag in found if dag is not None)


def _shards(path: Path) -> list[Path]:
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def _read(shard: Path, columns: Sequence[str]) -> pa.Table:
    """Read columns of a shard, which may be anybody's: what is not as `write_records`
    writes it is refused.
    """
    if not shard.is_file():
        raise StoreError(f"there is no shard of records at {shard}")
    try:
        with pq.ParquetFile(shard, page_checksum_verification=True) as file:
            _expect_schema(shard, file.schema_arrow, columns)
            table = file.read(list(columns))
        table.validate(full=True)
    # pyarrow's own errors are among these
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        MemoryError,
        OverflowError,
    ) as e:
        raise StoreError(
            f"{shard.name} is not a readable parquet file: {e}"
        ) from None
    except NotImplementedError as e:
        raise StoreError(
            f"{shard.name} is of a kind that is not read: {e}"
        ) from None
    for name in columns:
        _expect_values(shard, name, table[name])
    return table


def _expect_schema(
    shard: Path, found: pa.Schema, columns: Sequence[str]
) -> None:
    """Refuse another version, and columns that are missing or of another type."""
    version = (
        (found.metadata or {})
        .get(b"nsc_record", b"?")
        .decode("utf-8", "replace")
    )
    if version != VERSION:
        raise StoreError(
            f"{shard.name} has record version {version}; this nsc reads version"
            f" {VERSION}"
        )
    for name in columns:
        kinds = [
            found.field(k).type for k in found.get_all_field_indices(name)
        ]
        if kinds != [SCHEMA.field(name).type]:
            shown = ", ".join(map(str, kinds)) or "none"
            raise StoreError(
                f"{shard.name}: expected one column '{name}' of"
                f" {SCHEMA.field(name).type}; found {shown}"
            )


def _expect_values(shard: Path, name: str, column: pa.ChunkedArray) -> None:
    """Refuse missing values where each record has one, and inside of lists."""
    missing = 0 if name in _DAG_ARRAYS else column.null_count
    if pa.types.is_list(column.type):
        missing += sum(chunk.values.null_count for chunk in column.chunks)
    if missing:
        raise StoreError(
            f"{shard.name}: {missing} values of '{name}' are missing"
        )


def _record(
    plain: dict[str, Any],
    box: np.ndarray,
    outputs: np.ndarray,
    dag: Dag | None,
) -> Record:
    """Put one row together; `plain` are the columns that hold what the record holds."""
    lists: dict[str, Any] = {
        name: tuple(plain[name]) for name in ("scale", "flags")
    }
    held = plain | lists
    if dag is not None and "bounded_dag" in held["flags"]:
        dag = replace(dag, bounded=True)
    limits = tuple((lo, hi) for lo, hi in box.reshape(-1, 2).tolist())
    shaped = outputs.reshape(-1, held["n_outputs"])
    return Record(**held, box=limits, outputs=shaped, dag=dag)


def _expect_fit(
    shard: Path, plain: dict[str, Any], box: np.ndarray, outputs: np.ndarray
) -> None:
    """Refuse a row whose lists are not as long as its counts say."""
    n = plain["n_inputs"]
    o = plain["n_outputs"]
    scale = plain["scale"]
    is_fit = (
        n >= 0
        and o >= 1
        and len(box) == 2 * n
        and bool(np.isfinite(box).all())
        and len(outputs) % o == 0
        and len(scale) in (0, o)
        and all(math.isfinite(s) and s > 0 for s in scale)
    )
    if not is_fit:
        raise StoreError(
            f"{shard.name}: record '{plain['name'][:60]}' does not fit its {n} inputs"
            f" and {o} outputs: {len(box)} bounds, {len(outputs)} values, scales {scale}"
        )


def _dags(table: pa.Table) -> list[Dag | None]:
    """Read the DAGs of a shard; None where a record has none."""
    n_inputs, *names = _OF_DAG
    columns = [_arrays(table[name]) for name in names]
    rows = zip(table[n_inputs].to_pylist(), *columns, strict=True)
    dags = [_dag(*row) for row in rows]
    if not are_sound([dag for dag in dags if dag is not None]):
        raise StoreError(
            "a shard holds a DAG whose nodes are no operations on earlier nodes"
        )
    return dags


def _dag(
    n_inputs: int,
    ops: np.ndarray | None,
    args: np.ndarray | None,
    values: np.ndarray | None,
    roots: np.ndarray | None,
) -> Dag | None:
    if ops is None and args is None and values is None and roots is None:
        return None
    if ops is None or args is None or values is None or roots is None:
        raise StoreError("a shard holds a part of a DAG")
    if len(args) % 3:
        raise StoreError(
            "a shard holds a DAG whose nodes have no three arguments"
        )
    return Dag(ops, args.reshape(-1, 3), values, roots, n_inputs)


def _present(column: pa.ChunkedArray) -> Iterator[np.ndarray]:
    """Yield the list of each row of a column that no record leaves out."""
    for found in _arrays(column):
        assert found is not None, "a record without a box, or without outputs"
        yield found


def _arrays(column: pa.ChunkedArray) -> Iterator[np.ndarray | None]:
    """Yield the list of each row; None where it is missing."""
    for chunk in column.chunks:
        flat = chunk.values.to_numpy()
        ends = chunk.offsets.to_numpy().tolist()
        valid = chunk.is_valid().to_pylist()
        for start, end, is_there in zip(
            ends[:-1], ends[1:], valid, strict=True
        ):
            yield flat[start:end] if is_there else None
