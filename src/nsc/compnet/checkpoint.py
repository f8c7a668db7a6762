"""The format of trained CompNets on disk: safetensors that describe themselves.

In: arrays, or a header and arrays. Out: a file, or what its header says, checked.
Non-goals: opening files (load.py), what the papers' compiler adds (bert/store.py),
optimizer state (training/run_state.py).
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


def save_compnet(
    path: Path, arrays: dict[str, np.ndarray], metadata: dict
) -> None:
    """Write a checkpoint of the structured compiler.

    Args:
        arrays: the tensors of `model.TermNet`, by name.
        metadata: what it was trained on, and how; `metadata["config"]["model"]` holds
            its `ModelConfig`.
    """
    header = {
        "functions": " ".join(FUNCTIONS),
        "metadata": json.dumps(metadata),
    }
    write_checkpoint(path, arrays, header)


def write_checkpoint(
    path: Path, arrays: dict[str, np.ndarray], header: dict[str, str]
) -> None:
    """Write tensors in float16, and the version in the header.

    The file appears whole or not at all.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {"nsc_compnet": VERSION} | header
    halves = {
        k: np.ascontiguousarray(v, np.float16) for k, v in arrays.items()
    }
    with replacing(path) as temporary:
        save_file(halves, temporary, header)


def checked_metadata(
    path: Path, header: dict[str, str], arrays: dict[str, np.ndarray]
) -> dict:
    """Return the header's metadata, if the tensors are what it says.

    Compiled code will trust their shapes. That they are finite the caller has seen.

    Raises:
        StoreError: the header is damaged, or a tensor does not fit it.
    """
    try:
        metadata = json.loads(header["metadata"])
        model = ModelConfig(**metadata["config"]["model"])
        shapes = tensor_shapes(model, len(FUNCTIONS))
    # brackets in brackets are too deep for the parser
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise StoreError(
            f"{path}: the header is damaged: {type(error).__name__} {error}"
        ) from None
    differing = names_that_differ(shapes, arrays)
    has_empty_tensor = min(map(min, shapes.values())) < 1
    if differing or has_empty_tensor:
        raise StoreError(
            f"{path}: tensors do not fit the header:"
            f" {', '.join(differing[:3]) or 'a width below 1'}"
        )
    return metadata


def names_that_differ(
    shapes: dict[str, tuple[int, ...]], arrays: dict[str, np.ndarray]
) -> list[str]:
    """List tensors that are missing, too many, or of another shape."""
    found = {name: array.shape for name, array in arrays.items()}
    return sorted(
        name for name in shapes | found if shapes.get(name) != found.get(name)
    )
