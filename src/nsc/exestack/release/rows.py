"""Records -> rows of plain columns, which any reader of parquet understands.

In: records, what may be done with their texts. Out: tables. Non-goals: shards and
folders (write.py).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from nsc.errors import StoreError
from nsc.exestack.release.rights import Rightful, Rights
from nsc.exestack.sources.text import GENERATED
from nsc.graph import OPS, Dag
from nsc.record import MAX_INPUTS, SAMPLES, Record, shared_inputs

OUR_LICENCE = "Apache-2.0"  # of generated programs, as of nsc
SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("split", pa.string()),
        ("origin", pa.string()),  # real, mutated or synthetic
        ("package", pa.string()),
        ("package_version", pa.string()),
        ("file", pa.string()),
        ("line", pa.int32()),
        ("function", pa.string()),
        ("licence", pa.string()),
        ("licence_stated_in", pa.string()),
        ("text", pa.string()),  # null where withheld
        ("text_withheld", pa.string()),
        ("text_sha256", pa.string()),
        ("n_inputs", pa.int16()),
        ("n_outputs", pa.int16()),
        ("box_low", pa.list_(pa.float64())),
        ("box_high", pa.list_(pa.float64())),
        ("input_seed", pa.int64()),
        ("outputs", pa.list_(pa.float32())),  # sample by sample
        ("scale", pa.list_(pa.float64())),
        ("flags", pa.list_(pa.string())),
        ("cluster", pa.string()),
        ("dag_ops", pa.list_(pa.string())),  # null where there is none
        ("dag_args", pa.list_(pa.int32())),
        ("dag_values", pa.list_(pa.float64())),
        ("dag_roots", pa.list_(pa.int32())),
    ]
)
INPUTS_SCHEMA = pa.schema(
    [
        ("input_seed", pa.int64()),
        ("sample", pa.int32()),
        ("u", pa.list_(pa.float64())),
    ]
)
# of a real program: path, line, function; of a mutant its parent's, a copy's number,
# and where its own function stands
_PLACE = re.compile(
    r"(?P<path>.+?):(?P<line>\d+):(?P<function>\w+)(?:/\d+:\d+:\w+)?"
)


@dataclass(frozen=True)
class Place:
    """Where a program's function stands, or its parent's.

    Args:
        package: "" of a generated program, and where a name tells none.
        path: in the package.
    """

    package: str = ""
    path: str = ""
    line: int = 0
    function: str = ""


def row_of(record: Record, split: str, rightful: Rightful) -> dict[str, Any]:
    """Return one row, by column.

    What is derived from a text closely enough to write it again, the DAG, is withheld
    with it.

    Raises:
        StoreError: the outputs are not on all shared inputs.
    """
    if record.outputs.shape != (SAMPLES, record.n_outputs):
        raise StoreError(
            f"record '{record.name[:60]}' has outputs on {len(record.outputs)} inputs;"
            f" a release needs {SAMPLES}: build the data set anew with nsc data build"
        )
    place = place_of(record)
    rights = _rights(record, place, rightful)
    is_given = not rights.withheld
    lo, hi = np.array(record.box, np.float64).reshape(-1, 2).T
    return {
        "name": record.name,
        "split": split,
        "origin": _kind(record),
        "package": place.package,
        "package_version": rightful.versions.get(place.package, ""),
        "file": place.path,
        "line": place.line,
        "function": place.function,
        "licence": rights.licence,
        "licence_stated_in": rights.stated_in,
        "text": record.text if is_given else None,
        "text_withheld": rights.withheld,
        "text_sha256": hashlib.sha256(record.text.encode()).hexdigest(),
        "n_inputs": record.n_inputs,
        "n_outputs": record.n_outputs,
        "box_low": lo,
        "box_high": hi,
        "input_seed": record.input_seed,
        "outputs": record.outputs.ravel(),
        "scale": record.scale or (1.0,) * record.n_outputs,
        "flags": record.flags,
        "cluster": record.cluster,
        **_dag_columns(record.dag if is_given else None),
    }


def table_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Put rows into a table of `SCHEMA`."""
    columns = [
        pa.array([row[field.name] for row in rows], field.type)
        for field in SCHEMA
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def inputs_table(seeds: Sequence[int]) -> pa.Table:
    """Return the shared inputs of some seeds, a row for each sample."""
    drawn = np.concatenate([shared_inputs(seed) for seed in seeds])
    ends = np.arange(len(drawn) + 1, dtype=np.int32) * MAX_INPUTS
    columns = [
        pa.array(np.repeat(np.array(seeds, np.int64), SAMPLES)),
        pa.array(np.tile(np.arange(SAMPLES, dtype=np.int32), len(seeds))),
        pa.ListArray.from_arrays(pa.array(ends), pa.array(drawn.ravel())),
    ]
    return pa.Table.from_arrays(columns, schema=INPUTS_SCHEMA)


def place_of(record: Record) -> Place:
    """Read off a record's name where its function stands."""
    found = _PLACE.fullmatch(record.name)
    if record.origin == "synthetic" or found is None:
        return Place("" if record.origin in GENERATED else record.origin)
    package, _, path = found["path"].partition("/")
    if record.origin not in GENERATED:
        package = record.origin
        path = found["path"].removeprefix(f"{package}/")
    return Place(package, path, int(found["line"]), found["function"])


def _kind(record: Record) -> str:
    return record.origin if record.origin in GENERATED else "real"


def _rights(record: Record, place: Place, rightful: Rightful) -> Rights:
    """Decide what may be done with a text; a mutant's rights are its parent's."""
    if record.origin == "synthetic":
        return Rights(OUR_LICENCE, "generator", "")
    return rightful.of(place.package, place.path, record.licence)


def _dag_columns(dag: Dag | None) -> dict[str, Any]:
    if dag is None:
        return dict.fromkeys(
            ("dag_ops", "dag_args", "dag_values", "dag_roots")
        )
    return {
        "dag_ops": [OPS[op] for op in dag.ops.tolist()],
        "dag_args": dag.args.ravel(),
        "dag_values": dag.values,
        "dag_roots": dag.roots,
    }
