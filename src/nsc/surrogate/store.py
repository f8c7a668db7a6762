"""Surrogates on disk: safetensors that describe and check themselves.

In: tensors and a header. Out: a file written whole or not at all; reading verifies
version and digest. Non-goals: what they mean (surrogate.py).
"""

from __future__ import annotations

import hashlib
import json
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
            saved = safetensors.numpy.save(tensors, sealed)
            temporary.write_bytes(_ordered(saved))
    except (OSError, safetensors.SafetensorError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot write {path}: {why}") from None


def _ordered(saved: bytes) -> bytes:
    """Put the header's keys in order: the library writes them in a random one.

    The file begins with the header's length; what it says of tensors counts from its
    end.
    """
    end = 8 + int.from_bytes(saved[:8], "little")
    header = json.loads(saved[8:end])
    header = {key: dict(sorted(header[key].items())) for key in sorted(header)}
    text = json.dumps(header, ensure_ascii=False).encode()
    padded = text + b" " * (-len(text) % 8)
    return len(padded).to_bytes(8, "little") + padded + saved[end:]


def read(path: Path, *, what: str = "surrogate") -> Stored:
    """Read what `write` wrote, without version and digest.

    Args:
        what: is expected there, for messages.

    Raises:
        StoreError: missing, damaged, or of another version.
    """
    tensors, header = _opened(path, what)
    version = header.get(VERSION_KEY)
    if version != VERSION:
        raise StoreError(
            f"{path} is not a {what} of version {VERSION}; found {version}"
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


def _opened(path: Path, what: str) -> Stored:
    try:
        if not path.is_file():
            raise StoreError(f"there is no {what} at {path}")
        with cast(_File, safetensors.safe_open(path, "numpy")) as file:
            names = list(file.keys())
            tensors = {name: file.get_tensor(name) for name in names}
            return Stored(tensors, dict(file.metadata() or {}))
    except _UNREADABLE as error:
        raise StoreError(
            f"{path} is not a readable safetensors file: {error}"
        ) from None
