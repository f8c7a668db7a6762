"""Trained CompNets on disk: safetensors with a self-describing header.

In: a path, or nothing for the one in the package. Out: `CompNet` or `BertCompNet`,
whichever the header names.
Non-goals: optimizer state (train.py).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from nsc.compnet.config import ModelConfig, tensor_shapes
from nsc.compnet.functions import FUNCTIONS
from nsc.errors import StoreError
from nsc.host import replacing

VERSION = "2"


def save_compnet(path: Path, arrays: dict[str, np.ndarray], metadata: dict) -> None:
    """Write a checkpoint of the structured compiler."""
    write_checkpoint(
        path,
        arrays,
        {"functions": " ".join(FUNCTIONS), "metadata": json.dumps(metadata)},
    )


def write_checkpoint(
    path: Path, arrays: dict[str, np.ndarray], header: dict[str, str]
) -> None:
    """Write tensors in float16, and the version in the header; the file appears whole
    or not at all.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {"nsc_compnet": VERSION} | header
    with replacing(path) as temporary:
        save_file(
            {k: np.ascontiguousarray(v, np.float16) for k, v in arrays.items()},
            temporary,
            header,
        )


def checked_metadata(
    path: Path, header: dict[str, str], arrays: dict[str, np.ndarray]
) -> dict:
    """Return the header's metadata, if the tensors are what it says; compiled code will
    trust their shapes.
    """
    try:
        metadata = json.loads(header["metadata"])
        model = ModelConfig(**metadata["config"]["model"])
        shapes = tensor_shapes(model, len(FUNCTIONS))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{path}: the header is damaged: {type(error).__name__} {error}"
        ) from None
    differing = sorted(
        n
        for n in shapes | arrays
        if n not in arrays or shapes.get(n) != arrays[n].shape
    )
    if differing or min(map(min, shapes.values())) < 1:
        raise StoreError(
            f"{path}: tensors do not fit the header:"
            f" {', '.join(differing[:3]) or 'a width below 1'}"
        )
    if not all(np.isfinite(a).all() for a in arrays.values()):
        raise StoreError(f"{path}: a tensor holds NaN or infinity")
    return metadata
