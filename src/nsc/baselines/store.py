"""Trained baselines on disk, in the self-checking store of surrogates.

In: starts or a library. Out: a file, or what one holds, checked. Non-goals: where
files are (the package's are in `initial/weights`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nsc.baselines.library import Library
from nsc.errors import StoreError
from nsc.surrogate import COVERING, Stored, read_stored, write_stored

NEAREST = "nearest"
_WHAT = "trained baseline"


@dataclass(frozen=True)
class Baseline:
    """Starts that are the same for all programs.

    Args:
        name: "pretrained" or "maml".
        w: float64 `s 65`, of 9-4-4-1, a row a seed of training.
        about: what they were trained on, and how.
    """

    name: str
    w: np.ndarray
    about: Mapping[str, Any]

    def start(self, seed: int) -> np.ndarray:
        """Return the parameters that a seed stands for, `w`; seeds go round."""
        return self.w[seed % len(self.w)]


def write_starts(path: Path, found: Baseline) -> None:
    """Write starts; the file appears whole or not at all."""
    header = {"baseline": found.name, "about": json.dumps(found.about)}
    write_stored(path, {"w": np.ascontiguousarray(found.w)}, header)


def read_starts(path: Path, name: str) -> Baseline:
    """Read the starts of a baseline.

    Raises:
        StoreError: missing, damaged, or something else.
    """
    stored = _read(path, name)
    w = _tensor(path, stored, "w", (-1, COVERING.n_parameters), np.float64)
    return Baseline(name, w, _about(path, stored))


def write_library(
    path: Path, found: Library, about: Mapping[str, Any]
) -> None:
    """Write a library; the file appears whole or not at all."""
    header = {
        "baseline": NEAREST,
        "compnet": found.compnet,
        "about": json.dumps(about),
    }
    tensors = {
        "embeddings": np.ascontiguousarray(found.embeddings, np.float16),
        "w": np.ascontiguousarray(found.w, np.float32),
        "used": np.ascontiguousarray(found.used, np.int8),
    }
    write_stored(path, tensors, header)


def read_library(path: Path) -> Library:
    """Read a library of trained programs.

    Raises:
        StoreError: missing, damaged, or something else.
    """
    stored = _read(path, NEAREST)
    w = _tensor(path, stored, "w", (-1, COVERING.n_parameters), np.float32)
    used = _tensor(path, stored, "used", (len(w),), np.int8)
    shape = (len(w), -1)
    embeddings = _tensor(path, stored, "embeddings", shape, np.float16)
    return Library(
        embeddings.astype(np.float32),
        w.astype(np.float64),
        used.astype(np.int64),
        stored.header.get("compnet", ""),
    )


def _read(path: Path, name: str) -> Stored:
    stored = read_stored(path, what=_WHAT)
    found = stored.header.get("baseline", "no baseline")
    if found != name:
        raise StoreError(
            f"{path} holds {found}; expected {name}, which this makes: nsc train"
            f" --baseline {name}"
        )
    return stored


def _tensor(
    path: Path, stored: Stored, name: str, shape: tuple[int, ...], kind: type
) -> np.ndarray:
    """Return a tensor, if it is finite and of the expected shape; -1 is any length."""
    found = stored.tensors.get(name)
    fits = (
        found is not None
        and found.dtype == kind
        and found.ndim == len(shape)
        and found.size > 0
        and all(s in (-1, n) for s, n in zip(shape, found.shape, strict=True))
        and bool(np.isfinite(found).all())
    )
    if found is None or not fits:
        raise StoreError(
            f"{path}: tensor '{name}' is missing or does not fit; train it again with:"
            " nsc train --baseline"
        )
    return found


def _about(path: Path, stored: Stored) -> Mapping[str, Any]:
    try:
        return dict(json.loads(stored.header.get("about", "{}")))
    except (ValueError, TypeError, RecursionError):
        raise StoreError(f"{path}: the header is damaged") from None
