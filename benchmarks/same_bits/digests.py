"""Anything that nsc makes -> named digests.

In: bytes, texts, JSON values, surrogates, programs, parquet tables.
Out: `Found`, a digest by name; what the wall clock decides is left out by its name.
Non-goals: making anything; which two things are compared.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    import nsc

Found = dict[str, str]

REFUSED = "refused "
WALL_CLOCK = ("time_s", "ns_per_call", "programs_per_s", "seconds")
MEASURED = re.compile(r"\d+ min \d+ s\b|\d[\d.]* (?:ns|ms|s)\b")
GROWN = re.compile(
    r"\bgrown-\S+\.npz"
)  # a file named after the code that made it


def of_bytes(data: bytes) -> str:
    """Digest bytes."""
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def of_text(text: str) -> str:
    """Digest a text as it is."""
    return of_bytes(text.encode("utf-8", "surrogateescape"))


def of_json(value: Any) -> str:
    """Digest plain values: floats to their last bit, keys in their own order."""
    return of_text(json.dumps(value))


def of_array(array: np.ndarray) -> str:
    """Digest an array: type, shape and bits."""
    plain = np.ascontiguousarray(array)
    head = f"{plain.dtype.str} {plain.shape} ".encode()
    return of_bytes(head + plain.tobytes())


def refused(text: str) -> str:
    """Digest why something was not made."""
    return REFUSED + of_text(text)


def untimed(text: str) -> str:
    """Replace durations, and the ends of lines that are as long as these were."""
    replaced = GROWN.sub("grown.npz", MEASURED.sub("TIME", text))
    return "\n".join(line.rstrip() for line in replaced.splitlines())


def without(value: Any, names: Iterable[str]) -> Any:
    """Leave keys out of plain values, however deep they are."""
    unwanted = frozenset(names)
    if isinstance(value, Mapping):
        kept = {
            key: part for key, part in value.items() if key not in unwanted
        }
        return {key: without(part, unwanted) for key, part in kept.items()}
    if isinstance(value, list):
        return [without(part, unwanted) for part in value]
    return value


def of_report(report: Mapping[str, Any]) -> Found:
    """Digest each part of a report, or of a manifest; what is wall clock left out."""
    timeless = without(report, WALL_CLOCK)
    return {key: of_json(value) for key, value in timeless.items()}


def under(prefix: str, found: Found) -> Found:
    """Put a prefix before each name."""
    return {f"{prefix}/{name}": digest for name, digest in found.items()}


def of_surrogate(surrogate: nsc.Surrogate) -> Found:
    """Digest what a surrogate computes with, and its report."""
    found = {
        "lo": of_array(surrogate.lo),
        "hi": of_array(surrogate.hi),
        "inputs": of_json(surrogate.input_names),
        "outputs": of_json(surrogate.output_names),
    }
    for number, member in enumerate(surrogate.members):
        activation = member.topology.activation
        found[f"topology_{number}"] = of_text(
            f"{member.topology} {activation}"
        )
        found[f"parameters_{number}"] = of_array(member.w)
    return found | under("report", of_report(surrogate.report or {}))


def of_dag(dag: Any) -> str:
    """Digest an expression DAG, or why there is none."""
    if hasattr(dag, "reason"):
        return of_json([dag.reason, dag.message, dag.line, dag.column])
    arrays = [of_array(a) for a in (dag.ops, dag.args, dag.values, dag.roots)]
    return of_json([*arrays, dag.n_inputs, dag.bounded, dag.guesses])


def of_program(program: nsc.Program) -> Found:
    """Digest what the front end makes of a text."""
    return {
        "text": of_text(program.text),
        "source": of_text(program.source),
        "normalised": of_text(program.normalised),
        "prototype": of_text(program.signature.prototype),
        "dag": of_dag(program.dag),
    }


def of_rows(table: pa.Table) -> Found:
    """Digest every column of every row, known by its name; and the rows' order."""
    names = table["name"].to_pylist()
    found = {"order": of_json(names), "schema": of_schema(table.schema)}
    rows = numbered(names)
    for column in table.column_names:
        values = table[column].to_pylist()
        for row, value in zip(rows, values, strict=True):
            found[f"{row} {column}"] = of_json(value)
    return dict(sorted(found.items()))


def of_schema(schema: pa.Schema) -> str:
    """Digest the columns' names and types, and what is said beside them."""
    columns = [f"{field.name} {field.type}" for field in schema]
    beside = {
        k.decode(): v.decode() for k, v in (schema.metadata or {}).items()
    }
    return of_json([columns, beside])


def numbered(names: Iterable[str]) -> list[str]:
    """Tell equal names apart by a number."""
    seen: Counter[str] = Counter()
    apart = []
    for name in names:
        seen[name] += 1
        apart.append(f"{name}#{seen[name]}" if seen[name] > 1 else name)
    return apart


def of_shards(folder: Path) -> Found:
    """Digest the rows of a folder's shards, as of one table."""
    tables = [pq.read_table(path) for path in sorted(folder.glob("*.parquet"))]
    return (
        of_rows(pa.concat_tables(tables)) if tables else {"order": of_json([])}
    )


def of_dropped(path: Path) -> Found:
    """Digest what a build dropped, by reason."""
    by_reason: dict[str, list[str]] = {}
    for row in pq.read_table(path).to_pylist():
        by_reason.setdefault(row["reason"], []).append(json.dumps(row))
    return {
        reason: of_json(sorted(rows)) for reason, rows in by_reason.items()
    }
