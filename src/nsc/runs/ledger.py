"""Every run that was made, kept in a file that a kill at any time leaves readable.

In: inputs, what came of them. Out: the same, found again bit by bit. Non-goals: which
runs are worth keeping (runner), what failures mean.

The file is a log of blocks, each one write, with its length and a checksum. Parquet
keeps its index at the end: a file that is cut is lost, and one of its own for every
dear run is thousands of files. What follows the last whole block is dropped, never
read. One process writes at a time: the lock is the kernel's, a killed one holds none.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nsc.errors import InputError
from nsc.runs.executable import (
    OUT_OF_TIME,
    WORKER_DIED,
    Array,
    Batch,
    Failure,
)

FOLDER = "runs"
_SUFFIX = ".runs"
_MAGIC = b"nsc runs 1\n"
_HEAD = struct.Struct("<IIII")  # bytes of meta and data, checksums of both
MOST_META = 1 << 26
# failures that the machine has a share in, and that another process tries again
TRIED_AGAIN = (OUT_OF_TIME, WORKER_DIED)
_NAME_DIGITS = 16


@dataclass(frozen=True)
class Identity:
    """Whose runs they are.

    Args:
        digest: of all that decides the outputs.
        program: its name, for people.
        inputs, outputs: their names, for people.
        seed: that the inputs are drawn with, for people: a run is known by its inputs.
        differs: what it differs in from the program that was asked for, for people:
            "STEPS 6000 -> 375"; "" for that program itself.
    """

    digest: str
    program: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    seed: int = 0
    differs: str = ""


@dataclass(frozen=True)
class Kept:
    """All kept runs of a program.

    Args:
        x, y: inputs `n i` and outputs `n o`, NaN where a run failed.
        seconds, seeds: of each, `n`; of runs made together, a mean.
        failed: run -> why it has no outputs.
        dropped: bytes behind the last whole block.
        facts: what else was noted, by name.
    """

    identity: Identity
    x: Array
    y: Array
    seconds: Array
    seeds: np.ndarray
    failed: Mapping[int, Failure]
    dropped: int
    facts: Mapping[str, Any]


class Ledger:
    """The runs of one program in one folder, to be added to.

    Nothing is made before the first block.

    Raises:
        InputError: the file is another program's or another process writes it.
    """

    def __init__(self, folder: Path, identity: Identity):
        self.path = path_of(folder, identity.digest)
        self.identity = identity
        self.file: BinaryIO | None = None
        self.facts: dict[str, Any] = {}
        self.known: dict[bytes, Array | Failure] = {}
        self.dropped = 0
        if self.path.exists():
            try:
                self._open()
            except BaseException:
                self.close()
                raise

    def find(self, row: Array) -> Array | Failure | None:
        """Return what a run on inputs `i` gave, or why it failed; None if unknown."""
        return self.known.get(row.tobytes())

    def add(self, x: Array, batch: Batch) -> None:
        """Keep runs on inputs `n i`, those that were made."""
        n = batch.n_run
        meta = {
            "n": n,
            "seconds": batch.seconds,
            "seed": self.identity.seed,
            "failed": {str(k): list(why) for k, why in batch.failed.items()},
        }
        rows = np.concatenate([x[:n], batch.outputs[:n]], axis=1)
        self._append(meta, np.ascontiguousarray(rows, "<f8").tobytes())
        self._learn(x[:n], batch.outputs[:n], batch.failed)

    def note(self, **facts: Any) -> None:
        """Keep plain values by name; written with the first runs."""
        self.facts |= facts
        if self.file is not None:
            self._append({"facts": facts}, b"")

    def close(self) -> None:
        """Let others write."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def _learn(
        self, x: Array, y: Array, failed: Mapping[int, Failure]
    ) -> None:
        for k, (row, found) in enumerate(zip(x, y, strict=True)):
            self.known[row.tobytes()] = failed.get(k, found)

    def _open(self) -> None:
        """Take up a file: read what is whole, and cut off the rest."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise InputError(
                f"another process adds to {self.path}: wait for it, or choose another"
                " folder"
            ) from None
        self.file = file
        file.seek(0)
        content = file.read()
        if not content:
            self._begin()
        else:
            self._take_up(content)

    def _begin(self) -> None:
        """Write what a file begins with."""
        self._write(_MAGIC)
        self._append({"identity": asdict(self.identity)}, b"")
        if self.facts:
            self._append({"facts": self.facts}, b"")

    def _take_up(self, content: bytes) -> None:
        assert self.file is not None
        head = content[: len(_MAGIC)]
        if not _MAGIC.startswith(head):
            raise InputError(
                f"{self.path} is no file of runs; expected one that begins with"
                f" {_MAGIC[:-1].decode()!r}: move it away"
            )
        end = 0
        n_inputs = len(self.identity.inputs)
        for meta, data, stop in _blocks(content):
            end = stop
            if "identity" in meta:
                _check_identity(self.path, meta["identity"], self.identity)
            self.facts |= meta.get("facts", {})
            if "n" in meta:
                x, y = _rows(meta, data, n_inputs)
                self._learn(x, y, _failures(meta))
        for row, found in list(self.known.items()):
            if isinstance(found, Failure) and found.reason in TRIED_AGAIN:
                del self.known[row]
        self.dropped = len(content) - end
        self.file.truncate(end)
        if not end:
            self._begin()

    def _append(self, meta: Mapping[str, Any], data: bytes) -> None:
        if self.file is None:
            self._open()
        head = json.dumps(meta).encode()
        sums = (len(head), len(data), zlib.crc32(head), zlib.crc32(data))
        self._write(_HEAD.pack(*sums) + head + data)

    def _write(self, block: bytes) -> None:
        """Write a block; the kernel has it then, whatever becomes of this process."""
        assert self.file is not None
        view = memoryview(block)
        while view:
            view = view[os.write(self.file.fileno(), view) :]


def path_of(folder: Path, digest: str) -> Path:
    """Return where a program's runs are kept in an output folder."""
    return folder / FOLDER / f"{digest[:_NAME_DIGITS]}{_SUFFIX}"


def kept_runs(folder: Path) -> list[Kept]:
    """Read all runs that are kept in an output folder; nothing is changed.

    Returns:
        Those of programs first, then those of coarser ones.

    Raises:
        InputError: there are none.
    """
    files = sorted((folder / FOLDER).glob(f"*{_SUFFIX}"))
    found = [_kept(path) for path in files]
    if not any(found):
        raise InputError(
            f"{folder} keeps no runs: expected the output folder of a compilation whose"
            " runs took long enough to be worth keeping (a quarter of a second in all)"
        )
    whole = [kept for kept in found if kept is not None]
    return sorted(whole, key=lambda kept: kept.identity.differs)


def _kept(path: Path) -> Kept | None:
    """Read a file; None where not even its head is whole."""
    identity: Identity | None = None
    facts: dict[str, Any] = {}
    parts: list[tuple[Array, Array]] = []
    seconds: list[float] = []
    seeds: list[int] = []
    failed: dict[int, Failure] = {}
    end = 0
    content = path.read_bytes()
    for meta, data, stop in _blocks(content):
        end = stop
        if "identity" in meta:
            identity = _identity(meta["identity"])
        facts |= meta.get("facts", {})
        if "n" in meta and identity is not None:
            why = _failures(meta)
            failed |= {len(seconds) + k: each for k, each in why.items()}
            parts.append(_rows(meta, data, len(identity.inputs)))
            seconds += [meta["seconds"] / max(1, meta["n"])] * meta["n"]
            seeds += [meta["seed"]] * meta["n"]
    if identity is None:
        return None
    none = (
        np.empty((0, len(identity.inputs))),
        np.empty((0, len(identity.outputs))),
    )
    return Kept(
        identity,
        np.concatenate([none[0], *(x for x, _ in parts)]),
        np.concatenate([none[1], *(y for _, y in parts)]),
        np.array(seconds),
        np.array(seeds, np.int64),
        failed,
        len(content) - end,
        facts,
    )


def _blocks(content: bytes) -> Iterator[tuple[dict[str, Any], bytes, int]]:
    """Yield (meta, data, where it ends) of each whole block, up to the first torn."""
    if not content.startswith(_MAGIC):
        return
    at = len(_MAGIC)
    while at + _HEAD.size <= len(content):
        n_meta, n_data, meta_sum, data_sum = _HEAD.unpack_from(content, at)
        start = at + _HEAD.size
        middle = start + n_meta
        end = middle + n_data
        head = content[start:middle]
        data = content[middle:end]
        is_whole = 0 < n_meta <= MOST_META and end <= len(content)
        if not is_whole or zlib.crc32(head) != meta_sum:
            return
        if zlib.crc32(data) != data_sum:
            return
        yield json.loads(head), data, end
        at = end


def _rows(
    meta: Mapping[str, Any], data: bytes, n_inputs: int
) -> tuple[Array, Array]:
    """Return inputs `n i` and outputs `n o` of a block."""
    rows = np.frombuffer(data, "<f8").astype(np.float64)
    rows = rows.reshape(meta["n"], -1)
    return (
        np.ascontiguousarray(rows[:, :n_inputs]),
        np.ascontiguousarray(rows[:, n_inputs:]),
    )


def _failures(meta: Mapping[str, Any]) -> dict[int, Failure]:
    return {int(k): Failure(*why) for k, why in meta["failed"].items()}


def _identity(held: Mapping[str, Any]) -> Identity:
    names = {name: tuple(held[name]) for name in ("inputs", "outputs")}
    return Identity(
        held["digest"],
        held["program"],
        names["inputs"],
        names["outputs"],
        held["seed"],
        held.get("differs", ""),
    )


def _check_identity(
    path: Path, held: Mapping[str, Any], wanted: Identity
) -> None:
    """Refuse the runs of another program, of which a name has room for a part only."""
    if _identity(held).digest != wanted.digest:
        raise InputError(
            f"{path} holds runs of another program, '{held['program']}': choose another"
            " folder, or move it away"
        )
