"""Surrogates on disk: safetensors that describe and check themselves.

In: tensors and a header. Out: a file written whole or not at all; reading verifies
version and digest. Non-goals: what they mean (surrogate.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from nsc.errors import InputError, StoreError
from nsc.host import replacing

VERSION = "1"
VERSION_KEY = "nsc_surrogate"
DIGEST_KEY = "sha256"

Tensors = dict[str, npt.NDArray[Any]]
Header = dict[str, str]


class Stored(NamedTuple):
    """What a file holds: arrays and texts by name."""

    tensors: Tensors
    header: Header


def _digest(tensors: Tensors, header: Mapping[str, str]) -> str:
    found = hashlib.sha256()
    for name in sorted(tensors):
        data = np.ascontiguousarray(tensors[name]).tobytes()
        found.update(name.encode() + b"\0" + data)
    for key in sorted(header):
        found.update(f"{key}={header[key]}\0".encode())
    return found.hexdigest()


def write(path: Path, tensors: Tensors, header: Header) -> None:
    """Write tensors and a header, with a version and a digest of both.

    Raises:
        InputError: the file cannot be written.
    """
    versioned = {VERSION_KEY: VERSION, **header}
    sealed = versioned | {DIGEST_KEY: _digest(tensors, versioned)}
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(safetensors.numpy.save(tensors, sealed))
    except (OSError, safetensors.SafetensorError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot write {path}: {why}") from None


def read(path: Path) -> Stored:
    """Read what `write` wrote, without version and digest.

    Raises:
        StoreError: missing, damaged, or of another version.
    """
    tensors, header = _opened(path)
    version = header.get(VERSION_KEY)
    if version != VERSION:
        raise StoreError(
            f"{path} is not a surrogate of version {VERSION}; found {version}"
        )
    stated = header.pop(DIGEST_KEY, "")
    if stated != _digest(tensors, header):
        raise StoreError(
            f"{path} is damaged: its parameters do not match the digest it was saved"
            " with"
        )
    del header[VERSION_KEY]
    return Stored(tensors, header)


class _File(Protocol):
    """An open safetensors file; the library states no types."""

    def __enter__(self) -> _File: ...
    def __exit__(self, *raised: object) -> None: ...
    def metadata(self) -> Header | None: ...
    def keys(self) -> list[str]: ...
    def get_tensor(self, name: str) -> npt.NDArray[Any]: ...


# a header can name types that numpy lacks, and shapes of any size
_UNREADABLE = (
    safetensors.SafetensorError,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
    OverflowError,
    MemoryError,
)


def _opened(path: Path) -> Stored:
    try:
        if not path.is_file():
            raise StoreError(f"there is no surrogate at {path}")
        with cast(_File, safetensors.safe_open(path, "numpy")) as file:
            names = list(file.keys())
            tensors = {name: file.get_tensor(name) for name in names}
            return Stored(tensors, dict(file.metadata() or {}))
    except _UNREADABLE as error:
        raise StoreError(
            f"{path} is not a readable safetensors file: {error}"
        ) from None
