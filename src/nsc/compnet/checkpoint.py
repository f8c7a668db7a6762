"""Trained CompNets on disk: safetensors with a self-describing header.

In: a path, or nothing for the one in the package. Out: `CompNet` or `BertCompNet`, whichever the header names.
Non-goals: optimizer state (train.py).
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from nsc.atomic import replacing
from nsc.compnet.bert import BertCompNet
from nsc.compnet.compile import CompNet
from nsc.compnet.config import ModelConfig, tensor_shapes
from nsc.compnet.functions import FUNCTIONS
from nsc.errors import StoreError

VERSION = "2"
SHIPPED = Path(__file__).parent / "weights" / "compnet.safetensors"


def save_compnet(path: Path, arrays: dict[str, np.ndarray], metadata: dict) -> None:
    """Write a checkpoint of the structured compiler."""
    write_checkpoint(path, arrays, {"functions": " ".join(FUNCTIONS), "metadata": json.dumps(metadata)})


def write_checkpoint(path: Path, arrays: dict[str, np.ndarray], header: dict[str, str]) -> None:
    """Write tensors in float16, and the version in the header; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {"nsc_compnet": VERSION} | header
    with replacing(path) as temporary:
        save_file({k: np.ascontiguousarray(v, np.float16) for k, v in arrays.items()}, temporary, header)


def load_compnet(path: Path | str | None = None) -> CompNet | BertCompNet:
    """Load a checkpoint; without a path, the one shipped in the package (kept after the first load).

    Raises:
        StoreError: missing, unreadable, damaged, or made for another version or other functions.
    """
    return _shipped() if path is None else _load(Path(path))


@lru_cache(maxsize=1)
def _shipped() -> CompNet:
    return _load(SHIPPED)


def _load(path: Path) -> CompNet | BertCompNet:
    if not path.exists():
        raise StoreError(f"there is no CompNet checkpoint at {path}; train one with: nsc train")
    try:
        with safe_open(path, "numpy") as file:
            header = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise StoreError(f"{path} is not a readable checkpoint: {error}") from None
    if header.get("nsc_compnet") != VERSION:
        raise StoreError(f"{path} has version {header.get('nsc_compnet')}; this nsc reads {VERSION}")
    if header.get("encoder") == "bert":
        from nsc.compnet.bert.store import bert_from

        return bert_from(header, arrays)
    if header.get("functions") != " ".join(FUNCTIONS):
        raise StoreError(f"{path} was trained for other functions; train it again with: nsc train")
    return CompNet(arrays, _checked(path, header, arrays))


def _checked(path: Path, header: dict[str, str], arrays: dict[str, np.ndarray]) -> dict:
    """Return the header's metadata, if the tensors are what it says; compiled code will trust their shapes."""
    try:
        metadata = json.loads(header["metadata"])
        model = ModelConfig(**metadata["config"]["model"])
        shapes = tensor_shapes(model, len(FUNCTIONS))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path}: the header is damaged: {type(error).__name__} {error}") from None
    differing = sorted(n for n in shapes | arrays if n not in arrays or shapes.get(n) != arrays[n].shape)
    if differing or min(map(min, shapes.values())) < 1:
        raise StoreError(f"{path}: tensors do not fit the header: {', '.join(differing[:3]) or 'a width below 1'}")
    if not all(np.isfinite(a).all() for a in arrays.values()):
        raise StoreError(f"{path}: a tensor holds NaN or infinity")
    return metadata
